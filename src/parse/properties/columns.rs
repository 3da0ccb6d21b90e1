//! Columns as properties describe them.

use indexmap::IndexMap;
use serde_json::{Map as JsonMap, Value as Json, json};

use super::constraints::{column_constraint, is_constraint_type};
use crate::error::{Error, Result};
use crate::manifest::ColumnInfo;

/// The keys of a column that dbt knows; others are kept as they are.
const KNOWN: [&str; 14] = [
    "name",
    "description",
    "meta",
    "data_type",
    "constraints",
    "docs",
    "config",
    "data_tests",
    "tests",
    "quote",
    "tags",
    "granularity",
    "dimension",
    "entity",
];

/// The columns of an entry by name.
///
/// # Errors
/// A constraint has a type that dbt does not know.
pub fn columns_of(columns: &[Json]) -> Result<IndexMap<String, ColumnInfo>> {
    let mut found = IndexMap::new();
    for column in columns.iter().filter_map(Json::as_object) {
        let column = column_info(column)?;
        found.insert(column.name.clone(), column);
    }
    Ok(found)
}

fn column_info(column: &JsonMap<String, Json>) -> Result<ColumnInfo> {
    let text = |key: &str| column.get(key).and_then(Json::as_str).map(str::to_owned);
    let name = text("name").unwrap_or_default();
    let constraints = column.get("constraints").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    if constraints.iter().any(|constraint| !is_constraint_type(constraint)) {
        return Err(Error::parsing(format!("Invalid constraint type on column {name}")));
    }
    let mut meta = object(column.get("meta"));
    meta.extend(object(column.get("config").and_then(|config| config.get("meta"))));
    let tags = column_tags(column);
    Ok(ColumnInfo {
        description: text("description").unwrap_or_default(),
        data_type: text("data_type"),
        constraints: constraints.iter().map(column_constraint).collect(),
        quote: column.get("quote").and_then(Json::as_bool),
        config: JsonMap::from_iter([("meta".to_owned(), Json::Object(meta.clone())), ("tags".to_owned(), json!(tags))]),
        granularity: present(column, "granularity"),
        dimension: present(column, "dimension"),
        entity: present(column, "entity"),
        doc_blocks: Vec::new(),
        extra: column
            .iter()
            .filter(|(key, _)| !KNOWN.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
        name,
        meta,
        tags,
    })
}

fn present(column: &JsonMap<String, Json>, key: &str) -> Option<Json> {
    column.get(key).filter(|value| !value.is_null()).cloned()
}

fn object(value: Option<&Json>) -> JsonMap<String, Json> {
    value.and_then(Json::as_object).cloned().unwrap_or_default()
}

/// Tags of a column and of its `config`, each once.
pub fn column_tags(column: &JsonMap<String, Json>) -> Vec<String> {
    let configured = column.get("config").and_then(|config| config.get("tags"));
    tags_in([column.get("tags"), configured])
}

/// The same without those of `config`.
pub fn own_tags(described: &JsonMap<String, Json>) -> Vec<String> {
    tags_in([described.get("tags")])
}

fn tags_in<'a>(sources: impl IntoIterator<Item = Option<&'a Json>>) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for source in sources.into_iter().flatten() {
        let found = match source {
            Json::String(tag) => vec![tag.clone()],
            Json::Array(items) => items.iter().filter_map(|tag| tag.as_str().map(str::to_owned)).collect(),
            _ => Vec::new(),
        };
        for tag in found {
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_are_kept_and_config_merges() {
        let columns = json!([{"name": "a", "meta": {"x": 1}, "config": {"meta": {"y": 2}, "tags": "t"}, "mine": 3}]);
        let found = columns_of(columns.as_array().map(Vec::as_slice).unwrap_or_default()).unwrap_or_default();
        let column = &found["a"];
        assert_eq!(Json::Object(column.meta.clone()), json!({"x": 1, "y": 2}));
        assert_eq!(column.tags, ["t"]);
        assert_eq!(column.extra.get("mine"), Some(&json!(3)));
    }

    #[test]
    fn constraint_types_are_checked() {
        assert!(columns_of(&[json!({"name": "a", "constraints": [{"type": "odd"}]})]).is_err());
    }
}
