//! `explain`: why nodes would be built with `--skip-unchanged`, or that they would be reused.

use std::sync::Arc;

use crate::cli::workspace::Workspace;
use crate::error::{Error, Result};
use crate::events::{Events, lines};
use crate::invocation::Invocation;
use crate::run::{self, Plan};

pub fn run(invocation: &Arc<Invocation>, events: &Arc<Events>) -> Result<bool> {
    let workspace = Workspace::open_with_database(invocation, events)?;
    let graph = workspace.graph()?;
    let selection = workspace.select(&graph)?;
    let plan = Plan::new(&workspace.manifest, &graph, &selection.nodes, false)?;
    let explained = run::explain(&workspace.globals, &workspace.shared(), &plan);
    let closed = workspace.globals.adapter.engine().close();
    let explained = explained?;
    closed.map_err(Error::from)?;
    events.hold_console();
    for line in explained {
        events.emit(lines::print(&line));
    }
    events.release_console();
    Ok(true)
}
