//! `--record-runs`: how long the nodes of each run took, kept in the table `rdbt_runs` of the target's schema, so that trends
//! can be queried.

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use crate::adapter::Relation;
use crate::error::Result;
use crate::events::{Level, lines};

use super::results::{NodeResult, RunResults};
use super::session::Session;

/// Rows of one statement.
const ROWS: usize = 500;

const COLUMNS: [&str; 13] = [
    "invocation_id varchar",
    "command varchar",
    "step varchar",
    "unique_id varchar",
    "resource_type varchar",
    "name varchar",
    "status varchar",
    "started_at timestamp",
    "seconds double",
    "rows_affected bigint",
    "threads integer",
    "rdbt_version varchar",
    "vars varchar",
];

/// Adds a run to the table, if that is wanted. A run whose durations cannot be kept is a good run all the same, so
/// what goes wrong is a warning.
pub(super) fn keep(session: &Session, results: &RunResults) {
    let flags = &session.globals.invocation.flags;
    if flags.other.get("record_runs").and_then(Json::as_bool) != Some(true) || !session.task.builds() {
        return;
    }
    if let Err(error) = write(session, results) {
        let text = format!("The durations of this run could not be kept in `rdbt_runs`: {}", error.message);
        session.globals.events.emit(lines::note(Level::Warn, &text));
    }
}

fn write(session: &Session, results: &RunResults) -> Result<()> {
    let target = &session.globals.project.target;
    let table = Relation::new(Some(&target.database), Some(&target.schema), Some("rdbt_runs"));
    let schema = table.clone().without_identifier();
    let connection = session.database.connect("record_runs")?;
    let mut statements = vec![
        format!("create schema if not exists {}", schema.render()),
        format!("create table if not exists {} ({})", table.render(), COLUMNS.join(", ")),
        // Tables of versions that did not keep the variables lack their column.
        format!("alter table {} add column if not exists {}", table.render(), COLUMNS[12]),
    ];
    let names = COLUMNS.map(|column| column.split(' ').next().unwrap_or_default()).join(", ");
    let mut rows = vec![whole_run(session, results)];
    rows.extend(results.results.iter().map(|result| of_node(session, result)));
    let inserts =
        rows.chunks(ROWS).map(|rows| format!("insert into {} ({names}) values {}", table.render(), rows.join(", ")));
    statements.extend(inserts);
    let written = statements.iter().try_for_each(|statement| connection.run_plainly(statement));
    connection.release();
    written
}

/// The run as a whole: its resource type is `command`.
fn whole_run(session: &Session, results: &RunResults) -> String {
    let status = match (results.interrupted, results.success()) {
        (true, _) => "interrupted",
        (false, true) => "success",
        (false, false) => "error",
    };
    let invocation = &session.globals.invocation;
    let what = [Json::Null, "command".into(), invocation.command.as_str().into(), status.into()];
    row(session, &what, Some(invocation.started_at), results.elapsed, None)
}

fn of_node(session: &Session, result: &NodeResult) -> String {
    let resource = &result.resource;
    let what = [
        resource.unique_id().into(),
        resource.resource_type().as_str().into(),
        resource.name().into(),
        result.status.as_str().into(),
    ];
    let started = result.timing.first().map(|timing| timing.started_at);
    let rows = result.adapter_response.get("rows_affected").and_then(Json::as_i64);
    row(session, &what, started, result.execution_time, rows)
}

fn row(
    session: &Session,
    what: &[Json; 4],
    started: Option<DateTime<Utc>>,
    seconds: f64,
    rows_affected: Option<i64>,
) -> String {
    let invocation = &session.globals.invocation;
    let step = invocation.flags.step.as_ref().map(|step| step.label());
    let started = started.map(|at| at.format("%Y-%m-%d %H:%M:%S%.6f").to_string());
    let head = [invocation.invocation_id.as_str().into(), invocation.command.as_str().into(), Json::from(step)];
    let tail = [
        Json::from(started),
        Json::from(seconds),
        Json::from(rows_affected),
        Json::from(super::workers(&session.globals)),
        Json::from(env!("CARGO_PKG_VERSION")),
        Json::from(variables(session)),
    ];
    let values: Vec<String> = head.iter().chain(what).chain(&tail).map(literal).collect();
    format!("({})", values.join(", "))
}

/// The variables of the command line, those of the step of `--for` among them, as JSON.
fn variables(session: &Session) -> String {
    let vars = crate::yaml::to_json(&crate::yaml::Value::Map(session.globals.invocation.flags.vars.clone()));
    session.globals.events.scrubbed(vars.to_string())
}

/// A value as SQL writes it.
fn literal(value: &Json) -> String {
    match value {
        Json::Null => "null".to_owned(),
        Json::String(text) => format!("'{}'", text.replace('\'', "''")),
        other => other.to_string(),
    }
}
