//! What dbt says of a command line and of the environment before the command begins: what is ignored, and what is
//! deprecated.

use serde_json::Value as Json;

use super::Early;
use super::command_specs::COMMANDS;
use super::options::{GLOBAL, ROOT_ONLY};
use crate::error::Result;
use crate::events::deprecations::{named, unnamed};
use crate::events::{Event, Events, Level, lines};
use crate::invocation::Invocation;
use crate::parse::python;
use crate::project::warn_project_flags_moved;

/// Old spellings of `--select`.
const MODEL_OPTIONS: [&str; 3] = ["--models", "--model", "-m"];

/// What the names of dbt's own environment variables begin with.
const ENGINE_PREFIX: &str = "DBT_ENGINE";

/// The flags that stand in the log, of all that there are.
const TOLD: [&str; 26] = [
    "cache_selected_only",
    "debug",
    "empty",
    "fail_fast",
    "hints_enabled",
    "indirect_selection",
    "introspect",
    "invocation_command",
    "log_cache_events",
    "log_format",
    "log_path",
    "maximum_seed_size_mib",
    "no_print",
    "partial_parse",
    "printer_width",
    "profiles_dir",
    "quiet",
    "send_anonymous_usage_stats",
    "static_parser",
    "target_path",
    "use_colors",
    "use_experimental_parser",
    "version_check",
    "warn_error",
    "warn_error_options",
    "write_json",
];

/// Variables of dbt's own that belong to no option.
const OTHER_VARIABLES: [&str; 7] = [
    "DBT_INVOCATION_ENV",
    "DBT_RECORDED_FILE_PATH",
    "DBT_TEST_STATE_MODIFIED",
    "DBT_PACKAGE_HUB_URL",
    "DBT_DOWNLOAD_DIR",
    "DBT_PP_FILE_DIFF_TEST",
    "DBT_PP_TEST",
];

/// Says what there is to say of `words`, which were typed behind the program's name.
///
/// # Errors
/// A warning or deprecation is an error in this run.
pub(super) fn announce(invocation: &Invocation, early: &Early, words: &[String], events: &Events) -> Result<()> {
    let flags = &invocation.flags;
    if flags.selector.is_some() && !(flags.select.is_empty() && flags.exclude.is_empty()) {
        let text =
            "The --select and --exclude arguments are being ignored for node selection because --selector is provided";
        events.warn(Event::new("SelectExcludeIgnoredWithSelectorWarning", "Z064", Level::Warn, text))?;
    }
    for (old, new) in renamed_variables() {
        let text = format!(
            "The environment variable `{old}` has been renamed as `{new}`.\nIf `{old}` is currently set, its value will be \
             used instead of `{new}`.\nSet `{new}` and unset `{old}` to avoid this deprecation warning and ensure it works \
             properly in a future release."
        );
        events.deprecation_of(unnamed(events.paint(), "EnvironmentVariableRenamed", "D009", &text), old)?;
    }
    if early.flags_moved {
        warn_project_flags_moved(events)?;
    }
    for text in &early.old_warn_options {
        events.deprecation(named(events.paint(), "WEOIncludeExcludeDeprecation", "D031", text))?;
    }
    for _ in MODEL_OPTIONS.iter().filter(|option| words.iter().any(|word| word == *option)) {
        let text = "Usage of `--models`, `--model`, and `-m` is deprecated in favor of `--select` or `-s`.";
        events.deprecation(named(events.paint(), "ModelParamUsageDeprecation", "D032", text))?;
    }
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with(ENGINE_PREFIX) && !is_known(&name) {
            let text = format!(
                "Found custom environment variable `{name}` in the environment. The prefix `{ENGINE_PREFIX}` is reserved \
                 for dbt engine environment variables. Custom environment variables with the prefix `{ENGINE_PREFIX}` may \
                 cause collisions and runtime errors."
            );
            events.deprecation(named(events.paint(), "EnvironmentVariableNamespaceDeprecation", "D036", &text))?;
        }
    }
    Ok(())
}

/// The old variables of options that are set, with their present names.
fn renamed_variables() -> impl Iterator<Item = (&'static str, String)> {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    GLOBAL.iter().chain(ROOT_ONLY).filter_map(move |option| {
        let (old, _) = option.old_env.filter(|(old, _)| is_set(old))?;
        Some((old, option.env?.replacen("DBT", ENGINE_PREFIX, 1)))
    })
}

/// The flags that dbt tells the log, with their values as Python prints them.
pub fn arguments(invocation: &Invocation) -> Event {
    let flags = &invocation.flags.other;
    let told = TOLD.iter().map(|name| {
        let value = flags.get(*name).map_or_else(|| "None".to_owned(), python::text);
        ((*name).to_owned(), Json::from(value))
    });
    let args = Json::Object(told.collect());
    let shown = python::repr(&args);
    lines::main_report_args(args, &shown)
}

/// Whether a variable is dbt's own: `DBT_X` of an option is `DBT_ENGINE_X`, too.
fn is_known(name: &str) -> bool {
    let options = GLOBAL.iter().chain(ROOT_ONLY).chain(COMMANDS.iter().flat_map(|command| command.options));
    let of_options = options.flat_map(|option| option.env.into_iter().chain(option.old_env.map(|(old, _)| old)));
    of_options.chain(OTHER_VARIABLES).any(|known| {
        let engine = known.strip_prefix("DBT_").filter(|_| !known.starts_with(ENGINE_PREFIX));
        match engine {
            Some(rest) => name.strip_prefix(ENGINE_PREFIX).and_then(|name| name.strip_prefix('_')) == Some(rest),
            None => name == known,
        }
    })
}
