//! Python's mutable list and set.

use std::fmt;
use std::sync::{Arc, RwLock};

use indexmap::IndexMap;
use minijinja::value::{Enumerator, Object, ObjectRepr, Value};
use minijinja::{Error as MjError, ErrorKind, State};

use super::super::error::PyError;
use super::super::undefined::no_element;
use super::args::CallArgs;
use super::dict::Key;
use super::methods::BoundMethod;
use super::sort::sort_values;
use super::text::{push_items, py_repr};
use super::{index_arg, iterate, py_eq, read, write};

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

    fn pop(&self, index: Option<Value>) -> Result<Value, MjError> {
        let mut items = write(&self.0);
        if items.is_empty() {
            return Err(PyError::value_error("pop from empty list"));
        }
        let index = index.map_or(Ok(-1), |index| index_arg(&index))?;
        let at = if index < 0 { index + items.len() as i64 } else { index };
        match usize::try_from(at).ok().filter(|&at| at < items.len()) {
            Some(at) => Ok(items.remove(at)),
            None => Err(PyError::value_error("pop index out of range")),
        }
    }

    fn insert(&self, index: &Value, item: Value) -> Result<(), MjError> {
        let index = index_arg(index)?;
        let mut items = write(&self.0);
        let len = items.len() as i64;
        let at = if index < 0 { (index + len).max(0) } else { index.min(len) };
        items.insert(at as usize, item);
        Ok(())
    }

    fn remove(&self, item: &Value) -> Result<(), MjError> {
        let at = self.to_vec().iter().position(|found| py_eq(found, item));
        let at = at.ok_or_else(|| PyError::value_error("list.remove(x): x not in list"))?;
        write(&self.0).remove(at);
        Ok(())
    }

    fn sort(&self, args: CallArgs) -> Result<(), MjError> {
        let [key, reverse] = args.bind("sort", ["key", "reverse"])?;
        if key.is_some_and(|key| !key.is_none()) {
            return Err(PyError::type_error("'key' is not supported; use the `sort` filter with `attribute`"));
        }
        let mut items = self.to_vec();
        sort_values(&mut items, reverse.is_some_and(|flag| flag.is_true()))?;
        *write(&self.0) = items;
        Ok(())
    }
}

/// The methods that a list shares with a tuple.
pub(crate) fn shared_method(kind: &str, items: &[Value], name: &str, args: &[Value]) -> Option<Result<Value, MjError>> {
    let item = args.first();
    match (name, item) {
        ("count", Some(item)) => Some(Ok(Value::from(items.iter().filter(|found| py_eq(found, item)).count()))),
        ("index", Some(item)) => {
            let from = args.get(1).and_then(Value::as_usize).unwrap_or(0);
            let found = items.iter().skip(from).position(|found| py_eq(found, item));
            Some(found.map(|at| Value::from(at + from)).ok_or_else(|| {
                let what = if kind == "tuple" {
                    "tuple.index(x): x not in tuple".to_owned()
                } else {
                    format!("{} is not in list", py_repr(item))
                };
                PyError::value_error(what)
            }))
        }
        _ => None,
    }
}

/// The methods that templates call.
const METHODS: [&str; 11] =
    ["append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse", "sort"];

impl Object for List {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let found = key.as_usize().and_then(|at| read(&self.0).get(at).cloned());
        let method = || {
            let name = key.as_str().filter(|name| METHODS.contains(name))?;
            Some(BoundMethod::of(Value::from_dyn_object(self.clone()), name))
        };
        found.or_else(method).or_else(|| Some(no_element("list object", key)))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.to_vec())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.len())
    }

    fn call_method(self: &Arc<Self>, _state: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, MjError> {
        let none = Value::from(());
        match (name, args) {
            ("append", [item]) => self.push(item.clone()),
            ("extend", [items]) => {
                let items = iterate(items)?;
                write(&self.0).extend(items);
            }
            ("insert", [index, item]) => self.insert(index, item.clone())?,
            ("pop", [] | [_]) => return self.pop(args.first().cloned()),
            ("remove", [item]) => self.remove(item)?,
            ("clear", []) => write(&self.0).clear(),
            ("copy", []) => return Ok(List::new(self.to_vec())),
            ("reverse", []) => write(&self.0).reverse(),
            ("sort", _) => self.sort(CallArgs::split(args))?,
            ("append" | "extend" | "remove", _) => {
                let given = args.len();
                let message = format!("list.{name}() takes exactly one argument ({given} given)");
                return Err(PyError::type_error(message));
            }
            _ => {
                let shared = shared_method("list", &self.to_vec(), name, args);
                return shared.unwrap_or_else(|| Err(MjError::from(ErrorKind::UnknownMethod)));
            }
        }
        Ok(none)
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        push_items(&mut out, '[', &self.to_vec(), "]");
        f.write_str(&out)
    }
}

type SetEntries = IndexMap<Key, Value>;

/// A set of hashable values; it keeps the order in which they were added.
#[derive(Debug, Default)]
pub struct Set(RwLock<SetEntries>);

impl Set {
    /// A set of the distinct `items` as a value.
    ///
    /// # Errors
    /// An item cannot be hashed.
    #[allow(clippy::new_ret_no_self)]
    pub fn new(items: Vec<Value>) -> Result<Value, MjError> {
        entries(items).map(Set::of)
    }

    fn of(entries: SetEntries) -> Value {
        Value::from_object(Set(RwLock::new(entries)))
    }

    /// A copy of the items.
    pub fn to_vec(&self) -> Vec<Value> {
        read(&self.0).values().cloned().collect()
    }

    pub(crate) fn same(&self, other: &Set) -> bool {
        let (a, b) = (read(&self.0).clone(), read(&other.0));
        a.len() == b.len() && a.keys().all(|key| b.contains_key(key))
    }

    pub(crate) fn contains(&self, item: &Value) -> Result<bool, MjError> {
        let key = Key::new(item)?;
        Ok(read(&self.0).contains_key(&key))
    }

    /// A new set of what an operation leaves of this one and another.
    pub(crate) fn combine(&self, operation: &str, other: &Value) -> Result<Value, MjError> {
        let mut mine = read(&self.0).clone();
        let theirs = entries(iterate(other)?)?;
        match operation {
            "union" => mine.extend(theirs.into_iter().filter(|(key, _)| !read(&self.0).contains_key(key))),
            "intersection" => mine.retain(|key, _| theirs.contains_key(key)),
            "difference" => mine.retain(|key, _| !theirs.contains_key(key)),
            _ => {
                let new: Vec<_> = theirs.iter().filter(|(key, _)| !mine.contains_key(*key)).collect();
                let new: SetEntries = new.into_iter().map(|(key, value)| (key.clone(), value.clone())).collect();
                mine.retain(|key, _| !theirs.contains_key(key));
                mine.extend(new);
            }
        }
        Ok(Set::of(mine))
    }

    fn change(&self, name: &str, args: &[Value]) -> Result<Value, MjError> {
        match (name, args) {
            ("add", [item]) => {
                write(&self.0).entry(Key::new(item)?).or_insert_with(|| item.clone());
            }
            ("discard", [item]) => {
                write(&self.0).shift_remove(&Key::new(item)?);
            }
            ("remove", [item]) => {
                let removed = write(&self.0).shift_remove(&Key::new(item)?);
                removed.ok_or_else(|| PyError::value_error(py_repr(item)))?;
            }
            ("pop", []) => {
                let removed = write(&self.0).shift_remove_index(0);
                let (_, value) = removed.ok_or_else(|| PyError::value_error("'pop from an empty set'"))?;
                return Ok(value);
            }
            ("clear", []) => write(&self.0).clear(),
            ("copy", []) => return Ok(Set::of(read(&self.0).clone())),
            ("update", _) => {
                for other in args {
                    let new = entries(iterate(other)?)?;
                    let mut mine = write(&self.0);
                    for (key, value) in new {
                        mine.entry(key).or_insert(value);
                    }
                }
            }
            _ => return Err(MjError::from(ErrorKind::UnknownMethod)),
        }
        Ok(Value::from(()))
    }
}

fn entries(items: Vec<Value>) -> Result<SetEntries, MjError> {
    let mut entries = IndexMap::with_capacity(items.len());
    for item in items {
        entries.entry(Key::new(&item)?).or_insert(item);
    }
    Ok(entries)
}

impl Object for Set {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.to_vec())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(read(&self.0).len())
    }

    fn call_method(self: &Arc<Self>, _state: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, MjError> {
        let subset = |a: &Set, b: &Set| read(&a.0).keys().all(|key| read(&b.0).contains_key(key));
        match (name, args) {
            ("union" | "intersection" | "difference" | "symmetric_difference", _) => {
                let start = Set::of(read(&self.0).clone());
                args.iter().try_fold(start, |set, other| match set.downcast_object_ref::<Set>() {
                    Some(set) => set.combine(name, other),
                    None => Ok(set),
                })
            }
            ("issubset" | "issuperset" | "isdisjoint", [other]) => {
                let other = Set(RwLock::new(entries(iterate(other)?)?));
                Ok(Value::from(match name {
                    "issubset" => subset(self, &other),
                    "issuperset" => subset(&other, self),
                    _ => !read(&self.0).keys().any(|key| read(&other.0).contains_key(key)),
                }))
            }
            _ => self.change(name, args),
        }
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
