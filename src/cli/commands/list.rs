//! `ls` (`list`): what a selection means, one line for each resource.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::cli::workspace::Workspace;
use crate::error::{Error, Result};
use crate::events::Events;
use crate::events::lines::{bare, no_nodes_selected, print};
use crate::graph::{ListFormat, list_lines};
use crate::invocation::Invocation;

pub fn run(invocation: &Arc<Invocation>, events: &Arc<Events>) -> Result<bool> {
    let flags = &invocation.flags;
    let format = ListFormat::parse(flags.output.as_deref())?;
    let workspace = Workspace::open(invocation, events)?;
    workspace.manifest_first(check_models(invocation))?;
    let select = || -> Result<Vec<String>> {
        let selection = workspace.select(&workspace.graph()?)?;
        Ok(list_lines(&workspace.manifest, &selection, format, &flags.output_keys).collect())
    };
    let (written, lines) = rayon::join(|| workspace.write_manifest(), select);
    written?;
    workspace.report_found();
    let lines = lines?;
    if lines.is_empty() {
        events.warn(no_nodes_selected(events.paint()))?;
        return Ok(true);
    }
    let carries_data = events.carry_data();
    events.hold_console();
    for line in lines {
        events.emit(if carries_data { print(&line) } else { bare(line) });
    }
    events.release_console();
    Ok(true)
}

/// `--models` stands for a selection and a kind of nodes, and so excludes the options for either.
fn check_models(invocation: &Invocation) -> Result<()> {
    let typed = |name: &str| {
        let value = invocation.flags.other.get(name);
        value.and_then(Json::as_array).is_some_and(|words| !words.is_empty())
    };
    let other = [("select", "select"), ("resource_types", "resource_type")];
    match other.into_iter().find(|(option, _)| typed("models") && typed(option)) {
        Some((_, name)) => Err(Error::runtime(format!("\"models\" and \"{name}\" are mutually exclusive arguments"))),
        None => Ok(()),
    }
}
