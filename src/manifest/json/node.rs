//! Nodes as JSON: as the artifact shows them, and as Jinja's `model` does.

use serde_json::{Map as JsonMap, Value as Json, json};

use super::{checksum, columns, depends_on, drop_nulls, object, refs};
use crate::manifest::{Compiled, GenericTestFields, ModelFields, Node, NodeKind, UnitTestFields};

impl Node {
    /// The node as `manifest.json` shows it.
    pub fn to_json(&self, compiled: Option<&Compiled>) -> Json {
        Json::Object(self.fields(compiled))
    }

    /// The node as Jinja's `model` shows it: without the keys that are null, as dbt's `to_dict(omit_none=True)`.
    pub fn to_context_json(&self, compiled: Option<&Compiled>) -> Json {
        let mut fields = self.fields(compiled);
        drop_nulls(&mut fields);
        for key in ["config", "docs", "contract", "test_metadata"] {
            if let Some(Json::Object(inner)) = fields.get_mut(key) {
                drop_nulls(inner);
            }
        }
        if let Some(Json::Object(config)) = fields.get_mut("config") {
            drop_nulls_in_config(config);
        }
        for column in fields.get_mut("columns").and_then(Json::as_object_mut).into_iter().flat_map(JsonMap::values_mut)
        {
            if let Json::Object(column) = column {
                drop_nulls(column);
                drop_nulls_in_list(column.get_mut("constraints"));
            }
        }
        drop_nulls_in_list(fields.get_mut("constraints"));
        drop_nulls_in_list(fields.get_mut("refs"));
        Json::Object(fields)
    }

    fn fields(&self, compiled: Option<&Compiled>) -> JsonMap<String, Json> {
        let mut fields = self.common_fields(compiled);
        if let NodeKind::Seed { root_path } = &self.kind {
            fields.insert("root_path".to_owned(), json!(root_path));
            fields.insert("depends_on".to_owned(), json!({"macros": self.depends_on.macros}));
            return fields;
        }
        fields.extend(object([
            ("language", json!(self.language)),
            ("refs", refs(&self.refs)),
            ("sources", json!(self.sources)),
            ("metrics", json!(self.metrics)),
            ("functions", json!(self.functions)),
            ("depends_on", depends_on(&self.depends_on, compiled.map_or(&[][..], |compiled| &compiled.macros))),
            ("compiled_path", json!(compiled.and_then(|compiled| compiled.path.as_ref()))),
        ]));
        if let Some(code) = compiled.and_then(|compiled| compiled.code.as_ref()) {
            let ctes = compiled.map_or(&[][..], |compiled| &compiled.extra_ctes);
            let ctes: Vec<Json> = ctes.iter().map(|cte| json!({"id": cte.id, "sql": cte.sql})).collect();
            fields.extend(object([
                ("compiled", json!(true)),
                ("compiled_code", json!(code)),
                ("extra_ctes_injected", json!(compiled.is_some_and(|compiled| compiled.extra_ctes_injected))),
                ("extra_ctes", Json::Array(ctes)),
            ]));
        }
        fields.insert(
            "contract".to_owned(),
            json!({
                "enforced": self.contract.enforced,
                "alias_types": self.contract.alias_types,
                "checksum": self.contract.checksum,
            }),
        );
        match &self.kind {
            NodeKind::Model(model) => fields.extend(model_fields(model)),
            NodeKind::GenericTest(test) => fields.extend(test_fields(test)),
            NodeKind::Operation { index } => {
                fields.insert("index".to_owned(), json!(index));
            }
            NodeKind::Function(own) => fields.extend(own.clone()),
            NodeKind::UnitTest(test) => fields.extend(unit_test_fields(test)),
            NodeKind::SourceFixture { source_name } => {
                fields.extend(model_fields(&ModelFields::default()));
                fields.insert("source_name".to_owned(), json!(source_name));
            }
            NodeKind::Seed { .. }
            | NodeKind::Snapshot
            | NodeKind::SingularTest
            | NodeKind::Analysis
            | NodeKind::SqlOperation => {}
        }
        if let Some(compiled) = compiled.filter(|compiled| !compiled.foreign_keys.is_empty()) {
            resolve_foreign_keys(&mut fields, compiled);
        }
        fields
    }

    fn common_fields(&self, compiled: Option<&Compiled>) -> JsonMap<String, Json> {
        let relation_name =
            compiled.and_then(|compiled| compiled.relation_name.as_ref()).or(self.relation_name.as_ref());
        object([
            ("database", json!(self.database)),
            ("schema", json!(self.schema)),
            ("name", json!(self.name)),
            ("resource_type", json!(self.resource_type.as_str())),
            ("package_name", json!(self.package_name)),
            ("path", json!(self.path)),
            ("original_file_path", json!(self.original_file_path)),
            ("unique_id", json!(self.unique_id)),
            ("fqn", json!(self.fqn)),
            ("alias", json!(self.alias)),
            ("checksum", checksum(&self.checksum)),
            ("config", Json::Object(self.config.0.clone())),
            ("tags", json!(self.tags)),
            ("description", json!(self.description)),
            ("columns", columns(&self.columns)),
            ("meta", json!(self.meta)),
            ("group", json!(self.group)),
            ("docs", Json::Object(self.docs.clone())),
            ("patch_path", json!(self.patch_path)),
            ("build_path", json!(compiled.and_then(|compiled| compiled.build_path.as_ref()))),
            ("unrendered_config", Json::Object(self.unrendered_config.clone())),
            ("created_at", json!(self.created_at)),
            ("relation_name", json!(relation_name)),
            ("raw_code", json!(self.raw_code)),
            ("doc_blocks", json!(self.doc_blocks)),
        ])
    }
}

/// Puts relations in the place of what foreign keys say in YAML.
fn resolve_foreign_keys(fields: &mut JsonMap<String, Json>, compiled: &Compiled) {
    let resolve = |list: &mut Json| {
        for constraint in list.as_array_mut().into_iter().flatten() {
            if let Some(relation) = constraint["to"].as_str().and_then(|to| compiled.foreign_keys.get(to)) {
                constraint["to"] = json!(relation);
            }
        }
    };
    for column in fields.get_mut("columns").and_then(Json::as_object_mut).into_iter().flat_map(JsonMap::values_mut) {
        column.get_mut("constraints").map(resolve);
    }
    fields.get_mut("constraints").map(resolve);
}

fn model_fields(model: &ModelFields) -> JsonMap<String, Json> {
    object([
        ("access", json!(model.access)),
        ("constraints", json!(model.constraints)),
        ("version", json!(model.version)),
        ("latest_version", json!(model.latest_version)),
        ("deprecation_date", json!(model.deprecation_date)),
        ("primary_key", json!(model.primary_key)),
        ("time_spine", json!(model.time_spine)),
    ])
}

fn unit_test_fields(test: &UnitTestFields) -> JsonMap<String, Json> {
    object([
        ("tested_node_unique_id", json!(test.tested_node)),
        ("this_input_node_unique_id", json!(test.this_input)),
        ("overrides", json!(test.overrides)),
    ])
}

fn test_fields(test: &GenericTestFields) -> JsonMap<String, Json> {
    object([
        ("column_name", json!(test.column_name)),
        ("file_key_name", json!(test.file_key_name)),
        ("attached_node", json!(test.attached_node)),
        (
            "test_metadata",
            json!({
                "name": test.metadata.name,
                "kwargs": test.metadata.kwargs,
                "namespace": test.metadata.namespace,
            }),
        ),
    ])
}

fn drop_nulls_in_list(list: Option<&mut Json>) {
    for item in list.and_then(Json::as_array_mut).into_iter().flatten() {
        if let Json::Object(fields) = item {
            drop_nulls(fields);
        }
    }
}

/// Mappings in a configuration that dbt holds as objects of its own drop their nulls, the user's mappings do not.
fn drop_nulls_in_config(config: &mut JsonMap<String, Json>) {
    for key in ["docs", "contract", "snapshot_meta_column_names", "latest_version_pointer"] {
        if let Some(Json::Object(inner)) = config.get_mut(key) {
            drop_nulls(inner);
        }
    }
    for key in ["pre-hook", "post-hook"] {
        drop_nulls_in_list(config.get_mut(key));
    }
}
