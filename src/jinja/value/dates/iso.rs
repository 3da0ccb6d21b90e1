//! Reads what `isoformat` writes and the rest of what Python takes for ISO 8601: dates with and without dashes, dates by
//! week, times with and without colons, offsets.

use chrono::{NaiveDate, NaiveTime};
use fancy_regex::{Captures, Regex};
use minijinja::Error as MjError;

use super::super::super::error::PyError;
use super::super::str_repr;
use super::class::iso_week_date;
use super::datetime::DateTime;
use super::parts::{make_date, make_time};
use super::zone::Zone;

const DATE: &str = r"(?P<year>\d{4})(?:(?P<dash>-?)W(?P<week>\d\d)(?:(?P=dash)(?P<weekday>\d))?|(?P<sep>-?)(?P<month>\d\d)(?P=sep)(?P<day>\d\d))";
const TIME: &str = r"T?(?P<hour>\d\d)(?:(?P<colon>:?)(?P<minute>\d\d)(?:(?P=colon)(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?)?(?:(?P<utc>Z)|(?P<sign>[+-])(?P<oh>\d\d)(?::?(?P<om>\d\d)(?::?(?P<os>\d\d))?)?)?";

fn invalid(text: &str) -> MjError {
    PyError::value_error(format!("Invalid isoformat string: {}", str_repr(text)))
}

fn captures<'t>(pattern: &str, text: &'t str) -> Option<Captures<'t, str>> {
    Regex::new(&format!("\\A(?:{pattern})\\z")).ok()?.captures(text).ok().flatten()
}

fn number(found: &Captures<'_, str>, name: &str) -> Option<i64> {
    found.name(name)?.as_str().parse().ok()
}

/// A date.
///
/// # Errors
/// The text is none.
pub(super) fn date_from_iso(text: &str) -> Result<NaiveDate, MjError> {
    let found = captures(DATE, text).ok_or_else(|| invalid(text))?;
    let year = number(&found, "year").unwrap_or_default();
    match number(&found, "week") {
        Some(week) => iso_week_date(year, week, number(&found, "weekday").unwrap_or(1)),
        None => make_date(year, number(&found, "month").unwrap_or_default(), number(&found, "day").unwrap_or_default()),
    }
}

/// A time of day and its zone.
fn clock(text: &str, whole: &str) -> Result<(NaiveTime, Option<Zone>), MjError> {
    let found = captures(TIME, text).ok_or_else(|| invalid(whole))?;
    let part = |name| number(&found, name).unwrap_or_default();
    let digits: String =
        found.name("fraction").map_or("", |digits| digits.as_str()).chars().chain("000000".chars()).take(6).collect();
    let time = make_time(part("hour"), part("minute"), part("second"), digits.parse().unwrap_or_default())?;
    let zone = match (found.name("utc"), found.name("sign")) {
        (None, None) => None,
        (None, Some(sign)) => {
            let seconds = part("oh") * 3600 + part("om") * 60 + part("os");
            Some(Zone::Fixed(if sign.as_str() == "-" { -(seconds as i32) } else { seconds as i32 }))
        }
        _ => Some(Zone::Fixed(0)),
    };
    Ok((time, zone))
}

/// A time of day.
///
/// # Errors
/// The text is none.
pub(super) fn time_from_iso(text: &str) -> Result<super::Time, MjError> {
    let (clock, zone) = clock(text, text)?;
    Ok(super::Time { clock, zone })
}

/// A date and time; a date alone means its midnight.
///
/// # Errors
/// The text is neither.
pub(super) fn from_iso(text: &str) -> Result<DateTime, MjError> {
    if let Ok(found) = Regex::new(&format!("\\A(?:{DATE})(?!\\d)"))
        && let Ok(Some(date)) = found.find(text)
    {
        let day = date_from_iso(date.as_str())?;
        let mut rest = text[date.end()..].chars();
        if rest.next().is_none() {
            return Ok(DateTime::new(day.and_time(NaiveTime::MIN), None));
        }
        let (time, zone) = clock(rest.as_str(), text)?;
        return Ok(DateTime::with_tzinfo(day.and_time(time), zone));
    }
    Err(invalid(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from `datetime.fromisoformat(text).isoformat()` of Python 3.11.
    #[test]
    fn reads_and_writes_as_python_does() {
        let cases = [
            ("2024-01-04", Some("2024-01-04T00:00:00")),
            ("20240104", Some("2024-01-04T00:00:00")),
            ("2024-01-04T10", Some("2024-01-04T10:00:00")),
            ("2024-01-04 10:11", Some("2024-01-04T10:11:00")),
            ("20240104T101112", Some("2024-01-04T10:11:12")),
            ("2024-01-04T10:11:12.5", Some("2024-01-04T10:11:12.500000")),
            ("2024-01-04T10:11:12,1234567", Some("2024-01-04T10:11:12.123456")),
            ("2024-01-04T10:11:12Z", Some("2024-01-04T10:11:12+00:00")),
            ("2024-01-04T10:11:12.5+02:00", Some("2024-01-04T10:11:12.500000+02:00")),
            ("2024-01-04T10:11-0530", Some("2024-01-04T10:11:00-05:30")),
            ("2024-W01-4", Some("2024-01-04T00:00:00")),
            ("2024W014", Some("2024-01-04T00:00:00")),
            ("2024-W01", Some("2024-01-01T00:00:00")),
            ("2024-13-04", None),
            ("2024-1-4", None),
            ("yesterday", None),
            ("2024-01-04T", None),
            ("2024-01-04T1", None),
            ("2024-01-04T10:11:12.", None),
            ("2024-01-04T25:00", None),
            ("2024-01", None),
            ("", None),
        ];
        for (text, written) in cases {
            assert_eq!(DateTime::from_isoformat(text).map(|moment| moment.isoformat()).as_deref(), written, "{text}");
        }
    }
}
