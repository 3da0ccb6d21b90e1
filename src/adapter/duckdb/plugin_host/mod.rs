//! Plugins of the profile that are Python code. One Python process holds them for the whole run; they see the database through
//! a connection whose statements come here, give the rows of a source in a file, and read the rows of a model from one.

mod functions;

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use serde::Deserialize;
use serde_json::{Map as JsonMap, Value as Json, json};
use tempfile::TempDir;

use super::credentials::DuckDbCredentials;
use super::engine::lock;
use super::native::{Database, Signature};
use super::plugins::Plugin;
use crate::adapter::python::{Interpreter, Process, Python, temporary_folder};
use crate::adapter::{Cell, Table};
use crate::error::{Error, Result};

/// The program that holds the plugins.
const PROGRAM: &str = include_str!("plugins.py");

/// Runs a statement of a plugin's, with the rows of a query.
pub type Statements<'a> = &'a mut dyn FnMut(&str) -> Result<Table>;

/// The process with the plugins; it starts when the first of them is needed.
#[derive(Debug)]
pub struct PluginHost {
    python: Arc<Python>,
    plugins: Vec<Plugin>,
    module_paths: Vec<String>,
    credentials: Json,
    /// The database in which the functions of plugins are made.
    database: OnceLock<Database>,
    /// Held by whoever has the process do something that takes several messages.
    turn: Mutex<()>,
    running: Pipe,
}

/// The process, held for one message and its answer. A statement of a plugin's runs while it is free, because the statement
/// may call a function of Python.
type Pipe = Arc<Mutex<Option<Running>>>;

#[derive(Debug)]
struct Running {
    process: Process,
    /// Holds the rows of sources until the end of the run: a source may be a view over them.
    folder: TempDir,
    /// Whether a plugin prepares each connection.
    cursors: bool,
}

/// The rows of a source.
#[derive(Debug, Deserialize)]
pub struct Loaded {
    /// A Parquet file.
    path: String,
    /// Names and types.
    columns: Vec<(String, String)>,
    /// What the plugin makes of a source that does not say: `table` or `view`.
    pub materialization: String,
}

impl Loaded {
    /// The query that gives the rows with their names and types.
    pub fn query(&self) -> String {
        let columns = self
            .columns
            .iter()
            .enumerate()
            .map(|(index, (name, kind))| format!("cast(c{index} as {kind}) as \"{}\"", name.replace('"', "\"\"")));
        let columns = columns.collect::<Vec<_>>().join(", ");
        format!("(select {columns} from read_parquet('{}'))", self.path.replace('\'', "''"))
    }
}

/// What the process says.
#[derive(Debug, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
enum Request {
    Execute { sql: String },
    Function { name: String, parameters: Vec<String>, returns: String, volatile: bool },
    Done { value: Json },
    Failed { trace: String, missing: Option<String> },
}

#[derive(Debug, Deserialize)]
struct Started {
    cursors: bool,
}

impl PluginHost {
    /// For the plugins of a profile.
    pub fn new(python: Arc<Python>, credentials: &DuckDbCredentials) -> PluginHost {
        let pairs = |pairs: &[(String, String)]| -> Json {
            pairs.iter().map(|(key, value)| (key.clone(), Json::from(value.clone()))).collect::<JsonMap<_, _>>().into()
        };
        PluginHost {
            python,
            plugins: credentials.plugins.iter().filter(|plugin| plugin.may_need_python()).cloned().collect(),
            module_paths: credentials.module_paths.clone(),
            credentials: json!({
                "path": credentials.path,
                "database": credentials.database,
                "schema": credentials.schema,
                "external_root": credentials.external_root,
                "settings": pairs(&credentials.settings),
                "config_options": pairs(&credentials.config_options),
            }),
            database: OnceLock::new(),
            turn: Mutex::default(),
            running: Arc::default(),
        }
    }

    /// Tells in which database the functions of plugins are made. The first one counts.
    pub(super) fn serve(&self, database: Database) -> &Database {
        self.database.get_or_init(|| database)
    }

    /// The Python that runs the plugins.
    pub fn python(&self) -> &Arc<Python> {
        &self.python
    }

    /// Whether the database can only be opened with plugins at work: modules, which may configure it.
    pub fn configures(&self) -> bool {
        self.plugins.iter().any(|plugin| !plugin.is_built_in())
    }

    /// The options of opening the database, as the plugins change them.
    ///
    /// # Errors
    /// There is no Python, or a plugin fails.
    pub fn options(&self, options: &[(String, String)]) -> Result<Vec<(String, String)>> {
        let given: JsonMap<String, Json> =
            options.iter().map(|(key, value)| (key.clone(), Json::from(value.clone()))).collect();
        let changed = self.ask(json!({"do": "options", "options": given}), &mut no_statements)?;
        let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Ok(changed.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), text(value))).collect())
    }

    /// Lets the plugins configure a new database.
    ///
    /// # Errors
    /// As for [`PluginHost::options`].
    pub fn configure(&self, statements: Statements<'_>) -> Result<()> {
        self.ask(json!({"do": "configure"}), statements).map(|_| ())
    }

    /// Lets the plugins prepare a connection, if one of them does.
    ///
    /// # Errors
    /// As for [`PluginHost::options`].
    pub fn configure_connection(&self, statements: Statements<'_>) -> Result<()> {
        if !self.configures() || !self.with_process(|running| Ok(running.cursors))? {
            return Ok(());
        }
        self.ask(json!({"do": "cursor"}), statements).map(|_| ())
    }

    /// The rows of a source; `source` has the fields of dbt-duckdb's `SourceConfig`.
    ///
    /// # Errors
    /// As for [`PluginHost::options`].
    pub fn load(&self, plugin: &str, source: Json, statements: Statements<'_>) -> Result<Loaded> {
        let loaded = self.ask(json!({"do": "load", "plugin": plugin, "source": source}), statements)?;
        serde_json::from_value(loaded).map_err(|error| strange(&error))
    }

    /// Gives the rows of a model, which are in a file, to a plugin.
    ///
    /// # Errors
    /// As for [`PluginHost::options`].
    pub fn store(&self, plugin: &str, target: Json, statements: Statements<'_>) -> Result<()> {
        self.ask(json!({"do": "store", "plugin": plugin, "target": target}), statements).map(|_| ())
    }

    /// Has the process do something, and serves it until that is done.
    fn ask(&self, message: Json, statements: Statements<'_>) -> Result<Json> {
        let _turn = lock(&self.turn);
        self.with_process(|_| Ok(()))?;
        let mut message = message;
        loop {
            let request = exchange(&self.running, &message)?;
            message = match request {
                Request::Done { value } => return Ok(value),
                Request::Failed { trace, missing } => {
                    return self.with_process(|running| {
                        Err(failure(running.process.interpreter(), &trace, missing.as_deref()))
                    });
                }
                Request::Execute { sql } => match statements(&sql) {
                    Ok(rows) => json!({"ok": rows_as_json(&rows)}),
                    Err(error) => json!({"error": error.message}),
                },
                Request::Function { name, parameters, returns, volatile } => {
                    match self.make_function(Signature { name, parameters, returns, volatile }) {
                        Ok(()) => json!({"ok": null}),
                        Err(message) => json!({"error": message}),
                    }
                }
            };
        }
    }

    /// Makes a function of the process known to the database.
    fn make_function(&self, signature: Signature) -> std::result::Result<(), String> {
        let Some(database) = self.database.get() else {
            return Err("A plugin may make functions in `configure_connection` only.".to_owned());
        };
        let folder = lock(&self.running).as_ref().map(|running| running.folder.path().to_owned());
        let folder = folder.ok_or("The process of the plugins has ended.")?;
        let (pipe, name) = (self.running.clone(), signature.name.clone());
        let call: functions::Call = Box::new(move |arguments, results| {
            let message = json!({"do": "call", "function": name, "arguments": arguments, "results": results});
            match exchange(&pipe, &message).map_err(|error| error.message)? {
                Request::Done { .. } => Ok(()),
                Request::Failed { trace, .. } => Err(trace),
                _ => Err(format!("The function `{name}` of a plugin asked for something, which it may not.")),
            }
        });
        functions::make(database, signature, &folder, call)
    }

    fn with_process<T>(&self, work: impl FnOnce(&mut Running) -> Result<T>) -> Result<T> {
        let mut running = lock(&self.running);
        if running.is_none() {
            *running = Some(self.start()?);
        }
        match running.as_mut() {
            Some(running) => work(running),
            None => Err(Error::internal("The process of the plugins was not kept.")),
        }
    }

    fn start(&self) -> Result<Running> {
        let folder = temporary_folder()?;
        let mut process = self.python.start(PROGRAM, Path::new("."))?;
        let plugins = self.plugins.iter().map(|plugin| {
            json!({
                "name": plugin.name,
                "module": plugin.module,
                "built_in": plugin.is_built_in(),
                "config": plugin.config,
            })
        });
        process.send(&json!({
            "plugins": plugins.collect::<Vec<_>>(),
            "module_paths": self.module_paths,
            "credentials": self.credentials,
            "folder": folder.path(),
        }));
        match receive(&mut process)? {
            Request::Failed { trace, missing } => Err(failure(process.interpreter(), &trace, missing.as_deref())),
            Request::Done { value } => {
                let Started { cursors } = serde_json::from_value(value).map_err(|error| strange(&error))?;
                Ok(Running { process, folder, cursors })
            }
            _ => Err(Error::internal("The process of the plugins asked for something before it had started.")),
        }
    }
}

/// Sends a message and waits for what the process says to it.
fn exchange(pipe: &Pipe, message: &Json) -> Result<Request> {
    match lock(pipe).as_mut() {
        Some(running) => {
            running.process.send(message);
            receive(&mut running.process)
        }
        None => Err(Error::internal("The process of the plugins has not been started.")),
    }
}

fn receive(process: &mut Process) -> Result<Request> {
    serde_json::from_str(&process.read()?).map_err(|error| strange(&error))
}

fn failure(interpreter: &Interpreter, trace: &str, missing: Option<&str>) -> Error {
    let error = Error::runtime(format!("A plugin of the profile failed:\n{trace}"));
    match missing {
        Some(package) => error.hint(format!(
            "The package `{package}` is not installed for {interpreter}. {}",
            interpreter.way_to_install(package)
        )),
        None => error,
    }
}

fn rows_as_json(table: &Table) -> Json {
    let columns: Vec<&str> = table.columns().iter().map(|column| column.name.as_str()).collect();
    let rows = (0..table.len())
        .map(|row| (0..columns.len()).map(|column| cell_as_json(&table.cell(row, column))).collect::<Json>());
    json!({"rows": rows.collect::<Json>(), "columns": columns})
}

fn cell_as_json(cell: &Cell) -> Json {
    match cell {
        Cell::Null => Json::Null,
        Cell::Bool(value) => Json::from(*value),
        Cell::Int(value) => i64::try_from(*value).map_or_else(|_| Json::from(value.to_string()), Json::from),
        Cell::Text(text) => Json::from(text.as_ref()),
        Cell::Decimal(_) | Cell::Date(_) | Cell::DateTime(_) | Cell::DateTimeTz(_) => Json::from(cell.to_string()),
    }
}

fn no_statements(_: &str) -> Result<Table> {
    Err(Error::runtime("The database is not open yet; a plugin runs statements in `configure_connection`."))
}

fn strange(error: &serde_json::Error) -> Error {
    Error::internal(format!("The process of the plugins sent a line that is no request: {error}."))
}
