//! `show --inline-direct`: a query that goes to the database as it was typed. Nothing of the project is parsed, so it
//! works, and works fast, where the project does not. Mirrors dbt's `ShowTaskDirect`.

use std::sync::Arc;

use crate::adapter::duckdb::{DuckDbCredentials, DuckDbEngine};
use crate::adapter::{Engine, Table};
use crate::artifacts::python_json;
use crate::cli::DBT_DUCKDB_VERSION;
use crate::error::{Error, Result};
use crate::events::{Events, lines};
use crate::invocation::Invocation;
use crate::project;
use crate::run::grid;

/// What dbt calls the query in its events.
const NAME: &str = "direct-query";

/// Asks the query and prints the first rows of its answer.
pub fn run(invocation: &Arc<Invocation>, events: &Arc<Events>, sql: &str) -> Result<bool> {
    let flags = &invocation.flags;
    let project = project::load(invocation, events)?;
    events.emit(lines::adapter_registered("duckdb", DBT_DUCKDB_VERSION));
    let limit = flags.limit.and_then(|limit| usize::try_from(limit).ok());
    let table = ask(DuckDbCredentials::from_target(&project.target)?, sql, limit)?;
    let format = flags.output.as_deref().unwrap_or("text");
    let preview = match format {
        "json" => python_json::to_string(&table.to_json()),
        _ => grid(&table),
    };
    events.emit(lines::show_node(NAME, NAME, &preview, true, format, flags.quiet));
    Ok(true)
}

fn ask(credentials: DuckDbCredentials, sql: &str, limit: Option<usize>) -> Result<Table> {
    let engine = DuckDbEngine::new(credentials);
    let asked = engine.connect("show").and_then(|mut connection| connection.execute(sql, true));
    let read =
        asked.and_then(|(_, rows)| rows.map_or_else(|| Ok(Table::empty()), |rows| Table::from_arrow(&rows, limit)));
    let closed = engine.close();
    let table = read.map_err(|error| Error::runtime(error.to_string()))?;
    closed.map_err(Error::from)?;
    Ok(table)
}
