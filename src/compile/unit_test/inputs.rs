//! The inputs of a unit test as ephemeral models.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map as JsonMap, Value as Json, json};

use crate::error::{Error, Result};
use crate::jinja::value::{from_json, py_repr};
use crate::manifest::lookup::Found;
use crate::manifest::{
    Config, FileHash, Manifest, ModelFields, Node, NodeKind, ResourceType, SourceDefinition, UnitTest,
};
use crate::parse::static_refs::{Reference, parse_reference};

use super::CteNames;

/// The inputs.
#[derive(Debug, Default)]
pub struct Inputs {
    /// One ephemeral model for each.
    pub nodes: Vec<Node>,
    /// What the CTEs are called.
    pub cte_names: CteNames,
    /// Unique ids of inputs that stand for sources, by source and table.
    pub sources: HashMap<(String, String), String>,
    /// Unique id of the input that stands for the tested model itself.
    pub this: Option<String>,
}

/// What an input stands for.
enum Original<'a> {
    Node(&'a Node),
    Source(&'a SourceDefinition),
}

impl Inputs {
    /// The inputs that `test` gives.
    ///
    /// # Errors
    /// An input is no `ref`, `source` or `this`, or stands for something that does not exist.
    pub fn new(manifest: &Manifest, tested: &Node, test: &UnitTest) -> Result<Inputs> {
        let mut inputs = Inputs::default();
        for given in &test.given {
            let text = given.get("input").and_then(Json::as_str).unwrap_or_default();
            let original = original(manifest, tested, test, text)?;
            let node = input_node(tested, test, &original, given);
            inputs.cte_names.insert(node.unique_id.clone(), cte_name(&original));
            if let Original::Source(source) = original {
                inputs.sources.insert((source.source_name.clone(), source.name.clone()), node.unique_id.clone());
            }
            if matches!(original, Original::Node(node) if node.unique_id == tested.unique_id) {
                inputs.this = Some(node.unique_id.clone());
            }
            inputs.nodes.push(node);
        }
        Ok(inputs)
    }
}

fn original<'a>(manifest: &'a Manifest, tested: &'a Node, test: &UnitTest, text: &str) -> Result<Original<'a>> {
    if text.trim() == "this" {
        return Ok(Original::Node(tested));
    }
    let found = match parse_reference(text) {
        Some(Reference::Ref(call)) => {
            let package = call.package.as_deref();
            match manifest.resolve_ref(&test.package_name, &call.name, package, call.version.as_ref()) {
                Found::One(node) => Some(Original::Node(node)),
                _ => None,
            }
        }
        Some(Reference::Source(source, table)) => match manifest.resolve_source(&test.package_name, &source, &table) {
            Found::One(source) => Some(Original::Source(source)),
            _ => None,
        },
        _ => {
            return Err(Error::compilation(format!(
                "Unit test given inputs must be either a 'ref', 'source' or 'this' call. Got: '{text}'."
            )));
        }
    };
    found.ok_or_else(|| {
        Error::parsing(format!("Unit test '{}' had an input ({text}) which was not found in the manifest.", test.name))
    })
}

/// An input's unique id is none of the project's: the real model of that name may be compiled at the same time.
fn input_node(tested: &Node, test: &UnitTest, original: &Original<'_>, given: &JsonMap<String, Json>) -> Node {
    let mut node = tested.clone();
    let kind = match original {
        Original::Node(real) => {
            node = (*real).clone();
            real.model().cloned().unwrap_or_default()
        }
        Original::Source(source) => {
            node.name.clone_from(&source.name);
            node.package_name.clone_from(&source.package_name);
            node.database.clone_from(&source.database);
            node.schema.clone_from(&source.schema);
            node.alias.clone_from(&source.identifier);
            node.fqn.clone_from(&source.fqn);
            ModelFields::default()
        }
    };
    node.resource_type = ResourceType::Model;
    node.unique_id = format!("model.{}.{}@{}", node.package_name, cte_name(original), test.unique_id);
    node.original_file_path.clone_from(&test.original_file_path);
    node.path = format!("{}.sql", node.name);
    node.checksum = FileHash { name: "none".to_owned(), checksum: String::new() };
    node.config = Config(JsonMap::from_iter([
        ("enabled".to_owned(), json!(true)),
        ("materialized".to_owned(), json!("ephemeral")),
    ]));
    node.language = "sql".to_owned();
    node.relation_name = None;
    node.depends_on = crate::manifest::DependsOn::default();
    node.raw_code = Arc::from(fixture_code(given));
    node.kind = NodeKind::Model(Box::new(ModelFields {
        version: kind.version,
        latest_version: kind.latest_version,
        ..ModelFields::default()
    }));
    node
}

/// What the input's CTE is named after: a model's identifier; source and table for a source.
fn cte_name(original: &Original<'_>) -> String {
    match original {
        Original::Node(node) => node.alias.clone(),
        Original::Source(source) => format!("{}__{}", source.source_name, source.name),
    }
}

fn fixture_code(given: &JsonMap<String, Json>) -> String {
    let rows = given.get("rows").unwrap_or(&Json::Null);
    match rows.as_str() {
        Some(sql) => sql.to_owned(),
        None => format!("{{{{ get_fixture_sql({}, None) }}}}", py_repr(&from_json(rows))),
    }
}
