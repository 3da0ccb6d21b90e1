//! The command line: two steps from what was typed to what it means ([`parse`], [`resolve`]), then one file for each
//! command under [`commands`].

mod command_specs;
pub mod commands;
#[cfg(test)]
mod commands_table;
mod completion;
mod dotenv;
mod file_server;
mod for_values;
mod invocation;
mod mappings;
mod notices;
mod options;
mod parse;
mod resolve;
mod sample;
#[cfg(test)]
mod tests;
mod usage;
mod values;
mod warn_options;
mod workspace;

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use chrono::Utc;
use serde_json::Value as Json;

use crate::adapter::duckdb;
use crate::error::Error;
use crate::events::{Events, EventsConfig, Level, lines};
use crate::invocation::Invocation;
use crate::jinja::STACK_SIZE;
use crate::project;
use invocation::Start;
use parse::{Parsed, Typed};
pub(crate) use resolve::absolute;
use usage::UsageError;

/// Everything was done and went well.
const SUCCESS: u8 = 0;
/// The command ran, and something in the project failed.
const FAILURE: u8 = 1;
/// The command could not run: wrong usage, wrong project, or an error of rdbt itself.
const ERROR: u8 = 2;

/// The version of dbt-duckdb whose behaviour rdbt reproduces.
pub const DBT_DUCKDB_VERSION: &str = "1.11.1";

/// Runs the program: `arguments` begin with its name. Returns dbt's exit codes 0, 1 and 2.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    report_panics();
    let mut arguments = arguments.into_iter();
    let first = arguments.next();
    let words: Vec<OsString> = arguments.collect();
    match dotenv::load(first.as_ref(), &words) {
        Ok(None) => {}
        Ok(Some(code)) => return code,
        Err(sentence) => {
            complain(&format!("{sentence}\n"));
            return ExitCode::from(FAILURE);
        }
    }
    let program = program_name(first);
    let code = std::panic::catch_unwind(|| run(&program, words)).unwrap_or(ERROR);
    ExitCode::from(code)
}

/// The name under which the program was called, without folder and extension.
fn program_name(first: Option<OsString>) -> String {
    let name =
        first.as_deref().map(Path::new).and_then(Path::file_stem).map(|stem| stem.to_string_lossy().into_owned());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "rdbt".to_owned())
}

fn run(program: &str, words: Vec<OsString>) -> u8 {
    if let Some(script) = completion::asked_by_environment(program) {
        print(&script);
        return SUCCESS;
    }
    let start = Start { words: words.iter().map(|word| word.to_string_lossy().into_owned()).collect(), at: Utc::now() };
    let parsed = match parse::parse(words) {
        Ok(parsed) => parsed,
        Err(error) => return usage_error(program, &error),
    };
    match parsed {
        Parsed::Version => {
            print(version());
            SUCCESS
        }
        Parsed::Completion(shell) => {
            print(completion::script(&shell, program).unwrap_or_default());
            SUCCESS
        }
        Parsed::Help(scope, false) => {
            print(usage::help(scope, program));
            SUCCESS
        }
        Parsed::Help(scope, true) => {
            complain(&usage::help(scope, program));
            ERROR
        }
        Parsed::Command(typed) => {
            // Before the library: while that is loaded no thread can be made. Should the pool be there already, its threads have
            // the usual stack, which all but absurd templates are content with.
            let _ = rayon::ThreadPoolBuilder::new().stack_size(STACK_SIZE).build_global();
            let _library = commands::opens_database(typed.command.name()).then(duckdb::preload);
            match prepare(&typed, &start) {
                Ok((invocation, early)) => execute(&Arc::new(invocation), &early, &typed, &start.words),
                Err(error) => usage_error(program, &error),
            }
        }
    }
}

/// Deprecations that were met before there was a log.
struct Early {
    /// The project's flags stand in `profiles.yml`, where dbt no longer wants them.
    flags_moved: bool,
    /// See [`resolve::Resolved::old_warn_options`].
    old_warn_options: Vec<String>,
}

fn prepare(typed: &Typed, start: &Start) -> Result<(Invocation, Early), UsageError> {
    let resolved = resolve::resolve(typed).map_err(|error| error.spelled(&typed.word))?;
    let invocation = invocation::build(typed, &resolved, start);
    let flags_moved = resolved.project.from_profiles;
    Ok((invocation, Early { flags_moved, old_warn_options: resolved.old_warn_options }))
}

fn execute(invocation: &Arc<Invocation>, early: &Early, typed: &Typed, words: &[String]) -> u8 {
    let terminal = std::io::stdout().is_terminal();
    let events = Arc::new(Events::new(EventsConfig::new(invocation, &log_folder(invocation), terminal)));
    events.emit(lines::main_report_version(project::DBT_VERSION));
    events.emit(notices::arguments(invocation));
    for option in typed.idle() {
        let spelling = option.spellings().into_iter().next().unwrap_or_default();
        let text = format!("{spelling} is accepted and does nothing: {}.", option.idle);
        events.emit(lines::note(Level::Info, &text));
    }
    let outcome = notices::announce(invocation, early, words, &events);
    let outcome = outcome.and_then(|()| enter_project(invocation)).and_then(|()| commands::run(invocation, &events));
    let code = match outcome {
        Ok(true) => SUCCESS,
        Ok(false) => FAILURE,
        Err(error) => {
            events.emit(lines::encountered_error(events.paint(), &error));
            ERROR
        }
    };
    events.summarize_deprecations();
    let elapsed = (Utc::now() - invocation.started_at).as_seconds_f64();
    // `ls` and `list` are one command; the log names it as it was typed.
    let typed = invocation.flags.other.get("which").and_then(Json::as_str).filter(|_| invocation.command == "list");
    let name = typed.unwrap_or(&invocation.command);
    events.emit(lines::command_completed(&format!("dbt {name}"), code == SUCCESS, elapsed));
    events.flush();
    code
}

/// Where `dbt.log` goes: `--log-path`, else `logs/` of the project.
fn log_folder(invocation: &Invocation) -> PathBuf {
    let flags = &invocation.flags;
    flags.log_path.clone().map_or_else(|| flags.project_dir.join("logs"), |path| flags.project_dir.join(path))
}

/// Relative paths in a project (the database file, files that models read) count from the project's folder.
fn enter_project(invocation: &Invocation) -> crate::error::Result<()> {
    if matches!(invocation.command.as_str(), "init" | "debug") {
        return Ok(());
    }
    let folder = &invocation.flags.project_dir;
    std::env::set_current_dir(folder)
        .map_err(|error| Error::runtime(format!("The folder {} cannot be entered: {error}.", folder.display())))
}

fn usage_error(program: &str, error: &UsageError) -> u8 {
    complain(&error.render(program));
    ERROR
}

/// The lines that other programs look for in dbt's version text, below rdbt's own.
fn version() -> String {
    format!(
        "rdbt {}\n\nCore:\n  - installed: {}\n\nPlugins:\n  - duckdb: {DBT_DUCKDB_VERSION}\n",
        env!("CARGO_PKG_VERSION"),
        project::DBT_VERSION
    )
}

/// Writes to standard output. A reader that has gone away is no error.
fn print(text: impl AsRef<[u8]>) {
    let _ = std::io::stdout().write_all(text.as_ref());
}

/// Writes to standard error. A reader that has gone away is no error.
fn complain(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// One sentence instead of a backtrace when rdbt itself is at fault.
fn report_panics() {
    std::panic::set_hook(Box::new(|info| {
        let payload = info.payload();
        let text = payload.downcast_ref::<&str>().copied();
        let what =
            text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("an unknown failure");
        let place = info.location().map(|at| format!(" ({}:{})", at.file(), at.line())).unwrap_or_default();
        complain(&format!(
            "Internal Error\n  rdbt stopped because of a mistake of its own: {what}{place}.\n  Please report this with \
             the command that you ran.\n"
        ));
    }));
}
