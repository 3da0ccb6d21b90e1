//! `run`, `seed`, `snapshot`, `test`, `build`: parse, select, plan, run, write, report.

use std::sync::Arc;

use super::reports::Reports;
use super::steps;
use crate::artifacts;
use crate::cli::workspace::Workspace;
use crate::error::{Error, Result};
use crate::events::Events;
use crate::invocation::Invocation;
use crate::run::{self, Plan, RunResults, Task};

pub fn run(invocation: &Arc<Invocation>, events: &Arc<Events>, task: Task) -> Result<bool> {
    if !invocation.flags.series.is_empty() {
        return steps::run(invocation, events, task);
    }
    let mut reports = Reports::new(invocation)?;
    let opened = Workspace::open_with_database(invocation, events);
    let workspace = opened.as_ref().ok();
    let results = match &opened {
        Ok(workspace) => run_in(workspace, task, Database::Closes),
        Err(error) => Err(error.clone()),
    };
    reports.add(invocation, None, workspace, &results);
    let written = reports.write();
    let results = results?;
    written?;
    results.verdict()
}

/// What becomes of the database when the nodes have run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    /// It is checkpointed and closed.
    Closes,
    /// Another run follows.
    StaysOpen,
}

/// Runs the command in a project that is parsed.
///
/// # Errors
/// The run could not begin, or its artifacts cannot be written. What became of the nodes is in the results.
pub fn run_in(workspace: &Workspace, task: Task, database: Database) -> Result<RunResults> {
    let (events, flags) = (workspace.events(), &workspace.invocation.flags);
    let graph = workspace.graph()?;
    workspace.report_found();
    let selection = workspace.select(&graph)?;
    let plan = Plan::new(&workspace.manifest, &graph, &selection.nodes, task == Task::Build)?;
    let shared = workspace.shared();
    workspace.check_target_folder()?;
    let results = run::execute(&workspace.globals, &shared, task, &plan);
    // The last checkpoint and the manifest wait for the disk, not for each other.
    let engine = workspace.globals.adapter.engine();
    let close = || if database == Database::Closes { engine.close() } else { Ok(()) };
    let (closed, written) = rayon::join(close, || workspace.write_manifest());
    let results = results?;
    closed.map_err(Error::from)?;
    if !plan.is_empty() {
        run::finished(events, &results);
    }
    written?;
    if flags.write_json {
        artifacts::write_run_results(&workspace.globals, &workspace.compiled, &results)?;
    }
    if task == Task::Seed && flags.show {
        run::print_seeds(events, &results);
    }
    if !plan.is_empty() || task == Task::Seed {
        run::summary(events, &shared, flags.store_failures, &results);
    }
    if let Some(profile) = &results.profile {
        let page = artifacts::write_profile(&workspace.globals.project.target_path, profile)?;
        run::report_profile(events, profile, &page);
    }
    Ok(results)
}
