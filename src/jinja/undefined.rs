//! Names and attributes that do not exist.
//!
//! Jinja2 lets a template hold an undefined value, test it and print it (as nothing); doing anything else with it fails
//! and names what was missing. While dbt parses, undefined values are lenient: callable, with every attribute. That goes
//! for the template that is parsed, not for the macros that it calls: dbt compiles those without leniency.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};
use minijinja::{Error as MjError, State};

use super::error::{PyError, PyErrorKind};
use super::value::methods::no_attribute_message;
use super::value::{Dict, py_repr};

thread_local! {
    /// Whether the template that runs on this thread is parsed leniently.
    static LENIENT: Cell<bool> = const { Cell::new(false) };
}

/// Makes undefined values that come up on this thread lenient, or strict, until it is dropped.
pub(crate) struct Leniency(bool);

impl Leniency {
    pub fn set(lenient: bool) -> Leniency {
        Leniency(LENIENT.replace(lenient))
    }
}

impl Drop for Leniency {
    fn drop(&mut self) {
        LENIENT.set(self.0);
    }
}

/// An undefined value that remembers what was missing.
#[derive(Debug, Clone)]
pub(crate) struct Undefined {
    /// The name or attribute that was looked up.
    pub name: Arc<str>,
    /// The message when it is used: `'x' is undefined` unless more is known.
    pub hint: Option<String>,
    /// Whether every use is allowed (dbt's parse phase).
    pub lenient: bool,
}

impl Undefined {
    /// An undefined value, as lenient as the template that runs.
    pub fn value(name: &str, hint: Option<String>) -> Value {
        Value::from_object(Undefined { name: name.into(), hint, lenient: LENIENT.get() })
    }

    /// The failure that using this value raises.
    pub fn error(&self) -> MjError {
        let message = self.hint.clone().unwrap_or_else(|| format!("'{}' is undefined", self.name));
        PyError { kind: PyErrorKind::Undefined, message, name: Some(self.name.to_string()), line: None }.into()
    }
}

impl Object for Undefined {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, _key: &Value) -> Option<Value> {
        if self.lenient { Some(Value::from_dyn_object(self.clone())) } else { Some(Value::from(self.error())) }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Empty
    }

    fn is_true(self: &Arc<Self>) -> bool {
        false
    }

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, _args: &[Value]) -> Result<Value, MjError> {
        if self.lenient { Ok(Value::from_dyn_object(self.clone())) } else { Err(self.error()) }
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        _method: &str,
        _args: &[Value],
    ) -> Result<Value, MjError> {
        if self.lenient { Ok(Value::from_dyn_object(self.clone())) } else { Err(self.error()) }
    }

    fn render(self: &Arc<Self>, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

/// The undefined value of dbt's parse phase: prints nothing, is callable and has every attribute.
pub fn parse_undefined(name: &str) -> Value {
    Value::from_object(Undefined { name: name.into(), hint: None, lenient: true })
}

/// Whether a value is undefined, strict or lenient.
pub fn is_undefined(value: &Value) -> bool {
    value.is_undefined() || value.downcast_object_ref::<Undefined>().is_some()
}

/// What looking up a missing key or index gives.
pub(crate) fn no_element(object: &str, key: &Value) -> Value {
    let (name, hint) = match key.as_str() {
        Some(name) => (name.to_owned(), format!("'{object}' has no attribute '{name}'")),
        None => {
            let shown = py_repr(key);
            let hint = format!("{object} has no element {shown}");
            (shown, hint)
        }
    };
    Undefined::value(&name, Some(hint))
}

/// `value` as the owner of attributes: what it does not have is an [`Undefined`] that names it.
pub(crate) fn owner(value: &Value) -> Value {
    // Dicts say so themselves, and so do undefined values.
    let knows = value.downcast_object_ref::<Dict>().is_some() || value.downcast_object_ref::<Undefined>().is_some();
    if knows { value.clone() } else { Value::from_object(Owner(value.clone())) }
}

/// See [`owner`]; lives for one look-up.
#[derive(Debug)]
struct Owner(Value);

impl Object for Owner {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str().unwrap_or_default();
        Some(match self.0.get_item(key) {
            Ok(found) if !found.is_undefined() => found,
            _ if LENIENT.get() => Undefined::value(name, None),
            _ => Undefined::value(name, Some(no_attribute_message(&self.0, name))),
        })
    }
}

/// What a missing method gives in a lenient template; nothing in a strict one.
pub(crate) fn lenient_attribute(name: &str) -> Option<Value> {
    LENIENT.get().then(|| Undefined::value(name, None))
}

/// Fails when a value is undefined.
///
/// # Errors
/// The value is undefined; the message names it.
pub fn require_defined(value: &Value) -> Result<(), MjError> {
    match value.downcast_object_ref::<Undefined>() {
        Some(undefined) => Err(undefined.error()),
        None if value.is_undefined() => Err(PyError::raise(PyErrorKind::Undefined, "this value is undefined")),
        None => Ok(()),
    }
}
