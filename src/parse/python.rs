//! Values as Python prints them, because dbt puts them in names, hashes and messages.

use serde_json::Value as Json;

use crate::jinja::value::{from_json, py_repr, py_str};

/// `str(value)`
pub fn text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => py_str(&from_json(other)),
    }
}

/// `repr(value)`
pub fn repr(value: &Json) -> String {
    py_repr(&from_json(value))
}

/// `bytes.hex()`
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// Whether Python counts the value as true.
pub fn truthy(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::Bool(value) => *value,
        Json::Number(number) => number.as_f64() != Some(0.0),
        Json::String(text) => !text.is_empty(),
        Json::Array(items) => !items.is_empty(),
        Json::Object(entries) => !entries.is_empty(),
    }
}

/// `type(value).__name__`
pub fn type_name(value: &Json) -> &'static str {
    match value {
        Json::Null => "NoneType",
        Json::Bool(_) => "bool",
        Json::Number(number) if number.is_f64() => "float",
        Json::Number(_) => "int",
        Json::String(_) => "str",
        Json::Array(_) => "list",
        Json::Object(_) => "dict",
    }
}

/// A word with capitals as Python's `str.title()` writes it.
pub fn title(word: &str) -> String {
    let mut after_letter = false;
    word.chars()
        .map(|letter| {
            let mapped = if after_letter { letter.to_ascii_lowercase() } else { letter.to_ascii_uppercase() };
            after_letter = letter.is_alphabetic();
            mapped
        })
        .collect()
}
