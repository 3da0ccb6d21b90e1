//! What rdbt needs of a database engine, and the engine-neutral things around it: relations, columns, result
//! tables, the relation cache. No type of an engine's own library crosses this border; results cross as Arrow.

pub mod cache;
pub mod column;
pub mod duckdb;
mod profile;
pub mod python;
pub mod relation;
pub mod seed;
pub mod table;

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use crate::error::Error;

pub use cache::RelationCache;
pub use column::Column;
pub use profile::{Figures, Operator, StatementProfile};
pub use relation::{Component, EventTimeFilter, Path, Policy, Relation, RelationType};
pub use table::{Cell, ColumnType, Decimal, Table};

/// A statement that the engine refused, or a connection that it lost.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct AdapterError {
    /// The engine's message, unchanged.
    pub message: String,
    /// What can be done about it.
    pub kind: AdapterErrorKind,
    /// How the reader can mend it, where rdbt knows; a full sentence.
    pub hint: Option<String>,
}

impl AdapterError {
    /// An error of `kind` with the engine's `message`.
    pub fn new(kind: AdapterErrorKind, message: impl Into<String>) -> Self {
        AdapterError { message: message.into(), kind, hint: None }
    }

    /// Adds a way to mend it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl From<AdapterError> for Error {
    /// dbt-duckdb raises what the engine says as a plain runtime error, not as a database error.
    fn from(error: AdapterError) -> Self {
        let plain = Error::runtime(error.message);
        match error.hint {
            Some(hint) => plain.hint(hint),
            None => plain,
        }
    }
}

/// Why a statement failed, as far as rdbt acts on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdapterErrorKind {
    /// The statement is wrong: never retried.
    Statement,
    /// Transactions collided: running alone cures it.
    TransactionConflict,
    /// Memory or temporary space ran out: running alone may cure it.
    OutOfMemory,
    /// The database cannot be opened: locked by another process, no such folder, no permission.
    Connection,
    /// The statement was interrupted by Ctrl-C or fail-fast.
    Interrupted,
}

/// What the engine says of a statement that succeeded; goes to `adapter_response` in run_results.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AdapterResponse {
    /// `_message`: `OK`, `INSERT 113`.
    pub message: String,
    /// `code`, where the adapter sets one.
    pub code: Option<String>,
    /// `rows_affected`, where the adapter sets it.
    pub rows_affected: Option<i64>,
}

/// Key of an Arrow field's metadata under which an engine names its own type where Arrow's says less: `UUID` comes as
/// text and `HUGEINT` as a decimal.
pub const ENGINE_TYPE: &str = "engine_type";

/// Rows that a statement gave.
#[derive(Debug, Clone)]
pub struct ArrowTable {
    /// Names and types, present even without rows.
    pub schema: SchemaRef,
    /// The rows.
    pub batches: Vec<RecordBatch>,
}

impl ArrowTable {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }
}

/// An engine: one database instance in this process.
pub trait Engine: Send + Sync {
    /// Begins to open the database on a thread of its own, if that leaves no trace should nothing come of it. What goes
    /// wrong shows on [`Engine::connect`].
    fn open_ahead(&self);
    /// A new connection for one worker. `name` stands in logs (`model.pkg.a`, `master`).
    fn connect(&self, name: &str) -> Result<Box<dyn Connection>, AdapterError>;
    /// Interrupts every running statement.
    fn interrupt(&self);
    /// Checkpoints and closes the database; readable by others afterwards.
    fn close(&self) -> Result<(), AdapterError>;
}

/// One connection, used by one thread at a time.
pub trait Connection: Send {
    /// Runs one or more statements separated by semicolons; the last one's rows are returned if `fetch`.
    fn execute(&mut self, sql: &str, fetch: bool) -> Result<(AdapterResponse, Option<ArrowTable>), AdapterError>;
    /// Starts a transaction unless one is open.
    fn begin(&mut self) -> Result<(), AdapterError>;
    /// Commits the open transaction, if any.
    fn commit(&mut self) -> Result<(), AdapterError>;
    /// Rolls the open transaction back, if any.
    fn rollback(&mut self) -> Result<(), AdapterError>;
    /// Whether a transaction is open.
    fn in_transaction(&self) -> bool;
    /// What stops the statement that runs on this connection, from any thread; without one it does nothing.
    fn interrupter(&self) -> Interrupter;
    /// From here on the engine tells what each statement took; see [`Connection::take_profiles`].
    fn profile(&mut self) -> Result<(), AdapterError>;
    /// What the statements took that were run since this was called last, if [`Connection::profile`] was called.
    fn take_profiles(&mut self) -> Vec<StatementProfile>;
}

/// Stops what is at work, from any thread.
pub type Interrupter = Arc<dyn Fn() + Send + Sync>;
