//! Python models: each runs in a Python process of its own, for rdbt has no Python inside.
//!
//! rdbt keeps the database, which one process alone may open, and which may live in memory. The process gets a DuckDB of
//! its own that starts empty. What its queries name is written to Parquet files on the node's connection, so that the
//! model sees what its transaction sees, and read from there; the result comes back in a DuckDB file, which keeps every
//! type. `model.py` is the other end of the pipe.

mod exchange;

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::connection::NodeConnection;
use crate::adapter::AdapterResponse;
use crate::adapter::python::{Interpreter, Process, temporary_folder};
use crate::error::{Error, Result};
use crate::events::{Event, Level};

use exchange::Exchange;

/// The program that runs a model.
const PROGRAM: &str = include_str!("model.py");

/// A Python model to run.
#[derive(Debug)]
pub struct PythonJob<'a> {
    /// The model's text followed by what the macros add to it.
    pub code: &'a str,
    /// The model's file, for tracebacks.
    pub path: &'a str,
    /// Name of the module: the model's alias.
    pub name: &'a str,
    /// The project's folder, in which a virtual environment may lie.
    pub project: &'a Path,
}

/// What the process is told first.
#[derive(Debug, Serialize)]
struct Brief<'a> {
    code: &'a str,
    path: &'a str,
    name: &'a str,
    folder: &'a Path,
    databases: Vec<String>,
    database: String,
    schema: String,
    extensions: Vec<&'a str>,
    settings: &'a [(String, String)],
    module_paths: &'a [String],
}

/// What the process asks for.
#[derive(Debug, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
enum Request {
    /// Which relations have these names, given in parts.
    Find { names: Vec<Vec<String>> },
    /// The rows of a query.
    Load { query: String },
    /// A statement to run where the model's table is.
    Execute { sql: String },
    /// Rows in a DuckDB file that statements shall see under a name.
    Register { name: String, path: String },
    /// They are no longer needed.
    Unregister { name: String },
    /// The model printed something.
    Print { text: String },
    /// The model's table is written.
    Done,
    /// It is not.
    Failed {
        /// Python's traceback.
        trace: String,
        /// The package that the interpreter lacks, if that is why.
        missing: Option<String>,
    },
}

/// Runs a Python model on a node's connection.
///
/// # Errors
/// There is no interpreter, a package is missing, or the model raises: then the message has Python's traceback.
pub fn run(connection: &Arc<NodeConnection>, job: &PythonJob<'_>) -> Result<AdapterResponse> {
    let folder = temporary_folder()?;
    let mut exchange = Exchange::new(connection.clone(), folder.path().to_owned());
    let brief = brief(connection, job, folder.path(), &exchange)?;
    let mut process = connection.adapter().python().start(PROGRAM, job.project)?;
    connection.add_stopper(process.stopper());
    process.send(&serde_json::to_value(&brief).unwrap_or_default());
    serve(connection, &mut exchange, &mut process)?;
    Ok(AdapterResponse { message: "OK".to_owned(), ..AdapterResponse::default() })
}

fn brief<'a>(
    connection: &'a NodeConnection,
    job: &'a PythonJob<'a>,
    folder: &'a Path,
    exchange: &Exchange,
) -> Result<Brief<'a>> {
    let credentials = connection.adapter().credentials();
    let (database, schema) = exchange.current()?;
    Ok(Brief {
        code: job.code,
        path: job.path,
        name: job.name,
        folder,
        databases: exchange.databases()?,
        database,
        schema,
        extensions: credentials.extensions.iter().map(|extension| extension.name.as_str()).collect(),
        settings: &credentials.settings,
        module_paths: &credentials.module_paths,
    })
}

/// Answers the process until it is done.
fn serve(connection: &NodeConnection, exchange: &mut Exchange, process: &mut Process) -> Result<()> {
    loop {
        let line = process.read()?;
        let request: Request = serde_json::from_str(&line)
            .map_err(|error| Error::internal(format!("The Python process sent a line that is no request: {error}.")))?;
        let answer = match request {
            Request::Print { text } => {
                let event = Event::new("PrintEvent", "Z052", Level::Info, text.clone()).with("msg", text);
                connection.adapter().events().emit(event);
                continue;
            }
            Request::Done => return Ok(()),
            Request::Failed { trace, missing } => {
                return Err(failure(&trace, missing.as_deref(), process.interpreter()));
            }
            Request::Find { names } => exchange.find(&names).map(Json::from),
            Request::Load { query } => exchange.load(&query),
            Request::Execute { sql } => exchange.execute(&sql).map(|()| Json::Null),
            Request::Register { name, path } => exchange.register(&name, &path).map(|()| Json::Null),
            Request::Unregister { name } => exchange.unregister(&name).map(|()| Json::Null),
        };
        process.send(&match answer {
            Ok(value) => json!({"ok": value}),
            Err(error) => json!({"error": error.message}),
        });
    }
}

/// A model's exception as dbt-duckdb words it.
fn failure(trace: &str, missing: Option<&str>, interpreter: &Interpreter) -> Error {
    let error = Error::runtime(format!("Python model failed:\n{trace}"));
    let Some(package) = missing else { return error };
    error.hint(format!(
        "The package `{package}` is not installed for {interpreter}. {}",
        interpreter.way_to_install(package)
    ))
}
