//! Python's equality and ordering.

use std::cmp::Ordering;

use minijinja::Error as MjError;
use minijinja::value::{Value, ValueKind};

use super::super::error::PyError;
use super::type_name;

/// Python's `a == b`.
pub fn py_eq(a: &Value, b: &Value) -> bool {
    a == b
}

/// Python's ordering.
///
/// # Errors
/// The two types cannot be ordered; `op` is the operator that the message names.
pub fn py_cmp(a: &Value, b: &Value, op: &str) -> Result<Ordering, MjError> {
    let orderable = |kind| matches!(kind, ValueKind::Number | ValueKind::Bool);
    if a.kind() == b.kind() || (orderable(a.kind()) && orderable(b.kind())) {
        return Ok(a.cmp(b));
    }
    let (left, right) = (type_name(a), type_name(b));
    Err(PyError::type_error(format!("'{op}' not supported between instances of '{left}' and '{right}'")))
}
