//! Events of a command as a whole: what runs, what was found, what was written.

use serde_json::{Value as Json, json};

use crate::artifacts::python_json;
use crate::error::Error;
use crate::events::{Event, Level, Paint};

/// `Running with dbt=1.12.6`; begins an invocation in `dbt.log`.
pub fn main_report_version(version: &str) -> Event {
    let version = format!("={version}");
    Event::new("MainReportVersion", "A001", Level::Info, format!("Running with dbt{version}"))
        .with("log_version", 3)
        .with("version", version)
}

/// `running dbt with arguments {...}`; `args` are texts by the flags' names, `shown` is their dict as Python prints it.
pub fn main_report_args(args: Json, shown: &str) -> Event {
    Event::new("MainReportArgs", "A002", Level::Debug, format!("running dbt with arguments {shown}")).with("args", args)
}

/// `Registered adapter: duckdb=1.11.1`.
pub fn adapter_registered(name: &str, version: &str) -> Event {
    let version = format!("={version}");
    Event::new("AdapterRegistered", "E034", Level::Info, format!("Registered adapter: {name}{version}"))
        .with("adapter_name", name)
        .with("adapter_version", version)
}

/// `Found 5 models, 3 seeds, 20 data tests, 511 macros`.
pub fn found_stats(stat_line: &str) -> Event {
    Event::new("FoundStats", "W006", Level::Info, format!("Found {stat_line}")).with("stat_line", stat_line)
}

/// `Step 2 of 5: simulation_year=2026`; begins a step of `--for`.
pub fn step_start(number: usize, total: usize, label: &str) -> Event {
    Event::new("ForStepStart", "W900", Level::Info, format!("Step {number} of {total}: {label}"))
        .with("number", number)
        .with("total", total)
        .with("values", label)
}

/// What became of a step of `--for`, in the list at the end of the command.
pub fn step_result(paint: Paint, number: usize, label: &str, status: &str, nodes: &str, seconds: f64) -> Event {
    let shown = match status {
        "success" => paint.green("success"),
        "error" | "interrupted" => paint.red(status),
        other => paint.yellow(other),
    };
    let ran = if status == "not run" { String::new() } else { format!(" in {seconds:.2}s ({nodes})") };
    Event::new("ForStepResult", "W901", Level::Info, format!("  {label}: {shown}{ran}"))
        .with("number", number)
        .with("values", label)
        .with("status", status)
        .with("execution_time", seconds)
}

/// A variable of `--for` that no project declares.
pub fn unknown_series(paint: Paint, name: &str, near: Option<&str>) -> Event {
    let meant = near.map(|near| format!(" Did you mean `{near}`?")).unwrap_or_default();
    let text = format!(
        "No `vars:` of the project or of its packages declare `{name}`, the variable of --for: all runs will be alike \
         unless a template asks for it.{meant}"
    );
    Event::new("ForVariableNotDeclared", "W902", Level::Warn, paint.warning_tag(&text)).with("name", name)
}

/// A line that only lays out the text: empty, or a rule.
pub fn formatting(text: &str) -> Event {
    Event::new("Formatting", "Z017", Level::Info, text).with("msg", text)
}

/// A remark without a structure of its own.
pub fn note(level: Level, text: &str) -> Event {
    Event::new("Note", "Z050", level, text).with("msg", text)
}

/// Text that goes to standard output bare, whatever the level.
pub fn print(text: &str) -> Event {
    bare(text.to_owned()).with("msg", text)
}

/// As [`print`], where nobody reads the data of events.
pub fn bare(text: String) -> Event {
    Event::new("PrintEvent", "Z052", Level::Info, text)
}

/// `Concurrency: 24 threads (target='dev')`.
pub fn concurrency(threads: usize, target: &str, nodes: usize) -> Event {
    Event::new("ConcurrencyLine", "Q027", Level::Info, format!("Concurrency: {threads} threads (target='{target}')"))
        .with("node_count", nodes)
        .with("num_threads", threads)
        .with("target_name", target)
}

/// `Using default selector x`.
pub fn default_selector(name: &str) -> Event {
    Event::new("DefaultSelector", "Q023", Level::Info, format!("Using default selector {name}")).with("name", name)
}

/// A warning: nothing was selected.
pub fn nothing_to_do(paint: Paint) -> Event {
    let text = "Nothing to do. Try checking your model configs and model specification args";
    Event::new("NothingToDo", "Q035", Level::Warn, paint.warning_tag(text))
}

/// A warning: nothing was selected by `ls`.
pub fn no_nodes_selected(paint: Paint) -> Event {
    Event::new("NoNodesSelected", "Q038", Level::Warn, paint.warning_tag("No nodes selected!"))
}

/// `Wrote artifact WritableManifest to ...`.
pub fn artifact_written(kind: &str, path: &str) -> Event {
    Event::new("ArtifactWritten", "P001", Level::Debug, format!("Wrote artifact {kind} to {path}"))
        .with("artifact_path", path)
        .with("artifact_type", kind)
}

/// A warning: `osi_document.json` cannot tell something; `kind` is dbt's name of the reason, `element` a metric or entity.
pub fn osi_issue(paint: Paint, kind: &str, element: &str) -> Event {
    let text = match kind {
        "CONVERSION_METRIC_DROPPED" => format!(
            "Metric '{element}' was excluded from the OSI document: conversion metrics cannot be represented in the OSI \
             format."
        ),
        "PRIVATE_METRIC_DROPPED" => format!(
            "Metric '{element}' was excluded from the OSI document: private metrics are not included in OSI output."
        ),
        "NATURAL_ENTITY_DROPPED" => format!(
            "Entity '{element}' was excluded from the OSI document: natural entities have no equivalent in the OSI format."
        ),
        _ => format!(
            "Metric '{element}' was included in the OSI document, but its cumulative window and grain semantics cannot be \
             represented."
        ),
    };
    Event::new("MFConverterIssue", "I078", Level::Warn, paint.warning_tag(&text))
        .with("converter_name", "MSIToOSIConverter")
        .with("element_name", element)
        .with("issue_type", kind)
}

/// The rows that `show` gives; `preview` is the table's text, or its JSON.
pub fn show_node(name: &str, unique_id: &str, preview: &str, inline: bool, format: &str, quiet: bool) -> Event {
    let parsed = || serde_json::from_str::<Json>(preview).unwrap_or(Json::Null);
    let text = match (format, inline) {
        ("json", true) => python_json::to_string_indented(&json!({"show": parsed()})),
        ("json", false) => python_json::to_string_indented(&json!({"node": name, "show": parsed()})),
        _ if quiet => preview.to_owned(),
        (_, true) => format!("Previewing inline node:\n{preview}"),
        (_, false) => format!("Previewing node '{name}':\n{preview}"),
    };
    Event::new("ShowNode", "Q041", Level::Info, text)
        .with("is_inline", inline)
        .with("node_name", name)
        .with("output_format", format)
        .with("preview", preview)
        .with("quiet", quiet)
        .with("unique_id", unique_id)
}

/// The SQL that `compile` gives.
pub fn compiled_node(name: &str, unique_id: &str, compiled: &str, inline: bool, format: &str, quiet: bool) -> Event {
    let text = match (format, inline) {
        ("json", true) => python_json::to_string_indented(&json!({"compiled": compiled})),
        ("json", false) => python_json::to_string_indented(&json!({"node": name, "compiled": compiled})),
        _ if quiet => compiled.to_owned(),
        (_, true) => format!("Compiled inline node is:\n{compiled}"),
        (_, false) => format!("Compiled node '{name}' is:\n{compiled}"),
    };
    Event::new("CompiledNode", "Q042", Level::Info, text)
        .with("compiled", compiled)
        .with("is_inline", inline)
        .with("node_name", name)
        .with("output_format", format)
        .with("quiet", quiet)
        .with("unique_id", unique_id)
}

/// The heading above a seed's rows, for `seed --show`.
pub fn seed_header(header: &str) -> Event {
    Event::new("SeedHeader", "Q004", Level::Info, header).with("header", header)
}

/// The error of `run-operation`.
pub fn operation_error(paint: Paint, error: &Error) -> Event {
    let text = paint.error_tag(&format!("Encountered an error while running operation: {error}"));
    Event::new("RunningOperationCaughtError", "Q001", Level::Error, text).with("exc", error.without_hints())
}

/// Why the query of `--inline` does not parse.
pub fn inline_error(paint: Paint, error: &Error) -> Event {
    let why = error.hints.iter().fold(error.message.clone(), |text, hint| format!("{text}\n{hint}"));
    let text = paint.error_tag(&format!("Error while parsing node: inline_query\n{why}"));
    Event::new("ParseInlineNodeError", "I069", Level::Error, text).with("exc", error.message.as_str())
}

/// The error that ends a command before anything runs.
pub fn encountered_error(paint: Paint, error: &Error) -> Event {
    let text = paint.error_tag(&format!("Encountered an error:\n{error}"));
    Event::new("MainEncounteredError", "Z002", Level::Error, text).with("exc", error.without_hints())
}

/// `ctrl-c`.
pub fn keyboard_interrupt() -> Event {
    Event::new("MainKeyboardInterrupt", "Z001", Level::Info, "ctrl-c")
}

/// ``Command `dbt build` succeeded at 08:23:24.757337 after 8.76 seconds``.
pub fn command_completed(command: &str, success: bool, elapsed: f64) -> Event {
    let now = chrono::Utc::now();
    let at = now.with_timezone(&chrono::Local).format("%H:%M:%S%.6f");
    let word = if success { "succeeded" } else { "failed" };
    Event::new(
        "CommandCompleted",
        "Q039",
        Level::Debug,
        format!("Command `{command}` {word} at {at} after {elapsed:.2} seconds"),
    )
    .with("command", command)
    .with("completed_at", now.to_rfc3339_opts(chrono::SecondsFormat::Micros, true))
    .with("elapsed", super::seconds_json(elapsed))
    .with("success", success)
}
