//! `--sample`: a window of time, as `3 days` back from now, or as a mapping with its two ends.

use chrono::{DateTime, Utc};

use super::mappings;
use crate::context::batch::BatchSize;
use crate::error::Error;
use crate::invocation::SampleWindow;
use crate::jinja::value::dates::DateTime as Moment;
use crate::yaml::{Map, Value};

/// Reads the option.
///
/// # Errors
/// It is no window; the text is dbt's.
pub fn parse(text: &str, now: DateTime<Utc>) -> Result<SampleWindow, String> {
    if text.trim_start().starts_with('{') {
        let map = mappings::parse([text])
            .map_err(|error| format!("String '{}' is not valid YAML\n{}", error.text, error.reason))?;
        return Ok(SampleWindow { start: end_of(&map, "start")?, end: end_of(&map, "end")? });
    }
    relative(text, now).map_err(|message| Error::runtime(message).to_string())
}

fn relative(text: &str, now: DateTime<Utc>) -> Result<SampleWindow, String> {
    let words: Vec<&str> = text.split(' ').collect();
    let [count, grain] = words.as_slice() else {
        return Err(format!("Cannot load SAMPLE_WINDOW from '{text}'. Must be of form 'DAYS_INT GRAIN_SIZE'."));
    };
    let number: i32 = count.trim().parse().map_err(|_| format!("Unable to convert '{count}' to an integer."))?;
    let size = BatchSize::parse(grain.to_lowercase().trim_end_matches('s')).ok_or_else(|| {
        format!(
            "Invalid grain size '{grain}'. Must be one of ['hour', 'day', 'month', 'year', 'hours', 'days', 'months', \
             'years']."
        )
    })?;
    Ok(SampleWindow { start: size.shift(now, -number), end: now })
}

/// An end of the window; YAML's own dates do as well as texts, which dbt insists on. Offsets are dropped, as dbt drops them.
fn end_of(map: &Map, key: &str) -> Result<DateTime<Utc>, String> {
    let wrong = |shown: String| format!("Field \"{key}\" of type datetime in SampleWindow has invalid value {shown}");
    match map.get(key).map(|node| &node.value) {
        None => Err(format!("Field \"{key}\" of type datetime is missing in SampleWindow instance")),
        Some(Value::Str(text)) => {
            Moment::from_isoformat(text).map(|moment| moment.shown_as_utc()).ok_or_else(|| wrong(format!("'{text}'")))
        }
        Some(Value::Date(date)) => Ok(date.and_time(chrono::NaiveTime::MIN).and_utc()),
        Some(Value::DateTime(local, _)) => Ok(local.and_utc()),
        Some(other) => Err(wrong(crate::project::values::repr(other))),
    }
}
