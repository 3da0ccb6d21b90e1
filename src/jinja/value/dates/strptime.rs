//! `strptime`: reads a date and time by a format, which becomes a regular expression as in Python's `_strptime`.

use chrono::{Datelike, Duration, NaiveDate, NaiveDateTime};
use fancy_regex::{Captures, Regex};
use minijinja::Error as MjError;

use super::super::super::error::PyError;
use super::super::str_repr;
use super::class::iso_week_date;
use super::datetime::DateTime;
use super::parts::{make_date, make_time};
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

/// The longest names first, so that none hides another.
fn names(all: &[&str], letters: usize) -> String {
    let mut shown: Vec<&str> = all.iter().map(|name| &name[..letters.min(name.len())]).collect();
    shown.sort_by_key(|name| std::cmp::Reverse(name.len()));
    shown.join("|")
}

/// What a directive matches.
fn pattern(letter: char) -> Option<String> {
    let fixed = match letter {
        'd' => r"3[0-1]|[1-2]\d|0[1-9]|[1-9]| [1-9]",
        'f' => "[0-9]{1,6}",
        'H' => r"2[0-3]|[0-1]\d|\d",
        'I' => "1[0-2]|0[1-9]|[1-9]",
        'G' | 'Y' => r"\d\d\d\d",
        'j' => r"36[0-6]|3[0-5]\d|[1-2]\d\d|0[1-9]\d|00[1-9]|[1-9]\d|0[1-9]|[1-9]",
        'm' => "1[0-2]|0[1-9]|[1-9]",
        'M' => r"[0-5]\d|\d",
        'S' => r"6[0-1]|[0-5]\d|\d",
        'U' | 'W' => r"5[0-3]|[0-4]\d|\d",
        'w' => "[0-6]",
        'u' => "[1-7]",
        'V' => r"5[0-3]|0[1-9]|[1-4]\d|\d",
        'y' => r"\d\d",
        'z' => r"[+-]\d\d:?[0-5]\d(?::?[0-5]\d(?:\.\d{1,6})?)?|(?-i:Z)",
        'p' => "am|pm",
        'Z' => "utc|gmt",
        _ => "",
    };
    match letter {
        'A' => Some(names(&DAYS, usize::MAX)),
        'a' => Some(names(&DAYS, 3)),
        'B' => Some(names(&MONTHS, usize::MAX)),
        'b' => Some(names(&MONTHS, 3)),
        _ => Some(fixed.to_owned()).filter(|fixed| !fixed.is_empty()),
    }
}

/// The expression that a format stands for.
fn expression(format: &str) -> Result<String, MjError> {
    let format_repr = || str_repr(format);
    let spelled = format.replace("%c", "%a %b %d %H:%M:%S %Y").replace("%x", "%m/%d/%y").replace("%X", "%H:%M:%S");
    let mut out = String::from("(?i)\\A");
    let mut chars = spelled.chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_whitespace() {
            while chars.next_if(|next| next.is_whitespace()).is_some() {}
            out.push_str("\\s+");
        } else if c != '%' {
            out.push_str(&fancy_regex::escape(&c.to_string()));
        } else {
            match chars.next() {
                Some('%') => out.push('%'),
                Some(letter) => {
                    let pattern = pattern(letter).ok_or_else(|| {
                        PyError::value_error(format!("'{letter}' is a bad directive in format {}", format_repr()))
                    })?;
                    out.push_str(&format!("(?P<{letter}>{pattern})"));
                }
                None => return Err(PyError::value_error(format!("stray % in format {}", format_repr()))),
            }
        }
    }
    Ok(out)
}

/// Reads `text` by `format`.
///
/// # Errors
/// The format has an unknown directive, the text does not match, or it names no date.
pub(super) fn strptime(text: &str, format: &str) -> Result<DateTime, MjError> {
    let regex = Regex::new(&expression(format)?).map_err(|error| PyError::value_error(error.to_string()))?;
    let found = regex.captures(text).ok().flatten().ok_or_else(|| {
        let (text, format) = (str_repr(text), str_repr(format));
        PyError::value_error(format!("time data {text} does not match format {format}"))
    })?;
    let end = found.get(0).map_or(0, |all| all.end());
    if end < text.len() {
        return Err(PyError::value_error(format!("unconverted data remains: {}", &text[end..])));
    }
    Fields(found).moment()
}

/// What a text has for each directive.
struct Fields<'t>(Captures<'t, str>);

impl Fields<'_> {
    fn text(&self, letter: &str) -> Option<String> {
        self.0.name(letter).map(|found| found.as_str().trim().to_ascii_lowercase())
    }

    fn number(&self, letter: &str) -> Option<i64> {
        self.text(letter)?.parse().ok()
    }

    fn named(&self, letters: [&str; 2], all: &[&str]) -> Option<i64> {
        let text = letters.iter().find_map(|letter| self.text(letter))?;
        all.iter().position(|name| name.starts_with(&text)).map(|at| at as i64)
    }

    fn year(&self) -> Option<i64> {
        let short = self.number("y").map(|year| if year < 69 { 2000 + year } else { 1900 + year });
        self.number("Y").or(short)
    }

    /// The day of the week, Monday being 0.
    fn weekday(&self) -> Option<i64> {
        let named = self.named(["A", "a"], &DAYS);
        let from_sunday = self.number("w").map(|day| (day + 6) % 7);
        named.or(from_sunday).or_else(|| self.number("u").map(|day| day - 1))
    }

    fn date(&self) -> Result<NaiveDate, MjError> {
        let month = self.number("m").or_else(|| self.named(["B", "b"], &MONTHS).map(|month| month + 1));
        let day = self.number("d");
        if let (Some(year), Some(week), Some(weekday)) = (self.number("G"), self.number("V"), self.weekday()) {
            return iso_week_date(year, week, weekday + 1);
        }
        let year = self.year().unwrap_or(1900);
        let of_year = |day: i64| Ok(make_date(year, 1, 1)? + Duration::days(day - 1));
        if let Some(day) = self.number("j") {
            return of_year(day);
        }
        let week = self.number("U").map(|week| (week, 6)).or_else(|| self.number("W").map(|week| (week, 0)));
        if let (Some((week, first)), Some(weekday), Some(_)) = (week, self.weekday(), self.year()) {
            let new_year = i64::from(make_date(year, 1, 1)?.weekday().num_days_from_monday());
            let (new_year, weekday) = ((new_year - first).rem_euclid(7), (weekday - first).rem_euclid(7));
            let before = (7 - new_year) % 7;
            return of_year(if week == 0 { 1 + weekday - new_year } else { 1 + before + 7 * (week - 1) + weekday });
        }
        make_date(year, month.unwrap_or(1), day.unwrap_or(1))
    }

    fn offset(&self) -> Option<i32> {
        let text = self.text("z")?;
        let digits: String = text.chars().filter(char::is_ascii_digit).chain("000000".chars()).take(6).collect();
        let number: i32 = digits.parse().ok()?;
        let seconds = number / 10_000 * 3600 + number / 100 % 100 * 60 + number % 100;
        Some(if text.starts_with('-') { -seconds } else { seconds })
    }

    fn moment(&self) -> Result<DateTime, MjError> {
        let hour = match (self.number("I"), self.text("p")) {
            (Some(hour), half) => hour % 12 + if half.as_deref() == Some("pm") { 12 } else { 0 },
            (None, _) => self.number("H").unwrap_or(0),
        };
        let digits: String = self.text("f").unwrap_or_default().chars().chain("000000".chars()).take(6).collect();
        let (minute, second) = (self.number("M").unwrap_or(0), self.number("S").unwrap_or(0));
        let time = make_time(hour, minute, second, digits.parse().unwrap_or(0))?;
        let local = NaiveDateTime::new(self.date()?, time);
        Ok(DateTime::with_tzinfo(local, self.offset().map(Zone::Fixed)))
    }
}
