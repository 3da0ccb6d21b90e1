//! ISO 8601 points in time in the forms that dbt's CSV reader accepts: calendar, ordinal and week dates, basic and
//! extended, with fractions and offsets.

use chrono::{FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Weekday};

use crate::adapter::table::Cell;

/// The point in time that `text` names; it must have a date, a `T` and a time.
pub(super) fn parse(text: &str) -> Option<Cell> {
    let (date, time) = text.split_once('T')?;
    if time.contains('T') {
        return None;
    }
    let date = parse_date(date)?;
    let (time, offset) = split_offset(time)?;
    let moment = date.and_time(NaiveTime::MIN).checked_add_signed(parse_time(time)?)?;
    Some(match offset {
        None => Cell::DateTime(moment),
        Some(offset) => Cell::DateTimeTz(with_offset(moment, offset)?),
    })
}

fn with_offset(moment: NaiveDateTime, offset: FixedOffset) -> Option<chrono::DateTime<FixedOffset>> {
    offset.from_local_datetime(&moment).single()
}

fn number(text: &str, width: usize) -> Option<u32> {
    (text.len() == width && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

fn year(text: &str) -> Option<i32> {
    number(text, 4).and_then(|year| i32::try_from(year).ok()).filter(|year| *year > 0)
}

fn parse_date(text: &str) -> Option<NaiveDate> {
    let parts: Vec<&str> = text.split('-').collect();
    match *parts.as_slice() {
        [y, m, d] if m.starts_with('W') => week(y, &m[1..], d),
        [y, m, d] => NaiveDate::from_ymd_opt(year(y)?, number(m, 2)?, number(d, 1).or(number(d, 2))?),
        [y, w] if w.starts_with('W') => week(y, &w[1..], "1"),
        [y, rest] if rest.len() == 3 => NaiveDate::from_yo_opt(year(y)?, number(rest, 3)?),
        [y, m] => NaiveDate::from_ymd_opt(year(y)?, number(m, 2)?, 1),
        [basic] => parse_basic_date(basic),
        _ => None,
    }
}

fn parse_basic_date(text: &str) -> Option<NaiveDate> {
    if !text.is_ascii() {
        return None;
    }
    match text.len() {
        8 if text[4..].starts_with('W') => week(&text[..4], &text[5..7], &text[7..]),
        8 => NaiveDate::from_ymd_opt(year(&text[..4])?, number(&text[4..6], 2)?, number(&text[6..], 2)?),
        7 if text[4..].starts_with('W') => week(&text[..4], &text[5..], "1"),
        7 => NaiveDate::from_yo_opt(year(&text[..4])?, number(&text[4..], 3)?),
        6 => NaiveDate::from_ymd_opt(year(&text[..4])?, number(&text[4..], 2)?, 1),
        4 => NaiveDate::from_ymd_opt(year(text)?, 1, 1),
        2 => NaiveDate::from_ymd_opt(i32::try_from(number(text, 2)?).ok()? * 100 + 1, 1, 1),
        _ => None,
    }
}

fn week(y: &str, w: &str, d: &str) -> Option<NaiveDate> {
    let day = Weekday::try_from(u8::try_from(number(d, 1)?.checked_sub(1)?).ok()?).ok()?;
    NaiveDate::from_isoywd_opt(year(y)?, number(w, 2)?, day)
}

/// Takes `Z` or an offset off the end of a time.
fn split_offset(text: &str) -> Option<(&str, Option<FixedOffset>)> {
    if let Some(time) = text.strip_suffix('Z') {
        return Some((time, FixedOffset::east_opt(0)));
    }
    let Some(at) = text.find(['+', '-']) else { return Some((text, None)) };
    let (time, offset) = text.split_at(at);
    let (sign, digits) = offset.split_at(1);
    let bare = digits.replace(':', "");
    let minutes = match bare.len() {
        2 => number(&bare, 2)? * 60,
        4 => number(&bare[..2], 2)? * 60 + number(&bare[2..], 2)?,
        _ => return None,
    };
    let seconds = i32::try_from(minutes * 60).ok()?;
    let offset = FixedOffset::east_opt(if sign == "-" { -seconds } else { seconds })?;
    Some((time, Some(offset)))
}

/// The time since midnight; the last part may have a fraction.
fn parse_time(text: &str) -> Option<TimeDelta> {
    let (whole, fraction) = match text.split_once(['.', ',']) {
        Some((whole, fraction)) if fraction.bytes().all(|byte| byte.is_ascii_digit()) && !fraction.is_empty() => {
            (whole, format!("0.{fraction}").parse::<f64>().ok()?)
        }
        Some(_) => return None,
        None => (text, 0.0),
    };
    let bare = if whole.contains(':') { extended(whole)? } else { whole.to_owned() };
    let part = |at: usize| bare.get(at..at + 2).and_then(|text| number(text, 2));
    let (seconds, unit) = match bare.len() {
        2 => (part(0)? * 3600, 3600.0),
        4 => (part(0)? * 3600 + part(2)? * 60, 60.0),
        6 => (part(0)? * 3600 + part(2)? * 60 + part(4)?, 1.0),
        _ => return None,
    };
    let valid = part(0)? < 24 && part(2).unwrap_or(0) < 60 && part(4).unwrap_or(0) < 60;
    let micros = i64::from(seconds) * 1_000_000 + (fraction * unit * 1e6).floor() as i64;
    valid.then(|| TimeDelta::microseconds(micros))
}

/// `hh:mm:ss` without its colons, if they are where they belong.
fn extended(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split(':').collect();
    parts.iter().all(|part| part.len() == 2).then(|| parts.concat())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_forms_of_iso_8601() {
        let cases = [
            ("2024-01-31T10:20:30", "2024-01-31 10:20:30"),
            ("20240131T102030Z", "2024-01-31 10:20:30+00:00"),
            ("2024-01-31T10:20:30.5+02:00", "2024-01-31 10:20:30.500000+02:00"),
            ("2024-031T10:20", "2024-01-31 10:20:00"),
            ("2024-W05-3T10", "2024-01-31 10:00:00"),
        ];
        for (text, moment) in cases {
            assert_eq!(parse(text).unwrap().to_string(), moment, "{text}");
        }
        for text in ["2024-01-31", "2024-01-31 10:20:30", "2024-13-01T10:00", "2024-01-31T25:00", "T10:00"] {
            assert!(parse(text).is_none(), "{text}");
        }
    }
}
