//! The values a YAML document holds, each with the place it was written at, so that
//! later stages can name file, line and column when they object to a value.

use std::collections::HashMap;
use std::fmt;

use chrono::{FixedOffset, NaiveDate, NaiveDateTime};

/// Where a value starts in its file. Both numbers count from 1; 0 means "not from a file".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// A value together with its place. Two nodes are equal when their values are.
#[derive(Debug, Clone, Default)]
pub struct Node {
    /// What was written.
    pub value: Value,
    /// Where it was written.
    pub span: Span,
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

/// The types PyYAML's safe loader can produce.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// `null`, `~` or nothing at all: Python's `None`.
    #[default]
    Null,
    /// `true`, `yes`, `on` and their opposites.
    Bool(bool),
    /// An integer that fits 64 bits.
    Int(i64),
    /// A larger integer, as decimal digits with an optional leading minus.
    BigInt(String),
    /// A floating-point number, infinities and NaN included.
    Float(f64),
    /// Text.
    Str(String),
    /// A calendar date such as `2024-01-31`.
    Date(NaiveDate),
    /// A point in time; the local time as written plus the offset, if one was given.
    DateTime(NaiveDateTime, Option<FixedOffset>),
    /// Decoded `!!binary` content.
    Binary(Vec<u8>),
    /// A list. The pairs of `!!omap` and `!!pairs` become two-element lists.
    Seq(Vec<Node>),
    /// A dictionary in the order it was written.
    Map(Map),
    /// The members of a `!!set`, in the order they were written.
    Set(Vec<Node>),
}

/// How Python's `dict` tells keys apart: `1`, `1.0` and `true` are one key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum KeyId {
    Null,
    Int(i64),
    BigInt(String),
    FloatBits(u64),
    Str(String),
    Date(NaiveDate),
    DateTime(NaiveDateTime, Option<i32>),
    Binary(Vec<u8>),
}

impl KeyId {
    fn of(value: &Value) -> Option<KeyId> {
        Some(match value {
            Value::Null => KeyId::Null,
            Value::Bool(flag) => KeyId::Int(i64::from(*flag)),
            Value::Int(number) => KeyId::Int(*number),
            Value::BigInt(digits) => KeyId::BigInt(digits.clone()),
            Value::Float(number) => Self::of_float(*number),
            Value::Str(text) => KeyId::Str(text.clone()),
            Value::Date(date) => KeyId::Date(*date),
            Value::DateTime(local, None) => KeyId::DateTime(*local, None),
            Value::DateTime(local, Some(offset)) => KeyId::DateTime(local.checked_sub_offset(*offset)?, Some(0)),
            Value::Binary(bytes) => KeyId::Binary(bytes.clone()),
            Value::Seq(_) | Value::Map(_) | Value::Set(_) => return None,
        })
    }

    fn of_float(number: f64) -> KeyId {
        let whole = number as i64;
        if whole as f64 == number && whole != i64::MAX { KeyId::Int(whole) } else { KeyId::FloatBits(number.to_bits()) }
    }
}

/// Maps with more entries than this are looked up by hash, smaller ones by scanning.
const SCAN_LIMIT: usize = 16;

/// A dictionary that keeps the order of first appearance, as Python's does.
#[derive(Clone, Default)]
pub struct Map {
    entries: Vec<(Node, Node)>,
    index: HashMap<KeyId, usize>,
}

/// The entries in order. The index says nothing more, and prints in another order in every process.
impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.entries.iter().map(|(key, value)| (key, value))).finish()
    }
}

impl PartialEq for Map {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self.entries.iter().all(|(key, value)| other.get_node(&key.value).is_some_and(|v| v == value))
    }
}

impl Map {
    /// An empty dictionary.
    #[must_use]
    pub fn new() -> Map {
        Map::default()
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Keys and values in order.
    pub fn iter(&self) -> std::slice::Iter<'_, (Node, Node)> {
        self.entries.iter()
    }

    /// Entries whose key is text, in order; the keys dbt works with.
    pub fn str_entries(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.entries.iter().filter_map(|(key, value)| key.as_str().map(|text| (text, value)))
    }

    /// The value under a text key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.get_entry(key).map(|(_, value)| value)
    }

    /// The key node (for its place) and the value under a text key.
    #[must_use]
    pub fn get_entry(&self, key: &str) -> Option<(&Node, &Node)> {
        let found = if self.index.is_empty() {
            self.entries.iter().position(|(node, _)| node.as_str() == Some(key))
        } else {
            self.index.get(&KeyId::Str(key.to_owned())).copied()
        };
        found.and_then(|position| self.entries.get(position)).map(|(node, value)| (node, value))
    }

    /// The value under any key, compared as Python compares dictionary keys.
    #[must_use]
    pub fn get_node(&self, key: &Value) -> Option<&Node> {
        let position = self.position(key)?;
        self.entries.get(position).map(|(_, value)| value)
    }

    /// Whether a text key is present.
    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Sets a key. An existing key keeps its place and gets the new value, as in a
    /// Python `dict`; the value it had is returned.
    pub fn insert(&mut self, key: Node, value: Node) -> Option<Node> {
        if let Some(position) = self.position(&key.value)
            && let Some(entry) = self.entries.get_mut(position)
        {
            return Some(std::mem::replace(&mut entry.1, value));
        }
        self.entries.push((key, value));
        self.extend_index();
        None
    }

    fn position(&self, key: &Value) -> Option<usize> {
        if !self.index.is_empty() {
            return self.index.get(&KeyId::of(key)?).copied();
        }
        if let Value::Str(text) = key {
            return self.entries.iter().position(|(node, _)| node.as_str() == Some(text));
        }
        let wanted = KeyId::of(key)?;
        self.entries.iter().position(|(node, _)| KeyId::of(&node.value).as_ref() == Some(&wanted))
    }

    fn extend_index(&mut self) {
        if self.entries.len() <= SCAN_LIMIT {
            return;
        }
        let known = if self.index.is_empty() { 0 } else { self.entries.len() - 1 };
        for (position, (key, _)) in self.entries.iter().enumerate().skip(known) {
            if let Some(id) = KeyId::of(&key.value) {
                self.index.insert(id, position);
            }
        }
    }
}

impl<'a> IntoIterator for &'a Map {
    type Item = &'a (Node, Node);
    type IntoIter = std::slice::Iter<'a, (Node, Node)>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Map {
    type Item = (Node, Node);
    type IntoIter = std::vec::IntoIter<(Node, Node)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl FromIterator<(Node, Node)> for Map {
    fn from_iter<I: IntoIterator<Item = (Node, Node)>>(entries: I) -> Map {
        let mut map = Map::new();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}

impl Value {
    /// The name of the Python type this value has in dbt, for messages.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "NoneType",
            Value::Bool(_) => "bool",
            Value::Int(_) | Value::BigInt(_) => "int",
            Value::Float(_) => "float",
            Value::Str(_) => "str",
            Value::Date(_) => "date",
            Value::DateTime(..) => "datetime",
            Value::Binary(_) => "bytes",
            Value::Seq(_) => "list",
            Value::Map(_) => "dict",
            Value::Set(_) => "set",
        }
    }

    /// Whether Python would accept this value as a dictionary key.
    #[must_use]
    pub fn is_hashable(&self) -> bool {
        !matches!(self, Value::Seq(_) | Value::Map(_) | Value::Set(_))
    }

    /// Whether Python's `if value:` would take the branch.
    #[must_use]
    pub fn is_truthy(&self) -> bool {
        match self {
            Value::Null => false,
            Value::Bool(flag) => *flag,
            Value::Int(number) => *number != 0,
            Value::Float(number) => *number != 0.0,
            Value::Str(text) => !text.is_empty(),
            Value::Binary(bytes) => !bytes.is_empty(),
            Value::Seq(items) | Value::Set(items) => !items.is_empty(),
            Value::Map(map) => !map.is_empty(),
            Value::BigInt(_) | Value::Date(_) | Value::DateTime(..) => true,
        }
    }
}

impl Node {
    /// A node that does not stem from a file.
    #[must_use]
    pub fn detached(value: Value) -> Node {
        Node { value, span: Span::default() }
    }

    /// The value under a text key, if this is a dictionary that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map().and_then(|map| map.get(key))
    }

    /// Follows text keys through nested dictionaries.
    #[must_use]
    pub fn get_path(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Whether this is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// The text, if this is text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if this is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(flag) => Some(flag),
            _ => None,
        }
    }

    /// The integer, if this is one that fits 64 bits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self.value {
            Value::Int(number) => Some(number),
            _ => None,
        }
    }

    /// The number as floating point, if this is an integer or a float.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match &self.value {
            Value::Int(number) => Some(*number as f64),
            Value::Float(number) => Some(*number),
            Value::BigInt(digits) => digits.parse().ok(),
            _ => None,
        }
    }

    /// The items, if this is a list.
    #[must_use]
    pub fn as_seq(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// The dictionary, if this is one.
    #[must_use]
    pub fn as_map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The name of the Python type this value has in dbt, for messages.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        self.value.type_name()
    }
}
