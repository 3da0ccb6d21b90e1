//! Events of `source freshness`.

use crate::events::{Event, Level, Paint};

use super::node::About;
use super::seconds_json;

/// `1 of 6 WARN freshness of src.raw ... [WARN in 0.07s]`; `status` is dbt's word for how fresh the source is.
pub fn freshness_result(paint: Paint, about: &About, status: &str, source: &str, table: &str) -> Event {
    let (info, shown, level) = match status {
        "runtime error" => ("ERROR", paint.red("ERROR"), Level::Error),
        "error" => ("ERROR STALE", paint.red("ERROR STALE"), Level::Error),
        "warn" => ("WARN", paint.yellow("WARN"), Level::Warn),
        _ => ("PASS", paint.green("PASS"), Level::Info),
    };
    let message = format!("{info} freshness of {source}.{table}");
    let line = paint.progress_line(&message, &shown, Some(about.position), Some(about.seconds));
    Event::new("LogFreshnessResult", "Q018", level, line)
        .with("node_info", about.node_info.clone())
        .with("execution_time", seconds_json(about.seconds))
        .with("index", about.position.index)
        .with("total", about.position.total)
        .with("source_name", source)
        .with("table_name", table)
        .with("status", status)
}

/// The last line of the command.
pub fn freshness_check_complete() -> Event {
    Event::new("FreshnessCheckComplete", "Q003", Level::Info, "Done.")
}
