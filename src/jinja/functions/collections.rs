//! `dict`, `set`, `zip`, `namespace` and what compares dicts.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Error as MjError, ErrorKind, State};

use super::super::error::{PyError, PyErrorKind};
use super::super::value::{CallArgs, Dict, Function, Iter, List, Namespace, Set, iterate, py_str, required, tuple};

type Ran = Result<Value, MjError>;

pub(super) fn functions() -> Vec<(&'static str, Value)> {
    vec![
        (
            "set",
            Function::new("BaseContext._set", |_, args| {
                let [value, default] = args.bind("BaseContext._set", ["value", "default"])?;
                let made = iterate(&required(value, "BaseContext._set", "value")?).and_then(Set::new);
                Ok(made.unwrap_or_else(|_| default.unwrap_or_else(|| Value::from(()))))
            }),
        ),
        (
            "set_strict",
            Function::new("BaseContext.set_strict", |_, args| {
                let [value] = args.bind("BaseContext.set_strict", ["value"])?;
                iterate(&required(value, "BaseContext.set_strict", "value")?)
                    .and_then(Set::new)
                    .map_err(|error| strict(&error))
            }),
        ),
        (
            "zip",
            Function::new("BaseContext._zip", |_, args| {
                let default = args.named.iter().find(|(name, _)| &**name == "default").map(|(_, value)| value.clone());
                Ok(zip(&args.pos).unwrap_or_else(|_| default.unwrap_or_else(|| Value::from(()))))
            }),
        ),
        (
            "zip_strict",
            Function::new("BaseContext.zip_strict", |_, args| zip(&args.pos).map_err(|error| strict(&error))),
        ),
        (
            "diff_of_two_dicts",
            Function::new("BaseContext.diff_of_two_dicts", |_, args| {
                let [a, b] = args.bind("BaseContext.diff_of_two_dicts", ["dict_a", "dict_b"])?;
                let a = required(a, "BaseContext.diff_of_two_dicts", "dict_a")?;
                diff_of_two_dicts(&a, &required(b, "BaseContext.diff_of_two_dicts", "dict_b")?)
            }),
        ),
    ]
}

/// dbt turns the `TypeError` of the strict functions into an error of its own.
fn strict(error: &MjError) -> MjError {
    PyError::raise(PyErrorKind::Compilation, error.detail().unwrap_or_default().to_owned())
}

fn zip(sources: &[Value]) -> Ran {
    let mut columns = Vec::with_capacity(sources.len());
    for source in sources {
        columns.push(match source.as_object().and_then(|object| object.try_iter()) {
            Some(items) => items,
            None => Box::new(iterate(source)?.into_iter()),
        });
    }
    let mut rows = Vec::new();
    while !columns.is_empty() {
        let row: Option<Vec<Value>> = columns.iter_mut().map(Iterator::next).collect();
        let Some(row) = row else { break };
        rows.push(tuple(row));
    }
    Ok(Iter::of("zip", rows))
}

/// What one dict of string lists has and another does not, without regard to case.
fn diff_of_two_dicts(a: &Value, b: &Value) -> Ran {
    let folded = |value: &Value| py_str(value).to_lowercase();
    let others = Dict::pairs_of(b)?;
    let result = Dict::new();
    let Some(dict) = result.downcast_object_ref::<Dict>() else { return Ok(result) };
    for (key, values) in Dict::pairs_of(a)? {
        let Some((_, other)) = others.iter().find(|(other, _)| folded(other) == folded(&key)) else {
            dict.set_item(key, values)?;
            continue;
        };
        let known: Vec<String> = iterate(other)?.iter().map(folded).collect();
        let new: Vec<Value> = iterate(&values)?.into_iter().filter(|value| !known.contains(&folded(value))).collect();
        if !new.is_empty() {
            dict.set_item(key, List::new(new))?;
        }
    }
    Ok(result)
}

/// `namespace(mapping, name=value)`
pub(super) fn namespace(args: CallArgs) -> Ran {
    let mut attributes = Vec::new();
    for source in &args.pos {
        for (key, value) in Dict::pairs_of(source)? {
            attributes.push((Arc::from(py_str(&key)), value));
        }
    }
    attributes.extend(args.named);
    Ok(Namespace::of(attributes))
}

/// The class `dict`.
#[derive(Debug)]
pub(super) struct DictClass;

impl Object for DictClass {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, args: &[Value]) -> Ran {
        let args = CallArgs::split(args);
        let mut pairs = Vec::new();
        for source in &args.pos {
            pairs.extend(Dict::pairs_of(source)?);
        }
        pairs.extend(args.named.into_iter().map(|(key, value)| (Value::from(key), value)));
        Dict::from_values(pairs)
    }

    fn call_method(self: &Arc<Self>, _state: &mut State<'_, '_>, name: &str, args: &[Value]) -> Ran {
        match (name, args) {
            ("fromkeys", [keys] | [keys, _]) => {
                let value = args.get(1).cloned().unwrap_or_else(|| Value::from(()));
                Dict::from_values(iterate(keys)?.into_iter().map(|key| (key, value.clone())))
            }
            _ => Err(MjError::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<class 'dict'>")
    }
}
