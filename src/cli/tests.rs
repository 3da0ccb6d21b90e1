//! What typed words resolve to, compared with what dbt writes into `run_results.json` for the same words.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

use std::ffi::OsString;
use std::path::Path;

use serde_json::{Value as Json, json};

use super::invocation::{self, Start};
use super::parse::{Parsed, parse};
use super::resolve;
use crate::invocation::Invocation;

/// The invocation of `words` in a project that says `project`.
fn invoke(project: &str, words: &[&str]) -> Result<(Invocation, tempfile::TempDir), String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("dbt_project.yml"), project).unwrap();
    let place = folder.path().to_str().unwrap().to_owned();
    let mut words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    words.extend(["--project-dir".to_owned(), place.clone(), "--profiles-dir".to_owned(), place]);
    let typed = match parse(words.iter().map(OsString::from).collect()) {
        Ok(Parsed::Command(typed)) => typed,
        Ok(other) => panic!("not a command: {other:?}"),
        Err(error) => return Err(error.render("dbt")),
    };
    let resolved = resolve::resolve(&typed).map_err(|error| error.render("dbt"))?;
    let start = Start { words, at: chrono::Utc::now() };
    Ok((invocation::build(&typed, &resolved, &start), folder))
}

fn flags(words: &[&str]) -> crate::invocation::Flags {
    invoke("name: a", words).unwrap().0.flags
}

#[test]
fn artifacts_show_the_arguments_that_dbt_shows() {
    let (invocation, folder) = invoke("name: a", &["run", "--vars", "{a: 1}", "-s", "m"]).unwrap();
    let mut args = invocation.flags.args_for_artifacts;
    let command = args.remove("invocation_command").unwrap();
    assert!(command.as_str().unwrap().starts_with("dbt run --vars {a: 1} -s m "));
    let place = folder.path().display().to_string();
    for (key, expected) in [("project_dir", &place), ("profiles_dir", &place)] {
        assert_eq!(args.remove(key), Some(json!(expected)));
    }
    assert_eq!(args.remove("log_path"), Some(json!(format!("{place}/logs"))));
    // These depend on the environment in which the test runs.
    let mut sorted: Vec<_> = args
        .into_iter()
        .filter(|(key, _)| !matches!(key.as_str(), "send_anonymous_usage_stats" | "use_colors" | "use_colors_file"))
        .collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    let expected: Json = serde_json::from_str(include_str!("../../tests/data/cli/run_args.json")).unwrap();
    assert_eq!(Json::Object(sorted.into_iter().collect()), expected);
}

#[test]
fn options_stand_before_and_behind_the_command() {
    let flags = flags(&["--fail-fast", "--target", "prod", "build", "-f", "--threads", "3", "--no-partial-parse"]);
    assert!(flags.fail_fast && flags.full_refresh && !flags.partial_parse);
    assert_eq!((flags.target.as_deref(), flags.threads), (Some("prod"), Some(3)));
    let twice = invoke("name: a", &["--fail-fast", "run", "--fail-fast"]).unwrap_err();
    assert!(twice.contains("fail_fast was provided both before and after the subcommand"));
}

#[test]
fn the_last_of_a_switch_counts() {
    assert!(!flags(&["run", "--fail-fast", "--no-fail-fast"]).fail_fast);
    assert!(flags(&["run", "--no-fail-fast", "-x"]).fail_fast);
}

#[test]
fn selections_take_many_words() {
    let flags = flags(&["run", "-s", "a", "b+", "tag:c d", "--exclude", "e", "--select", "f", "-m", "g"]);
    assert_eq!(flags.select, ["a", "b+", "tag:c", "d", "f", "g"]);
    assert_eq!(flags.exclude, ["e"]);
}

#[test]
fn list_takes_models_for_models() {
    let (invocation, _folder) =
        invoke("name: a", &["ls", "-m", "a", "--output", "json", "--output-keys", "name"]).unwrap();
    let flags = invocation.flags;
    assert_eq!((flags.select, flags.resource_types), (vec!["a".to_owned()], vec!["model".to_owned()]));
    assert_eq!((flags.output.as_deref(), flags.output_keys), (Some("json"), vec!["name".to_owned()]));
    assert_eq!((invocation.command.as_str(), &flags.other["which"]), ("list", &json!("ls")));
}

#[test]
fn variables_come_as_yaml_or_pairs() {
    let vars = |words: &[&str]| crate::yaml::to_json(&crate::yaml::Value::Map(flags(words).vars));
    assert_eq!(vars(&["run", "--vars", "a: 1"]), json!({"a": 1}));
    assert_eq!(vars(&["run", "--vars", "a=1", "b=x", "-s", "m"]), json!({"a": 1, "b": "x"}));
    assert_eq!(vars(&["run", "--vars", "a=1", "--vars", "{b: 2}"]), json!({"a": 1, "b": 2}));
    let operation = flags(&["run-operation", "--args", "x=1", "y=2", "my_macro"]);
    assert_eq!(operation.macro_name.as_deref(), Some("my_macro"));
    assert_eq!(operation.args.len(), 2);
}

#[test]
fn the_project_sets_defaults() {
    let project =
        "{name: a, flags: {fail_fast: true, printer_width: 120, validate_macro_args: false, log_format: json}}";
    let flags = invoke(project, &["run"]).unwrap().0.flags;
    assert!(flags.fail_fast);
    assert_eq!((flags.printer_width, &flags.other["validate_macro_args"]), (120, &json!(false)));
    assert_eq!((flags.log_format.as_str(), flags.log_format_file.as_str()), ("json", "json"));
    let typed = invoke(project, &["run", "--no-fail-fast"]).unwrap().0.flags;
    assert!(!typed.fail_fast);
}

#[test]
fn exclusive_options_are_refused() {
    let message = |words: &[&str]| invoke("name: a", words).unwrap_err();
    assert!(
        message(&["run", "--warn-error", "--warn-error-options", "{error: all}"])
            .contains("warn_error_options: not allowed with argument warn_error")
    );
    assert!(message(&["show", "-s", "a", "--inline", "b"]).contains("inline: not allowed with argument select"));
    assert!(message(&["run", "--event-time-start", "2025-01-01"]).contains("`--event-time-end` must also be present"));
}

#[test]
fn paths_lose_their_dots() {
    assert_eq!(resolve::absolute(Path::new("/a/b/../c/./d")), Path::new("/a/c/d"));
}
