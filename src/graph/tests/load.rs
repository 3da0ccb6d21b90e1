//! A manifest from JSON of dbt's shape, as far as this room looks at it.

use std::sync::Arc;

use serde_json::{Map as JsonMap, Value as Json};

use crate::jinja::{MacroDef, MacroKind};
use crate::manifest::{
    ColumnInfo, Config, Contract, DependsOn, Disabled, Exposure, FileHash, GenericTestFields, IdMap, Macro, Manifest,
    ModelFields, Node, NodeKind, ResourceType, SharedMap, SourceDefinition, TestMetadata, UnitTest,
};

/// A file of `tests/data/selection`.
pub fn fixture(name: &str) -> Json {
    let path = format!("{}/tests/data/selection/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The manifest of a fixture.
pub fn manifest(json: &Json) -> Manifest {
    let mut manifest = Manifest { project_name: "shop".to_owned(), ..Manifest::default() };
    for (id, json) in entries(json, "nodes") {
        manifest.nodes.insert(id.clone(), Box::new(node(json)));
    }
    for (id, json) in entries(json, "sources") {
        manifest.sources.insert(id.clone(), source(json));
    }
    for (id, json) in entries(json, "exposures") {
        manifest.exposures.insert(id.clone(), exposure(json));
    }
    for (id, json) in entries(json, "unit_tests") {
        manifest.unit_tests.insert(id.clone(), unit_test(json));
    }
    let carried =
        |key: &str| -> IdMap<Json> { entries(json, key).map(|(id, json)| (id.clone(), json.clone())).collect() };
    for (id, json) in entries(json, "macros") {
        manifest.macros.insert(id.clone(), macro_(json));
    }
    manifest.metrics = carried("metrics");
    manifest.semantic_models = carried("semantic_models");
    manifest.saved_queries = carried("saved_queries");
    for (id, json) in entries(json, "disabled") {
        manifest.disabled.insert(id.clone(), vec![Disabled::Node(Box::new(node(&json[0])))]);
    }
    manifest
}

fn entries<'a>(json: &'a Json, key: &str) -> impl Iterator<Item = (&'a String, &'a Json)> {
    json.get(key).and_then(Json::as_object).into_iter().flatten()
}

fn text(json: &Json, key: &str) -> String {
    optional(json, key).unwrap_or_default()
}

fn optional(json: &Json, key: &str) -> Option<String> {
    json.get(key).and_then(Json::as_str).map(str::to_owned)
}

fn texts(json: Option<&Json>) -> Vec<String> {
    let items = json.and_then(Json::as_array).into_iter().flatten();
    items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

fn map(json: &Json, key: &str) -> JsonMap<String, Json> {
    json.get(key).and_then(Json::as_object).cloned().unwrap_or_default()
}

fn present(json: &Json, key: &str) -> Option<Json> {
    json.get(key).filter(|value| !value.is_null()).cloned()
}

fn depends_on(json: &Json) -> DependsOn {
    DependsOn { macros: texts(json.pointer("/depends_on/macros")), nodes: texts(json.pointer("/depends_on/nodes")) }
}

pub fn resource_type(name: &str) -> ResourceType {
    crate::graph::filter::named(name).unwrap()
}

fn constraints(json: &Json) -> Vec<JsonMap<String, Json>> {
    json["constraints"].as_array().into_iter().flatten().filter_map(|item| item.as_object().cloned()).collect()
}

fn column(json: &Json) -> ColumnInfo {
    ColumnInfo {
        name: text(json, "name"),
        description: text(json, "description"),
        data_type: optional(json, "data_type"),
        constraints: constraints(json),
        ..ColumnInfo::default()
    }
}

fn kind(json: &Json) -> NodeKind {
    match json["resource_type"].as_str().unwrap() {
        "model" => NodeKind::Model(Box::new(ModelFields {
            access: text(json, "access"),
            version: present(json, "version"),
            latest_version: present(json, "latest_version"),
            constraints: constraints(json),
            ..ModelFields::default()
        })),
        "seed" => NodeKind::Seed { root_path: String::new() },
        "snapshot" => NodeKind::Snapshot,
        "analysis" => NodeKind::Analysis,
        "operation" => NodeKind::Operation { index: 0 },
        "test" if json.get("test_metadata").is_some() => NodeKind::GenericTest(Box::new(GenericTestFields {
            metadata: TestMetadata { name: text(&json["test_metadata"], "name"), ..TestMetadata::default() },
            ..GenericTestFields::default()
        })),
        _ => NodeKind::SingularTest,
    }
}

pub fn node(json: &Json) -> Node {
    Node {
        resource_type: resource_type(json["resource_type"].as_str().unwrap()),
        unique_id: text(json, "unique_id"),
        name: text(json, "name"),
        package_name: text(json, "package_name"),
        path: String::new(),
        original_file_path: text(json, "original_file_path"),
        fqn: texts(json.get("fqn")),
        alias: text(json, "alias"),
        database: None,
        schema: String::new(),
        checksum: FileHash { name: text(&json["checksum"], "name"), checksum: text(&json["checksum"], "checksum") },
        config: Config(map(json, "config").into()),
        unrendered_config: map(json, "unrendered_config").into(),
        config_call: SharedMap::default(),
        tags: texts(json.get("tags")),
        description: text(json, "description"),
        columns: entries(json, "columns").map(|(name, json)| (name.clone(), column(json))).collect(),
        meta: JsonMap::new(),
        group: optional(json, "group"),
        docs: SharedMap::default(),
        patch_path: optional(json, "patch_path"),
        created_at: 0.0,
        relation_name: None,
        raw_code: text(json, "raw_code").into(),
        doc_blocks: Vec::new(),
        language: "sql".to_owned(),
        refs: Vec::new(),
        sources: Vec::new(),
        metrics: Vec::new(),
        functions: Vec::new(),
        depends_on: depends_on(json),
        contract: Contract {
            enforced: json.pointer("/contract/enforced") == Some(&Json::Bool(true)),
            alias_types: true,
            checksum: json.get("contract").and_then(|contract| optional(contract, "checksum")),
        },
        kind: kind(json),
    }
}

fn source(json: &Json) -> SourceDefinition {
    SourceDefinition {
        unique_id: text(json, "unique_id"),
        name: text(json, "name"),
        source_name: text(json, "source_name"),
        package_name: text(json, "package_name"),
        original_file_path: text(json, "original_file_path"),
        fqn: texts(json.get("fqn")),
        identifier: text(json, "identifier"),
        loaded_at_field: optional(json, "loaded_at_field"),
        freshness: present(json, "freshness"),
        tags: texts(json.get("tags")),
        config: Config(map(json, "config").into()),
        unrendered_config: map(json, "unrendered_config").into(),
        unrendered_database: optional(json, "unrendered_database"),
        unrendered_schema: optional(json, "unrendered_schema"),
        ..SourceDefinition::default()
    }
}

fn exposure(json: &Json) -> Exposure {
    Exposure {
        unique_id: text(json, "unique_id"),
        name: text(json, "name"),
        package_name: text(json, "package_name"),
        original_file_path: text(json, "original_file_path"),
        fqn: texts(json.get("fqn")),
        exposure_type: text(json, "type"),
        owner: map(json, "owner"),
        description: text(json, "description"),
        label: optional(json, "label"),
        maturity: optional(json, "maturity"),
        url: optional(json, "url"),
        tags: texts(json.get("tags")),
        config: Config(map(json, "config").into()),
        unrendered_config: map(json, "unrendered_config").into(),
        depends_on: depends_on(json),
        ..Exposure::default()
    }
}

fn unit_test(json: &Json) -> UnitTest {
    UnitTest {
        unique_id: text(json, "unique_id"),
        name: text(json, "name"),
        model: text(json, "model"),
        package_name: text(json, "package_name"),
        original_file_path: text(json, "original_file_path"),
        fqn: texts(json.get("fqn")),
        depends_on: depends_on(json),
        config: Config(map(json, "config").into()),
        checksum: optional(json, "checksum"),
        version: present(json, "version"),
        ..UnitTest::default()
    }
}

fn macro_(json: &Json) -> Macro {
    let definition = MacroDef {
        unique_id: text(json, "unique_id"),
        name: text(json, "name"),
        package: text(json, "package_name"),
        path: String::new(),
        kind: MacroKind::Macro,
        source: text(json, "macro_sql").into(),
        line: 1,
        params: Vec::new(),
        supported_languages: None,
        calls: Vec::new(),
    };
    Macro {
        unique_id: text(json, "unique_id"),
        name: text(json, "name"),
        package_name: text(json, "package_name"),
        path: String::new(),
        original_file_path: String::new(),
        definition: Arc::new(definition),
        depends_on: texts(json.pointer("/depends_on/macros")),
        description: String::new(),
        meta: JsonMap::new(),
        docs: SharedMap::default(),
        config: SharedMap::default(),
        patch_path: None,
        arguments: Vec::new(),
        created_at: 0.0,
        supported_languages: None,
    }
}
