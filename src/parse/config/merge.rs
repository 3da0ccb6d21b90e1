//! Joins the values of one configuration key from two places, as dbt's merge behaviours do.

use serde_json::{Map as JsonMap, Value as Json};

use super::fields::Merge;
use crate::error::{Error, Result};

/// A list stays a list; anything else becomes a list of one.
pub fn listify(value: &Json) -> Vec<Json> {
    match value {
        Json::Array(items) => items.clone(),
        other => vec![other.clone()],
    }
}

/// The value of `key` after `later` has joined `earlier`.
///
/// # Errors
/// A value that must be a mapping is none.
pub fn merge(behaviour: Merge, key: &str, earlier: &Json, later: Json) -> Result<Json> {
    match behaviour {
        Merge::Clobber => Ok(later),
        Merge::Append => {
            let mut items = listify(earlier);
            items.extend(listify(&later));
            Ok(Json::Array(items))
        }
        Merge::Update => {
            let mut merged = expect_map(key, earlier)?.clone();
            for (name, value) in expect_map(key, &later)? {
                merged.insert(name.clone(), value.clone());
            }
            Ok(Json::Object(merged))
        }
        Merge::DictKeyAppend => Ok(Json::Object(append_by_key(expect_map(key, earlier)?, expect_map(key, &later)?))),
    }
}

fn expect_map<'a>(key: &str, value: &'a Json) -> Result<&'a JsonMap<String, Json>> {
    value.as_object().ok_or_else(|| {
        Error::internal(format!(
            "The configuration `{key}` must be a mapping (expected dict, got {}).",
            crate::parse::python::text(value)
        ))
    })
}

fn append_by_key(earlier: &JsonMap<String, Json>, later: &JsonMap<String, Json>) -> JsonMap<String, Json> {
    let mut merged: JsonMap<String, Json> =
        earlier.iter().map(|(key, value)| (key.clone(), Json::Array(listify(value)))).collect();
    for (key, value) in later {
        let name = key.trim_start_matches('+');
        match merged.get_mut(name) {
            Some(Json::Array(items)) if key.starts_with('+') => items.extend(listify(value)),
            _ => {
                merged.insert(name.to_owned(), Json::Array(listify(value)));
            }
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn grants_extend_only_with_a_plus() {
        let earlier = json!({"select": "a", "insert": ["b"]});
        let merged = merge(Merge::DictKeyAppend, "grants", &earlier, json!({"+select": ["c"], "insert": "d"}));
        assert_eq!(merged.ok(), Some(json!({"select": ["a", "c"], "insert": ["d"]})));
    }

    #[test]
    fn appending_makes_lists() {
        assert_eq!(merge(Merge::Append, "tags", &json!([]), json!("a")).ok(), Some(json!(["a"])));
    }

    #[test]
    fn a_mapping_is_required_where_mappings_merge() {
        assert!(merge(Merge::Update, "meta", &json!({}), json!("a")).is_err());
    }
}
