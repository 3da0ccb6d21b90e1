//! What user-defined functions have beside what every node has: their arguments and what they return, which come from
//! properties.

use serde_json::{Map as JsonMap, Value as Json, json};

/// The fields of a function that no properties describe.
pub fn undescribed() -> JsonMap<String, Json> {
    described(json!([]), json!({"data_type": "INVALID_TYPE", "description": null}))
}

/// The fields of a function with these arguments and this return type.
pub fn described(arguments: Json, returns: Json) -> JsonMap<String, Json> {
    let fields = [("arguments", arguments), ("returns", returns), ("overloads", json!([]))];
    fields.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
}
