//! The filters that only lowered templates use; their names begin with two underscores.

use minijinja::value::Value;

use super::super::error::{PyError, PyErrorKind};
use super::super::undefined::owner;
use super::super::value::{Dict, List, Num, iterate, py_str};
use super::super::{native, ops, proxy};
use super::{Ran, RawFilter};

pub(super) const FILTERS: &[(&str, RawFilter)] = &[
    ("__add", |_, args| ops::add(&args[0], &args[1])),
    ("__sub", |_, args| ops::arithmetic("-", &args[0], &args[1])),
    ("__mul", |_, args| ops::mul(&args[0], &args[1])),
    ("__div", |_, args| ops::arithmetic("/", &args[0], &args[1])),
    ("__floordiv", |_, args| ops::arithmetic("//", &args[0], &args[1])),
    ("__mod", |_, args| ops::modulo(&args[0], &args[1])),
    ("__pow", |_, args| ops::arithmetic("** or pow()", &args[0], &args[1])),
    ("__neg", |_, args| ops::neg(&args[0])),
    ("__pos", |_, args| ops::pos(&args[0])),
    ("__cat", |_, args| ops::concat(&args[1..])),
    ("__eq", |_, args| compare("eq", args)),
    ("__ne", |_, args| compare("ne", args)),
    ("__lt", |_, args| compare("lt", args)),
    ("__le", |_, args| compare("le", args)),
    ("__gt", |_, args| compare("gt", args)),
    ("__ge", |_, args| compare("ge", args)),
    ("__in", |_, args| compare("in", args)),
    ("__notin", |_, args| compare("notin", args)),
    ("__compare", |_, args| ops::compare_chain(&args[0], &args[1..])),
    ("__slice", |_, args| ops::slice(&args[0], &args[1..])),
    ("__owner", |_, args| Ok(owner(&args[0]))),
    ("__iter", |_, args| ops::iterable(&args[0])),
    ("__list", |_, args| Ok(List::new(args[1..].to_vec()))),
    ("__dict", |_, args| Dict::from_values(pairs(&args[1..]))),
    ("__tolist", |_, args| iterate(&args[0]).map(List::new)),
    ("__todict", |_, args| Dict::from_values(pairs(&iterate(&args[0])?))),
    ("__bigint", |_, args| Ok(Num::parse(&py_str(&args[0])).map_or(Value::UNDEFINED, Num::into_value))),
    ("__setattr", |_, args| ops::set_attribute(&args[0], args[1].as_str().unwrap_or_default(), args[2].clone())),
    ("__nofilter", |_, args| missing("filter", args)),
    ("__notest", |_, args| missing("test", args)),
    ("__boot", |state, args| proxy::boot(state, &args[0])),
    ("__keep", |state, args| proxy::keep(state, &args[0], &args[1])),
    ("__invoke", |state, _| proxy::invoke_pending(state)),
    ("__local", |_, args| proxy::local(args)),
    ("__node", |state, args| native::collect(state, &args[0])),
    ("__native_as_text", |_, args| native::mark("as_text", &args[0])),
    ("__native_as_bool", |_, args| native::mark("as_bool", &args[0])),
    ("__native_as_number", |_, args| native::mark("as_number", &args[0])),
    ("__native_as_native", |_, args| native::mark("as_native", &args[0])),
];

fn compare(op: &str, args: &[Value]) -> Ran {
    ops::compare(op, &args[0], &args[1]).map(Value::from)
}

fn pairs(items: &[Value]) -> impl Iterator<Item = (Value, Value)> {
    items.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone()))
}

fn missing(what: &str, args: &[Value]) -> Ran {
    let name = py_str(&args[1]);
    Err(PyError::raise(PyErrorKind::Template, format!("No {what} named '{name}' found.")))
}
