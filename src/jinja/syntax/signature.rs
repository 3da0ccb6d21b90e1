//! How a macro's arguments are bound to its parameters: by Jinja2's rules, before the engine sees the call.

use std::sync::Arc;

use minijinja::Error as MjError;
use minijinja::value::{Object, Value};

use super::ast::{Expr, ExprKind, Macro, UnaryOp};
use crate::jinja::error::PyError;
use crate::jinja::undefined::Undefined;
use crate::jinja::value::{CallArgs, Dict, tuple};

/// What a parameter gets when the call leaves it out.
#[derive(Debug, Clone)]
pub(crate) enum Default {
    /// An undefined value that says so.
    Required,
    /// A constant.
    Constant(Value),
    /// Something that the macro's body computes when it finds [`missing`].
    Computed,
}

/// What a macro takes.
#[derive(Debug, Clone)]
pub(crate) struct Signature {
    pub params: Vec<(String, Default)>,
    pub varargs: bool,
    pub kwargs: bool,
    pub caller: bool,
}

#[derive(Debug)]
struct Missing;

impl Object for Missing {}

/// Stands in for an argument that was left out and whose default the macro computes.
pub(crate) fn missing() -> Value {
    Value::from_object(Missing)
}

/// Whether a value is [`missing`].
pub(crate) fn is_missing(value: &Value) -> bool {
    value.downcast_object_ref::<Missing>().is_some()
}

impl Default {
    pub fn of(expr: Option<&Expr<'_>>) -> Default {
        match expr {
            None => Default::Required,
            Some(expr) => constant(expr).map_or(Default::Computed, Default::Constant),
        }
    }
}

fn constant(expr: &Expr<'_>) -> Option<Value> {
    Some(match &expr.kind {
        ExprKind::None => Value::from(()),
        ExprKind::Bool(flag) => Value::from(*flag),
        ExprKind::Int(digits) => Value::from(digits.parse::<i64>().ok()?),
        ExprKind::Float(number) => Value::from(*number),
        ExprKind::Str(text) => Value::from(text.as_ref()),
        ExprKind::Unary(UnaryOp::Neg, inner) => match &inner.kind {
            ExprKind::Int(digits) => Value::from(-digits.parse::<i64>().ok()?),
            ExprKind::Float(number) => Value::from(-number),
            _ => return None,
        },
        _ => return None,
    })
}

impl Signature {
    /// The signature of a macro; a parameter of the same name takes the place of a special one.
    pub fn of(node: &Macro<'_>, varargs: bool, kwargs: bool, caller: bool) -> Signature {
        let free = |name: &str| node.params.iter().all(|param| param.name != name);
        let (varargs, kwargs, caller) =
            (varargs && free("varargs"), kwargs && free("kwargs"), caller && free("caller"));
        let params = node.params.iter().map(|param| (param.name.to_owned(), Default::of(param.default.as_ref())));
        Signature { params: params.collect(), varargs, kwargs, caller }
    }

    /// The arguments that the lowered macro takes for a call; `name` is the macro's name in messages.
    ///
    /// # Errors
    /// There are too many arguments, or one that the macro does not take.
    pub fn bind(&self, name: &str, args: &[Value]) -> Result<Vec<Value>, MjError> {
        let CallArgs { mut pos, mut named } = CallArgs::split(args);
        let take = |named: &mut Vec<(Arc<str>, Value)>, key: &str| {
            named.iter().position(|(name, _)| &**name == key).map(|at| named.remove(at).1)
        };
        let rest = if pos.len() > self.params.len() { pos.split_off(self.params.len()) } else { Vec::new() };
        let mut bound = pos;
        for (param, default) in &self.params[bound.len()..] {
            bound.push(match (take(&mut named, param), default) {
                (Some(value), _) => value,
                (None, Default::Constant(value)) => value.clone(),
                (None, Default::Computed) => missing(),
                (None, Default::Required) => not_provided(param),
            });
        }
        let caller = if self.caller { Some(take(&mut named, "caller").unwrap_or_else(no_caller)) } else { None };
        if let Some((key, _)) = named.first().filter(|_| !self.kwargs) {
            return Err(unexpected(name, key));
        }
        if !self.varargs && !rest.is_empty() {
            let most = self.params.len();
            return Err(PyError::type_error(format!("macro '{name}' takes not more than {most} argument(s)")));
        }
        if self.varargs {
            bound.push(tuple(rest));
        }
        if self.kwargs {
            bound.push(Dict::from_pairs(named));
        }
        bound.extend(caller);
        Ok(bound)
    }
}

fn unexpected(name: &str, key: &str) -> MjError {
    if key == "caller" {
        return PyError::type_error(format!(
            "macro '{name}' was invoked with two values for the special caller argument. This is most likely a bug."
        ));
    }
    PyError::type_error(format!("macro '{name}' takes no keyword argument '{key}'"))
}

fn undefined(name: &str, hint: String) -> Value {
    Undefined::value(name, Some(hint))
}

fn no_caller() -> Value {
    undefined("caller", "No caller defined".to_owned())
}

fn not_provided(param: &str) -> Value {
    undefined(param, format!("parameter '{param}' was not provided"))
}
