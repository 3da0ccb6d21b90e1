//! Filters that escape: for HTML, for URLs, for JSON inside HTML.

use minijinja::value::{Value, ValueKind};

use super::super::error::PyError;
use super::super::undefined::is_undefined;
use super::super::value::{CallArgs, Dict, dumps, iterate, py_str};
use super::{Filter, Ran};

pub(super) const FILTERS: &[(&str, Filter)] = &[
    ("e", |_, input, _| Ok(Value::from(escape(&py_str(input))))),
    ("escape", |_, input, _| Ok(Value::from(escape(&py_str(input))))),
    ("forceescape", |_, input, _| Ok(Value::from(escape(&py_str(input))))),
    ("striptags", |_, input, _| Ok(Value::from(strip_tags(&py_str(input))))),
    ("tojson", |_, input, args| to_json(input, args)),
    ("urlize", |_, input, args| super::urlize::urlize(input, args)),
    ("urlencode", |_, input, _| url_encode(input)),
    ("xmlattr", |_, input, args| xml_attributes(input, args)),
];

/// The text with what HTML means specially written as entities.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

fn strip_tags(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        out.push_str(&rest[..start]);
        let close = if rest[start..].starts_with("<!--") { "-->" } else { ">" };
        match rest[start..].find(close) {
            Some(end) => rest = &rest[start + end + close.len()..],
            None => {
                out.push_str(&rest[start..]);
                rest = "";
            }
        }
    }
    out.push_str(rest);
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn to_json(input: &Value, args: CallArgs) -> Ran {
    let [indent] = args.bind("tojson", ["indent"])?;
    let text = match indent.and_then(|indent| indent.as_usize()) {
        Some(width) => indented(&dumps(input, true)?, width),
        None => dumps(input, true)?,
    };
    let escapes = [('<', "\\u003c"), ('>', "\\u003e"), ('&', "\\u0026"), ('\'', "\\u0027")];
    Ok(Value::from(escapes.iter().fold(text, |text, (c, escaped)| text.replace(*c, escaped))))
}

/// JSON that is written on one line, with a line for each item, as Python's `indent` lays it out.
fn indented(json: &str, width: usize) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let (mut depth, mut in_text, mut escaped) = (0, false, false);
    let mut chars = json.chars().peekable();
    while let Some(c) = chars.next() {
        if in_text {
            out.push(c);
            in_text = escaped || c != '"';
            escaped = c == '\\' && !escaped;
            continue;
        }
        let line = |out: &mut String, depth: usize| {
            out.push('\n');
            out.push_str(&" ".repeat(depth * width));
        };
        match c {
            '[' | '{' if chars.peek().is_some_and(|next| matches!(next, ']' | '}')) => {
                out.push(c);
                out.extend(chars.next());
            }
            '[' | '{' => {
                depth += 1;
                out.push(c);
                line(&mut out, depth);
            }
            ']' | '}' => {
                depth -= 1;
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
                // The blank that stands behind a comma on one line.
                chars.next();
            }
            _ => {
                in_text = c == '"';
                out.push(c);
            }
        }
    }
    out
}

fn quote(text: &str, in_query: bool) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' => out.push(char::from(byte)),
            b'/' if !in_query => out.push('/'),
            b' ' if in_query => out.push('+'),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn url_encode(input: &Value) -> Ran {
    let pairs = match input.kind() {
        ValueKind::Map | ValueKind::Seq | ValueKind::Iterable => Dict::pairs_of(input)?,
        _ => return Ok(Value::from(quote(&py_str(input), false))),
    };
    let parts =
        pairs.iter().map(|(key, value)| format!("{}={}", quote(&py_str(key), true), quote(&py_str(value), true)));
    Ok(Value::from(parts.collect::<Vec<_>>().join("&")))
}

fn xml_attributes(input: &Value, args: CallArgs) -> Ran {
    let [autospace] = args.bind("xmlattr", ["autospace"])?;
    let mut parts = Vec::new();
    for key in iterate(input)? {
        let (name, value) = (py_str(&key), input.get_item(&key)?);
        if value.is_none() || is_undefined(&value) {
            continue;
        }
        if name.contains([' ', '/', '>', '=', '\t', '\n', '\r', '\u{c}']) {
            return Err(PyError::value_error(format!("Invalid character in attribute name: '{name}'")));
        }
        parts.push(format!("{}=\"{}\"", escape(&name), escape(&py_str(&value))));
    }
    let joined = parts.join(" ");
    let spaced = autospace.is_none_or(|flag| flag.is_true()) && !joined.is_empty();
    Ok(Value::from(if spaced { format!(" {joined}") } else { joined }))
}
