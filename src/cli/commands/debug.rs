//! `debug`: checks the project, the profile, git and the connection, and says what it finds, in dbt's words.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use super::say;
use crate::adapter::duckdb::{DuckDbCredentials, DuckDbEngine};
use crate::adapter::{AdapterError, Engine};
use crate::cli::DBT_DUCKDB_VERSION;
use crate::error::{Error, Result};
use crate::events::{Event, Events, Level, lines};
use crate::invocation::Invocation;
use crate::project::credentials::SHOWN_KEYS;
use crate::project::file::{self, PROJECT_FILE};
use crate::project::profile::{self, PROFILES_FILE};
use crate::project::values::repr;
use crate::project::{self, Base, DBT_VERSION, Renderer, Target};
use crate::yaml::{Map, Node, Value};

const DOCUMENTATION: &str = "https://docs.getdbt.com/docs/configure-your-profile";

/// What a check found.
struct Check {
    /// What stands in brackets behind the thing that was checked.
    verdict: String,
    /// Why it failed; None if it did not.
    failure: Option<String>,
}

impl Check {
    fn good(events: &Events, verdict: &str) -> Check {
        Check { verdict: events.paint().green(verdict), failure: None }
    }

    fn bad(events: &Events, verdict: &str, failure: impl Into<String>) -> Check {
        Check { verdict: events.paint().red(verdict), failure: Some(failure.into()) }
    }
}

pub fn run(invocation: &Arc<Invocation>, events: &Arc<Events>) -> Result<bool> {
    let set = |name: &str| invocation.flags.other.get(name).and_then(serde_json::Value::as_bool).unwrap_or(false);
    if set("config_dir") {
        let folder = invocation.flags.profiles_dir.display();
        let message = format!("To view your profiles.yml file, run:\n\n{} {folder}", open_command());
        say(events, "OpenCommand", "Z016", message);
        return Ok(true);
    }
    check_all(invocation, events, set("connection"))
}

/// Runs every check and says what came of it.
pub fn check_all(invocation: &Arc<Invocation>, events: &Arc<Events>, connection_only: bool) -> Result<bool> {
    let out = |message: String| say(events, "DebugCmdOut", "Z047", message);
    let flags = &invocation.flags;
    // Shown as typed, like dbt's.
    let profiles_dir = flags.other.get("profiles_dir").and_then(serde_json::Value::as_str);
    let profiles_dir = profiles_dir.map_or(flags.profiles_dir.as_path(), Path::new);
    let profiles_file = profiles_dir.join(PROFILES_FILE);
    let project_file = flags.project_dir.join(PROJECT_FILE);
    out(format!("dbt version: {DBT_VERSION}"));
    out(format!("rdbt version: {}", env!("CARGO_PKG_VERSION")));
    out(format!("os info: {}-{}", std::env::consts::OS, std::env::consts::ARCH));

    let (target, profile_check) = check_profile(invocation, events, &profiles_file, &project_file)?;
    out(format!("Using profiles dir at {}", profiles_dir.display()));
    out(format!("Using profiles.yml file at {}", profiles_file.display()));
    out(format!("Using dbt_project.yml file at {}", project_file.display()));
    if let Some(target) = &target {
        out(format!("adapter type: {}", target.adapter_type));
        out(format!("adapter version: {DBT_DUCKDB_VERSION}"));
    }
    let project_check = check_project(invocation, events, &project_file);

    let mut checks = Vec::new();
    if connection_only {
        out("Skipping steps before connection verification".to_owned());
    } else {
        out("Configuration:".to_owned());
        out(format!("  profiles.yml file [{}]", profile_check.verdict));
        out(format!("  dbt_project.yml file [{}]", project_check.verdict));
        out("Required dependencies:".to_owned());
        let git = check_git(events);
        result(format!(" - git [{}]\n", git.verdict), events);
        checks.push(git);
    }
    checks.insert(0, project_check);
    checks.insert(0, profile_check);
    match &target {
        Some(target) => checks.push(check_connection(target, events)),
        None => out("Connection test skipped since no profile was found".to_owned()),
    }
    Ok(report(&checks, events))
}

fn result(message: String, events: &Events) {
    events.emit(Event::new("DebugCmdResult", "Z048", Level::Info, message.clone()).with("msg", message));
}

fn report(checks: &[Check], events: &Events) -> bool {
    let result = |message: String| result(message, events);
    let failures: Vec<&str> = checks.iter().filter_map(|check| check.failure.as_deref()).collect();
    match failures.len() {
        0 => result(events.paint().green("All checks passed!")),
        1 => result(events.paint().red("1 check failed:")),
        many => result(events.paint().red(&format!("{many} checks failed:"))),
    }
    for failure in &failures {
        result(format!("{failure}\n"));
    }
    failures.is_empty()
}

fn check_profile(
    invocation: &Arc<Invocation>,
    events: &Arc<Events>,
    profiles_file: &Path,
    project_file: &Path,
) -> Result<(Option<Target>, Check)> {
    // A project file that is no YAML ends the command, as in dbt; one that is missing or empty is a failed check.
    let project = match file::read_project(&invocation.flags.project_dir) {
        Ok(project) => project,
        Err(error) if !project_file.exists() || error.message.ends_with(file::NO_MAPPING) => Map::new(),
        Err(error) => return Err(error),
    };
    if !profiles_file.exists() {
        let failure = format!(
            "dbt looked for a profiles.yml file in {}, but did\nnot find one. For more information on configuring your \
             profile, consult the\ndocumentation:\n\n{DOCUMENTATION}\n",
            profiles_file.display()
        );
        return Ok((None, Check::bad(events, "ERROR not found", failure)));
    }
    let renderer = Renderer::for_secrets(Base::new(invocation, events), &invocation.flags.vars);
    let name = project.get("profile").cloned().or_else(|| only_profile(&invocation.flags.profiles_dir));
    Ok(match profile::load(&invocation.flags, name.as_ref(), &renderer, events) {
        Ok(target) => (Some(target), Check::good(events, "OK found and valid")),
        Err(error) => {
            let failure = format!("Profile loading failed for the following reason:\n{error}\n");
            (None, Check::bad(events, "ERROR invalid", failure))
        }
    })
}

/// The profile's name if profiles.yml has one alone: dbt tries it where there is no project.
fn only_profile(profiles_dir: &Path) -> Option<Node> {
    let profiles = profile::read_profiles(profiles_dir).ok()?;
    let mut names = profiles.str_entries().map(|(name, _)| name).filter(|name| *name != "config");
    match (names.next(), names.next()) {
        (Some(name), None) => Some(Node::detached(Value::Str(name.to_owned()))),
        _ => None,
    }
}

fn check_project(invocation: &Arc<Invocation>, events: &Arc<Events>, project_file: &Path) -> Check {
    const FAILED: &str = "Project loading failed for the following reason:";
    if !project_file.exists() {
        let failure = format!("{FAILED}\n project path <{}> not found", project_file.display());
        return Check::bad(events, "ERROR not found", failure);
    }
    match project::load_without_profile(invocation, events) {
        Ok(_) => Check::good(events, "OK found and valid"),
        Err(error) => Check::bad(events, "ERROR invalid", format!("{FAILED}\n{error}\n")),
    }
}

/// git is needed for packages from repositories.
fn check_git(events: &Events) -> Check {
    match Command::new("git").arg("--help").stdout(Stdio::null()).stderr(Stdio::null()).status() {
        Ok(_) => Check::good(events, "OK found"),
        Err(error) => Check::bad(events, "ERROR", format!("Error from git --help: {error}")),
    }
}

fn check_connection(target: &Target, events: &Events) -> Check {
    let out = |message: String| say(events, "DebugCmdOut", "Z047", message);
    out("Connection:".to_owned());
    for key in SHOWN_KEYS {
        let value = target.credentials.get(key).map_or(&Value::Null, |node| &node.value);
        let shown = value_text(value);
        out(format!("  {key}: {shown}"));
    }
    events.emit(lines::adapter_registered("duckdb", DBT_DUCKDB_VERSION));
    let check = match connect(target) {
        Ok(()) => Check::good(events, "OK connection ok"),
        Err(message) => Check::bad(
            events,
            "ERROR",
            format!(
                "dbt was unable to connect to the specified database.\nThe database returned the following \
                 error:\n\n  >{message}\n\nCheck your database credentials and try again. For more information, \
                 visit:\n{DOCUMENTATION}\n"
            ),
        ),
    };
    out(format!("  Connection test: [{}]\n", check.verdict));
    check
}

/// A value as Python prints it.
fn value_text(value: &Value) -> String {
    match value {
        Value::Str(text) => text.clone(),
        other => repr(other),
    }
}

/// Opens the database and asks it for a row.
fn connect(target: &Target) -> std::result::Result<(), String> {
    let credentials = DuckDbCredentials::from_target(target).map_err(|error: Error| error.to_string())?;
    let engine = DuckDbEngine::new(credentials);
    let ask = || -> std::result::Result<(), AdapterError> {
        engine.connect("debug")?.execute("select 1 as id", false)?;
        engine.close()
    };
    ask().map_err(|error| Error::database(error.to_string()).to_string())
}

fn open_command() -> &'static str {
    match std::env::consts::OS {
        "windows" => "start",
        "macos" => "open",
        _ => "xdg-open",
    }
}
