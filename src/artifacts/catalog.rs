//! `catalog.json`, version 1: what the database says about nodes and sources.

use std::collections::HashMap;

use indexmap::{IndexMap, IndexSet};
use serde_json::{Map as JsonMap, Value as Json, json};

use crate::error::{Error, Result};
use crate::invocation::Invocation;
use crate::manifest::{Manifest, UniqueId};
use crate::run::CatalogRows;

use super::metadata;

/// Database, schema and name of a relation, compared as the database gives them.
type Key = (Option<String>, String, String);
type Row = JsonMap<String, Json>;

/// The artifact; of `selected` resources only, if given.
///
/// # Errors
/// The rows lack a column that a catalog needs, or two relations of the database are one source.
pub fn to_json(
    invocation: &Invocation,
    manifest: &Manifest,
    found: &CatalogRows,
    selected: Option<&IndexSet<UniqueId>>,
) -> Result<Json> {
    let mut tables: IndexMap<Key, Json> = IndexMap::new();
    for row in &found.rows {
        let key = key_of(row)?;
        let table = tables.entry(key).or_insert_with(|| table_json(row));
        let column = column_json(row)?;
        let name = row.get("column_name").and_then(Json::as_str).unwrap_or_default();
        table["columns"][name] = column;
    }
    let wanted = |id: &str| selected.is_none_or(|ids| ids.contains(id));
    let (owners, sources_of) = owners(manifest);
    let (mut nodes, mut sources) = (JsonMap::new(), JsonMap::new());
    for (key, table) in &tables {
        if let Some(id) = owners.get(key).filter(|id| wanted(id)) {
            nodes.insert((*id).to_owned(), with_id(table, id));
        }
        for id in sources_of.get(key).into_iter().flatten() {
            if let Some(known) = sources.get(*id) {
                return Err(ambiguous(id, known, table));
            }
            if wanted(id) {
                sources.insert((*id).to_owned(), with_id(table, id));
            }
        }
    }
    Ok(json!({
        "metadata": metadata(invocation, "catalog/v1"),
        "nodes": nodes,
        "sources": sources,
        "errors": if found.errors.is_empty() { Json::Null } else { json!(found.errors) },
    }))
}

fn key_of(row: &Row) -> Result<Key> {
    let required = |name: &str| match row.get(name) {
        Some(Json::String(text)) => Ok(text.clone()),
        Some(Json::Null) => Ok("None".to_owned()),
        Some(other) => Ok(other.to_string()),
        None => Err(missing(name, row)),
    };
    let database = row.get("table_database").and_then(Json::as_str).map(str::to_owned);
    Ok((database, required("table_schema")?, required("table_name")?))
}

fn missing(name: &str, row: &Row) -> Error {
    let row = crate::parse::python::repr(&Json::Object(row.clone()));
    Error::compilation(format!("Catalog information missing required key '{name}' (got {row})"))
}

fn table_json(row: &Row) -> Json {
    let part = |name: &str| row.get(name).cloned().unwrap_or_default();
    json!({
        "metadata": {
            "type": part("table_type"),
            "schema": part("table_schema"),
            "name": part("table_name"),
            "database": part("table_database"),
            "comment": part("table_comment"),
            "owner": part("table_owner"),
        },
        "columns": {},
        "stats": stats_json(row),
        "unique_id": null,
    })
}

fn column_json(row: &Row) -> Result<Json> {
    let part = |name: &str| row.get(name).cloned().unwrap_or_default();
    let index = match row.get("column_index") {
        None => return Err(missing("column_index", row)),
        Some(Json::String(text)) => text.trim().parse::<i64>().ok(),
        Some(Json::Number(number)) => number.as_i64().or_else(|| number.to_string().split('.').next()?.parse().ok()),
        Some(_) => None,
    };
    let index = index.ok_or_else(|| {
        Error::compilation(format!(
            "The catalog gives the column {} of {} the position {}, which is no number.",
            part("column_name"),
            part("table_name"),
            part("column_index")
        ))
        .hint("The macro `get_catalog` or `get_catalog_relations` of the project has to give a number there.")
    })?;
    Ok(json!({
        "type": part("column_type"),
        "index": index,
        "name": part("column_name"),
        "comment": part("column_comment"),
    }))
}

/// Statistics come in columns `stats:NAME:label`, `:value`, `:description` and `:include`.
fn stats_json(row: &Row) -> Json {
    let mut names: IndexSet<&str> = IndexSet::new();
    names.extend(row.keys().filter_map(|key| key.strip_prefix("stats:")?.split(':').next()));
    let mut stats = JsonMap::new();
    for name in names {
        let part = |key: &str| row.get(&format!("stats:{name}:{key}")).cloned().unwrap_or_default();
        if part("include") == Json::Bool(true) {
            let stat = json!({
                "id": name,
                "label": part("label"),
                "value": part("value"),
                "include": true,
                "description": part("description"),
            });
            stats.insert(name.to_owned(), stat);
        }
    }
    let has_stats = json!({
        "id": "has_stats",
        "label": "Has Stats?",
        "value": !stats.is_empty(),
        "include": false,
        "description": "Indicates whether there are statistics for this table",
    });
    stats.insert("has_stats".to_owned(), has_stats);
    Json::Object(stats)
}

fn with_id(table: &Json, id: &str) -> Json {
    let mut table = table.clone();
    table["unique_id"] = Json::from(id);
    table
}

fn ambiguous(id: &str, first: &Json, second: &Json) -> Error {
    let name = |table: &Json| {
        let part = |key: &str| table["metadata"][key].as_str().unwrap_or("None").to_owned();
        format!("{}.{}", part("schema"), part("name"))
    };
    Error::compilation(format!(
        "dbt found two relations in your warehouse with similar database identifiers. dbt\nis unable to determine which \
         of these relations was created by the model \"{id}\".\nIn order for dbt to correctly generate the catalog, one \
         of the following relations must be deleted or renamed:\n\n - {}\n - {}",
        name(first),
        name(second)
    ))
}

/// Which node, and which sources, each relation is; names in lower case, as dbt compares them.
fn owners(manifest: &Manifest) -> (HashMap<Key, &str>, HashMap<Key, Vec<&str>>) {
    let lower = |database: &Option<String>, schema: &str, name: &str| {
        (database.as_deref().map(str::to_lowercase), schema.to_lowercase(), name.to_lowercase())
    };
    let nodes = manifest.nodes.values();
    let nodes = nodes.map(|node| (lower(&node.database, &node.schema, &node.alias), node.unique_id.as_str()));
    let mut sources: HashMap<Key, Vec<&str>> = HashMap::new();
    for source in manifest.sources.values() {
        let key = lower(&source.database, &source.schema, &source.identifier);
        sources.entry(key).or_default().push(&source.unique_id);
    }
    (nodes.collect(), sources)
}
