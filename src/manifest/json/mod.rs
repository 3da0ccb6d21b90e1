//! The manifest in dbt's JSON (version 12): key names and key order are dbt's, because tools read the artifact and
//! macros walk the same mappings as `graph` and `model`. Everything is written straight from the typed resources; a
//! tree of JSON is made only of what is looked at piece by piece.

mod node;
mod resources;
mod whole;

pub use whole::{Artifact, Metadata};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map as JsonMap, Value as Json};

use super::{Compiled, Constraint};

/// Writes `key: value` pairs in order.
macro_rules! entries {
    ($map:expr, $($key:literal: $value:expr),* $(,)?) => {
        {
            $($map.serialize_entry($key, &$value)?;)*
        }
    };
}
use entries;

/// Builds a JSON object from pairs, in order.
fn object<const N: usize>(pairs: [(&str, Json); N]) -> JsonMap<String, Json> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// What a resource writes, as a tree. Our types serialize without fail: their keys are texts.
fn tree(value: impl Serialize) -> Json {
    serde_json::to_value(value).unwrap_or_default()
}

/// The macros of something that depends on no nodes.
struct MacrosOnly<'a>(&'a [String]);

impl Serialize for MacrosOnly<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        entries!(map, "macros": self.0);
        map.end()
    }
}

/// Columns by name, what foreign keys refer to resolved.
struct Columns<'a> {
    columns: &'a indexmap::IndexMap<String, super::ColumnInfo>,
    compiled: Option<&'a Compiled>,
}

impl Serialize for Columns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let compiled = self.compiled;
        serializer.collect_map(self.columns.iter().map(|(name, column)| (name, Column { column, compiled })))
    }
}

struct Column<'a> {
    column: &'a super::ColumnInfo,
    compiled: Option<&'a Compiled>,
}

impl Serialize for Column<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let column = self.column;
        let mut map = serializer.serialize_map(None)?;
        entries!(map,
            "name": column.name,
            "description": column.description,
            "meta": column.meta,
            "data_type": column.data_type,
            "constraints": Constraints { constraints: &column.constraints, compiled: self.compiled },
            "quote": column.quote,
            "config": column.config,
            "tags": column.tags,
            "granularity": column.granularity,
            "dimension": column.dimension,
            "entity": column.entity,
        );
        // The one key of ours that YAML can set: the properties room does not know it, so it is kept as it is.
        if !column.extra.contains_key("doc_blocks") {
            entries!(map, "doc_blocks": column.doc_blocks);
        }
        for (key, value) in &column.extra {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// Constraints with relations in the place of what foreign keys say in YAML.
struct Constraints<'a> {
    constraints: &'a [Constraint],
    compiled: Option<&'a Compiled>,
}

impl Serialize for Constraints<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(compiled) = self.compiled.filter(|compiled| !compiled.foreign_keys.is_empty()) else {
            return serializer.collect_seq(self.constraints);
        };
        serializer.collect_seq(self.constraints.iter().map(|constraint| {
            let mut constraint = constraint.clone();
            let relation = constraint.get("to").and_then(Json::as_str).and_then(|to| compiled.foreign_keys.get(to));
            if let Some(relation) = relation.cloned() {
                constraint.insert("to".to_owned(), Json::String(relation));
            }
            constraint
        }))
    }
}

/// Removes keys whose value is null.
fn drop_nulls(fields: &mut JsonMap<String, Json>) {
    fields.retain(|_, value| !value.is_null());
}
