//! JSON as Python's `json.dumps` writes it: a space after commas and colons, everything beyond ASCII escaped, floats as
//! Python prints them. Artifacts and log lines come out byte for byte as people's scripts know them.

mod text;
mod writer;

use std::io;

use serde::Serialize;
use serde_json::{Map as JsonMap, Value as Json};

use writer::Writer;

/// Writes `value` the way `json.dumps(value)` prints it.
///
/// # Errors
/// The writer fails.
pub fn write(writer: impl io::Write, value: &impl Serialize) -> io::Result<()> {
    let mut writer = Writer::new(writer);
    value.serialize(&mut writer).map_err(|failure| failure.0)?;
    writer.finish()
}

/// `json.dumps(value)` of a mapping, as part of a larger one: its text replaces what is in `text`, and what lies between its braces
/// is given.
///
/// # Errors
/// It cannot be put into words.
pub fn entries<'a>(text: &'a mut Vec<u8>, value: &impl Serialize) -> io::Result<&'a [u8]> {
    text.clear();
    write(&mut *text, value)?;
    Ok(between_braces(text))
}

/// The inside of a mapping's text.
pub fn between_braces(text: &[u8]) -> &[u8] {
    text.get(1..text.len().saturating_sub(1)).unwrap_or_default()
}

/// `json.dumps(value)`.
pub fn to_string(value: &Json) -> String {
    let mut bytes = Vec::new();
    match write(&mut bytes, value) {
        Ok(()) => String::from_utf8(bytes).unwrap_or_default(),
        Err(_) => value.to_string(),
    }
}

/// `value` with the keys of every object in order, for `json.dumps(value, sort_keys=True)`.
pub fn sorted(value: Json) -> Json {
    match value {
        Json::Object(map) => {
            let mut entries: Vec<(String, Json)> = map.into_iter().map(|(key, item)| (key, sorted(item))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Json::Object(entries.into_iter().collect::<JsonMap<String, Json>>())
        }
        Json::Array(items) => Json::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

/// `json.dumps(value, indent=2)`.
pub fn to_string_indented(value: &Json) -> String {
    let mut out = String::new();
    indent(value, 0, &mut out);
    out
}

fn indent(value: &Json, depth: usize, out: &mut String) {
    let pad = |out: &mut String, depth: usize| {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    };
    match value {
        Json::Object(map) if !map.is_empty() => {
            out.push('{');
            for (index, (key, item)) in map.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                pad(out, depth + 1);
                out.push_str(&to_string(&Json::String(key.clone())));
                out.push_str(": ");
                indent(item, depth + 1, out);
            }
            pad(out, depth);
            out.push('}');
        }
        Json::Array(items) if !items.is_empty() => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                pad(out, depth + 1);
                indent(item, depth + 1, out);
            }
            pad(out, depth);
            out.push(']');
        }
        other => out.push_str(&to_string(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::SharedMap;
    use serde_json::json;

    #[test]
    fn prints_what_json_dumps_prints() {
        let value = json!({"b": [1, 2.0, null], "a": "caf\u{e9} \u{1f600}\n\"", "e": {}});
        assert_eq!(to_string(&value), r#"{"b": [1, 2.0, null], "a": "caf\u00e9 \ud83d\ude00\n\"", "e": {}}"#);
        assert_eq!(to_string(&sorted(json!({"b": 1, "a": {"d": 1, "c": 2}}))), r#"{"a": {"c": 2, "d": 1}, "b": 1}"#);
    }

    #[test]
    fn texts_are_escaped_as_python_escapes_them() {
        let text = "\0\u{1}\u{8}\t\n\u{b}\u{c}\r\u{1f} \"\\/\u{7f}\u{80}\u{2028}\u{ffff}\u{10000}";
        let expected = r#""\u0000\u0001\b\t\n\u000b\f\r\u001f \"\\/X\u0080\u2028\uffff\ud800\udc00""#;
        assert_eq!(to_string(&json!(text)), expected.replace('X', "\u{7f}"));
        let long = "0123456789\n".repeat(10_000);
        assert_eq!(to_string(&json!(long)), format!("\"{}\"", long.replace('\n', "\\n")));
    }

    #[test]
    fn shared_mappings_are_written_in_full_each_time() {
        let shared = |name: &str| SharedMap::from(JsonMap::from_iter([(name.to_owned(), json!([1, {"b": "c"}]))]));
        let maps: Vec<SharedMap> = (0..40).map(|number| shared(&number.to_string())).collect();
        let twice: Vec<&SharedMap> = maps.iter().chain(&maps).collect();
        let mut written = Vec::new();
        write(&mut written, &twice).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), to_string(&serde_json::to_value(&twice).unwrap()));
    }

    #[test]
    fn a_key_that_is_no_text_is_an_error() {
        let numbers = std::collections::HashMap::from([(1, 2)]);
        assert!(write(Vec::new(), &numbers).is_err());
    }

    #[test]
    fn indents_by_two() {
        assert_eq!(
            to_string_indented(&json!({"a": [1, {}], "b": []})),
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}"
        );
    }
}
