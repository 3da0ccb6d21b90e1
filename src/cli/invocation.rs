//! Makes the [`Invocation`] of resolved options, and the `args` that artifacts show.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map as JsonMap, Value as Json, json};

use super::for_values;
use super::options::OURS;
use super::parse::Typed;
use super::resolve::{Resolved, absolute};
use super::sample;
use crate::invocation::{Flags, Invocation};

/// What the program was started with.
#[derive(Debug, Clone)]
pub struct Start {
    /// The words after the program's name.
    pub words: Vec<String>,
    /// When it was started.
    pub at: DateTime<Utc>,
}

/// Options that artifacts leave out while they are false.
const SHOWN_WHEN_TRUE: [&str; 8] = [
    "debug",
    "full_refresh",
    "fail_fast",
    "warn_error",
    "single_threaded",
    "log_cache_events",
    "store_failures",
    "use_experimental_parser",
];

/// Makes the invocation of a command.
pub fn build(typed: &Typed, resolved: &Resolved, start: &Start) -> Invocation {
    // dbt names itself there whatever the program is called.
    let invocation_command = format!("dbt {}", start.words.join(" "));
    let mut flags = flags(resolved);
    flags.macro_name = typed.argument().filter(|_| typed.command.argument == Some("macro")).map(str::to_owned);
    if typed.command.path == ["list"] {
        models_are_selected(&mut flags, resolved);
    }
    if typed.command.path == ["explain"] {
        flags.select.extend(typed.argument().map(str::to_owned));
    }
    flags.other = every_flag(typed, resolved, &invocation_command);
    if let Some(window) = flags.sample {
        // What was read of it: `retry` shall not reckon `3 days` from another moment.
        let format = |moment: &DateTime<Utc>| match moment.timestamp_subsec_micros() {
            0 => SecondsFormat::Secs,
            _ => SecondsFormat::Micros,
        };
        let iso = |moment: DateTime<Utc>| moment.to_rfc3339_opts(format(&moment), false);
        flags.other.insert("sample".to_owned(), json!({"start": iso(window.start), "end": iso(window.end)}));
    }
    flags.args_for_artifacts = match typed.command.path {
        ["run-operation"] => operation_args(&flags.other),
        _ => artifact_args(&flags.other),
    };
    let given_id = std::env::var("DBT_INVOCATION_ID").ok().filter(|id| !id.is_empty());
    Invocation {
        command: typed.command.path.join(" "),
        invocation_command,
        invocation_id: given_id.unwrap_or_else(|| uuid::Uuid::new_v4().to_string()),
        started_at: start.at,
        flags,
    }
}

fn flags(resolved: &Resolved) -> Flags {
    let path = |name: &str| resolved.text(name).map(PathBuf::from);
    let folder = |name: &str| absolute(Path::new(&resolved.text(name).unwrap_or_default()));
    let text = |name: &str| resolved.text(name).unwrap_or_default();
    let positive = |name: &str| resolved.json(name).as_u64().and_then(|number| usize::try_from(number).ok());
    Flags {
        project_dir: folder("project_dir"),
        profiles_dir: folder("profiles_dir"),
        profile: resolved.text("profile"),
        target: resolved.text("target"),
        target_path: path("target_path"),
        log_path: path("log_path"),
        vars: resolved.map("vars"),
        // None of them can run, but everything else works; see `run`.
        threads: resolved.json("threads").as_i64().map(|number| usize::try_from(number).unwrap_or(0)),
        select: resolved.words("select"),
        exclude: resolved.words("exclude"),
        selector: resolved.text("selector"),
        indirect_selection: text("indirect_selection"),
        resource_types: resolved.words("resource_types"),
        exclude_resource_types: resolved.words("exclude_resource_types"),
        full_refresh: resolved.flag("full_refresh"),
        skip_unchanged: resolved.json("skip_unchanged").as_bool(),
        fail_fast: resolved.flag("fail_fast"),
        empty: resolved.flag("empty"),
        sample: resolved.text("sample").and_then(|text| sample::parse(&text, chrono::Utc::now()).ok()),
        event_time_start: resolved.text("event_time_start"),
        event_time_end: resolved.text("event_time_end"),
        store_failures: resolved.flag("store_failures"),
        defer: resolved.flag("defer"),
        favor_state: resolved.flag("favor_state"),
        state: path("state"),
        defer_state: path("defer_state"),
        warn_error: resolved.flag("warn_error"),
        warn_error_options: resolved.json("warn_error_options").clone(),
        quiet: resolved.flag("quiet"),
        log_format: text("log_format"),
        log_format_file: text("log_format_file"),
        log_level: match text("log_level") {
            level if resolved.flag("debug") && level != "none" => "debug".to_owned(),
            level => level,
        },
        log_level_file: text("log_level_file"),
        use_colors: use_colors(resolved),
        print: resolved.flag("print"),
        printer_width: positive("printer_width").unwrap_or(80),
        partial_parse: resolved.flag("partial_parse"),
        write_json: resolved.flag("write_json"),
        // A command without the option introspects.
        introspect: resolved.json("introspect").as_bool().unwrap_or(true),
        version_check: resolved.flag("version_check"),
        populate_cache: resolved.flag("populate_cache"),
        cache_selected_only: resolved.flag("cache_selected_only"),
        show_all_deprecations: resolved.flag("show_all_deprecations"),
        inline: resolved.text("inline").filter(|sql| !sql.is_empty()),
        limit: resolved.json("limit").as_i64().filter(|limit| *limit >= 0),
        output: resolved.text("output"),
        output_keys: resolved.words("output_keys"),
        macro_name: None,
        args: resolved.map("args"),
        show: resolved.flag("show"),
        retried_batches: None,
        retried_overloads: HashMap::new(),
        only: None,
        series: for_values::parse(&resolved.words("for")).unwrap_or_default(),
        keep_going: resolved.flag("keep_going"),
        resumed: HashMap::new(),
        step: None,
        other: JsonMap::new(),
        args_for_artifacts: JsonMap::new(),
    }
}

/// Colours where someone looks, or where they were asked for.
fn use_colors(resolved: &Resolved) -> bool {
    let wanted = resolved.flag("use_colors");
    if resolved.is_set("use_colors") { wanted } else { wanted && std::io::stdout().is_terminal() }
}

/// `ls --models` means models alone.
fn models_are_selected(flags: &mut Flags, resolved: &Resolved) {
    let models = resolved.words("models");
    if !models.is_empty() {
        flags.select = models;
        flags.resource_types = vec!["model".to_owned()];
    }
}

/// Every flag by dbt's name, the project's behaviour flags among them.
fn every_flag(typed: &Typed, resolved: &Resolved, invocation_command: &str) -> JsonMap<String, Json> {
    let mut all: JsonMap<String, Json> =
        [("strict_mode", false), ("introspect", true), ("full_refresh", false), ("store_failures", false)]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), Json::Bool(value)))
            .collect();
    let set = |(name, value): &(&str, &Json)| {
        // What dbt does not have is not shown where it is not used: artifacts are compared.
        !OURS.contains(name) || !(value.is_null() || **value == Json::Bool(false))
    };
    all.extend(resolved.iter().filter(set).map(|(name, value)| (name.to_owned(), value.clone())));
    all.extend(resolved.project.behaviour());
    all.insert("which".to_owned(), Json::from(typed.word.as_str()));
    all.insert("invocation_command".to_owned(), Json::from(invocation_command));
    if let Some(argument) = typed.command.argument {
        all.insert(argument.to_owned(), typed.argument().map_or(Json::Null, Json::from));
    }
    all
}

/// What `run_results.json` shows under `args` after `run-operation`: false flags too, and no empty `--args`.
fn operation_args(all: &JsonMap<String, Json>) -> JsonMap<String, Json> {
    let is_empty = |value: &Json| value.is_null() || value.as_object().is_some_and(JsonMap::is_empty);
    all.iter()
        .filter(|(name, value)| match name.as_str() {
            "warn_error_options" => false,
            "args" => !is_empty(value),
            _ => !value.is_null(),
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// What `run_results.json` shows under `args`: every flag but the absent and some false ones.
fn artifact_args(all: &JsonMap<String, Json>) -> JsonMap<String, Json> {
    all.iter()
        .filter(|(name, value)| {
            let is_left_out = SHOWN_WHEN_TRUE.contains(&name.as_str()) && **value == Json::Bool(false);
            !value.is_null() && !is_left_out
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

impl Typed {
    /// The positional argument, if one was typed.
    pub fn argument(&self) -> Option<&str> {
        self.command.argument?;
        self.own.get_one::<String>("argument").map(String::as_str)
    }
}
