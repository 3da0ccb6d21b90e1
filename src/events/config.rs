//! How events are to be written: levels, formats, colours, where the log file is. Made from the flags once, so that the
//! sinks need to know nothing of flags.

use std::path::{Path, PathBuf};

use serde_json::{Map as JsonMap, Value as Json};

use crate::invocation::Invocation;

use super::Level;
use super::paint::Paint;
use super::warnings::WarnRules;

/// dbt's line formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineFormat {
    /// `08:23:01  message`
    Text,
    /// `08:23:01.643145 [debug] [MainThread]: message`
    Debug,
    /// One JSON object for each line.
    Json,
}

impl LineFormat {
    fn parse(name: &str, default: LineFormat) -> LineFormat {
        match name {
            "text" => LineFormat::Text,
            "debug" => LineFormat::Debug,
            "json" => LineFormat::Json,
            _ => default,
        }
    }
}

/// One destination of events.
#[derive(Debug, Clone)]
pub struct SinkConfig {
    /// Line format.
    pub format: LineFormat,
    /// What is below is left out.
    pub level: Level,
    /// Each line begins with the code that ends a colour, as dbt's does.
    pub colors: bool,
}

/// Everything that the sinks need.
#[derive(Debug, Clone)]
pub struct EventsConfig {
    /// Standard output; none for `--log-level none`.
    pub console: Option<SinkConfig>,
    /// `dbt.log`; none for `--log-level-file none`.
    pub file: Option<SinkConfig>,
    /// The log file.
    pub log_file: PathBuf,
    /// Where a program that started rdbt wants every event as a line of JSON, whatever the console and the log file show:
    /// `RDBT_EVENT_STREAM`, usually a pipe.
    pub stream: Option<PathBuf>,
    /// `--log-file-max-bytes`; 0 is no limit.
    pub max_bytes: u64,
    /// Colours and width of lines.
    pub paint: Paint,
    /// A progress bar is wanted: a person reads text on a terminal.
    pub progress: bool,
    /// `--quiet`.
    pub quiet: bool,
    /// `--show-all-deprecations`.
    pub show_all_deprecations: bool,
    /// Which warnings are errors or silent.
    pub warn: WarnRules,
    /// `--invocation-id`.
    pub invocation_id: String,
    /// `DBT_ENV_CUSTOM_ENV_*`, shown as `extra`.
    pub extra: JsonMap<String, Json>,
}

const DEFAULT_MAX_BYTES: u64 = 10 * 1024 * 1024;

impl EventsConfig {
    /// What `invocation` asks for. `log_dir` is the folder of `dbt.log`; `terminal` says whether a person watches.
    pub fn new(invocation: &Invocation, log_dir: &Path, terminal: bool) -> EventsConfig {
        let flags = &invocation.flags;
        let debug = flags.other.get("debug").and_then(Json::as_bool).unwrap_or(false);
        let level = match flags.quiet {
            true => Level::Error,
            false if debug => Level::Debug,
            false => Level::parse(&flags.log_level),
        };
        let format = LineFormat::parse(&flags.log_format, LineFormat::Text);
        let colors_file = flags.other.get("use_colors_file").and_then(Json::as_bool).unwrap_or(true);
        let file = SinkConfig {
            format: LineFormat::parse(&flags.log_format_file, LineFormat::Debug),
            level: if debug { Level::Debug } else { Level::parse(&flags.log_level_file) },
            colors: colors_file,
        };
        let all_judged =
            flags.other.get("require_all_warnings_handled_by_warn_error").and_then(Json::as_bool).unwrap_or(true);
        let watched = terminal && !flags.quiet && format == LineFormat::Text && std::env::var_os("CI").is_none();
        EventsConfig {
            console: (flags.log_level != "none").then_some(SinkConfig { format, level, colors: flags.use_colors }),
            file: (flags.log_level_file != "none").then_some(file),
            log_file: log_dir.join("dbt.log"),
            stream: std::env::var_os("RDBT_EVENT_STREAM").map(PathBuf::from),
            max_bytes: flags.other.get("log_file_max_bytes").and_then(Json::as_u64).unwrap_or(DEFAULT_MAX_BYTES),
            paint: Paint {
                colors: flags.use_colors,
                width: if flags.printer_width == 0 { 80 } else { flags.printer_width },
            },
            progress: watched,
            quiet: flags.quiet,
            show_all_deprecations: flags.show_all_deprecations,
            warn: WarnRules::new(flags.warn_error, &flags.warn_error_options).lenient(!all_judged),
            invocation_id: invocation.invocation_id.clone(),
            extra: custom_env(),
        }
    }
}

/// `DBT_ENV_CUSTOM_ENV_*` and `DBT_ENGINE_ENV_CUSTOM_ENV_*`, without the prefix.
fn custom_env() -> JsonMap<String, Json> {
    let named = |name: &str| name.strip_prefix("DBT_ENV_CUSTOM_ENV_").map(str::to_owned);
    std::env::vars_os()
        .filter_map(|(name, value)| Some((named(name.to_str()?)?, Json::from(value.to_string_lossy().into_owned()))))
        .collect()
}

/// What must not be shown: the values of `DBT_ENV_SECRET*`, and the tokens for private packages.
pub fn secrets() -> Vec<String> {
    let variables = std::env::vars_os()
        .filter(|(name, _)| name.to_str().is_some_and(|name| name.starts_with("DBT_ENV_SECRET")))
        .map(|(_, value)| value.to_string_lossy().into_owned());
    let providers = std::env::var("DBT_ENV_PRIVATE_GIT_PROVIDER_INFO").unwrap_or_default();
    let providers: Vec<Json> = serde_json::from_str(&providers).unwrap_or_default();
    let token = |provider: &Json| provider.get("token").and_then(Json::as_str).map(str::to_owned);
    variables.chain(providers.iter().filter_map(token)).filter(|value| !value.trim().is_empty()).collect()
}
