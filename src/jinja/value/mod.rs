//! Values that behave and print like Python's.

mod compare;
mod dict;
mod json;
mod list;
mod text;

pub use compare::{py_cmp, py_eq};
pub use dict::{Dict, Key};
pub use json::{from_json, to_json};
pub use list::{List, Set};
pub use minijinja::value::Tuple;
pub use text::{float_repr, py_repr, py_str, str_repr};

use std::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use minijinja::Error as MjError;
use minijinja::value::{Value, ValueKind};

use super::error::PyError;
use super::undefined::is_undefined;

/// A tuple of `items`.
pub fn tuple(items: Vec<Value>) -> Value {
    Value::from(Tuple::new(items))
}

/// Python's truth of a value.
pub fn truth(value: &Value) -> bool {
    value.is_true()
}

/// The name of a value's Python type: `str`, `int`, `list`, `NoneType`, ...
pub fn type_name(value: &Value) -> &'static str {
    if is_undefined(value) {
        return "Undefined";
    }
    match value.kind() {
        ValueKind::None => "NoneType",
        ValueKind::Bool => "bool",
        ValueKind::Number if value.is_integer() => "int",
        ValueKind::Number => "float",
        ValueKind::String => "str",
        ValueKind::Bytes => "bytes",
        ValueKind::Seq if value.is_tuple() => "tuple",
        ValueKind::Seq => "list",
        ValueKind::Map => "dict",
        _ => "object",
    }
}

/// The items that looping over a value gives: characters of a string, keys of a dict, nothing for undefined.
///
/// # Errors
/// The value cannot be looped over.
pub fn iterate(value: &Value) -> Result<Vec<Value>, MjError> {
    if is_undefined(value) {
        return Ok(Vec::new());
    }
    if let Some(text) = value.as_str() {
        return Ok(text.chars().map(Value::from).collect());
    }
    match value.as_object().and_then(|object| object.try_iter()) {
        Some(items) => Ok(items.collect()),
        None => Err(PyError::type_error(format!("'{}' object is not iterable", type_name(value)))),
    }
}

pub(crate) fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(std::sync::PoisonError::into_inner)
}

pub(crate) fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(std::sync::PoisonError::into_inner)
}
