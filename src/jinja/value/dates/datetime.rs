//! `datetime.datetime`.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use chrono::{Datelike, NaiveDateTime, Timelike};
use minijinja::value::{DynObject, Object, ObjectRepr, Value};
use minijinja::{Error as MjError, State};

use super::super::super::error::PyError;
use super::super::args::CallArgs;
use super::super::methods::BoundMethod;
use super::super::type_name;
use super::class::Kind;
use super::date::{self, Date};
use super::delta::TimeDelta;
use super::parts::{
    REPLACE, date_args, date_part, make_date, make_time, part, time_args, time_part, time_text, time_tuple, timespec,
};
use super::time::Time;
use super::zone::{Zone, offset_text, zone_arg};

/// A date and time, with or without a zone.
#[derive(Debug, Clone)]
pub struct DateTime {
    /// The time on the clock.
    pub local: NaiveDateTime,
    /// The zone that the clock is in, standing at the offset that the clock has.
    pub zone: Option<Zone>,
    /// Seconds east of UTC, when there is a zone.
    pub offset: i32,
}

impl DateTime {
    /// A local time in a zone, with the offset that the zone has then.
    pub fn new(local: NaiveDateTime, zone: Option<Zone>) -> DateTime {
        match zone {
            Some(zone) => zone.settled(local, false),
            None => DateTime { local, zone: None, offset: 0 },
        }
    }

    /// A local time that is given a zone as `tzinfo`. A zone of `pytz` that has not been told a time is in its first
    /// offset, mostly local mean time to the minute, and stays there; only `localize` looks for the right one.
    pub fn with_tzinfo(local: NaiveDateTime, zone: Option<Zone>) -> DateTime {
        let offset = zone.as_ref().map_or(0, Zone::offset);
        DateTime { local, zone, offset }
    }

    /// A time in UTC, shown in a zone.
    pub fn from_utc(utc: NaiveDateTime, zone: Zone) -> DateTime {
        let zone = zone.at(utc);
        let offset = zone.offset();
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

    /// What `datetime.fromisoformat` makes of a text; none if it refuses it.
    pub fn from_isoformat(text: &str) -> Option<DateTime> {
        super::iso::from_iso(text).ok()
    }

    /// What `isoformat` writes.
    pub fn isoformat(&self) -> String {
        self.iso("T", "auto")
    }

    /// The time that the clock shows, taken for UTC: so dbt reads `begin` of microbatch models and the ends of a sample.
    pub fn shown_as_utc(&self) -> chrono::DateTime<chrono::Utc> {
        self.local.and_utc()
    }

    fn iso(&self, separator: &str, spec: &str) -> String {
        let date = self.local.date();
        format!("{date}{separator}{}{}", time_text(self.local.time(), spec), self.offset_text(":"))
    }

    fn iso_method(&self, args: CallArgs) -> Result<Value, MjError> {
        let [separator, spec] = args.bind("isoformat", ["sep", "timespec"])?;
        let separator = separator.unwrap_or_else(|| Value::from("T"));
        let one = separator.as_str().filter(|text| text.chars().count() == 1).ok_or_else(|| {
            let kind = type_name(&separator);
            PyError::type_error(format!("isoformat() argument 1 must be a unicode character, not {kind}"))
        })?;
        Ok(Value::from(self.iso(one, &timespec(spec)?)))
    }

    fn replace(&self, args: CallArgs) -> Result<Value, MjError> {
        let names = ["year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo"];
        let [year, month, day, hour, minute, second, micro, zone] = REPLACE.bind(args, names)?;
        let (date, time) = (self.local.date(), self.local.time());
        let date = make_date(
            part(year, date.year().into())?,
            part(month, date.month().into())?,
            part(day, date.day().into())?,
        )?;
        let time = make_time(
            part(hour, time.hour().into())?,
            part(minute, time.minute().into())?,
            part(second, time.second().into())?,
            part(micro, (time.nanosecond() / 1000).into())?,
        )?;
        let local = date.and_time(time);
        Ok(match zone {
            Some(zone) => DateTime::with_tzinfo(local, zone_arg(Some(zone))?),
            None => DateTime { local, ..self.clone() },
        }
        .value())
    }

    /// `timetuple()` and `utctimetuple()`
    fn time_tuple(&self, utc: bool) -> Value {
        if utc {
            return time_tuple(&DateTime::new(self.utc(), None), 0);
        }
        time_tuple(self, self.zone.as_ref().map_or(-1, |zone| i64::from(zone.period().saving != 0)))
    }
}

/// A time moved by so many seconds; where there is none, the time itself.
pub(super) fn shifted(time: NaiveDateTime, seconds: i64) -> NaiveDateTime {
    time.checked_add_signed(chrono::TimeDelta::seconds(seconds)).unwrap_or(time)
}

/// Methods that are also found without being called.
const METHODS: [&str; 13] = [
    "date",
    "time",
    "timetz",
    "timestamp",
    "replace",
    "astimezone",
    "isoformat",
    "timetuple",
    "utctimetuple",
    "utcoffset",
    "tzname",
    "dst",
    "strftime",
];

impl Object for DateTime {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        match name {
            "__repr__" => {
                let zone = Zone::argument(self.zone.as_ref());
                let (date, time) = (date_args(self.local.date()), time_args(self.local.time()));
                Some(Value::from(format!("datetime.datetime({date}, {time}{zone})")))
            }
            "tzinfo" => Some(Zone::tzinfo(self.zone.as_ref())),
            _ if METHODS.contains(&name) || date::SHARED.contains(&name) => {
                Some(BoundMethod::of(Value::from_dyn_object(self.clone()), name))
            }
            _ => {
                let part = date_part(self.local.date(), name).or_else(|| time_part(self.local.time(), name));
                part.map(Value::from).or_else(|| Kind::DateTime.attribute(name))
            }
        }
    }

    /// Times with a zone and times without one are never equal.
    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        let other = other.downcast_ref::<DateTime>()?;
        Some(self.utc().cmp(&other.utc()).then(self.zone.is_some().cmp(&other.zone.is_some())))
    }

    fn call_method(self: &Arc<Self>, _state: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, MjError> {
        match name {
            "date" => Ok(Date(self.local.date()).value()),
            "time" => Ok(Time::new(self.local.time()).value()),
            "timetz" => Ok(Time { clock: self.local.time(), zone: self.zone.clone() }.value()),
            "timestamp" => Ok(Value::from(self.utc().and_utc().timestamp_micros() as f64 / 1e6)),
            "replace" => self.replace(CallArgs::split(args)),
            "astimezone" => {
                let [zone] = CallArgs::split(args).bind("astimezone", ["tz"])?;
                Ok(self.in_zone(&zone_arg(zone)?.unwrap_or(Zone::Fixed(0))).value())
            }
            "isoformat" => self.iso_method(CallArgs::split(args)),
            "timetuple" | "utctimetuple" => Ok(self.time_tuple(name == "utctimetuple")),
            "utcoffset" | "tzname" | "dst" => match &self.zone {
                Some(zone) => zone.standing_part(name),
                None => Ok(Value::from(())),
            },
            _ => match date::shared_method(self, name, args) {
                Some(result) => result,
                None => Kind::DateTime.method(name, CallArgs::split(args)),
            },
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iso(" ", "auto"))
    }
}

/// What the types of this module cannot be compared for; `None` when that is nobody's business here.
pub(in crate::jinja::value) fn incomparable(a: &Value, b: &Value) -> Option<MjError> {
    let moment = |value: &Value| value.downcast_object_ref::<DateTime>().map(|moment| moment.zone.is_some());
    let is_date = |value: &Value| value.downcast_object_ref::<Date>().is_some();
    match (moment(a), moment(b)) {
        (Some(x), Some(y)) if x != y => {
            Some(PyError::type_error("can't compare offset-naive and offset-aware datetimes"))
        }
        (Some(_), None) if is_date(b) => Some(PyError::type_error("can't compare datetime.datetime to datetime.date")),
        (None, Some(_)) if is_date(a) => Some(PyError::type_error("can't compare datetime.datetime to datetime.date")),
        _ => None,
    }
}

/// The value of a delta, for offsets.
pub(super) fn seconds_value(seconds: i32) -> Value {
    TimeDelta::from_seconds(i64::from(seconds)).value()
}
