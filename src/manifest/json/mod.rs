//! The manifest in dbt's JSON (version 12): key names and key order are dbt's, because tools read the artifact and
//! macros walk the same mappings as `graph` and `model`.

mod node;
mod resources;
mod whole;

pub use whole::Metadata;

use std::sync::Arc;

use serde_json::{Map as JsonMap, Value as Json, json};

use super::{ColumnInfo, FileHash, RefArgs};

/// Builds a JSON object from pairs, in order.
fn object<const N: usize>(pairs: [(&str, Json); N]) -> JsonMap<String, Json> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn checksum(hash: &FileHash) -> Json {
    json!({"name": hash.name, "checksum": hash.checksum})
}

fn refs(refs: &[RefArgs]) -> Json {
    let one = |reference: &RefArgs| json!({"name": reference.name, "package": reference.package, "version": reference.version});
    Json::Array(refs.iter().map(one).collect())
}

/// `called` are the macros that were called besides, when the node was compiled.
fn depends_on(depends_on: &super::DependsOn, called: &[Arc<str>]) -> Json {
    let mut macros: Vec<&str> = depends_on.macros.iter().map(|unique_id| &**unique_id).collect();
    for unique_id in called {
        if !macros.contains(&&**unique_id) {
            macros.push(unique_id);
        }
    }
    json!({"macros": macros, "nodes": depends_on.nodes})
}

fn columns(columns: &indexmap::IndexMap<String, ColumnInfo>) -> Json {
    Json::Object(columns.iter().map(|(name, column)| (name.clone(), column_json(column))).collect())
}

fn column_json(column: &ColumnInfo) -> Json {
    let mut fields = object([
        ("name", json!(column.name)),
        ("description", json!(column.description)),
        ("meta", json!(column.meta)),
        ("data_type", json!(column.data_type)),
        ("constraints", json!(column.constraints)),
        ("quote", json!(column.quote)),
        ("config", Json::Object(column.config.clone())),
        ("tags", json!(column.tags)),
        ("granularity", json!(column.granularity)),
        ("dimension", json!(column.dimension)),
        ("entity", json!(column.entity)),
        ("doc_blocks", json!(column.doc_blocks)),
    ]);
    fields.extend(column.extra.clone());
    Json::Object(fields)
}

/// Removes keys whose value is null.
fn drop_nulls(fields: &mut JsonMap<String, Json>) {
    fields.retain(|_, value| !value.is_null());
}
