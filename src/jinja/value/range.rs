//! Python's `range`.

use std::fmt;
use std::sync::Arc;

use minijinja::Error as MjError;
use minijinja::value::{Enumerator, Object, ObjectRepr, Value};

use super::super::error::PyError;
use super::super::undefined::no_element;
use super::index_arg;

/// Jinja2's sandbox refuses ranges longer than this.
const MAX_RANGE: i64 = 100_000;

/// A range of integers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range {
    start: i64,
    stop: i64,
    step: i64,
}

impl Range {
    /// The range that `range(args...)` gives.
    ///
    /// # Errors
    /// The arguments are not integers, the step is 0, or the range is longer than the sandbox allows.
    pub fn of(args: &[Value]) -> Result<Value, MjError> {
        let numbers = args.iter().map(index_arg).collect::<Result<Vec<_>, _>>()?;
        let range = match numbers[..] {
            [stop] => Range { start: 0, stop, step: 1 },
            [start, stop] => Range { start, stop, step: 1 },
            [start, stop, step] => Range { start, stop, step },
            [] => return Err(PyError::type_error("range expected at least 1 argument, got 0")),
            _ => return Err(PyError::type_error(format!("range expected at most 3 arguments, got {}", args.len()))),
        };
        if range.step == 0 {
            return Err(PyError::value_error("range() arg 3 must not be zero"));
        }
        if range.count() > MAX_RANGE {
            return Err(PyError::value_error(format!(
                "Range too big. The sandbox blocks ranges larger than MAX_RANGE ({MAX_RANGE})."
            )));
        }
        Ok(Value::from_object(range))
    }

    fn count(self) -> i64 {
        let (low, high) = if self.step > 0 { (self.start, self.stop) } else { (self.stop, self.start) };
        if low >= high { 0 } else { (high - low - 1) / self.step.abs() + 1 }
    }
}

impl Object for Range {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let count = self.count();
        let at = key.as_i64().map(|at| if at < 0 { at + count } else { at });
        let found = at.filter(|at| (0..count).contains(at)).map(|at| Value::from(self.start + at * self.step));
        found.or_else(|| Some(no_element("range object", key)))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let range = **self;
        Enumerator::Iter(Box::new(
            (0..range.count() as usize).map(move |at| Value::from(range.start + at as i64 * range.step)),
        ))
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        usize::try_from(self.count()).ok()
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "range({}, {}", self.start, self.stop)?;
        if self.step != 1 {
            write!(f, ", {}", self.step)?;
        }
        f.write_str(")")
    }
}
