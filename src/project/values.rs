//! Crossing over between YAML values and Jinja values.

use crate::jinja::value::dates::{Date, DateTime, Zone};
use crate::jinja::value::{self, Dict, List, Set};
use crate::jinja::{Engine, MjError, PyError, Value, ValueKind, is_undefined};
use crate::yaml::{self, Map, Node};

/// The Jinja value of a YAML value: dictionaries and lists become the mutable ones of the dialect.
pub fn to_jinja(value: &yaml::Value) -> Value {
    match value {
        yaml::Value::Seq(items) | yaml::Value::Set(items) => {
            List::new(items.iter().map(|item| to_jinja(&item.value)).collect())
        }
        yaml::Value::Map(map) => {
            let dict = Dict::new();
            if let Some(target) = dict.downcast_object_ref::<Dict>() {
                for (key, item) in map {
                    // A YAML key is hashable already, so setting it cannot fail.
                    let _ = target.set_item(to_jinja(&key.value), to_jinja(&item.value));
                }
            }
            dict
        }
        yaml::Value::Date(date) => Date(*date).value(),
        yaml::Value::DateTime(local, offset) => {
            let zone = offset.map(|offset| match offset.local_minus_utc() {
                0 => Zone::Utc,
                seconds => Zone::Fixed(seconds),
            });
            DateTime::new(*local, zone).value()
        }
        scalar => value::from_json(&yaml::to_json(scalar)),
    }
}

/// The YAML value of a Jinja value; what YAML does not know becomes the text that it prints.
pub fn from_jinja(value: &Value) -> yaml::Value {
    match value.kind() {
        _ if is_undefined(value) => yaml::Value::Str(String::new()),
        ValueKind::String => yaml::Value::Str(value::py_str(value)),
        ValueKind::Map => yaml::Value::Map(map_from_jinja(value)),
        ValueKind::Seq => yaml::Value::Seq(
            value::iterate(value).unwrap_or_default().iter().map(|item| Node::detached(from_jinja(item))).collect(),
        ),
        _ => scalar_from_jinja(value).unwrap_or_else(|| yaml::Value::Str(value::py_str(value))),
    }
}

/// What YAML knows of values that are neither text nor collections.
fn scalar_from_jinja(value: &Value) -> Option<yaml::Value> {
    if let Some(Date(date)) = value.downcast_object_ref() {
        return Some(yaml::Value::Date(*date));
    }
    if let Some(moment) = value.downcast_object_ref::<DateTime>() {
        let offset = moment.zone.as_ref().and_then(|_| chrono::FixedOffset::east_opt(moment.offset));
        return Some(yaml::Value::DateTime(moment.local, offset));
    }
    if value.kind() == ValueKind::Number && !value.is_integer() {
        return f64::try_from(value.clone()).ok().map(yaml::Value::Float);
    }
    value::to_json(value).ok().map(yaml::from_json)
}

/// The YAML of a value for `toyaml`, which has nothing for objects.
fn yaml_of(value: &Value) -> std::result::Result<yaml::Value, MjError> {
    let seq = |items: Vec<Value>| -> std::result::Result<Vec<Node>, MjError> {
        items.iter().map(|item| yaml_of(item).map(Node::detached)).collect()
    };
    if value.downcast_object_ref::<Set>().is_some() {
        return seq(value::iterate(value)?).map(yaml::Value::Set);
    }
    match value.kind() {
        _ if is_undefined(value) => Err(PyError::type_error("an undefined value cannot be represented")),
        ValueKind::String => Ok(yaml::Value::Str(value::py_str(value))),
        ValueKind::Seq => seq(value::iterate(value)?).map(yaml::Value::Seq),
        ValueKind::Map => {
            let pairs = value::iterate(value)?;
            let pairs = pairs.iter().map(|key| {
                let item = value.get_item(key)?;
                Ok((Node::detached(yaml_of(key)?), Node::detached(yaml_of(&item)?)))
            });
            pairs.collect::<std::result::Result<Map, MjError>>().map(yaml::Value::Map)
        }
        _ => scalar_from_jinja(value).ok_or_else(|| PyError::type_error("the value cannot be represented")),
    }
}

fn map_from_jinja(value: &Value) -> Map {
    value::iterate(value)
        .unwrap_or_default()
        .iter()
        .map(|key| {
            let item = value.get_item(key).unwrap_or_default();
            (Node::detached(from_jinja(key)), Node::detached(from_jinja(&item)))
        })
        .collect()
}

/// An engine whose `fromyaml` and `toyaml` read and write YAML as dbt does.
pub fn engine() -> Engine {
    let parse = |text: &str| {
        let node = yaml::parse(text, "").map_err(|error| PyError::value_error(error.to_string()))?;
        Ok(to_jinja(&node.value))
    };
    let print = |value: &Value, sort_keys: bool| {
        Ok(yaml::dump(&yaml_of(value)?, yaml::DumpOptions { sort_keys, ..Default::default() }))
    };
    Engine::new().with_yaml(parse, print)
}

/// A text node that stems from no file.
pub fn text(value: &str) -> Node {
    Node::detached(yaml::Value::Str(value.to_owned()))
}

/// The value as Python's `repr` prints it, for messages in dbt's words.
pub fn repr(value: &yaml::Value) -> String {
    value::py_repr(&to_jinja(value))
}

/// A list of texts as Python's `repr` prints it.
pub fn repr_texts<T: AsRef<str>>(texts: &[T]) -> String {
    repr(&yaml::Value::Seq(texts.iter().map(|item| text(item.as_ref())).collect()))
}
