//! The classes of Python's `datetime` module: callable, with their own methods and constants.

use std::fmt;
use std::sync::Arc;

use chrono::{Local, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Error as MjError, ErrorKind, State};

use super::super::super::error::PyError;
use super::super::Num;
use super::super::args::{CallArgs, Function, required};
use super::super::{index_arg, str_arg};
use super::datetime::{make_date, make_time};
use super::strptime::{from_iso, strptime};
use super::{Date, DateTime, Time, TimeDelta, Zone};

/// Which class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Date,
    DateTime,
    Time,
    TimeDelta,
}

/// What `datetime.datetime` can be asked, also as a value: `try_or_compiler_error(message, datetime.strptime, ...)`.
const DATETIME_METHODS: [&str; 8] =
    ["now", "today", "utcnow", "strptime", "fromisoformat", "fromtimestamp", "utcfromtimestamp", "combine"];

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

fn number(value: Option<Value>) -> Result<u32, MjError> {
    let int = value.map_or(Ok(0), |value| index_arg(&value))?;
    u32::try_from(int).map_err(|_| PyError::value_error("a field of a date or time cannot be negative"))
}

fn zone(value: Option<Value>) -> Option<Zone> {
    value.and_then(|value| value.downcast_object_ref::<Zone>().cloned())
}

fn date_of(function: &str, parts: [Option<Value>; 3]) -> Result<NaiveDate, MjError> {
    let [year, month, day] = parts;
    let year = index_arg(&required(year, function, "year")?)?;
    make_date(year, number(Some(required(month, function, "month")?))?, number(Some(required(day, function, "day")?))?)
}

fn time_of(parts: [Option<Value>; 4]) -> Result<NaiveTime, MjError> {
    let [hour, minute, second, micro] = parts;
    make_time(number(hour)?, number(minute)?, number(second)?, number(micro)?)
}

impl Class {
    fn construct(&self, args: CallArgs) -> Result<Value, MjError> {
        match self.0 {
            Kind::Date => Ok(Date(date_of("date", args.bind("date", ["year", "month", "day"])?)?).value()),
            Kind::Time => {
                let [hour, minute, second, micro, _] =
                    args.bind("time", ["hour", "minute", "second", "microsecond", "tzinfo"])?;
                Ok(Time(time_of([hour, minute, second, micro])?).value())
            }
            Kind::DateTime => {
                let names = ["year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo"];
                let [year, month, day, hour, minute, second, micro, tz] = args.bind("datetime", names)?;
                let date = date_of("datetime", [year, month, day])?;
                let time = time_of([hour, minute, second, micro])?;
                Ok(DateTime::with_tzinfo(date.and_time(time), zone(tz)).value())
            }
            Kind::TimeDelta => TimeDelta::call(args),
        }
    }

    fn method(&self, name: &str, args: CallArgs) -> Result<Value, MjError> {
        match (self.0, name) {
            (Kind::Date, "today") => Ok(Date(Local::now().date_naive()).value()),
            (Kind::Date, "fromisoformat") => Ok(Date(iso(args)?.local.date()).value()),
            (Kind::DateTime, _) => Class::datetime_method(name, args),
            _ => Err(MjError::from(ErrorKind::UnknownMethod)),
        }
    }

    fn datetime_method(name: &str, args: CallArgs) -> Result<Value, MjError> {
        match name {
            "now" | "today" => {
                let [tz] = args.bind(name, ["tz"])?;
                Ok(match zone(tz) {
                    Some(zone) => DateTime::from_utc(Utc::now().naive_utc(), zone).value(),
                    None => DateTime::new(Local::now().naive_local(), None).value(),
                })
            }
            "utcnow" => Ok(DateTime::new(Utc::now().naive_utc(), None).value()),
            "strptime" => {
                let [text, format] = args.bind(name, ["date_string", "format"])?;
                let (text, format) = (required(text, name, "date_string")?, required(format, name, "format")?);
                Ok(strptime(str_arg(&text, "strptime() argument 1")?, str_arg(&format, "strptime() argument 2")?)?
                    .value())
            }
            "fromisoformat" => Ok(iso(args)?.value()),
            "fromtimestamp" | "utcfromtimestamp" => {
                let [stamp, tz] = args.bind(name, ["timestamp", "tz"])?;
                from_timestamp(&required(stamp, name, "timestamp")?, zone(tz), name == "utcfromtimestamp")
            }
            "combine" => {
                let [date, time] = args.bind(name, ["date", "time"])?;
                combine(date.as_ref(), time.as_ref())
            }
            _ => Err(MjError::from(ErrorKind::UnknownMethod)),
        }
    }
}

fn iso(args: CallArgs) -> Result<DateTime, MjError> {
    let [text] = args.bind("fromisoformat", ["date_string"])?;
    let text = required(text, "fromisoformat", "date_string")?;
    from_iso(text.as_str().ok_or_else(|| PyError::type_error("fromisoformat: argument must be str"))?)
}

fn from_timestamp(stamp: &Value, zone: Option<Zone>, utc: bool) -> Result<Value, MjError> {
    let seconds = Num::of(stamp).ok_or_else(|| PyError::type_error("an integer is required"))?.as_f64();
    let moment = chrono::DateTime::from_timestamp_micros((seconds * 1e6).round_ties_even() as i64);
    let moment = moment.ok_or_else(|| PyError::value_error("year is out of range"))?.naive_utc();
    Ok(match zone {
        Some(zone) => DateTime::from_utc(moment, zone).value(),
        None if utc => DateTime::new(moment, None).value(),
        None => DateTime::new(Local.from_utc_datetime(&moment).naive_local(), None).value(),
    })
}

fn combine(date: Option<&Value>, time: Option<&Value>) -> Result<Value, MjError> {
    let date = date.and_then(|value| {
        let date = value.downcast_object_ref::<Date>().map(|date| date.0);
        date.or_else(|| value.downcast_object_ref::<DateTime>().map(|moment| moment.local.date()))
    });
    let time = time.and_then(|value| value.downcast_object_ref::<Time>());
    match (date, time) {
        (Some(date), Some(time)) => Ok(DateTime::new(NaiveDateTime::new(date, time.0), None).value()),
        _ => Err(PyError::type_error("combine() takes a date and a time")),
    }
}

impl Object for Class {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, MjError> {
        self.construct(CallArgs::split(args))
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let names: &[&'static str] = match self.0 {
            Kind::Date => &["today", "fromisoformat"],
            Kind::DateTime => &DATETIME_METHODS,
            Kind::Time | Kind::TimeDelta => return None,
        };
        let name = names.iter().find(|name| key.as_str() == Some(name))?;
        let class = self.clone();
        Some(Function::new(name, move |_, args| class.method(name, args)))
    }

    fn call_method(self: &Arc<Self>, _state: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, MjError> {
        self.method(name, CallArgs::split(args))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<class 'datetime.{}'>", format!("{:?}", self.0).to_lowercase())
    }
}
