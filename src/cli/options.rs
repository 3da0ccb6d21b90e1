//! Every option of dbt's command line: its spellings, its environment variable, its default, its help.

/// What an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `--x` and `--no-x`.
    Switch,
    /// `--x` alone.
    Flag,
    /// A text.
    Text,
    /// An integer.
    Int,
    /// A path; with the flag it has to exist.
    Path(bool),
    /// One of some words, in any case.
    Choice(&'static [&'static str]),
    /// Several words, up to the next option; each is split at spaces.
    Words,
    /// Several of some words.
    ChoiceWords(&'static [&'static str]),
    /// A YAML mapping, or `key=value` pairs.
    Yaml,
    /// `variable=values`, several times.
    Series,
    /// A date or a point in time.
    DateTime,
    /// A window of time, kept as typed.
    Sample,
    /// `name@version`.
    Package,
}

/// The value of an option that nobody sets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Default {
    /// Python's None.
    None,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A text.
    Text(&'static str),
    /// An empty list.
    Empty,
    /// A JSON text, read when it is needed.
    Json(&'static str),
    /// Found out while resolving: the folders of project, profiles and logs.
    Resolved,
}

/// One option.
#[derive(Debug, Clone, Copy)]
pub struct OptionSpec {
    /// dbt's name: the key in `run_results.json` and in `flags`.
    pub name: &'static str,
    /// Long spellings without dashes; the first is the usual one.
    pub long: &'static [&'static str],
    /// Short spellings without the dash.
    pub short: &'static [char],
    /// What it takes.
    pub kind: Kind,
    /// Its environment variable; `DBT_ENGINE_` instead of `DBT_` works too and wins.
    pub env: Option<&'static str>,
    /// An older environment variable, which wins over the newer one as in dbt; with the flag its meaning is reversed.
    pub old_env: Option<(&'static str, bool)>,
    /// The value that it has if nobody sets it.
    pub default: Default,
    /// What it does; empty for the options that dbt hides.
    pub help: &'static str,
    /// Why it does nothing here; empty for the options that do something.
    pub idle: &'static str,
}

/// An option that takes a value.
const fn option(name: &'static str, long: &'static [&'static str], kind: Kind, help: &'static str) -> OptionSpec {
    let default = match kind {
        Kind::Switch | Kind::Flag => Default::Bool(false),
        Kind::Words | Kind::ChoiceWords(_) => Default::Empty,
        _ => Default::None,
    };
    OptionSpec { name, long, short: &[], kind, env: None, old_env: None, default, help, idle: "" }
}

impl OptionSpec {
    const fn short(mut self, short: &'static [char]) -> Self {
        self.short = short;
        self
    }

    const fn env(mut self, env: &'static str) -> Self {
        self.env = Some(env);
        self
    }

    const fn old_env(mut self, env: &'static str, reversed: bool) -> Self {
        self.old_env = Some((env, reversed));
        self
    }

    const fn or(mut self, default: Default) -> Self {
        self.default = default;
        self
    }

    /// The option is accepted, and does nothing because of `why`.
    const fn idle(mut self, why: &'static str) -> Self {
        self.idle = why;
        self
    }

    /// Whether help leaves it out.
    pub fn is_hidden(&self) -> bool {
        self.help.is_empty()
    }

    /// The spellings as typed, long ones first: what messages name.
    pub fn spellings(&self) -> Vec<String> {
        let long = self.long.iter().map(|name| format!("--{name}"));
        long.chain(self.short.iter().map(|short| format!("-{short}"))).collect()
    }
}

const LOG_FORMATS: Kind = Kind::Choice(&["text", "debug", "json", "default"]);
const LOG_LEVELS: Kind = Kind::Choice(&["debug", "info", "warn", "error", "none"]);
const ON: Default = Default::Bool(true);

/// Options that dbt does not have.
pub const OURS: [&str; 9] = [
    "for",
    "golden_path",
    "junit",
    "keep_going",
    "markdown",
    "profile_nodes",
    "record_runs",
    "skip_unchanged",
    "update",
];

/// The options that stand before or after any command.
pub const GLOBAL: &[OptionSpec] = &[
    option(
        "cache_selected_only",
        &["cache-selected-only"],
        Kind::Switch,
        "Look up only the schemas of selected nodes when the run starts",
    )
    .env("DBT_CACHE_SELECTED_ONLY"),
    option("debug", &["debug"], Kind::Switch, "Show debug messages").short(&['d']).env("DBT_DEBUG"),
    option("defer", &["defer"], Kind::Switch, "Take unselected nodes from the manifest in --state")
        .env("DBT_DEFER")
        .old_env("DBT_DEFER_TO_STATE", false),
    option(
        "defer_state",
        &["defer-state"],
        Kind::Path(false),
        "The folder of the manifest to defer to, if not --state",
    )
    .env("DBT_DEFER_STATE"),
    option("fail_fast", &["fail-fast"], Kind::Switch, "Stop at the first failure").short(&['x']).env("DBT_FAIL_FAST"),
    option("favor_state", &["favor-state"], Kind::Switch, "Defer to --state even where a node exists in the database")
        .env("DBT_FAVOR_STATE")
        .old_env("DBT_FAVOR_STATE_MODE", false),
    option("hints_enabled", &["hints-enabled"], Kind::Switch, "")
        .idle("rdbt gives no hints about dbt's other products")
        .env("DBT_ENGINE_HINTS_ENABLED")
        .or(ON),
    option(
        "indirect_selection",
        &["indirect-selection"],
        Kind::Choice(&["eager", "cautious", "buildable", "empty"]),
        "Which tests come with the nodes that are selected",
    )
    .env("DBT_INDIRECT_SELECTION")
    .or(Default::Text("eager")),
    option("log_cache_events", &["log-cache-events"], Kind::Switch, "Log what happens in the relation cache")
        .idle("the relation cache has no events of its own")
        .env("DBT_LOG_CACHE_EVENTS"),
    option("log_file_max_bytes", &["log-file-max-bytes"], Kind::Int, "")
        .env("DBT_LOG_FILE_MAX_BYTES")
        .or(Default::Int(10 * 1024 * 1024)),
    option("log_format", &["log-format"], LOG_FORMATS, "Format of console and log file")
        .env("DBT_LOG_FORMAT")
        .or(Default::Text("default")),
    option("log_format_file", &["log-format-file"], LOG_FORMATS, "Format of the log file alone")
        .env("DBT_LOG_FORMAT_FILE")
        .or(Default::Text("debug")),
    option("log_level", &["log-level"], LOG_LEVELS, "Least severe level that is shown")
        .env("DBT_LOG_LEVEL")
        .or(Default::Text("info")),
    option("log_level_file", &["log-level-file"], LOG_LEVELS, "Least severe level in the log file")
        .env("DBT_LOG_LEVEL_FILE")
        .or(Default::Text("debug")),
    option("log_path", &["log-path"], Kind::Path(false), "Folder of the log file")
        .env("DBT_LOG_PATH")
        .or(Default::Resolved),
    option("macro_debugging", &["macro-debugging"], Kind::Switch, "")
        .idle("macros are not compiled to Python files")
        .env("DBT_MACRO_DEBUGGING"),
    option(
        "maximum_seed_size_mib",
        &["maximum-seed-size-mib"],
        Kind::Int,
        "Largest seed that is hashed for state comparison, in MiB; 0 is no limit",
    )
    .env("DBT_ENGINE_MAXIMUM_SEED_SIZE_MIB")
    .or(Default::Int(1)),
    option("partial_parse", &["partial-parse"], Kind::Switch, "Use and write the parse cache")
        .env("DBT_PARTIAL_PARSE")
        .or(ON),
    option("partial_parse_file_diff", &["partial-parse-file-diff"], Kind::Switch, "")
        .idle("files are always compared by their content")
        .env("DBT_PARTIAL_PARSE_FILE_DIFF")
        .or(ON),
    option("partial_parse_file_path", &["partial-parse-file-path"], Kind::Path(true), "")
        .idle("the parse cache is rdbt's own and lies in the target folder")
        .env("DBT_PARTIAL_PARSE_FILE_PATH"),
    option("populate_cache", &["populate-cache"], Kind::Switch, "Look up existing relations when the run starts")
        .env("DBT_POPULATE_CACHE")
        .or(ON),
    option("print", &["print"], Kind::Switch, "Show what macros print")
        .env("DBT_PRINT")
        .old_env("DBT_NO_PRINT", true)
        .or(ON),
    option("printer_width", &["printer-width"], Kind::Int, "Width of console lines")
        .env("DBT_PRINTER_WIDTH")
        .or(Default::Int(80)),
    option("profile", &["profile"], Kind::Text, "Profile to use instead of the project's").env("DBT_PROFILE"),
    option("quiet", &["quiet"], Kind::Switch, "Show errors and printed text only").short(&['q']).env("DBT_QUIET"),
    option("record_timing_info", &["record-timing-info"], Kind::Path(false), "")
        .idle("it asks for a profile of Python code")
        .short(&['r']),
    option(
        "send_anonymous_usage_stats",
        &["send-anonymous-usage-stats"],
        Kind::Switch,
        "Accepted for compatibility; rdbt never sends any",
    )
    .env("DBT_SEND_ANONYMOUS_USAGE_STATS")
    .or(ON),
    option("single_threaded", &["single-threaded"], Kind::Switch, "").env("DBT_SINGLE_THREADED"),
    option("snowflake_projects_otel", &["snowflake-projects-otel"], Kind::Switch, "")
        .idle("rdbt runs on DuckDB alone")
        .env("DBT_ENGINE_SNOWFLAKE_PROJECTS_OTEL"),
    option(
        "show_all_deprecations",
        &["show-all-deprecations"],
        Kind::Switch,
        "Show every deprecation, not only the first of each kind",
    ),
    option("state", &["state"], Kind::Path(false), "Folder of artifacts to compare with and to defer to")
        .env("DBT_STATE")
        .old_env("DBT_ARTIFACT_STATE_PATH", false),
    option("static_parser", &["static-parser"], Kind::Switch, "")
        .idle("what can be read off a template without rendering it always is")
        .env("DBT_STATIC_PARSER")
        .or(ON),
    option("target", &["target"], Kind::Text, "Target of the profile").short(&['t']).env("DBT_TARGET"),
    option("use_colors", &["use-colors"], Kind::Switch, "Colour console and log file").env("DBT_USE_COLORS").or(ON),
    option("use_colors_file", &["use-colors-file"], Kind::Switch, "Colour the log file")
        .env("DBT_USE_COLORS_FILE")
        .or(ON),
    option("use_experimental_parser", &["use-experimental-parser"], Kind::Switch, "")
        .idle("there is one parser")
        .env("DBT_USE_EXPERIMENTAL_PARSER"),
    option("use_v2_parser", &["use-v2-parser"], Kind::Switch, "")
        .idle("there is one parser")
        .env("DBT_ENGINE_USE_V2_PARSER"),
    option("v2_parser", &["v2-parser"], Kind::Text, "")
        .idle("there is one parser")
        .env("DBT_ENGINE_V2_PARSER")
        .or(Default::Text("dbt-core-experimental-parser parse")),
    option("version_check", &["version-check"], Kind::Switch, "Check `require-dbt-version`")
        .env("DBT_VERSION_CHECK")
        .or(ON),
    option("warn_error", &["warn-error"], Kind::Flag, "Take warnings for errors")
        .env("DBT_WARN_ERROR")
        .or(Default::None),
    option(
        "warn_error_options",
        &["warn-error-options"],
        Kind::Yaml,
        "Take some warnings for errors: a mapping with `error`, `warn`, `silence`",
    )
    .env("DBT_WARN_ERROR_OPTIONS")
    .or(Default::Json("{}")),
    option("write_json", &["write-json"], Kind::Switch, "Write manifest.json and run_results.json")
        .env("DBT_WRITE_JSON")
        .or(ON),
    option("use_fast_test_edges", &["use-fast-test-edges"], Kind::Switch, "")
        .idle("the graph is always built the fast way")
        .env("DBT_USE_FAST_TEST_EDGES"),
    option("upload_to_artifacts_ingest_api", &["upload-to-artifacts-ingest-api"], Kind::Switch, "")
        .idle("rdbt sends nothing to dbt's services")
        .env("DBT_UPLOAD_TO_ARTIFACTS_INGEST_API"),
];

/// The option that stands before the command only.
pub const ROOT_ONLY: &[OptionSpec] = &[SHOW_RESOURCE_REPORT];

const SHOW_RESOURCE_REPORT: OptionSpec = option("show_resource_report", &["show-resource-report"], Kind::Switch, "")
    .idle("it asks what the Python process used")
    .env("DBT_SHOW_RESOURCE_REPORT");

pub(super) const ADD_PACKAGE: OptionSpec =
    option("add_package", &["add-package"], Kind::Package, "Add a package to packages.yml, as name@version");
pub(super) const ARGS: OptionSpec =
    option("args", &["args"], Kind::Yaml, "Arguments of the macro, as a YAML mapping or key=value")
        .or(Default::Json("{}"));
pub(super) const BROWSER: OptionSpec = option("browser", &["browser"], Kind::Switch, "Open a browser").or(ON);
pub(super) const CLEAN_PROJECT_FILES_ONLY: OptionSpec = option(
    "clean_project_files_only",
    &["clean-project-files-only"],
    Kind::Switch,
    "Refuse to delete folders outside the project",
)
.env("DBT_CLEAN_PROJECT_FILES_ONLY")
.or(ON);
pub(super) const COMPILE_DOCS: OptionSpec =
    option("compile", &["compile"], Kind::Switch, "Compile the project too").or(ON);
pub(super) const INJECT_CTES: OptionSpec = option(
    "inject_ephemeral_ctes",
    &["inject-ephemeral-ctes"],
    Kind::Switch,
    "Put ephemeral models into the SQL of what refers to them",
)
.or(ON);
pub(super) const CONFIG_DIR: OptionSpec =
    option("config_dir", &["config-dir"], Kind::Flag, "Show where profiles.yml is looked for, and stop");
pub(super) const CONNECTION: OptionSpec =
    option("connection", &["connection"], Kind::Flag, "Test the connection alone");
pub(super) const EMPTY: OptionSpec =
    option("empty", &["empty"], Kind::Switch, "Read no rows from refs and sources").env("DBT_EMPTY");
pub(super) const EMPTY_CATALOG: OptionSpec =
    option("empty_catalog", &["empty-catalog"], Kind::Flag, "Write an empty catalog.json");
pub(super) const EVENT_TIME_END: OptionSpec = option(
    "event_time_end",
    &["event-time-end"],
    Kind::DateTime,
    "End of the time that microbatch models read (exclusive)",
)
.env("DBT_EVENT_TIME_END");
pub(super) const EVENT_TIME_START: OptionSpec = option(
    "event_time_start",
    &["event-time-start"],
    Kind::DateTime,
    "Start of the time that microbatch models read (inclusive)",
)
.env("DBT_EVENT_TIME_START");
pub(super) const EXCLUDE: OptionSpec = option("exclude", &["exclude"], Kind::Words, "Nodes to leave out");
pub(super) const EXCLUDE_RESOURCE_TYPES: OptionSpec = option(
    "exclude_resource_types",
    &["exclude-resource-types", "exclude-resource-type"],
    Kind::ChoiceWords(&[
        "metric",
        "semantic_model",
        "saved_query",
        "source",
        "analysis",
        "model",
        "test",
        "unit_test",
        "exposure",
        "snapshot",
        "seed",
        "function",
        "default",
    ]),
    "Kinds of nodes to leave out",
)
.env("DBT_EXCLUDE_RESOURCE_TYPES");
pub(super) const EXPORT_SAVED_QUERIES: OptionSpec =
    option("export_saved_queries", &["export-saved-queries"], Kind::Switch, "")
        .idle("exports run in dbt's platform only, as with dbt-core")
        .env("DBT_EXPORT_SAVED_QUERIES");
pub(super) const INCLUDE_SAVED_QUERY: OptionSpec =
    option("include_saved_query", &["include-saved-query"], Kind::Switch, "")
        .idle("exports run in dbt's platform only, as with dbt-core")
        .env("DBT_INCLUDE_SAVED_QUERY");
pub(super) const FOR: OptionSpec = option(
    "for",
    &["for"],
    Kind::Series,
    "Run once for each value of a variable, in order: year=2025..2029, or name=a,b,c; several give every combination",
);
pub(super) const FULL_REFRESH: OptionSpec =
    option("full_refresh", &["full-refresh"], Kind::Flag, "Build incremental models and seeds anew")
        .short(&['f'])
        .env("DBT_FULL_REFRESH");
pub(super) const HOST: OptionSpec =
    option("host", &["host"], Kind::Text, "Host to serve on").env("DBT_HOST").or(Default::Text("127.0.0.1"));
pub(super) const INLINE: OptionSpec = option("inline", &["inline"], Kind::Text, "SQL to use instead of a node");
pub(super) const INLINE_DIRECT: OptionSpec = option(
    "inline_direct",
    &["inline-direct"],
    Kind::Text,
    "SQL to send to the database as it is: no templates, no parsing of the project",
);
pub(super) const INTROSPECT: OptionSpec =
    option("introspect", &["introspect"], Kind::Switch, "Let macros query the database while compiling")
        .env("DBT_INTROSPECT")
        .or(ON);
pub(super) const LOCK: OptionSpec = option("lock", &["lock"], Kind::Flag, "Write package-lock.yml and install nothing");
pub(super) const MODELS: OptionSpec =
    option("models", &["models", "model"], Kind::Words, "Models to include").short(&['m']);
pub(super) const LIST_OUTPUT: OptionSpec =
    option("output", &["output"], Kind::Choice(&["json", "name", "path", "selector"]), "What to print of each node")
        .or(Default::Text("selector"));
pub(super) const OUTPUT_KEYS: OptionSpec =
    option("output_keys", &["output-keys"], Kind::Words, "Keys to print with --output json; dots reach into mappings");
pub(super) const OUTPUT_PATH: OptionSpec =
    option("output", &["output"], Kind::Path(false), "File of the report; target/sources.json if not given")
        .short(&['o']);
pub(super) const SHOW_OUTPUT: OptionSpec =
    option("output", &["output"], Kind::Choice(&["json", "text"]), "Format of what is printed")
        .or(Default::Text("text"));
pub(super) const PORT: OptionSpec = option("port", &["port"], Kind::Int, "Port to serve on").or(Default::Int(8080));
pub(super) const PROFILES_DIR: OptionSpec = option(
    "profiles_dir",
    &["profiles-dir"],
    Kind::Path(true),
    "Folder of profiles.yml; else the current folder, then ~/.dbt",
)
.env("DBT_PROFILES_DIR")
.or(Default::Resolved);
pub(super) const PROFILES_DIR_ANY: OptionSpec = option(
    "profiles_dir",
    &["profiles-dir"],
    Kind::Path(false),
    "Folder of profiles.yml; else the current folder, then ~/.dbt",
)
.env("DBT_PROFILES_DIR")
.or(Default::Resolved);
pub(super) const PROJECT_DIR: OptionSpec = option(
    "project_dir",
    &["project-dir"],
    Kind::Path(true),
    "Folder of dbt_project.yml; else the current folder or the nearest above it",
)
.env("DBT_PROJECT_DIR")
.or(Default::Resolved);
pub(super) const RESOURCE_TYPES: OptionSpec = option(
    "resource_types",
    &["resource-types", "resource-type"],
    Kind::ChoiceWords(&[
        "metric",
        "semantic_model",
        "saved_query",
        "source",
        "analysis",
        "function",
        "model",
        "test",
        "unit_test",
        "exposure",
        "snapshot",
        "seed",
        "default",
        "all",
    ]),
    "Kinds of nodes to include",
)
.env("DBT_RESOURCE_TYPES");
pub(super) const SAMPLE: OptionSpec = option(
    "sample",
    &["sample"],
    Kind::Sample,
    "Read a window of time only: `3 days`, or a mapping with start and end",
)
.env("DBT_SAMPLE");
pub(super) const SELECT: OptionSpec =
    option("select", &["select", "models", "model"], Kind::Words, "Nodes to include").short(&['s', 'm']);
pub(super) const RAW_SELECT: OptionSpec = option("select", &["select"], Kind::Words, "Nodes to include").short(&['s']);
pub(super) const SELECTOR: OptionSpec = option("selector", &["selector"], Kind::Text, "A selector of selectors.yml");
pub(super) const SHOW: OptionSpec = option("show", &["show"], Kind::Flag, "Show some rows of what was loaded");
pub(super) const SHOW_LIMIT: OptionSpec =
    option("limit", &["limit"], Kind::Int, "Rows to show; -1 shows all").or(Default::Int(5));
pub(super) const SKIP_PROFILE_SETUP: OptionSpec =
    option("skip_profile_setup", &["skip-profile-setup"], Kind::Flag, "Write no profile").short(&['s']);
pub(super) const SKIP_DEBUG: OptionSpec =
    option("skip_debug", &["skip-debug"], Kind::Flag, "Do not check the new project");
pub(super) const SKIP_UNCHANGED: OptionSpec = option(
    "skip_unchanged",
    &["skip-unchanged"],
    Kind::Switch,
    "Reuse what nothing that it depends on has changed of; see docs/skip-unchanged.md",
)
.env("RDBT_SKIP_UNCHANGED")
.or(Default::None);
pub(super) const SOURCE: OptionSpec =
    option("source", &["source"], Kind::Choice(&["hub", "git", "local"]), "Where --add-package takes the package from")
        .or(Default::Text("hub"));
pub(super) const SQL: OptionSpec = option("sql", &["sql"], Kind::Text, "SQL or Jinja to run instead of a macro");
pub(super) const SQLPARSE: OptionSpec = option("sqlparse", &["sqlparse"], Kind::Yaml, "")
    .idle("SQL is not taken apart with Python's sqlparse")
    .env("DBT_ENGINE_SQLPARSE")
    .or(Default::Json("{\"MAX_GROUPING_DEPTH\": null, \"MAX_GROUPING_TOKENS\": null}"));
pub(super) const STATIC: OptionSpec = option("static", &["static"], Kind::Flag, "Write static_index.html too");
pub(super) const STORE_FAILURES: OptionSpec =
    option("store_failures", &["store-failures"], Kind::Flag, "Store the rows that fail tests")
        .env("DBT_STORE_FAILURES");
pub(super) const TARGET_PATH: OptionSpec =
    option("target_path", &["target-path"], Kind::Path(false), "Folder of artifacts").env("DBT_TARGET_PATH");
pub(super) const THREADS: OptionSpec =
    option("threads", &["threads"], Kind::Int, "Number of threads; overrides the profile");
pub(super) const GOLDEN_PATH: OptionSpec =
    option("golden_path", &["golden-path"], Kind::Path(false), "Folder of approved SQL; else golden, in the project")
        .env("RDBT_GOLDEN_PATH");
/// As `--resource-type`, without dbt's variable: what is approved must not depend on what a command builds.
pub(super) const GOLDEN_TYPES: OptionSpec = option(
    "resource_types",
    &["resource-types", "resource-type"],
    Kind::ChoiceWords(&["analysis", "model", "snapshot", "test", "default", "all"]),
    "Kinds of nodes to compare; models only, if not given",
)
.env("RDBT_GOLDEN_RESOURCE_TYPES");
pub(super) const JUNIT: OptionSpec =
    option("junit", &["junit"], Kind::Path(false), "Write the results to this file as JUnit XML, for CI servers");
pub(super) const KEEP_GOING: OptionSpec =
    option("keep_going", &["keep-going"], Kind::Flag, "Go on with the next value of --for when one fails");
pub(super) const MARKDOWN: OptionSpec = option(
    "markdown",
    &["markdown"],
    Kind::Path(false),
    "Write a summary of the results to this file in Markdown, for pull requests",
);
pub(super) const PROFILE_NODES: OptionSpec = option(
    "profile_nodes",
    &["profile-nodes"],
    Kind::Switch,
    "Measure each statement and report what took the time, with advice; see docs/profiling.md",
)
.env("RDBT_PROFILE_NODES")
.or(Default::None);
pub(super) const RECORD_RUNS: OptionSpec = option(
    "record_runs",
    &["record-runs"],
    Kind::Switch,
    "Keep how long each node took in the table rdbt_runs of the target's schema",
)
.env("RDBT_RECORD_RUNS")
.or(Default::None);
pub(super) const UPDATE: OptionSpec =
    option("update", &["update"], Kind::Flag, "Approve: write what is compiled now to the folder of approved SQL");
pub(super) const UPGRADE: OptionSpec = option("upgrade", &["upgrade"], Kind::Flag, "Resolve packages anew");
pub(super) const VARS: OptionSpec =
    option("vars", &["vars"], Kind::Yaml, "Variables, as a YAML mapping or key=value").or(Default::Json("{}"));
