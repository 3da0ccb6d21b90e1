//! `run-operation`: calls one macro with the arguments of `--args`, or runs the statement of `--sql`.

use std::sync::Arc;

use crate::artifacts;
use crate::cli::workspace::Workspace;
use crate::error::{Error, Result};
use crate::events::Events;
use crate::invocation::Invocation;
use crate::project::values::to_jinja;
use crate::run::{self, RunResults};

/// What is to be run.
enum Operation<'a> {
    /// A macro, by its name.
    Macro(&'a str),
    /// The statement of `--sql`.
    Sql(&'a str),
}

pub fn run(invocation: &Arc<Invocation>, events: &Arc<Events>) -> Result<bool> {
    let workspace = Workspace::open(invocation, events)?;
    let operation = workspace.manifest_first(operation(invocation))?;
    workspace.graph()?;
    workspace.report_found();
    workspace.check_target_folder()?;
    let results = execute(&workspace, &operation);
    let closed = workspace.globals.adapter.engine().close();
    let results = results?;
    closed.map_err(Error::from)?;
    workspace.write_manifest()?;
    if invocation.flags.write_json {
        artifacts::write_run_results(&workspace.globals, &workspace.compiled, &results)?;
    }
    Ok(results.success())
}

fn operation(invocation: &Invocation) -> Result<Operation<'_>> {
    let flags = &invocation.flags;
    match (flags.macro_name.as_deref(), flags.text("sql")) {
        (None, None) => Err(Error::runtime("Either a macro name or --sql must be passed to run-operation")
            .hint("Write the macro's name behind the command: run-operation my_macro --args '{key: value}'.")),
        (Some(_), Some(_)) => Err(Error::runtime("Cannot specify both a macro name and --sql for run-operation")),
        (None, Some(_)) if !flags.args.is_empty() => {
            Err(Error::runtime("--args cannot be used with --sql; pass arguments directly in the SQL"))
        }
        (None, Some(sql)) => Ok(Operation::Sql(sql)),
        (Some(name), None) => Ok(Operation::Macro(name)),
    }
}

fn execute(workspace: &Workspace, operation: &Operation<'_>) -> Result<RunResults> {
    let (globals, shared) = (&workspace.globals, workspace.shared());
    match operation {
        Operation::Macro(name) => {
            let arguments = workspace.invocation.flags.args.str_entries();
            let arguments = arguments.map(|(key, value)| (key.to_owned(), to_jinja(&value.value))).collect();
            run::run_operation(globals, &shared, name, arguments)
        }
        Operation::Sql(sql) => Ok(run::run_sql(globals, &shared, sql, |sql| workspace.parse_query(sql))),
    }
}
