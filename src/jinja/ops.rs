//! Python's operators: what the lowered template calls instead of minijinja's own.

use std::cmp::Ordering;

use minijinja::Error as MjError;
use minijinja::value::{Value, ValueKind};

use super::error::{PyError, PyErrorKind};
use super::undefined::{is_undefined, require_defined};
use super::value::{
    Decimal, Dict, Iter, List, Namespace, Num, Set, class_of, dates, decimal_binary, index_arg, iterate, lookup,
    negated, percent, py_cmp, py_eq, py_str, text_of, tuple, type_name,
};

type Ran = Result<Value, MjError>;

fn unsupported(op: &str, a: &Value, b: &Value) -> MjError {
    if let Err(error) = require_defined(a).and_then(|()| require_defined(b)) {
        return error;
    }
    let (left, right) = (type_name(a), type_name(b));
    PyError::type_error(format!("unsupported operand type(s) for {op}: '{left}' and '{right}'"))
}

/// A list of either kind, ours or the host's.
fn is_list(value: &Value) -> bool {
    value.kind() == ValueKind::Seq && !value.is_tuple()
}

/// `a + b`
pub(super) fn add(a: &Value, b: &Value) -> Ran {
    if let (Some(x), Some(y)) = (a.as_str(), b.as_str()) {
        return Ok(Value::from([x, y].concat()));
    }
    if let Some(result) = with_decimals("+", a, b) {
        return result;
    }
    if let (Some(x), Some(y)) = (Num::of(a), Num::of(b)) {
        return Ok(x.add(y).into_value());
    }
    if (is_list(a) && is_list(b)) || (a.is_tuple() && b.is_tuple()) {
        let mut items = iterate(a)?;
        items.extend(iterate(b)?);
        return Ok(if a.is_tuple() { tuple(items) } else { List::new(items) });
    }
    if let Some(result) = dates::binary("+", a, b) {
        return result;
    }
    if is_undefined(a) || is_undefined(b) {
        return Err(unsupported("+", a, b));
    }
    let kind = type_name(a);
    if matches!(kind, "str" | "list" | "tuple") {
        let other = type_name(b);
        return Err(PyError::type_error(format!("can only concatenate {kind} (not \"{other}\") to {kind}")));
    }
    Err(unsupported("+", a, b))
}

/// An operator between decimals, or decimals and integers; with a float Python refuses.
fn with_decimals(op: &str, a: &Value, b: &Value) -> Option<Ran> {
    if a.as_object().is_none() && b.as_object().is_none() {
        return None;
    }
    if let Some(result) = decimal_binary(op, a, b) {
        return Some(result);
    }
    let decimal = |value: &Value| value.downcast_object_ref::<Decimal>().is_some();
    let float = |value: &Value| value.kind() == ValueKind::Number;
    ((decimal(a) && float(b)) || (float(a) && decimal(b))).then(|| Err(unsupported(op, a, b)))
}

/// `a - b`, `a / b` and the other operators on numbers.
pub(super) fn arithmetic(op: &str, a: &Value, b: &Value) -> Ran {
    if let Some(result) = with_decimals(op, a, b) {
        return result;
    }
    if let (Some(x), Some(y)) = (Num::of(a), Num::of(b)) {
        let result = match op {
            "-" => Ok(x.sub(y)),
            "/" => x.div(y),
            "//" => x.floor_div(y),
            "%" => x.modulo(y),
            "** or pow()" => x.pow(y),
            _ => Ok(x.mul(y)),
        };
        return result.map(Num::into_value);
    }
    if let ("-", Some(set), Some(_)) = (op, a.downcast_object_ref::<Set>(), b.downcast_object_ref::<Set>()) {
        return set.combine("difference", b);
    }
    match dates::binary(op, a, b) {
        Some(result) => result,
        None => Err(unsupported(op, a, b)),
    }
}

/// `a * b`, which also repeats strings and lists.
pub(super) fn mul(a: &Value, b: &Value) -> Ran {
    let repeatable = |value: &Value| value.as_str().is_some() || value.kind() == ValueKind::Seq;
    let (sequence, count) = match (repeatable(a), repeatable(b)) {
        (true, false) => (a, b),
        (false, true) => (b, a),
        (true, true) => {
            let kind = type_name(b);
            return Err(PyError::type_error(format!("can't multiply sequence by non-int of type '{kind}'")));
        }
        (false, false) => return arithmetic("*", a, b),
    };
    require_defined(count)?;
    let kind = type_name(count);
    let count = index_arg(count)
        .map_err(|_| PyError::type_error(format!("can't multiply sequence by non-int of type '{kind}'")))?;
    let count = usize::try_from(count).unwrap_or(0);
    if let Some(text) = sequence.as_str() {
        return Ok(Value::from(text.repeat(count)));
    }
    let items = iterate(sequence)?;
    let repeated = items.iter().cycle().take(items.len() * count).cloned().collect();
    Ok(if sequence.is_tuple() { tuple(repeated) } else { List::new(repeated) })
}

/// `a % b`, which also formats strings.
pub(super) fn modulo(a: &Value, b: &Value) -> Ran {
    match a.as_str() {
        Some(text) => percent(text, b),
        None => arithmetic("%", a, b),
    }
}

/// `-a`
pub(super) fn neg(a: &Value) -> Ran {
    if let Some(decimal) = a.downcast_object_ref::<Decimal>() {
        return Ok(Value::from_object(negated(decimal)));
    }
    if let Some(number) = Num::of(a) {
        return Ok(number.neg().into_value());
    }
    if dates::type_name(a) == Some("datetime.timedelta") {
        return arithmetic("*", a, &Value::from(-1));
    }
    require_defined(a)?;
    Err(PyError::type_error(format!("bad operand type for unary -: '{}'", type_name(a))))
}

/// `+a`
pub(super) fn pos(a: &Value) -> Ran {
    if a.downcast_object_ref::<Decimal>().is_some() || dates::type_name(a) == Some("datetime.timedelta") {
        return Ok(a.clone());
    }
    match Num::of(a) {
        Some(number) => Ok(number.into_value()),
        None => {
            require_defined(a)?;
            Err(PyError::type_error(format!("bad operand type for unary +: '{}'", type_name(a))))
        }
    }
}

/// `a ~ b ~ c`
pub(super) fn concat(parts: &[Value]) -> Ran {
    let mut out = String::new();
    for part in parts {
        match text_of(part) {
            Some(text) => out.push_str(text),
            None => out.push_str(&py_str(part)),
        }
    }
    Ok(Value::from(out))
}

/// A comparison by the name that the front end gives it.
pub(super) fn compare(op: &str, a: &Value, b: &Value) -> Result<bool, MjError> {
    let ordering = |op: &str, accept: fn(Ordering) -> bool| {
        if let (Some(x), Some(y)) = (a.downcast_object_ref::<Set>(), b.downcast_object_ref::<Set>()) {
            return subset(op, x, y);
        }
        if is_nan(a) || is_nan(b) {
            return Ok(false);
        }
        py_cmp(a, b, op).map(accept)
    };
    match op {
        "eq" => Ok(py_eq(a, b)),
        "ne" => Ok(!py_eq(a, b)),
        "lt" => ordering("<", Ordering::is_lt),
        "le" => ordering("<=", Ordering::is_le),
        "gt" => ordering(">", Ordering::is_gt),
        "ge" => ordering(">=", Ordering::is_ge),
        "notin" => contains(b, a).map(|found| !found),
        _ => contains(b, a),
    }
}

fn is_nan(value: &Value) -> bool {
    matches!(Num::of(value), Some(Num::Float(number)) if number.is_nan())
}

fn subset(op: &str, a: &Set, b: &Set) -> Result<bool, MjError> {
    let (small, large) = if op.starts_with('<') { (a, b) } else { (b, a) };
    for item in small.to_vec() {
        if !large.contains(&item)? {
            return Ok(false);
        }
    }
    Ok(op.len() == 2 || small.to_vec().len() < large.to_vec().len())
}

/// `a < b <= c`: pairs of operator and value behind the first value.
pub(super) fn compare_chain(first: &Value, rest: &[Value]) -> Ran {
    let mut left = first;
    for pair in rest.chunks_exact(2) {
        if !compare(pair[0].as_str().unwrap_or_default(), left, &pair[1])? {
            return Ok(Value::from(false));
        }
        left = &pair[1];
    }
    Ok(Value::from(true))
}

/// `item in container`
pub(super) fn contains(container: &Value, item: &Value) -> Result<bool, MjError> {
    if is_undefined(container) {
        return Ok(false);
    }
    if let Some(text) = container.as_str() {
        require_defined(item)?;
        let kind = type_name(item);
        let part = item
            .as_str()
            .ok_or_else(|| PyError::type_error(format!("'in <string>' requires string as left operand, not {kind}")))?;
        return Ok(text.contains(part));
    }
    if let Some(dict) = container.downcast_object_ref::<Dict>() {
        return Ok(dict.get_item(item).is_some());
    }
    if let Some(set) = container.downcast_object_ref::<Set>() {
        return set.contains(item);
    }
    // A mapping need not list everything that it has: the root object answers for every macro.
    if container.kind() == ValueKind::Map
        && let Some(key) = item.as_str()
    {
        return Ok(lookup(container, key).is_some());
    }
    let items = iterate(container)
        .map_err(|_| PyError::type_error(format!("argument of type '{}' is not iterable", type_name(container))))?;
    Ok(items.iter().any(|found| py_eq(found, item)))
}

/// What a `for` loop runs over; nothing is copied that the engine can loop over by itself.
pub(super) fn iterable(value: &Value) -> Ran {
    match value.kind() {
        // The engine tells `loop.last` and `loop.length` of what has a length alone.
        _ if value.downcast_object_ref::<Iter>().is_some_and(Iter::ends) => iterate(value).map(Value::from),
        ValueKind::Seq | ValueKind::Map | ValueKind::Iterable => Ok(value.clone()),
        _ => iterate(value).map(Value::from),
    }
}

/// `value[start:stop:step]`
pub(super) fn slice(value: &Value, bounds: &[Value]) -> Ran {
    require_defined(value)?;
    let bound = |at: usize| -> Result<Option<i64>, MjError> {
        match bounds.get(at).filter(|bound| !bound.is_none()) {
            Some(bound) => index_arg(bound)
                .map(Some)
                .map_err(|_| PyError::type_error("slice indices must be integers or None or have an __index__ method")),
            None => Ok(None),
        }
    };
    let (start, stop, step) = (bound(0)?, bound(1)?, bound(2)?.unwrap_or(1));
    if step == 0 {
        return Err(PyError::value_error("slice step cannot be zero"));
    }
    if let Some(text) = value.as_str() {
        let chars: Vec<char> = text.chars().collect();
        return Ok(Value::from(picked(chars.len(), start, stop, step).map(|at| chars[at]).collect::<String>()));
    }
    if !matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
        return Err(PyError::type_error(format!("'{}' object is not subscriptable", type_name(value))));
    }
    let items = iterate(value)?;
    let picked = picked(items.len(), start, stop, step).map(|at| items[at].clone()).collect();
    // Sequences of the host, such as rows of a result, are cut into tuples.
    let host = value.is_tuple() || class_of(value).is_some();
    Ok(if host { tuple(picked) } else { List::new(picked) })
}

/// The positions that a slice picks.
fn picked(len: usize, start: Option<i64>, stop: Option<i64>, step: i64) -> impl Iterator<Item = usize> {
    let len = len as i64;
    let (low, high) = if step > 0 { (0, len) } else { (-1, len - 1) };
    let clamp = |bound: i64| if bound < 0 { (bound + len).max(low) } else { bound.min(high) };
    let first = start.map_or(if step > 0 { 0 } else { len - 1 }, clamp);
    let last = stop.map_or(if step > 0 { len } else { -1 }, clamp);
    let more = move |at: &i64| if step > 0 { *at < last } else { *at > last };
    std::iter::successors(Some(first), move |at| at.checked_add(step)).take_while(more).map(|at| at as usize)
}

/// `{% set namespace.name = value %}`
pub(super) fn set_attribute(namespace: &Value, name: &str, value: Value) -> Ran {
    match namespace.downcast_object_ref::<Namespace>() {
        Some(namespace) => {
            namespace.set(name, value);
            Ok(Value::from(()))
        }
        None => Err(PyError::raise(PyErrorKind::Template, "cannot assign attribute on non-namespace object")),
    }
}
