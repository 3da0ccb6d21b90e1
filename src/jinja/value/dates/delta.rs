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
use super::class::Kind;
use super::parts::Callee;

const DAY: i128 = 86_400_000_000;
const MOST_DAYS: i128 = 999_999_999;

/// A span of time in whole microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeDelta {
    /// The span in microseconds.
    pub micros: i128,
}

impl TimeDelta {
    /// The longest span backwards.
    pub(super) const MIN: TimeDelta = TimeDelta { micros: -MOST_DAYS * DAY };
    /// The longest span.
    pub(super) const MAX: TimeDelta = TimeDelta { micros: (MOST_DAYS + 1) * DAY - 1 };

    /// A span of so many microseconds; nothing beyond what Python can hold.
    pub fn checked(micros: i128) -> Option<TimeDelta> {
        Some(TimeDelta { micros }).filter(|span| (TimeDelta::MIN..=TimeDelta::MAX).contains(span))
    }

    /// A span of so many seconds.
    pub fn from_seconds(seconds: i64) -> TimeDelta {
        TimeDelta { micros: i128::from(seconds) * 1_000_000 }
    }

    /// The span as a value.
    pub fn value(self) -> Value {
        Value::from_object(self)
    }

    /// `timedelta(days=..., ...)`
    pub(crate) fn call(args: CallArgs) -> Result<Value, MjError> {
        let names = ["days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"];
        let units = [DAY, 1_000_000, 1, 1000, 60_000_000, 3_600_000_000, 7 * DAY];
        let mut micros = 0i128;
        for ((value, unit), name) in NEW.bind(args, names)?.into_iter().zip(units).zip(names) {
            let Some(value) = value else { continue };
            let part = match Num::of(&value) {
                Some(Num::Int(int)) => int.saturating_mul(unit),
                Some(Num::Float(float)) => (float * unit as f64).round_ties_even() as i128,
                _ => {
                    let kind = type_name(&value);
                    return Err(PyError::type_error(format!(
                        "unsupported type for timedelta {name} component: {kind}"
                    )));
                }
            };
            micros = micros.saturating_add(part);
        }
        TimeDelta::checked(micros).map(TimeDelta::value).ok_or_else(|| too_large(micros))
    }

    fn days(self) -> i128 {
        self.micros.div_euclid(DAY)
    }

    fn rest(self) -> i128 {
        self.micros.rem_euclid(DAY)
    }
}

/// `timedelta(...)`
const NEW: Callee = Callee { name: "__new__()", keyword: "__new__()", required: 0 };

fn too_large(micros: i128) -> MjError {
    let days = micros.div_euclid(DAY);
    PyError::value_error(match i32::try_from(days) {
        Ok(days) => format!("days={days}; must have magnitude <= {MOST_DAYS}"),
        Err(_) => "Python int too large to convert to C int".to_owned(),
    })
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
        let number = match key.as_str()? {
            "__repr__" => return Some(Value::from(repr(**self))),
            "days" => self.days(),
            "seconds" => self.rest() / 1_000_000,
            "microseconds" => self.rest() % 1_000_000,
            name => return Kind::TimeDelta.attribute(name),
        };
        i64::try_from(number).ok().map(Value::from)
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
