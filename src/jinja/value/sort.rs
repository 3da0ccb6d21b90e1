//! Sorting with comparisons that can fail.

use std::cmp::Ordering;

use minijinja::Error as MjError;
use minijinja::value::Value;

use super::py_cmp;

/// Sorts by keys, stably; `reverse` keeps the order of equal items, as Python's does.
///
/// # Errors
/// Two keys cannot be ordered.
pub(crate) fn sort_by_keys<T>(items: &mut [(Value, T)], reverse: bool) -> Result<(), MjError> {
    let mut failed = None;
    items.sort_by(|(a, _), (b, _)| {
        if failed.is_some() {
            return Ordering::Equal;
        }
        match py_cmp(a, b, "<") {
            Ok(order) if reverse => order.reverse(),
            Ok(order) => order,
            Err(error) => {
                failed = Some(error);
                Ordering::Equal
            }
        }
    });
    failed.map_or(Ok(()), Err)
}

/// Sorts values by themselves.
///
/// # Errors
/// Two values cannot be ordered.
pub(crate) fn sort_values(items: &mut Vec<Value>, reverse: bool) -> Result<(), MjError> {
    let mut keyed: Vec<(Value, ())> = items.drain(..).map(|item| (item, ())).collect();
    sort_by_keys(&mut keyed, reverse)?;
    items.extend(keyed.into_iter().map(|(item, ())| item));
    Ok(())
}
