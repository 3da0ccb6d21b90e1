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
        if !(self.number || self.date || self.plain_date_time || self.iso_date_time || self.boolean) {
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
