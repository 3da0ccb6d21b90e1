//! One file for each command: a short sentence over the phases.

mod clean;
mod clone;
mod compile;
mod debug;
mod deps;
mod direct;
mod docs;
mod docs_serve;
mod explain;
mod freshness;
mod golden;
mod init;
mod list;
mod parse;
mod reports;
mod retry;
mod run;
mod run_operation;
mod steps;

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::events::{Event, Events, Level};
use crate::invocation::Invocation;
use crate::run::Task;

/// Runs a command. The flag tells whether everything in the project went well (exit code 0 or 1).
///
/// # Errors
/// The command cannot run (exit code 2).
pub fn run(invocation: &Arc<Invocation>, events: &Arc<Events>) -> Result<bool> {
    match invocation.command.as_str() {
        "explain" => explain::run(invocation, events),
        "clean" => clean::run(invocation, events),
        "debug" => debug::run(invocation, events),
        "deps" => deps::run(invocation, events),
        "init" => init::run(invocation, events),
        // Nothing but parsing: wholly on a thread of the pool, whose memory is in use already.
        "parse" => rayon::scope(|_| parse::run(invocation, events)),
        "list" | "ls" => rayon::scope(|_| list::run(invocation, events)),
        "run" => run::run(invocation, events, Task::Run),
        "seed" => run::run(invocation, events, Task::Seed),
        "snapshot" => run::run(invocation, events, Task::Snapshot),
        "test" => run::run(invocation, events, Task::Test),
        "build" => run::run(invocation, events, Task::Build),
        "compile" => compile::run(invocation, events, Task::Compile),
        "show" => match invocation.flags.text("inline_direct") {
            Some(sql) => direct::run(invocation, events, sql),
            None => compile::run(invocation, events, Task::Show),
        },
        "clone" => clone::run(invocation, events),
        "golden" => golden::run(invocation, events),
        "docs generate" => docs::run(invocation, events),
        "docs serve" => docs_serve::run(invocation, events),
        "source freshness" => freshness::run(invocation, events),
        "retry" => retry::run(invocation, events),
        "run-operation" => run_operation::run(invocation, events),
        other => Err(Error::runtime(format!(
            "The command `{other}` is known to dbt, but this version of rdbt does not have it."
        ))
        .hint("Run this one command with dbt; it reads the same project, artifacts and database.")),
    }
}

/// Whether a command that gets as far as its work is sure to use the database.
pub fn opens_database(command: &str) -> bool {
    matches!(command, "run" | "seed" | "snapshot" | "test" | "build" | "explain" | "retry")
}

/// Says something at the level that a user reads.
fn say(events: &Events, name: &'static str, code: &'static str, message: impl Into<String>) {
    events.emit(Event::new(name, code, Level::Info, message));
}
