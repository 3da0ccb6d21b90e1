//! Generic tests: from their definition in YAML to nodes. What a definition says is read in order ([`builder`]), because
//! it may warn; the nodes are then rendered in parallel ([`nodes`]).

mod builder;
mod names;
mod nodes;

use std::sync::Arc;

use serde_json::{Map as JsonMap, Value as Json};

use super::cx::Cx;
use super::properties::scope::YamlScope;
use crate::error::Result;

pub use builder::TestSpec;
pub use nodes::build;

/// What kind of resource a test is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetKind {
    /// A model.
    Model,
    /// A seed or snapshot.
    Node,
    /// A source table.
    Source,
}

/// The resource that a test is on.
#[derive(Debug, Clone)]
pub struct TestTarget {
    /// Kind.
    pub kind: TargetKind,
    /// Name in test names: `customers`, `source_table`.
    pub name: String,
    /// `models.customers`, `sources.raw`
    pub file_key_name: String,
    /// Package.
    pub package: String,
    /// YAML file, below the package.
    pub path: String,
    /// Version, for a versioned model.
    pub version: Option<Json>,
    /// Source name and table name, for a source.
    pub source: Option<[String; 2]>,
    /// Whether columns are quoted unless they say otherwise.
    pub quote_columns: bool,
    /// Tags that every test on it gets.
    pub tags: Vec<String>,
    /// Start of Python's description of the entry, which stands in some messages.
    pub shown: &'static str,
}

impl TestTarget {
    /// A target that a prepared entry describes.
    pub fn of_node(kind: TargetKind, data: &JsonMap<String, Json>, package: String, version: Option<Json>) -> Self {
        let text = |key: &str| data.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
        let name = text("name");
        TestTarget {
            kind,
            file_key_name: format!("{}.{name}", text("yaml_key")),
            name,
            package,
            path: text("original_file_path"),
            version,
            source: None,
            quote_columns: data.get("quote_columns").and_then(Json::as_bool).unwrap_or(false),
            tags: Vec::new(),
            shown: if kind == TargetKind::Model { "UnparsedModelUpdate" } else { "UnparsedNodeUpdate" },
        }
    }
}

/// The tests on a resource: first those of its columns, then its own; of sources the other way around.
///
/// # Errors
/// A definition is not what dbt expects.
pub fn specs(
    cx: &Cx,
    scope: &Arc<YamlScope>,
    target: &Arc<TestTarget>,
    columns: &[Json],
    tests: Option<&Json>,
) -> Result<Vec<TestSpec>> {
    let own = || {
        tests
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .map(|test| builder::spec(cx, scope, target, test, None, &[]))
    };
    let mut found = Vec::new();
    if target.kind == TargetKind::Source {
        found.extend(own().collect::<Result<Vec<_>>>()?);
    }
    for column in columns.iter().filter_map(Json::as_object) {
        let Some(tests) = column.get("data_tests").and_then(Json::as_array) else { continue };
        let name = column.get("name").and_then(Json::as_str).unwrap_or_default();
        let quoted = column.get("quote").and_then(Json::as_bool).unwrap_or(target.quote_columns);
        let name = if quoted { format!("\"{name}\"") } else { name.to_owned() };
        let tags = super::properties::column_tags(column);
        for test in tests {
            found.push(builder::spec(cx, scope, target, test, Some(&name), &tags)?);
        }
    }
    if target.kind != TargetKind::Source {
        found.extend(own().collect::<Result<Vec<_>>>()?);
    }
    Ok(found)
}
