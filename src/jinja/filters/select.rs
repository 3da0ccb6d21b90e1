//! Filters that take a test or another filter: `map`, `select`, `selectattr` and their kin.

use minijinja::State;
use minijinja::value::Value;

use super::super::error::{PyError, PyErrorKind};
use super::super::value::{CallArgs, Iter, iterate};
use super::super::{checks, filters};
use super::sequences::attribute;
use super::{Filter, Ran};

pub(super) const FILTERS: &[(&str, Filter)] = &[
    ("map", map),
    ("select", |state, input, args| select(state, input, args, true)),
    ("reject", |state, input, args| select(state, input, args, false)),
    ("selectattr", |state, input, args| select_attr(state, input, args, true)),
    ("rejectattr", |state, input, args| select_attr(state, input, args, false)),
];

/// What these filters go over. Jinja2 asks first whether there is anything at all: `none`, an undefined name and zero,
/// which cannot be gone over, give nothing here, and then neither arguments nor names are looked at.
fn items(input: &Value) -> Result<Option<Vec<Value>>, minijinja::Error> {
    if input.is_true() { iterate(input).map(Some) } else { Ok(None) }
}

fn nothing() -> Ran {
    Ok(Iter::of("generator", Vec::new()))
}

fn map(state: &mut State<'_, '_>, input: &Value, args: CallArgs) -> Ran {
    let Some(items) = items(input)? else { return nothing() };
    let mut result = Vec::new();
    if args.pos.is_empty() && args.named.iter().any(|(name, _)| &**name == "attribute") {
        let [path, default] = args.bind("map", ["attribute", "default"])?;
        let path = path.unwrap_or_default();
        for item in items {
            result.push(attribute(&item, &path, default.as_ref())?);
        }
        return Ok(Iter::of("generator", result));
    }
    let Some(name) = args.pos.first().cloned() else {
        return Err(PyError::raise(PyErrorKind::Template, "map requires a filter argument"));
    };
    let name = name.as_str().unwrap_or_default();
    if !filters::exists(name) {
        return Err(PyError::raise(PyErrorKind::Template, format!("No filter named '{name}'.")));
    }
    let rest = CallArgs { pos: args.pos[1..].to_vec(), named: args.named }.join();
    for item in items {
        let call: Vec<Value> = std::iter::once(item).chain(rest.iter().cloned()).collect();
        result.push(state.apply_filter(name, &call)?);
    }
    Ok(Iter::of("generator", result))
}

/// Runs the test that `select` and its kin name; without one, the value's truth.
fn passes(state: &mut State<'_, '_>, item: Value, test: &[Value]) -> Result<bool, minijinja::Error> {
    let Some((name, rest)) = test.split_first() else { return Ok(item.is_true()) };
    let name = name.as_str().unwrap_or_default();
    if !checks::exists(name) {
        return Err(PyError::raise(PyErrorKind::Template, format!("No test named '{name}'.")));
    }
    let call: Vec<Value> = std::iter::once(item).chain(rest.iter().cloned()).collect();
    state.perform_test(name, &call)
}

fn select(state: &mut State<'_, '_>, input: &Value, args: CallArgs, wanted: bool) -> Ran {
    let Some(items) = items(input)? else { return nothing() };
    let mut result = Vec::new();
    for item in items {
        if passes(state, item.clone(), &args.pos)? == wanted {
            result.push(item);
        }
    }
    Ok(Iter::of("generator", result))
}

fn select_attr(state: &mut State<'_, '_>, input: &Value, args: CallArgs, wanted: bool) -> Ran {
    let Some(items) = items(input)? else { return nothing() };
    let Some((path, test)) = args.pos.split_first() else {
        return Err(PyError::raise(PyErrorKind::Template, "Missing parameter for attribute name"));
    };
    let mut result = Vec::new();
    for item in items {
        let value = attribute(&item, path, None)?;
        if passes(state, value, test)? == wanted {
            result.push(item);
        }
    }
    Ok(Iter::of("generator", result))
}
