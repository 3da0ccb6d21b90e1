//! Native rendering: a YAML value that is one expression keeps the expression's type, when dbt's filters ask for it.
//!
//! The values that a template prints are collected beside the text, and leave a mark in it. A render that leaves one
//! mark and nothing else is that value; any other is text (`quoted_native_concat` in `dbt_common/clients/jinja.py`).

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Value, ValueKind};
use minijinja::{Error as MjError, State};

use super::error::{PyError, PyErrorKind};
use super::literal::literal_eval;
use super::value::{Num, py_str};

const OPEN: &str = "\u{f0001}";
const CLOSE: &str = "\u{f0002}";

#[derive(Default)]
struct Nodes(Vec<Value>);

/// Puts a printed value aside and leaves a mark in its place.
pub(super) fn collect(state: &mut State<'_, '_>, value: &Value) -> Result<Value, MjError> {
    let nodes = &mut state.get_or_insert_extension_with(Nodes::default).0;
    nodes.push(value.clone());
    Ok(Value::from(format!("{OPEN}{}{CLOSE}", nodes.len() - 1)))
}

/// Text that was marked with one of dbt's type filters.
#[derive(Debug)]
struct Marked {
    filter: &'static str,
    text: String,
}

impl Object for Marked {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn is_true(self: &Arc<Self>) -> bool {
        !self.text.is_empty()
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What a type filter gives.
pub(super) fn mark(filter: &'static str, value: &Value) -> Result<Value, MjError> {
    Ok(Value::from_object(Marked { filter, text: py_str(value) }))
}

/// The value of a render from its text.
///
/// # Errors
/// The text does not convert to the type that a filter asked for.
pub(super) fn finish(state: &State<'_, '_>, text: &str) -> Result<Value, MjError> {
    let empty = Vec::new();
    let nodes = state.get_extension::<Nodes>().map_or(&empty, |nodes| &nodes.0);
    if let Some(node) = only_mark(text).and_then(|index| nodes.get(index)) {
        return match node.downcast_object_ref::<Marked>() {
            Some(marked) => marked.convert(),
            None => Ok(node.clone()),
        };
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        out.push_str(before);
        let (index, after) = after.split_once(CLOSE).unwrap_or((after, ""));
        if let Some(node) = index.parse::<usize>().ok().and_then(|index| nodes.get(index)) {
            out.push_str(&py_str(node));
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(Value::from(out))
}

fn only_mark(text: &str) -> Option<usize> {
    text.strip_prefix(OPEN)?.strip_suffix(CLOSE)?.parse().ok()
}

impl Marked {
    fn convert(&self) -> Result<Value, MjError> {
        if self.filter == "as_text" {
            return Ok(Value::from(self.text.as_str()));
        }
        let value = literal_eval(&self.text).unwrap_or_else(|| Value::from(self.text.as_str()));
        let is_bool = value.kind() == ValueKind::Bool;
        let failed = match self.filter {
            "as_bool" if !is_bool => "bool",
            "as_number" if is_bool || Num::of(&value).is_none() => "number",
            _ => return Ok(value),
        };
        let message = format!("Could not convert value '{}' into type '{failed}'", self.text);
        Err(PyError::raise(PyErrorKind::Compilation, message))
    }
}
