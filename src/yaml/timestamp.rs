//! Dates and times as YAML 1.1 writes them.

use chrono::{FixedOffset, NaiveDate};

use super::error::{Outcome, Problem};
use super::value::Value;

/// The pieces of a timestamp, still as digits.
pub(super) struct Parts<'a> {
    pub year: &'a [u8],
    pub month: &'a [u8],
    pub day: &'a [u8],
    pub time: Option<TimeParts<'a>>,
}

/// The pieces after the date.
pub(super) struct TimeParts<'a> {
    hour: &'a [u8],
    minute: &'a [u8],
    second: &'a [u8],
    fraction: &'a [u8],
    zone: Option<Zone>,
}

/// `Z` is zero seconds; anything else is signed seconds east of Greenwich.
type Zone = i32;

/// Reads pieces off the front of a byte string.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn digits(&mut self, least: usize, most: usize) -> Option<&'a [u8]> {
        let count = self.0.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
        if count < least {
            return None;
        }
        let (head, rest) = self.0.split_at(count);
        self.0 = rest;
        Some(head)
    }

    fn byte(&mut self, wanted: u8) -> Option<()> {
        self.0 = self.0.strip_prefix(&[wanted])?;
        Some(())
    }

    fn blanks(&mut self) -> usize {
        let count = self.0.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        self.0 = &self.0[count..];
        count
    }
}

/// Splits a date or time into its pieces; `None` when it does not have the shape of one.
pub(super) fn split(bytes: &[u8]) -> Option<Parts<'_>> {
    let mut cursor = Cursor(bytes);
    let year = cursor.digits(4, 4)?;
    cursor.byte(b'-')?;
    let month = cursor.digits(1, 2)?;
    cursor.byte(b'-')?;
    let day = cursor.digits(1, 2)?;
    let time = if cursor.0.is_empty() { None } else { Some(split_time(&mut cursor)?) };
    Some(Parts { year, month, day, time })
}

fn split_time<'a>(cursor: &mut Cursor<'a>) -> Option<TimeParts<'a>> {
    if let [b'T' | b't', rest @ ..] = cursor.0 {
        cursor.0 = rest;
    } else if cursor.blanks() == 0 {
        return None;
    }
    let hour = cursor.digits(1, 2)?;
    cursor.byte(b':')?;
    let minute = cursor.digits(2, 2)?;
    cursor.byte(b':')?;
    let second = cursor.digits(2, 2)?;
    let fraction = match cursor.byte(b'.') {
        Some(()) => cursor.digits(0, usize::MAX)?,
        None => &[],
    };
    let blanks = cursor.blanks();
    let zone = split_zone(cursor)?;
    if zone.is_none() && blanks > 0 {
        return None;
    }
    Some(TimeParts { hour, minute, second, fraction, zone })
}

/// The outer `None` means malformed, the inner one that there is no zone.
fn split_zone(cursor: &mut Cursor<'_>) -> Option<Option<Zone>> {
    let sign = match cursor.0 {
        [] => return Some(None),
        [b'Z'] => return Some(Some(0)),
        [b'+', ..] => 1,
        [b'-', ..] => -1,
        _ => return None,
    };
    cursor.0 = &cursor.0[1..];
    let hours = number(cursor.digits(1, 2)?);
    let minutes = match cursor.byte(b':') {
        Some(()) => number(cursor.digits(2, 2)?),
        None => 0,
    };
    let seconds = i32::try_from(hours * 3600 + minutes * 60).ok()?;
    cursor.0.is_empty().then_some(Some(sign * seconds))
}

/// Digits as a number; the callers bound their count to nine.
fn number(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'))
}

/// Builds the date or time. Calendar nonsense such as month 13 is refused with the words
/// Python uses.
pub(super) fn construct(text: &str) -> Outcome<Value> {
    let Some(parts) = split(text.as_bytes()) else {
        return Err(Problem::placeless("'NoneType' object has no attribute 'groupdict'"));
    };
    let (year, month, day) = (number(parts.year), number(parts.month), number(parts.day));
    if year == 0 {
        return Err(Problem::placeless("year 0 is out of range"));
    }
    if !(1..=12).contains(&month) {
        return Err(Problem::placeless("month must be in 1..12"));
    }
    let date = i32::try_from(year)
        .ok()
        .and_then(|year| NaiveDate::from_ymd_opt(year, month, day))
        .ok_or_else(|| Problem::placeless("day is out of range for month"))?;
    match parts.time {
        None => Ok(Value::Date(date)),
        Some(time) => construct_time(date, &time),
    }
}

fn construct_time(date: NaiveDate, time: &TimeParts<'_>) -> Outcome<Value> {
    let (hour, minute, second) = (number(time.hour), number(time.minute), number(time.second));
    let refusal = if hour > 23 {
        Some("hour must be in 0..23")
    } else if minute > 59 {
        Some("minute must be in 0..59")
    } else if second > 59 {
        Some("second must be in 0..59")
    } else {
        None
    };
    if let Some(words) = refusal {
        return Err(Problem::placeless(words));
    }
    let kept = &time.fraction[..time.fraction.len().min(6)];
    let micros = (kept.len()..6).fold(number(kept), |value, _| value * 10);
    let offset = match time.zone {
        None => None,
        Some(seconds) => Some(FixedOffset::east_opt(seconds).ok_or_else(|| {
            let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
            let rest = match rest {
                0 => String::new(),
                _ => format!(", seconds={rest}"),
            };
            Problem::placeless(format!(
                "offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24), not datetime.timedelta(days={days}{rest})."
            ))
        })?),
    };
    date.and_hms_micro_opt(hour, minute, second, micros)
        .map(|local| Value::DateTime(local, offset))
        .ok_or_else(|| Problem::placeless("second must be in 0..59"))
}
