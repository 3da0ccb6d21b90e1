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
