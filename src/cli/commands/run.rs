//! `run`, `seed`, `snapshot`, `test`, `build`: parse, select, plan, run, write, report.

use std::sync::Arc;

use crate::artifacts;
use crate::cli::workspace::Workspace;
use crate::error::{Error, Result};
use crate::events::Events;
use crate::invocation::Invocation;
use crate::run::{self, Plan, Task};

pub fn run(invocation: &Arc<Invocation>, events: &Arc<Events>, task: Task) -> Result<bool> {
    let workspace = Workspace::open_with_database(invocation, events)?;
    let graph = workspace.graph()?;
    workspace.report_found();
    let selection = workspace.select(&graph)?;
    let plan = Plan::new(&workspace.manifest, &graph, &selection.nodes, task == Task::Build)?;
    let shared = workspace.shared();
    workspace.check_target_folder()?;
    let results = run::execute(&workspace.globals, &shared, task, &plan);
    // The last checkpoint and the manifest wait for the disk, not for each other.
    let engine = workspace.globals.adapter.engine();
    let (closed, written) = rayon::join(|| engine.close(), || workspace.write_manifest());
    let results = results?;
    closed.map_err(Error::from)?;
    if !plan.is_empty() {
        run::finished(events, &results);
    }
    written?;
    if invocation.flags.write_json {
        artifacts::write_run_results(&workspace.globals, &workspace.compiled, &results)?;
    }
    if task == Task::Seed && invocation.flags.show {
        run::print_seeds(events, &results);
    }
    if !plan.is_empty() || task == Task::Seed {
        run::summary(events, &shared, invocation.flags.store_failures, &results);
    }
    results.verdict()
}
