//! `parse` of a small project that has one of everything: what the manifest says, compared with what dbt 1.12 writes
//! for the same files, and the errors that broken files give.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // A failing look-up is a failing test.

mod common;

use common::Sandbox;
use serde_json::{Value as Json, json};

const SCHEMA: &str = r#"
models:
  - name: orders
    description: "{{ doc('about') }} in {{ var('unit') }}"
    config: {tags: [yaml], meta: {owner: me}}
    columns:
      - name: id
        tags: [key]
        data_tests:
          - unique
          - not_null: {config: {severity: warn, where: "id > 0"}}
          - accepted_values: {arguments: {values: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13], quote: false}}
          - positive: {arguments: {above: 0.5}, name: id_is_positive}
  - name: dim
    latest_version: 2
    versions:
      - v: 1
        config: {alias: dim_old}
      - v: 2
        defined_in: dim
sources:
  - name: raw
    schema: "{{ target.schema }}"
    freshness: {warn_after: {count: 1, period: day}}
    loaded_at_field: at
    tables:
      - name: customers
        freshness: {error_after: {count: 2, period: day}}
        columns: [{name: id, data_tests: [unique]}]
        external: {location: here, partitions: [{name: day, data_type: date, vals: [1]}]}
exposures:
  - name: board
    type: dashboard
    owner: {email: a@example.com}
    depends_on: [ref('orders'), "source('raw', 'customers')"]
unit_tests:
  - name: counts
    model: orders
    given:
      - input: ref('dim')
        rows: [{id: null}, {id: 1}]
    expect: {rows: [{id: 1}]}
snapshots:
  - name: kept
    relation: ref('orders')
    config: {strategy: check, unique_key: id, check_cols: all}
"#;

fn project() -> Sandbox {
    Sandbox::new()
        .project()
        .file(
            "dbt_project.yml",
            "name: a\nprofile: p\nvars: {unit: euro}\nmodels:\n  a:\n    +tags: from_project\n    +note: said\n    marts:\n      +schema: marts\n",
        )
        .file(
            "models/marts/orders.sql",
            "{{ config(materialized='table', tags='in_file') }}\nselect * from {{ ref('dim', v=1) }} join {{ source('raw', \
             'customers') }} using (id) join {{ source('raw', 'customers') }} using (id)",
        )
        .file("models/dim.sql", "select 1 as id")
        .file("models/dim_v1.sql", "{{ config(enabled=true, x=[1, none], note=none) }} select 1 as id")
        .file("models/docs.md", "{% docs about %}\nOrders\n{% enddocs %}")
        .file("models/schema.yml", SCHEMA)
        .file("tests/generic/positive.sql", "{% test positive(model, column_name, above) %}select 1{% endtest %}")
        .file("tests/none.sql", "select * from {{ ref('orders') }} where false")
}

fn manifest(sandbox: &Sandbox) -> Json {
    let outcome = sandbox.run(&["parse"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    serde_json::from_str(&std::fs::read_to_string(sandbox.here().join("target/manifest.json")).unwrap()).unwrap()
}

#[test]
fn unique_ids_are_dbts() {
    let manifest = manifest(&project());
    let mut ids: Vec<&str> = manifest["parent_map"].as_object().unwrap().keys().map(String::as_str).collect();
    ids.sort_unstable();
    assert_eq!(ids, EXPECTED_IDS);
}

const EXPECTED_IDS: [&str; 13] = [
    "exposure.a.board",
    "model.a.dim.v1",
    "model.a.dim.v2",
    "model.a.orders",
    "snapshot.a.kept",
    "source.a.raw.customers",
    "test.a.accepted_values_orders_id__False__1__2__3__4__5__6__7__8__9__10__11__12__13.3b62deedcb",
    "test.a.id_is_positive.ae360ae343",
    "test.a.none",
    "test.a.not_null_orders_id.84ef11d8fe",
    "test.a.source_unique_raw_customers_id.9027d6b367",
    "test.a.unique_orders_id.1360ecc70e",
    "unit_test.a.orders.counts",
];

#[test]
fn configuration_comes_from_everywhere() {
    let manifest = manifest(&project());
    let orders = &manifest["nodes"]["model.a.orders"];
    assert_eq!(orders["config"]["tags"], json!(["from_project", "yaml", "in_file"]));
    assert_eq!(orders["tags"], json!(["from_project", "in_file", "yaml"]));
    assert_eq!(orders["config"]["materialized"], json!("table"));
    assert_eq!(orders["meta"], json!({"owner": "me"}));
    assert_eq!(orders["relation_name"], json!("\"a\".\"main_marts\".\"orders\""));
    assert_eq!(orders["description"], json!("Orders in euro"));
    assert_eq!(orders["doc_blocks"], json!(["doc.a.about"]));
    assert_eq!(orders["primary_key"], json!(["id"]));
    assert_eq!(orders["depends_on"]["nodes"], json!(["source.a.raw.customers", "model.a.dim.v1"]));
    let old = &manifest["nodes"]["model.a.dim.v1"];
    assert_eq!(old["alias"], json!("dim_old"));
    assert_eq!(old["fqn"], json!(["a", "dim", "v1"]));
    assert_eq!(old["config"]["note"], json!(null), "null takes back what the project said");
    assert_eq!(manifest["nodes"]["model.a.dim.v2"]["config"]["note"], json!("said"));
    assert_eq!(old["unrendered_config"]["x"], json!("[1, None]"));
    assert_eq!(manifest["nodes"]["model.a.dim.v2"]["alias"], json!("dim_v2"));
}

#[test]
fn sources_tests_and_unit_tests_have_dbts_shape() {
    let manifest = manifest(&project());
    assert_eq!(
        manifest["sources"]["source.a.raw.customers"]["freshness"],
        json!({
            "warn_after": {"count": 1, "period": "day"},
            "error_after": {"count": 2, "period": "day"},
            "filter": null,
        })
    );
    let partitions = &manifest["sources"]["source.a.raw.customers"]["external"]["partitions"];
    let day = json!([{"name": "day", "description": "", "data_type": "date", "meta": {}, "vals": [1]}]);
    assert_eq!(partitions, &day);
    assert_eq!(
        manifest["nodes"]["model.a.orders"]["sources"],
        json!([["raw", "customers"]]),
        "a plain model has a set"
    );
    let unit = &manifest["unit_tests"]["unit_test.a.orders.counts"];
    assert_eq!(unit["given"][0]["rows"], json!([{"id": 1}, {"id": null}]));
    assert_eq!(unit["checksum"], json!("4ca2a7e8d45484b47f258fde7e69b9fed58d10dc8ca5de1bbfd6902994aa07f6"));
    let long = manifest["nodes"].as_object().unwrap().values().find(|node| node["name"].as_str().unwrap().len() > 50);
    assert_eq!(long.unwrap()["alias"], json!("accepted_values_orders_96680f3a2d96c41042f672608f27bae1"));
    assert_eq!(manifest["nodes"]["snapshot.a.kept"]["raw_code"], json!("select * from {{ ref('orders') }}"));
}

#[test]
fn broken_files_give_one_clear_message() {
    let error = |path: &str, content: &str| {
        let outcome = Sandbox::new().project().file("models/c.sql", "select 1").file(path, content).run(&["parse"]);
        assert_eq!(outcome.code, 2, "{outcome}");
        outcome.stdout
    };
    let cases = [
        (
            "models/s.yml",
            "models: [a]",
            "The schema file at models/s.yml is invalid because a list element for 'models'",
        ),
        ("models/s.yml", "models: [{name: c, config: 3}]", "at path ['config']: 3 is not of type 'object'"),
        (
            "models/s.yml",
            "models: [{name: c}, {name: c}]",
            "dbt found two schema.yml entries for the same resource named c.",
        ),
        ("models/x/c.sql", "select 1", "dbt found two models with the name \"c\"."),
        ("models/d.sql", "select * from {{ ref('no') }}", "depends on a node named 'no' which was not found"),
        (
            "models/d.sql",
            "{{ config(alias='c') }} select 1",
            "dbt found two resources with the database representation",
        ),
        ("models/d.sql", "{{ config(enabled='maybe') }}", "at path ['enabled']: 'maybe' is not of type 'boolean'"),
        ("models/p.py", "def m(): pass", "dbt allows exactly one model defined per python file, found 0"),
    ];
    for (path, content, expected) in cases {
        let shown = error(path, content);
        assert!(shown.contains(expected), "{path}: {content}\n{shown}");
    }
}

#[test]
fn the_first_deprecation_is_shown_whichever_core_meets_it() {
    let mut sandbox = Sandbox::new().project();
    for number in 0..40 {
        let model = format!("m{number:02}");
        let tests = "data_tests: [{accepted_values: {values: [1]}}]";
        sandbox = sandbox.file(&format!("models/{model}.sql"), "select 1 as id").file(
            &format!("models/{model}.yml"),
            &format!("models: [{{name: {model}, columns: [{{name: id, {tests}}}]}}]"),
        );
    }
    // Files come in the order in which the system lists them, which stays the same.
    let first = sandbox.run(&["parse", "--no-partial-parse"]).console();
    assert!(first.contains("MissingArgumentsPropertyInGenericTestDeprecation: 40 occurrences"), "{first}");
    for _ in 0..5 {
        assert_eq!(sandbox.run(&["parse", "--no-partial-parse"]).console(), first);
    }
}
