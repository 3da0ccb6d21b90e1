//! JSON as Python's `json.dumps` writes it: a space after commas and colons, everything beyond ASCII escaped, floats as
//! Python prints them. Artifacts and log lines come out byte for byte as people's scripts know them.

use std::io::{self, BufWriter, Write as _};

use serde::Serialize;
use serde_json::ser::Formatter;
use serde_json::{Map as JsonMap, Serializer, Value as Json};

use crate::jinja::value::float_repr;

struct PythonFormatter;

impl Formatter for PythonFormatter {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(float_repr(value).as_bytes())
    }

    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if fragment.is_ascii() {
            return writer.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some(start) = rest.bytes().position(|byte| !byte.is_ascii()) {
            let (plain, special) = rest.split_at(start);
            writer.write_all(plain.as_bytes())?;
            let mut letters = special.chars();
            if let Some(letter) = letters.next() {
                write_escaped(writer, letter)?;
            }
            rest = letters.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}

fn write_escaped<W: ?Sized + io::Write>(writer: &mut W, letter: char) -> io::Result<()> {
    let mut units = [0_u16; 2];
    for unit in letter.encode_utf16(&mut units) {
        write!(writer, "\\u{unit:04x}")?;
    }
    Ok(())
}

/// Writes `value` the way `json.dumps(value)` prints it.
///
/// # Errors
/// The writer fails.
pub fn write(writer: impl io::Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(writer, PythonFormatter)).map_err(io::Error::from)
}

/// `json.dumps(value)` of a mapping, as part of a larger one: its text replaces what is in `text`, and what lies between its braces
/// is given.
///
/// # Errors
/// It cannot be put into words.
pub fn entries<'a>(text: &'a mut Vec<u8>, value: &impl Serialize) -> io::Result<&'a [u8]> {
    text.clear();
    // JSON comes in very small pieces, which a writer with a buffer takes more quickly than a vector does.
    let mut writer = BufWriter::with_capacity(BUFFER, &mut *text);
    write(&mut writer, value)?;
    writer.flush()?;
    drop(writer);
    Ok(text.get(1..text.len().saturating_sub(1)).unwrap_or_default())
}

/// Bytes that are gathered before they are moved.
const BUFFER: usize = 32 * 1024;

/// The rest of a mapping that `writer` has begun: `json.dumps(value)` without the first brace.
///
/// # Errors
/// It cannot be put into words, or not be written.
pub fn write_rest(writer: &mut impl io::Write, value: &impl Serialize) -> io::Result<()> {
    write(Rest { writer, begun: false }, value)
}

/// Leaves out the first byte that it is given.
struct Rest<'a, W> {
    writer: &'a mut W,
    begun: bool,
}

impl<W: io::Write> io::Write for Rest<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.begun || bytes.is_empty() {
            return self.writer.write(bytes);
        }
        self.begun = true;
        Ok(1)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
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
    use serde_json::json;

    #[test]
    fn prints_what_json_dumps_prints() {
        let value = json!({"b": [1, 2.0, null], "a": "caf\u{e9} \u{1f600}\n\"", "e": {}});
        assert_eq!(to_string(&value), r#"{"b": [1, 2.0, null], "a": "caf\u00e9 \ud83d\ude00\n\"", "e": {}}"#);
        assert_eq!(to_string(&sorted(json!({"b": 1, "a": {"d": 1, "c": 2}}))), r#"{"a": {"c": 2, "d": 1}, "b": 1}"#);
    }

    #[test]
    fn indents_by_two() {
        assert_eq!(
            to_string_indented(&json!({"a": [1, {}], "b": []})),
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}"
        );
    }
}
