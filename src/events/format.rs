//! From an event to a line: text for people, debug for `dbt.log`, JSON for programs.

use std::cell::RefCell;
use std::fmt::Write;
use std::rc::Rc;

use chrono::{DateTime, Local, SecondsFormat, Timelike, Utc};
use serde_json::{Map as JsonMap, Value as Json, json};

use crate::artifacts::python_json;

use super::config::{EventsConfig, LineFormat, SinkConfig};
use super::paint::RESET;
use super::{Event, Level, StepTag};

/// Events whose text goes to standard output bare, even with `--quiet`.
pub fn is_print(event: &Event) -> bool {
    matches!(event.name, "PrintEvent" | "ShowNode" | "CompiledNode")
}

/// The line for `sink`, without its newline.
pub fn line(
    event: &Event,
    at: DateTime<Utc>,
    sink: &SinkConfig,
    config: &EventsConfig,
    step: Option<&StepTag>,
) -> String {
    match sink.format {
        LineFormat::Text if is_print(event) => event.message.clone(),
        LineFormat::Text => format!("{}{}  {}", tag(sink), at.format("%H:%M:%S"), event.message),
        LineFormat::Debug => debug_line(event, at, sink, config),
        LineFormat::Json => json_line(event, at, config, step),
    }
}

/// The line of JSON for a program that listens.
pub fn stream_line(event: &Event, at: DateTime<Utc>, config: &EventsConfig, step: Option<&StepTag>) -> String {
    json_line(event, at, config, step)
}

fn tag(sink: &SinkConfig) -> &'static str {
    if sink.colors { RESET } else { "" }
}

fn debug_line(event: &Event, at: DateTime<Utc>, sink: &SinkConfig, config: &EventsConfig) -> String {
    let clock = local_clock(at);
    let micros = at.nanosecond() / 1_000 % 1_000_000;
    let mut line = String::with_capacity(event.message.len() + 64);
    if event.name == "MainReportVersion" {
        let bar = "=".repeat(30);
        let _ = write!(line, "\n\n{bar} {clock}.{micros:06} | {} {bar}\n", config.invocation_id);
    }
    let thread = thread_name();
    let level = event.level.as_str();
    let _ = write!(line, "{}{clock}.{micros:06} [{level:<5}] [{thread:<10.10}]: ", tag(sink));
    line.push_str(&event.message);
    line
}

/// The hour, minute and second on the user's clock. Looking up the time zone takes longer than all else in a line, so what it
/// came to is kept for as long as the second lasts.
fn local_clock(at: DateTime<Utc>) -> Rc<str> {
    thread_local! {
        static LAST: RefCell<(i64, Rc<str>)> = RefCell::new((i64::MIN, Rc::from("")));
    }
    LAST.with_borrow_mut(|(second, text)| {
        if *second != at.timestamp() {
            *second = at.timestamp();
            *text = Rc::from(at.with_timezone(&Local).format("%H:%M:%S").to_string());
        }
        text.clone()
    })
}

fn json_line(event: &Event, at: DateTime<Utc>, config: &EventsConfig, step: Option<&StepTag>) -> String {
    let mut extra = config.extra.clone();
    if let Some(step) = step {
        extra.insert("rdbt_step".to_owned(), Json::from(step.place.as_str()));
        extra.insert("rdbt_for".to_owned(), Json::from(step.label.as_str()));
    }
    let line = json!({
        "data": Json::Object(event.data.iter().filter(|(key, value)| !is_empty_node(key, value))
            .map(|(key, value)| (key.clone(), value.clone())).collect::<JsonMap<String, Json>>()),
        "info": {
            "category": "",
            "code": event.code,
            "extra": extra,
            "invocation_id": step.map_or(&config.invocation_id, |step| &step.invocation_id),
            "level": event.level.as_str(),
            "msg": event.message,
            "name": event.name,
            "pid": std::process::id(),
            "thread": thread_name(),
            "ts": at.to_rfc3339_opts(SecondsFormat::Micros, true),
        },
    });
    python_json::to_string(&python_json::sorted(line))
}

/// dbt leaves `node_info` out where there is no node.
fn is_empty_node(key: &str, value: &Json) -> bool {
    key == "node_info" && value.get("node_name").and_then(Json::as_str).unwrap_or_default().is_empty()
}

/// The current thread under the name that Python would give it.
pub fn thread_name() -> String {
    match std::thread::current().name() {
        None | Some("main") => "MainThread".to_owned(),
        Some(name) => name.to_owned(),
    }
}

impl Level {
    /// dbt's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        }
    }

    /// The level of that name; `info` for names that are none.
    pub fn parse(name: &str) -> Level {
        match name {
            "debug" => Level::Debug,
            "warn" => Level::Warn,
            "error" => Level::Error,
            _ => Level::Info,
        }
    }
}
