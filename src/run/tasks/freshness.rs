//! `source freshness`: asks when a source was loaded last, by its column or its query, and holds the age against the
//! source's thresholds.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use crate::adapter::{Cell, Table};
use crate::context::database::{MacroCaller, RelationObject, table_of};
use crate::context::errors::from_jinja;
use crate::context::runtime::NodeRun;
use crate::context::{Macros, Phase, Scope, Subject, source_relation};
use crate::error::{Error, ErrorKind, Result};
use crate::events::{Event, Level};
use crate::jinja::Value;
use crate::manifest::SourceDefinition;
use crate::run::plan::Resource;
use crate::run::results::{Freshness, NodeResult, Status};
use crate::run::session::Session;

use super::materialize::adapter_response;

/// Checks one source.
pub fn execute(session: &Session, source: &Arc<SourceDefinition>, run: &Arc<NodeRun>) -> Result<NodeResult> {
    let relation = source_relation(source)?;
    let mut arguments = vec![("source".to_owned(), RelationObject::value(relation))];
    let name = if let Some(query) = &source.loaded_at_query {
        arguments.push(("loaded_at_query".to_owned(), Value::from(render(session, source, run, query)?)));
        "collect_freshness_custom_sql"
    } else if let Some(field) = &source.loaded_at_field {
        let filter = source.freshness.as_ref().and_then(|freshness| freshness["filter"].as_str());
        arguments.push(("loaded_at_field".to_owned(), Value::from(field.clone())));
        arguments.push(("filter".to_owned(), filter.map_or_else(|| Value::from(()), Value::from)));
        "collect_freshness"
    } else {
        return Err(Error::runtime(format!(
            "Could not compute freshness for source {}: no 'loaded_at_field' provided and duckdb adapter does not \
             support metadata-based freshness checks.",
            source.name
        )));
    };
    let answer = Macros::new(session.globals.clone(), run.clone()).call(name, Vec::new(), arguments)?;
    let (response, freshness) = read(session, name, &answer)?;
    let status = status(source, freshness.age)?;
    let mut result = NodeResult::new(Resource::Source(source.clone()), status);
    result.adapter_response = response.map(|response| adapter_response(&response)).unwrap_or_default();
    result.freshness = Some(freshness);
    Ok(result)
}

fn render(session: &Session, source: &Arc<SourceDefinition>, run: &Arc<NodeRun>, query: &str) -> Result<String> {
    let subject = Subject::Source(source.clone());
    let label = subject.label();
    let scope = Arc::new(Scope::new(session.globals.clone(), subject, Phase::Run(run.clone())));
    let rendered = session.globals.engine.render_str(query, &source.original_file_path, scope.into_value());
    rendered.map_err(|error| from_jinja(&error, Some(&label)))
}

/// What the macro returned: a statement's result, or, from old overrides, only its table.
fn read(session: &Session, name: &str, answer: &Value) -> Result<(Option<Value>, Freshness)> {
    if let Some(table) = table_of(answer) {
        let message = "The 'collect_freshness' macro signature has changed to return the full query result, rather than \
                       just a table of values. See the v1.5 migration guide for details on how to update your custom \
                       macro: https://docs.getdbt.com/guides/migration/versions/upgrading-to-v1.5";
        session.globals.events.warn(Event::new("CollectFreshnessReturnSignature", "D012", Level::Warn, message))?;
        return Ok((None, freshness(name, table)?));
    }
    let table = answer.get_attr("table").unwrap_or_default();
    let table = table_of(&table).ok_or_else(|| unexpected(name, "no table"))?;
    Ok((answer.get_attr("response").ok(), freshness(name, table)?))
}

fn freshness(name: &str, table: &Table) -> Result<Freshness> {
    if table.len() != 1 || table.columns().len() != 2 {
        return Err(unexpected(name, &format!("{} rows of {} columns", table.len(), table.columns().len())));
    }
    let max_loaded_at = match table.cell(0, 0) {
        // Never loaded counts as loaded in the year 1.
        Cell::Null => DateTime::<Utc>::from_timestamp(FIRST_DAY, 0).unwrap_or_default(),
        cell => utc(&cell, "last_modified")?,
    };
    let snapshotted_at = utc(&table.cell(0, 1), "snapshotted_at")?;
    let micros = (snapshotted_at - max_loaded_at).num_microseconds().unwrap_or(i64::MAX);
    #[allow(clippy::cast_precision_loss)]
    let age = micros as f64 / 1_000_000.0;
    Ok(Freshness { max_loaded_at, snapshotted_at, age })
}

/// The first day of the year 1 in seconds since 1970.
const FIRST_DAY: i64 = -62_135_596_800;

fn unexpected(name: &str, what: &str) -> Error {
    Error::runtime(format!("Got an invalid result from \"{name}\" macro: {what}"))
        .hint("It has to return the result of a query of one row: the newest load time, and the time of asking.")
}

/// A point in time without a zone counts as UTC.
fn utc(cell: &Cell, field: &str) -> Result<DateTime<Utc>> {
    match cell {
        Cell::DateTime(moment) => Ok(moment.and_utc()),
        Cell::DateTimeTz(moment) => Ok(moment.to_utc()),
        Cell::Null => Err(Error::new(
            ErrorKind::Database,
            format!(
                "Expected a non-null value when querying field '{field}' of table  None but received value 'null' instead"
            ),
        )),
        other => Err(Error::runtime(format!(
            "Expected a timestamp value when querying field '{field}' of table None but received value of type '{}' \
             instead",
            python_type(other)
        ))
        .hint("Cast the column in `loaded_at_field`, as in `loaded_at::timestamp`.")),
    }
}

fn python_type(cell: &Cell) -> &'static str {
    match cell {
        Cell::Bool(_) => "bool",
        Cell::Int(_) | Cell::Decimal(_) => "Decimal",
        Cell::Date(_) => "date",
        _ => "str",
    }
}

/// Older than the threshold for errors, older than the one for warnings, or neither.
fn status(source: &SourceDefinition, age: f64) -> Result<Status> {
    for (key, status) in [("error_after", Status::Error), ("warn_after", Status::Warn)] {
        let threshold = source.freshness.as_ref().and_then(|freshness| freshness.get(key));
        let Some(threshold) = threshold.filter(|threshold| !threshold["count"].is_null()) else { continue };
        if seconds(threshold).is_some_and(|seconds| age > seconds) {
            return Ok(status);
        }
    }
    Ok(Status::Pass)
}

/// A threshold in seconds.
fn seconds(threshold: &Json) -> Option<f64> {
    let unit = match threshold["period"].as_str()? {
        "minute" => 60.0,
        "hour" => 3_600.0,
        _ => 86_400.0,
    };
    Some(threshold["count"].as_f64()? * unit)
}
