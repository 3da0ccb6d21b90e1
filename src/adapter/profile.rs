//! What an engine tells of a statement that it has carried out: time, rows, memory, and the operators of its plan.

use std::time::Instant;

use serde::Serialize;

/// A statement, and what carrying it out took.
#[derive(Debug, Clone)]
pub struct StatementProfile {
    /// As it was sent, with its comment.
    pub sql: String,
    /// When it was sent.
    pub began: Instant,
    /// Seconds until its rows were there, whatever the time was spent on.
    pub seconds: f64,
    /// What the engine tells; nothing of a statement that failed.
    pub figures: Option<Figures>,
    /// Why it failed.
    pub error: Option<String>,
}

/// The engine's own figures of a statement.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Seconds of work, those of all cores together.
    pub cpu_seconds: f64,
    /// Rows that came back to rdbt.
    pub rows_returned: u64,
    /// Rows that were read: of tables before filters, of files after those that apply while reading.
    pub rows_scanned: u64,
    /// Rows inserted, updated or written to a file.
    pub rows_written: u64,
    /// Rows deleted.
    pub rows_deleted: u64,
    /// The most memory that the whole database held, in bytes, since the connection was opened: what runs beside it counts too.
    pub memory_peak: u64,
    /// The most bytes in temporary files, counted in the same way.
    pub temporary_peak: u64,
    /// Bytes read of the database file and others.
    pub bytes_read: u64,
    /// Bytes written to the database file and others.
    pub bytes_written: u64,
    /// The plan, as a rule one operator with others below it.
    pub operators: Vec<Operator>,
}

/// An operator of a plan.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Operator {
    /// The engine's name for it: `HASH_JOIN`.
    pub name: String,
    /// Seconds of work of its own, those of all cores together.
    pub seconds: f64,
    /// Rows that it handed on.
    pub rows: u64,
    /// Rows that it read, where it reads a table or a file.
    pub scanned: u64,
    /// Bytes of those rows in memory.
    pub bytes: u64,
    /// Whether it stores the rows that it takes, as an insert does; then `rows` is its answer, one number.
    pub stores: bool,
    /// What else the engine says, in its words: `Table`, `Filters`, `Join Type`.
    pub details: Vec<(String, String)>,
    /// The operators whose rows it takes.
    pub children: Vec<Operator>,
}

impl Operator {
    /// What the engine says under a key.
    pub fn detail(&self, key: &str) -> Option<&str> {
        self.details.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// This operator and all below it, each before those that it takes rows of.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Operator)) {
        visit(self);
        self.children.iter().for_each(|child| child.walk(visit));
    }

    /// Seconds of this operator and all below it.
    pub fn total_seconds(&self) -> f64 {
        let mut total = 0.0;
        self.walk(&mut |operator| total += operator.seconds);
        total
    }
}
