//! `ls` (`list`): what a selection means, one line for each resource.

use std::sync::Arc;

use crate::cli::workspace::Workspace;
use crate::error::Result;
use crate::events::{Events, lines};
use crate::graph::{ListFormat, list_lines};
use crate::invocation::Invocation;

pub fn run(invocation: &Arc<Invocation>, events: &Arc<Events>) -> Result<bool> {
    let flags = &invocation.flags;
    let format = ListFormat::parse(flags.output.as_deref())?;
    let workspace = Workspace::open(invocation, events)?;
    let select = || workspace.select(&workspace.graph()?);
    let (written, selection) = rayon::join(|| workspace.write_manifest(), select);
    written?;
    workspace.report_found();
    let selection = selection?;
    if selection.nodes.is_empty() {
        events.warn(lines::no_nodes_selected(events.paint()))?;
        return Ok(true);
    }
    events.hold_console();
    for line in list_lines(&workspace.manifest, &selection, format, &flags.output_keys) {
        events.emit(lines::print(&line));
    }
    events.release_console();
    Ok(true)
}
