//! Points in time as Python's `datetime.fromisoformat` reads them and as `isoformat` writes them: the form of `begin` of a
//! microbatch model and of the ends of a sample.

use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc, Weekday};

/// A date with a time of day and, if one is given, the distance to UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IsoMoment {
    local: NaiveDateTime,
    /// Seconds east of UTC.
    offset: Option<i32>,
}

impl IsoMoment {
    /// Reads a text; none if it is no point in time.
    pub fn read(text: &str) -> Option<IsoMoment> {
        let (date, rest) = date(text)?;
        let Some(separator) = rest.chars().next() else {
            return Some(IsoMoment { local: date.and_hms_opt(0, 0, 0)?, offset: None });
        };
        let clock = &rest[separator.len_utf8()..];
        let at = clock.find(['Z', '+', '-']).unwrap_or(clock.len());
        let offset = match &clock[at..] {
            "" => None,
            "Z" => Some(0),
            signed => Some(seconds_east(signed)?),
        };
        Some(IsoMoment { local: date.and_time(time(&clock[..at])?), offset })
    }

    /// The time that the clock shows, taken for UTC: dbt drops the offset.
    pub fn shown(self) -> DateTime<Utc> {
        self.local.and_utc()
    }
}

/// As `isoformat` writes it.
impl fmt::Display for IsoMoment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.local.format("%Y-%m-%dT%H:%M:%S"))?;
        let micros = self.local.nanosecond() / 1000;
        if micros > 0 {
            write!(f, ".{micros:06}")?;
        }
        let Some(offset) = self.offset else { return Ok(()) };
        let (sign, size) = if offset < 0 { ('-', -offset) } else { ('+', offset) };
        write!(f, "{sign}{:02}:{:02}", size / 3600, size / 60 % 60)?;
        if size % 60 > 0 { write!(f, ":{:02}", size % 60) } else { Ok(()) }
    }
}

/// The date that the text begins with, as a day of a month or of a week, and what follows it.
fn date(text: &str) -> Option<(NaiveDate, &str)> {
    let year: i32 = digits(text, 0, 4)?.parse().ok()?;
    let dashed = text.as_bytes().get(4) == Some(&b'-');
    let at = if dashed { 5 } else { 4 };
    if text.as_bytes().get(at) == Some(&b'W') {
        let week = digits(text, at + 1, 2)?.parse().ok()?;
        let rest = &text[at + 3..];
        let day = if dashed { rest.strip_prefix('-') } else { Some(rest) };
        let (number, rest) = match day.and_then(|day| digits(day, 0, 1).zip(day.get(1..))) {
            Some((digit, rest)) => (digit.parse().ok()?, rest),
            None => (1, rest),
        };
        let weekday = Weekday::try_from(u8::checked_sub(number, 1)?).ok()?;
        return Some((NaiveDate::from_isoywd_opt(year, week, weekday)?, rest));
    }
    let month = digits(text, at, 2)?.parse().ok()?;
    if dashed && text.as_bytes().get(7) != Some(&b'-') {
        return None;
    }
    let at = if dashed { 8 } else { 6 };
    let date = NaiveDate::from_ymd_opt(year, month, digits(text, at, 2)?.parse().ok()?)?;
    Some((date, &text[at + 2..]))
}

/// `HH`, `HH:MM`, `HH:MM:SS`, with a fraction after the seconds, or all of it without colons.
fn time(text: &str) -> Option<NaiveTime> {
    let (whole, fraction) = match text.split_once(['.', ',']) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let parts = clock_parts(whole)?;
    let micros = match fraction {
        None => 0,
        Some(fraction) if parts.len() == 3 => microseconds(fraction)?,
        Some(_) => return None,
    };
    let part = |index: usize| parts.get(index).copied().unwrap_or(0);
    NaiveTime::from_hms_micro_opt(part(0), part(1), part(2), micros)
}

/// `+HH`, `+HH:MM` or `+HH:MM:SS`, in seconds.
fn seconds_east(text: &str) -> Option<i32> {
    let (sign, clock) = text.split_at_checked(1)?;
    let parts = clock_parts(clock)?;
    let seconds = parts.iter().zip([3600, 60, 1]).map(|(part, size)| part * size).sum::<u32>();
    let seconds = i32::try_from(seconds).ok().filter(|seconds| *seconds < 86_400)?;
    Some(if sign == "-" { -seconds } else { seconds })
}

/// One to three numbers of two digits, all with colons between them or none.
fn clock_parts(text: &str) -> Option<Vec<u32>> {
    let pieces: Vec<&str> = if text.contains(':') {
        text.split(':').collect()
    } else {
        (0..text.len()).step_by(2).map(|at| text.get(at..at + 2)).collect::<Option<_>>()?
    };
    if pieces.is_empty() || pieces.len() > 3 {
        return None;
    }
    pieces.iter().map(|piece| (piece.len() == 2).then(|| digits(piece, 0, 2)?.parse().ok())?).collect()
}

/// Digits beyond the sixth are dropped.
fn microseconds(fraction: &str) -> Option<u32> {
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    format!("{fraction:0<6}").get(..6)?.parse().ok()
}

fn digits(text: &str, at: usize, count: usize) -> Option<&str> {
    text.get(at..at + count).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
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
            assert_eq!(IsoMoment::read(text).map(|moment| moment.to_string()).as_deref(), written, "{text}");
        }
    }
}
