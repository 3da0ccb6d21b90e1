//! One file for each command: a short sentence over the phases.

mod clean;
mod debug;
mod deps;
mod init;

use crate::error::{Error, Result};
use crate::events::{Event, Events, Level};
use crate::invocation::Invocation;

/// Runs a command. The flag tells whether everything in the project went well (exit code 0 or 1).
///
/// # Errors
/// The command cannot run (exit code 2).
pub fn run(invocation: &Invocation, events: &Events) -> Result<bool> {
    match invocation.command.as_str() {
        "clean" => clean::run(invocation, events),
        "debug" => debug::run(invocation, events),
        "deps" => deps::run(invocation, events),
        "init" => init::run(invocation, events),
        other => Err(Error::internal(format!("The command `{other}` is not part of this build of rdbt."))),
    }
}

/// Says something at the level that a user reads.
fn say(events: &Events, name: &'static str, code: &'static str, message: impl Into<String>) {
    events.emit(Event::new(name, code, Level::Info, message));
}
