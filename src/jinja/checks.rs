//! Jinja2's tests: what stands behind `is`.

use minijinja::value::{Rest, Value, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error as MjError, State};

use super::error::PyError;
use super::proxy;
use super::syntax::is_missing;
use super::undefined::{is_undefined, require_defined};
use super::value::{Num, dates, is_callable, py_eq};
use super::{filters, ops};

type Checked = Result<bool, MjError>;
type Check = fn(&[Value]) -> Checked;

const CHECKS: &[(&str, Check)] = &[
    ("defined", |args| Ok(!is_undefined(&args[0]))),
    ("undefined", |args| Ok(is_undefined(&args[0]))),
    ("none", |args| Ok(args[0].is_none())),
    ("boolean", |args| Ok(args[0].kind() == ValueKind::Bool)),
    ("true", |args| Ok(args[0].kind() == ValueKind::Bool && args[0].is_true())),
    ("false", |args| Ok(args[0].kind() == ValueKind::Bool && !args[0].is_true())),
    ("integer", |args| Ok(is_integer(&args[0]))),
    ("float", |args| Ok(args[0].kind() == ValueKind::Number && !args[0].is_integer())),
    ("number", |args| Ok(Num::of(&args[0]).is_some())),
    ("string", |args| Ok(args[0].as_str().is_some())),
    ("mapping", |args| Ok(args[0].kind() == ValueKind::Map)),
    ("sequence", |args| Ok(is_sequence(&args[0]))),
    ("iterable", |args| Ok(is_iterable(&args[0]))),
    ("callable", |args| Ok(is_callable(&args[0]) || proxy::is_macro(&args[0]))),
    ("sameas", |args| Ok(args[0].kind() == argument(args)?.kind() && py_eq(&args[0], argument(args)?))),
    ("escaped", |_| Ok(false)),
    ("odd", |args| Ok(remainder(&args[0], &Value::from(2))? == 1.0)),
    ("even", |args| Ok(remainder(&args[0], &Value::from(2))? == 0.0)),
    ("divisibleby", |args| Ok(remainder(&args[0], argument(args)?)? == 0.0)),
    ("lower", |args| Ok(cased(&args[0], char::is_uppercase))),
    ("upper", |args| Ok(cased(&args[0], char::is_lowercase))),
    ("filter", |args| Ok(args[0].as_str().is_some_and(filters::exists))),
    ("test", |args| Ok(args[0].as_str().is_some_and(exists))),
    ("in", |args| ops::contains(argument(args)?, &args[0])),
    ("eq", |args| compare("eq", args)),
    ("==", |args| compare("eq", args)),
    ("equalto", |args| compare("eq", args)),
    ("ne", |args| compare("ne", args)),
    ("!=", |args| compare("ne", args)),
    ("lt", |args| compare("lt", args)),
    ("<", |args| compare("lt", args)),
    ("lessthan", |args| compare("lt", args)),
    ("le", |args| compare("le", args)),
    ("<=", |args| compare("le", args)),
    ("gt", |args| compare("gt", args)),
    (">", |args| compare("gt", args)),
    ("greaterthan", |args| compare("gt", args)),
    ("ge", |args| compare("ge", args)),
    (">=", |args| compare("ge", args)),
    ("__missing", |args| Ok(is_missing(&args[0]))),
];

/// Whether templates may use a test of this name.
pub(super) fn exists(name: &str) -> bool {
    !name.starts_with('_') && CHECKS.iter().any(|(known, _)| *known == name)
}

/// Puts every test into an environment.
pub(super) fn install(env: &mut Environment<'static>) {
    for &(name, check) in CHECKS {
        env.add_test(name, move |_state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>| -> Checked {
            check(&args.into_values())
        });
    }
}

fn argument(args: &[Value]) -> Result<&Value, MjError> {
    args.get(1).ok_or_else(|| PyError::type_error("this test takes an argument"))
}

fn compare(op: &str, args: &[Value]) -> Checked {
    ops::compare(op, &args[0], argument(args)?)
}

fn is_integer(value: &Value) -> bool {
    value.kind() != ValueKind::Bool && matches!(Num::of(value), Some(Num::Int(_) | Num::Big(_)))
}

fn is_sequence(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Seq | ValueKind::Map | ValueKind::String) || is_undefined(value)
}

fn is_iterable(value: &Value) -> bool {
    is_undefined(value)
        || matches!(value.kind(), ValueKind::Seq | ValueKind::Map | ValueKind::String | ValueKind::Iterable)
        || (dates::type_name(value).is_none() && value.as_object().is_some_and(|object| object.try_iter().is_some()))
}

fn remainder(value: &Value, by: &Value) -> Result<f64, MjError> {
    require_defined(value)?;
    let rest = ops::modulo(value, by)?;
    Ok(Num::of(&rest).map_or(f64::NAN, |rest| rest.as_f64()))
}

/// Whether a string has letters and none of the unwanted case.
fn cased(value: &Value, unwanted: fn(char) -> bool) -> bool {
    value
        .as_str()
        .is_some_and(|text| text.chars().any(|c| c.is_lowercase() || c.is_uppercase()) && !text.chars().any(unwanted))
}
