//! Python's dict: mutable, in insertion order, with any hashable key.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, RwLock};

use indexmap::{Equivalent, IndexMap};
use minijinja::value::{Enumerator, Object, Value, ValueKind};
use minijinja::{Error as MjError, ErrorKind, State};

use super::super::error::{PyError, PyErrorKind};
use super::super::undefined::{is_undefined, no_element};
use super::args::CallArgs;
use super::methods::{BoundMethod, is_method};
use super::text::{py_repr, write_repr};
use super::views::{View, ViewKind};
use super::{iterate, read, tuple, type_name, write};

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
            // A host's object, such as a relation, is hashed by what it prints, as Python's objects have hashes.
            ValueKind::Map if value.as_object().is_some() && value.downcast_object_ref::<Dict>().is_none() => {
                Ok(Key::Other(type_name(value), py_repr(value)))
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
pub struct Dict(RwLock<Entries>, Kind);

/// How a dict prints.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Kind {
    #[default]
    Plain,
    /// Python's `OrderedDict`.
    Ordered,
}

/// The methods that templates call.
const METHODS: [&str; 10] =
    ["clear", "copy", "get", "items", "keys", "pop", "popitem", "setdefault", "update", "values"];

impl Dict {
    /// An empty dict as a value.
    #[allow(clippy::new_ret_no_self)]
    pub fn new() -> Value {
        Value::from_object(Dict::default())
    }

    /// An empty dict that prints as Python's `OrderedDict`.
    pub fn ordered() -> Dict {
        Dict(RwLock::default(), Kind::Ordered)
    }

    /// A dict with string keys as a value; later pairs win.
    pub fn from_pairs<K: Into<Arc<str>>>(pairs: impl IntoIterator<Item = (K, Value)>) -> Value {
        let entries = pairs.into_iter().map(|(key, value)| {
            let key: Arc<str> = key.into();
            (Key::Str(key.clone()), (Value::from(key), value))
        });
        Value::from_object(Dict(RwLock::new(entries.collect()), Kind::Plain))
    }

    /// A dict with keys of any kind as a value; later pairs win.
    ///
    /// # Errors
    /// A key cannot be hashed.
    pub fn from_values(pairs: impl IntoIterator<Item = (Value, Value)>) -> Result<Value, MjError> {
        let dict = Dict::default();
        for (key, value) in pairs {
            dict.set_item(key, value)?;
        }
        Ok(Value::from_object(dict))
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

impl Dict {
    /// The pairs of whatever `dict.update` and `dict()` take: a mapping, or an iterable of pairs.
    pub(crate) fn pairs_of(source: &Value) -> Result<Vec<(Value, Value)>, MjError> {
        if let Some(dict) = source.downcast_object_ref::<Dict>() {
            return Ok(dict.pairs());
        }
        if source.kind() == ValueKind::Map {
            let pairs = source.as_object().and_then(|object| object.try_iter_pairs());
            return Ok(pairs.into_iter().flatten().collect());
        }
        let items = iterate(source)?;
        let pair = |item: &Value| match iterate(item)?.as_slice() {
            [key, value] => Ok((key.clone(), value.clone())),
            other => Err(PyError::value_error(format!(
                "dictionary update sequence element #0 has length {}; 2 is required",
                other.len()
            ))),
        };
        items.iter().map(pair).collect()
    }

    fn update(&self, args: CallArgs) -> Result<(), MjError> {
        for source in &args.pos {
            for (key, value) in Dict::pairs_of(source)? {
                self.set_item(key, value)?;
            }
        }
        for (key, value) in args.named {
            self.set(&key, value);
        }
        Ok(())
    }

    fn pop(&self, key: &Value, default: Option<&Value>) -> Result<Value, MjError> {
        let removed = write(&self.0).shift_remove(&Key::new(key)?).map(|(_, value)| value);
        removed.or_else(|| default.cloned()).ok_or_else(|| PyError::value_error(py_repr(key)))
    }

    fn set_default(&self, key: &Value, default: Option<&Value>) -> Result<Value, MjError> {
        if let Some(found) = self.get_item(key) {
            return Ok(found);
        }
        let value = default.cloned().unwrap_or_else(|| Value::from(()));
        self.set_item(key.clone(), value.clone())?;
        Ok(value)
    }

    fn copy(&self) -> Value {
        Value::from_object(Dict(RwLock::new(read(&self.0).clone()), self.1))
    }

    /// What a key that is missing gives: a method of dicts, or an undefined value that names it.
    fn method_or_nothing(self: &Arc<Self>, key: &Value) -> Value {
        match key.as_str().filter(|name| METHODS.contains(name)) {
            Some(name) => BoundMethod::of(Value::from_dyn_object(self.clone()), name),
            None => no_element("dict object", key),
        }
    }
}

impl Object for Dict {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_item(key).or_else(|| Some(self.method_or_nothing(key)))
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.get(key).or_else(|| Some(self.method_or_nothing(&Value::from(key))))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(read(&self.0).values().map(|(key, _)| key.clone()).collect())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.len())
    }

    fn call_method(self: &Arc<Self>, _state: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, MjError> {
        let this = || Value::from_dyn_object(self.clone());
        match (name, args) {
            ("items", []) => Ok(View::of(ViewKind::Items, this())),
            ("keys", []) => Ok(View::of(ViewKind::Keys, this())),
            ("values", []) => Ok(View::of(ViewKind::Values, this())),
            ("get", [key] | [key, _]) => {
                let found = self.get_item(key).or_else(|| args.get(1).cloned());
                Ok(found.unwrap_or_else(|| Value::from(())))
            }
            ("update", _) => self.update(CallArgs::split(args)).map(|()| Value::from(())),
            ("pop", [key] | [key, _]) => self.pop(key, args.get(1)),
            ("popitem", []) => {
                let last = write(&self.0).pop().map(|(_, (key, value))| tuple(vec![key, value]));
                last.ok_or_else(|| PyError::value_error("'popitem(): dictionary is empty'"))
            }
            ("setdefault", [key] | [key, _]) => self.set_default(key, args.get(1)),
            ("clear", []) => {
                write(&self.0).clear();
                Ok(Value::from(()))
            }
            ("copy", []) => Ok(self.copy()),
            _ if name.starts_with("__") => Err(PyError::raise(
                PyErrorKind::Template,
                format!("access to attribute '{name}' of 'dict' object is unsafe."),
            )),
            _ => Err(MjError::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        if self.1 == Kind::Ordered {
            let pairs = self.pairs().into_iter().map(|(key, value)| tuple(vec![key, value])).collect::<Vec<_>>();
            if pairs.is_empty() {
                return f.write_str("OrderedDict()");
            }
            super::text::push_items(&mut out, '[', &pairs, "]");
            return write!(f, "OrderedDict({out})");
        }
        push_pairs(&mut out, &self.pairs());
        f.write_str(&out)
    }
}

/// Writes pairs between braces, each as `repr` prints it.
pub(crate) fn push_pairs(out: &mut String, pairs: &[(Value, Value)]) {
    out.push('{');
    for (index, (key, value)) in pairs.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write_repr(out, key);
        out.push_str(": ");
        write_repr(out, value);
    }
    out.push('}');
}

/// The value under a key of any mapping, `None` when it has no such key.
///
/// The mapping's own lookup answers with an undefined value that knows what was missing; this does not.
pub fn lookup(mapping: &Value, key: &str) -> Option<Value> {
    mapping.get_attr(key).ok().filter(|value| !is_undefined(value) && !is_method(value))
}
