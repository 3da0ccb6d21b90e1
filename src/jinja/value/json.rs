//! From JSON to values and back, by the rules of Python's `json` module.

use std::fmt::Write;

use minijinja::Error as MjError;
use minijinja::value::{Value, ValueKind};
use serde_json::{Map, Number};

use super::super::error::PyError;
use super::super::undefined::is_undefined;
use super::dict::Dict;
use super::list::List;
use super::number::Big;
use super::text::float_repr;
use super::{py_str, type_name};

/// The value that a JSON document stands for: objects become dicts, arrays lists.
pub fn from_json(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::from(()),
        serde_json::Value::Bool(flag) => Value::from(*flag),
        serde_json::Value::Number(number) => from_number(number),
        serde_json::Value::String(text) => Value::from(text.as_str()),
        serde_json::Value::Array(items) => List::new(items.iter().map(from_json).collect()),
        serde_json::Value::Object(map) => {
            Dict::from_pairs(map.iter().map(|(key, value)| (key.as_str(), from_json(value))))
        }
    }
}

fn from_number(number: &Number) -> Value {
    if let Some(int) = number.as_i64() {
        return Value::from(int);
    }
    match number.as_u64() {
        Some(int) => Value::from(int),
        None => Value::from(number.as_f64().unwrap_or(f64::NAN)),
    }
}

/// The JSON document that Python's `json.dumps` makes of a value.
///
/// # Errors
/// The value, or one inside it, is not of a JSON type.
pub fn to_json(value: &Value) -> Result<serde_json::Value, MjError> {
    match value.kind() {
        _ if is_undefined(value) => Err(not_serializable(value)),
        ValueKind::None => Ok(serde_json::Value::Null),
        ValueKind::Bool => Ok(serde_json::Value::Bool(value.is_true())),
        ValueKind::Number => number_to_json(value),
        ValueKind::String => Ok(serde_json::Value::String(py_str(value))),
        ValueKind::Seq => {
            value.try_iter()?.map(|item| to_json(&item)).collect::<Result<_, _>>().map(serde_json::Value::Array)
        }
        ValueKind::Map => {
            let mut map = Map::new();
            for key in value.try_iter()? {
                map.insert(json_key(&key)?, to_json(&value.get_item(&key)?)?);
            }
            Ok(serde_json::Value::Object(map))
        }
        _ => Err(not_serializable(value)),
    }
}

fn number_to_json(value: &Value) -> Result<serde_json::Value, MjError> {
    if let Some(int) = value.as_i64() {
        return Ok(serde_json::Value::from(int));
    }
    if let Ok(int) = u64::try_from(value.clone()) {
        return Ok(serde_json::Value::from(int));
    }
    let float = f64::try_from(value.clone()).map_err(|_| not_serializable(value))?;
    Ok(Number::from_f64(float).map_or(serde_json::Value::Null, serde_json::Value::Number))
}

/// The text that `json.dumps` gives: `, ` and `: ` between items, everything beyond ASCII escaped.
///
/// # Errors
/// The value, or one inside it, is not of a JSON type.
pub fn dumps(value: &Value, sort_keys: bool) -> Result<String, MjError> {
    let mut out = String::new();
    push_json(&mut out, value, sort_keys)?;
    Ok(out)
}

fn push_json(out: &mut String, value: &Value, sort_keys: bool) -> Result<(), MjError> {
    match value.kind() {
        _ if is_undefined(value) => return Err(not_serializable(value)),
        ValueKind::None => out.push_str("null"),
        ValueKind::Bool => out.push_str(if value.is_true() { "true" } else { "false" }),
        ValueKind::Number if value.is_integer() => out.push_str(&value.to_string()),
        ValueKind::Number => out.push_str(&json_float(f64::try_from(value.clone()).unwrap_or(f64::NAN))),
        ValueKind::String => push_text(out, value.as_str().unwrap_or_default()),
        ValueKind::Seq => {
            out.push('[');
            for (index, item) in value.try_iter()?.enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                push_json(out, &item, sort_keys)?;
            }
            out.push(']');
        }
        ValueKind::Map => push_map(out, value, sort_keys)?,
        _ if value.downcast_object_ref::<Big>().is_some() => out.push_str(&value.to_string()),
        _ => return Err(not_serializable(value)),
    }
    Ok(())
}

fn push_map(out: &mut String, value: &Value, sort_keys: bool) -> Result<(), MjError> {
    let mut entries = Vec::new();
    for (key, item) in Dict::pairs_of(value)? {
        entries.push((json_key(&key)?, item));
    }
    if sort_keys {
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    }
    out.push('{');
    for (index, (key, item)) in entries.iter().enumerate() {
        out.push_str(if index > 0 { ", " } else { "" });
        push_text(out, key);
        out.push_str(": ");
        push_json(out, item, sort_keys)?;
    }
    out.push('}');
    Ok(())
}

fn json_float(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity".to_owned() } else { "-Infinity".to_owned() }
    } else {
        float_repr(number)
    }
}

fn push_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

/// Python turns keys of basic types into strings.
fn json_key(key: &Value) -> Result<String, MjError> {
    match key.kind() {
        ValueKind::String => Ok(py_str(key)),
        ValueKind::None => Ok("null".to_owned()),
        ValueKind::Bool => Ok(key.is_true().to_string()),
        ValueKind::Number if key.is_integer() => Ok(key.to_string()),
        ValueKind::Number => Ok(float_repr(f64::try_from(key.clone()).unwrap_or(f64::NAN))),
        _ => Err(PyError::type_error(format!("keys must be str, int, float, bool or None, not {}", type_name(key)))),
    }
}

fn not_serializable(value: &Value) -> MjError {
    let name = type_name(value).rsplit('.').next().unwrap_or_default();
    PyError::type_error(format!("Object of type {name} is not JSON serializable"))
}
