//! `datetime.datetime`, `datetime.date` and `datetime.time`.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use minijinja::value::{DynObject, Object, ObjectRepr, Value};
use minijinja::{Error as MjError, ErrorKind, State};

use super::super::super::error::PyError;
use super::super::args::CallArgs;
use super::super::methods::BoundMethod;
use super::super::{index_arg, str_arg, tuple};
use super::delta::TimeDelta;
use super::strftime::strftime;
use super::zone::{Zone, offset_text};

/// A date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(pub NaiveDate);

/// A time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub NaiveTime);

/// A date and time, with or without a zone.
#[derive(Debug, Clone)]
pub struct DateTime {
    /// The time on the clock.
    pub local: NaiveDateTime,
    /// The zone that the clock is in.
    pub zone: Option<Zone>,
    /// Seconds east of UTC, when there is a zone.
    pub offset: i32,
}

impl Date {
    /// The date as a value.
    pub fn value(self) -> Value {
        Value::from_object(self)
    }

    /// The first moment of the date.
    pub fn midnight(self) -> DateTime {
        DateTime::new(self.0.and_time(NaiveTime::MIN), None)
    }
}

impl Time {
    /// The time as a value.
    pub fn value(self) -> Value {
        Value::from_object(self)
    }
}

impl DateTime {
    /// A local time in a zone.
    pub fn new(local: NaiveDateTime, zone: Option<Zone>) -> DateTime {
        let offset = zone.as_ref().map_or(0, |zone| zone.offset_of_local(&local));
        DateTime { local, zone, offset }
    }

    /// A local time that is given a zone as `tzinfo`. A zone of `pytz` that has not been told a time is in its first
    /// offset, mostly local mean time to the minute, and stays there; only `localize` looks for the right one.
    pub fn with_tzinfo(local: NaiveDateTime, zone: Option<Zone>) -> DateTime {
        let offset = zone.as_ref().map_or(0, Zone::first_offset);
        DateTime { local, zone, offset }
    }

    /// A time in UTC, shown in a zone.
    pub fn from_utc(utc: NaiveDateTime, zone: Zone) -> DateTime {
        let offset = zone.offset_of_utc(&utc);
        DateTime { local: shifted(utc, i64::from(offset)), zone: Some(zone), offset }
    }

    /// The date and time as a value.
    pub fn value(self) -> Value {
        Value::from_object(self)
    }

    /// The time in UTC; a time without a zone counts as UTC.
    pub fn utc(&self) -> NaiveDateTime {
        shifted(self.local, -i64::from(self.offset))
    }

    /// The same moment in another zone.
    pub fn in_zone(&self, zone: &Zone) -> DateTime {
        DateTime::from_utc(self.utc(), zone.clone())
    }

    /// The offset as `isoformat` writes it; nothing without a zone.
    pub(super) fn offset_text(&self, separator: &str) -> String {
        if self.zone.is_some() { offset_text(self.offset, separator) } else { String::new() }
    }

    fn iso(&self, separator: &str, spec: &str) -> String {
        let date = self.local.date();
        format!("{date}{separator}{}{}", time_text(self.local.time(), spec), self.offset_text(":"))
    }
}

fn shifted(time: NaiveDateTime, seconds: i64) -> NaiveDateTime {
    time.checked_add_signed(chrono::TimeDelta::seconds(seconds)).unwrap_or(time)
}

fn time_text(time: NaiveTime, spec: &str) -> String {
    let micros = time.nanosecond() / 1000;
    match spec {
        "hours" => format!("{:02}", time.hour()),
        "minutes" => time.format("%H:%M").to_string(),
        "seconds" => time.format("%H:%M:%S").to_string(),
        "milliseconds" => format!("{}.{:03}", time.format("%H:%M:%S"), micros / 1000),
        "auto" if micros == 0 => time.format("%H:%M:%S").to_string(),
        _ => format!("{}.{micros:06}", time.format("%H:%M:%S")),
    }
}

fn date_part(date: NaiveDate, name: &str) -> Option<i64> {
    match name {
        "year" => Some(i64::from(date.year())),
        "month" => Some(i64::from(date.month())),
        "day" => Some(i64::from(date.day())),
        _ => None,
    }
}

fn time_part(time: NaiveTime, name: &str) -> Option<i64> {
    match name {
        "hour" => Some(i64::from(time.hour())),
        "minute" => Some(i64::from(time.minute())),
        "second" => Some(i64::from(time.second())),
        "microsecond" => Some(i64::from(time.nanosecond() / 1000)),
        _ => None,
    }
}

/// Methods that dates and datetimes share.
fn date_method(moment: &DateTime, name: &str, args: &[Value]) -> Option<Result<Value, MjError>> {
    let date = moment.local.date();
    let weekday = date.weekday();
    Some(match (name, args) {
        ("strftime", [spec]) => str_arg(spec, "strftime() argument 1").map(|spec| Value::from(strftime(moment, spec))),
        ("weekday", []) => Ok(Value::from(weekday.num_days_from_monday())),
        ("isoweekday", []) => Ok(Value::from(weekday.number_from_monday())),
        ("toordinal", []) => Ok(Value::from(date.num_days_from_ce())),
        ("isocalendar", []) => {
            let week = date.iso_week();
            let parts = [i64::from(week.year()), i64::from(week.week()), i64::from(weekday.number_from_monday())];
            Ok(tuple(parts.map(Value::from).to_vec()))
        }
        ("ctime", []) => Ok(Value::from(strftime(moment, "%a %b %e %H:%M:%S %Y"))),
        _ => return None,
    })
}

fn unknown() -> Result<Value, MjError> {
    Err(MjError::from(ErrorKind::UnknownMethod))
}

/// A field given to `replace`, or the one there was.
fn field(given: Option<Value>, current: i64) -> Result<u32, MjError> {
    let value = given.map_or(Ok(current), |value| index_arg(&value))?;
    u32::try_from(value).map_err(|_| PyError::value_error("a field of a date or time cannot be negative"))
}

/// A date from its parts.
///
/// # Errors
/// There is no such date.
pub(super) fn make_date(year: i64, month: u32, day: u32) -> Result<NaiveDate, MjError> {
    let out = |message: String| Err(PyError::value_error(message));
    if !(1..=9999).contains(&year) {
        return out(format!("year {year} is out of range"));
    }
    if !(1..=12).contains(&month) {
        return out("month must be in 1..12".to_owned());
    }
    let date = NaiveDate::from_ymd_opt(year as i32, month, day);
    date.ok_or_else(|| PyError::value_error("day is out of range for month"))
}

/// A time of day from its parts.
///
/// # Errors
/// There is no such time.
pub(super) fn make_time(hour: u32, minute: u32, second: u32, micro: u32) -> Result<NaiveTime, MjError> {
    let bounds = [("hour", hour, 23), ("minute", minute, 59), ("second", second, 59), ("microsecond", micro, 999_999)];
    for (name, value, most) in bounds {
        if value > most {
            return Err(PyError::value_error(format!("{name} must be in 0..{most}")));
        }
    }
    let time = NaiveTime::from_hms_micro_opt(hour, minute, second, micro);
    time.ok_or_else(|| PyError::value_error("time is out of range"))
}

/// The methods of dates that templates call, and those that only moments have.
const DATE_METHODS: [&str; 8] =
    ["isoformat", "replace", "strftime", "weekday", "isoweekday", "isocalendar", "toordinal", "ctime"];
const MOMENT_METHODS: [&str; 7] = ["date", "time", "timestamp", "astimezone", "utcoffset", "tzname", "dst"];

impl Object for Date {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        let method = || BoundMethod::among(&DATE_METHODS, || Value::from_dyn_object(self.clone()), name);
        date_part(self.0, name).map(Value::from).or_else(method)
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some((**self).cmp(other.downcast_ref()?))
    }

    fn call_method(self: &Arc<Self>, _state: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, MjError> {
        match name {
            "isoformat" => Ok(Value::from(self.0.to_string())),
            "replace" => {
                let [year, month, day] = CallArgs::split(args).bind("replace", ["year", "month", "day"])?;
                let year = year.map_or(Ok(i64::from(self.0.year())), |year| index_arg(&year))?;
                let date = make_date(year, field(month, self.0.month().into())?, field(day, self.0.day().into())?)?;
                Ok(Date(date).value())
            }
            _ => date_method(&self.midnight(), name, args).unwrap_or_else(unknown),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Object for Time {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        time_part(self.0, key.as_str()?).map(Value::from)
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some((**self).cmp(other.downcast_ref()?))
    }

    fn call_method(self: &Arc<Self>, _state: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, MjError> {
        match (name, args) {
            ("isoformat", _) => Ok(Value::from(time_text(self.0, "auto"))),
            ("strftime", [spec]) => {
                let day = NaiveDate::from_ymd_opt(1900, 1, 1).unwrap_or_default();
                Ok(Value::from(strftime(
                    &DateTime::new(day.and_time(self.0), None),
                    str_arg(spec, "strftime() argument 1")?,
                )))
            }
            _ => unknown(),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&time_text(self.0, "auto"))
    }
}

impl DateTime {
    fn replace(&self, args: &[Value]) -> Result<Value, MjError> {
        let names = ["year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo"];
        let [year, month, day, hour, minute, second, micro, zone] = CallArgs::split(args).bind("replace", names)?;
        let (date, time) = (self.local.date(), self.local.time());
        let year = year.map_or(Ok(i64::from(date.year())), |year| index_arg(&year))?;
        let date = make_date(year, field(month, date.month().into())?, field(day, date.day().into())?)?;
        let time = make_time(
            field(hour, time.hour().into())?,
            field(minute, time.minute().into())?,
            field(second, time.second().into())?,
            field(micro, (time.nanosecond() / 1000).into())?,
        )?;
        let local = date.and_time(time);
        Ok(match zone {
            Some(zone) => DateTime::with_tzinfo(local, zone.downcast_object_ref::<Zone>().cloned()),
            None => DateTime { local, ..self.clone() },
        }
        .value())
    }

    fn zone_method(&self, name: &str) -> Option<Value> {
        let Some(zone) = &self.zone else {
            return matches!(name, "utcoffset" | "tzname" | "dst").then(|| Value::from(()));
        };
        match name {
            "utcoffset" => Some(TimeDelta::from_seconds(i64::from(self.offset)).value()),
            "tzname" => Some(Value::from(zone.abbreviation(&self.utc()))),
            _ => None,
        }
    }
}

impl Object for DateTime {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        if name == "tzinfo" {
            return Some(self.zone.clone().map_or_else(|| Value::from(()), Zone::value));
        }
        let this = || Value::from_dyn_object(self.clone());
        let method = || {
            let own = BoundMethod::among(&MOMENT_METHODS, this, name);
            own.or_else(|| BoundMethod::among(&DATE_METHODS, this, name))
        };
        let part = date_part(self.local.date(), name).or_else(|| time_part(self.local.time(), name));
        part.map(Value::from).or_else(method)
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some(self.utc().cmp(&other.downcast_ref::<DateTime>()?.utc()))
    }

    fn call_method(self: &Arc<Self>, _state: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, MjError> {
        match name {
            "date" => Ok(Date(self.local.date()).value()),
            "time" => Ok(Time(self.local.time()).value()),
            "timestamp" => Ok(Value::from(self.utc().and_utc().timestamp_micros() as f64 / 1e6)),
            "replace" => self.replace(args),
            "astimezone" => {
                let zone = args.first().and_then(|zone| zone.downcast_object_ref::<Zone>());
                Ok(self.in_zone(zone.unwrap_or(&Zone::Utc)).value())
            }
            "isoformat" => {
                let [separator, spec] = CallArgs::split(args).bind("isoformat", ["sep", "timespec"])?;
                let text = |value: &Option<Value>, default: &str| {
                    value.as_ref().and_then(Value::as_str).unwrap_or(default).to_owned()
                };
                Ok(Value::from(self.iso(&text(&separator, "T"), &text(&spec, "auto"))))
            }
            _ => match self.zone_method(name) {
                Some(value) => Ok(value),
                None => date_method(self, name, args).unwrap_or_else(unknown),
            },
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iso(" ", "auto"))
    }
}

/// What `repr` prints for a date, a time, a datetime or a timedelta: the call that makes it.
pub(in crate::jinja::value) fn repr(value: &Value) -> Option<String> {
    let time_parts = |time: NaiveTime| {
        let mut parts = vec![time.hour(), time.minute(), time.second(), time.nanosecond() / 1000];
        while parts.len() > 2 && parts.last() == Some(&0) {
            parts.pop();
        }
        parts.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
    };
    let date_parts = |date: NaiveDate| format!("{}, {}, {}", date.year(), date.month(), date.day());
    if let Some(moment) = value.downcast_object_ref::<DateTime>() {
        let zone = moment.zone.as_ref().map_or_else(String::new, |zone| match zone {
            Zone::Utc => ", tzinfo=<UTC>".to_owned(),
            other => format!(", tzinfo=<DstTzInfo '{other}'>"),
        });
        return Some(format!(
            "datetime.datetime({}, {}{zone})",
            date_parts(moment.local.date()),
            time_parts(moment.local.time())
        ));
    }
    if let Some(date) = value.downcast_object_ref::<Date>() {
        return Some(format!("datetime.date({})", date_parts(date.0)));
    }
    if let Some(time) = value.downcast_object_ref::<Time>() {
        return Some(format!("datetime.time({})", time_parts(time.0)));
    }
    value.downcast_object_ref::<TimeDelta>().map(|delta| super::delta::repr(*delta))
}
