//! `run-operation`: calls one macro with the arguments of `--args`.

use std::sync::Arc;

use crate::cli::workspace::Workspace;
use crate::context::database::NodeConnection;
use crate::context::runtime::NodeRun;
use crate::context::{Macros, query_comment};
use crate::error::{Error, Result};
use crate::events::{Events, lines};
use crate::invocation::Invocation;
use crate::project::values::to_jinja;

pub fn run(invocation: &Arc<Invocation>, events: &Arc<Events>) -> Result<bool> {
    let typed = invocation.flags.macro_name.as_deref().ok_or_else(|| {
        Error::runtime("Either a macro name or --sql must be passed to run-operation")
            .hint("Write the macro's name behind the command: run-operation my_macro --args '{key: value}'.")
    })?;
    let workspace = Workspace::open(invocation, events)?;
    let outcome = call(&workspace, typed);
    let closed = workspace.globals.adapter.engine().close();
    if let Err(error) = &outcome {
        events.emit(lines::operation_error(events.paint(), &error.to_string()));
    }
    closed.map_err(Error::from)?;
    workspace.write_manifest()?;
    workspace.summarize_deprecations();
    Ok(outcome.is_ok())
}

fn call(workspace: &Workspace, typed: &str) -> Result<()> {
    let globals = &workspace.globals;
    let (package, name) = match typed.split_once('.') {
        Some((package, name)) => (Some(package), name),
        None => (None, typed),
    };
    let found = match package {
        Some(package) => globals.macros.in_package(package, name),
        None => globals.macros.anywhere(name),
    };
    let unique_id = found.ok_or_else(|| not_found(workspace, package, name))?;
    let connection = NodeConnection::new(globals.adapter.clone(), &format!("macro_{name}"), serde_json::Map::new());
    connection.set_comment(query_comment(globals, connection.name(), None)?);
    let run = NodeRun::new(workspace.shared(), connection.clone());
    let arguments = workspace.invocation.flags.args.str_entries();
    let arguments = arguments.map(|(key, value)| (key.to_owned(), to_jinja(&value.value))).collect();
    let outcome = Macros::new(globals.clone(), run).call_id(unique_id, Vec::new(), arguments);
    connection.release();
    outcome.map(|_| ())
}

fn not_found(workspace: &Workspace, package: Option<&str>, name: &str) -> Error {
    let place = package.map_or_else(|| "any package".to_owned(), |package| format!("the package \"{package}\""));
    let error = Error::runtime(format!("dbt could not find a macro with the name \"{name}\" in {place}"));
    match workspace.globals.macros.suggestion(&workspace.globals.project.root.name, name) {
        Some(near) => error.hint(format!("Did you mean `{near}`?")),
        None => error,
    }
}
