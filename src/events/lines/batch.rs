//! Events of the batches of a microbatch model and of the overloads of a function.

use serde_json::Value as Json;

use crate::events::{Event, Level, Paint};

use super::{About, seconds_json};

/// `Batch 1 of 3 START batch 2025-01-02 of main.events ... [RUN]`.
pub fn batch_start(paint: Paint, about: &About) -> Event {
    let line = paint.progress_line(&format!("START {}", about.description), "RUN", Some(about.position), None);
    batch_event("LogStartBatch", "Q045", Level::Info, about, &line)
}

/// `Batch 1 of 3 OK created batch ... [OK in 0.04s]`; `status` is `error`, `skipped` or the adapter's message.
pub fn batch_result(paint: Paint, about: &About, status: &str) -> Event {
    let (info, shown, level) = match status {
        "error" => ("ERROR creating", paint.red("ERROR"), Level::Error),
        "skipped" => ("SKIP", paint.yellow("SKIPPED"), Level::Info),
        other => ("OK created", paint.green(other), Level::Info),
    };
    let message = format!("{info} {}", about.description);
    let line = paint.progress_line(&message, &shown, Some(about.position), Some(about.seconds));
    batch_event("LogBatchResult", "Q046", level, about, &line)
        .with("execution_time", seconds_json(about.seconds))
        .with("status", status)
}

/// `Overload 1 of 2 START function plus overload plus_text ... [RUN]`.
pub fn overload_start(paint: Paint, about: &About) -> Event {
    let line = paint.progress_line(&format!("START {}", about.description), "RUN", Some(about.position), None);
    overload_event("LogStartOverload", "Q048", Level::Info, about, &line)
}

/// `Overload 1 of 2 OK created function plus overload plus_text ... [SUCCESS in 0.04s]`; `status` is `success`, `skipped` or
/// `error`.
pub fn overload_result(paint: Paint, about: &About, status: &str) -> Event {
    let (info, shown, level) = match status {
        "error" => ("ERROR creating", paint.red("ERROR"), Level::Error),
        "skipped" => ("SKIP", paint.yellow("SKIPPED"), Level::Info),
        other => ("OK created", paint.green(&other.to_uppercase()), Level::Info),
    };
    let message = format!("{info} {}", about.description);
    let line = paint.progress_line(&message, &shown, Some(about.position), Some(about.seconds));
    let event = overload_event("LogOverloadResult", "Q049", level, about, &line)
        .with("execution_time", seconds_json(about.seconds))
        .with("status", status);
    match &about.group {
        Some(group) => event.with("group", group.clone()),
        None => event,
    }
}

fn overload_event(name: &'static str, code: &'static str, level: Level, about: &About, line: &str) -> Event {
    Event::new(name, code, level, format!("Overload {line}"))
        .with("description", about.description.clone())
        .with("node_info", about.node_info.clone())
        .with("overload_index", about.position.index)
        .with("total_overloads", about.position.total)
}

fn batch_event(name: &'static str, code: &'static str, level: Level, about: &About, line: &str) -> Event {
    let event = Event::new(name, code, level, format!("Batch {line}"))
        .with("batch_index", about.position.index)
        .with("description", about.description.clone())
        .with("node_info", about.node_info.clone())
        .with("total_batches", about.position.total);
    match &about.group {
        Some(group) => event.with("group", group.clone()),
        None => event,
    }
}

/// Why a batch failed. The model's own result has a count only.
pub fn unhandled_exception(paint: Paint, error: &str, node_info: Json) -> Event {
    let exception = format!("Exception on worker thread. {}", error.trim());
    let text = paint.error_tag(&format!("Unhandled error while executing \n{exception}"));
    Event::new("GenericExceptionOnRun", "W004", Level::Error, text).with("exc", exception).with("node_info", node_info)
}
