//! What MetricFlow demands of semantic models and metrics. Expectations were recorded from dbt 1.12.
#![allow(clippy::unwrap_used)]

mod common;

use common::Sandbox;

const SEMANTICS: &str = "semantic_models:
  - name: orders
    model: ref('a')
    defaults: {agg_time_dimension: ds}
    entities: [{name: order_id, type: primary}, {name: customer, type: foreign}]
    dimensions: [{name: ds, type: time, type_params: {time_granularity: day}}, {name: kind, type: categorical}]
    measures: [{name: total, agg: sum, expr: amount}, {name: rows, agg: count, expr: '1'}]
metrics:
  - {name: revenue, label: Revenue, type: simple, type_params: {measure: total}}
";
const SPINE: &str = "models:
  - name: spine
    time_spine: {standard_granularity_column: date_day}
    columns: [{name: date_day, granularity: day}]
";

fn project(semantics: &str, flags: &str) -> Sandbox {
    Sandbox::new()
        .project()
        .file("dbt_project.yml", &format!("name: a\nprofile: p\nflags: {{{flags}}}\n"))
        .file("models/a.sql", "select 1 as order_id, 2 as customer, date '2020-01-01' as ds, 'x' as kind, 3 as amount")
        .file("models/spine.sql", "select date '2020-01-01' as date_day")
        .file("models/spine.yml", SPINE)
        .file("models/semantics.yml", semantics)
}

/// The warnings and the error that `parse` ends with, and whether they end the command.
fn said(sandbox: &Sandbox) -> String {
    let outcome = sandbox.run(&["parse"]);
    let lines = outcome.stdout.lines().filter(|line| line.starts_with("[WARNING]") || line.starts_with("  "));
    lines.map(|line| format!("{}\n", line.trim_end())).chain([outcome.code.to_string()]).collect()
}

fn changed(from: &str, to: &str) -> String {
    assert!(SEMANTICS.contains(from), "{from}");
    said(&project(&SEMANTICS.replace(from, to), ""))
}

fn with_metric(metric: &str) -> String {
    said(&project(&format!("{SEMANTICS}  - {metric}\n"), ""))
}

const FAILED: &str = "\n  Semantic Manifest validation failed.\n2";

#[test]
fn what_is_right_is_quiet() {
    assert_eq!(said(&project(SEMANTICS, "")), "0");
}

#[test]
fn measures() {
    assert_eq!(
        changed("{name: rows,", "{name: total,"),
        format!(
            "[WARNING]: Found measure with name total in multiple semantic models with names (['orders'])
[WARNING]: In semantic model `orders`, can't use name `total` for a measure when it was already used for a measure{FAILED}"
        )
    );
    assert_eq!(
        changed("agg_time_dimension: ds", "agg_time_dimension: kind"),
        format!(
            "[WARNING]: In semantic model 'orders', measure 'total' has the aggregation time dimension set to 'kind', which is not a valid time dimension in the semantic model
[WARNING]: In semantic model 'orders', measure 'rows' has the aggregation time dimension set to 'kind', which is not a valid time dimension in the semantic model
[WARNING]: Default aggregation time dimension was specified as 'kind' which doesn't exist as a time dimension in semantic model named 'orders'.{FAILED}"
        )
    );
    let untimed = changed("    defaults: {agg_time_dimension: ds}\n", "");
    let start = "[WARNING]: An error occurred while checking aggregation time dimension for a semantic model - AssertionError: Aggregation time dimension for measure total is not set!";
    assert!(untimed.starts_with(start) && untimed.ends_with(FAILED), "{untimed}");
    assert_eq!(
        changed(", expr: '1'", ""),
        format!(
            "[WARNING]: Measure 'rows' uses a COUNT aggregation, which requires an expr to be provided. Provide 'expr: 1' if a count of all rows is desired.{FAILED}"
        )
    );
    assert_eq!(
        changed("agg: sum,", "agg: percentile,"),
        format!(
            "[WARNING]: Measure 'total' uses a PERCENTILE aggregation, which requires agg_params.percentile to be provided.{FAILED}"
        )
    );
}

#[test]
fn semantic_models() {
    assert_eq!(
        changed("type: primary", "type: foreign"),
        format!(
            "[WARNING]: The semantic model orders contains dimensions, but it does not define a primary entity. Either add an entity with type PRIMARY or set a value for the primary_entity key.{FAILED}"
        )
    );
    assert_eq!(
        changed("customer, type: foreign", "customer, type: primary"),
        format!(
            "[WARNING]: Semantic models can have only one primary entity. The semantic model `orders` has 2: order_id, customer{FAILED}"
        )
    );
    assert_eq!(
        changed("name: kind", "name: metric_time"),
        format!(
            "[WARNING]: Invalid name `metric_time` - this name is reserved by MetricFlow. Reason: Used as the query input for creating time series metrics from measures with different time dimension names.{FAILED}"
        )
    );
    assert_eq!(
        changed("name: kind", "name: total"),
        format!(
            "[WARNING]: In semantic models {{'orders'}}, element `total` is of type SemanticModelElementType.DIMENSION, but it is used as types [<SemanticModelElementType.DIMENSION: 'dimension'>, <SemanticModelElementType.MEASURE: 'measure'>] across the model.
[WARNING]: In semantic models {{'orders'}}, element `total` is of type SemanticModelElementType.MEASURE, but it is used as types [<SemanticModelElementType.DIMENSION: 'dimension'>, <SemanticModelElementType.MEASURE: 'measure'>] across the model.{FAILED}"
        )
    );
}

#[test]
fn metrics() {
    assert_eq!(
        with_metric("{name: share, label: S, type: ratio, type_params: {numerator: revenue}}"),
        "  Invalid ratio metric. Both a numerator and denominator must be specified\n2"
    );
    assert!(
        with_metric("{name: week, label: W, type: cumulative, type_params: {measure: total, cumulative_type_params: {window: long}}}")
            .ends_with("@ window: {'window': 'long'} - Invalid window (long) in cumulative/conversion metric. Should be of the form `<count> <granularity>`, e.g., `28 days`\n2")
    );
    let query = "saved_queries:\n  - {name: board, query_params: {metrics: [revenue, nosuch]}}\n";
    assert_eq!(
        said(&project(&format!("{SEMANTICS}{query}"), "")),
        "  Saved_Query 'saved_query.a.board' (models/semantics.yml) depends on a metric named 'nosuch' which was not found\n2"
    );
    assert_eq!(
        changed("measure: total", "measure: nosuch"),
        "  A semantic model having a measure `nosuch` does not exist but was referenced.\n2"
    );
    assert_eq!(
        with_metric(
            "{name: twice, label: D, type: derived, type_params: {expr: nosuch * 2, metrics: [{name: nosuch}]}}"
        ),
        "  The metric `nosuch` does not exist but was referenced by metric `twice`.\n2"
    );
    assert_eq!(
        with_metric("{name: twice, label: Revenue, type: derived, type_params: {expr: x * 2, metrics: [{name: revenue}]}}"),
        format!(
            "[WARNING]: Input metric 'revenue' is not used in `expr`: 'x * 2' for derived metric 'twice'. Please update the `expr` or remove the input metric.
[WARNING]: Can't use label `Revenue` for  metric `twice` as it's already used for metric `revenue`{FAILED}"
        )
    );
    assert_eq!(
        with_metric("{name: c, label: C, type: cumulative, type_params: {measure: total, cumulative_type_params: {window: 7 days, grain_to_date: month}}}"),
        format!(
            "[WARNING]: Both window and grain_to_date set for cumulative metric. Please set one or the other.
[WARNING]: Invalid name `c` - names may only contain lower case letters, numbers, and underscores. Additionally, names must start with a lower case letter, cannot end with an underscore, cannot contain dunders (double underscores, or __), and must be at least 2 characters long.{FAILED}"
        )
    );
}

#[test]
fn old_places_of_windows() {
    let metric = "{name: weekly, label: W, type: cumulative, type_params: {measure: total, window: 7 days}}";
    let refused = with_metric(metric);
    let start =
        "[WARNING]: Cumulative fields `type_params.window` and `type_params.grain_to_date` should be nested under";
    assert!(refused.starts_with(start) && refused.contains("Invalid metrics: weekly."), "{refused}");
    assert!(refused.ends_with(FAILED), "{refused}");
    let flags = "require_nested_cumulative_type_params: false";
    let accepted = said(&project(&format!("{SEMANTICS}  - {metric}\n"), flags));
    assert!(accepted.ends_with('0') && accepted.contains("Cumulative fields `type_params.window`"), "{accepted}");
}
