//! Python's mutable list and set.

use std::fmt;
use std::sync::{Arc, RwLock};

use indexmap::IndexMap;
use minijinja::Error as MjError;
use minijinja::value::{Enumerator, Object, ObjectRepr, Value};

use super::dict::Key;
use super::text::push_items;
use super::{read, write};

/// A list that templates can change in place.
#[derive(Debug, Default)]
pub struct List(RwLock<Vec<Value>>);

impl List {
    /// A list of `items` as a value.
    #[allow(clippy::new_ret_no_self)]
    pub fn new(items: Vec<Value>) -> Value {
        Value::from_object(List(RwLock::new(items)))
    }

    /// A copy of the items.
    pub fn to_vec(&self) -> Vec<Value> {
        read(&self.0).clone()
    }

    /// Appends an item.
    pub fn push(&self, item: Value) {
        write(&self.0).push(item);
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        read(&self.0).len()
    }

    /// Whether there are no items.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Object for List {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        read(&self.0).get(key.as_usize()?).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.to_vec())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        push_items(&mut out, '[', &self.to_vec(), "]");
        f.write_str(&out)
    }
}

/// A set of hashable values; it keeps the order in which they were added.
#[derive(Debug, Default)]
pub struct Set(RwLock<IndexMap<Key, Value>>);

impl Set {
    /// A set of the distinct `items` as a value.
    ///
    /// # Errors
    /// An item cannot be hashed.
    #[allow(clippy::new_ret_no_self)]
    pub fn new(items: Vec<Value>) -> Result<Value, MjError> {
        let mut entries = IndexMap::new();
        for item in items {
            entries.entry(Key::new(&item)?).or_insert(item);
        }
        Ok(Value::from_object(Set(RwLock::new(entries))))
    }

    /// A copy of the items.
    pub fn to_vec(&self) -> Vec<Value> {
        read(&self.0).values().cloned().collect()
    }
}

impl Object for Set {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.to_vec())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let items = self.to_vec();
        if items.is_empty() {
            return f.write_str("set()");
        }
        let mut out = String::new();
        push_items(&mut out, '{', &items, "}");
        f.write_str(&out)
    }
}
