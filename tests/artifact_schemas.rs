//! Every artifact against the JSON schema that dbt publishes for it, on a project that has a bit of everything. The schemas
//! are not a part of this repository: without them there is nothing to compare with, and the test says so.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;
#[path = "common/schema.rs"]
mod schema;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use common::Sandbox;
use serde_json::Value as Json;

/// The artifacts, by the names of their schemas.
const ARTIFACTS: [(&str, &str); 4] = [
    ("manifest.json", "manifest-v12.json"),
    ("run_results.json", "run-results-v6.json"),
    ("catalog.json", "catalog-v1.json"),
    ("sources.json", "sources-v3.json"),
];

/// dbt writes the type of a dimension, which its schema does not have. We write what dbt writes.
const UNFORESEEN: &str = "/dimensions/0/datatype: nothing is allowed here";

/// Where the schemas are: beside the repository, or where `RDBT_ARTIFACT_SCHEMAS` says.
fn schemas() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/artifact_schemas");
    std::env::var_os("RDBT_ARTIFACT_SCHEMAS").map_or(beside, PathBuf::from)
}

fn json(path: &Path) -> Json {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// What is wrong with an artifact, one complaint a line.
fn complaints(sandbox: &Sandbox, artifact: &str, schema: &Path) -> String {
    let value = json(&sandbox.here().join("target").join(artifact));
    let mut found = schema::complaints(&json(schema), &value, artifact);
    found.retain(|complaint| !complaint.ends_with(UNFORESEEN));
    found.join("\n")
}

/// The judge itself sees what is wrong.
#[test]
fn wrong_values_are_complained_about() {
    let schema = serde_json::json!({
        "type": "object", "required": ["a"], "additionalProperties": false, "properties": {
            "a": {"anyOf": [{"type": "null"}, {"type": "integer"}]},
            "b": {"type": "array", "items": {"enum": ["x"]}, "maxItems": 1},
            "c": {"pattern": "^[a-z]+$"},
        }
    });
    let wrong = |value: Json| schema::complaints(&schema, &value, "").join("\n");
    assert_eq!(wrong(serde_json::json!({"a": 1, "b": ["x"], "c": "abc"})), "");
    insta::assert_snapshot!(wrong(serde_json::json!({"b": ["y", "x"], "c": "A", "d": 1})), @r#"
    : "a" is missing
    /d: nothing is allowed here
    /b/0: "y" breaks enum ["x"]
    /b: ["y","x"] breaks maxItems 1
    /c: "A" breaks pattern "^[a-z]+$"
    "#);
    insta::assert_snapshot!(wrong(serde_json::json!({"a": 1.5})), @r#"/a: 1.5 breaks anyOf [{"type":"null"},{"type":"integer"}]"#);
}

#[test]
fn artifacts_are_what_their_schemas_say() {
    let schemas = schemas();
    if !schemas.is_dir() {
        // Not through `eprintln!`, which the test runner keeps to itself.
        let text = format!("SKIPPED: no schemas of artifacts in {}.\n", schemas.display());
        std::io::stderr().write_all(text.as_bytes()).unwrap();
        return;
    }
    let sandbox = Sandbox::copy_of("rich", |text| text);
    for command in
        [["build", "--quiet"].as_slice(), &["docs", "generate", "--quiet"], &["source", "freshness", "--quiet"]]
    {
        let outcome = sandbox.run(command);
        assert_eq!(outcome.code, 0, "{}", outcome.console());
        for (artifact, schema) in ARTIFACTS {
            if sandbox.here().join("target").join(artifact).exists() {
                assert_eq!(complaints(&sandbox, artifact, &schemas.join(schema)), "", "after {command:?}");
            }
        }
    }
    for (artifact, _) in ARTIFACTS {
        assert!(sandbox.here().join("target").join(artifact).exists(), "{artifact} was not written");
    }
}

/// Resources of every kind are in the project, and each is where dbt puts it.
#[test]
fn the_manifest_has_a_bit_of_everything() {
    let sandbox = Sandbox::copy_of("rich", |text| text);
    assert_eq!(sandbox.run(&["parse", "--quiet"]).code, 0);
    let manifest = json(&sandbox.here().join("target/manifest.json"));
    let of = |section: &str| -> Vec<String> {
        let mut ids: Vec<String> = manifest[section].as_object().unwrap().keys().cloned().collect();
        ids.sort();
        ids
    };
    insta::assert_snapshot!(
        ["functions", "exposures", "metrics", "groups", "selectors", "disabled", "saved_queries", "semantic_models", "unit_tests"]
            .map(|section| format!("{section}: {}", of(section).join(", ")))
            .join("\n"),
        @r"
    functions: function.rich.shout
    exposures: exposure.rich.weekly
    metrics: metric.rich.amount, metric.rich.average_order, metric.rich.order_count, metric.rich.revenue, metric.rich.running_revenue
    groups: group.rich.sales
    selectors: marts
    disabled: exposure.rich.switched_off, metric.rich.no_longer, model.rich.old_report, source.rich.shop.unused
    saved_queries: saved_query.rich.daily
    semantic_models: semantic_model.rich.orders
    unit_tests: unit_test.rich.orders.whole_keys, unit_test.rich.stg_orders.csv_in
    "
    );
    let function = &manifest["functions"]["function.rich.shout"];
    assert_eq!(function["relation_name"], "\"rich\".\"main\".\"shout\"");
    assert_eq!(function["config"]["snowflake"]["quote_args"], true);
    assert_eq!(function["unrendered_config"]["persist_docs"]["columns"], true);
    assert_eq!(manifest["metrics"]["metric.rich.revenue"]["tags"], Json::Array(Vec::new()));
    assert_eq!(manifest["selectors"]["marts"]["definition"]["value"], "models/marts");
}
