//! `modules.pytz`: zones by name and by offset, the names of all zones, and the zones of each country.

use std::fmt;
use std::sync::{Arc, OnceLock};

use chrono_tz::TZ_VARIANTS;
use minijinja::value::{Enumerator, Object, ObjectRepr, Value};
use minijinja::{Error as MjError, State};

use super::super::error::PyError;
use super::super::value::dates::Zone;
use super::super::value::{
    CLASS_KEY, CallArgs, Class, ClassObject, Function, List, Set, index_arg, py_repr, required, type_name,
};

/// Code, name and zones of each country, a line for each; `zone.tab` and `iso3166.tab` of the zone database.
const COUNTRIES: &str = include_str!("countries.txt");
/// Zones of no country that `pytz` counts among the common ones.
const COMMON: [&str; 15] = [
    "Canada/Atlantic",
    "Canada/Central",
    "Canada/Eastern",
    "Canada/Mountain",
    "Canada/Newfoundland",
    "Canada/Pacific",
    "GMT",
    "US/Alaska",
    "US/Arizona",
    "US/Central",
    "US/Eastern",
    "US/Hawaii",
    "US/Mountain",
    "US/Pacific",
    "UTC",
];
const MEMBERS: [&str; 14] = [
    "timezone",
    "utc",
    "country_timezones",
    "country_names",
    "AmbiguousTimeError",
    "InvalidTimeError",
    "NonExistentTimeError",
    "UnknownTimeZoneError",
    "all_timezones",
    "all_timezones_set",
    "common_timezones",
    "common_timezones_set",
    "BaseTzInfo",
    "FixedOffset",
];

pub(super) fn module() -> Value {
    Value::from_object(Module::default())
}

/// The module; most of its members are made when a template asks for them.
#[derive(Debug, Default)]
struct Module {
    all: OnceLock<Value>,
    common: OnceLock<Value>,
}

impl Module {
    fn all(&self) -> Value {
        self.all.get_or_init(|| list(TZ_VARIANTS.iter().map(|zone| zone.name()).collect())).clone()
    }

    fn common(&self) -> Value {
        let of_countries = || lines().flat_map(|(.., zones)| zones.split_whitespace());
        self.common.get_or_init(|| list(of_countries().chain(COMMON).collect())).clone()
    }
}

/// Names in order, each once.
fn list(mut names: Vec<&str>) -> Value {
    names.sort_unstable();
    names.dedup();
    List::new(names.into_iter().map(Value::from).collect())
}

fn as_set(names: &Value) -> Option<Value> {
    let names = names.try_iter().ok()?.collect();
    Set::new(names).ok()
}

fn timezone(args: CallArgs) -> Result<Value, MjError> {
    let [name] = args.bind("timezone", ["zone"])?;
    let name = required(name, "timezone", "zone")?;
    let known = name.as_str().ok_or_else(|| PyError::value_error(py_repr(&name)))?;
    Zone::named(known).map(Zone::value)
}

fn fixed_offset(args: CallArgs) -> Result<Value, MjError> {
    let [offset, _] = args.bind("FixedOffset", ["offset", "_tzinfos"])?;
    let offset = required(offset, "FixedOffset", "offset")?;
    let minutes = index_arg(&offset)
        .map_err(|_| PyError::type_error(format!("bad operand type for abs(): '{}'", type_name(&offset))))?;
    match i32::try_from(minutes) {
        Ok(0) => Ok(Zone::Utc.value()),
        Ok(minutes) if minutes.abs() < 1440 => Ok(Zone::Minutes(minutes).value()),
        _ => Err(PyError::value_error(format!("('absolute offset is too large', {minutes})"))),
    }
}

impl Object for Module {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "timezone" => Function::new("timezone", |_, args| timezone(args)),
            "utc" => Zone::Utc.value(),
            "country_timezones" => Value::from_object(Countries::Zones),
            "country_names" => Value::from_object(Countries::Names),
            "AmbiguousTimeError" => ClassObject::value("pytz.exceptions.AmbiguousTimeError"),
            "InvalidTimeError" => ClassObject::value("pytz.exceptions.InvalidTimeError"),
            "NonExistentTimeError" => ClassObject::value("pytz.exceptions.NonExistentTimeError"),
            "UnknownTimeZoneError" => ClassObject::value("pytz.exceptions.UnknownTimeZoneError"),
            "all_timezones" => self.all(),
            "common_timezones" => self.common(),
            "all_timezones_set" => as_set(&self.all())?,
            "common_timezones_set" => as_set(&self.common())?,
            "BaseTzInfo" => ClassObject::value("pytz.tzinfo.BaseTzInfo"),
            "FixedOffset" => Function::new("FixedOffset", |_, args| fixed_offset(args)),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&MEMBERS)
    }
}

fn lines() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    COUNTRIES.lines().filter_map(|line| {
        let mut parts = line.split('|');
        Some((parts.next()?, parts.next()?, parts.next()?))
    })
}

/// `country_timezones` and `country_names`: by code in any case; the first can also be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Countries {
    Zones,
    Names,
}

impl Countries {
    fn class(self) -> Class {
        match self {
            Countries::Zones => Class::callable("pytz", "_CountryTimezoneDict"),
            Countries::Names => Class::new("pytz", "_CountryNameDict"),
        }
    }

    /// What each country has; a country without zones is in the names alone.
    fn entries(self) -> impl Iterator<Item = (&'static str, Value)> {
        lines().filter(move |(.., zones)| self == Countries::Names || !zones.is_empty()).map(
            move |(code, name, zones)| {
                let value = match self {
                    Countries::Names => Value::from(name),
                    Countries::Zones => List::new(zones.split_whitespace().map(Value::from).collect()),
                };
                (code, value)
            },
        )
    }

    fn find(self, code: &str) -> Option<Value> {
        self.entries().find(|(known, _)| known.eq_ignore_ascii_case(code)).map(|(_, value)| value)
    }
}

impl Object for Countries {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            CLASS_KEY => Some(self.class().value()),
            code => self.find(code),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.entries().map(|(code, _)| Value::from(code)).collect())
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, MjError> {
        let [code] = CallArgs::split(args).bind("_CountryTimezoneDict.__call__", ["iso3166_code"])?;
        let code = required(code, "_CountryTimezoneDict.__call__", "iso3166_code")?;
        let code = code.as_str().unwrap_or_default().to_uppercase();
        self.find(&code).ok_or_else(|| PyError::value_error(format!("'{code}'")))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.class().write(f, self)
    }
}
