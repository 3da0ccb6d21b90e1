//! The root of a render: the host's names, then the dialect's own, then an undefined value that knows its name.

use std::collections::HashMap;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, Value};

use super::LENIENT_KEY;
use super::proxy::PENDING_KEY;
use super::syntax::unmangle;
use super::undefined::{Undefined, is_undefined};

/// The functions that every template has.
pub(super) type Globals = HashMap<&'static str, Value>;

/// Wraps the host's root.
#[derive(Debug)]
pub(super) struct Root {
    host: Value,
    globals: Arc<Globals>,
    lenient: bool,
    pending: Option<Value>,
}

impl Root {
    pub fn value(host: Value, globals: Arc<Globals>, pending: Option<Value>) -> Value {
        let lenient = find(&host, LENIENT_KEY).is_some_and(|flag| flag.is_true());
        Value::from_object(Root { host, globals, lenient, pending })
    }
}

/// What the host knows under a name.
fn find(host: &Value, name: &str) -> Option<Value> {
    host.as_object()?.get_value_by_str(name).filter(|value| !is_undefined(value) || is_own_undefined(value))
}

/// The host may put a lenient undefined value into the context on purpose.
fn is_own_undefined(value: &Value) -> bool {
    value.downcast_object_ref::<Undefined>().is_some_and(|undefined| undefined.lenient)
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
            if let Some(name) = unmangle(name) {
                return self.get_value_by_str(&name);
            }
        }
        let found = find(&self.host, name).or_else(|| self.globals.get(name).cloned());
        found.or_else(|| Some(Value::from_object(Undefined { name: name.into(), hint: None, lenient: self.lenient })))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.host.try_iter().into_iter().flatten().collect())
    }
}
