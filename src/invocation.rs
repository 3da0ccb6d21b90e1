//! What was asked for: the command and every flag after flag > environment > project precedence. Made by `cli`,
//! read by all other rooms, never changed after it is made.

mod steps;

use std::collections::HashMap;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

pub use steps::{Resumed, Series, SeriesValue, Step};

/// One run of the program.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The command in dbt's words: `run`, `build`, `source freshness`, ...
    pub command: String,
    /// What was typed, for `run_results.json` (`args.invocation_command`): `dbt build --select x`.
    pub invocation_command: String,
    /// A random UUID, or the one given in `DBT_INVOCATION_ID`.
    pub invocation_id: String,
    /// When the program started.
    pub started_at: DateTime<Utc>,
    /// The resolved flags.
    pub flags: Flags,
}

/// The time that `--sample` cuts inputs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleWindow {
    /// First moment.
    pub start: DateTime<Utc>,
    /// First moment after it.
    pub end: DateTime<Utc>,
}

/// First moment of a batch of a microbatch model, and the first one after it.
pub type BatchSpan = (DateTime<Utc>, DateTime<Utc>);

/// Batches of a microbatch model by what became of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchSpans {
    /// Built.
    pub successful: Vec<BatchSpan>,
    /// Failed or skipped.
    pub failed: Vec<BatchSpan>,
}

/// The microbatch models of the run that `retry` repeats.
#[derive(Debug, Clone)]
pub struct RetriedBatches {
    /// When that run started: batches end there.
    pub started_at: DateTime<Utc>,
    /// Models of which some batches were built and some were not, by unique id.
    pub models: HashMap<String, BatchSpans>,
}

/// Every flag of the command line, resolved. Names are dbt's.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--project-dir`: where `dbt_project.yml` is; absolute.
    pub project_dir: PathBuf,
    /// `--profiles-dir`: where `profiles.yml` is, if given or found; absolute.
    pub profiles_dir: PathBuf,
    /// `--profile`.
    pub profile: Option<String>,
    /// `--target`.
    pub target: Option<String>,
    /// `--target-path` or `DBT_TARGET_PATH`, as typed.
    pub target_path: Option<PathBuf>,
    /// `--log-path` or `DBT_LOG_PATH`, as typed.
    pub log_path: Option<PathBuf>,
    /// `--vars`, parsed: a mapping.
    pub vars: crate::yaml::Map,
    /// `--threads`.
    pub threads: Option<usize>,
    /// `--select` (and `--models`), one entry for each word typed.
    pub select: Vec<String>,
    /// `--exclude`.
    pub exclude: Vec<String>,
    /// `--selector`.
    pub selector: Option<String>,
    /// `--indirect-selection`: `eager`, `cautious`, `buildable`, `empty`.
    pub indirect_selection: String,
    /// `--resource-type`.
    pub resource_types: Vec<String>,
    /// `--exclude-resource-type`.
    pub exclude_resource_types: Vec<String>,
    /// `--full-refresh`.
    pub full_refresh: bool,
    /// `--skip-unchanged`; None leaves it to the configuration of nodes.
    pub skip_unchanged: Option<bool>,
    /// `--fail-fast`.
    pub fail_fast: bool,
    /// `--empty`.
    pub empty: bool,
    /// `--sample`.
    pub sample: Option<SampleWindow>,
    /// `--event-time-start` / `--event-time-end`, as typed.
    pub event_time_start: Option<String>,
    /// See `event_time_start`.
    pub event_time_end: Option<String>,
    /// `--store-failures`.
    pub store_failures: bool,
    /// `--defer`.
    pub defer: bool,
    /// `--favor-state`.
    pub favor_state: bool,
    /// `--state`.
    pub state: Option<PathBuf>,
    /// `--defer-state`.
    pub defer_state: Option<PathBuf>,
    /// `--warn-error`.
    pub warn_error: bool,
    /// `--warn-error-options`, merged with the project's: `{error: [...], warn: [...], silence: [...]}`.
    pub warn_error_options: Json,
    /// `--quiet`.
    pub quiet: bool,
    /// `--log-format`: `text`, `debug`, `json`, `default`.
    pub log_format: String,
    /// `--log-format-file`.
    pub log_format_file: String,
    /// `--log-level`: `debug`, `info`, `warn`, `error`, `none`.
    pub log_level: String,
    /// `--log-level-file`.
    pub log_level_file: String,
    /// `--use-colors`, after the terminal check.
    pub use_colors: bool,
    /// `--print`.
    pub print: bool,
    /// `--printer-width`.
    pub printer_width: usize,
    /// `--partial-parse`.
    pub partial_parse: bool,
    /// `--write-json`.
    pub write_json: bool,
    /// `--introspect`.
    pub introspect: bool,
    /// `--version-check`.
    pub version_check: bool,
    /// `--populate-cache`.
    pub populate_cache: bool,
    /// `--cache-selected-only`.
    pub cache_selected_only: bool,
    /// `--show-all-deprecations`.
    pub show_all_deprecations: bool,
    /// `--inline` of `compile` and `show`.
    pub inline: Option<String>,
    /// `--limit` of `show`; None is no limit (`-1`).
    pub limit: Option<i64>,
    /// `--output` of `ls`, `show`, `compile`: `name`, `path`, `json`, `selector`, `text`.
    pub output: Option<String>,
    /// `--output-keys` of `ls`.
    pub output_keys: Vec<String>,
    /// The macro of `run-operation`.
    pub macro_name: Option<String>,
    /// `--args` of `run-operation`, parsed.
    pub args: crate::yaml::Map,
    /// `--show` of `seed`.
    pub show: bool,
    /// What `retry` needs to know of the microbatch models of the last run.
    pub retried_batches: Option<RetriedBatches>,
    /// Overloads that the last run made, by the id of a function of which it did not make all, for `retry`.
    pub retried_overloads: HashMap<String, Vec<String>>,
    /// The resources that `retry` runs again, whatever the other flags select.
    pub only: Option<Vec<String>>,
    /// `--for`: variables with the values for which the command runs one after another.
    pub series: Vec<Series>,
    /// `--keep-going`: a step of `--for` that fails does not end the command.
    pub keep_going: bool,
    /// What `retry` knows of the steps of the last run, by [`Step::folder`]; a step that it does not know runs whole.
    pub resumed: HashMap<PathBuf, Resumed>,
    /// The step of `--for` that this is, once it has begun.
    pub step: Option<Step>,
    /// Behaviour flags of `dbt_project.yml`'s `flags:` and every other flag, by dbt's name in lower case. What has
    /// no field of its own is looked up here, by `flags.NAME` in Jinja too.
    pub other: serde_json::Map<String, Json>,
    /// What `run_results.json` shows under `args`, in dbt's names.
    pub args_for_artifacts: serde_json::Map<String, Json>,
}

impl Flags {
    /// A text among [`Flags::other`]; None if it is absent or empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.other.get(name).and_then(Json::as_str).filter(|text| !text.is_empty())
    }
}
