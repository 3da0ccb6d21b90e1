//! `adapter.behavior`: the flags of the adapter, each true or false.

use std::fmt;
use std::sync::Arc;

use crate::context::database::adapter::Adapter;
use crate::context::errors::raise_compilation;
use crate::jinja::value::{CLASS_KEY, Class};
use crate::jinja::{Object, ObjectRepr, Value};

const BEHAVIOR: Class = Class::new("dbt_common.behavior_flags", "Behavior");
const RENDERED: Class = Class::new("dbt_common.behavior_flags", "BehaviorFlagRendered");

/// `adapter.behavior`.
pub(super) fn value(adapter: &Arc<Adapter>) -> Value {
    Value::from_object(Behavior(adapter.clone()))
}

#[derive(Debug)]
struct Behavior(Arc<Adapter>);

impl Object for Behavior {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            CLASS_KEY => Some(BEHAVIOR.value()),
            "__repr__" => None,
            name => Some(match self.0.behavior(name) {
                Some(on) => Value::from_object(Flag { name: name.to_owned(), on }),
                None => Value::from(raise_compilation(format!("The flag {name} has not been registered."))),
            }),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        BEHAVIOR.write(f, self)
    }
}

/// One flag, with dbt's ways of asking without a warning.
#[derive(Debug)]
struct Flag {
    name: String,
    on: bool,
}

impl Object for Flag {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn is_true(self: &Arc<Self>) -> bool {
        self.on
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            CLASS_KEY => Some(RENDERED.value()),
            "no_warn" | "setting" => Some(Value::from(self.on)),
            "name" => Some(Value::from(self.name.clone())),
            _ => None,
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        RENDERED.write(f, self)
    }
}
