//! Python's `datetime` module over chrono.

mod arithmetic;
mod class;
mod date;
mod datetime;
mod delta;
mod iso;
mod parts;
mod strftime;
mod strptime;
mod time;
mod zone;

pub use class::{Class, date_class, datetime_class, time_class, timedelta_class};
pub use date::Date;
pub use datetime::DateTime;
pub use delta::TimeDelta;
pub use time::Time;
pub use zone::Zone;

pub(crate) use arithmetic::binary;
pub(in crate::jinja::value) use datetime::incomparable;

use minijinja::Error as MjError;
use minijinja::value::Value;

use super::py_str;

/// The name of a value's type when it is one of this module's.
pub(crate) fn type_name(value: &Value) -> Option<&'static str> {
    let object = value.as_object()?;
    if object.is::<DateTime>() {
        Some("datetime.datetime")
    } else if object.is::<Date>() {
        Some("datetime.date")
    } else if object.is::<Time>() {
        Some("datetime.time")
    } else if object.is::<TimeDelta>() {
        Some("datetime.timedelta")
    } else {
        None
    }
}

/// `format(value, spec)`: dates take a strftime format.
pub(crate) fn format_spec(value: &Value, spec: &str) -> Result<String, MjError> {
    Ok(match (value.downcast_object_ref::<DateTime>(), value.downcast_object_ref::<Date>()) {
        (Some(moment), _) => strftime::strftime(moment, spec),
        (_, Some(date)) => strftime::strftime(&date.midnight(), spec),
        _ => py_str(value),
    })
}
