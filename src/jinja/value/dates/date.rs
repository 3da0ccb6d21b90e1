//! `datetime.date`, and the methods that datetimes share with it.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate, NaiveTime};
use minijinja::value::{DynObject, Object, ObjectRepr, Value};
use minijinja::{Error as MjError, ErrorKind, State};

use super::super::super::error::PyError;
use super::super::args::CallArgs;
use super::super::methods::BoundMethod;
use super::super::str_arg;
use super::class::Kind;
use super::datetime::DateTime;
use super::parts::{REPLACE, date_args, date_part, iso_calendar, make_date, part, time_tuple};
use super::strftime::strftime;

/// A date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(pub NaiveDate);

impl Date {
    /// The date as a value.
    pub fn value(self) -> Value {
        Value::from_object(self)
    }

    /// The first moment of the date.
    pub fn midnight(self) -> DateTime {
        DateTime::new(self.0.and_time(NaiveTime::MIN), None)
    }

    fn replace(self, args: CallArgs) -> Result<Value, MjError> {
        let [year, month, day] = REPLACE.bind(args, ["year", "month", "day"])?;
        let date = self.0;
        let date = make_date(
            part(year, date.year().into())?,
            part(month, date.month().into())?,
            part(day, date.day().into())?,
        )?;
        Ok(Date(date).value())
    }
}

/// The names of [`shared_method`]'s methods.
pub(super) const SHARED: [&str; 6] = ["strftime", "weekday", "isoweekday", "toordinal", "isocalendar", "ctime"];

/// Methods that dates and datetimes share.
pub(super) fn shared_method(moment: &DateTime, name: &str, args: &[Value]) -> Option<Result<Value, MjError>> {
    let date = moment.local.date();
    let weekday = date.weekday();
    Some(match (name, args) {
        ("strftime", [spec]) => str_arg(spec, "strftime() argument 1").map(|spec| Value::from(strftime(moment, spec))),
        ("strftime", _) => Err(PyError::type_error("strftime() missing required argument 'format' (pos 1)")),
        ("weekday", []) => Ok(Value::from(weekday.num_days_from_monday())),
        ("isoweekday", []) => Ok(Value::from(weekday.number_from_monday())),
        ("toordinal", []) => Ok(Value::from(date.num_days_from_ce())),
        ("isocalendar", []) => Ok(iso_calendar(date)),
        ("ctime", []) => Ok(Value::from(strftime(moment, "%a %b %e %H:%M:%S %Y"))),
        _ => return None,
    })
}

impl Object for Date {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        if name == "__repr__" {
            return Some(Value::from(format!("datetime.date({})", date_args(self.0))));
        }
        if SHARED.contains(&name) || matches!(name, "isoformat" | "replace" | "timetuple") {
            return Some(BoundMethod::of(Value::from_dyn_object(self.clone()), name));
        }
        date_part(self.0, name).map(Value::from).or_else(|| Kind::Date.attribute(name))
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some((**self).cmp(other.downcast_ref()?))
    }

    fn call_method(self: &Arc<Self>, _state: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, MjError> {
        match name {
            "isoformat" => Ok(Value::from(self.0.to_string())),
            "replace" => self.replace(CallArgs::split(args)),
            "timetuple" => Ok(time_tuple(&self.midnight(), -1)),
            _ => match shared_method(&self.midnight(), name, args) {
                Some(result) => result,
                None if date_part(self.0, name).is_some() => Err(MjError::from(ErrorKind::UnknownMethod)),
                None => Kind::Date.method(name, CallArgs::split(args)),
            },
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
