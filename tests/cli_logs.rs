//! The JSON lines of the log: which events come in which order, and which fields of which types each has.
//! `tests/data/cli/log_events.json` was recorded from dbt by `scripts/compare_logs.py --record`, with the commands that it names.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use common::Sandbox;
use serde_json::Value as Json;

/// Events that tools read, besides all that a console shows, and that come from one thread.
const READ: [&str; 7] = [
    "NodeStart",
    "NodeCompiling",
    "NodeExecuting",
    "NodeFinished",
    "CommandCompleted",
    "JinjaLogDebug",
    "MainReportArgs",
];

fn type_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "bool",
        Json::Number(number) if number.is_f64() => "float",
        Json::Number(_) => "int",
        Json::String(_) => "text",
        Json::Array(_) => "list",
        Json::Object(_) => "object",
    }
}

/// An event as the recorded file has it; nothing for one that is not compared.
fn shape(event: &Json) -> Option<String> {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let (info, data) = (&event["info"], &event["data"]);
    let name = text(&info["name"]);
    let node = text(&data["node_info"]["unique_id"]);
    if info["level"] == "debug" && !READ.contains(&name.as_str()) {
        return None;
    }
    let or_dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
    let status = or_dash(text(&data["node_info"]["node_status"]));
    let fields = data.as_object().unwrap().iter().filter(|(key, _)| *key != "exc_info");
    let mut fields: Vec<String> = fields.map(|(key, value)| format!("{key}:{}", type_of(value))).collect();
    fields.sort();
    let (code, level) = (text(&info["code"]), text(&info["level"]));
    let line = format!("{name} {code} {level} {} {status} {}", or_dash(node), fields.join(" "));
    Some(line.trim_end().to_owned())
}

#[test]
fn events_have_the_order_and_the_fields_of_dbts() {
    let recorded: serde_json::Map<String, Json> =
        serde_json::from_str(include_str!("data/cli/log_events.json")).unwrap();
    let sandbox = Sandbox::copy_of("logs", |text| text);
    for (command, expected) in &recorded {
        let always = ["--no-use-colors", "--log-format", "json", "--log-level", "debug", "--no-partial-parse"];
        let words: Vec<&str> = always.into_iter().chain(words(command)).collect();
        let output = sandbox.run(&words).stdout;
        let events = output.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
        let found: Vec<String> = events.filter_map(|event| shape(&event)).collect();
        let expected: Vec<&str> = expected.as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
        for (index, line) in expected.iter().enumerate() {
            let after = expected.get(index.wrapping_sub(1));
            assert_eq!(found.get(index).map(String::as_str), Some(*line), "{command}: event {index}, after {after:?}");
        }
        assert_eq!(found.len(), expected.len(), "{command}");
    }
}

/// The words of a command; quotes keep one together.
fn words(command: &str) -> impl Iterator<Item = &str> {
    command.split('\'').enumerate().flat_map(|(index, part)| match index % 2 {
        1 => vec![part],
        _ => part.split_whitespace().collect(),
    })
}

#[test]
fn the_log_file_turns_over_when_it_is_full() {
    let sandbox = Sandbox::copy_of("logs", |text| text);
    sandbox.run(&["--log-file-max-bytes", "3000", "build"]);
    let logs = sandbox.here().join("logs");
    let size = |name: &str| std::fs::metadata(logs.join(name)).unwrap().len();
    assert!(size("dbt.log") <= 3_000);
    // dbt keeps five full files beside the one that it writes.
    assert!((1..=5).all(|number| size(&format!("dbt.log.{number}")) <= 3_000));
    assert!(!logs.join("dbt.log.6").exists());
}

/// Secrets in every place of a profile that takes them; none of them comes from a variable of the environment.
const SECRETIVE: &str = r#"s:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: s.duckdb
      secrets:
        - {type: http, name: web, bearer_token: "plain-bearer-1"}
        - {type: http, name: other, bearer_token: "{{ env_var('DBT_ENV_SECRET_TOKEN') }}"}
    typo: {type: duckdb, path: s.duckdb, secrets: [{type: s3, secret: "plain-secret-2", key_idd: "plain-key-3"}]}
    setting: {type: duckdb, path: s.duckdb, settings: {s3_secret_access_keyy: "plain-setting-4"}}
    motherduck: {type: duckdb, path: "md:x?motherduck_token=plain-token-5"}
    attached:
      type: duckdb
      path: s.duckdb
      attach: [{path: "postgres://me:plain-password-6@127.0.0.1:1/x", type: postgres}]
      plugins: [{module: nowhere, config: {password: "plain-password-7", url: "http://me:plain-password-8@x"}}]
"#;

/// Every file below a folder but those that the user wrote, with what is in it.
fn written(folder: &std::path::Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(written(&path));
        } else if !path.ends_with("profiles.yml") {
            let bytes = std::fs::read(&path).unwrap();
            found.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    found
}

#[test]
fn secrets_of_the_profile_are_written_nowhere() {
    let sandbox = Sandbox::new()
        .env("DBT_ENV_SECRET_TOKEN", "hidden-ü-\"9\"")
        .file("dbt_project.yml", "name: s\nprofile: s\n")
        .file("profiles.yml", SECRETIVE)
        .file("models/a.sql", "{{ log(target ~ ' ' ~ env_var('PATH', ''), info=true) }}select 1 as id");
    for (format, words) in [("text", "debug"), ("json", "run"), ("text", "docs generate")] {
        for target in ["dev", "typo", "setting", "motherduck", "attached"] {
            let mut command = vec!["--log-format", format, "--log-format-file", format, "--log-level", "debug"];
            command.extend(words.split(' ').chain(["--target", target]));
            let outcome = sandbox.run(&command);
            let shown = format!("{}{}", outcome.stdout, outcome.stderr);
            assert!(!shown.contains("plain-") && !shown.contains("hidden-"), "{command:?}: {shown}");
        }
    }
    for (path, content) in written(&sandbox.here()) {
        assert!(!content.contains("plain-") && !content.contains("hidden-"), "{path} holds a secret");
    }
}

#[test]
fn a_secret_in_a_statement_is_hidden_in_logs_and_results() {
    let sandbox = Sandbox::copy_of("logs", |text| text).env("DBT_ENV_SECRET_WORD", "it's so");
    sandbox.run(&["seed"]);
    let vars = r#"{column: "nope, 'it''s so' as word"}"#;
    let arguments = ["--log-format", "json", "--log-level", "debug", "run", "--vars", vars];
    let outcome = sandbox.run(&arguments);
    assert_eq!(outcome.code, 1);
    let events = outcome.stdout.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    let statement =
        events.filter(|event| event["info"]["name"] == "SQLQuery").map(|event| event["data"]["sql"].to_string());
    assert!(statement.into_iter().any(|sql| sql.contains("nope, '*****' as word")), "{}", outcome.stdout);
    let log = std::fs::read_to_string(sandbox.here().join("logs/dbt.log")).unwrap();
    assert!(log.contains("nope, '*****' as word") && !log.contains("it''s"), "{log}");
    let results = std::fs::read_to_string(sandbox.here().join("target/run_results.json")).unwrap();
    let results: Json = serde_json::from_str(&results).unwrap();
    let messages = results["results"].as_array().unwrap().iter().map(|result| result["message"].to_string());
    let messages: Vec<String> = messages.collect();
    assert!(messages.iter().any(|message| message.contains("nope, '*****'")), "{messages:?}");
}

#[test]
fn a_secret_in_the_error_of_a_hook_or_an_operation_is_hidden_in_results() {
    let sandbox = Sandbox::new()
        .project()
        .env("DBT_ENV_SECRET_WORD", "hidden_word")
        .file("dbt_project.yml", "name: a\nprofile: p\non-run-end: select * from hidden_word\n")
        .file("models/m.sql", "select 1 as id")
        .file("macros/o.sql", "{% macro o() %}{% do run_query('select * from hidden_word') %}{% endmacro %}");
    for command in [["run", "--quiet"], ["run-operation", "o"]] {
        let outcome = sandbox.run(&command);
        assert_eq!(outcome.code, 1, "{outcome}");
        let results = sandbox.json("target/run_results.json");
        let last = results["results"].as_array().unwrap().last().unwrap()["message"].to_string();
        assert!(last.contains("Table with name *****") && !last.contains("hidden_word"), "{last}");
        assert!(!outcome.stdout.contains("hidden_word"), "{outcome}");
    }
}
