//! `--profile-nodes`: what the nodes of a run took and why, out of the results and what the engine tells of each statement.

mod advice;
mod chain;
mod console;
mod gather;
mod plans;

use serde::Serialize;

use crate::adapter::Figures;

pub use advice::Advice;
pub use console::report;
pub(super) use gather::{Watch, finish};

/// The profile of a run. All moments are seconds since its begin; all `seconds` are time that passed, unless they say otherwise.
#[derive(Debug, Clone, Serialize)]
pub struct Profile {
    /// Version of this format.
    pub profile_version: u32,
    /// rdbt's version.
    pub rdbt_version: &'static str,
    /// Of this command.
    pub invocation_id: String,
    /// `build`, `run`, ...
    pub command: String,
    /// The values of `--for` that it ran for.
    pub step: Option<String>,
    /// When the run began, as artifacts write moments.
    pub started_at: String,
    /// How long it took, with hooks and preparation.
    pub seconds: f64,
    /// Workers that it was allowed.
    pub threads: usize,
    /// All nodes together.
    pub totals: Totals,
    /// What each worker did.
    pub workers: Vec<Worker>,
    /// The longest chain of nodes that wait for each other.
    pub critical_path: CriticalPath,
    /// What the figures suggest, what is worth most first.
    pub advice: Vec<Advice>,
    /// The nodes, in the order in which they began; what was not run comes last.
    pub nodes: Vec<NodeProfile>,
    /// Statements of no node: which schemas and relations there are, rdbt's own records.
    pub own_statements: Vec<Statement>,
}

/// Sums over all statements, those of no node included.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Totals {
    /// How many statements were sent.
    pub statements: usize,
    /// Time in which statements ran; those that ran side by side count each.
    pub database_seconds: f64,
    /// Work of all cores in them.
    pub cpu_seconds: f64,
    /// Time of nodes, side by side or not.
    pub node_seconds: f64,
    /// Rows read of tables and files.
    pub rows_read: u64,
    /// Rows inserted, updated or written to files.
    pub rows_written: u64,
    /// Rows deleted.
    pub rows_deleted: u64,
    /// The most that the database held in memory.
    pub memory_peak_bytes: u64,
    /// The most that it held in temporary files.
    pub spilled_bytes: u64,
}

/// A thread that runs nodes.
#[derive(Debug, Clone, Serialize)]
pub struct Worker {
    /// Its name, as run_results has it; `main` runs the project's hooks.
    pub name: String,
    /// Nodes that it ran.
    pub nodes: usize,
    /// Time in which it ran one.
    pub busy_seconds: f64,
}

/// A chain of nodes.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CriticalPath {
    /// Time of its nodes: with any number of threads, no run of these nodes is shorter.
    pub seconds: f64,
    /// Unique ids, from the first to the last.
    pub nodes: Vec<String>,
}

/// What a node took.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NodeProfile {
    /// Unique id.
    pub unique_id: String,
    /// Name.
    pub name: String,
    /// dbt's resource type.
    pub resource_type: &'static str,
    /// How a model is materialized.
    pub materialized: Option<String>,
    /// dbt's word for what became of it.
    pub status: &'static str,
    /// The worker that ran it.
    pub worker: String,
    /// When it began; nothing if it did not run.
    pub started: Option<f64>,
    /// How long it took.
    pub seconds: f64,
    /// Of that, rendering its template.
    pub compile_seconds: f64,
    /// Time of its statements.
    pub database_seconds: f64,
    /// Work of all cores in them.
    pub cpu_seconds: f64,
    /// Rows read of tables and files.
    pub rows_read: u64,
    /// Rows inserted, updated or written to files.
    pub rows_written: u64,
    /// Rows deleted.
    pub rows_deleted: u64,
    /// The most that the database held in memory while the node ran, for whatever node.
    pub memory_peak_bytes: u64,
    /// By how much its temporary files grew while the node ran, for whatever node.
    pub spilled_bytes: u64,
    /// Whether it is on the critical path.
    pub critical: bool,
    /// What it depends on directly, as far as that was in the run too.
    pub depends_on: Vec<String>,
    /// Its statements, in the order in which they ended.
    pub statements: Vec<Statement>,
}

/// A statement.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Statement {
    /// The connection that sent it; a node's own has the node's unique id.
    pub connection: String,
    /// When it was sent.
    pub started: f64,
    /// How long it took.
    pub seconds: f64,
    /// Its text, cut if it is very long.
    pub sql: String,
    /// Why it failed.
    pub error: Option<String>,
    /// The engine's figures; nothing of a statement that failed.
    pub figures: Option<Figures>,
}

impl NodeProfile {
    /// The figures of its statements that went well, with the time of each.
    fn measured(&self) -> impl Iterator<Item = (&Statement, &Figures)> {
        self.statements.iter().filter_map(|statement| Some((statement, statement.figures.as_ref()?)))
    }
}
