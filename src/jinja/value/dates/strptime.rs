//! `strptime`: reads a date and time by a format, as Python's `_strptime` does.

use chrono::{Duration, NaiveDate, NaiveDateTime};
use minijinja::Error as MjError;

use super::super::super::error::PyError;
use super::super::str_repr;
use super::datetime::{DateTime, make_date, make_time};
use super::zone::Zone;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

#[derive(Debug)]
struct Fields {
    year: i64,
    month: u32,
    day: u32,
    day_of_year: Option<u32>,
    hour: u32,
    minute: u32,
    second: u32,
    micro: u32,
    afternoon: Option<bool>,
    offset: Option<i32>,
}

/// Reads `text` by `format`.
///
/// # Errors
/// The text does not match, or names no date.
pub(super) fn strptime(text: &str, format: &str) -> Result<DateTime, MjError> {
    let mut fields = Fields {
        year: 1900,
        month: 1,
        day: 1,
        day_of_year: None,
        hour: 0,
        minute: 0,
        second: 0,
        micro: 0,
        afternoon: None,
        offset: None,
    };
    let mut rest = text;
    let mut directives = format.chars().peekable();
    while let Some(c) = directives.next() {
        let matched = if c == '%' {
            directives.next().and_then(|letter| fields.read(letter, rest))
        } else if c.is_whitespace() {
            Some(rest.trim_start())
        } else {
            rest.chars().next().filter(|found| found.eq_ignore_ascii_case(&c)).map(|found| &rest[found.len_utf8()..])
        };
        rest = matched.ok_or_else(|| {
            let (text, format) = (str_repr(text), str_repr(format));
            PyError::value_error(format!("time data {text} does not match format {format}"))
        })?;
    }
    if !rest.is_empty() {
        return Err(PyError::value_error(format!("unconverted data remains: {rest}")));
    }
    fields.finish()
}

impl Fields {
    /// Reads one directive; what is left of the text, or nothing when it does not match.
    fn read<'t>(&mut self, letter: char, text: &'t str) -> Option<&'t str> {
        let (value, rest) = match letter {
            'Y' => number(text, 4).filter(|(_, rest)| text.len() - rest.len() == 4)?,
            'm' | 'd' | 'H' | 'I' | 'M' | 'S' | 'y' => number(text, 2)?,
            'j' => number(text, 3)?,
            'f' => fraction(text)?,
            'b' | 'B' | 'h' => name(text, &MONTHS, letter == 'B')?,
            'a' | 'A' => name(text, &DAYS, letter == 'A')?,
            'p' => name(text, &["am", "pm"], true)?,
            'z' => return self.read_offset(text),
            'Z' => return text.strip_prefix("UTC").or_else(|| text.strip_prefix("GMT")),
            'T' => return self.read_all("H:M:S", text),
            'D' => return self.read_all("m/d/y", text),
            'F' => return self.read_all("Y-m-d", text),
            '%' => return text.strip_prefix('%'),
            _ => return None,
        };
        match letter {
            'Y' => self.year = i64::from(value),
            'y' => self.year = i64::from(if value < 69 { 2000 + value } else { 1900 + value }),
            'm' => self.month = value,
            'b' | 'B' | 'h' => self.month = value + 1,
            'd' => self.day = value,
            'j' => self.day_of_year = Some(value),
            'H' | 'I' => self.hour = value,
            'M' => self.minute = value,
            'S' => self.second = value,
            'f' => self.micro = value,
            'p' => self.afternoon = Some(value == 1),
            _ => {}
        }
        Some(rest)
    }

    fn read_all<'t>(&mut self, pattern: &str, mut text: &'t str) -> Option<&'t str> {
        for c in pattern.chars() {
            text = if c.is_alphabetic() { self.read(c, text)? } else { text.strip_prefix(c)? };
        }
        Some(text)
    }

    fn read_offset<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        if let Some(rest) = text.strip_prefix('Z') {
            self.offset = Some(0);
            return Some(rest);
        }
        let sign = if text.starts_with('-') { -1 } else { 1 };
        let (hours, rest) = number(text.strip_prefix(['+', '-'])?, 2)?;
        let (minutes, rest) = number(rest.strip_prefix(':').unwrap_or(rest), 2)?;
        self.offset = Some(sign * (hours * 3600 + minutes * 60) as i32);
        Some(rest)
    }

    fn finish(self) -> Result<DateTime, MjError> {
        let hour = match self.afternoon {
            Some(afternoon) => self.hour % 12 + if afternoon { 12 } else { 0 },
            None => self.hour,
        };
        let date = match self.day_of_year {
            Some(day) => {
                let first: NaiveDate = make_date(self.year, 1, 1)?;
                first + Duration::days(i64::from(day) - 1)
            }
            None => make_date(self.year, self.month, self.day)?,
        };
        let local = NaiveDateTime::new(date, make_time(hour, self.minute, self.second, self.micro)?);
        let zone = self.offset.map(|seconds| if seconds == 0 { Zone::Utc } else { Zone::Fixed(seconds) });
        Ok(DateTime::new(local, zone))
    }
}

fn number(text: &str, most: usize) -> Option<(u32, &str)> {
    let len = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    Some((text[..len].parse().ok()?, &text[len..]))
}

fn fraction(text: &str) -> Option<(u32, &str)> {
    let len = text.bytes().take(6).take_while(u8::is_ascii_digit).count();
    let digits: u32 = text[..len].parse().ok()?;
    Some((digits * 10u32.pow(6 - len as u32), &text[len..]))
}

fn name<'t>(text: &'t str, names: &[&str], full: bool) -> Option<(u32, &'t str)> {
    let index = names.iter().position(|name| {
        let wanted = if full { name } else { &name[..3.min(name.len())] };
        text.get(..wanted.len()).is_some_and(|start| start.eq_ignore_ascii_case(wanted))
    })?;
    let len = if full { names[index].len() } else { 3.min(names[index].len()) };
    Some((index as u32, &text[len..]))
}

/// Reads what `isoformat` writes.
///
/// # Errors
/// The text is no ISO date and time.
pub(super) fn from_iso(text: &str) -> Result<DateTime, MjError> {
    let invalid = || PyError::value_error(format!("Invalid isoformat string: {}", str_repr(text)));
    let date = text.get(..10).ok_or_else(invalid)?;
    let mut format = String::from("%Y-%m-%d");
    let time = text.get(11..).unwrap_or_default();
    if !time.is_empty() {
        let clock_end = time.find(['+', '-', 'Z']).unwrap_or(time.len());
        let clock = &time[..clock_end];
        format.push_str(match (clock.matches(':').count(), clock.contains('.')) {
            (0, _) => " %H",
            (1, _) => " %H:%M",
            (_, false) => " %H:%M:%S",
            (_, true) => " %H:%M:%S.%f",
        });
        if clock_end < time.len() {
            format.push_str("%z");
        }
        return strptime(&format!("{date} {time}"), &format).map_err(|_| invalid());
    }
    if text.len() != 10 {
        return Err(invalid());
    }
    strptime(date, &format).map_err(|_| invalid())
}
