//! What the program says of itself and of words that it does not understand. The shape of complaints is dbt's:
//! scripts and editors read it.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use common::Sandbox;
use insta::assert_snapshot;

/// Exit code, standard output and standard error of the program in an empty folder.
fn run(words: &[&str]) -> String {
    Sandbox::new().run(words).to_string()
}

#[test]
fn version_names_dbt_and_duckdb() {
    for word in ["--version", "-v", "-V"] {
        let said = run(&[word]).replace(env!("CARGO_PKG_VERSION"), "X.Y.Z");
        assert!(said.starts_with("exit code 0\nrdbt X.Y.Z\n\nCore:\n  - installed: 1.12."), "{said}");
        assert!(said.contains("Plugins:\n  - duckdb: "), "{said}");
    }
}

#[test]
fn help_is_for_the_program_and_for_each_command() {
    let said = run(&["--help"]);
    assert!(
        said.starts_with("exit code 0\nUsage: rdbt [OPTIONS] [COMMAND] [ARGS]...\n\n  Compiles and runs dbt"),
        "{said}"
    );
    for command in ["build", "ls", "run-operation", "source"] {
        assert!(run(&[command, "-h"]).starts_with("exit code 0\nUsage: rdbt "), "{command}");
    }
    assert_snapshot!(run(&["docs"]), @r"
    exit code 2
    Usage: rdbt docs [OPTIONS] COMMAND [ARGS]...

      Make or serve the documentation of the project.

    Commands:
      generate                        Make the documentation of the project
      serve                           Serve the documentation of the project

    Options:
      -h, --help                      Show this help and stop
      -v, -V, --version               Show the version and stop
    ");
}

#[test]
fn unknown_words_get_a_suggestion() {
    assert_snapshot!(run(&["rnu"]), @r"
    exit code 2
    Usage: rdbt [OPTIONS] [COMMAND] [ARGS]...
    Try 'rdbt --help' for help.

    Error: No such command 'rnu'. Did you mean 'run'?
    ");
    assert_snapshot!(run(&["run", "--x"]), @r"
    exit code 2
    Usage: rdbt run [OPTIONS]
    Try 'rdbt run --help' for help.

    Error: No such option '--x'.
    ");
    assert_snapshot!(run(&["run", "--selct", "m"]), @r"
    exit code 2
    Usage: rdbt run [OPTIONS]
    Try 'rdbt run --help' for help.

    Error: No such option '--selct'. (Did you mean one of: '--select', '--selector'?)
    ");
    assert_snapshot!(run(&["source", "foo"]), @r"
    exit code 2
    Usage: rdbt source [OPTIONS] COMMAND [ARGS]...
    Try 'rdbt source --help' for help.

    Error: No such command 'foo'.
    ");
    assert_snapshot!(run(&["run", "extra"]), @r"
    exit code 2
    Usage: rdbt run [OPTIONS]
    Try 'rdbt run --help' for help.

    Error: Got unexpected extra argument (extra)
    ");
}

#[test]
fn values_are_checked() {
    assert_snapshot!(run(&["run", "--log-format", "foo"]), @r"
    exit code 2
    Usage: rdbt run [OPTIONS]
    Try 'rdbt run --help' for help.

    Error: Invalid value for '--log-format': 'foo' is not one of 'text', 'debug', 'json', 'default'.
    ");
    assert_snapshot!(run(&["run", "--threads", "a"]), @r"
    exit code 2
    Usage: rdbt run [OPTIONS]
    Try 'rdbt run --help' for help.

    Error: Invalid value for '--threads': 'a' is not a valid integer.
    ");
    assert_snapshot!(run(&["run", "--select"]), @r"
    exit code 2
    Error: Option '--select' requires an argument.
    ");
    assert_snapshot!(run(&["run", "--fail-fast=1"]), @r"
    exit code 2
    Error: Option '--fail-fast' does not take a value.
    ");
    assert_snapshot!(run(&["run", "--vars", "a"]), @r"
    exit code 2
    Usage: rdbt run [OPTIONS]
    Try 'rdbt run --help' for help.

    Error: Invalid value for '--vars': String 'a' is not valid YAML
    It must be a mapping such as '{key: value}', or key=value, but is a str.
    ");
    assert_snapshot!(run(&["run", "--project-dir", "/no/such/folder"]), @r"
    exit code 2
    Usage: rdbt run [OPTIONS]
    Try 'rdbt run --help' for help.

    Error: Invalid value for '--project-dir': Path '/no/such/folder' does not exist.
    ");
}

#[test]
fn words_that_belong_elsewhere() {
    assert_snapshot!(run(&["run-op", "x"]), @r"
    exit code 2
    Usage: rdbt [OPTIONS] [COMMAND] [ARGS]...
    Try 'rdbt --help' for help.

    Error: No such command 'run-op'. Did you mean 'run-operation'?
    ");
    assert_snapshot!(run(&["ls", "--outptu", "json"]), @r"
    exit code 2
    Usage: rdbt ls [OPTIONS]
    Try 'rdbt ls --help' for help.

    Error: No such option '--outptu'. Did you mean '--output'?
    ");
    assert_snapshot!(run(&["run", "--introspect"]), @r"
    exit code 2
    Usage: rdbt run [OPTIONS]
    Try 'rdbt run --help' for help.

    Error: No such option '--introspect'.
    --introspect is an option of `compile`, `show`, not of this command.
    ");
    assert_snapshot!(run(&["--vars", "{a: 1}", "run"]), @r"
    exit code 2
    Usage: rdbt [OPTIONS] [COMMAND] [ARGS]...
    Try 'rdbt --help' for help.

    Error: No such option '--vars'.
    --vars is an option of `build`, `clean`, `clone`, `compile`, `debug`, `deps`, `docs generate`, `docs serve`, `explain`, `golden`, `init`, `list`, `parse`, `retry`, `run`, `run-operation`, `seed`, `show`, `snapshot`, `source freshness`, `test`; write it behind the command.
    ");
}

#[test]
fn what_is_said_before_a_command_begins() {
    let sandbox = || Sandbox::new().project().file("models/one.sql", "select 1 as id");
    assert_snapshot!(sandbox().run(&["ls", "--models", "one"]), @r"
    exit code 0
    Running with dbt=1.12.6
    [WARNING][ModelParamUsageDeprecation]: Deprecated functionality
    Usage of `--models`, `--model`, and `-m` is deprecated in favor of `--select` or
    `-s`.
    Registered adapter: duckdb=1.11.1
    Found 1 model, 511 macros
    a.one
    [WARNING][DeprecationsSummary]: Deprecated functionality
    Summary of encountered deprecations:
    - ModelParamUsageDeprecation: 1 occurrence
    To see all deprecation instances instead of just the first occurrence of each,
    run command again with the `--show-all-deprecations` flag. You may also need to
    run with `--no-partial-parse` as some deprecations are only encountered during
    parsing.
    ");
    assert_snapshot!(sandbox().env("DBT_ENGINE_NOPE", "x").env("DBT_ENGINE_QUIET", "0").run(&["ls"]), @r"
    exit code 0
    Running with dbt=1.12.6
    [WARNING][EnvironmentVariableNamespaceDeprecation]: Deprecated functionality
    Found custom environment variable `DBT_ENGINE_NOPE` in the environment. The
    prefix `DBT_ENGINE` is reserved for dbt engine environment variables. Custom
    environment variables with the prefix `DBT_ENGINE` may cause collisions and
    runtime errors.
    Registered adapter: duckdb=1.11.1
    Found 1 model, 511 macros
    a.one
    [WARNING][DeprecationsSummary]: Deprecated functionality
    Summary of encountered deprecations:
    - EnvironmentVariableNamespaceDeprecation: 1 occurrence
    To see all deprecation instances instead of just the first occurrence of each,
    run command again with the `--show-all-deprecations` flag. You may also need to
    run with `--no-partial-parse` as some deprecations are only encountered during
    parsing.
    ");
    assert_snapshot!(sandbox().run(&["ls", "--select", "one", "--selector", "x"]), @r"
    exit code 2
    Running with dbt=1.12.6
    The --select and --exclude arguments are being ignored for node selection because --selector is provided
    Registered adapter: duckdb=1.11.1
    Found 1 model, 511 macros
    [ERROR]: Encountered an error:
    Runtime Error
      Could not find selector named x, expected one of []
    ");
    assert_snapshot!(sandbox().run(&["ls", "--vars", "{1: 2}"]), @r#"
    exit code 2
    Running with dbt=1.12.6
    [ERROR]: Encountered an error:
    Runtime Error
      at path ['cli_vars']: 1 is not of type 'string'
      Write the name between quotes: "1".
    "#);
    assert_eq!(sandbox().run(&["run", "--threads", "0"]).code, 2);
}

#[test]
fn the_log_begins_with_the_arguments_and_ends_with_the_outcome() {
    let sandbox = Sandbox::new().project().file("models/one.sql", "select 1 as id");
    assert_eq!(sandbox.run(&["parse", "--quiet"]).code, 0);
    let log = sandbox.read("logs/dbt.log");
    assert!(log.contains("running dbt with arguments {") && log.contains("'quiet': 'True'"), "{log}");
    assert!(log.contains("Command `dbt parse` succeeded at "), "{log}");
}

#[test]
fn the_environment_is_checked_too() {
    let sandbox = Sandbox::new().env("DBT_FAIL_FAST", "foo");
    assert_snapshot!(sandbox.run(&["run"]), @r"
    exit code 2
    Usage: rdbt [OPTIONS] [COMMAND] [ARGS]...
    Try 'rdbt --help' for help.

    Error: Invalid value for '--fail-fast' / '-x': 'foo' is not a valid boolean. Recognized values: , 0, 1, f, false, n, no, off, on, t, true, y, yes
    ");
}

#[test]
fn a_folder_without_profiles_is_named() {
    assert_snapshot!(run(&["run"]), @r"
    exit code 2
    Usage: rdbt run [OPTIONS]
    Try 'rdbt run --help' for help.

    Error: Invalid value for '--profiles-dir': Path 'HOME/.dbt' does not exist.
    There is no profiles.yml in the current folder either. Write one there, or name its folder with --profiles-dir or DBT_PROFILES_DIR.
    ");
}

#[test]
fn help_is_a_command_too() {
    assert_eq!(run(&["help"]), run(&["--help"]));
    assert_eq!(run(&["help", "source", "freshness"]), run(&["source", "freshness", "--help"]));
    assert_snapshot!(run(&["help", "rnu"]), @r"
    exit code 2
    Usage: rdbt [OPTIONS] [COMMAND] [ARGS]...
    Try 'rdbt --help' for help.

    Error: No such command 'rnu'. Did you mean 'run'?
    ");
}

#[test]
fn completion_scripts_know_commands_and_options() {
    for (shell, mark) in [("bash", "complete -F"), ("zsh", "#compdef rdbt"), ("fish", "complete -c rdbt")] {
        let script = Sandbox::new().run(&["completion", shell]);
        assert_eq!(script.code, 0, "{script}");
        for word in [mark, "run-operation", "freshness", "warn-error-options", "cautious"] {
            assert!(script.stdout.contains(word), "{shell} knows nothing of {word}");
        }
    }
    assert_snapshot!(run(&["completion", "tcsh"]), @r"
    exit code 2
    Usage: rdbt completion SHELL
    Try 'rdbt completion --help' for help.

    Error: There is no script for 'tcsh', only for bash, zsh, fish.
    ");
}

/// What bash offers behind some words.
fn offered(words: &[&str]) -> String {
    let sandbox = Sandbox::new();
    let script = sandbox.run(&["completion", "bash"]).stdout;
    let line = format!(
        "{script}\nCOMP_WORDS=(rdbt {}); COMP_CWORD={}; _rdbt rdbt {} {}; echo \"${{COMPREPLY[@]}}\"",
        words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" "),
        words.len(),
        words.last().map_or("''".to_owned(), |word| format!("'{word}'")),
        words.iter().rev().nth(1).unwrap_or(&"rdbt"),
    );
    let output = std::process::Command::new("bash").arg("-c").arg(line).output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn bash_completes() {
    assert_eq!(offered(&["sna"]), "snapshot");
    assert_eq!(offered(&["source", "fr"]), "freshness");
    assert_eq!(offered(&["build", "--store"]), "--store-failures");
    assert_eq!(offered(&["run", "--indirect-selection", "c"]), "cautious");
}

#[test]
fn the_line_of_dbts_users_gives_the_script() {
    let sandbox = Sandbox::new().env("_RDBT_COMPLETE", "zsh_source");
    assert!(sandbox.run(&[]).stdout.starts_with("#compdef rdbt"));
}

#[test]
fn old_variables_are_deprecated() {
    let sandbox = Sandbox::new()
        .project()
        .file("models/one.sql", "select 1 as id")
        .env("DBT_NO_PRINT", "true")
        .env("DBT_DEFER_TO_STATE", "false");
    let console = sandbox.run(&["ls"]).console();
    for (old, new) in [("DBT_NO_PRINT", "DBT_ENGINE_PRINT"), ("DBT_DEFER_TO_STATE", "DBT_ENGINE_DEFER")] {
        let words = console.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = format!(
            "[WARNING]: Deprecated functionality The environment variable `{old}` has been renamed as `{new}`."
        );
        assert!(words.contains(&said), "{console}");
    }
    assert_eq!(console.matches("- EnvironmentVariableRenamed: 1 occurrence").count(), 2, "{console}");
}
