//! Events at the end of a run: the totals, and each error and warning in full.

use serde_json::{Value as Json, json};

use crate::events::paint::{count, humanize};
use crate::events::{Event, Level, Paint};

use super::seconds_json;

/// Results by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Successes and passed tests.
    pub pass: usize,
    /// Tests that warn.
    pub warn: usize,
    /// Errors and failed tests.
    pub error: usize,
    /// Skipped nodes.
    pub skip: usize,
    /// Exposures and saved queries.
    pub noop: usize,
    /// Nodes taken over unchanged.
    pub reused: usize,
}

impl Stats {
    /// All of them.
    pub fn total(&self) -> usize {
        self.pass + self.warn + self.error + self.skip + self.noop + self.reused
    }
}

/// `Done. PASS=28 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=28`.
pub fn stats_line(stats: &Stats) -> Event {
    let total = stats.total();
    let text = format!(
        "Done. PASS={} WARN={} ERROR={} SKIP={} NO-OP={} REUSED={} TOTAL={total}",
        stats.pass, stats.warn, stats.error, stats.skip, stats.noop, stats.reused
    );
    Event::new("StatsLine", "Z023", Level::Info, text).with(
        "stats",
        json!({
            "error": stats.error, "noop": stats.noop, "pass": stats.pass, "reused": stats.reused,
            "skip": stats.skip, "total": total, "warn": stats.warn,
        }),
    )
}

/// `Finished running 3 seeds, 2 table models in 0 hours 0 minutes and 2.25 seconds (2.25s).`
pub fn finished_running(stat_line: &str, seconds: f64) -> Event {
    let execution = humanize(seconds);
    let text = format!("Finished running {stat_line}{execution} ({seconds:.2}s).");
    Event::new("FinishedRunningStats", "E047", Level::Info, text)
        .with("execution", execution)
        .with("execution_time", seconds_json(seconds))
        .with("stat_line", stat_line)
}

/// `Completed successfully`, or with how many errors and warnings.
pub fn end_of_run_summary(paint: Paint, errors: usize, warnings: usize, partial: usize, interrupted: bool) -> Event {
    let warned = count(warnings, "warning");
    let partials = format!("{partial} partial {}", if partial == 1 { "success" } else { "successes" });
    let text = if interrupted {
        paint.yellow("Exited because of keyboard interrupt")
    } else if errors > 0 {
        paint.red(&format!("Completed with {}, {partials}, and {warned}:", count(errors, "error")))
    } else if partial > 0 {
        paint.yellow(&format!("Completed with {partials} and {warned}"))
    } else if warnings > 0 {
        paint.yellow(&format!("Completed with {warned}:"))
    } else {
        paint.green("Completed successfully")
    };
    Event::new("EndOfRunSummary", "Z030", Level::Info, text)
        .with("keyboard_interrupt", interrupted)
        .with("num_errors", errors)
        .with("num_partial_success", partial)
        .with("num_warnings", warnings)
}

/// The heading of a result: which node, in which file.
#[derive(Debug, Clone)]
pub struct Heading<'a> {
    /// `model`, `test`, `operation`.
    pub resource_type: &'a str,
    /// Name.
    pub name: &'a str,
    /// File below the package.
    pub path: &'a str,
    /// `node_info`.
    pub node_info: Json,
    /// Its group, where dbt tells it.
    pub group: Option<Json>,
}

impl Heading<'_> {
    fn text(&self) -> String {
        format!("in {} {} ({})", self.resource_type, self.name, self.path)
    }

    fn event(&self, name: &'static str, code: &'static str, level: Level, text: String) -> Event {
        let event = Event::new(name, code, level, text)
            .with("node_info", self.node_info.clone())
            .with("node_name", self.name)
            .with("path", self.path)
            .with("resource_type", self.resource_type);
        in_group(event, self.group.as_ref())
    }
}

/// `[ERROR]: in model a (models/a.sql)`.
pub fn result_failure(paint: Paint, heading: &Heading<'_>) -> Event {
    heading.event("RunResultFailure", "Z022", Level::Error, paint.error_tag(&heading.text()))
}

/// `[WARNING]: in test a (models/schema.yml)`.
pub fn result_warning(paint: Paint, heading: &Heading<'_>) -> Event {
    heading.event("RunResultWarning", "Z021", Level::Warn, paint.warning_tag(&heading.text()))
}

/// The message of a failed node, indented; `shown` is the message with what rdbt adds for the reader.
pub fn result_error(message: &str, shown: &str, node_info: Json, group: Option<&Json>) -> Event {
    let event = Event::new("RunResultError", "Z024", Level::Error, format!("  {shown}"));
    in_group(event.with("msg", message).with("node_info", node_info), group)
}

/// The reason why a node was skipped, for the log.
pub fn skipped_reason(message: &str) -> Event {
    Event::new("RunResultError", "Z024", Level::Debug, format!("  {message}")).with("msg", message)
}

fn in_group(event: Event, group: Option<&Json>) -> Event {
    match group {
        Some(group) => event.with("group", group.clone()),
        None => event,
    }
}

/// A failed node without a message.
pub fn result_error_no_message(status: &str, node_info: Json) -> Event {
    Event::new("RunResultErrorNoMessage", "Z025", Level::Error, format!("  Status: {status}"))
        .with("node_info", node_info)
        .with("status", status)
}

/// The message of a test that warns.
pub fn result_warning_message(paint: Paint, message: &str, node_info: Json) -> Event {
    Event::new("RunResultWarningMessage", "Z046", Level::Warn, paint.warning_tag(message))
        .with("msg", message)
        .with("node_info", node_info)
}

/// `  compiled code at target/compiled/...`.
pub fn compiled_path(path: &str, node_info: Json) -> Event {
    Event::new("SQLCompiledPath", "Z026", Level::Info, format!("  compiled code at {path}"))
        .with("node_info", node_info)
        .with("path", path)
}

/// Where the rows of a test that stores its failures are.
pub fn see_test_failures(relation: &str, node_info: Json) -> Event {
    let query = format!("select * from {relation}");
    let border = "-".repeat(query.chars().count());
    let text = format!("  See test failures:\n  {border}\n  {query}\n  {border}");
    Event::new("CheckNodeTestFailure", "Z027", Level::Info, text)
        .with("node_info", node_info)
        .with("relation_name", relation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_up_in_dbts_words() {
        let stats = Stats { pass: 26, error: 1, skip: 1, ..Stats::default() };
        assert_eq!(stats_line(&stats).message, "Done. PASS=26 WARN=0 ERROR=1 SKIP=1 NO-OP=0 REUSED=0 TOTAL=28");
        let summary = |errors, warnings| end_of_run_summary(Paint::default(), errors, warnings, 0, false).message;
        assert_eq!(summary(0, 0), "Completed successfully");
        assert_eq!(summary(1, 2), "Completed with 1 error, 0 partial successes, and 2 warnings:");
        assert_eq!(summary(0, 1), "Completed with 1 warning:");
    }
}
