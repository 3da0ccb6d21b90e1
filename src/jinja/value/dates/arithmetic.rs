//! What `+`, `-`, `*` and `/` do with dates and spans of time.

use chrono::TimeDelta as Span;
use minijinja::Error as MjError;
use minijinja::value::Value;

use super::super::super::error::PyError;
use super::super::Num;
use super::{Date, DateTime, TimeDelta};

const DAY: i128 = 86_400_000_000;

fn delta(value: &Value) -> Option<TimeDelta> {
    value.downcast_object_ref::<TimeDelta>().copied()
}

/// The result of an operator when one of its sides is of this module; `None` when that is nobody's business here.
pub(crate) fn binary(op: &str, a: &Value, b: &Value) -> Option<Result<Value, MjError>> {
    a.as_object().or_else(|| b.as_object())?;
    match (op, delta(a), delta(b)) {
        ("+", Some(x), Some(y)) => return Some(span(x.micros.checked_add(y.micros))),
        ("-", Some(x), Some(y)) => return Some(span(x.micros.checked_sub(y.micros))),
        ("/" | "//" | "%", Some(_), Some(y)) if y.micros == 0 => {
            let what = if op == "%" { "integer modulo by zero" } else { "integer division or modulo by zero" };
            return Some(Err(PyError::value_error(what)));
        }
        ("/", Some(x), Some(y)) => return Some(Ok(Value::from(x.micros as f64 / y.micros as f64))),
        ("//", Some(x), Some(y)) => return Some(Ok(Num::Int(floor(x.micros, y.micros)).into_value())),
        ("%", Some(x), Some(y)) => {
            return Some(span(Some(x.micros - floor(x.micros, y.micros) * y.micros)));
        }
        ("+", None, Some(y)) => return shift(a, Some(y.micros)),
        ("+", Some(x), None) => return shift(b, Some(x.micros)),
        // Python takes the whole days of the span itself from a date: a day and an hour are one day.
        ("-", None, Some(y)) if a.downcast_object_ref::<Date>().is_some() => {
            return shift(a, Some(-(y.micros - y.micros.rem_euclid(DAY))));
        }
        ("-", None, Some(y)) => return shift(a, y.micros.checked_neg()),
        ("*" | "/" | "//", Some(x), None) => return scale(op, x, b),
        ("*", None, Some(y)) => return scale(op, y, a),
        ("-", None, None) => {}
        _ => return None,
    }
    difference(a, b)
}

/// The quotient rounded towards minus infinity.
fn floor(x: i128, y: i128) -> i128 {
    let (quotient, rest) = (x / y, x % y);
    if rest != 0 && (rest < 0) != (y < 0) { quotient - 1 } else { quotient }
}

fn span(micros: Option<i128>) -> Result<Value, MjError> {
    let span = micros.and_then(TimeDelta::checked);
    span.map(TimeDelta::value).ok_or_else(|| PyError::value_error("date value out of range"))
}

fn scale(op: &str, delta: TimeDelta, factor: &Value) -> Option<Result<Value, MjError>> {
    let factor = Num::of(factor)?.as_f64();
    if factor == 0.0 && op != "*" {
        return Some(Err(PyError::value_error("integer division or modulo by zero")));
    }
    let micros = delta.micros as f64;
    let scaled = match op {
        "*" => micros * factor,
        "/" => micros / factor,
        _ => (micros / factor).floor(),
    };
    Some(span(Some(scaled.round_ties_even() as i128)))
}

fn shift(value: &Value, micros: Option<i128>) -> Option<Result<Value, MjError>> {
    let micros = micros.and_then(|micros| i64::try_from(micros).ok());
    let overflow = || PyError::value_error("date value out of range");
    if let Some(moment) = value.downcast_object_ref::<DateTime>() {
        let local = micros.and_then(|micros| moment.local.checked_add_signed(Span::microseconds(micros)));
        return Some(local.map(|local| DateTime { local, ..moment.clone() }.value()).ok_or_else(overflow));
    }
    let date = value.downcast_object_ref::<Date>()?;
    let days = micros?.div_euclid(86_400_000_000);
    Some(date.0.checked_add_signed(Span::days(days)).map(|date| Date(date).value()).ok_or_else(overflow))
}

fn difference(a: &Value, b: &Value) -> Option<Result<Value, MjError>> {
    if let (Some(x), Some(y)) = (a.downcast_object_ref::<DateTime>(), b.downcast_object_ref::<DateTime>()) {
        if x.zone.is_some() != y.zone.is_some() {
            return Some(Err(PyError::type_error("can't subtract offset-naive and offset-aware datetimes")));
        }
        return Some(span((x.utc() - y.utc()).num_microseconds().map(i128::from)));
    }
    let (x, y) = (a.downcast_object_ref::<Date>()?, b.downcast_object_ref::<Date>()?);
    Some(span((x.0 - y.0).num_microseconds().map(i128::from)))
}
