//! `datetime.time`.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use chrono::{NaiveDate, NaiveTime, Timelike};
use minijinja::value::{DynObject, Object, ObjectRepr, Value};
use minijinja::{Error as MjError, State};

use super::super::args::CallArgs;
use super::super::str_arg;
use super::class::Kind;
use super::datetime::DateTime;
use super::parts::{REPLACE, make_time, part, time_args, time_part, time_text, timespec};
use super::strftime::strftime;
use super::zone::{Zone, offset_text, zone_arg};

/// A time of day, with or without a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Time {
    /// The time on the clock.
    pub clock: NaiveTime,
    /// The zone that the clock is in.
    pub zone: Option<Zone>,
}

impl Time {
    /// A time on a clock of no zone.
    pub fn new(clock: NaiveTime) -> Time {
        Time { clock, zone: None }
    }

    /// The time as a value.
    pub fn value(self) -> Value {
        Value::from_object(self)
    }

    /// The zone if its offset is known without a date.
    fn steady_zone(&self) -> Option<&Zone> {
        self.zone.as_ref().filter(|zone| !zone.changes())
    }

    fn iso(&self, spec: &str) -> String {
        let offset = self.steady_zone().map_or_else(String::new, |zone| offset_text(zone.offset(), ":"));
        time_text(self.clock, spec) + &offset
    }

    fn replace(&self, args: CallArgs) -> Result<Value, MjError> {
        let names = ["hour", "minute", "second", "microsecond", "tzinfo"];
        let [hour, minute, second, micro, zone] = REPLACE.bind(args, names)?;
        let clock = self.clock;
        let replaced = make_time(
            part(hour, clock.hour().into())?,
            part(minute, clock.minute().into())?,
            part(second, clock.second().into())?,
            part(micro, (clock.nanosecond() / 1000).into())?,
        )?;
        let zone = if zone.is_some() { zone_arg(zone)? } else { self.zone.clone() };
        Ok(Time { clock: replaced, zone }.value())
    }
}

impl Object for Time {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        match name {
            "__repr__" => {
                let zone = Zone::argument(self.zone.as_ref());
                Some(Value::from(format!("datetime.time({}{zone})", time_args(self.clock))))
            }
            "tzinfo" => Some(Zone::tzinfo(self.zone.as_ref())),
            _ => time_part(self.clock, name).map(Value::from).or_else(|| Kind::Time.attribute(name)),
        }
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        let other = other.downcast_ref::<Time>()?;
        Some(self.clock.cmp(&other.clock).then(self.zone.is_some().cmp(&other.zone.is_some())))
    }

    fn call_method(self: &Arc<Self>, _state: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, MjError> {
        match (name, args) {
            ("isoformat", _) => {
                let [spec] = CallArgs::split(args).bind("isoformat", ["timespec"])?;
                Ok(Value::from(self.iso(&timespec(spec)?)))
            }
            ("strftime", [spec]) => {
                let day = NaiveDate::from_ymd_opt(1900, 1, 1).unwrap_or_default();
                let moment = DateTime::with_tzinfo(day.and_time(self.clock), self.steady_zone().cloned());
                Ok(Value::from(strftime(&moment, str_arg(spec, "strftime() argument 1")?)))
            }
            ("replace", _) => self.replace(CallArgs::split(args)),
            ("utcoffset" | "dst" | "tzname", []) => match &self.zone {
                Some(zone) => zone.part(name, None, Some(false)),
                None => Ok(Value::from(())),
            },
            _ => Kind::Time.method(name, CallArgs::split(args)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iso("auto"))
    }
}
