//! Crossing over between YAML values and JSON, which is what artifacts, the template
//! context and configuration merging work with.

use chrono::{FixedOffset, NaiveDateTime, Timelike};
use serde_json::{Map as JsonMap, Number, Value as Json};

use super::value::{Map, Node, Value};

/// The value as JSON. Dates become ISO text, sets become lists, keys become text the way
/// Python's `json.dumps` writes them. Numbers JSON has no notation for (NaN, infinities)
/// become null; integers beyond 64 bits become the nearest float.
#[must_use]
pub fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Int(number) => Json::from(*number),
        Value::BigInt(digits) => big_to_json(digits),
        Value::Float(number) => Number::from_f64(*number).map_or(Json::Null, Json::Number),
        Value::Str(text) => Json::String(text.clone()),
        Value::Date(date) => Json::String(date.to_string()),
        Value::DateTime(local, offset) => Json::String(isoformat(local, offset.as_ref(), 'T')),
        Value::Binary(bytes) => Json::String(String::from_utf8_lossy(bytes).into_owned()),
        Value::Seq(items) | Value::Set(items) => Json::Array(items.iter().map(|item| to_json(&item.value)).collect()),
        Value::Map(map) => Json::Object(map_to_json(map)),
    }
}

fn big_to_json(digits: &str) -> Json {
    if let Ok(number) = digits.parse::<u64>() {
        return Json::from(number);
    }
    digits.parse().ok().and_then(Number::from_f64).map_or(Json::Null, Json::Number)
}

fn map_to_json(map: &Map) -> JsonMap<String, Json> {
    map.iter().map(|(key, value)| (json_key(&key.value), to_json(&value.value))).collect()
}

/// A dictionary key as `json.dumps` writes it.
fn json_key(key: &Value) -> String {
    match key {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        other => python_str(other),
    }
}

/// The YAML value a JSON value stands for.
#[must_use]
pub fn from_json(json: Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Bool(flag),
        Json::Number(number) => number.as_i64().map_or_else(
            || {
                if number.is_u64() {
                    Value::BigInt(number.to_string())
                } else {
                    Value::Float(number.as_f64().unwrap_or(f64::NAN))
                }
            },
            Value::Int,
        ),
        Json::String(text) => Value::Str(text),
        Json::Array(items) => Value::Seq(items.into_iter().map(|item| Node::detached(from_json(item))).collect()),
        Json::Object(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(key, value)| (Node::detached(Value::Str(key)), Node::detached(from_json(value))))
                .collect(),
        ),
    }
}

/// A date and time as Python's `datetime.isoformat(separator)`.
pub(super) fn isoformat(local: &NaiveDateTime, offset: Option<&FixedOffset>, separator: char) -> String {
    let micros = local.nanosecond() / 1000;
    let mut text = format!("{}{separator}{}", local.date(), local.format("%H:%M:%S"));
    if micros > 0 {
        text.push_str(&format!(".{micros:06}"));
    }
    if let Some(offset) = offset {
        text.push_str(&offset.to_string());
    }
    text
}

/// A scalar as Python's `str()` shows it.
pub(super) fn python_str(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::BigInt(digits) => digits.clone(),
        Value::Float(number) => python_float(*number),
        Value::Str(text) => text.clone(),
        Value::Date(date) => date.to_string(),
        Value::DateTime(local, offset) => isoformat(local, offset.as_ref(), ' '),
        Value::Binary(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::Seq(_) | Value::Map(_) | Value::Set(_) => value.type_name().to_owned(),
    }
}

/// A float as Python's `repr()`: the shortest digits that read back the same, in scientific
/// notation below 1e-4 and from 1e16.
pub(super) fn python_float(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let magnitude = number.abs();
    if magnitude != 0.0 && !(1e-4..1e16).contains(&magnitude) {
        let text = format!("{number:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = match exponent.strip_prefix('-') {
            Some(rest) => ('-', rest),
            None => ('+', exponent),
        };
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    let text = number.to_string();
    if text.contains('.') { text } else { format!("{text}.0") }
}

/// Text as Python's `repr()` shows it.
pub(super) fn python_repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if character == quote => {
                out.push('\\');
                out.push(quote);
            }
            _ if is_invisible(character) => out.push_str(&python_escape(character)),
            _ => out.push(character),
        }
    }
    out.push(quote);
    out
}

fn is_invisible(character: char) -> bool {
    character.is_control()
        || (character.is_whitespace() && character != ' ')
        || matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{feff}')
}

/// A character in Python's numeric notation.
pub(super) fn python_escape(character: char) -> String {
    let code = u32::from(character);
    match code {
        0..=0xff => format!("\\x{code:02x}"),
        0x100..=0xffff => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    }
}
