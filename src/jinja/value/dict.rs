//! Python's dict: mutable, in insertion order, with any hashable key.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, RwLock};

use indexmap::{Equivalent, IndexMap};
use minijinja::Error as MjError;
use minijinja::value::{Enumerator, Object, Value, ValueKind};

use super::super::error::PyError;
use super::text::{py_repr, write_repr};
use super::{read, type_name, write};

/// A hashable value in its normal form: `1`, `1.0` and `true` are the same key, as in Python.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// None
    None,
    /// An integer, a bool or a float without a fraction.
    Int(i128),
    /// Any other float, by its bits.
    Float(u64),
    /// A string.
    Str(Arc<str>),
    /// A tuple.
    Tuple(Vec<Key>),
    /// Anything else that is hashable, by type and text.
    Other(&'static str, String),
}

impl Key {
    /// The key that a value stands for.
    ///
    /// # Errors
    /// The value is a list, a dict or a set, which Python cannot hash.
    pub fn new(value: &Value) -> Result<Key, MjError> {
        if let Some(text) = value.to_str() {
            return Ok(Key::Str(text));
        }
        match value.kind() {
            ValueKind::None => Ok(Key::None),
            ValueKind::Bool => Ok(Key::Int(i128::from(value.is_true()))),
            ValueKind::Number => Ok(Key::number(value)),
            ValueKind::Seq if value.is_tuple() => {
                let items = value.try_iter()?;
                items.map(|item| Key::new(&item)).collect::<Result<_, _>>().map(Key::Tuple)
            }
            ValueKind::Seq | ValueKind::Map | ValueKind::Iterable => {
                Err(PyError::type_error(format!("unhashable type: '{}'", type_name(value))))
            }
            _ => Ok(Key::Other(type_name(value), py_repr(value))),
        }
    }

    fn number(value: &Value) -> Key {
        if let Ok(int) = i128::try_from(value.clone()) {
            return Key::Int(int);
        }
        let float = f64::try_from(value.clone()).unwrap_or(f64::NAN);
        if float.fract() == 0.0 && float.abs() < 1e30 { Key::Int(float as i128) } else { Key::Float(float.to_bits()) }
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Key::Str(text) => text.hash(state),
            Key::None => 0u8.hash(state),
            Key::Int(int) => int.hash(state),
            Key::Float(bits) => bits.hash(state),
            Key::Tuple(items) => items.hash(state),
            Key::Other(kind, text) => (kind, text).hash(state),
        }
    }
}

/// Looks a string key up without allocating.
#[derive(Hash)]
struct StrKey<'a>(&'a str);

impl Equivalent<Key> for StrKey<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        matches!(key, Key::Str(text) if &**text == self.0)
    }
}

/// The entries of a dict: each key's own value, and what it maps to.
pub(crate) type Entries = IndexMap<Key, (Value, Value)>;

/// A dict that templates can change in place.
#[derive(Debug, Default)]
pub struct Dict(RwLock<Entries>);

impl Dict {
    /// An empty dict as a value.
    #[allow(clippy::new_ret_no_self)]
    pub fn new() -> Value {
        Value::from_object(Dict::default())
    }

    /// A dict with string keys as a value; later pairs win.
    pub fn from_pairs<K: Into<Arc<str>>>(pairs: impl IntoIterator<Item = (K, Value)>) -> Value {
        let entries = pairs.into_iter().map(|(key, value)| {
            let key: Arc<str> = key.into();
            (Key::Str(key.clone()), (Value::from(key), value))
        });
        Value::from_object(Dict(RwLock::new(entries.collect())))
    }

    /// The value under a string key.
    pub fn get(&self, key: &str) -> Option<Value> {
        read(&self.0).get(&StrKey(key)).map(|(_, value)| value.clone())
    }

    /// The value under any key; nothing for keys that cannot be hashed.
    pub fn get_item(&self, key: &Value) -> Option<Value> {
        match key.as_str() {
            Some(text) => self.get(text),
            None => read(&self.0).get(&Key::new(key).ok()?).map(|(_, value)| value.clone()),
        }
    }

    /// Sets a value under a string key.
    pub fn set(&self, key: &str, value: Value) {
        write(&self.0).insert(Key::Str(key.into()), (Value::from(key), value));
    }

    /// Sets a value under any key.
    ///
    /// # Errors
    /// The key cannot be hashed.
    pub fn set_item(&self, key: Value, value: Value) -> Result<(), MjError> {
        let hashed = Key::new(&key)?;
        write(&self.0).entry(hashed).or_insert_with(|| (key, Value::UNDEFINED)).1 = value;
        Ok(())
    }

    /// Removes a string key and gives its value.
    pub fn remove(&self, key: &str) -> Option<Value> {
        write(&self.0).shift_remove(&StrKey(key)).map(|(_, value)| value)
    }

    /// A copy of the keys and values.
    pub fn pairs(&self) -> Vec<(Value, Value)> {
        read(&self.0).values().cloned().collect()
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        read(&self.0).len()
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Object for Dict {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_item(key)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.get(key)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(read(&self.0).values().map(|(key, _)| key.clone()).collect())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::from("{");
        for (index, (key, value)) in self.pairs().iter().enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            write_repr(&mut out, key);
            out.push_str(": ");
            write_repr(&mut out, value);
        }
        out.push('}');
        f.write_str(&out)
    }
}
