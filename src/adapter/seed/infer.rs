//! Which of dbt's types every value of a seed's column could have. The tests and their order are those of dbt's CSV
//! reader; each works on the text alone and allocates nothing in the common cases.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::iso;
use crate::adapter::table::{Cell, ColumnType, Decimal};

/// Symbols that dbt's reader takes off a number.
const CURRENCIES: [char; 18] =
    ['؋', '$', 'ƒ', '៛', '¥', '₡', '₱', '£', '€', '¢', '﷼', '₪', '₩', '₭', '₮', '₦', '฿', '₤'];

/// What is still possible for a column after the values seen so far.
#[derive(Debug, Clone)]
pub(super) struct Hypotheses {
    number: bool,
    date: bool,
    plain_date_time: bool,
    iso_date_time: bool,
    boolean: bool,
    seen: bool,
    whole_places: i32,
    decimal_places: i32,
}

impl Hypotheses {
    pub(super) fn new(forced_text: bool) -> Self {
        let open = !forced_text;
        Hypotheses {
            number: open,
            date: open,
            plain_date_time: open,
            iso_date_time: open,
            boolean: open,
            seen: forced_text,
            whole_places: 1,
            decimal_places: 0,
        }
    }

    /// Takes a value into account.
    pub(super) fn see(&mut self, value: &str) {
        self.seen = true;
        if value.is_empty() || self.says_nothing(value.as_bytes()) {
            return;
        }
        let value = value.trim();
        if is_null(value) {
            return;
        }
        if self.number {
            match read_number(value) {
                Some(number) => self.widen(number),
                None => self.number = false,
            }
        }
        self.date = self.date && read_date(value).is_some();
        self.plain_date_time = self.plain_date_time && read_plain(value).is_some();
        self.iso_date_time = self.iso_date_time && iso::parse(value).is_some();
        self.boolean = self.boolean && read_boolean(value).is_some();
    }

    /// Whether the value is plainly one more of the only type that is left, or no type is left. Most values of a column are
    /// told by a look at their bytes.
    fn says_nothing(&self, value: &[u8]) -> bool {
        match (self.number, self.date, self.plain_date_time || self.iso_date_time, self.boolean) {
            (false, false, false, false) => true,
            (true, false, false, false) => self.is_no_wider(value),
            (false, true, false, false) => is_plain_date(value),
            (false, false, false, true) => matches!(value, b"true" | b"false"),
            _ => false,
        }
    }

    /// Whether the value is a plain number with no more places than those before it.
    fn is_no_wider(&self, value: &[u8]) -> bool {
        let fits = |digits: &[u8], most: i32| {
            !digits.is_empty() && digits.len() <= most.clamp(0, 9) as usize && digits.iter().all(u8::is_ascii_digit)
        };
        match value.iter().position(|byte| *byte == b'.') {
            None => fits(value, self.whole_places),
            Some(point) => fits(&value[..point], self.whole_places) && fits(&value[point + 1..], self.decimal_places),
        }
    }

    fn widen(&mut self, number: Decimal) {
        if let Some((whole, behind)) = number.places() {
            self.whole_places = self.whole_places.max(whole);
            self.decimal_places = self.decimal_places.max(behind);
        }
    }

    /// Takes into account what was seen of the same column in another part of the file.
    pub(super) fn merge(&mut self, other: &Hypotheses) {
        self.number &= other.number;
        self.date &= other.date;
        self.plain_date_time &= other.plain_date_time;
        self.iso_date_time &= other.iso_date_time;
        self.boolean &= other.boolean;
        self.seen |= other.seen;
        self.whole_places = self.whole_places.max(other.whole_places);
        self.decimal_places = self.decimal_places.max(other.decimal_places);
    }

    /// dbt's choice: the first type, in its order, that fits all values.
    pub(super) fn kind(&self) -> ColumnType {
        if !self.seen {
            return ColumnType::Integer;
        }
        let order = [
            (self.number, ColumnType::Number),
            (self.date, ColumnType::Date),
            (self.plain_date_time || self.iso_date_time, ColumnType::DateTime),
            (self.boolean, ColumnType::Boolean),
        ];
        order.into_iter().find(|(fits, _)| *fits).map_or(ColumnType::Text, |(_, kind)| kind)
    }

    /// Whether a number is more than an integer. Python's 28 digits of precision go to the whole part first; a whole part
    /// that is longer leaves less than nothing, which dbt takes for digits behind the point.
    pub(super) fn fractional(&self) -> bool {
        const PRECISION: i32 = 28;
        self.decimal_places.min(PRECISION - self.whole_places) != 0
    }
}

/// A value as dbt's reader would hand it to a template.
pub(super) fn cell(value: &str, kind: ColumnType) -> Cell {
    let trimmed = value.trim();
    if is_null(trimmed) {
        return Cell::Null;
    }
    let read = match kind {
        ColumnType::Number | ColumnType::Integer => read_number(trimmed).map(Cell::Decimal),
        ColumnType::Date => read_date(trimmed).map(Cell::Date),
        ColumnType::DateTime => read_date_time(trimmed),
        ColumnType::Boolean => read_boolean(trimmed).map(Cell::Bool),
        ColumnType::Text => None,
    };
    read.unwrap_or_else(|| Cell::text(value))
}

fn is_null(trimmed: &str) -> bool {
    trimmed.is_empty() || trimmed.eq_ignore_ascii_case("null")
}

fn read_boolean(value: &str) -> Option<bool> {
    if value.contains(',') {
        return read_boolean(&value.replace(',', ""));
    }
    let value = value.trim();
    if value.eq_ignore_ascii_case("true") {
        Some(true)
    } else if value.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// Numbers may carry a percent sign, a currency and commas between thousands.
fn read_number(value: &str) -> Option<Decimal> {
    let first = value.chars().next()?;
    // Words and dates are most of what fails: they are told by their first letter or by a second hyphen.
    if first.is_ascii_alphabetic() && !matches!(first, 'i' | 'I' | 'n' | 'N' | 's' | 'S') {
        return None;
    }
    if let Some(plain) = read_plain_number(value) {
        return Some(plain);
    }
    let bare = value.trim_matches('%');
    let (negative, bare) = bare.strip_prefix('-').map_or((false, bare), |rest| (true, rest));
    let bare = CURRENCIES.iter().fold(bare, |text, symbol| text.trim_matches(*symbol));
    let bare = if bare.contains(',') { bare.replace(',', "") } else { bare.to_owned() };
    let number = Decimal::parse(&bare)?;
    Some(if negative { negate(number) } else { number })
}

/// What nearly all numbers are: a sign, a few digits, perhaps a point between them.
fn read_plain_number(value: &str) -> Option<Decimal> {
    let (negative, unsigned) = value.strip_prefix('-').map_or((false, value), |rest| (true, rest));
    // 18 digits are sure to fit 64 bits.
    if unsigned.is_empty() || unsigned.len() > 18 || unsigned == "." {
        return None;
    }
    let (mut digits, mut exponent, mut behind_point) = (0u64, 0, false);
    for byte in unsigned.bytes() {
        match byte {
            b'0'..=b'9' => {
                digits = digits * 10 + u64::from(byte - b'0');
                exponent -= i32::from(behind_point);
            }
            b'.' if !behind_point => behind_point = true,
            _ => return None,
        }
    }
    Some(Decimal::Finite { negative, digits: digits.into(), exponent })
}

fn negate(number: Decimal) -> Decimal {
    match number {
        Decimal::Finite { negative, digits, exponent } => Decimal::Finite { negative: !negative, digits, exponent },
        Decimal::Infinite { negative } => Decimal::Infinite { negative: !negative },
        Decimal::Nan => Decimal::Nan,
    }
}

/// Whether a date has all its digits and is one in every month.
fn is_plain_date(value: &[u8]) -> bool {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = value else { return false };
    let pair = |tens: u8, ones: u8| 10 * (tens - b'0') + (ones - b'0');
    let digits = [y1, y2, y3, y4, m1, m2, d1, d2].iter().all(u8::is_ascii_digit);
    digits && y1 > b'0' && (1..=12).contains(&pair(m1, m2)) && (1..=28).contains(&pair(d1, d2))
}

/// Python's `strptime` with `%Y-%m-%d`: four digits of year, one or two of month and day.
fn read_date(value: &str) -> Option<NaiveDate> {
    let mut parts = value.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if year.len() != 4 {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(digits(year)?.try_into().ok()?, one_or_two(month)?, one_or_two(day)?)?;
    (chrono::Datelike::year(&date) > 0).then_some(date)
}

fn digits(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn one_or_two(text: &str) -> Option<u32> {
    matches!(text.len(), 1 | 2).then(|| digits(text)).flatten()
}

fn read_date_time(value: &str) -> Option<Cell> {
    read_plain(value).map(Cell::DateTime).or_else(|| iso::parse(value))
}

/// `%Y-%m-%d %H:%M:%S`.
fn read_plain(value: &str) -> Option<NaiveDateTime> {
    let (date, time) = value.split_once(char::is_whitespace)?;
    let mut parts = time.trim_start().splitn(3, ':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next()?);
    let time = NaiveTime::from_hms_opt(one_or_two(hour)?, one_or_two(minute)?, one_or_two(second)?)?;
    Some(read_date(date)?.and_time(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a look at the bytes spares comes to the same: each value is seen by itself, too.
    #[test]
    fn values_that_say_nothing_new_change_nothing() {
        let values = [
            "1",
            "007",
            "-3",
            "12.50",
            "0.5",
            "12.",
            ".5",
            "1e3",
            "99999999999",
            "1.123456789012",
            "2024-01-31",
            "2024-02-30",
            "0000-01-01",
            "2024-1-1",
            "2024-01-01 10:00:00",
            "2024-01-01T10:00:00",
            "true",
            "False",
            "x",
            "",
            " ",
            "null",
            "$1",
            "1,000",
        ];
        for first in values {
            for second in values {
                for third in values {
                    let mut column = Hypotheses::new(false);
                    let mut merged = Hypotheses::new(false);
                    for value in [first, second, third] {
                        column.see(value);
                        let mut alone = Hypotheses::new(false);
                        alone.see(value);
                        merged.merge(&alone);
                    }
                    let of = |column: &Hypotheses| {
                        let kind = column.kind();
                        (kind, kind == ColumnType::Number && column.fractional())
                    };
                    assert_eq!(of(&column), of(&merged), "{first} {second} {third}");
                }
            }
        }
    }

    /// Recorded from dbt's reader: the precision that it finds in a column, which is an integer where there is none.
    #[test]
    fn long_numbers_are_no_integers() {
        let cases: [(&[&str], bool); 7] = [
            (&["999999999999999999999999999"], false),
            (&["9999999999999999999999999999"], false),
            (&["99999999999999999999999999999"], true),
            (&["11111111111111111111111111111"], true),
            (&["1111111111111111111111111111", "0.25"], false),
            (&["111111111111111111111111111", "0.25"], true),
            (&["99999999999999999999999999999999999999999", "1"], true),
        ];
        for (values, fractional) in cases {
            let mut column = Hypotheses::new(false);
            values.iter().for_each(|value| column.see(value));
            assert_eq!((column.kind(), column.fractional()), (ColumnType::Number, fractional), "{values:?}");
        }
    }
}
