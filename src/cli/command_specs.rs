//! Every command of dbt's command line: its names, its options, its help.

use super::completion;
use super::options::{self as o, OptionSpec};

/// A command, or a group of commands.
#[derive(Debug, Clone, Copy)]
pub struct CommandSpec {
    /// The words that are typed after the program's name; two for a command of a group.
    pub path: &'static [&'static str],
    /// Other words for the last one.
    pub aliases: &'static [&'static str],
    /// One sentence.
    pub about: &'static str,
    /// Options besides the global ones.
    pub options: &'static [OptionSpec],
    /// The name of the positional argument, if it takes one.
    pub argument: Option<&'static str>,
    /// The words that the positional argument can be, where they are known.
    pub choices: &'static [&'static str],
    /// Whether dbt has it too.
    pub is_dbts: bool,
}

/// A group: `docs`, `source`.
#[derive(Debug, Clone, Copy)]
pub struct GroupSpec {
    /// What is typed.
    pub name: &'static str,
    /// One sentence.
    pub about: &'static str,
}

/// The groups.
pub const GROUPS: &[GroupSpec] = &[
    GroupSpec { name: "docs", about: "Make or serve the documentation of the project" },
    GroupSpec { name: "source", about: "Look after the sources of the project" },
];

const fn command(path: &'static [&'static str], about: &'static str, options: &'static [OptionSpec]) -> CommandSpec {
    CommandSpec { path, aliases: &[], about, options, argument: None, choices: &[], is_dbts: true }
}

/// The commands, in the order of help.
pub const COMMANDS: &[CommandSpec] = &[
    command(
        &["build"],
        "Load seeds, build models and snapshots and run tests, in the order of the graph",
        &[
            o::SELECT,
            o::EXCLUDE,
            o::SELECTOR,
            o::SKIP_UNCHANGED,
            o::RESOURCE_TYPES,
            o::EXCLUDE_RESOURCE_TYPES,
            o::FULL_REFRESH,
            o::EMPTY,
            o::SAMPLE,
            o::EVENT_TIME_START,
            o::EVENT_TIME_END,
            o::STORE_FAILURES,
            o::SHOW,
            o::EXPORT_SAVED_QUERIES,
            o::INCLUDE_SAVED_QUERY,
            o::SQLPARSE,
            o::THREADS,
            o::VARS,
            o::FOR,
            o::KEEP_GOING,
            o::PROFILE_NODES,
            o::RECORD_RUNS,
            o::JUNIT,
            o::MARKDOWN,
            o::TARGET_PATH,
            o::PROJECT_DIR,
            o::PROFILES_DIR,
        ],
    ),
    command(
        &["clean"],
        "Delete the folders listed under clean-targets",
        &[o::CLEAN_PROJECT_FILES_ONLY, o::VARS, o::TARGET_PATH, o::PROJECT_DIR, o::PROFILES_DIR],
    ),
    command(
        &["clone"],
        "Clone nodes from where the manifest in --state says they are",
        &[
            o::SELECT,
            o::EXCLUDE,
            o::SELECTOR,
            o::RESOURCE_TYPES,
            o::EXCLUDE_RESOURCE_TYPES,
            o::FULL_REFRESH,
            o::THREADS,
            o::VARS,
            o::TARGET_PATH,
            o::PROJECT_DIR,
            o::PROFILES_DIR,
        ],
    ),
    command(
        &["compile"],
        "Write the SQL of models, tests and analyses into the target folder",
        &[
            o::SELECT,
            o::EXCLUDE,
            o::SELECTOR,
            o::INLINE,
            o::SHOW_OUTPUT,
            o::FULL_REFRESH,
            o::EMPTY,
            o::INTROSPECT,
            o::INJECT_CTES,
            o::SQLPARSE,
            o::THREADS,
            o::VARS,
            o::TARGET_PATH,
            o::PROJECT_DIR,
            o::PROFILES_DIR,
        ],
    ),
    CommandSpec {
        argument: Some("shell"),
        choices: &completion::SHELLS,
        is_dbts: false,
        ..command(&["completion"], "Print a script that completes commands and options in bash, zsh or fish", &[])
    },
    command(
        &["debug"],
        "Check the project, the profile and the connection",
        &[o::CONNECTION, o::CONFIG_DIR, o::VARS, o::PROJECT_DIR, o::PROFILES_DIR_ANY],
    ),
    command(
        &["deps"],
        "Install the packages that the project asks for",
        &[o::ADD_PACKAGE, o::SOURCE, o::LOCK, o::UPGRADE, o::VARS, o::PROJECT_DIR, o::PROFILES_DIR_ANY],
    ),
    command(
        &["docs", "generate"],
        "Make the documentation of the project",
        &[
            o::SELECT,
            o::EXCLUDE,
            o::SELECTOR,
            o::COMPILE_DOCS,
            o::EMPTY_CATALOG,
            o::STATIC,
            o::SQLPARSE,
            o::THREADS,
            o::VARS,
            o::TARGET_PATH,
            o::PROJECT_DIR,
            o::PROFILES_DIR,
        ],
    ),
    command(
        &["docs", "serve"],
        "Serve the documentation of the project",
        &[o::BROWSER, o::HOST, o::PORT, o::VARS, o::TARGET_PATH, o::PROJECT_DIR, o::PROFILES_DIR],
    ),
    CommandSpec {
        argument: Some("node"),
        is_dbts: false,
        ..command(
            &["explain"],
            "Say why nodes would be built with --skip-unchanged, or that they would be reused",
            &[
                o::SELECT,
                o::EXCLUDE,
                o::SELECTOR,
                o::SKIP_UNCHANGED,
                o::RESOURCE_TYPES,
                o::EXCLUDE_RESOURCE_TYPES,
                o::FULL_REFRESH,
                o::EMPTY,
                o::SAMPLE,
                o::STORE_FAILURES,
                o::THREADS,
                o::VARS,
                o::TARGET_PATH,
                o::PROJECT_DIR,
                o::PROFILES_DIR,
            ],
        )
    },
    CommandSpec {
        is_dbts: false,
        ..command(
            &["golden"],
            "Compare the compiled SQL of models with approved files in the project",
            &[
                o::SELECT,
                o::EXCLUDE,
                o::SELECTOR,
                o::GOLDEN_TYPES,
                o::UPDATE,
                o::GOLDEN_PATH,
                o::JUNIT,
                o::MARKDOWN,
                o::FULL_REFRESH,
                o::THREADS,
                o::VARS,
                o::TARGET_PATH,
                o::PROJECT_DIR,
                o::PROFILES_DIR,
            ],
        )
    },
    CommandSpec {
        argument: Some("command"),
        is_dbts: false,
        ..command(&["help"], "Show the help of the program or of a command", &[])
    },
    CommandSpec {
        argument: Some("project_name"),
        ..command(
            &["init"],
            "Start a new project",
            &[o::SKIP_PROFILE_SETUP, o::SKIP_DEBUG, o::VARS, o::PROJECT_DIR, o::PROFILES_DIR_ANY],
        )
    },
    CommandSpec {
        aliases: &["ls"],
        ..command(
            &["list"],
            "List the nodes of the project",
            &[
                o::RAW_SELECT,
                o::MODELS,
                o::EXCLUDE,
                o::SELECTOR,
                o::RESOURCE_TYPES,
                o::EXCLUDE_RESOURCE_TYPES,
                o::LIST_OUTPUT,
                o::OUTPUT_KEYS,
                o::VARS,
                o::TARGET_PATH,
                o::PROJECT_DIR,
                o::PROFILES_DIR,
            ],
        )
    },
    command(
        &["parse"],
        "Read the project and write its manifest",
        &[o::THREADS, o::VARS, o::TARGET_PATH, o::PROJECT_DIR, o::PROFILES_DIR],
    ),
    command(
        &["retry"],
        "Run again what failed in the last run",
        &[
            o::FULL_REFRESH,
            o::THREADS,
            o::VARS,
            o::RECORD_RUNS,
            o::JUNIT,
            o::MARKDOWN,
            o::TARGET_PATH,
            o::PROJECT_DIR,
            o::PROFILES_DIR,
        ],
    ),
    command(
        &["run"],
        "Build models in the database",
        &[
            o::SELECT,
            o::EXCLUDE,
            o::SELECTOR,
            o::SKIP_UNCHANGED,
            o::FULL_REFRESH,
            o::EMPTY,
            o::SAMPLE,
            o::EVENT_TIME_START,
            o::EVENT_TIME_END,
            o::SQLPARSE,
            o::THREADS,
            o::VARS,
            o::FOR,
            o::KEEP_GOING,
            o::PROFILE_NODES,
            o::RECORD_RUNS,
            o::JUNIT,
            o::MARKDOWN,
            o::TARGET_PATH,
            o::PROJECT_DIR,
            o::PROFILES_DIR,
        ],
    ),
    CommandSpec {
        argument: Some("macro"),
        ..command(
            &["run-operation"],
            "Run a macro",
            &[o::ARGS, o::SQL, o::THREADS, o::VARS, o::TARGET_PATH, o::PROJECT_DIR, o::PROFILES_DIR],
        )
    },
    command(
        &["seed"],
        "Load the CSV files of the project into the database",
        &[
            o::SELECT,
            o::EXCLUDE,
            o::SELECTOR,
            o::SKIP_UNCHANGED,
            o::FULL_REFRESH,
            o::EMPTY,
            o::SHOW,
            o::SQLPARSE,
            o::THREADS,
            o::VARS,
            o::FOR,
            o::KEEP_GOING,
            o::PROFILE_NODES,
            o::RECORD_RUNS,
            o::JUNIT,
            o::MARKDOWN,
            o::TARGET_PATH,
            o::PROJECT_DIR,
            o::PROFILES_DIR,
        ],
    ),
    command(
        &["show"],
        "Show some rows of a node or of a query",
        &[
            o::SELECT,
            o::EXCLUDE,
            o::SELECTOR,
            o::INLINE,
            o::INLINE_DIRECT,
            o::SHOW_LIMIT,
            o::SHOW_OUTPUT,
            o::FULL_REFRESH,
            o::INTROSPECT,
            o::SQLPARSE,
            o::THREADS,
            o::VARS,
            o::TARGET_PATH,
            o::PROJECT_DIR,
            o::PROFILES_DIR,
        ],
    ),
    command(
        &["snapshot"],
        "Bring the snapshots of the project up to date",
        &[
            o::SELECT,
            o::EXCLUDE,
            o::SELECTOR,
            o::SKIP_UNCHANGED,
            o::EMPTY,
            o::SQLPARSE,
            o::THREADS,
            o::VARS,
            o::FOR,
            o::KEEP_GOING,
            o::PROFILE_NODES,
            o::RECORD_RUNS,
            o::JUNIT,
            o::MARKDOWN,
            o::TARGET_PATH,
            o::PROJECT_DIR,
            o::PROFILES_DIR,
        ],
    ),
    CommandSpec {
        aliases: &["snapshot-freshness"],
        ..command(
            &["source", "freshness"],
            "Check how fresh the sources are",
            &[
                o::SELECT,
                o::EXCLUDE,
                o::SELECTOR,
                o::OUTPUT_PATH,
                o::SQLPARSE,
                o::THREADS,
                o::VARS,
                o::TARGET_PATH,
                o::PROJECT_DIR,
                o::PROFILES_DIR,
            ],
        )
    },
    command(
        &["test"],
        "Run tests on what is in the database",
        &[
            o::SELECT,
            o::EXCLUDE,
            o::SELECTOR,
            o::SKIP_UNCHANGED,
            o::RESOURCE_TYPES,
            o::EXCLUDE_RESOURCE_TYPES,
            o::STORE_FAILURES,
            o::SQLPARSE,
            o::THREADS,
            o::VARS,
            o::FOR,
            o::KEEP_GOING,
            o::PROFILE_NODES,
            o::RECORD_RUNS,
            o::JUNIT,
            o::MARKDOWN,
            o::TARGET_PATH,
            o::PROJECT_DIR,
            o::PROFILES_DIR,
        ],
    ),
];

impl CommandSpec {
    /// The last word of the path.
    pub fn name(&self) -> &'static str {
        self.path.last().copied().unwrap_or_default()
    }

    /// Whether `word` names it.
    pub fn answers_to(&self, word: &str) -> bool {
        self.name() == word || self.aliases.contains(&word)
    }
}

/// The commands of a group, or those outside any group.
pub fn commands_of(group: Option<&str>) -> impl Iterator<Item = &'static CommandSpec> {
    COMMANDS.iter().filter(move |command| match group {
        Some(group) => command.path.len() == 2 && command.path.first() == Some(&group),
        None => command.path.len() == 1,
    })
}
