//! `retry`: the command of the last run with its options, on what failed or was skipped in it.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map as JsonMap, Value as Json};

use crate::artifacts::{StepRecord, StepsSummary};
use crate::cli::command_specs::{COMMANDS, CommandSpec};
use crate::cli::invocation::{Start, build};
use crate::cli::options::{Default as OptionDefault, GLOBAL, Kind, OptionSpec};
use crate::cli::parse::{self, Parsed};
use crate::cli::resolve;
use crate::error::{Error, Result};
use crate::events::Events;
use crate::invocation::{Invocation, Resumed, RetriedBatches};
use crate::manifest::UniqueId;
use crate::run::{read_overloads, read_spans};
use crate::{project, yaml};

/// What is run again.
const RETRIED: [&str; 5] = ["error", "fail", "skipped", "runtime error", "partial success"];
/// Commands that can be retried, by the name that run_results gives them.
const RETRYABLE: [&str; 9] =
    ["build", "compile", "clone", "generate", "seed", "snapshot", "test", "run", "run-operation"];
/// Options that the last run does not hand on: `retry` has its own.
const OWN: [&str; 7] =
    ["log_path", "profiles_dir", "project_dir", "defer_state", "target_path", "warn_error", "deprecated_state"];

pub fn run(invocation: &Arc<Invocation>, events: &Arc<Events>) -> Result<bool> {
    let folder = artifacts_folder(invocation, events)?;
    if let Some(summary) = newer_steps(&folder) {
        return retry_steps(invocation, events, &folder, &summary);
    }
    let previous = previous_results(&folder, &shown_folder(invocation, &folder))?;
    let arguments = previous["args"].as_object().cloned().unwrap_or_default();
    let which = arguments.get("which").and_then(Json::as_str).unwrap_or_default();
    let command = retryable(which)?;
    let failed = failed(&previous, which, invocation.flags.warn_error);
    if which == "run-operation" && failed.is_empty() {
        return Ok(true);
    }
    let mut again = rebuild(invocation, command, &arguments)?;
    if which != "run-operation" {
        again.flags.only = Some(failed);
        if matches!(which, "run" | "build") {
            again.flags.retried_batches = retried_batches(&previous);
            again.flags.retried_overloads = retried_overloads(&previous);
        }
    }
    super::run(&Arc::new(again), events)
}

fn retryable(which: &str) -> Result<&'static CommandSpec> {
    let command = COMMANDS.iter().find(|command| command.name() == which && RETRYABLE.contains(&which));
    command.ok_or_else(|| {
        Error::runtime(format!("The last command was `{which}`, which cannot be retried."))
            .hint(format!("`retry` repeats one of: {}.", RETRYABLE.join(", ")))
    })
}

/// The summary of `--for` in a folder of artifacts, if no other command has left results there since.
fn newer_steps(folder: &Path) -> Option<StepsSummary> {
    let summary = StepsSummary::read(folder)?;
    let results = read_json(&folder.join("run_results.json")).ok();
    let other = results.as_ref().and_then(|results| results["metadata"]["generated_at"].as_str()).unwrap_or_default();
    (summary.generated_at.as_str() >= other).then_some(summary)
}

/// Repeats a command of `--for`: steps that went well are left as they are, what failed in the others runs again, and
/// steps that did not begin run whole.
fn retry_steps(
    invocation: &Arc<Invocation>,
    events: &Arc<Events>,
    folder: &Path,
    summary: &StepsSummary,
) -> Result<bool> {
    let command = retryable(&summary.command)?;
    let mut again = rebuild(invocation, command, &summary.args)?;
    for record in &summary.steps {
        let resumed = match record.succeeded() {
            true => serde_json::to_value(record).ok().map(|done| Resumed::Done(Box::new(done))),
            false => unfinished(folder, record, &summary.command, invocation.flags.warn_error),
        };
        again.flags.resumed.extend(resumed.map(|resumed| (PathBuf::from(&record.folder), resumed)));
    }
    super::run(&Arc::new(again), events)
}

/// What failed in a step; none if it runs whole: it left no results, or was interrupted, and what had not started then is
/// in no result.
fn unfinished(folder: &Path, record: &StepRecord, which: &str, warnings_too: bool) -> Option<Resumed> {
    let results = read_json(&folder.join(&record.folder).join("run_results.json")).ok()?;
    let id = results["metadata"]["invocation_id"].as_str();
    let only = failed(&results, which, warnings_too);
    if id.is_none() || id != record.invocation_id.as_deref() || record.status == "interrupted" || only.is_empty() {
        return None;
    }
    Some(Resumed::Again { only, batches: retried_batches(&results), overloads: retried_overloads(&results) })
}

/// The batches of microbatch models of which the last run built some and not others. A model without any is built as in
/// a first run.
fn retried_batches(previous: &Json) -> Option<RetriedBatches> {
    let metadata = &previous["metadata"];
    let started = metadata["invocation_started_at"].as_str().or(metadata["generated_at"].as_str())?;
    let models = previous["results"].as_array()?.iter().filter_map(|result| {
        let spans = read_spans(&result["batch_results"])?;
        let partly = !spans.successful.is_empty() && !spans.failed.is_empty();
        partly.then(|| (result["unique_id"].as_str().unwrap_or_default().to_owned(), spans))
    });
    Some(RetriedBatches { started_at: started.parse().ok()?, models: models.collect() })
}

/// The overloads that the last run made of functions of which others failed.
fn retried_overloads(previous: &Json) -> HashMap<UniqueId, Vec<String>> {
    let results = previous["results"].as_array().into_iter().flatten();
    let partly = results.filter_map(|result| {
        let overloads = read_overloads(&result["overload_results"]).filter(|overloads| !overloads.failed.is_empty())?;
        Some((result["unique_id"].as_str().unwrap_or_default().to_owned(), overloads.successful))
    });
    partly.collect()
}

/// The folder of `--state`, or the target folder, whose results are looked at.
fn artifacts_folder(invocation: &Arc<Invocation>, events: &Arc<Events>) -> Result<PathBuf> {
    let flags = &invocation.flags;
    let folder = match flags.state.as_ref().or(flags.target_path.as_ref()) {
        Some(folder) => folder.clone(),
        None => PathBuf::from(project::load_without_profile(invocation, events)?.root.target_path()),
    };
    Ok(flags.project_dir.join(folder))
}

/// The folder as it was named, where it is below the project.
fn shown_folder(invocation: &Invocation, folder: &Path) -> PathBuf {
    folder.strip_prefix(&invocation.flags.project_dir).unwrap_or(folder).to_owned()
}

fn read_json(path: &Path) -> std::io::Result<Json> {
    serde_json::from_slice(&fs::read(path)?).map_err(std::io::Error::from)
}

/// The `run_results.json` of a folder, which messages call `shown`.
fn previous_results(folder: &Path, shown: &Path) -> Result<Json> {
    let missing = || Error::runtime(format!("Could not find previous run in '{}' target directory", shown.display()));
    let text = fs::read(folder.join("run_results.json")).map_err(|_| missing())?;
    let previous: Json = serde_json::from_slice(&text).map_err(|error| {
        Error::runtime(format!("The run_results.json in `{}` cannot be read: {error}.", shown.display()))
            .hint("Run the command itself again; `retry` needs the results of a run that ended.")
    })?;
    // Results of nothing are none to dbt: so ends a retry after one that had nothing to do.
    match previous["results"].as_array().is_some_and(Vec::is_empty) {
        true => Err(missing().hint("Nothing ran last time, so there is nothing to run again.")),
        false => Ok(previous),
    }
}

/// What failed, hooks left out: they come along with their command.
fn failed(previous: &Json, which: &str, warnings_too: bool) -> Vec<UniqueId> {
    let results = previous["results"].as_array().map(Vec::as_slice).unwrap_or_default();
    let again = |result: &&Json| {
        let status = result["status"].as_str().unwrap_or_default();
        RETRIED.contains(&status) || (warnings_too && status == "warn")
    };
    let ids = results.iter().filter(again).filter_map(|result| result["unique_id"].as_str());
    let mut ids: Vec<UniqueId> =
        ids.filter(|id| which == "run-operation" || !id.starts_with("operation.")).map(str::to_owned).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// The invocation that the last command was, with what `retry` itself was told.
fn rebuild(
    invocation: &Invocation,
    command: &'static CommandSpec,
    arguments: &JsonMap<String, Json>,
) -> Result<Invocation> {
    refuse_reports(invocation, command)?;
    let mut words: Vec<OsString> = command.path.iter().map(OsString::from).collect();
    for option in command.options.iter().chain(GLOBAL) {
        let own = OWN.contains(&option.name) || typed_again(invocation, option.name);
        let source = if own { &invocation.flags.other } else { arguments };
        if let Some(value) = source.get(option.name) {
            words.extend(option_words(option, value).into_iter().map(OsString::from));
        }
    }
    let argument = command.argument.and_then(|name| arguments.get(name)?.as_str());
    words.extend(argument.map(OsString::from));
    let unreadable = |why: String| {
        Error::runtime(format!("The options of the last run, in its run_results.json, cannot be used: {why}"))
            .hint("Run the command itself again.")
    };
    let typed = match parse::parse(words).map_err(|error| unreadable(error.render("dbt")))? {
        Parsed::Command(typed) => typed,
        _ => return Err(unreadable("they name no command.".to_owned())),
    };
    let resolved = resolve::resolve(&typed).map_err(|error| unreadable(error.render("dbt")))?;
    let shown = invocation.invocation_command.strip_prefix("dbt ").unwrap_or(&invocation.invocation_command);
    let start = Start { words: vec![shown.to_owned()], at: invocation.started_at };
    Ok(Invocation { invocation_id: invocation.invocation_id.clone(), ..build(&typed, &resolved, &start) })
}

/// A report that is asked for and would not be written is better refused.
fn refuse_reports(invocation: &Invocation, command: &CommandSpec) -> Result<()> {
    let writes = |name: &str| command.options.iter().any(|option| option.name == name);
    let asked = ["junit", "markdown"].into_iter().filter(|name| invocation.flags.text(name).is_some());
    match asked.into_iter().find(|name| !writes(name)) {
        None => Ok(()),
        Some(name) => Err(Error::runtime(format!(
            "The last command was `{}`, which writes no report for --{name}.",
            command.name()
        ))
        .hint(format!("Leave --{name} out."))),
    }
}

/// `--vars` and `--threads` of `retry` replace those of the last run, and so does what it is to report.
fn typed_again(invocation: &Invocation, name: &str) -> bool {
    match name {
        "vars" => invocation.flags.vars != yaml::Map::default(),
        "threads" => invocation.flags.threads.is_some(),
        "junit" | "markdown" | "record_runs" => invocation.flags.other.contains_key(name),
        _ => false,
    }
}

/// An option as it is typed; nothing if it has the value that it has anyway.
fn option_words(option: &OptionSpec, value: &Json) -> Vec<String> {
    let name = option.long.first().copied().unwrap_or(option.name);
    match (option.kind, value) {
        (_, Json::Null) => Vec::new(),
        (Kind::Switch, Json::Bool(false)) if option.default != OptionDefault::Bool(false) => {
            vec![format!("--no-{name}")]
        }
        (_, Json::Bool(false)) => Vec::new(),
        (_, Json::Bool(true)) if option.default == OptionDefault::Bool(true) => Vec::new(),
        (_, Json::Bool(true)) => vec![format!("--{name}")],
        (_, Json::Array(items)) => {
            let items = items.iter().filter_map(Json::as_str);
            items.flat_map(|item| [format!("--{name}"), item.to_owned()]).collect()
        }
        (_, Json::Object(map)) if map.is_empty() || name == "warn-error-options" => Vec::new(),
        (_, Json::String(text)) if matches!(option.default, OptionDefault::Text(usual) if usual == text) => Vec::new(),
        (_, Json::String(text)) => vec![format!("--{name}={text}")],
        (_, other) => vec![format!("--{name}={other}")],
    }
}
