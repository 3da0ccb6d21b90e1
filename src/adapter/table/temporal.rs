//! Dates and points in time from DuckDB's numbers. DuckDB counts far beyond the years that Python has: what Python's
//! client cannot hold is text there, in DuckDB's own spelling, and infinity is Python's first or last moment.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Utc};

use super::Cell;

const DAY: i64 = 86_400_000_000;

/// A date from days since 1970.
pub(super) fn date(days: i32) -> Cell {
    if days == i32::MAX || days == -i32::MAX {
        return Cell::Date(if days < 0 { first_date() } else { last_date() });
    }
    let found = NaiveDate::from_ymd_opt(1970, 1, 1)
        .unwrap_or_default()
        .checked_add_signed(chrono::TimeDelta::days(i64::from(days)))
        .filter(|date| (first_date()..=last_date()).contains(date));
    found.map_or_else(|| Cell::text(far_date(i64::from(days))), Cell::Date)
}

fn first_date() -> NaiveDate {
    NaiveDate::from_ymd_opt(1, 1, 1).unwrap_or_default()
}

fn last_date() -> NaiveDate {
    NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or_default()
}

/// A point in time from microseconds since 1970.
pub(super) fn moment(micros: i64, zone: Option<&str>) -> Cell {
    if micros == i64::MAX || micros == -i64::MAX {
        let last = NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap_or_default();
        let edge = if micros < 0 { first_date().and_time(NaiveTime::MIN) } else { last_date().and_time(last) };
        return Cell::DateTime(edge);
    }
    let naive = DateTime::from_timestamp_micros(micros)
        .map(|moment| moment.naive_utc())
        .filter(|moment| (first_date()..=last_date()).contains(&moment.date()));
    match (naive, zone) {
        (Some(naive), None) => Cell::DateTime(naive),
        (Some(naive), Some(zone)) => Cell::DateTimeTz(in_zone(naive, zone)),
        (None, zone) => Cell::text(far_moment(micros, zone)),
    }
}

fn in_zone(naive: NaiveDateTime, zone: &str) -> DateTime<FixedOffset> {
    if let Ok(zone) = zone.parse::<chrono_tz::Tz>() {
        return zone.from_utc_datetime(&naive).fixed_offset();
    }
    let offset = zone.parse::<FixedOffset>().unwrap_or_else(|_| Utc.fix());
    offset.from_utc_datetime(&naive)
}

/// The client prints such a moment in UTC, whatever the session's zone is.
fn far_moment(micros: i64, zone: Option<&str>) -> String {
    let time = super::nested::time_text(micros.rem_euclid(DAY));
    let time = if time.contains('.') { time.trim_end_matches('0') } else { &time };
    let offset = if zone.is_some() { "+00" } else { "" };
    format!("{} {time}{offset}", far_date(micros.div_euclid(DAY)))
}

/// A date of any year in DuckDB's spelling, `0044-03-15 (BC)`. A cycle of the calendar, 400 years, has 146,097 days.
fn far_date(days: i64) -> String {
    let from_march = days + 719_468;
    let (cycle, day) = (from_march.div_euclid(146_097), from_march.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let in_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * in_year + 2) / 153;
    let day = in_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = cycle * 400 + year + i64::from(month <= 2);
    let era = if year <= 0 { " (BC)" } else { "" };
    format!("{:04}-{month:02}-{day:02}{era}", if year <= 0 { 1 - year } else { year })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_years_that_python_does_not_have() {
        assert_eq!(far_date(-735_233), "0044-01-01 (BC)");
        assert_eq!(far_date(106_751_991), "294247-01-10");
        assert_eq!(far_date(-719_163), "0001-12-31 (BC)");
        assert_eq!(far_moment(316_516_204_800_500_000, None), "12000-01-01 00:00:00.5");
        assert_eq!(far_moment(316_516_204_800_000_000, Some("Asia/Kolkata")), "12000-01-01 00:00:00+00");
        assert_eq!(date(i32::MAX), Cell::Date(last_date()));
    }
}
