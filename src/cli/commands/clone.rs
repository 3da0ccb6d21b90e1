//! `clone`: brings the nodes of another environment, which `--state` describes, into this one.

use std::sync::Arc;

use crate::artifacts;
use crate::cli::workspace::Workspace;
use crate::error::{Error, Result};
use crate::events::Events;
use crate::invocation::Invocation;
use crate::run::{self, Plan, Task};

pub fn run(invocation: &Arc<Invocation>, events: &Arc<Events>) -> Result<bool> {
    let workspace = Workspace::open(invocation, events)?;
    workspace.report_found();
    let graph = workspace.graph()?;
    let selection = workspace.select(&graph)?;
    let plan = Plan::new(&workspace.manifest, &graph, &selection.nodes, false)?.independent();
    let shared = workspace.shared();
    let results = run::execute(&workspace.globals, &shared, Task::Clone, &plan);
    let closed = workspace.globals.adapter.engine().close();
    let results = workspace.manifest_first(results)?;
    closed.map_err(Error::from)?;
    workspace.write_manifest()?;
    if invocation.flags.write_json {
        artifacts::write_run_results(&workspace.globals, &workspace.compiled, &results)?;
    }
    run::summary(events, &shared, false, &results);
    Ok(results.success())
}
