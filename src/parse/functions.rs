//! What user-defined functions have beside what every node has: their arguments, what they return and their overloads, all
//! of which come from properties.

use serde_json::{Map as JsonMap, Value as Json, json};

/// The fields of a function that no properties describe.
pub fn undescribed() -> JsonMap<String, Json> {
    described(json!([]), json!({"data_type": "INVALID_TYPE", "description": null}))
}

/// The fields of a function with these arguments and this return type.
pub fn described(arguments: Json, returns: Json) -> JsonMap<String, Json> {
    JsonMap::from_iter([
        ("arguments".to_owned(), arguments),
        ("returns".to_owned(), returns),
        ("overloads".to_owned(), json!([])),
    ])
}
