//! What became of each node of a run.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Timelike, Utc};
use serde_json::{Map as JsonMap, Value as Json, json};

use crate::adapter::Table;
use crate::error::{Error, Result};
use crate::events::lines::Stats;
use crate::events::thread_name;
use crate::invocation::{BatchSpan, BatchSpans};

use super::plan::Resource;
use super::profile::Profile;

/// dbt's statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// A model, seed, snapshot or hook that ran.
    Success,
    /// It could not be compiled or run.
    Error,
    /// A test that found something.
    Fail,
    /// A test that found something and only warns.
    Warn,
    /// Not run, because something that it needs failed.
    Skipped,
    /// A microbatch model of which some batches failed.
    PartialSuccess,
    /// A test that found nothing.
    Pass,
    /// A freshness check that could not be done.
    RuntimeError,
    /// An exposure or saved query: nothing to run.
    NoOp,
    /// Not run, because nothing that it depends on has changed.
    Reused,
}

impl Status {
    /// dbt's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Success => "success",
            Status::Error => "error",
            Status::Fail => "fail",
            Status::Warn => "warn",
            Status::Skipped => "skipped",
            Status::PartialSuccess => "partial success",
            Status::Pass => "pass",
            Status::RuntimeError => "runtime error",
            Status::NoOp => "no-op",
            Status::Reused => "reused",
        }
    }
}

/// A step of a node's run: `compile` or `execute`.
#[derive(Debug, Clone)]
pub struct Timing {
    /// The step.
    pub name: &'static str,
    /// Its begin.
    pub started_at: DateTime<Utc>,
    /// Its end.
    pub completed_at: DateTime<Utc>,
}

impl Timing {
    /// A step that began at `started_at` and ends now.
    pub fn since(name: &'static str, started_at: DateTime<Utc>) -> Timing {
        Timing { name, started_at, completed_at: Utc::now() }
    }

    /// As artifacts show it.
    pub fn to_json(&self) -> Json {
        json!({"name": self.name, "started_at": moment(self.started_at), "completed_at": moment(self.completed_at)})
    }
}

/// A moment as dbt's artifacts write it: UTC, microseconds, `Z`.
pub fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Python's `isoformat()` of a time in UTC: microseconds only where there are some.
pub fn isoformat(at: DateTime<Utc>) -> String {
    let format = if at.nanosecond() / 1_000 == 0 { "%Y-%m-%dT%H:%M:%S+00:00" } else { "%Y-%m-%dT%H:%M:%S%.6f+00:00" };
    at.format(format).to_string()
}

/// Batches as pairs of moments with `+00:00`.
pub fn batches_json(batches: &BatchSpans) -> Json {
    let text = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, false);
    let list =
        |spans: &[BatchSpan]| -> Json { spans.iter().map(|(start, end)| json!([text(*start), text(*end)])).collect() };
    json!({"successful": list(&batches.successful), "failed": list(&batches.failed)})
}

/// How fresh a source is.
#[derive(Debug, Clone, PartialEq)]
pub struct Freshness {
    /// When it was loaded last.
    pub max_loaded_at: DateTime<Utc>,
    /// When that was asked.
    pub snapshotted_at: DateTime<Utc>,
    /// Seconds between the two.
    pub age: f64,
}

/// The result of one node.
#[derive(Debug, Clone)]
pub struct NodeResult {
    /// What ran.
    pub resource: Resource,
    /// What became of it.
    pub status: Status,
    /// Its steps.
    pub timing: Vec<Timing>,
    /// The worker, `main` for hooks.
    pub thread_id: String,
    /// Seconds.
    pub execution_time: f64,
    /// What the engine said: `_message`, `code`, `rows_affected`.
    pub adapter_response: JsonMap<String, Json>,
    /// The message: the engine's for success, the error's for failure.
    pub message: Option<String>,
    /// What rdbt adds to dbt's message for the person who reads it: the place, a way to mend it. In no artifact.
    pub hints: Vec<String>,
    /// Rows that a test found.
    pub failures: Option<i64>,
    /// Rows for `show` and `seed --show`.
    pub table: Option<Arc<Table>>,
    /// How fresh the source is, for `source freshness`.
    pub freshness: Option<Freshness>,
    /// What became of the batches of a microbatch model.
    pub batches: Option<BatchSpans>,
    /// What became of the overloads of a function.
    pub overloads: Option<Overloads>,
}

/// Overloads of a function by what became of them: the names of their files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overloads {
    /// Made, now or before a retry.
    pub successful: Vec<String>,
    /// Not made.
    pub failed: Vec<String>,
}

impl NodeResult {
    /// A result of `resource` with `status` and nothing else.
    pub fn new(resource: Resource, status: Status) -> NodeResult {
        NodeResult {
            resource,
            status,
            timing: Vec::new(),
            thread_id: thread_name(),
            execution_time: 0.0,
            adapter_response: JsonMap::new(),
            message: None,
            hints: Vec::new(),
            failures: None,
            table: None,
            freshness: None,
            batches: None,
            overloads: None,
        }
    }

    /// Seconds as dbt shows them: a node that never started took a whole 0, which Python writes without a point.
    pub fn execution_time_json(&self) -> Json {
        match self.status == Status::Skipped && self.timing.is_empty() && self.thread_id != "main" {
            true => Json::from(0),
            false => Json::from(self.execution_time),
        }
    }

    /// With a message.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> NodeResult {
        self.message = Some(message.into());
        self
    }

    /// With the message of an error, and its hints beside it.
    #[must_use]
    pub fn with_error(mut self, error: &Error) -> NodeResult {
        self.hints.clone_from(&error.hints);
        self.with_message(error.without_hints())
    }

    /// The message with the hints below, for the console.
    pub fn shown_message(&self) -> Option<String> {
        let message = self.message.as_ref()?;
        let hints = self.hints.iter().flat_map(|hint| hint.split('\n'));
        Some(hints.fold(message.clone(), |text, line| format!("{text}\n  {line}")))
    }

    /// The short form that events carry.
    pub fn to_message_json(&self) -> Json {
        json!({
            "adapter_response": with_floats(Json::Object(self.adapter_response.clone())),
            "execution_time": self.execution_time,
            "message": self.message.as_deref().unwrap_or_default(),
            "num_failures": self.failures.unwrap_or_default(),
            "status": self.status.as_str(),
            "thread": self.thread_id,
            "timing_info": self.timing.iter().map(Timing::to_json).collect::<Vec<_>>(),
        })
    }

    /// Whether it makes the command fail.
    fn is_failure(&self) -> bool {
        match self.status {
            Status::Error | Status::Fail | Status::PartialSuccess | Status::RuntimeError => true,
            Status::Skipped => !matches!(self.resource, Resource::Exposure { .. }),
            _ => false,
        }
    }
}

/// A value as the messages of dbt carry it: there every number is a float.
fn with_floats(value: Json) -> Json {
    match value {
        Json::Number(number) => number.as_f64().map_or(Json::Null, Json::from),
        Json::Array(values) => values.into_iter().map(with_floats).collect(),
        Json::Object(map) => map.into_iter().map(|(key, value)| (key, with_floats(value))).collect(),
        other => other,
    }
}

/// The results of a run, in the order in which the nodes ended.
#[derive(Debug, Clone, Default)]
pub struct RunResults {
    /// Each node's result; shared, for hooks and events look at them too.
    pub results: Vec<Arc<NodeResult>>,
    /// Seconds that the run took.
    pub elapsed: f64,
    /// Ctrl-C ended the run.
    pub interrupted: bool,
    /// A result that ended the run early, for `--fail-fast`.
    pub failed_fast: Option<Arc<NodeResult>>,
    /// What ended the run when nodes had already run: the template of an `on-run-end` hook.
    pub fatal: Option<Error>,
    /// What the nodes took and why, with `--profile-nodes`.
    pub profile: Option<Arc<Profile>>,
}

impl RunResults {
    /// Whether the command succeeds: nothing failed, nothing was skipped.
    pub fn success(&self) -> bool {
        !self.interrupted && !self.results.iter().any(|result| result.is_failure())
    }

    /// What the command comes to when its artifacts are written: [`RunResults::success`], for exit codes 0 and 1.
    ///
    /// # Errors
    /// The run did not come to its end: Ctrl-C, or a hook's template. dbt then exits with 2.
    pub fn verdict(&self) -> Result<bool> {
        match &self.fatal {
            Some(error) => Err(error.clone()),
            None if self.interrupted => {
                Err(Error::runtime("The run was interrupted: what had not started or was not finished is not built."))
            }
            None => Ok(self.success()),
        }
    }

    /// Results by kind.
    pub fn stats(&self) -> Stats {
        let mut stats = Stats::default();
        for result in &self.results {
            match result.status {
                Status::Error | Status::Fail | Status::PartialSuccess | Status::RuntimeError => stats.error += 1,
                Status::Skipped => stats.skip += 1,
                Status::Warn => stats.warn += 1,
                Status::Pass | Status::Success => stats.pass += 1,
                Status::NoOp => stats.noop += 1,
                Status::Reused => stats.reused += 1,
            }
        }
        stats
    }
}
