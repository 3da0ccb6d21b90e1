//! Members of Python's integer enumerations: they calculate and compare as integers and print their names.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Value};

use super::class::{CLASS_KEY, Class};

/// An integer with a name: `re.IGNORECASE`.
#[derive(Debug)]
pub(crate) struct NamedInt {
    module: &'static str,
    class: &'static str,
    name: &'static str,
    /// The integer.
    pub number: i64,
}

impl NamedInt {
    /// A member of the enumeration `class`.
    pub fn value(module: &'static str, class: &'static str, name: &'static str, number: i64) -> Value {
        Value::from_object(NamedInt { module, class, name, number })
    }
}

impl Object for NamedInt {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            CLASS_KEY => Some(Class::new("", self.class).value()),
            "value" | "real" | "numerator" => Some(Value::from(self.number)),
            "name" => Some(Value::from(self.name)),
            _ => None,
        }
    }

    fn is_true(self: &Arc<Self>) -> bool {
        self.number != 0
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.module, self.name)
    }
}
