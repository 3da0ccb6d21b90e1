//! Values that behave and print like Python's.

mod args;
mod class;
mod compare;
mod dict;
mod format;
mod json;
mod list;
pub(crate) mod methods;
mod named_int;
mod named_tuple;
mod namespace;
mod number;
mod range;
mod sort;
mod strings;
mod text;
mod views;

pub mod dates;
mod decimal;

pub use args::{CallArgs, Function, required};
pub use class::{CLASS_KEY, Class, ClassObject};
pub use compare::{py_cmp, py_eq};
pub use decimal::Decimal;
pub use dict::{Dict, Key, lookup};
pub(crate) use format::{percent, str_format};
pub use json::{dumps, from_json, to_json};
pub use list::{List, Set};
pub use minijinja::value::Tuple;
pub use text::{float_repr, push_str_repr, py_repr, py_str, str_repr};

pub(crate) use text::text_of;

pub(crate) use class::class_of;
pub(crate) use decimal::{binary as decimal_binary, negated, rounded};
pub(crate) use methods::{BoundMethod, is_method, unknown_method};
pub(crate) use named_int::NamedInt;
pub(crate) use named_tuple::NamedTuple;
pub(crate) use namespace::Namespace;
pub(crate) use number::{Big, Num};
pub(crate) use range::Range;
pub(crate) use sort::sort_by_keys;
pub(crate) use strings::is_space;
pub(crate) use views::Iter;

use std::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use minijinja::Error as MjError;
use minijinja::value::{ObjectRepr, Value, ValueKind};

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
    if value.downcast_object_ref::<Set>().is_some() {
        return "set";
    }
    if value.downcast_object_ref::<Big>().is_some() {
        return "int";
    }
    if value.downcast_object_ref::<Decimal>().is_some() {
        return "decimal.Decimal";
    }
    if value.downcast_object_ref::<Range>().is_some() {
        return "range";
    }
    if value.downcast_object_ref::<Function>().is_some() {
        return "function";
    }
    if let Some(name) = dates::type_name(value) {
        return name;
    }
    match value.kind() {
        ValueKind::None => "NoneType",
        ValueKind::Bool => "bool",
        ValueKind::Number if value.is_integer() => "int",
        ValueKind::Number => "float",
        ValueKind::String => "str",
        ValueKind::Bytes => "bytes",
        ValueKind::Seq if value.is_tuple() => "tuple",
        _ if value.downcast_object_ref::<List>().is_some() => "list",
        _ if value.downcast_object_ref::<Dict>().is_some() => "dict",
        kind => match (class_of(value), kind) {
            (Some(class), _) => class.name,
            (None, ValueKind::Seq) => "list",
            (None, ValueKind::Map) => "dict",
            _ => "object",
        },
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

/// An integer argument.
///
/// # Errors
/// The value is not an integer.
pub(crate) fn index_arg(value: &Value) -> Result<i64, MjError> {
    match Num::of(value) {
        Some(Num::Int(int)) => {
            i64::try_from(int).map_err(|_| PyError::value_error("cannot fit 'int' into an index-sized integer"))
        }
        _ => Err(PyError::type_error(format!("'{}' object cannot be interpreted as an integer", type_name(value)))),
    }
}

/// A string argument.
///
/// # Errors
/// The value is not a string.
pub(crate) fn str_arg<'v>(value: &'v Value, what: &str) -> Result<&'v str, MjError> {
    value.as_str().ok_or_else(|| PyError::type_error(format!("{what} must be str, not {}", type_name(value))))
}

/// Whether a value can be called, as far as its type tells: functions, classes, and plain objects of the host.
pub(crate) fn is_callable(value: &Value) -> bool {
    if is_undefined(value) {
        return true;
    }
    let Some(object) = value.as_object() else { return false };
    if let Some(class) = class_of(value) {
        return class.callable;
    }
    let data =
        dates::type_name(value).is_some() || object.is::<Big>() || object.is::<Decimal>() || object.is::<dates::Zone>();
    object.repr() == ObjectRepr::Plain && !data
}
