//! What `dict.items()` and its kin give, and iterators.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};
use minijinja::{Error as MjError, ErrorKind, State};

use super::class::{CLASS_KEY, Class};
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

/// What a function that is lazy in Python gives: it can be looped over once, as far as there is a once, and prints as an
/// opaque object.
pub(crate) struct Iter {
    kind: &'static str,
    shown: Option<String>,
    /// Whether the items never end, so that nobody may gather them.
    endless: bool,
    rest: Rest,
}

/// The items that nobody has taken yet.
#[derive(Clone)]
struct Rest(Arc<Mutex<Box<dyn Iterator<Item = Value> + Send>>>);

impl Iterator for Rest {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).next()
    }
}

impl Iter {
    /// An iterator of the class `kind` over `items`.
    pub fn of(kind: &'static str, items: Vec<Value>) -> Value {
        Iter::value_of(kind, None, false, items.into_iter())
    }

    /// An iterator that prints a text of its own.
    pub fn shown(kind: &'static str, text: String, items: impl Iterator<Item = Value> + Send + 'static) -> Value {
        Iter::value_of(kind, Some(text), false, items)
    }

    /// An iterator without an end.
    pub fn endless(
        kind: &'static str,
        shown: Option<String>,
        items: impl Iterator<Item = Value> + Send + 'static,
    ) -> Value {
        Iter::value_of(kind, shown, true, items)
    }

    fn value_of(
        kind: &'static str,
        shown: Option<String>,
        endless: bool,
        items: impl Iterator<Item = Value> + Send + 'static,
    ) -> Value {
        Value::from_object(Iter { kind, shown, endless, rest: Rest(Arc::new(Mutex::new(Box::new(items)))) })
    }

    /// Whether the items can be gathered.
    pub fn ends(&self) -> bool {
        !self.endless
    }
}

impl fmt::Debug for Iter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} object>", self.kind)
    }
}

impl Object for Iter {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        if key.as_str() == Some(CLASS_KEY) {
            return Some(Class::new("", self.kind).value());
        }
        Some(Value::UNDEFINED)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Iter(Box::new(self.rest.clone()))
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        None
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.shown {
            Some(text) => f.write_str(text),
            None => write!(f, "<{} object at {:p}>", self.kind, Arc::as_ptr(self)),
        }
    }
}
