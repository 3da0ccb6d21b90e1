//! `compile` and `show`: renders what is selected, or an inline query, and prints the SQL or its first rows.

use std::sync::Arc;

use crate::adapter::table::PrintOptions;
use crate::artifacts::{self, python_json};
use crate::cli::workspace::Workspace;
use crate::error::{Error, Result};
use crate::events::{Events, Level, lines};
use crate::invocation::Invocation;
use crate::manifest::node::version_text;
use crate::run::{self, NodeResult, Plan, RunResults, Task};

pub fn run(invocation: &Arc<Invocation>, events: &Arc<Events>, task: Task) -> Result<bool> {
    let flags = &invocation.flags;
    if task == Task::Show && flags.select.is_empty() && flags.inline.is_none() {
        return Err(Error::runtime("Either --select or --inline must be passed to show"));
    }
    let mut workspace = Workspace::open(invocation, events)?;
    workspace.report_found();
    workspace.add_inline_query()?;
    let graph = workspace.graph()?;
    let selection = workspace.select(&graph)?;
    let plan = Plan::new(&workspace.manifest, &graph, &selection.nodes, false)?;
    let results = run::execute(&workspace.globals, &workspace.shared(), &graph, task, &plan);
    let closed = workspace.globals.adapter.engine().close();
    let results = results?;
    closed.map_err(Error::from)?;
    workspace.write_manifest()?;
    if flags.write_json {
        artifacts::write_run_results(&workspace.globals, &workspace.compiled, &results)?;
    }
    print_results(&workspace, task, &results);
    workspace.summarize_deprecations();
    Ok(results.success())
}

/// Prints the nodes that were named on the command line; the others were only rendered on the way.
fn print_results(workspace: &Workspace, task: Task, results: &RunResults) {
    let flags = &workspace.invocation.flags;
    let named = |name: &str| {
        flags.inline.is_some() || flags.select.iter().any(|word| word.split_whitespace().any(|w| w == name))
    };
    for result in &results.results {
        let name = result.resource.name();
        if named(name) {
            print_result(workspace, task, result);
        } else if !flags.select.is_empty() {
            workspace.events().emit(lines::note(Level::Debug, &format!("Excluded node '{name}' from results")));
        }
    }
}

fn print_result(workspace: &Workspace, task: Task, result: &NodeResult) {
    let flags = &workspace.invocation.flags;
    let (id, inline) = (result.resource.unique_id(), flags.inline.is_some());
    let format = flags.output.as_deref().unwrap_or("text");
    let line = match (task, &result.table) {
        (Task::Show, Some(table)) => {
            let version = result.resource.node().and_then(|node| node.model()?.version.as_ref().map(version_text));
            let name = version.map_or_else(
                || result.resource.name().to_owned(),
                |version| format!("{}.v{version}", result.resource.name()),
            );
            let preview = if format == "json" {
                python_json::to_string(&table.to_json())
            } else {
                table.to_grid(&PrintOptions { max_rows: None, ..PrintOptions::default() })
            };
            lines::show_node(&name, id, &preview, inline, format, flags.quiet)
        }
        _ => {
            let code = workspace.compiled.get(id).and_then(|compiled| compiled.code.clone()).unwrap_or_default();
            lines::compiled_node(result.resource.name(), id, &code, inline, format, flags.quiet)
        }
    };
    workspace.events().emit(line);
}
