//! `run-operation`: calls one macro with the arguments of `--args`.

use std::sync::Arc;

use crate::artifacts;
use crate::cli::workspace::Workspace;
use crate::error::{Error, Result};
use crate::events::Events;
use crate::invocation::Invocation;
use crate::project::values::to_jinja;
use crate::run;

pub fn run(invocation: &Arc<Invocation>, events: &Arc<Events>) -> Result<bool> {
    let name = invocation.flags.macro_name.as_deref().ok_or_else(|| {
        Error::runtime("Either a macro name or --sql must be passed to run-operation")
            .hint("Write the macro's name behind the command: run-operation my_macro --args '{key: value}'.")
    })?;
    let workspace = Workspace::open(invocation, events)?;
    workspace.graph()?;
    workspace.report_found();
    workspace.check_target_folder()?;
    let arguments = invocation.flags.args.str_entries();
    let arguments = arguments.map(|(key, value)| (key.to_owned(), to_jinja(&value.value))).collect();
    let results = run::run_operation(&workspace.globals, &workspace.shared(), name, arguments);
    let closed = workspace.globals.adapter.engine().close();
    let results = results?;
    closed.map_err(Error::from)?;
    workspace.write_manifest()?;
    if invocation.flags.write_json {
        artifacts::write_run_results(&workspace.globals, &workspace.compiled, &results)?;
    }
    Ok(results.success())
}
