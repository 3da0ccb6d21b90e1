//! Writes values as YAML text the way PyYAML's `safe_dump` does with its defaults, which is
//! what dbt's `toyaml()` prints: block style, indent 2, lines folded after column 80,
//! everything outside ASCII escaped.

use super::dump_scalar::{Analysis, Style};
use super::json::{isoformat, python_float, python_str};
use super::resolve::{Tag, resolve_plain};
use super::scalar::encode_base64;
use super::value::{Map, Node, Value};

/// A key that would make a line longer than this, its invisible tag included, is written
/// after `? ` on a line of its own.
const SIMPLE_KEY_LIMIT: usize = 128;

/// How [`dump`] writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DumpOptions {
    /// Write the keys of dictionaries in order, if all of them are text.
    pub sort_keys: bool,
    /// Indent the items of a list below its key.
    pub indent_items: bool,
}

/// The value as a YAML document, a line break at its end.
#[must_use]
pub fn dump(value: &Value, options: DumpOptions) -> String {
    let mut writer = Writer::new(options);
    writer.node(value, Place::Root);
    writer.write_indent();
    if writer.open_ended {
        writer.indicator("...", true, false);
        writer.write_indent();
    }
    writer.out
}

/// What a node is part of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Place {
    Root,
    Item,
    SimpleKey,
    MapSide,
}

/// The text so far and what is known about its last line.
pub(super) struct Writer {
    pub(super) out: String,
    options: DumpOptions,
    /// Column of the current block; `None` outside any.
    indent: Option<usize>,
    pub(super) column: usize,
    /// The last thing written was white space.
    pub(super) whitespace: bool,
    /// Nothing but indentation and indicators stands on this line.
    pub(super) indention: bool,
    /// The document would not be complete without an end marker.
    pub(super) open_ended: bool,
}

impl Writer {
    fn new(options: DumpOptions) -> Writer {
        Writer {
            out: String::new(),
            options,
            indent: None,
            column: 0,
            whitespace: true,
            indention: true,
            open_ended: false,
        }
    }

    /// Writes characters that stay on the line.
    pub(super) fn write(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    /// Starts a new line.
    pub(super) fn line_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
        self.whitespace = true;
        self.indention = true;
    }

    /// Moves to the block's column, on a new line unless this one is still free.
    pub(super) fn write_indent(&mut self) {
        let indent = self.indent.unwrap_or(0);
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.line_break();
        }
        if self.column < indent {
            self.whitespace = true;
            let missing = " ".repeat(indent - self.column);
            self.write(&missing);
        }
    }

    /// Writes an indicator, set apart from what precedes it if need be.
    pub(super) fn indicator(&mut self, text: &str, apart: bool, indention: bool) {
        if apart && !self.whitespace {
            self.write(" ");
        }
        self.write(text);
        self.whitespace = false;
        self.indention = self.indention && indention;
        self.open_ended = false;
    }

    /// Runs a step inside a deeper block.
    fn indented(&mut self, base: usize, by: usize, step: impl FnOnce(&mut Writer)) {
        let outer = self.indent;
        self.indent = Some(outer.map_or(base, |column| column + by));
        step(self);
        self.indent = outer;
    }

    fn node(&mut self, value: &Value, place: Place) {
        match value {
            Value::Seq(items) if items.is_empty() => self.indicator("[]", true, false),
            Value::Map(map) if map.is_empty() => self.indicator("{}", true, false),
            Value::Seq(items) => {
                let flat = place == Place::MapSide && !self.indention && !self.options.indent_items;
                let by = if flat { 0 } else { 2 };
                self.indented(0, by, |writer| writer.items(items));
            }
            Value::Map(map) => self.indented(0, 2, |writer| writer.entries(map)),
            Value::Set(items) => self.set(items),
            Value::Binary(bytes) => {
                self.indicator("!!binary", true, false);
                let text = encode_base64(bytes);
                self.indented(2, 2, |writer| writer.literal(&text));
            }
            scalar => self.indented(2, 2, |writer| writer.scalar(scalar, place)),
        }
    }

    fn items(&mut self, items: &[Node]) {
        for item in items {
            self.write_indent();
            self.indicator("-", true, true);
            self.node(&item.value, Place::Item);
        }
    }

    fn set(&mut self, items: &[Node]) {
        self.indicator("!!set", true, false);
        if items.is_empty() {
            self.indicator("{}", true, false);
            return;
        }
        let map: Map = items.iter().map(|item| (item.clone(), Node::default())).collect();
        self.indented(0, 2, |writer| writer.entries(&map));
    }

    fn entries(&mut self, map: &Map) {
        let mut entries: Vec<&(Node, Node)> = map.iter().collect();
        let sortable = entries.iter().all(|(key, _)| key.as_str().is_some());
        if self.options.sort_keys && sortable {
            entries.sort_by_key(|(key, _)| key.as_str());
        }
        for (key, value) in entries {
            self.write_indent();
            if is_simple_key(&key.value) {
                self.node(&key.value, Place::SimpleKey);
                self.indicator(":", false, false);
            } else {
                self.indicator("?", true, true);
                self.node(&key.value, Place::MapSide);
                self.write_indent();
                self.indicator(":", true, true);
            }
            self.node(&value.value, Place::MapSide);
        }
    }

    fn scalar(&mut self, value: &Value, place: Place) {
        let key = place == Place::SimpleKey;
        let Value::Str(text) = value else {
            return self.plain(&scalar_text(value), !key, place == Place::Root);
        };
        let implicit = resolve_plain(text) == Tag::Str;
        match Analysis::of(text).style(implicit, key) {
            Style::Plain => self.plain(text, !key, place == Place::Root),
            Style::Single => self.single_quoted(text, !key),
            Style::Double => self.double_quoted(text, !key),
        }
    }
}

/// Whether a key fits on the line of its value.
fn is_simple_key(key: &Value) -> bool {
    let tag_length = match key {
        Value::Null | Value::Bool(_) => "!!null".len(),
        Value::Float(_) => "!!float".len(),
        Value::Date(_) | Value::DateTime(..) => "!!timestamp".len(),
        Value::Binary(_) => return false,
        Value::Seq(items) => return items.is_empty(),
        Value::Map(map) => return map.is_empty(),
        Value::Set(items) => return items.is_empty(),
        Value::Int(_) | Value::BigInt(_) => "!!int".len(),
        Value::Str(text) => {
            if text.is_empty() || Analysis::of(text).multiline {
                return false;
            }
            "!!str".len()
        }
    };
    tag_length + scalar_text(key).chars().count() < SIMPLE_KEY_LIMIT
}

/// A scalar that is not text, as PyYAML represents it.
fn scalar_text(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Float(number) => float_text(*number),
        Value::DateTime(local, offset) => isoformat(local, offset.as_ref(), ' '),
        other => python_str(other),
    }
}

/// YAML 1.1 only takes a number for a float if it has a point.
fn float_text(number: f64) -> String {
    let text = python_float(number);
    match text.as_str() {
        "nan" => ".nan".to_owned(),
        "inf" => ".inf".to_owned(),
        "-inf" => "-.inf".to_owned(),
        _ if !text.contains('.') => text.replacen('e', ".0e", 1),
        _ => text,
    }
}
