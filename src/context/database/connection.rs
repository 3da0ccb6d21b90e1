//! The connection of one node: opened when its first statement comes, with the transaction that dbt keeps on it and the
//! debug lines that dbt writes about it.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde_json::{Map as JsonMap, Value as Json};

use super::adapter::{Adapter, locked};
use super::comment::QueryComment;
use super::values::bind_literals;
use crate::adapter::{
    AdapterError, AdapterErrorKind, AdapterResponse, ArrowTable, Cell, Connection as RawConnection, Interrupter, Table,
};
use crate::error::{Error, Result};
use crate::events::{Event, Level, NodeInfo};

/// Characters of a statement that are logged where dbt abridges it.
const ABRIDGED: usize = 512;

#[derive(Default)]
struct State {
    raw: Option<Box<dyn RawConnection>>,
    transaction_open: bool,
    comment: QueryComment,
    last_failure: Option<AdapterErrorKind>,
    /// Commits wait for `commit_held`: several nodes share the transaction.
    holds_commits: bool,
    /// What is done at the end of each transaction, as a part of it.
    before_commit: Option<BeforeCommit>,
    /// The statements since somebody wanted to know them.
    watched: Option<Statements>,
}

/// Something that becomes part of a node's transaction right before its commit.
pub type BeforeCommit = Arc<dyn Fn(&NodeConnection) -> Result<()> + Send + Sync>;

/// The statements that a connection has run.
#[derive(Debug, Default, Clone)]
pub struct Statements {
    /// Their texts without comments of rdbt's, one after another.
    texts: String,
    /// Whether one may have changed something.
    pub may_write: bool,
}

impl Statements {
    /// Words that a statement begins with which changes nothing.
    const READING: [&'static str; 7] = ["select", "from", "describe", "show", "summarize", "values", "explain"];

    /// Words of statements that begin with CTEs and change something.
    const CHANGING: [&'static str; 4] = ["insert", "update", "delete", "merge"];

    fn note(&mut self, sql: &str) {
        self.texts.push_str(sql);
        self.texts.push('\0');
        // Comments stand before many statements; one within a statement does no harm here.
        let lines = sql.lines().filter(|line| !line.trim_start().starts_with("--"));
        let text = lines.collect::<Vec<_>>().join("\n").to_lowercase();
        let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
        let reads = match words.next() {
            Some("with") => !words.any(|word| Self::CHANGING.contains(&word)),
            first => first.is_none_or(|word| Self::READING.contains(&word)),
        };
        self.may_write |= !reads || text.trim_end().trim_end_matches(';').contains(';');
    }

    /// The texts; empty if nothing was run.
    pub fn texts(&self) -> &str {
        &self.texts
    }
}

/// A node's connection. Statements run one after another whichever thread sends them.
pub struct NodeConnection {
    adapter: Arc<Adapter>,
    name: String,
    node_info: Mutex<JsonMap<String, Json>>,
    state: Mutex<State>,
    /// What stops the work that is done for the node: its statement, its Python process.
    stoppers: Mutex<Vec<Interrupter>>,
}

impl NodeConnection {
    /// A connection called `name` in the logs; `node_info` goes with each of its events.
    pub fn new(adapter: Arc<Adapter>, name: &str, node_info: JsonMap<String, Json>) -> Arc<Self> {
        let connection = NodeConnection {
            adapter,
            name: name.to_owned(),
            node_info: Mutex::new(node_info),
            state: Mutex::default(),
            stoppers: Mutex::default(),
        };
        let message = format!("Acquiring new duckdb connection '{name}'");
        connection.emit("NewConnection", "E005", message, &[("conn_type", "duckdb".into())]);
        Arc::new(connection)
    }

    /// What the events from now on say of the node at work.
    pub fn set_node_info(&self, info: &NodeInfo) {
        if let Json::Object(map) = info.to_json() {
            *locked(&self.node_info) = map;
        }
    }

    /// What events say of the node at work; empty if there is none.
    pub fn node_info(&self) -> JsonMap<String, Json> {
        locked(&self.node_info).clone()
    }

    /// The shared part.
    pub fn adapter(&self) -> &Arc<Adapter> {
        &self.adapter
    }

    /// Name in the logs.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sets the comment of the statements that follow.
    pub fn set_comment(&self, comment: QueryComment) {
        locked(&self.state).comment = comment;
    }

    /// Whether a transaction is open, as far as rdbt opened it.
    pub fn transaction_open(&self) -> bool {
        locked(&self.state).transaction_open
    }

    /// From here on commits wait until [`NodeConnection::commit_held`], so that several nodes share one transaction.
    pub fn hold_commits(&self) {
        locked(&self.state).holds_commits = true;
    }

    /// Stops what is being done for the node, from any thread.
    pub fn interrupt(&self) {
        locked(&self.stoppers).iter().for_each(|stop| stop());
    }

    /// Adds something that works for the node and that [`NodeConnection::interrupt`] is to stop.
    pub fn add_stopper(&self, stop: Interrupter) {
        locked(&self.stoppers).push(stop);
    }

    /// Goes on with the session and the transaction of another connection, which has none afterwards.
    pub fn take_over(&self, other: &NodeConnection) {
        let mut theirs = locked(&other.state);
        let mut ours = locked(&self.state);
        *locked(&self.stoppers) = std::mem::take(&mut *locked(&other.stoppers));
        ours.raw = theirs.raw.take();
        ours.transaction_open = std::mem::take(&mut theirs.transaction_open);
        ours.holds_commits = std::mem::take(&mut theirs.holds_commits);
    }

    /// From here on `action` is a part of every transaction, done right before its commit; if it fails, so does the commit.
    pub fn before_commit(&self, action: Option<BeforeCommit>) {
        locked(&self.state).before_commit = action;
    }

    /// Begins to note the statements that templates send.
    pub fn watch_statements(&self) {
        locked(&self.state).watched = Some(Statements::default());
    }

    /// The statements since [`NodeConnection::watch_statements`], which ends the watch.
    pub fn watched_statements(&self) -> Statements {
        locked(&self.state).watched.take().unwrap_or_default()
    }

    /// Commits what was held.
    ///
    /// # Errors
    /// The engine refuses: what the transaction did is gone then.
    pub fn commit_held(&self) -> Result<()> {
        let mut state = locked(&self.state);
        state.holds_commits = false;
        // Each node's own came with its own commit.
        state.before_commit = None;
        drop(state);
        self.commit()
    }

    /// Why the last failed statement failed: what the run's fall-back decides by.
    pub fn last_failure(&self) -> Option<AdapterErrorKind> {
        locked(&self.state).last_failure
    }

    /// `adapter.execute`: a statement with its comment; the rows only if `fetch`.
    ///
    /// # Errors
    /// The engine refuses the statement; the open transaction is rolled back.
    pub fn execute(
        &self,
        sql: &str,
        auto_begin: bool,
        fetch: bool,
        limit: Option<usize>,
    ) -> Result<(AdapterResponse, Table)> {
        let (response, rows) = self.execute_arrow(sql, auto_begin, fetch)?;
        let table = match rows {
            Some(rows) => Table::from_arrow(&rows, limit).map_err(Error::from)?,
            None => Table::empty(),
        };
        Ok((response, table))
    }

    /// The same with the rows as the engine gave them.
    ///
    /// # Errors
    /// As for [`NodeConnection::execute`].
    pub fn execute_arrow(
        &self,
        sql: &str,
        auto_begin: bool,
        fetch: bool,
    ) -> Result<(AdapterResponse, Option<ArrowTable>)> {
        let auto_begin = auto_begin && !self.adapter.credentials().disable_transactions;
        let mut state = locked(&self.state);
        if let Some(watched) = &mut state.watched {
            watched.note(sql);
        }
        let sql = state.comment.add(sql);
        self.run(&mut state, &sql, auto_begin, fetch, false)
    }

    /// The rows of a query, without a transaction of its own.
    ///
    /// # Errors
    /// As for [`NodeConnection::execute`].
    pub fn query(&self, sql: &str) -> Result<Table> {
        self.execute(sql, false, true, None).map(|(_, table)| table)
    }

    /// A statement of a Python model: as it is, and a failure leaves the transaction open, for the model may go on.
    ///
    /// # Errors
    /// The engine refuses the statement.
    pub fn run_plainly(&self, sql: &str) -> Result<()> {
        self.plainly(sql, false).map(|_| ())
    }

    /// The same with the rows of a query.
    ///
    /// # Errors
    /// As for [`NodeConnection::run_plainly`].
    pub fn query_plainly(&self, sql: &str) -> Result<Table> {
        match self.plainly(sql, true)? {
            Some(rows) => Table::from_arrow(&rows, None).map_err(Error::from),
            None => Ok(Table::empty()),
        }
    }

    fn plainly(&self, sql: &str, fetch: bool) -> Result<Option<ArrowTable>> {
        let mut state = locked(&self.state);
        self.emit("SQLQuery", "E016", format!("On {}: {sql}", self.name), &[("sql", sql.into())]);
        let ran = self.send_statement(&mut state, sql, fetch);
        ran.map(|(_, rows)| rows).map_err(|error| {
            self.adapter.debug(&format!("duckdb error: {}", error.message));
            state.last_failure = Some(error.kind);
            error.into()
        })
    }

    /// `adapter.add_query`: a statement as it is, with values for its question marks.
    ///
    /// # Errors
    /// As for [`NodeConnection::execute`].
    pub fn add_query(&self, sql: &str, auto_begin: bool, bindings: &[Cell], abridge: bool) -> Result<AdapterResponse> {
        let bound;
        let sql = if bindings.is_empty() {
            sql
        } else {
            bound = bind_literals(sql, bindings);
            &bound
        };
        let mut state = locked(&self.state);
        if let Some(watched) = &mut state.watched {
            watched.note(sql);
        }
        self.run(&mut state, sql, auto_begin, false, abridge).map(|(response, _)| response)
    }

    /// Opens a transaction.
    ///
    /// # Errors
    /// One is open already, or the engine refuses.
    pub fn begin(&self) -> Result<()> {
        self.begin_locked(&mut locked(&self.state))
    }

    fn begin_locked(&self, state: &mut State) -> Result<()> {
        if state.transaction_open {
            return Err(Error::internal(format!(
                "Tried to begin a new transaction on connection \"{}\", but it already had one open!",
                self.name
            )));
        }
        self.run(state, "BEGIN", false, false, false)?;
        state.transaction_open = true;
        Ok(())
    }

    /// Commits the open transaction; without one there is nothing to do, as in dbt-duckdb.
    ///
    /// # Errors
    /// The engine refuses: what the transaction did is gone then.
    pub fn commit(&self) -> Result<()> {
        let mut state = locked(&self.state);
        if let Some(action) = state.before_commit.clone().filter(|_| state.transaction_open) {
            drop(state);
            action(self)?;
            state = locked(&self.state);
        }
        if state.holds_commits {
            return Ok(());
        }
        if !state.transaction_open {
            self.adapter.debug(&format!("Skipping commit on connection \"{}\": no transaction open", self.name));
            return Ok(());
        }
        self.emit("SQLCommit", "E018", format!("On {}: COMMIT", self.name), &[]);
        self.run(&mut state, "COMMIT", false, false, false)?;
        state.transaction_open = false;
        Ok(())
    }

    /// Rolls back what is open.
    pub fn rollback_if_open(&self) {
        self.rollback_locked(&mut locked(&self.state));
    }

    fn rollback_locked(&self, state: &mut State) {
        if !state.transaction_open {
            return;
        }
        self.emit("Rollback", "E012", format!("On {}: ROLLBACK", self.name), &[]);
        let rolled_back = state.raw.as_mut().map_or(Ok(()), |raw| raw.execute("ROLLBACK", false).map(|_| ()));
        if let Err(error) = rolled_back {
            let message = format!("Failed to rollback '{}'", self.name);
            self.emit("RollbackFailed", "E009", message, &[("exc_info", error.message.into())]);
        }
        state.transaction_open = false;
    }

    /// Rolls back and closes; the next statement opens anew.
    pub fn release(&self) {
        let mut state = locked(&self.state);
        self.rollback_locked(&mut state);
        locked(&self.stoppers).clear();
        if state.raw.take().is_some() {
            self.emit("ConnectionClosed", "E010", format!("On {}: Close", self.name), &[]);
        }
    }

    fn run(
        &self,
        state: &mut State,
        sql: &str,
        auto_begin: bool,
        fetch: bool,
        abridge: bool,
    ) -> Result<(AdapterResponse, Option<ArrowTable>)> {
        if auto_begin && !state.transaction_open {
            self.begin_locked(state)?;
        }
        let used = format!("Using duckdb connection \"{}\"", self.name);
        self.emit("ConnectionUsed", "E015", used, &[("conn_type", "duckdb".into())]);
        let logged = if abridge { sql.chars().take(ABRIDGED).chain("...".chars()).collect() } else { sql.to_owned() };
        self.emit("SQLQuery", "E016", format!("On {}: {logged}", self.name), &[("sql", logged.clone().into())]);
        let started = Instant::now();
        match self.send_statement(state, sql, fetch) {
            Ok((response, rows)) => {
                let elapsed = started.elapsed().as_secs_f64();
                let message = format!("SQL status: {} in {elapsed:.3} seconds", response.message);
                // dbt does not repeat on which connection the statement was sent.
                let event = Event::new("SQLQueryStatus", "E017", Level::Debug, message)
                    .with("elapsed", elapsed)
                    .with("query_id", "")
                    .with("status", response.message.clone());
                self.send(event);
                Ok((response, rows))
            }
            Err(error) => Err(self.fail(state, sql, error)),
        }
    }

    fn send_statement(
        &self,
        state: &mut State,
        sql: &str,
        fetch: bool,
    ) -> std::result::Result<(AdapterResponse, Option<ArrowTable>), AdapterError> {
        let raw = self.raw(state)?;
        let done = raw.execute(sql, fetch);
        if self.adapter.profiles().are_wanted() {
            self.adapter.profiles().take(&self.name, &mut **raw);
        }
        done
    }

    fn raw<'a>(&self, state: &'a mut State) -> std::result::Result<&'a mut Box<dyn RawConnection>, AdapterError> {
        if state.raw.is_none() {
            let message = "Opening a new connection, currently in state init".to_owned();
            self.emit("NewConnectionOpening", "E037", message, &[("connection_state", "init".into())]);
            let mut raw = self.adapter.engine().connect(&self.name)?;
            if self.adapter.profiles().are_wanted() {
                raw.profile()?;
            }
            self.add_stopper(raw.interrupter());
            state.raw = Some(raw);
        }
        state.raw.as_mut().ok_or_else(|| {
            AdapterError::new(AdapterErrorKind::Connection, format!("The connection `{}` is not open.", self.name))
        })
    }

    fn fail(&self, state: &mut State, sql: &str, error: AdapterError) -> Error {
        self.adapter.debug(&format!("duckdb error: {}", error.message));
        self.adapter.debug(&format!("Error running SQL: {sql}"));
        self.adapter.debug("Rolling back transaction.");
        state.last_failure = Some(error.kind);
        self.rollback_locked(state);
        error.into()
    }

    fn emit(&self, name: &'static str, code: &'static str, message: String, data: &[(&str, Json)]) {
        let mut event = Event::new(name, code, Level::Debug, message).with("conn_name", self.name.clone());
        for (key, value) in data {
            event = event.with(key, value.clone());
        }
        self.send(event);
    }

    fn send(&self, event: Event) {
        let node_info = self.node_info();
        let event = if node_info.is_empty() { event } else { event.with("node_info", node_info) };
        self.adapter.events().emit(event);
    }
}

impl Drop for NodeConnection {
    /// A connection that nobody released is rolled back, never committed.
    fn drop(&mut self) {
        self.release();
    }
}

impl fmt::Debug for NodeConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeConnection({})", self.name)
    }
}
