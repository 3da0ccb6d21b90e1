//! Time zones: `pytz.timezone(...)`, `pytz.utc`, `pytz.FixedOffset` and the fixed offsets of Python's own `datetime`.
//!
//! A zone of `pytz` is an object for each of its offsets: what `localize` attaches to a time knows the offset, the name and
//! the saving of that time, and keeps them through arithmetic until `normalize` looks again.

use std::fmt;
use std::sync::Arc;

use chrono::{MappedLocalTime, NaiveDateTime, Offset, TimeDelta as Span, TimeZone};
use chrono_tz::{OffsetComponents, OffsetName, TZ_VARIANTS};
use minijinja::value::{DynObject, Object, ObjectRepr, Value};
use minijinja::{Error as MjError, ErrorKind, State};

use super::super::super::error::PyError;
use super::super::args::{CallArgs, required};
use super::super::class::{CLASS_KEY, Class};
use super::super::type_name;
use super::datetime::{DateTime, seconds_value, shifted};
use super::delta::TimeDelta;

/// A time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Zone {
    /// `pytz.utc`
    Utc,
    /// `datetime.timezone` of so many seconds east of UTC.
    Fixed(i32),
    /// `pytz.FixedOffset` of so many minutes east of UTC.
    Minutes(i32),
    /// A zone of the IANA database with the time in UTC whose offset it stands at; before its first change without one.
    Named(chrono_tz::Tz, Option<NaiveDateTime>),
}

/// What holds in a zone for some time.
#[derive(Debug)]
pub struct Period {
    /// Seconds east of UTC, in whole minutes as `pytz` counts them.
    pub offset: i32,
    /// Seconds that clocks are put forward by.
    pub saving: i32,
    /// The short name, `EST`.
    pub name: String,
}

impl Zone {
    /// `tzinfo` of a time: a zone, or none.
    pub(super) fn tzinfo(zone: Option<&Zone>) -> Value {
        zone.map_or_else(|| Value::from(()), |zone| zone.clone().value())
    }

    /// What `repr` of a time says of its zone, behind the other arguments.
    pub(super) fn argument(zone: Option<&Zone>) -> String {
        zone.map_or_else(String::new, |zone| format!(", tzinfo={}", zone.python()))
    }

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
        zone.map(|zone| Zone::Named(zone, None)).ok_or_else(|| PyError::value_error(format!("'{name}'")))
    }

    /// The zone as a value.
    pub fn value(self) -> Value {
        Value::from_object(self)
    }

    /// The same zone at the offset that it has at a time in UTC.
    #[must_use]
    pub fn at(&self, utc: NaiveDateTime) -> Zone {
        match self {
            Zone::Named(zone, _) => Zone::Named(*zone, Some(utc)),
            other => other.clone(),
        }
    }

    /// What holds where the zone stands.
    pub fn period(&self) -> Period {
        let plain = |offset, name: String| Period { offset, saving: 0, name };
        match self {
            Zone::Utc => plain(0, "UTC".to_owned()),
            Zone::Fixed(seconds) => plain(*seconds, self.to_string()),
            Zone::Minutes(minutes) => plain(minutes * 60, String::new()),
            Zone::Named(zone, at) => {
                let offset = zone.offset_from_utc_datetime(&at.unwrap_or(NaiveDateTime::MIN));
                let name = offset.abbreviation().map_or_else(|| offset.to_string(), str::to_owned);
                let seconds = offset.fix().local_minus_utc();
                Period {
                    offset: (seconds + 30).div_euclid(60) * 60,
                    saving: offset.dst_offset().num_seconds().try_into().unwrap_or(0),
                    name,
                }
            }
        }
    }

    /// Seconds east of UTC where the zone stands.
    pub fn offset(&self) -> i32 {
        match self {
            Zone::Utc => 0,
            Zone::Fixed(seconds) => *seconds,
            Zone::Minutes(minutes) => minutes * 60,
            Zone::Named(..) => self.period().offset,
        }
    }

    /// Whether the zone never had another offset: `pytz` has a class of its own for these.
    fn is_static(&self) -> bool {
        let Zone::Named(zone, _) = self else { return false };
        let name = zone.name();
        let old = ["GMT", "GMT+0", "GMT-0", "GMT0", "Greenwich", "UCT", "Universal", "Zulu"];
        name.starts_with("Etc/") || old.contains(&name)
    }

    /// Whether the zone has different offsets at different times.
    pub(super) fn changes(&self) -> bool {
        matches!(self, Zone::Named(..)) && !self.is_static()
    }

    /// A local time with the offset that the zone has then. Where clocks are put back there are two, where they are put
    /// forward none: `is_dst` decides, and without it both are errors.
    ///
    /// # Errors
    /// The time is ambiguous or does not exist, and `is_dst` is none.
    pub fn localize(&self, local: NaiveDateTime, is_dst: Option<bool>) -> Result<DateTime, MjError> {
        if let (Zone::Named(zone, _), None) = (self, is_dst)
            && zone.offset_from_local_datetime(&local).single().is_none()
        {
            return Err(PyError::value_error(local.to_string()));
        }
        Ok(self.settled(local, is_dst.unwrap_or(false)))
    }

    /// The same with a decision.
    pub(super) fn settled(&self, local: NaiveDateTime, is_dst: bool) -> DateTime {
        let Zone::Named(zone, _) = self else { return DateTime::with_tzinfo(local, Some(self.clone())) };
        let there = |offset: chrono_tz::TzOffset| {
            let seconds = i64::from(offset.fix().local_minus_utc());
            DateTime::with_tzinfo(local, Some(self.at(shifted(local, -seconds))))
        };
        match zone.offset_from_local_datetime(&local) {
            MappedLocalTime::Single(offset) => there(offset),
            MappedLocalTime::Ambiguous(earlier, later) => {
                let saves = |offset: &chrono_tz::TzOffset| (offset.dst_offset() != Span::zero()) == is_dst;
                match (saves(&earlier), saves(&later)) {
                    (true, false) => there(earlier),
                    (false, true) => there(later),
                    _ => there(if is_dst { earlier } else { later }),
                }
            }
            MappedLocalTime::None => {
                let near = shifted(local, if is_dst { 6 * 3600 } else { -6 * 3600 });
                match zone.offset_from_local_datetime(&near) {
                    MappedLocalTime::None => DateTime::with_tzinfo(local, Some(self.clone())),
                    _ => DateTime { local, ..self.settled(near, is_dst) },
                }
            }
        }
    }

    fn normalize(&self, moment: &DateTime) -> Result<Value, MjError> {
        if moment.zone.is_none() {
            return Err(PyError::value_error("Naive time - no tzinfo set"));
        }
        Ok(moment.in_zone(self).value())
    }

    /// `utcoffset`, `dst` or `tzname` of a time, which a zone that changes is asked for anew.
    ///
    /// # Errors
    /// The time is ambiguous or does not exist, and `is_dst` is none.
    pub(super) fn part(&self, name: &str, moment: Option<&Value>, is_dst: Option<bool>) -> Result<Value, MjError> {
        if !self.changes() {
            return self.standing_part(name);
        }
        let Some(moment) = moment.and_then(|moment| moment.downcast_object_ref::<DateTime>()) else {
            return Ok(if name == "tzname" { Value::from(self.to_string()) } else { Value::from(()) });
        };
        if moment.zone.as_ref() == Some(self) {
            return self.standing_part(name);
        }
        let found = self.localize(moment.local, is_dst)?;
        found.zone.as_ref().unwrap_or(self).standing_part(name)
    }

    /// The same of the offset that the zone stands at.
    pub(super) fn standing_part(&self, name: &str) -> Result<Value, MjError> {
        let period = self.period();
        Ok(match (name, self) {
            ("utcoffset", _) => seconds_value(period.offset),
            ("dst", Zone::Fixed(_)) | ("tzname", Zone::Minutes(_)) => Value::from(()),
            ("dst", _) => seconds_value(period.saving),
            _ => Value::from(period.name),
        })
    }

    /// What `repr` prints.
    pub(super) fn python(&self) -> String {
        match self {
            Zone::Utc => "<UTC>".to_owned(),
            Zone::Fixed(0) => "datetime.timezone.utc".to_owned(),
            Zone::Fixed(seconds) => {
                let delta = super::delta::repr(TimeDelta::from_seconds(i64::from(*seconds)));
                format!("datetime.timezone({delta})")
            }
            Zone::Minutes(minutes) => format!("pytz.FixedOffset({minutes})"),
            Zone::Named(zone, _) if self.is_static() => format!("<StaticTzInfo '{zone}'>"),
            Zone::Named(zone, _) => {
                let Period { offset, saving, name } = self.period();
                let kind = if saving == 0 { "STD" } else { "DST" };
                let sign = if offset >= 0 { "+" } else { "" };
                let delta = TimeDelta::from_seconds(i64::from(offset));
                format!("<DstTzInfo '{zone}' {name}{sign}{delta} {kind}>")
            }
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

/// A datetime argument.
fn moment(value: Option<Value>, function: &str) -> Result<DateTime, MjError> {
    let value = required(value, function, "dt")?;
    value
        .downcast_object_ref::<DateTime>()
        .cloned()
        .ok_or_else(|| PyError::value_error(format!("'{}' object has no attribute 'tzinfo'", type_name(&value))))
}

impl Object for Zone {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match (key.as_str()?, &**self) {
            (CLASS_KEY, Zone::Named(zone, _)) => Some(Class::new("pytz.tzfile", zone.name()).value()),
            (CLASS_KEY, Zone::Utc) => Some(Class::new("pytz", "UTC").value()),
            (CLASS_KEY, Zone::Minutes(_)) => Some(Class::new("pytz", "_FixedOffset").value()),
            (CLASS_KEY, Zone::Fixed(_)) => Some(Class::new("datetime", "timezone").value()),
            ("__repr__", _) => Some(Value::from(self.python())),
            ("zone", Zone::Minutes(_)) => Some(Value::from(())),
            ("zone", zone) if !matches!(zone, Zone::Fixed(_)) => Some(Value::from(zone.to_string())),
            _ => None,
        }
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<std::cmp::Ordering> {
        let other = other.downcast_ref::<Zone>()?;
        let same = **self == *other
            || matches!((&**self, other), (Zone::Utc, Zone::Minutes(0)) | (Zone::Minutes(0), Zone::Utc));
        same.then_some(std::cmp::Ordering::Equal)
    }

    fn call_method(self: &Arc<Self>, _state: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, MjError> {
        let args = CallArgs::split(args);
        match name {
            "localize" if !matches!(**self, Zone::Fixed(_)) => {
                let [time, is_dst] = args.bind("DstTzInfo.localize", ["dt", "is_dst"])?;
                let moment = moment(time, "DstTzInfo.localize")?;
                if moment.zone.is_some() {
                    return Err(PyError::value_error("Not naive datetime (tzinfo is already set)"));
                }
                let is_dst = is_dst.map_or(Some(false), |flag| (!flag.is_none()).then(|| flag.is_true()));
                self.localize(moment.local, is_dst).map(DateTime::value)
            }
            "normalize" if !matches!(**self, Zone::Fixed(_)) => {
                let [time, _] = args.bind("DstTzInfo.normalize", ["dt", "is_dst"])?;
                self.normalize(&moment(time, "DstTzInfo.normalize")?)
            }
            "fromutc" => {
                let [time] = args.bind("fromutc", ["dt"])?;
                Ok(DateTime::from_utc(moment(time, "fromutc")?.local, (**self).clone()).value())
            }
            "utcoffset" | "dst" | "tzname" => {
                let [time, is_dst] = args.bind(name, ["dt", "is_dst"])?;
                let time = required(time, name, "dt")?;
                self.part(name, Some(&time), is_dst.map_or(Some(false), |flag| Some(flag.is_true())))
            }
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
            Zone::Utc | Zone::Fixed(0) => f.write_str("UTC"),
            Zone::Fixed(seconds) => write!(f, "UTC{}", offset_text(*seconds, ":")),
            Zone::Minutes(_) => f.write_str(&self.python()),
            Zone::Named(zone, _) => f.write_str(zone.name()),
        }
    }
}

/// The zone argument of a datetime; none and nothing mean no zone.
///
/// # Errors
/// It is something else.
pub(super) fn zone_arg(value: Option<Value>) -> Result<Option<Zone>, MjError> {
    let Some(value) = value.filter(|value| !value.is_none()) else { return Ok(None) };
    let zone = value.downcast_object_ref::<Zone>().cloned();
    zone.map(Some).ok_or_else(|| {
        let kind = type_name(&value);
        PyError::type_error(format!("tzinfo argument must be None or of a tzinfo subclass, not type '{kind}'"))
    })
}
