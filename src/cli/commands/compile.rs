//! `compile` and `show`: renders what is selected, or an inline query, and prints the SQL or its first rows.

use std::sync::Arc;

use crate::artifacts;
use crate::cli::workspace::Workspace;
use crate::error::{Error, Result};
use crate::events::Events;
use crate::invocation::Invocation;
use crate::run::{self, Plan, Task};

pub fn run(invocation: &Arc<Invocation>, events: &Arc<Events>, task: Task) -> Result<bool> {
    let flags = &invocation.flags;
    let mut workspace = Workspace::open(invocation, events)?;
    if task == Task::Show && flags.select.is_empty() && flags.inline.is_none() {
        return workspace.manifest_first(Err(Error::runtime("Either --select or --inline must be passed to show")));
    }
    workspace.add_inline_query()?;
    let graph = workspace.graph()?;
    workspace.report_found();
    let selection = workspace.select(&graph)?;
    let plan = Plan::new(&workspace.manifest, &graph, &selection.nodes, false)?;
    let shared = workspace.shared();
    workspace.check_target_folder()?;
    let results = run::execute(&workspace.globals, &shared, task, &plan);
    let closed = workspace.globals.adapter.engine().close();
    match &results {
        Ok(_) => workspace.write_manifest()?,
        Err(_) => workspace.write_parsed_manifest()?,
    }
    let results = results?;
    closed.map_err(Error::from)?;
    if flags.write_json {
        artifacts::write_run_results(&workspace.globals, &workspace.compiled, &results)?;
    }
    match task {
        Task::Show => run::print_rows(events, flags, &results),
        _ => run::print_compiled(events, flags, &shared, &results),
    }
    results.verdict()
}
