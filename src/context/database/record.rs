//! Small records that print as Python's dataclasses do: `Policy(database=True, schema=True, identifier=True)`.

use std::fmt;
use std::sync::Arc;

use crate::jinja::value::{CLASS_KEY, Class, Dict, py_repr};
use crate::jinja::{ErrorKind, MjError, Object, ObjectRepr, State, Value};

/// A record: its class and its fields in order.
#[derive(Debug)]
pub(super) struct Record {
    class: Class,
    fields: Vec<(&'static str, Value)>,
}

impl Record {
    /// A record as a value.
    pub(super) fn value(class: Class, fields: Vec<(&'static str, Value)>) -> Value {
        Value::from_object(Record { class, fields })
    }

    fn field(&self, name: &str) -> Option<Value> {
        self.fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    }
}

impl Object for Record {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            CLASS_KEY => Some(self.class.value()),
            name => self.field(name),
        }
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, MjError> {
        match (method, args) {
            ("to_dict", _) => Ok(Dict::from_pairs(self.fields.iter().cloned())),
            ("get_part", [part]) => Ok(part.as_str().and_then(|part| self.field(part)).unwrap_or_default()),
            ("get_lowered_part", [part]) => {
                let found = part.as_str().and_then(|part| self.field(part)).unwrap_or_default();
                Ok(found.as_str().map_or_else(|| Value::from(()), |text| Value::from(text.to_lowercase())))
            }
            _ => Err(MjError::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = self.fields.iter().map(|(name, value)| format!("{name}={}", py_repr(value)));
        write!(f, "{}({})", self.class.name, fields.collect::<Vec<_>>().join(", "))
    }
}
