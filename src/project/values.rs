//! Crossing over between YAML values and Jinja values.

use crate::jinja::value::{self, Dict, List};
use crate::jinja::{Engine, PyError, Value, ValueKind, is_undefined};
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
        _ => match value::to_json(value) {
            Ok(json) => yaml::from_json(json),
            Err(_) => yaml::Value::Str(value::py_str(value)),
        },
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
        Ok(yaml::dump(&yaml::from_json(value::to_json(value)?), yaml::DumpOptions { sort_keys, ..Default::default() }))
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
