//! From JSON to values and back, by the rules of Python's `json` module.

use minijinja::Error as MjError;
use minijinja::value::{Value, ValueKind};
use serde_json::{Map, Number};

use super::super::error::PyError;
use super::super::undefined::is_undefined;
use super::dict::Dict;
use super::list::List;
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
    PyError::type_error(format!("Object of type {} is not JSON serializable", type_name(value)))
}
