//! The DuckDB instance of this process: opened on the first connection, configured as the profile says, checkpointed
//! and closed at the end.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use duckdb::{Config, Connection as RawConnection, InterruptHandle};

use super::connection::DuckDbConnection;
use super::credentials::{DuckDbCredentials, Retries};
use super::errors::{exception_class, from_crate, on_open};
use super::native::Database;
use super::plugin_host::PluginHost;
use super::vacuum::{self, Deletions};
use crate::adapter::python::Python;
use crate::adapter::{AdapterError, AdapterErrorKind, Connection, Engine, Table};
use crate::error::Error;

/// The DuckDB library while it is loaded; the process must not end before that is done.
#[derive(Debug)]
pub struct Preload(Option<JoinHandle<()>>);

/// Loads the DuckDB library on a thread of its own, so that a command that will need it reads its project meanwhile. Opens
/// no database and touches no file; a library that cannot be loaded ends the program with a message.
pub fn preload() -> Preload {
    // A configuration is the smallest thing that DuckDB makes, and making one loads the library.
    let loader = std::thread::Builder::new().name("preload".to_owned());
    Preload(loader.spawn(|| drop(Config::default().threads(1))).ok())
}

impl Drop for Preload {
    fn drop(&mut self) {
        let _ = self.0.take().map(JoinHandle::join);
    }
}

/// One DuckDB database, shared by all workers.
pub struct DuckDbEngine {
    credentials: DuckDbCredentials,
    plugins: Arc<PluginHost>,
    root: Mutex<Option<RawConnection>>,
    /// The thread that opens the database before the first connection is asked for.
    ahead: Mutex<Option<JoinHandle<Option<RawConnection>>>>,
    running: Mutex<Vec<Weak<InterruptHandle>>>,
    deletions: Arc<Deletions>,
}

impl DuckDbEngine {
    /// An engine that opens its database when the first connection is asked for.
    pub fn new(credentials: DuckDbCredentials) -> Self {
        let python = Python::new(credentials.python_interpreter.clone());
        let plugins = Arc::new(PluginHost::new(python, &credentials));
        DuckDbEngine {
            credentials,
            plugins,
            root: Mutex::default(),
            ahead: Mutex::default(),
            running: Mutex::default(),
            deletions: Arc::default(),
        }
    }

    /// The plugins that are Python code.
    pub fn plugins(&self) -> &Arc<PluginHost> {
        &self.plugins
    }

    /// What the profile says.
    pub fn credentials(&self) -> &DuckDbCredentials {
        &self.credentials
    }

    fn open(&self) -> Result<RawConnection, AdapterError> {
        let retries = self.credentials.retries.as_ref();
        let attempts = retries.map_or(1, |retries| retries.connect_attempts.max(1));
        let mut attempt = 0;
        let mut options = self.credentials.config_options.clone();
        if self.plugins.configures() {
            options = self.plugins.options(&options).map_err(on_connecting)?;
        }
        let connection = loop {
            match self.opened_ahead().map_or_else(|| self.open_once(&options), Ok) {
                Ok(connection) => break connection,
                Err(error) => {
                    attempt += 1;
                    if attempt >= attempts || !is_retryable(retries, &error) {
                        return Err(error);
                    }
                    std::thread::sleep(backoff(attempt - 1));
                }
            }
        };
        self.initialize(&connection)?;
        Ok(connection)
    }

    /// Opens the database. Plugins may make functions in it, which needs more of DuckDB than the crate has.
    fn open_once(&self, options: &[(String, String)]) -> Result<RawConnection, AdapterError> {
        if !self.plugins.configures() {
            return open_once(&self.credentials, options);
        }
        let path = if self.credentials.in_memory() { ":memory:" } else { &self.credentials.path };
        let motherduck = self.credentials.motherduck.iter().flat_map(|motherduck| &motherduck.at_opening);
        let options: Vec<(String, String)> = options.iter().chain(motherduck).cloned().collect();
        let database = Database::open(path, &options).map_err(|message| on_open(path, message))?;
        self.plugins.serve(database).connect().map_err(|error| from_crate(&error))
    }

    /// What the thread that went ahead has opened, once.
    fn opened_ahead(&self) -> Option<RawConnection> {
        let thread = lock(&self.ahead).take()?;
        thread.join().ok().flatten()
    }

    /// Everything that dbt-duckdb does once for each database: extensions, secrets, attached databases.
    fn initialize(&self, connection: &RawConnection) -> Result<(), AdapterError> {
        self.refuse_unsupported()?;
        for extension in &self.credentials.extensions {
            let name = &extension.name;
            let install = match &extension.repo {
                Some(repo) => format!("install {name} from {repo}"),
                None => format!("install '{}'", name.replace('\'', "''")),
            };
            let needed = match install_mode(connection, name) {
                Some(mode) if mode == "STATICALLY_LINKED" => false,
                Some(_) => extension.repo.is_some(),
                None => true,
            };
            if needed {
                run(connection, &install)?;
            }
            run(connection, &format!("load '{}'", name.replace('\'', "''")))?;
        }
        for secret in &self.credentials.secrets {
            run(connection, &secret.to_sql())?;
        }
        for plugin in &self.credentials.plugins {
            for statement in plugin.prepare().map_err(on_connecting)? {
                run(connection, &statement)?;
            }
        }
        if self.plugins.configures() {
            let raw = connection.try_clone().map_err(|error| from_crate(&error))?;
            let mut beside =
                DuckDbConnection::new("plugins", raw, self.remember(connection), None, self.deletions.clone());
            self.plugins.configure(&mut |sql| rows_of(&mut beside, sql)).map_err(on_connecting)?;
        }
        for (key, value) in self.credentials.motherduck.iter().flat_map(|motherduck| &motherduck.before_attaching) {
            run(connection, &set(key, value))?;
        }
        for attachment in &self.credentials.attach {
            run(connection, &attachment.to_sql())?;
        }
        if self.credentials.is_motherduck() {
            // Incremental models put their temporary tables there; made by each, its creation would collide.
            run(connection, "create schema if not exists dbt_temp")?;
        }
        Ok(())
    }

    fn refuse_unsupported(&self) -> Result<(), AdapterError> {
        match self.credentials.unsupported.first() {
            None => Ok(()),
            Some(key) => Err(AdapterError::new(
                AdapterErrorKind::Connection,
                format!("The profile sets `{key}`, which needs Python and is not available in rdbt."),
            )
            .with_hint(format!("Remove `{key}` from the profile, or use DuckDB's own extensions and secrets."))),
        }
    }

    fn remember(&self, connection: &RawConnection) -> Arc<InterruptHandle> {
        let handle = connection.interrupt_handle();
        let mut running = lock(&self.running);
        running.retain(|known| known.strong_count() > 0);
        running.push(Arc::downgrade(&handle));
        handle
    }
}

impl Drop for DuckDbEngine {
    /// The process must not end while a thread is at work in the library.
    fn drop(&mut self) {
        drop(self.opened_ahead());
    }
}

/// Opens the database with these options, which are the profile's unless plugins change them.
fn open_once(credentials: &DuckDbCredentials, options: &[(String, String)]) -> Result<RawConnection, AdapterError> {
    let config = config(credentials, options).map_err(|error| from_crate(&error))?;
    let path = &credentials.path;
    let opened = if credentials.in_memory() {
        RawConnection::open_in_memory_with_flags(config)
    } else {
        RawConnection::open_with_flags(path, config)
    };
    opened.map_err(|error| on_open(path, from_crate(&error).message))
}

fn config(credentials: &DuckDbCredentials, options: &[(String, String)]) -> Result<Config, duckdb::Error> {
    let motherduck = credentials.motherduck.iter().flat_map(|motherduck| &motherduck.at_opening);
    let mut options = options.iter().chain(motherduck);
    options.try_fold(Config::default(), |config, (key, value)| config.with(key, value))
}

impl Engine for DuckDbEngine {
    fn open_ahead(&self) {
        // Plugins that may change the options run when the database is needed.
        if self.plugins.configures() {
            return;
        }
        let credentials = self.credentials.clone();
        // A file that is not there yet would be left behind, empty, by a project that does not parse.
        if !credentials.in_memory() && !Path::new(&credentials.path).is_file() {
            return;
        }
        let thread = std::thread::Builder::new().name("open".to_owned());
        *lock(&self.ahead) = thread.spawn(move || open_once(&credentials, &credentials.config_options).ok()).ok();
    }

    fn connect(&self, name: &str) -> Result<Box<dyn Connection>, AdapterError> {
        let mut root = lock(&self.root);
        let opened = match root.take() {
            Some(opened) => opened,
            None => self.open()?,
        };
        let cloned = opened.try_clone();
        *root = Some(opened);
        drop(root);
        let raw = cloned.map_err(|error| from_crate(&error))?;
        for (key, value) in &self.credentials.settings {
            run(&raw, &set(key, value))?;
        }
        let interrupt = self.remember(&raw);
        let retries = self.credentials.retries.clone();
        let mut connection = DuckDbConnection::new(name, raw, interrupt, retries, self.deletions.clone());
        self.plugins.configure_connection(&mut |sql| rows_of(&mut connection, sql)).map_err(on_connecting)?;
        Ok(Box::new(connection))
    }

    fn interrupt(&self) {
        for handle in lock(&self.running).iter().filter_map(Weak::upgrade) {
            handle.interrupt();
        }
    }

    fn close(&self) -> Result<(), AdapterError> {
        let Some(root) = lock(&self.root).take() else { return Ok(()) };
        if self.credentials.in_memory() || is_read_only(&root) {
            return Ok(());
        }
        if !self.deletions.are_possible() && !self.credentials.sets(vacuum::SETTING) {
            // Refused where a project has locked the configuration: then the checkpoint takes longer.
            drop(run(&root, &format!("SET GLOBAL {} = 0", vacuum::SETTING)));
        }
        // A connection that was left behind with an open transaction makes the checkpoint fail; the file is whole all
        // the same, and DuckDB folds its log in when the last connection goes.
        match run(&root, "CHECKPOINT") {
            Err(error) if !error.message.starts_with("TransactionContext Error") => Err(error),
            _ => Ok(()),
        }
    }
}

fn set(key: &str, value: &str) -> String {
    format!("SET {key} = '{}'", value.replace('\'', "''"))
}

/// What the profile gets wrong shows when the database is opened, as dbt-duckdb's plugins do.
fn on_connecting(error: Error) -> AdapterError {
    let refused = AdapterError::new(AdapterErrorKind::Connection, error.message);
    if error.hints.is_empty() { refused } else { refused.with_hint(error.hints.join(" ")) }
}

fn rows_of(connection: &mut DuckDbConnection, sql: &str) -> Result<Table, Error> {
    let (_, rows) = connection.execute(sql, true)?;
    match rows {
        Some(rows) => Ok(Table::from_arrow(&rows, None)?),
        None => Ok(Table::empty()),
    }
}

fn is_read_only(connection: &RawConnection) -> bool {
    let sql = "select readonly from duckdb_databases() where database_name = current_database()";
    connection.query_row(sql, [], |row| row.get::<_, bool>(0)).unwrap_or(false)
}

/// How an extension came here, if it is here: those that are part of the library, or were installed before, need no
/// network.
fn install_mode(connection: &RawConnection, name: &str) -> Option<String> {
    let sql = "select install_mode from duckdb_extensions() \
               where installed and (extension_name = ? or list_contains(aliases, ?))";
    connection.query_row(sql, [name, name], |row| row.get(0)).ok()
}

fn run(connection: &RawConnection, sql: &str) -> Result<(), AdapterError> {
    connection.execute_batch(sql).map_err(|error| from_crate(&error))
}

/// Whether the profile lists the error's class as worth another attempt.
pub(super) fn is_retryable(retries: Option<&Retries>, error: &AdapterError) -> bool {
    let class = exception_class(&error.message);
    retries.is_some_and(|retries| retries.retryable_exceptions.contains(&class))
}

/// How long dbt-duckdb waits after attempt number `attempt`, counted from 0.
pub(super) fn backoff(attempt: u32) -> Duration {
    Duration::from_secs(1u64 << attempt.min(10))
}

/// A lock whose data stays usable after another thread has panicked with it.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    /// How many row groups the last checkpoint could join, after `sql` on a database with these settings.
    fn joined_after(sql: &str, settings: serde_json::Value) -> String {
        let folder = tempfile::tempdir().unwrap();
        let keys = json!({"path": folder.path().join("a.duckdb"), "settings": settings});
        let engine = DuckDbEngine::new(DuckDbCredentials::from_json(keys.as_object().unwrap()).unwrap());
        let mut connection = engine.connect("model.a.b").unwrap();
        connection.execute("create table a as select 1 as id", false).unwrap();
        connection.execute(sql, false).unwrap();
        engine.close().unwrap();
        let (_, rows) = connection.execute("select current_setting('max_vacuum_tasks')::text", true).unwrap();
        Table::from_arrow(&rows.unwrap(), None).unwrap().rows()[0][0].to_string()
    }

    #[test]
    fn row_groups_are_joined_only_after_deletions() {
        assert_eq!(joined_after("insert into a select 2", json!({})), "0");
        assert_eq!(joined_after("delete from a", json!({})), "100");
        assert_eq!(joined_after("insert into a select 2", json!({"max_vacuum_tasks": 7})), "7");
    }
}
