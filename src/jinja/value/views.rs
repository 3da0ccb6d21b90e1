//! What `dict.items()` and its kin give, and iterators.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};
use minijinja::{Error as MjError, ErrorKind, State};

use super::dict::Dict;
use super::list::Set;
use super::text::push_items;
use super::tuple;

/// Which part of a dict a view shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ViewKind {
    Keys,
    Values,
    Items,
}

/// A live view of a dict.
#[derive(Debug)]
pub(crate) struct View {
    kind: ViewKind,
    dict: Value,
}

impl View {
    pub fn of(kind: ViewKind, dict: Value) -> Value {
        Value::from_object(View { kind, dict })
    }

    pub fn to_vec(&self) -> Vec<Value> {
        let pairs = Dict::pairs_of(&self.dict).unwrap_or_default().into_iter();
        match self.kind {
            ViewKind::Keys => pairs.map(|(key, _)| key).collect(),
            ViewKind::Values => pairs.map(|(_, value)| value).collect(),
            ViewKind::Items => pairs.map(|(key, value)| tuple(vec![key, value])).collect(),
        }
    }
}

impl Object for View {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.to_vec())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        self.dict.len()
    }

    fn get_value(self: &Arc<Self>, _key: &Value) -> Option<Value> {
        Some(Value::UNDEFINED)
    }

    fn call_method(self: &Arc<Self>, state: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, MjError> {
        match name {
            "union" | "intersection" | "difference" | "symmetric_difference" | "isdisjoint" => {
                Set::new(self.to_vec())?.call_method(state, name, args)
            }
            _ => Err(MjError::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::from(match self.kind {
            ViewKind::Keys => "dict_keys(",
            ViewKind::Values => "dict_values(",
            ViewKind::Items => "dict_items(",
        });
        push_items(&mut out, '[', &self.to_vec(), "])");
        f.write_str(&out)
    }
}

/// The result of a function that is lazy in Python: it can be looped over, and prints as an opaque object.
#[derive(Debug)]
pub(crate) struct Iter {
    kind: &'static str,
    items: Vec<Value>,
}

impl Iter {
    pub fn of(kind: &'static str, items: Vec<Value>) -> Value {
        Value::from_object(Iter { kind, items })
    }
}

impl Object for Iter {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.items.clone())
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} object at {:p}>", self.kind, Arc::as_ptr(self))
    }
}
