//! Python's equality and ordering.

use std::cmp::Ordering;

use minijinja::Error as MjError;
use minijinja::value::{Value, ValueKind};

use super::super::error::PyError;
use super::super::undefined::{is_undefined, require_defined};
use super::dates::incomparable;
use super::decimal::Decimal;
use super::list::Set;
use super::named_tuple::is_tuple;
use super::number::Num;
use super::{iterate, type_name};

/// Python's `a == b`.
pub fn py_eq(a: &Value, b: &Value) -> bool {
    if let (Some(a), Some(b)) = (a.as_str(), b.as_str()) {
        return a == b;
    }
    if let (Some(a), Some(b)) = (a.downcast_object_ref::<Decimal>(), b.downcast_object_ref::<Decimal>()) {
        return a.compare(b) == Some(Ordering::Equal);
    }
    if let (Some(a), Some(b)) = (Num::of(a), Num::of(b)) {
        return a.compare(&b) == Some(Ordering::Equal);
    }
    match (is_undefined(a), is_undefined(b)) {
        (false, false) => {}
        (a, b) => return a && b,
    }
    match (a.kind(), b.kind()) {
        (ValueKind::Seq, ValueKind::Seq) => is_tuple(a) == is_tuple(b) && same_items(a, b),
        (ValueKind::Map, ValueKind::Map) => same_entries(a, b),
        (ValueKind::Iterable, ValueKind::Iterable) => match (set(a), set(b)) {
            (Some(a), Some(b)) => a.same(b),
            _ => a == b,
        },
        _ => a == b,
    }
}

fn set(value: &Value) -> Option<&Set> {
    value.downcast_object_ref::<Set>()
}

fn same_items(a: &Value, b: &Value) -> bool {
    match (a.try_iter(), b.try_iter()) {
        (Ok(a), Ok(b)) => a.len_hint() == b.len_hint() && a.zip_all(b),
        _ => false,
    }
}

/// Helpers to compare two iterators that may differ in length.
trait Zip: Iterator<Item = Value> + Sized {
    fn len_hint(&self) -> Option<usize> {
        self.size_hint().1
    }

    fn zip_all(mut self, mut other: impl Iterator<Item = Value>) -> bool {
        loop {
            match (self.next(), other.next()) {
                (None, None) => return true,
                (Some(a), Some(b)) if py_eq(&a, &b) => {}
                _ => return false,
            }
        }
    }
}

impl<I: Iterator<Item = Value>> Zip for I {}

fn same_entries(a: &Value, b: &Value) -> bool {
    let (Some(left), Some(right)) = (a.as_object(), b.as_object()) else { return false };
    let (Some(pairs), Some(len)) = (left.try_iter_pairs(), right.enumerator_len()) else { return a == b };
    let mut count = 0;
    let all = pairs
        .inspect(|_| count += 1)
        .all(|(key, value)| right.get_value(&key).is_some_and(|other| !is_undefined(&other) && py_eq(&value, &other)));
    all && count == len
}

/// Python's ordering.
///
/// # Errors
/// The two types cannot be ordered; `op` is the operator that the message names.
pub fn py_cmp(a: &Value, b: &Value, op: &str) -> Result<Ordering, MjError> {
    if let (Some(a), Some(b)) = (a.as_str(), b.as_str()) {
        return Ok(a.cmp(b));
    }
    if let (Some(a), Some(b)) = (a.downcast_object_ref::<Decimal>(), b.downcast_object_ref::<Decimal>()) {
        return Ok(a.compare(b).unwrap_or(Ordering::Less));
    }
    if let (Some(a), Some(b)) = (Num::of(a), Num::of(b)) {
        return Ok(a.compare(&b).unwrap_or(Ordering::Less));
    }
    require_defined(a)?;
    require_defined(b)?;
    let (left, right) = (type_name(a), type_name(b));
    let unordered = || PyError::type_error(format!("'{op}' not supported between instances of '{left}' and '{right}'"));
    match (a.kind(), b.kind()) {
        (ValueKind::Seq, ValueKind::Seq) if is_tuple(a) == is_tuple(b) => compare_items(a, b, op),
        (ValueKind::Bytes, ValueKind::Bytes) => Ok(a.as_bytes().cmp(&b.as_bytes())),
        (ValueKind::Plain, ValueKind::Plain) => match (a.as_object(), b.as_object()) {
            (Some(x), Some(y)) => match incomparable(a, b) {
                Some(error) => Err(error),
                None => x.custom_cmp(y).ok_or_else(unordered),
            },
            _ => Err(unordered()),
        },
        _ => Err(unordered()),
    }
}

fn compare_items(a: &Value, b: &Value, op: &str) -> Result<Ordering, MjError> {
    let (a, b) = (iterate(a)?, iterate(b)?);
    for (left, right) in a.iter().zip(&b) {
        if !py_eq(left, right) {
            return py_cmp(left, right, op);
        }
    }
    Ok(a.len().cmp(&b.len()))
}
