//! Methods of values that are not objects of ours: strings, numbers, bytes, tuples, and lists and maps of the host.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Value, ValueKind};
use minijinja::{Error as MjError, ErrorKind, State};

use super::super::error::{PyError, PyErrorKind};
use super::super::undefined::{is_undefined, lenient_attribute, require_defined};
use super::list::{List, shared_method};
use super::views::{View, ViewKind};
use super::{Dict, Num, iterate, lookup, strings, type_name};

/// What the engine asks when a value's own object has no such method.
///
/// # Errors
/// There is no such method; `UnknownMethod` makes the engine call an attribute of that name instead.
pub(crate) fn unknown_method(
    _state: &mut State<'_, '_>,
    value: &Value,
    name: &str,
    args: &[Value],
) -> Result<Value, MjError> {
    require_defined(value)?;
    let found = match value.kind() {
        ValueKind::String => strings::method(value.as_str().unwrap_or_default(), name, args),
        ValueKind::Bytes => bytes_method(value.as_bytes().unwrap_or_default(), name),
        ValueKind::Number => number_method(value, name),
        ValueKind::Seq => seq_method(value, name, args),
        ValueKind::Map => map_method(value, name, args),
        _ => None,
    };
    match found {
        Some(result) => result,
        None if has_attribute(value, name) => Err(MjError::from(ErrorKind::UnknownMethod)),
        None => lenient_attribute(name).ok_or_else(|| no_attribute(value, name)),
    }
}

fn has_attribute(value: &Value, name: &str) -> bool {
    let attribute = value.as_object().and_then(|object| object.get_value(&Value::from(name)));
    attribute.is_some_and(|attribute| !is_undefined(&attribute) && !is_method(&attribute))
}

/// Whether a value is a method that was looked up and not called.
pub(crate) fn is_method(value: &Value) -> bool {
    value.downcast_object_ref::<BoundMethod>().is_some()
}

/// How Jinja2 says that a value does not have an attribute.
pub(crate) fn no_attribute_message(value: &Value, name: &str) -> String {
    let owner = match super::class_of(value) {
        _ if value.is_none() => "None".to_owned(),
        Some(class) => format!("{} object", class.full_name()),
        None => format!("{} object", type_name(value)),
    };
    format!("'{owner}' has no attribute '{name}'")
}

/// Jinja2's failure for an attribute that a value does not have.
pub(crate) fn no_attribute(value: &Value, name: &str) -> MjError {
    let kind = type_name(value);
    if name.starts_with("__") {
        let message = format!("access to attribute '{name}' of '{kind}' object is unsafe.");
        return PyError::raise(PyErrorKind::Template, message);
    }
    PyError {
        kind: PyErrorKind::Undefined,
        message: no_attribute_message(value, name),
        name: Some(name.to_owned()),
        line: None,
    }
    .into()
}

fn bytes_method(bytes: &[u8], name: &str) -> Option<Result<Value, MjError>> {
    match name {
        "decode" => Some(match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Value::from(text)),
            Err(_) => Err(PyError::value_error("'utf-8' codec can't decode bytes: invalid data")),
        }),
        "hex" => Some(Ok(Value::from(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()))),
        _ => None,
    }
}

fn number_method(value: &Value, name: &str) -> Option<Result<Value, MjError>> {
    let number = Num::of(value)?;
    match (name, number) {
        ("is_integer", Num::Float(float)) => Some(Ok(Value::from(float.fract() == 0.0))),
        ("bit_length", Num::Int(int)) => Some(Ok(Value::from(128 - int.unsigned_abs().leading_zeros()))),
        _ => None,
    }
}

fn seq_method(value: &Value, name: &str, args: &[Value]) -> Option<Result<Value, MjError>> {
    let items = iterate(value).ok()?;
    match name {
        "copy" if !value.is_tuple() => Some(Ok(List::new(items))),
        _ => shared_method(type_name(value), &items, name, args),
    }
}

fn map_method(value: &Value, name: &str, args: &[Value]) -> Option<Result<Value, MjError>> {
    let kind = match name {
        "items" => ViewKind::Items,
        "keys" => ViewKind::Keys,
        "values" => ViewKind::Values,
        "get" if !has_attribute(value, "get") => {
            let found = args.first().and_then(Value::as_str).and_then(|key| lookup(value, key));
            return Some(Ok(found.or_else(|| args.get(1).cloned()).unwrap_or_else(|| Value::from(()))));
        }
        "copy" if !has_attribute(value, "copy") => {
            return Some(Dict::pairs_of(value).and_then(Dict::from_values));
        }
        _ => return None,
    };
    (!has_attribute(value, name)).then(|| Ok(View::of(kind, value.clone())))
}

/// A method that was looked up but not called.
#[derive(Debug)]
pub(crate) struct BoundMethod {
    owner: Value,
    name: String,
}

impl BoundMethod {
    /// A string's method as a value.
    pub fn find(owner: &Value, name: &str) -> Option<Value> {
        let known = strings::method(owner.as_str()?, name, &[]).is_some();
        known.then(|| BoundMethod::of(owner.clone(), name))
    }

    /// One of `methods` as a value.
    pub fn among(methods: &[&str], owner: impl FnOnce() -> Value, name: &str) -> Option<Value> {
        methods.contains(&name).then(|| BoundMethod::of(owner(), name))
    }

    /// A method of an object as a value, for what looks it up without calling it: `api.Column.create is defined`.
    pub fn of(owner: Value, name: &str) -> Value {
        Value::from_object(BoundMethod { owner, name: name.to_owned() })
    }
}

impl Object for BoundMethod {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, MjError> {
        self.owner.call_method(state, &self.name, args)
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = type_name(&self.owner);
        write!(f, "<built-in method {} of {kind} object at {:p}>", self.name, Arc::as_ptr(self))
    }
}
