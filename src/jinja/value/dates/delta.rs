//! `datetime.timedelta`.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{DynObject, Object, ObjectRepr, Value};
use minijinja::{Error as MjError, ErrorKind, State};

use super::super::super::error::PyError;
use super::super::Num;
use super::super::args::CallArgs;
use super::super::type_name;

const DAY: i64 = 86_400_000_000;

/// A span of time in whole microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeDelta {
    /// The span in microseconds.
    pub micros: i64,
}

impl TimeDelta {
    /// A span of so many microseconds.
    pub fn from_micros(micros: i64) -> TimeDelta {
        TimeDelta { micros }
    }

    /// A span of so many seconds.
    pub fn from_seconds(seconds: i64) -> TimeDelta {
        TimeDelta { micros: seconds.saturating_mul(1_000_000) }
    }

    /// The span as a value.
    pub fn value(self) -> Value {
        Value::from_object(self)
    }

    /// `timedelta(days=..., ...)`
    pub(crate) fn call(args: CallArgs) -> Result<Value, MjError> {
        let names = ["days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"];
        let units = [DAY, 1_000_000, 1, 1000, 60_000_000, 3_600_000_000, 7 * DAY];
        let mut micros = 0i64;
        for (value, unit) in args.bind("timedelta", names)?.into_iter().zip(units) {
            let Some(value) = value else { continue };
            let part = match Num::of(&value) {
                Some(Num::Int(int)) => i64::try_from(int).ok().and_then(|int| int.checked_mul(unit)),
                Some(Num::Float(float)) => Some((float * unit as f64).round_ties_even() as i64),
                _ => {
                    let kind = type_name(&value);
                    return Err(PyError::type_error(format!("unsupported type for timedelta component: {kind}")));
                }
            };
            micros = part.and_then(|part| micros.checked_add(part)).ok_or_else(too_large)?;
        }
        Ok(TimeDelta { micros }.value())
    }

    fn days(self) -> i64 {
        self.micros.div_euclid(DAY)
    }

    fn rest(self) -> i64 {
        self.micros.rem_euclid(DAY)
    }
}

fn too_large() -> MjError {
    PyError::value_error("date value out of range")
}

impl fmt::Display for TimeDelta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, rest) = (self.days(), self.rest());
        if days != 0 {
            write!(f, "{days} day{}, ", if days.abs() == 1 { "" } else { "s" })?;
        }
        let seconds = rest / 1_000_000;
        write!(f, "{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        match rest % 1_000_000 {
            0 => Ok(()),
            micros => write!(f, ".{micros:06}"),
        }
    }
}

impl Object for TimeDelta {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(Value::from(match key.as_str()? {
            "days" => self.days(),
            "seconds" => self.rest() / 1_000_000,
            "microseconds" => self.rest() % 1_000_000,
            _ => return None,
        }))
    }

    fn is_true(self: &Arc<Self>) -> bool {
        self.micros != 0
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some((**self).cmp(other.downcast_ref()?))
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        name: &str,
        _args: &[Value],
    ) -> Result<Value, MjError> {
        match name {
            "total_seconds" => Ok(Value::from(self.micros as f64 / 1e6)),
            _ => Err(MjError::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

/// `datetime.timedelta(days=1, seconds=2)`
pub(super) fn repr(delta: TimeDelta) -> String {
    let rest = delta.rest();
    let parts = [("days", delta.days()), ("seconds", rest / 1_000_000), ("microseconds", rest % 1_000_000)];
    let shown: Vec<String> = parts.iter().filter(|(_, n)| *n != 0).map(|(name, n)| format!("{name}={n}")).collect();
    format!("datetime.timedelta({})", if shown.is_empty() { "0".to_owned() } else { shown.join(", ") })
}
