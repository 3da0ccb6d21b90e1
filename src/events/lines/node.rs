//! Events of one node: its start, its result, and the debug lines between.

use serde_json::Value as Json;

use crate::events::{Event, Level, Paint, Position};

use super::seconds_json;

/// What every event of a node says.
#[derive(Debug, Clone)]
pub struct About {
    /// `sql view model main.stg_orders`.
    pub description: String,
    /// Where it stands in the run.
    pub position: Position,
    /// `node_info`.
    pub node_info: Json,
    /// Its group: name, package, owner.
    pub group: Option<Json>,
    /// Seconds that it took; 0 before it is done.
    pub seconds: f64,
}

impl About {
    fn event(&self, name: &'static str, code: &'static str, level: Level, message: String) -> Event {
        let event = Event::new(name, code, level, message).with("node_info", self.node_info.clone());
        match &self.group {
            Some(group) => event.with("group", group.clone()),
            None => event,
        }
    }

    fn result(&self, name: &'static str, code: &'static str, level: Level, message: String) -> Event {
        self.event(name, code, level, message)
            .with("execution_time", seconds_json(self.seconds))
            .with("index", self.position.index)
            .with("total", self.position.total)
    }
}

fn result_level(error: bool) -> Level {
    if error { Level::Error } else { Level::Info }
}

/// `1 of 28 START seed file main.raw_customers ... [RUN]`.
pub fn start(paint: Paint, about: &About) -> Event {
    let line = paint.progress_line(&format!("START {}", about.description), "RUN", Some(about.position), None);
    // Of all lines of a node this one does not name its group.
    Event::new("LogStartLine", "Q011", Level::Info, line)
        .with("node_info", about.node_info.clone())
        .with("description", about.description.clone())
        .with("index", about.position.index)
        .with("total", about.position.total)
}

/// The result of a model; `status` is `error` or the adapter's message.
pub fn model_result(paint: Paint, about: &About, status: &str) -> Event {
    let error = status == "error";
    let (info, shown) = match status {
        "error" => ("ERROR creating", paint.red("ERROR")),
        other if other.contains("PARTIAL SUCCESS") => ("PARTIALLY created", paint.yellow(&other.to_uppercase())),
        other => ("OK created", paint.green(other)),
    };
    let line = progress(paint, about, &format!("{info} {}", about.description), &shown);
    about
        .result("LogModelResult", "Q012", result_level(error), line)
        .with("description", about.description.clone())
        .with("status", status)
}

/// The result of a function; `status` is `success` or `error`, which is what dbt shows instead of a message.
pub fn function_result(paint: Paint, about: &About, status: &str) -> Event {
    let error = status == "error";
    let (info, shown) = match error {
        true => ("ERROR creating", paint.red("ERROR")),
        false => ("OK created", paint.green(&status.to_uppercase())),
    };
    let line = progress(paint, about, &format!("{info} {}", about.description), &shown);
    about
        .result("LogFunctionResult", "Q047", result_level(error), line)
        .with("description", about.description.clone())
        .with("status", status)
}

/// The result of a seed; `status` is `success` or `error`.
pub fn seed_result(paint: Paint, about: &About, status: &str, message: &str, schema: &str, relation: &str) -> Event {
    let error = status == "error";
    let (info, shown) = if error { ("ERROR loading", paint.red("ERROR")) } else { ("OK loaded", paint.green(message)) };
    let line = progress(paint, about, &format!("{info} seed file {schema}.{relation}"), &shown);
    about
        .result("LogSeedResult", "Q016", result_level(error), line)
        .with("relation", relation)
        .with("result_message", message)
        .with("schema", schema)
        .with("status", status)
}

/// The result of a snapshot; `name` is the relation, `config` its configuration as texts.
pub fn snapshot_result(paint: Paint, about: &About, status: &str, message: &str, name: &str, config: Json) -> Event {
    let error = status == "error";
    let (info, shown) =
        if error { ("ERROR snapshotting", paint.red("ERROR")) } else { ("OK snapshotted", paint.green(message)) };
    let line = progress(paint, about, &format!("{info} {name}"), &shown);
    about
        .result("LogSnapshotResult", "Q015", result_level(error), line)
        .with("cfg", config)
        .with("description", name)
        .with("result_message", message)
        .with("status", status)
}

/// The result of a test; `status` is `pass`, `warn`, `fail` or `error`.
pub fn test_result(
    paint: Paint,
    about: &About,
    name: &str,
    status: &str,
    failures: i64,
    attached: Option<&str>,
) -> Event {
    let (info, shown, level) = match status {
        "error" => ("ERROR".to_owned(), paint.red("ERROR"), Level::Error),
        "pass" => ("PASS".to_owned(), paint.green("PASS"), Level::Info),
        "warn" => (format!("WARN {failures}"), paint.yellow(&format!("WARN {failures}")), Level::Warn),
        _ => (format!("FAIL {failures}"), paint.red(&format!("FAIL {failures}")), Level::Error),
    };
    let line = progress(paint, about, &format!("{info} {name}"), &shown);
    about
        .event("LogTestResult", "Q007", level, line)
        .with("attached_node", attached.unwrap_or_default())
        .with("execution_time", seconds_json(about.seconds))
        .with("index", about.position.index)
        .with("name", name)
        .with("num_failures", failures)
        .with("num_models", about.position.total)
        .with("status", status)
}

/// A node that dbt only passes through: exposures and saved queries.
pub fn no_op(paint: Paint, about: &About) -> Event {
    let line = progress(paint, about, &format!("NO-OP {}", about.description), &paint.yellow("NO-OP"));
    about
        .result("LogNodeNoOpResult", "Q019", Level::Info, line)
        .with("description", about.description.clone())
        .with("status", "")
}

/// A node that is not built, for nothing that it depends on has changed; dbt has a status for it and no line.
pub fn reused(paint: Paint, about: &About) -> Event {
    let line = progress(paint, about, &format!("REUSED {}", about.description), &paint.green("REUSED"));
    about
        .result("LogNodeReusedResult", "Z900", Level::Info, line)
        .with("description", about.description.clone())
        .with("status", "reused")
}

/// A node that took longer than its `expected_seconds`.
pub fn slower_than_expected(paint: Paint, unique_id: &str, text: &str, seconds: f64, expected: f64) -> Event {
    Event::new("NodeSlowerThanExpected", "W903", Level::Warn, paint.warning_tag(text))
        .with("unique_id", unique_id)
        .with("execution_time", seconds)
        .with("expected_seconds", expected)
}

/// `SKIP relation main.orders`, or `SKIP test ...`.
pub fn skipping(paint: Paint, about: &About, resource_type: &str, schema: &str, name: &str) -> Event {
    let message = match resource_type {
        "model" | "seed" | "snapshot" => format!("SKIP relation {schema}.{name}"),
        other => format!("SKIP {other} {name}"),
    };
    let line = paint.progress_line(&message, &paint.yellow("SKIP"), Some(about.position), None);
    about
        .event("SkippingDetails", "Q034", Level::Info, line)
        .with("index", about.position.index)
        .with("node_name", name)
        .with("resource_type", resource_type)
        .with("schema", schema)
        .with("total", about.position.total)
}

/// A node skipped because an ephemeral model that it needs did not compile.
pub fn skip_because_error(paint: Paint, about: &About, schema: &str, relation: &str, status: &str) -> Event {
    let message = format!("SKIP relation {schema}.{relation} due to ephemeral model status '{status}'");
    let line = paint.progress_line(&message, &paint.red("ERROR SKIP"), Some(about.position), None);
    Event::new("LogSkipBecauseError", "Z034", Level::Error, line)
        .with("index", about.position.index)
        .with("relation", relation)
        .with("schema", schema)
        .with("status", status)
        .with("total", about.position.total)
}

/// `1 of 2 START hook: shop.on-run-start.0 ... [RUN]`.
pub fn hook_start(paint: Paint, about: &About) -> Event {
    let line = paint.truncated_line(&format!("START hook: {}", about.description), "RUN", about.position, None);
    about
        .event("LogHookStartLine", "Q032", Level::Info, line)
        .with("index", about.position.index)
        .with("statement", about.description.clone())
        .with("total", about.position.total)
}

/// `1 of 2 OK hook: shop.on-run-start.0 ... [OK in 0.01s]`; `status` is `success`, `skipped` or `error`.
pub fn hook_end(paint: Paint, about: &About, status: &str) -> Event {
    let (info, shown) = match status {
        "success" => ("OK", paint.green("OK")),
        "skipped" => ("SKIP", paint.yellow("SKIP")),
        _ => ("ERROR", paint.red("ERROR")),
    };
    let message = format!("{info} hook: {}", about.description);
    let line = paint.truncated_line(&message, &shown, about.position, Some(about.seconds));
    about
        .result("LogHookEndLine", "Q033", Level::Info, line)
        .with("statement", about.description.clone())
        .with("status", status)
}

fn progress(paint: Paint, about: &About, message: &str, status: &str) -> String {
    paint.progress_line(message, status, Some(about.position), Some(about.seconds))
}

fn debug_line(name: &'static str, code: &'static str, message: String, node_info: Json) -> Event {
    Event::new(name, code, Level::Debug, message).with("node_info", node_info)
}

/// `Began running node model.shop.a`.
pub fn node_start(unique_id: &str, node_info: Json) -> Event {
    debug_line("NodeStart", "Q024", format!("Began running node {unique_id}"), node_info)
}

/// `Began compiling node model.shop.a`.
pub fn node_compiling(unique_id: &str, node_info: Json) -> Event {
    debug_line("NodeCompiling", "Q030", format!("Began compiling node {unique_id}"), node_info)
}

/// `Began executing node model.shop.a`.
pub fn node_executing(unique_id: &str, node_info: Json) -> Event {
    debug_line("NodeExecuting", "Q031", format!("Began executing node {unique_id}"), node_info)
}

/// Under `--for`, a node's text is what it was in a step before, for nothing that its render read has changed.
pub fn render_taken_over(unique_id: &str) -> Event {
    let message = format!("Rendered SQL of node \"{unique_id}\" taken over from a step before");
    Event::new("RenderedSqlTakenOver", "I904", Level::Debug, message).with("unique_id", unique_id)
}

/// `Writing injected SQL for node "model.shop.a"`.
pub fn writing_injected_sql(unique_id: &str, node_info: Json) -> Event {
    debug_line("WritingInjectedSQLForNode", "Q029", format!("Writing injected SQL for node \"{unique_id}\""), node_info)
}

/// `Finished running node model.shop.a`; `run_result` is dbt's short form of the result.
pub fn node_finished(unique_id: &str, node_info: Json, run_result: Json) -> Event {
    debug_line("NodeFinished", "Q025", format!("Finished running node {unique_id}"), node_info)
        .with("run_result", run_result)
}

/// A node's error, for the log; the console shows it at the end of the run.
pub fn catchable_exception(error: &str, node_info: Json) -> Event {
    debug_line("CatchableExceptionOnRun", "W002", error.to_owned(), node_info).with("exc", error)
}

/// The descendants of a node are skipped; `run_result` is dbt's short form of its result.
pub fn mark_skipped_children(unique_id: &str, status: &str, reason: Option<&str>, run_result: Json) -> Event {
    let mut message = format!("Marking all children of '{unique_id}' to be skipped because of status '{status}'. ");
    if let Some(reason) = reason {
        message.push_str(&format!(" Reason: {reason}."));
    }
    Event::new("MarkSkippedChildren", "Z033", Level::Debug, message)
        .with("run_result", run_result)
        .with("status", status)
        .with("unique_id", unique_id)
}

/// `CANCEL query model.shop.a`.
pub fn cancel(paint: Paint, connection: &str) -> Event {
    let line = paint.progress_line(&format!("CANCEL query {connection}"), &paint.red("CANCEL"), None, None);
    Event::new("LogCancelLine", "Q022", Level::Error, line).with("conn_name", connection)
}
