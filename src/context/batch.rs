//! A batch of a microbatch model: a span of time whose rows are built together.

use chrono::{DateTime, Datelike, Days, Months, TimeDelta, TimeZone, Timelike, Utc};

use super::Globals;
use super::macro_resolver::INTERNAL_PACKAGES;
use crate::jinja::value::dates::{DateTime as PyDateTime, Zone};
use crate::jinja::value::{Dict, py_str};
use crate::jinja::{Rest, Value};

/// `batch_size` of a microbatch model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchSize {
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A month.
    Month,
    /// A year.
    Year,
}

impl BatchSize {
    /// The size of dbt's name.
    pub fn parse(name: &str) -> Option<BatchSize> {
        match name {
            "hour" => Some(BatchSize::Hour),
            "day" => Some(BatchSize::Day),
            "month" => Some(BatchSize::Month),
            "year" => Some(BatchSize::Year),
            _ => None,
        }
    }

    /// The begin of the span of this size that `moment` lies in.
    pub fn truncate(self, moment: DateTime<Utc>) -> DateTime<Utc> {
        let (month, day, hour) = match self {
            BatchSize::Hour => (moment.month(), moment.day(), moment.hour()),
            BatchSize::Day => (moment.month(), moment.day(), 0),
            BatchSize::Month => (moment.month(), 1, 0),
            BatchSize::Year => (1, 1, 0),
        };
        Utc.with_ymd_and_hms(moment.year(), month, day, hour, 0, 0).single().unwrap_or(moment)
    }

    /// The begin of the span that lies `count` spans after that of `moment`.
    pub fn offset(self, moment: DateTime<Utc>, count: i32) -> DateTime<Utc> {
        self.shift(self.truncate(moment), count)
    }

    /// `moment` moved by `count` spans; days that a month does not have become its last one.
    pub fn shift(self, moment: DateTime<Utc>, count: i32) -> DateTime<Utc> {
        let months = |each: u32| Months::new(count.unsigned_abs().saturating_mul(each));
        let moved = match self {
            BatchSize::Hour => moment.checked_add_signed(TimeDelta::hours(i64::from(count))),
            BatchSize::Day if count < 0 => moment.checked_sub_days(Days::new(u64::from(count.unsigned_abs()))),
            BatchSize::Day => moment.checked_add_days(Days::new(u64::from(count.unsigned_abs()))),
            BatchSize::Month if count < 0 => moment.checked_sub_months(months(1)),
            BatchSize::Month => moment.checked_add_months(months(1)),
            BatchSize::Year if count < 0 => moment.checked_sub_months(months(12)),
            BatchSize::Year => moment.checked_add_months(months(12)),
        };
        moved.unwrap_or(moment)
    }

    /// `moment` if a span begins there, else the end of its span.
    pub fn ceiling(self, moment: DateTime<Utc>) -> DateTime<Utc> {
        let truncated = self.truncate(moment);
        if truncated == moment { moment } else { self.offset(truncated, 1) }
    }

    fn format(self) -> &'static str {
        match self {
            BatchSize::Hour => "%Y-%m-%dT%H",
            BatchSize::Day => "%Y-%m-%d",
            BatchSize::Month => "%Y-%m",
            BatchSize::Year => "%Y",
        }
    }
}

/// A batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// First moment.
    pub start: DateTime<Utc>,
    /// First moment after it.
    pub end: DateTime<Utc>,
    /// The model's `batch_size`.
    pub size: BatchSize,
}

impl Batch {
    /// The begin as log lines and file names have it: `2024-09-17T16`.
    pub fn name(&self) -> String {
        self.start.format(self.size.format()).to_string()
    }

    /// `model.batch` in templates.
    pub fn value(&self) -> Value {
        Dict::from_pairs([
            ("id", Value::from(self.name().replace('-', ""))),
            ("event_time_start", moment(self.start).value()),
            ("event_time_end", moment(self.end).value()),
        ])
    }
}

/// Whether microbatch models are built batch by batch: not where a project has its own macro for the strategy and sets the
/// flag to false, for such a macro was written before there were batches.
pub fn uses_batches(globals: &Globals) -> bool {
    let flag = globals.invocation.flags.other.get("require_batched_execution_for_custom_microbatch_strategy");
    flag.and_then(serde_json::Value::as_bool).unwrap_or(true) || macro_is_builtin(globals)
}

/// Whether no package has its own macro for the strategy.
pub fn macro_is_builtin(globals: &Globals) -> bool {
    let found = globals.macros.anywhere("get_incremental_microbatch_sql");
    let package = found.and_then(|id| id.split('.').nth(1));
    package.is_some_and(|package| INTERNAL_PACKAGES.contains(&package))
}

/// A macro that gives the same truth value whenever it is called.
pub fn always(value: bool) -> Value {
    Value::from_function(move |_: Rest<Value>| value)
}

/// A moment as it stands in SQL: Python's `str()` of it.
pub fn sql_moment(at: DateTime<Utc>) -> String {
    py_str(&moment(at).value())
}

fn moment(at: DateTime<Utc>) -> PyDateTime {
    PyDateTime::from_utc(at.naive_utc(), Zone::Utc)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        format!("{text}Z").parse().unwrap()
    }

    #[test]
    fn spans_are_cut_as_dbt_cuts_them() {
        let moment = at("2024-09-17T16:06:00");
        let cases = [
            (BatchSize::Hour, "2024-09-17T16:00:00", "2024-09-17T15:00:00", "2024-09-17T17:00:00"),
            (BatchSize::Day, "2024-09-17T00:00:00", "2024-09-16T00:00:00", "2024-09-18T00:00:00"),
            (BatchSize::Month, "2024-09-01T00:00:00", "2024-08-01T00:00:00", "2024-10-01T00:00:00"),
            (BatchSize::Year, "2024-01-01T00:00:00", "2023-01-01T00:00:00", "2025-01-01T00:00:00"),
        ];
        for (size, truncated, before, after) in cases {
            assert_eq!(size.truncate(moment), at(truncated));
            assert_eq!(size.offset(moment, -1), at(before));
            assert_eq!(size.offset(moment, 1), at(after));
            assert_eq!(size.ceiling(moment), at(after));
            assert_eq!(size.ceiling(at(truncated)), at(truncated));
        }
    }

    #[test]
    fn months_without_the_day_end_earlier() {
        assert_eq!(BatchSize::Month.shift(at("2024-01-31T16:06:00"), 1), at("2024-02-29T16:06:00"));
        assert_eq!(BatchSize::Year.shift(at("2024-02-29T16:06:00"), 1), at("2025-02-28T16:06:00"));
        assert_eq!(BatchSize::Day.shift(at("2024-09-17T16:06:00"), -1), at("2024-09-16T16:06:00"));
    }

    #[test]
    fn names_and_sql_are_dbts() {
        let batch = Batch { start: at("2024-09-17T16:00:00"), end: at("2024-09-17T17:00:00"), size: BatchSize::Hour };
        assert_eq!(batch.name(), "2024-09-17T16");
        assert_eq!(sql_moment(batch.end), "2024-09-17 17:00:00+00:00");
    }
}
