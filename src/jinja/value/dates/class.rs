//! The classes of Python's `datetime` module: callable, with their own methods and constants.

use std::fmt;
use std::sync::Arc;

use chrono::{Datelike, Local, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc, Weekday};
use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Error as MjError, ErrorKind, State};

use super::super::super::error::PyError;
use super::super::Num;
use super::super::args::{CallArgs, Function, required};
use super::super::class::{CLASS_KEY, Class as PyClass};
use super::super::{index_arg, str_arg, type_name};
use super::iso::{date_from_iso, from_iso, time_from_iso};
use super::parts::{Callee, constructor, make_date, make_time, part};
use super::strptime::strptime;
use super::zone::zone_arg;
use super::{Date, DateTime, Time, TimeDelta, Zone};

/// Which class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Date,
    DateTime,
    Time,
    TimeDelta,
}

/// A class that templates can call.
#[derive(Debug)]
pub struct Class(Kind);

/// `datetime.date`
pub fn date_class() -> Value {
    Value::from_object(Class(Kind::Date))
}

/// `datetime.datetime`
pub fn datetime_class() -> Value {
    Value::from_object(Class(Kind::DateTime))
}

/// `datetime.time`
pub fn time_class() -> Value {
    Value::from_object(Class(Kind::Time))
}

/// `datetime.timedelta`
pub fn timedelta_class() -> Value {
    Value::from_object(Class(Kind::TimeDelta))
}

fn last_time() -> NaiveTime {
    NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap_or_default()
}

impl Kind {
    /// Names of methods that can be had as values: `try_or_compiler_error(message, datetime.strptime, ...)`.
    fn methods(self) -> &'static [&'static str] {
        match self {
            Kind::Date => &["today", "fromisoformat", "fromordinal", "fromisocalendar", "fromtimestamp"],
            Kind::DateTime => &[
                "now",
                "today",
                "utcnow",
                "strptime",
                "fromisoformat",
                "fromtimestamp",
                "utcfromtimestamp",
                "combine",
                "fromordinal",
                "fromisocalendar",
            ],
            Kind::Time => &["fromisoformat"],
            Kind::TimeDelta => &[],
        }
    }

    /// What the class answers to a name: its constants, and its methods uncalled.
    pub fn attribute(self, name: &str) -> Option<Value> {
        match name {
            "min" | "max" | "resolution" => Some(self.constant(name)),
            _ => {
                let method = self.methods().iter().find(|known| **known == name)?;
                Some(Function::new(method, move |_, args| self.method(method, args)))
            }
        }
    }

    fn constant(self, name: &str) -> Value {
        let first = NaiveDate::from_ymd_opt(1, 1, 1).unwrap_or_default();
        let last = NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or_default();
        match (self, name) {
            (Kind::Date, "min") => Date(first).value(),
            (Kind::Date, "max") => Date(last).value(),
            (Kind::Date, _) => TimeDelta::from_seconds(86_400).value(),
            (Kind::DateTime, "min") => DateTime::new(first.and_time(NaiveTime::MIN), None).value(),
            (Kind::DateTime, "max") => DateTime::new(last.and_time(last_time()), None).value(),
            (Kind::Time, "min") => Time::new(NaiveTime::MIN).value(),
            (Kind::Time, "max") => Time::new(last_time()).value(),
            (Kind::TimeDelta, "min") => TimeDelta::MIN.value(),
            (Kind::TimeDelta, "max") => TimeDelta::MAX.value(),
            _ => TimeDelta { micros: 1 }.value(),
        }
    }

    fn construct(self, args: CallArgs) -> Result<Value, MjError> {
        match self {
            Kind::Date => {
                let [year, month, day] = constructor(3).bind(args, ["year", "month", "day"])?;
                Ok(Date(make_date(part(year, 0)?, part(month, 0)?, part(day, 0)?)?).value())
            }
            Kind::Time => {
                let names = ["hour", "minute", "second", "microsecond", "tzinfo"];
                let [hour, minute, second, micro, zone] = constructor(0).bind(args, names)?;
                let clock = make_time(part(hour, 0)?, part(minute, 0)?, part(second, 0)?, part(micro, 0)?)?;
                Ok(Time { clock, zone: zone_arg(zone)? }.value())
            }
            Kind::DateTime => {
                let names = ["year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo"];
                let [year, month, day, hour, minute, second, micro, zone] = constructor(3).bind(args, names)?;
                let date = make_date(part(year, 0)?, part(month, 0)?, part(day, 0)?)?;
                let time = make_time(part(hour, 0)?, part(minute, 0)?, part(second, 0)?, part(micro, 0)?)?;
                Ok(DateTime::with_tzinfo(date.and_time(time), zone_arg(zone)?).value())
            }
            Kind::TimeDelta => TimeDelta::call(args),
        }
    }

    /// A method of the class.
    ///
    /// # Errors
    /// The method's own; `UnknownMethod` where the class has none of that name.
    pub fn method(self, name: &str, args: CallArgs) -> Result<Value, MjError> {
        if !self.methods().contains(&name) {
            return Err(MjError::from(ErrorKind::UnknownMethod));
        }
        match (self, name) {
            (Kind::Time, _) => Ok(time_from_iso(&iso_text(args)?)?.value()),
            (Kind::Date, "today") => Ok(Date(Local::now().date_naive()).value()),
            (Kind::Date, "fromisoformat") => Ok(Date(date_from_iso(&iso_text(args)?)?).value()),
            (_, "fromisoformat") => Ok(from_iso(&iso_text(args)?)?.value()),
            (_, "fromordinal" | "fromisocalendar") => {
                let date = if name == "fromordinal" { from_ordinal(args)? } else { from_iso_calendar(args)? };
                let date = Date(date);
                Ok(if self == Kind::Date { date.value() } else { date.midnight().value() })
            }
            (Kind::Date, _) => {
                let [stamp] = args.bind(name, ["timestamp"])?;
                let moment = from_timestamp(&required(stamp, name, "timestamp")?, None, false)?;
                Ok(Date(moment.local.date()).value())
            }
            _ => datetime_method(name, args),
        }
    }
}

fn datetime_method(name: &str, args: CallArgs) -> Result<Value, MjError> {
    match name {
        "now" | "today" => {
            let [tz] = args.bind(name, ["tz"])?;
            Ok(match zone_arg(tz)? {
                Some(zone) => DateTime::from_utc(Utc::now().naive_utc(), zone).value(),
                None => DateTime::new(Local::now().naive_local(), None).value(),
            })
        }
        "utcnow" => Ok(DateTime::new(Utc::now().naive_utc(), None).value()),
        "strptime" => {
            let given = args.pos.len() + args.named.len();
            let [text, format] = args.bind(name, ["date_string", "format"])?;
            let (Some(text), Some(format)) = (text, format) else {
                return Err(PyError::type_error(format!("strptime() takes exactly 2 arguments ({given} given)")));
            };
            let text = str_arg(&text, "strptime() argument 1")?;
            Ok(strptime(text, str_arg(&format, "strptime() argument 2")?)?.value())
        }
        "fromtimestamp" | "utcfromtimestamp" => {
            let [stamp, tz] = args.bind(name, ["timestamp", "tz"])?;
            let stamp = required(stamp, name, "timestamp")?;
            from_timestamp(&stamp, zone_arg(tz)?, name == "utcfromtimestamp").map(DateTime::value)
        }
        _ => combine(args),
    }
}

fn iso_text(args: CallArgs) -> Result<String, MjError> {
    let [text] = args.bind("fromisoformat", ["date_string"])?;
    let text = required(text, "fromisoformat", "date_string")?;
    let text = text.as_str().ok_or_else(|| PyError::type_error("fromisoformat: argument must be str"))?;
    Ok(text.to_owned())
}

fn from_ordinal(args: CallArgs) -> Result<NaiveDate, MjError> {
    let [ordinal] = args.bind("fromordinal", ["ordinal"])?;
    let days = index_arg(&required(ordinal, "fromordinal", "ordinal")?)?;
    if days < 1 {
        return Err(PyError::value_error("ordinal must be >= 1"));
    }
    let date = i32::try_from(days).ok().and_then(NaiveDate::from_num_days_from_ce_opt);
    match date {
        Some(date) if date.year() <= 9999 => Ok(date),
        Some(date) => Err(PyError::value_error(format!("year {} is out of range", date.year()))),
        None => Err(PyError::value_error(format!("year {} is out of range", days / 365))),
    }
}

fn from_iso_calendar(args: CallArgs) -> Result<NaiveDate, MjError> {
    let callee = Callee { name: "fromisocalendar()", keyword: "fromisocalendar()", required: 3 };
    let [year, week, day] = callee.bind(args, ["year", "week", "day"])?;
    iso_week_date(part(year, 0)?, part(week, 0)?, part(day, 0)?)
}

/// The date of a day in a week of the ISO calendar.
///
/// # Errors
/// There is no such week or day.
pub(super) fn iso_week_date(year: i64, week: i64, day: i64) -> Result<NaiveDate, MjError> {
    if !(1..=9999).contains(&year) {
        return Err(PyError::value_error(format!("Year is out of range: {year}")));
    }
    if !(1..=7).contains(&day) {
        return Err(PyError::value_error(format!("Invalid day: {day} (range is [1, 7])")));
    }
    let weekday = Weekday::try_from((day - 1) as u8).unwrap_or(Weekday::Mon);
    let date = u32::try_from(week).ok().and_then(|week| NaiveDate::from_isoywd_opt(year as i32, week, weekday));
    date.ok_or_else(|| PyError::value_error(format!("Invalid week: {week}")))
}

fn from_timestamp(stamp: &Value, zone: Option<Zone>, utc: bool) -> Result<DateTime, MjError> {
    let Some(seconds) = Num::of(stamp) else {
        let kind = type_name(stamp);
        return Err(PyError::type_error(format!("'{kind}' object cannot be interpreted as an integer")));
    };
    let micros = (seconds.as_f64() * 1e6).round_ties_even() as i64;
    let moment = chrono::DateTime::from_timestamp_micros(micros).map(|moment| moment.naive_utc());
    let moment = match moment {
        Some(moment) if (1..=9999).contains(&moment.year()) => moment,
        Some(moment) => return Err(PyError::value_error(format!("year {} is out of range", moment.year()))),
        None => return Err(PyError::value_error("year is out of range")),
    };
    Ok(match zone {
        Some(zone) => DateTime::from_utc(moment, zone),
        None if utc => DateTime::new(moment, None),
        None => DateTime::new(Local.from_utc_datetime(&moment).naive_local(), None),
    })
}

fn combine(args: CallArgs) -> Result<Value, MjError> {
    let [date, time, zone] = args.bind("combine", ["date", "time", "tzinfo"])?;
    let (date, time) = (required(date, "combine", "date")?, required(time, "combine", "time")?);
    let wrong = |number: u32, wanted: &str, value: &Value| {
        let kind = type_name(value);
        PyError::type_error(format!("combine() argument {number} must be datetime.{wanted}, not {kind}"))
    };
    let day = date.downcast_object_ref::<Date>().map(|date| date.0);
    let day = day.or_else(|| date.downcast_object_ref::<DateTime>().map(|moment| moment.local.date()));
    let day = day.ok_or_else(|| wrong(1, "date", &date))?;
    let clock = time.downcast_object_ref::<Time>().ok_or_else(|| wrong(2, "time", &time))?;
    let zone = if zone.is_some() { zone_arg(zone)? } else { clock.zone.clone() };
    Ok(DateTime::with_tzinfo(NaiveDateTime::new(day, clock.clock), zone).value())
}

impl Object for Class {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, MjError> {
        self.0.construct(CallArgs::split(args))
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            CLASS_KEY => Some(PyClass::callable("", "type").value()),
            name => self.0.attribute(name),
        }
    }

    fn call_method(self: &Arc<Self>, _state: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, MjError> {
        self.0.method(name, CallArgs::split(args))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<class 'datetime.{}'>", format!("{:?}", self.0).to_lowercase())
    }
}
