//! What the types of this module share: the parts of dates and times with their bounds, the tuples made of them, and
//! arguments bound in the words of Python's functions that are written in C.

use chrono::{Datelike, NaiveDate, NaiveTime, Timelike};
use minijinja::Error as MjError;
use minijinja::value::Value;

use super::super::super::error::PyError;
use super::super::args::CallArgs;
use super::super::index_arg;
use super::super::named_tuple::NamedTuple;
use super::datetime::DateTime;

/// How a C function says that an argument is wrong.
pub(super) struct Callee {
    /// `function`, or the name with its brackets.
    pub name: &'static str,
    /// What an unknown keyword is invalid for.
    pub keyword: &'static str,
    /// Parameters that must be given.
    pub required: usize,
}

impl Callee {
    /// Binds arguments to parameters.
    ///
    /// # Errors
    /// There are too many, one of an unknown name, or a required one is missing.
    pub fn bind<const N: usize>(&self, args: CallArgs, params: [&str; N]) -> Result<[Option<Value>; N], MjError> {
        let given = args.pos.len() + args.named.len();
        if given > N {
            let name = self.name;
            let kind = if args.named.is_empty() && N > 7 { "positional arguments" } else { "arguments" };
            return Err(PyError::type_error(format!("{name} takes at most {N} {kind} ({given} given)")));
        }
        if let Some((unknown, _)) = args.named.iter().find(|(name, _)| !params.contains(&&**name)) {
            let message = format!("'{unknown}' is an invalid keyword argument for {}", self.keyword);
            return Err(PyError::type_error(message));
        }
        let bound = args.bind(self.name, params)?;
        let missing = bound.iter().take(self.required).position(Option::is_none);
        match missing {
            Some(at) => {
                let (name, param) = (self.name, params[at]);
                let message = format!("{name} missing required argument '{param}' (pos {})", at + 1);
                Err(PyError::type_error(message))
            }
            None => Ok(bound),
        }
    }
}

/// The functions that make dates, datetimes and times.
pub(super) const fn constructor(required: usize) -> Callee {
    Callee { name: "function", keyword: "this function", required }
}

/// `replace` of each type.
pub(super) const REPLACE: Callee = Callee { name: "replace()", keyword: "replace()", required: 0 };

/// A part of a date or time, or what stands when none was given.
pub(super) fn part(given: Option<Value>, default: i64) -> Result<i64, MjError> {
    given.map_or(Ok(default), |value| index_arg(&value))
}

/// A date from its parts.
///
/// # Errors
/// There is no such date.
pub(super) fn make_date(year: i64, month: i64, day: i64) -> Result<NaiveDate, MjError> {
    if !(1..=9999).contains(&year) {
        return Err(PyError::value_error(format!("year {year} is out of range")));
    }
    if !(1..=12).contains(&month) {
        return Err(PyError::value_error("month must be in 1..12"));
    }
    let day = u32::try_from(day).ok();
    let date = day.and_then(|day| NaiveDate::from_ymd_opt(year as i32, month as u32, day));
    date.ok_or_else(|| PyError::value_error("day is out of range for month"))
}

/// A time of day from its parts.
///
/// # Errors
/// There is no such time.
pub(super) fn make_time(hour: i64, minute: i64, second: i64, micro: i64) -> Result<NaiveTime, MjError> {
    let bounds = [("hour", hour, 23), ("minute", minute, 59), ("second", second, 59), ("microsecond", micro, 999_999)];
    for (name, value, most) in bounds {
        if !(0..=most).contains(&value) {
            return Err(PyError::value_error(format!("{name} must be in 0..{most}")));
        }
    }
    let time = NaiveTime::from_hms_micro_opt(hour as u32, minute as u32, second as u32, micro as u32);
    time.ok_or_else(|| PyError::value_error("time is out of range"))
}

/// `year`, `month` or `day`.
pub(super) fn date_part(date: NaiveDate, name: &str) -> Option<i64> {
    match name {
        "year" => Some(i64::from(date.year())),
        "month" => Some(i64::from(date.month())),
        "day" => Some(i64::from(date.day())),
        _ => None,
    }
}

/// `hour`, `minute`, `second`, `microsecond`; `fold`, which is 0 in all times that rdbt makes.
pub(super) fn time_part(time: NaiveTime, name: &str) -> Option<i64> {
    match name {
        "hour" => Some(i64::from(time.hour())),
        "minute" => Some(i64::from(time.minute())),
        "second" => Some(i64::from(time.second())),
        "microsecond" => Some(i64::from(time.nanosecond() / 1000)),
        "fold" => Some(0),
        _ => None,
    }
}

/// Checks a precision that `isoformat` is asked for.
///
/// # Errors
/// There is no such precision.
pub(super) fn timespec(given: Option<Value>) -> Result<String, MjError> {
    let name = given.as_ref().and_then(Value::as_str).unwrap_or("auto");
    match name {
        "auto" | "hours" | "minutes" | "seconds" | "milliseconds" | "microseconds" => Ok(name.to_owned()),
        _ => Err(PyError::value_error("Unknown timespec value")),
    }
}

/// A time of day as `isoformat` writes it.
pub(super) fn time_text(time: NaiveTime, spec: &str) -> String {
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

/// `isocalendar()`
pub(super) fn iso_calendar(date: NaiveDate) -> Value {
    let week = date.iso_week();
    let parts = [i64::from(week.year()), i64::from(week.week()), i64::from(date.weekday().number_from_monday())];
    NamedTuple::of("datetime.IsoCalendarDate", &["year", "week", "weekday"], parts.map(Value::from).to_vec())
}

/// `timetuple()`, with the flag for summer time.
pub(super) fn time_tuple(moment: &DateTime, is_dst: i64) -> Value {
    const NAMES: [&str; 9] =
        ["tm_year", "tm_mon", "tm_mday", "tm_hour", "tm_min", "tm_sec", "tm_wday", "tm_yday", "tm_isdst"];
    let (date, time) = (moment.local.date(), moment.local.time());
    let numbers = [
        i64::from(date.year()),
        i64::from(date.month()),
        i64::from(date.day()),
        i64::from(time.hour()),
        i64::from(time.minute()),
        i64::from(time.second()),
        i64::from(date.weekday().num_days_from_monday()),
        i64::from(date.ordinal()),
        is_dst,
    ];
    NamedTuple::of("time.struct_time", &NAMES, numbers.map(Value::from).to_vec())
}

/// The arguments that `repr` shows of a date.
pub(super) fn date_args(date: NaiveDate) -> String {
    format!("{}, {}, {}", date.year(), date.month(), date.day())
}

/// The arguments that `repr` shows of a time: seconds and microseconds where there are some.
pub(super) fn time_args(time: NaiveTime) -> String {
    let mut parts = vec![time.hour(), time.minute(), time.second(), time.nanosecond() / 1000];
    while parts.len() > 2 && parts.last() == Some(&0) {
        parts.pop();
    }
    parts.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}
