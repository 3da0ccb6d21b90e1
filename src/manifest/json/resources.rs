//! Sources, exposures, groups, macros, docs blocks and unit tests as JSON.

use serde_json::{Map as JsonMap, Value as Json, json};

use super::{columns, depends_on, object, refs};
use crate::manifest::{Disabled, Documentation, Exposure, Group, Macro, SourceDefinition, UnitTest};

impl SourceDefinition {
    /// The source as `manifest.json` shows it.
    pub fn to_json(&self) -> Json {
        let mut fields = object([
            ("database", json!(self.database)),
            ("schema", json!(self.schema)),
            ("name", json!(self.name)),
            ("resource_type", json!("source")),
            ("package_name", json!(self.package_name)),
            ("path", json!(self.path)),
            ("original_file_path", json!(self.original_file_path)),
            ("unique_id", json!(self.unique_id)),
            ("fqn", json!(self.fqn)),
            ("source_name", json!(self.source_name)),
            ("source_description", json!(self.source_description)),
            ("loader", json!(self.loader)),
            ("identifier", json!(self.identifier)),
            (
                "quoting",
                json!({
                    "database": self.quoting.database,
                    "schema": self.quoting.schema,
                    "identifier": self.quoting.identifier,
                    "column": self.quoting.column,
                }),
            ),
            ("loaded_at_field", json!(self.loaded_at_field)),
            ("loaded_at_query", json!(self.loaded_at_query)),
            ("freshness", json!(self.freshness)),
            ("external", json!(self.external)),
        ]);
        fields.extend(self.described_fields());
        Json::Object(fields)
    }

    fn described_fields(&self) -> JsonMap<String, Json> {
        object([
            ("description", json!(self.description)),
            ("columns", columns(&self.columns)),
            ("meta", json!(self.meta)),
            ("source_meta", json!(self.source_meta)),
            ("tags", json!(self.tags)),
            ("config", Json::Object(self.config.0.clone())),
            ("patch_path", json!(self.patch_path)),
            ("unrendered_config", Json::Object(self.unrendered_config.clone())),
            ("relation_name", json!(self.relation_name)),
            ("created_at", json!(self.created_at)),
            ("unrendered_database", json!(self.unrendered_database)),
            ("unrendered_schema", json!(self.unrendered_schema)),
            ("doc_blocks", json!(self.doc_blocks)),
        ])
    }
}

impl Exposure {
    /// The exposure as `manifest.json` shows it.
    pub fn to_json(&self) -> Json {
        Json::Object(object([
            ("name", json!(self.name)),
            ("resource_type", json!("exposure")),
            ("package_name", json!(self.package_name)),
            ("path", json!(self.path)),
            ("original_file_path", json!(self.original_file_path)),
            ("unique_id", json!(self.unique_id)),
            ("fqn", json!(self.fqn)),
            ("type", json!(self.exposure_type)),
            ("owner", Json::Object(self.owner.clone())),
            ("description", json!(self.description)),
            ("label", json!(self.label)),
            ("maturity", json!(self.maturity)),
            ("meta", json!(self.meta)),
            ("tags", json!(self.tags)),
            ("config", Json::Object(self.config.0.clone())),
            ("unrendered_config", Json::Object(self.unrendered_config.clone())),
            ("url", json!(self.url)),
            ("depends_on", depends_on(&self.depends_on, &[])),
            ("refs", refs(&self.refs)),
            ("sources", json!(self.sources)),
            ("metrics", json!(self.metrics)),
            ("created_at", json!(self.created_at)),
        ]))
    }
}

impl Group {
    /// The group as `manifest.json` shows it.
    pub fn to_json(&self) -> Json {
        json!({
            "name": self.name,
            "resource_type": "group",
            "package_name": self.package_name,
            "path": self.path,
            "original_file_path": self.original_file_path,
            "unique_id": self.unique_id,
            "owner": self.owner,
            "description": self.description,
            "config": self.config.0,
        })
    }
}

impl Macro {
    /// The macro as `manifest.json` shows it.
    pub fn to_json(&self) -> Json {
        let arguments: Vec<Json> = self
            .arguments
            .iter()
            .map(|argument| {
                json!({"name": argument.name, "type": argument.arg_type, "description": argument.description})
            })
            .collect();
        Json::Object(object([
            ("name", json!(self.name)),
            ("resource_type", json!("macro")),
            ("package_name", json!(self.package_name)),
            ("path", json!(self.path)),
            ("original_file_path", json!(self.original_file_path)),
            ("unique_id", json!(self.unique_id)),
            ("macro_sql", json!(self.definition.source)),
            ("depends_on", json!({"macros": self.depends_on})),
            ("description", json!(self.description)),
            ("meta", json!(self.meta)),
            ("docs", Json::Object(self.docs.clone())),
            ("config", Json::Object(self.config.clone())),
            ("patch_path", json!(self.patch_path)),
            ("arguments", Json::Array(arguments)),
            ("created_at", json!(self.created_at)),
            ("supported_languages", json!(self.supported_languages)),
        ]))
    }
}

impl Documentation {
    /// The docs block as `manifest.json` shows it.
    pub fn to_json(&self) -> Json {
        json!({
            "name": self.name,
            "resource_type": "doc",
            "package_name": self.package_name,
            "path": self.path,
            "original_file_path": self.original_file_path,
            "unique_id": self.unique_id,
            "block_contents": self.block_contents,
        })
    }
}

impl UnitTest {
    /// The unit test as `manifest.json` shows it.
    pub fn to_json(&self) -> Json {
        Json::Object(object([
            ("model", json!(self.model)),
            ("given", json!(self.given)),
            ("expect", json!(self.expect)),
            ("name", json!(self.name)),
            ("resource_type", json!("unit_test")),
            ("package_name", json!(self.package_name)),
            ("path", json!(self.path)),
            ("original_file_path", json!(self.original_file_path)),
            ("unique_id", json!(self.unique_id)),
            ("fqn", json!(self.fqn)),
            ("description", json!(self.description)),
            ("overrides", json!(self.overrides)),
            ("depends_on", depends_on(&self.depends_on, &[])),
            ("config", Json::Object(self.config.0.clone())),
            ("checksum", json!(self.checksum)),
            ("schema", json!(self.schema)),
            ("created_at", json!(self.created_at)),
            ("versions", json!(self.versions)),
            ("version", json!(self.version)),
        ]))
    }
}

impl Disabled {
    /// The disabled resource as `manifest.json` shows it.
    pub fn to_json(&self) -> Json {
        match self {
            Disabled::Node(node) => node.to_json(None),
            Disabled::Source(source) => source.to_json(),
            Disabled::Exposure(exposure) => exposure.to_json(),
            Disabled::UnitTest(test) => test.to_json(),
            Disabled::Other(json) => json.clone(),
        }
    }
}
