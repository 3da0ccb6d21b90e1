//! Tuples of Python's library whose items have names: they print the names, and are read by name or by position.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};

use super::py_repr;

/// A tuple with names: `datetime.IsoCalendarDate(year=2024, week=9, weekday=4)`.
#[derive(Debug)]
pub(crate) struct NamedTuple {
    class: &'static str,
    names: &'static [&'static str],
    items: Vec<Value>,
}

impl NamedTuple {
    /// A tuple of `items`, one for each of `names`.
    pub fn of(class: &'static str, names: &'static [&'static str], items: Vec<Value>) -> Value {
        Value::from_object(NamedTuple { class, names, items })
    }
}

/// Whether a value is a tuple of either kind.
pub(crate) fn is_tuple(value: &Value) -> bool {
    value.is_tuple() || value.downcast_object_ref::<NamedTuple>().is_some()
}

impl Object for NamedTuple {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let at = match key.as_str() {
            Some(name) => self.names.iter().position(|known| *known == name)?,
            None => {
                let index = key.as_i64()?;
                let length = i64::try_from(self.items.len()).ok()?;
                usize::try_from(if index < 0 { index + length } else { index }).ok()?
            }
        };
        self.items.get(at).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.items.clone())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.items.len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let items = self.names.iter().zip(&self.items).map(|(name, item)| format!("{name}={}", py_repr(item)));
        write!(f, "{}({})", self.class, items.collect::<Vec<_>>().join(", "))
    }
}
