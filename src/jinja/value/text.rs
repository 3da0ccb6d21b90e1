//! How values print: Python's `str()` and `repr()`, which is what lands in the SQL.

use std::collections::BTreeMap;
use std::fmt::Write;

use indexmap::IndexMap;
use minijinja::value::{Value, ValueKind};

use super::super::undefined::is_undefined;
use super::dict::push_pairs;

/// The text of a string; bytes, which the engine would show as text too, are none.
pub(crate) fn text_of(value: &Value) -> Option<&str> {
    value.as_str().filter(|_| value.kind() == ValueKind::String)
}

/// Python's `str(value)`.
pub fn py_str(value: &Value) -> String {
    match text_of(value) {
        Some(text) => text.to_owned(),
        None if is_undefined(value) => String::new(),
        None if super::dates::type_name(value).is_some() || own_repr(value).is_some() => value.to_string(),
        None => py_repr(value),
    }
}

/// Python's `repr(value)`.
pub fn py_repr(value: &Value) -> String {
    let mut out = String::new();
    write_repr(&mut out, value);
    out
}

pub(crate) fn write_repr(out: &mut String, value: &Value) {
    if is_undefined(value) {
        out.push_str("Undefined");
        return;
    }
    match value.kind() {
        ValueKind::None => out.push_str("None"),
        ValueKind::Bool => out.push_str(if value.is_true() { "True" } else { "False" }),
        ValueKind::Number if value.is_integer() => push_display(out, value),
        ValueKind::Number => out.push_str(&float_repr(f64::try_from(value.clone()).unwrap_or_default())),
        ValueKind::String => out.push_str(&str_repr(value.as_str().unwrap_or_default())),
        ValueKind::Bytes => push_bytes(out, value.as_bytes().unwrap_or_default()),
        _ => push_object(out, value),
    }
}

fn push_display(out: &mut String, value: &impl std::fmt::Display) {
    let _ = write!(out, "{value}");
}

/// What an object of the host answers to `__repr__`, where that is not what it prints.
fn own_repr(value: &Value) -> Option<Value> {
    let repr = value.as_object()?.get_value_by_str("__repr__")?;
    repr.as_str().is_some().then_some(repr)
}

fn push_object(out: &mut String, value: &Value) {
    let Some(object) = value.as_object() else { return };
    if value.is_tuple() {
        let items: Vec<Value> = object.try_iter().into_iter().flatten().collect();
        push_items(out, '(', &items, if items.len() == 1 { ",)" } else { ")" });
    } else if object.is::<Vec<Value>>() {
        let items: Vec<Value> = object.try_iter().into_iter().flatten().collect();
        push_items(out, '[', &items, "]");
    } else if object.is::<IndexMap<Value, Value>>() || object.is::<BTreeMap<String, Value>>() {
        let pairs: Vec<_> = object.try_iter_pairs().into_iter().flatten().collect();
        push_pairs(out, &pairs);
    } else if let Some(repr) = own_repr(value) {
        out.push_str(repr.as_str().unwrap_or_default());
    } else {
        push_display(out, value);
    }
}

/// Writes `items` between brackets, each as `repr` prints it.
pub(crate) fn push_items(out: &mut String, open: char, items: &[Value], close: &str) {
    out.push(open);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write_repr(out, item);
    }
    out.push_str(close);
}

fn push_bytes(out: &mut String, bytes: &[u8]) {
    out.push_str("b'");
    for byte in bytes {
        match byte {
            b'"' => out.push('"'),
            other => push_display(out, &other.escape_ascii()),
        }
    }
    out.push('\'');
}

/// Python's `repr` of a string: single quotes unless only they occur inside.
pub fn str_repr(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_str_repr(&mut out, text);
    out
}

/// Adds Python's `repr` of a string.
pub fn push_str_repr(out: &mut String, text: &str) {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'\'' && byte != b'\\') {
        out.push('\'');
        out.push_str(text);
        out.push('\'');
        return;
    }
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if is_unprintable(c) => push_escape(out, c),
            c => out.push(c),
        }
    }
    out.push(quote);
}

/// Characters that Python's `repr` escapes: controls, separators other than the space, private use, format marks.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || (c != ' ' && c.is_whitespace())
        || matches!(c as u32, 0xad | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0xe000..=0xf8ff | 0xfeff | 0xfff9..=0xfffb)
}

fn push_escape(out: &mut String, c: char) {
    let code = c as u32;
    let _ = match code {
        0..=0xff => write!(out, "\\x{code:02x}"),
        0x100..=0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
}

/// Python's `repr` of a float: the shortest digits that read back, with an exponent outside 1e-4..1e16.
pub fn float_repr(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf".to_owned() } else { "-inf".to_owned() };
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
    if text.contains('.') { text } else { text + ".0" }
}
