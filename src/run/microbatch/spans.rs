//! The batches of a microbatch model that a run builds: from where its table stands, or as the command line says.

use chrono::{DateTime, NaiveDateTime, Utc};

use crate::context::batch::BatchSize;
use crate::error::{Error, Result};
use crate::invocation::{BatchSpan, Invocation};
use crate::jinja::value::dates::DateTime as Moment;
use crate::manifest::Config;

/// What a model says of its batches.
#[derive(Debug)]
pub(super) struct Model<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its configuration.
    pub config: &'a Config,
    /// Its `batch_size`.
    pub size: BatchSize,
}

/// The spans of time to build, in order. `incremental` is whether the table stands and is to be kept; then `lookback`
/// batches before the present one are built again.
///
/// # Errors
/// The model has no `begin` where it is needed, or no `batch_size`.
pub(super) fn spans(invocation: &Invocation, model: &Model<'_>, incremental: bool) -> Result<Vec<BatchSpan>> {
    let size = model.size;
    let flags = &invocation.flags;
    let typed = |text: &Option<String>| text.as_deref().and_then(typed_moment);
    let (mut start, mut end) = (typed(&flags.event_time_start), typed(&flags.event_time_end));
    if let Some(sample) = &flags.sample {
        (start, end) = (Some(sample.start), Some(sample.end));
    }
    let now = flags.retried_batches.as_ref().map_or(invocation.started_at, |retried| retried.started_at);
    let end = size.ceiling(end.unwrap_or(now));
    let start = match start {
        Some(start) => size.truncate(start),
        None if incremental => size.offset(end, -model.lookback(end)),
        None => size.truncate(model.begin()?),
    };
    Ok(cut(start, end, size))
}

impl Model<'_> {
    /// Batches before `end` to build again. Where a batch ends at `end` itself, that one counts too.
    fn lookback(&self, end: DateTime<Utc>) -> i32 {
        let configured = self.config.get("lookback").and_then(serde_json::Value::as_i64).unwrap_or(1);
        let lookback = i32::try_from(configured).unwrap_or(i32::MAX - 1);
        if self.size.truncate(end) == end { lookback + 1 } else { lookback }
    }

    fn begin(&self) -> Result<DateTime<Utc>> {
        self.config.str("begin").and_then(Moment::from_isoformat).map(|begin| begin.shown_as_utc()).ok_or_else(|| {
            Error::runtime(format!("Microbatch model '{}' requires a 'begin' configuration.", self.name))
        })
    }
}

/// At least one batch; the last ends at `end` exactly.
fn cut(start: DateTime<Utc>, end: DateTime<Utc>, size: BatchSize) -> Vec<BatchSpan> {
    let mut spans = Vec::new();
    let mut from = start;
    loop {
        let to = size.offset(from, 1);
        if to >= end || to <= from {
            spans.push((from, end));
            return spans;
        }
        spans.push((from, to));
        from = to;
    }
}

/// `--event-time-start` and `--event-time-end`, which the command line has checked.
fn typed_moment(text: &str) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S").ok().map(|moment| moment.and_utc())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        format!("{text}:00Z").parse().unwrap()
    }

    fn config(config: serde_json::Value) -> Config {
        Config(config.as_object().cloned().unwrap_or_default().into())
    }

    fn model(config: &Config, size: BatchSize) -> Model<'_> {
        Model { name: "m", config, size }
    }

    fn invocation(now: &str) -> Invocation {
        Invocation {
            command: "run".to_owned(),
            invocation_command: String::new(),
            invocation_id: String::new(),
            started_at: at(now),
            flags: crate::invocation::Flags::default(),
        }
    }

    #[test]
    fn a_first_run_begins_at_the_beginning() {
        let node = config(json!({"begin": "2025-01-30"}));
        let built = spans(&invocation("2025-02-01T10:30"), &model(&node, BatchSize::Day), false).unwrap();
        let days = ["2025-01-30T00:00", "2025-01-31T00:00", "2025-02-01T00:00", "2025-02-02T00:00"].map(at);
        assert_eq!(built, [(days[0], days[1]), (days[1], days[2]), (days[2], days[3])]);
        let empty = config(json!({}));
        let error = spans(&invocation("2025-02-01T10:30"), &model(&empty, BatchSize::Day), false).unwrap_err();
        assert_eq!(error.message, "Microbatch model 'm' requires a 'begin' configuration.");
    }

    #[test]
    fn a_later_run_looks_back() {
        let node = config(json!({"begin": "2020-01-01", "lookback": 2}));
        let built = spans(&invocation("2025-02-01T10:30"), &model(&node, BatchSize::Month), true).unwrap();
        assert_eq!(built.len(), 3);
        assert_eq!(built[0].0, at("2024-12-01T00:00"));
        assert_eq!(built[2].1, at("2025-03-01T00:00"));
    }

    #[test]
    fn the_command_line_sets_the_ends() {
        let mut invocation = invocation("2025-02-01T10:30");
        invocation.flags.event_time_start = Some("2024-05-01T12:10:00".to_owned());
        invocation.flags.event_time_end = Some("2024-05-01T13:00:00".to_owned());
        let node = config(json!({"begin": "2020-01-01"}));
        let built = spans(&invocation, &model(&node, BatchSize::Hour), true).unwrap();
        assert_eq!(built, [(at("2024-05-01T12:00"), at("2024-05-01T13:00"))]);
    }
}
