//! The root of a render: the host's names, then the dialect's own, then an undefined value that knows its name.

use std::collections::HashMap;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, Value};

use super::LENIENT_KEY;
use super::proxy::{CALLED_KEY, Called, PENDING_KEY};
use super::syntax::{ROOT_NAME, unmangle};
use super::undefined::{Undefined, is_undefined};
use super::value::is_method;

/// The functions that every template has.
pub(super) type Globals = HashMap<&'static str, Value>;

/// Wraps the host's root.
#[derive(Debug)]
pub(super) struct Root {
    host: Value,
    globals: Arc<Globals>,
    pending: Option<Value>,
    called: Arc<Called>,
}

impl Root {
    pub fn value(host: Value, globals: Arc<Globals>, pending: Option<Value>, called: Arc<Called>) -> Value {
        Value::from_object(Root { host, globals, pending, called })
    }
}

/// Whether a host's root asks for lenient undefined values.
pub(super) fn is_lenient(host: &Value) -> bool {
    find(host, LENIENT_KEY).is_some_and(|flag| flag.is_true())
}

/// What the host knows under a name.
fn find(host: &Value, name: &str) -> Option<Value> {
    let found = host.as_object()?.get_value_by_str(name).filter(|value| !is_method(value));
    found.filter(|value| !is_undefined(value) || is_own_undefined(value))
}

/// The host may put an undefined value into the context on purpose; one that says what was missing comes from a lookup.
fn is_own_undefined(value: &Value) -> bool {
    value.downcast_object_ref::<Undefined>().is_some_and(|undefined| undefined.hint.is_none())
}

impl Object for Root {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, name: &str) -> Option<Value> {
        if name.starts_with("__") {
            if name == PENDING_KEY {
                return self.pending.clone();
            }
            if name == ROOT_NAME {
                return Some(Value::from_dyn_object(self.clone()));
            }
            if name == CALLED_KEY {
                return Some(Value::from_dyn_object(self.called.clone()));
            }
            if let Some(name) = unmangle(name) {
                return self.get_value_by_str(&name);
            }
        }
        let found = find(&self.host, name).or_else(|| self.globals.get(name).cloned());
        found.or_else(|| Some(Undefined::value(name, None)))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.host.try_iter().into_iter().flatten().collect())
    }
}
