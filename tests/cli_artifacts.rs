//! What `docs generate`, `source freshness`, `clone` and `retry` do to a project and leave in its target folder. The
//! expectations are dbt's own output on the same projects.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use common::Sandbox;
use serde_json::{Value as Json, json};

const SOURCES: &str = "
sources:
  - name: src
    schema: main
    config: {loaded_at_field: 'loaded_at::timestamp'}
    tables:
      - {name: old, identifier: raw, config: {freshness: {error_after: {count: 1, period: day}}}}
      - {name: young, identifier: raw, config: {freshness: {error_after: {count: 50000, period: day}}}}
      - {name: unchecked, identifier: raw}
";

fn shop() -> Sandbox {
    Sandbox::new()
        .project()
        .file("profiles.yml", "p:\n  target: dev\n  outputs:\n    dev: &out {type: duckdb, path: a.duckdb, threads: 1}\n    prod: {<<: *out, schema: prod}\n")
        .file("seeds/raw.csv", "id,loaded_at\n1,2020-01-01 00:00:00\n")
        .file("models/a.sql", "select id from {{ ref('raw') }}")
        .file("models/b.sql", "{{ config(materialized='table') }} select 1.5::decimal(10,2) as num from {{ ref('a') }}")
        .file("models/sources.yml", SOURCES)
}

fn artifact(sandbox: &Sandbox, name: &str) -> Json {
    serde_json::from_slice(&std::fs::read(sandbox.here().join("target").join(name)).unwrap()).unwrap()
}

fn keys(json: &Json) -> Vec<&str> {
    json.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn docs_describe_what_is_in_the_database() {
    let sandbox = shop();
    assert_eq!(sandbox.run(&["build"]).code, 0);
    insta::assert_snapshot!(sandbox.run(&["docs", "generate"]), @r"
    exit code 0
    Running with dbt=1.12.6
    Registered adapter: duckdb=1.11.1
    Found 2 models, 1 seed, 3 sources, 511 macros

    Concurrency: 1 threads (target='dev')

    Building catalog
    Catalog written to HERE/target/catalog.json
    ");
    let catalog = artifact(&sandbox, "catalog.json");
    assert_eq!(keys(&catalog), ["metadata", "nodes", "sources", "errors"]);
    assert_eq!(keys(&catalog["nodes"]), ["model.a.a", "model.a.b", "seed.a.raw"]);
    assert_eq!(keys(&catalog["sources"]).len(), 3);
    let b = &catalog["nodes"]["model.a.b"];
    let metadata = json!({
        "type": "BASE TABLE", "schema": "main", "name": "b", "database": "a", "comment": null, "owner": null
    });
    assert_eq!(b["metadata"], metadata);
    assert_eq!(b["columns"], json!({"num": {"type": "DECIMAL(10,2)", "index": 1, "name": "num", "comment": null}}));
    assert_eq!(keys(&b["stats"]), ["has_stats"]);
    let compiled = &artifact(&sandbox, "manifest.json")["nodes"]["model.a.a"]["compiled_code"];
    assert_eq!(compiled, "select id from \"a\".\"main\".\"raw\"");
}

#[test]
fn docs_keep_to_the_selection() {
    let sandbox = shop();
    assert_eq!(sandbox.run(&["build"]).code, 0);
    assert_eq!(sandbox.run(&["docs", "generate", "--select", "b", "source:src.old"]).code, 0);
    let catalog = artifact(&sandbox, "catalog.json");
    assert_eq!((keys(&catalog["nodes"]), keys(&catalog["sources"])), (vec!["model.a.b"], vec!["source.a.src.old"]));
    let manifest = sandbox.read("target/manifest.json");
    assert_eq!(sandbox.run(&["docs", "generate", "--no-compile", "--empty-catalog"]).code, 0);
    assert_eq!(sandbox.read("target/manifest.json"), manifest, "what is not compiled is not written");
    let catalog = artifact(&sandbox, "catalog.json");
    assert_eq!((&catalog["nodes"], &catalog["sources"]), (&json!({}), &json!({})));
}

#[test]
fn stale_sources_fail_the_check() {
    let sandbox = shop();
    assert_eq!(sandbox.run(&["seed"]).code, 0);
    let outcome = sandbox.run(&["source", "freshness"]);
    assert_eq!(outcome.code, 1);
    for words in ["ERROR STALE freshness of src.old", "PASS freshness of src.young", "Status: error", "Done."] {
        assert!(outcome.stdout.contains(words), "{outcome}");
    }
    let report = artifact(&sandbox, "sources.json");
    let results: Vec<_> = report["results"].as_array().unwrap().iter().collect();
    let told: Vec<_> = results.iter().map(|result| (&result["unique_id"], &result["status"])).collect();
    assert_eq!(told, [(&json!("source.a.src.old"), &json!("error")), (&json!("source.a.src.young"), &json!("pass"))]);
    assert_eq!(results[0]["max_loaded_at"], "2020-01-01T00:00:00+00:00");
    assert_eq!(results[0]["criteria"]["error_after"], json!({"count": 1, "period": "day"}));
}

#[test]
fn clone_reads_the_other_environment() {
    let sandbox = shop();
    assert_eq!(sandbox.run(&["build"]).code, 0);
    std::fs::rename(sandbox.here().join("target"), sandbox.here().join("state")).unwrap();
    assert_eq!(sandbox.run(&["clone", "--state", "state", "--target", "prod"]).code, 0);
    let again = sandbox.run(&["clone", "--state", "state", "--target", "prod"]);
    assert!(again.stdout.contains("Relation \"a\".\"prod\".\"b\" already exists"), "{again}");
    let without = sandbox.run(&["clone", "--target", "prod"]);
    assert_eq!(without.code, 2);
    assert!(without.stdout.contains("--state or --defer-state are required for deferral"), "{without}");
}

#[test]
fn deferred_references_mean_the_state() {
    let sandbox = shop();
    assert_eq!(sandbox.run(&["build"]).code, 0);
    std::fs::rename(sandbox.here().join("target"), sandbox.here().join("state")).unwrap();
    let words = ["run", "--select", "b", "--target", "prod", "--defer", "--state", "state"];
    assert_eq!(sandbox.run(&words).code, 0);
    let compiled = std::fs::read_to_string(sandbox.here().join("target/compiled/a/models/b.sql")).unwrap();
    assert!(compiled.ends_with("from \"a\".\"main\".\"a\""), "{compiled}");
}

#[test]
fn retry_runs_what_failed_with_the_options_of_then() {
    let sandbox = shop().file("models/b.sql", "select {{ var('column') }} as num from {{ ref('a') }}");
    let vars = ["build", "--vars", "{column: nothing}"];
    assert_eq!(sandbox.run(&vars).code, 1);
    assert_eq!(sandbox.run(&["retry"]).code, 1);
    let mended = sandbox.run(&["retry", "--vars", "{column: id}"]);
    assert_eq!(mended.code, 0, "{mended}");
    assert!(mended.stdout.contains("1 of 1 OK created sql view model main.b"), "{mended}");
    assert_eq!(artifact(&sandbox, "run_results.json")["args"]["which"], "build");
    assert!(sandbox.run(&["retry"]).stdout.contains("Nothing to do."));
    // That retry left results of nothing, which dbt takes for no run at all.
    let again = sandbox.run(&["retry"]);
    assert_eq!(again.code, 2, "{again}");
    assert!(again.stdout.contains("Could not find previous run in 'target' target directory"), "{again}");
}

#[test]
fn foreign_keys_refer_to_relations() {
    let models = "
models:
  - name: parent
    config: {contract: {enforced: true}}
    columns: [{name: id, data_type: integer, constraints: [{type: primary_key}]}]
  - name: child
    config: {contract: {enforced: true}}
    columns:
      - name: id
        data_type: integer
        constraints: [{type: foreign_key, to: ref('parent'), to_columns: [id]}]
";
    let sandbox = Sandbox::new()
        .project()
        .file("models/parent.sql", "{{ config(materialized='table') }} select 1 as id")
        .file("models/child.sql", "{{ config(materialized='table') }} select 1 as id")
        .file("models/models.yml", models);
    let outcome = sandbox.run(&["run"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    let child = &artifact(&sandbox, "manifest.json")["nodes"]["model.a.child"];
    assert_eq!(child["columns"]["id"]["constraints"][0]["to"], "\"a\".\"main\".\"parent\"");
}

/// Recorded from dbt: `linked` for every command that orders its work, `with_test_edges` for `build` alone. Of two tests
/// of one model, both hold back all that is built on it, near and far; a test of two models what is built on both.
#[test]
fn the_graph_is_summed_up() {
    let schema = "models:
  - {name: a, columns: [{name: id, data_tests: [not_null, {relationships: {arguments: {to: ref('c'), field: id}}}]}]}
";
    let sandbox = shop()
        .file("models/c.sql", "select id from {{ ref('raw') }}")
        .file("models/d.sql", "select b.num from {{ ref('b') }} b, {{ ref('c') }} c")
        .file("models/e.sql", "select * from {{ ref('d') }}")
        .file("models/schema.yml", schema);
    assert_eq!(sandbox.run(&["ls", "--no-write-json"]).code, 0);
    let listed = artifact(&sandbox, "graph_summary.json");
    assert_eq!(keys(&listed), ["_invocation_id", "linked"]);
    assert_eq!(sandbox.run(&["build"]).code, 0);
    let built = artifact(&sandbox, "graph_summary.json");
    assert_eq!(built["linked"], listed["linked"]);
    // The numbers follow the order in which the folder lists its files.
    let lines = |shape: &Json| -> String {
        let name = |number: &str| shape[number]["name"].as_str().unwrap().splitn(3, '.').last().unwrap().to_owned();
        let line = |(number, node): (&String, &Json)| {
            let after = node.get("succ").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
            let mut after: Vec<String> = after.iter().map(|number| name(&number.to_string())).collect();
            after.sort();
            format!("{} {} -> {after:?}", node["type"].as_str().unwrap(), name(number)).replace('"', "")
        };
        let mut lines: Vec<String> = shape.as_object().unwrap().iter().map(line).collect();
        lines.sort();
        lines.join("\n")
    };
    insta::assert_snapshot!(lines(&listed["linked"]), @r"
    model a -> [b, not_null_a_id.c1cebc1440, relationships_a_id__id__ref_c_.157c6ba677]
    model b -> [d]
    model c -> [d, relationships_a_id__id__ref_c_.157c6ba677]
    model d -> [e]
    model e -> []
    seed raw -> [a, c]
    source src.old -> []
    source src.unchecked -> []
    source src.young -> []
    test not_null_a_id.c1cebc1440 -> []
    test relationships_a_id__id__ref_c_.157c6ba677 -> []
    ");
    insta::assert_snapshot!(lines(&built["with_test_edges"]), @r"
    model a -> [b, not_null_a_id.c1cebc1440, relationships_a_id__id__ref_c_.157c6ba677]
    model b -> [d]
    model c -> [d, relationships_a_id__id__ref_c_.157c6ba677]
    model d -> [e]
    model e -> []
    seed raw -> [a, c]
    source src.old -> []
    source src.unchecked -> []
    source src.young -> []
    test not_null_a_id.c1cebc1440 -> [b, d, e]
    test relationships_a_id__id__ref_c_.157c6ba677 -> [d, e]
    ");
}

/// A project with every kind of metric. The expectations are dbt's files, byte for byte.
#[test]
fn the_semantic_layer_is_written_for_others_to_read() {
    let sandbox = Sandbox::new()
        .project()
        .file("dbt_project.yml", "name: shop\nprofile: p\n")
        .file("profiles.yml", "p:\n  target: d\n  outputs:\n    d: {type: duckdb, path: x.duckdb}\n")
        .file("models/semantic.yml", include_str!("data/semantic/semantic.yml"))
        .file("models/metricflow_time_spine.sql", "select date '2025-01-01' as date_day")
        .file("models/days.sql", "select 1 as day")
        .file("models/orders.sql", "select 1 as order_id")
        .file("models/customers.sql", "select 2 as customer_id");
    insta::assert_snapshot!(sandbox.run(&["parse", "--log-level", "warn"]).console(), @r"
    exit code 0
    [WARNING]: Entity 'customer' was excluded from the OSI document: natural entities have no equivalent in the OSI format.
    [WARNING]: Metric 'running_amount' was included in the OSI document, but its cumulative window and grain semantics cannot be represented.
    [WARNING]: Metric 'month_to_date' was included in the OSI document, but its cumulative window and grain semantics cannot be represented.
    [WARNING]: Metric 'join_to_order' was excluded from the OSI document: conversion metrics cannot be represented in the OSI format.
    [WARNING]: Metric 'running_returns' was included in the OSI document, but its cumulative window and grain semantics cannot be represented.
    [WARNING]: Metric 'joins' was excluded from the OSI document: private metrics are not included in OSI output.
    [WARNING]: Metric 'buyers' was excluded from the OSI document: private metrics are not included in OSI output.
    [WARNING]: Metric 'returns_fill_nulls_with_0_join_to_timespine' was excluded from the OSI document: private metrics are not included in OSI output.
    ");
    assert_eq!(sandbox.read("target/semantic_manifest.json"), include_str!("data/semantic/semantic_manifest.json"));
    assert_eq!(sandbox.read("target/osi_document.json"), include_str!("data/semantic/osi_document.json"));
    std::fs::remove_file(sandbox.here().join("target/osi_document.json")).unwrap();
    let silent = sandbox.run(&["parse", "--no-write-json", "--log-level", "warn"]);
    assert_eq!((silent.code, silent.stdout.as_str()), (0, ""));
    assert!(!sandbox.here().join("target/osi_document.json").exists());
}

#[test]
fn metrics_that_need_each_other_are_an_error() {
    let metric = |name: &str, other: &str| {
        format!(
            "  - {{name: {name}, label: x, type: derived, type_params: {{expr: {other} * 2, metrics: [{other}]}}}}\n"
        )
    };
    let metrics = format!("metrics:\n{}{}", metric("hen", "egg"), metric("egg", "hen"));
    let sandbox = Sandbox::new().project().file("models/metrics.yml", &metrics);
    insta::assert_snapshot!(sandbox.run(&["parse", "--quiet"]).console(), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      Metrics need each other in a circle: hen, which needs egg, which needs hen.
    ");
}

/// The counts are dbt's: the tests of a disabled model stay in the manifest, and are not counted.
#[test]
fn disabled_tests_are_not_found() {
    let sandbox = Sandbox::new()
        .project()
        .file("models/a.sql", "select 1 as id")
        .file("models/b.sql", "{{ config(enabled=false) }} select 1 as id")
        .file("models/m.yml", "models:\n- name: a\n  columns: [{name: id, data_tests: [not_null]}]\n- name: b\n  columns: [{name: id, data_tests: [not_null, unique]}]\n");
    insta::assert_snapshot!(sandbox.run(&["compile", "--select", "a"]).stdout, @r"
    Running with dbt=1.12.6
    Registered adapter: duckdb=1.11.1
    Found 1 model, 1 test, 511 macros

    Concurrency: 1 threads (target='dev')

    Compiled node 'a' is:
    select 1 as id
    ");
}

#[test]
fn semantic_models_need_a_time_spine() {
    let semantic = include_str!("data/semantic/semantic.yml");
    let project = |semantic: &str| {
        let sandbox = Sandbox::new().project().file("models/semantic.yml", semantic);
        let models = ["days", "orders", "customers"];
        models.iter().fold(sandbox, |sandbox, name| sandbox.file(&format!("models/{name}.sql"), "select 1 as id"))
    };
    let (_, without) = semantic.split_at(semantic.find("semantic_models:").unwrap());
    let complaints = [
        without.to_owned(),
        semantic.replace("{name: day, granularity: day}", "{name: day}"),
        semantic.replace("granularity_column: day", "granularity_column: dax"),
        semantic.replace("column_name: week_of_campaign", "column_name: wek"),
    ]
    .map(|semantic| project(&semantic).run(&["parse", "--quiet"]).console().to_string());
    insta::assert_snapshot!(complaints.join("\n"), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Parsing Error
      The semantic layer requires a time spine model with granularity DAY or smaller in the project, but none was found. Guidance on creating this model can be found on our docs site (https://docs.getdbt.com/docs/build/metricflow-time-spine).

    exit code 2
    [ERROR]: Encountered an error:
    Parsing Error
      Time spine standard granularity column must have a granularity defined. Please add one for column 'day' in model 'days'.
      See models/semantic.yml.

    exit code 2
    [ERROR]: Encountered an error:
    Parsing Error
      Time spine standard granularity column must be defined on the model. Got invalid column name 'dax' for model 'days'. Valid names: ['day', 'week_of_campaign'].
      See models/semantic.yml.

    exit code 2
    [ERROR]: Encountered an error:
    Parsing Error
      Time spine custom granularity columns do not exist in the model. Columns not found: ['wek']; Available columns: ['day', 'week_of_campaign']
      See models/semantic.yml.
    ");
}
