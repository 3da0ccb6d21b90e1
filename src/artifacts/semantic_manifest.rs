//! `semantic_manifest.json`, which MetricFlow reads: what `manifest.json` says about metrics, semantic models and saved
//! queries, in the shapes of dbt's semantic interfaces (`metricflow_semantic_interfaces`), and the time spines.

use serde_json::{Map as JsonMap, Value as Json, json};

use crate::manifest::{Manifest, Node, TimeSpines};

/// A field of a shape: its name, and what its value is made of.
type Field = (&'static str, Kind);

/// What a field holds, and what stands there when the manifest has nothing.
enum Kind {
    /// Taken over as it is; null without one.
    Value,
    /// `false` without one.
    Flag,
    /// An empty list without one.
    Values,
    /// This text without one.
    Text(&'static str),
    /// An object of a shape; null without one.
    One(&'static [Field]),
    /// A list of objects of a shape; empty without one.
    Many(&'static [Field]),
}

use Kind::{Flag, Many, One, Text, Value, Values};

const CONFIG: &[Field] = &[("meta", Value)];
const NODE_RELATION: &[Field] =
    &[("alias", Value), ("schema_name", Value), ("database", Value), ("relation_name", Value)];
const FILTER: &[Field] = &[("where_filters", Many(&[("where_sql_template", Value)]))];
const WINDOW: &[Field] = &[("count", Value), ("granularity", Value)];
const AGG_PARAMS: &[Field] =
    &[("percentile", Value), ("use_discrete_percentile", Flag), ("use_approximate_percentile", Flag)];
const NON_ADDITIVE: &[Field] = &[("name", Value), ("window_choice", Text("min")), ("window_groupings", Values)];

const SEMANTIC_MODEL: &[Field] = &[
    ("name", Value),
    ("defaults", One(&[("agg_time_dimension", Value)])),
    ("description", Value),
    ("node_relation", One(NODE_RELATION)),
    ("primary_entity", Value),
    ("entities", Many(ENTITY)),
    ("measures", Many(MEASURE)),
    ("dimensions", Many(DIMENSION)),
    ("label", Value),
    ("metadata", Value),
    ("config", One(CONFIG)),
];

const ENTITY: &[Field] = &[
    ("name", Value),
    ("description", Value),
    ("type", Value),
    ("role", Value),
    ("expr", Value),
    ("metadata", Value),
    ("label", Value),
    ("config", One(CONFIG)),
];

const MEASURE: &[Field] = &[
    ("name", Value),
    ("agg", Value),
    ("description", Value),
    ("create_metric", Value),
    ("expr", Value),
    ("agg_params", One(AGG_PARAMS)),
    ("metadata", Value),
    ("non_additive_dimension", One(NON_ADDITIVE)),
    ("agg_time_dimension", Value),
    ("label", Value),
    ("config", One(CONFIG)),
];

const DIMENSION: &[Field] = &[
    ("name", Value),
    ("description", Value),
    ("type", Value),
    ("datatype", Value),
    ("is_partition", Flag),
    ("type_params", One(&[("time_granularity", Value), ("validity_params", One(VALIDITY))])),
    ("expr", Value),
    ("metadata", Value),
    ("label", Value),
    ("config", One(CONFIG)),
];

const VALIDITY: &[Field] = &[("is_start", Flag), ("is_end", Flag)];

const METRIC: &[Field] = &[
    ("name", Value),
    ("description", Value),
    ("type", Value),
    ("datatype", Value),
    ("type_params", One(METRIC_PARAMS)),
    ("filter", One(FILTER)),
    ("metadata", Value),
    ("label", Value),
    ("config", One(CONFIG)),
    ("time_granularity", Value),
];

const METRIC_PARAMS: &[Field] = &[
    ("measure", One(MEASURE_INPUT)),
    ("numerator", One(METRIC_INPUT)),
    ("denominator", One(METRIC_INPUT)),
    ("expr", Value),
    ("window", One(WINDOW)),
    ("grain_to_date", Value),
    ("metrics", Many(METRIC_INPUT)),
    ("conversion_type_params", One(CONVERSION)),
    ("cumulative_type_params", One(CUMULATIVE)),
    ("input_measures", Many(MEASURE_INPUT)),
    ("metric_aggregation_params", One(AGGREGATION)),
    ("join_to_timespine", Flag),
    ("fill_nulls_with", Value),
    ("is_private", Value),
];

const MEASURE_INPUT: &[Field] = &[
    ("name", Value),
    ("filter", One(FILTER)),
    ("alias", Value),
    ("join_to_timespine", Flag),
    ("fill_nulls_with", Value),
];

const METRIC_INPUT: &[Field] = &[
    ("name", Value),
    ("filter", One(FILTER)),
    ("alias", Value),
    ("offset_window", One(WINDOW)),
    ("offset_to_grain", Value),
];

const CONVERSION: &[Field] = &[
    ("base_measure", One(MEASURE_INPUT)),
    ("base_metric", One(METRIC_INPUT)),
    ("conversion_measure", One(MEASURE_INPUT)),
    ("conversion_metric", One(METRIC_INPUT)),
    ("entity", Value),
    ("calculation", Text("conversion_rate")),
    ("window", One(WINDOW)),
    ("constant_properties", Value),
];

const CUMULATIVE: &[Field] =
    &[("window", One(WINDOW)), ("grain_to_date", Value), ("period_agg", Text("first")), ("metric", One(METRIC_INPUT))];

const AGGREGATION: &[Field] = &[
    ("semantic_model", Value),
    ("agg", Value),
    ("agg_params", One(AGG_PARAMS)),
    ("agg_time_dimension", Value),
    ("non_additive_dimension", One(NON_ADDITIVE)),
];

const SAVED_QUERY: &[Field] = &[
    ("name", Value),
    (
        "query_params",
        One(&[
            ("metrics", Values),
            ("group_by", Values),
            ("order_by", Values),
            ("limit", Value),
            ("where", One(FILTER)),
        ]),
    ),
    ("description", Value),
    ("metadata", Value),
    ("label", Value),
    ("exports", Many(&[("name", Value), ("config", One(EXPORT))])),
    ("tags", Values),
];

const EXPORT: &[Field] = &[("export_as", Value), ("schema_name", Value), ("alias", Value)];

/// What goes into the file, in dbt's order.
pub fn to_json(manifest: &Manifest, spines: &TimeSpines<'_>) -> Json {
    let (semantic_models, metrics) = elements(manifest);
    json!({
        "semantic_models": semantic_models,
        "metrics": metrics,
        "project_configuration": {
            "time_spine_table_configurations": spines.legacy.map(legacy_spine).into_iter().collect::<Json>(),
            "metadata": null,
            "dsi_package_version": {"major_version": "0", "minor_version": "213", "patch_version": "0"},
            "time_spines": spines.configured.iter().map(|node| time_spine(node)).collect::<Json>(),
        },
        "saved_queries": all(SAVED_QUERY, manifest.saved_queries.values()),
    })
}

/// The semantic models and the metrics of the file.
pub fn elements(manifest: &Manifest) -> (Json, Json) {
    (all(SEMANTIC_MODEL, manifest.semantic_models.values()), all(METRIC, manifest.metrics.values()))
}

fn all<'a>(shape: &[Field], of: impl Iterator<Item = &'a Json>) -> Json {
    of.map(|one| shaped(one, shape)).collect()
}

/// `value` with the fields of a shape and no others.
fn shaped(value: &Json, shape: &[Field]) -> Json {
    let field = |(name, kind): &Field| {
        let given = value.get(name).filter(|given| !given.is_null());
        let made = match (kind, given) {
            (One(shape), Some(given)) => shaped(given, shape),
            (Many(shape), Some(Json::Array(given))) => given.iter().map(|one| shaped(one, shape)).collect(),
            (_, Some(given)) => given.clone(),
            (Value | One(_), None) => Json::Null,
            (Flag, None) => Json::Bool(false),
            (Values | Many(_), None) => json!([]),
            (Text(text), None) => Json::from(*text),
        };
        ((*name).to_owned(), made)
    };
    Json::Object(shape.iter().map(field).collect::<JsonMap<_, _>>())
}

fn legacy_spine(node: &Node) -> Json {
    json!({"location": node.relation_name, "column_name": "date_day", "grain": "day"})
}

fn time_spine(node: &Node) -> Json {
    let spine = node.model().and_then(|model| model.time_spine.as_ref());
    let of = |key: &str| spine.and_then(|spine| spine.get(key)).cloned().unwrap_or_default();
    json!({
        "node_relation": {
            "alias": node.alias,
            "schema_name": node.schema,
            "database": node.database,
            "relation_name": node.relation_name,
        },
        "primary_column": {
            "name": of("standard_granularity_column"),
            "time_granularity": TimeSpines::granularity(node),
        },
        "custom_granularities": of("custom_granularities"),
    })
}
