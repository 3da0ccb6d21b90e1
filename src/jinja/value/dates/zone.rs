//! Time zones: `pytz.timezone(...)`, `pytz.utc` and fixed offsets.

use std::fmt;
use std::sync::Arc;

use chrono::{NaiveDateTime, Offset, TimeZone};
use chrono_tz::TZ_VARIANTS;
use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Error as MjError, ErrorKind, State};

use super::super::super::error::PyError;
use super::datetime::DateTime;
use super::delta::TimeDelta;

/// A time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Zone {
    /// UTC.
    Utc,
    /// So many seconds east of UTC.
    Fixed(i32),
    /// A zone of the IANA database.
    Named(chrono_tz::Tz),
}

impl Zone {
    /// The zone of a name, as `pytz.timezone` takes it.
    ///
    /// # Errors
    /// There is no such zone.
    pub fn named(name: &str) -> Result<Zone, MjError> {
        if name.eq_ignore_ascii_case("utc") {
            return Ok(Zone::Utc);
        }
        let exact = name.parse().ok();
        let zone = exact.or_else(|| TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(name)).copied());
        zone.map(Zone::Named).ok_or_else(|| PyError::value_error(format!("'{name}'")))
    }

    /// The zone as a value.
    pub fn value(self) -> Value {
        Value::from_object(self)
    }

    /// Seconds east of UTC at a local time; the later one where clocks are set back.
    pub fn offset_of_local(&self, local: &NaiveDateTime) -> i32 {
        match self {
            Zone::Utc => 0,
            Zone::Fixed(seconds) => *seconds,
            Zone::Named(zone) => zone
                .offset_from_local_datetime(local)
                .latest()
                .map_or_else(|| self.offset_of_utc(local), |offset| offset.fix().local_minus_utc()),
        }
    }

    /// Seconds east of UTC at a time in UTC.
    pub fn offset_of_utc(&self, utc: &NaiveDateTime) -> i32 {
        match self {
            Zone::Utc => 0,
            Zone::Fixed(seconds) => *seconds,
            Zone::Named(zone) => zone.offset_from_utc_datetime(utc).fix().local_minus_utc(),
        }
    }

    /// Seconds east of UTC before the zone's first change, in whole minutes as `pytz` counts them.
    pub fn first_offset(&self) -> i32 {
        let seconds = self.offset_of_utc(&NaiveDateTime::MIN);
        match self {
            Zone::Utc | Zone::Fixed(_) => seconds,
            Zone::Named(_) => (seconds + 30).div_euclid(60) * 60,
        }
    }

    /// The zone's short name at a time in UTC: `UTC`, `EST`.
    pub fn abbreviation(&self, utc: &NaiveDateTime) -> String {
        match self {
            Zone::Utc => "UTC".to_owned(),
            Zone::Fixed(seconds) => format!("UTC{}", offset_text(*seconds, ":")),
            Zone::Named(zone) => zone.offset_from_utc_datetime(utc).to_string(),
        }
    }
}

/// `+01:00`, with seconds only where there are some.
pub(super) fn offset_text(seconds: i32, separator: &str) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let total = seconds.abs();
    let text = format!("{sign}{:02}{separator}{:02}", total / 3600, total / 60 % 60);
    if total % 60 == 0 { text } else { format!("{text}{separator}{:02}", total % 60) }
}

impl Object for Zone {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str()? == "zone").then(|| Value::from(self.to_string()))
    }

    fn call_method(self: &Arc<Self>, _state: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, MjError> {
        let moment = args.first().and_then(|value| value.downcast_object_ref::<DateTime>());
        match (name, moment) {
            ("localize", Some(moment)) if moment.zone.is_some() => {
                Err(PyError::value_error("Not naive datetime (tzinfo is already set)"))
            }
            ("localize", Some(moment)) => Ok(DateTime::new(moment.local, Some((**self).clone())).value()),
            ("normalize", Some(moment)) => Ok(moment.in_zone(self).value()),
            ("utcoffset", Some(moment)) => {
                Ok(TimeDelta::from_seconds(i64::from(self.offset_of_local(&moment.local))).value())
            }
            ("tzname", Some(moment)) => Ok(Value::from(self.abbreviation(&moment.utc()))),
            _ => Err(MjError::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Zone::Utc => f.write_str("UTC"),
            Zone::Fixed(seconds) => write!(f, "UTC{}", offset_text(*seconds, ":")),
            Zone::Named(zone) => f.write_str(zone.name()),
        }
    }
}
