//! Values on their way from YAML files into templates and back.

use std::sync::Arc;

use crate::jinja::Value;
use crate::jinja::value::{Dict, List};
use crate::yaml;

/// A YAML value as templates see it: mappings and sequences become mutable dicts and lists, dates become dates.
pub fn from_yaml(value: &yaml::Value) -> Value {
    match value {
        yaml::Value::Null => Value::from(()),
        yaml::Value::Bool(flag) => Value::from(*flag),
        yaml::Value::Int(number) => Value::from(*number),
        yaml::Value::Float(number) => Value::from(*number),
        yaml::Value::Str(text) => Value::from(Arc::<str>::from(text.as_str())),
        yaml::Value::Seq(items) => List::new(items.iter().map(|item| from_yaml(&item.value)).collect()),
        yaml::Value::Map(map) => map_to_dict(map),
        yaml::Value::Date(date) => date_value(*date),
        yaml::Value::DateTime(moment, offset) => datetime_value(*moment, *offset),
        other => crate::jinja::value::from_json(&yaml::to_json(other)),
    }
}

/// A YAML mapping as a dict; keys that are no text keep their type.
pub fn map_to_dict(map: &yaml::Map) -> Value {
    let dict = Dict::default();
    for (key, value) in map.iter() {
        match &key.value {
            yaml::Value::Str(text) => dict.set(text, from_yaml(&value.value)),
            other => {
                let _ = dict.set_item(from_yaml(other), from_yaml(&value.value));
            }
        }
    }
    Value::from_object(dict)
}

/// A date as templates see it.
pub fn date_value(date: chrono::NaiveDate) -> Value {
    Value::from(date.to_string())
}

/// A point in time as templates see it.
pub fn datetime_value(moment: chrono::NaiveDateTime, offset: Option<chrono::FixedOffset>) -> Value {
    let _ = offset;
    Value::from(moment.to_string())
}
