//! Failures while running: what the database refuses, files that are in the way, bad seeds, signals. The command says
//! what happened once, and leaves database and artifacts readable.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use common::Sandbox;
use insta::assert_snapshot;

/// A statement that does not end by itself.
const ENDLESS: &str = "{{ config(materialized='table') }} select count(*) as n from range(30000000) a, range(300000) b \
                       where (a.range * b.range) % 7 = 3";

/// The lines from the first error on.
fn errors(console: &str) -> String {
    console.split_once("[ERROR]: ").map(|(_, rest)| rest.to_owned()).unwrap_or_else(|| console.to_owned())
}

#[test]
fn sql_errors_name_the_model_and_the_line() {
    let sandbox = Sandbox::new()
        .project()
        .file("models/one.sql", "select 1 as id")
        .file("models/two.sql", "{{ config(materialized='table') }}\nselect 'a'::int as id\n");
    let outcome = sandbox.run(&["run"]);
    assert_eq!(outcome.code, 1);
    assert_snapshot!(errors(&outcome.console()), @r"
    in model two (models/two.sql)
      Runtime Error in model two (models/two.sql)
      Conversion Error: Could not convert string 'a' to INT32
      
      LINE 11: select 'a'::int as id
                         ^
      compiled code at target/compiled/a/models/two.sql
    Done. PASS=1 WARN=0 ERROR=1 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2
    ");
    assert_snapshot!(sandbox.relations(), @r"main | one | VIEW");
}

#[test]
fn a_locked_database_is_left_alone() {
    let sandbox = Sandbox::new().project().file("models/one.sql", "select 1 as id");
    let held = sandbox.database();
    let outcome = sandbox.run(&["run"]);
    assert_eq!(outcome.code, 2, "{outcome}");
    assert!(outcome.stdout.contains("Could not set lock on file \"HERE/a.duckdb\": Conflicting lock"), "{outcome}");
    assert!(outcome.stdout.contains("Another program has this database open."), "{outcome}");
    assert_eq!(sandbox.run(&["ls"]).code, 0);
    assert_eq!(sandbox.run(&["parse"]).code, 0);
    drop(held);
    assert_eq!(sandbox.run(&["run"]).code, 0);
}

#[test]
fn a_file_that_is_no_database_is_not_touched() {
    let sandbox = Sandbox::new().project().file("models/one.sql", "select 1 as id");
    let sandbox = sandbox.file("a.duckdb", "Dear diary, this is certainly not a database file.\n");
    let outcome = sandbox.run(&["run"]);
    assert_eq!(outcome.code, 2, "{outcome}");
    assert!(outcome.stdout.contains("it is not a valid DuckDB database file!"), "{outcome}");
    assert_eq!(sandbox.read("a.duckdb"), "Dear diary, this is certainly not a database file.\n");
}

#[test]
fn a_target_folder_that_cannot_be_written_stops_the_command_first() {
    let sandbox = Sandbox::new().project().file("models/one.sql", "select 1 as id").file("target", "in the way");
    let outcome = sandbox.run(&["run"]);
    assert_snapshot!(outcome.console(), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      Could not write `HERE/target/graph_summary.json`: File exists (os error 17).
      Check that the folder exists, is writable and has space left, or choose another with --target-path.
    ");
    assert!(!sandbox.here().join("a.duckdb").exists());
    assert_eq!(sandbox.read("target"), "in the way");
}

#[test]
fn bad_seeds_fail_alone() {
    let sandbox = Sandbox::new()
        .project()
        .file("seeds/good.csv", "a,b\n1,2\n")
        .file("seeds/long.csv", "a,b\n1,2\n4,5,6\n")
        .file("seeds/short.csv", "a,b\n1,2\n4\n")
        .file("models/below.sql", "select * from {{ ref('long') }}");
    let outcome = sandbox.run(&["build"]);
    assert_eq!(outcome.code, 1, "{outcome}");
    assert_snapshot!(sandbox.statuses(), @r"
    seed good: success
    seed long: error
    seed short: error
    model below: skipped
    ");
    assert_snapshot!(sandbox.relations(), @r"main | good | BASE TABLE");
    assert!(outcome.stdout.contains("Row 1 has 3 values, but Table only has 2 columns."), "{outcome}");
}

#[test]
fn a_hook_that_does_not_render_ends_the_command_but_keeps_results() {
    let sandbox = Sandbox::new()
        .project()
        .file("dbt_project.yml", "name: a\nprofile: p\non-run-end: ['{% if execute %}{{ nope() }}{% endif %}']\n")
        .file("models/one.sql", "select 1 as id");
    let outcome = sandbox.run(&["run"]);
    assert_eq!(outcome.code, 2, "{outcome}");
    assert!(outcome.stdout.contains("Compilation Error in operation a-on-run-end-0 (./dbt_project.yml)"), "{outcome}");
    assert_snapshot!(sandbox.statuses(), @r"model one: success");
}

/// A program that runs, and what it has said so far.
struct Running {
    child: Child,
    console: BufReader<ChildStdout>,
    said: String,
}

/// Starts the program and waits until it says `line`, then a moment more.
fn started(sandbox: &Sandbox, words: &[&str], line: &str) -> Running {
    let mut child = sandbox.command(words).stdout(Stdio::piped()).spawn().unwrap();
    let mut console = BufReader::new(child.stdout.take().unwrap());
    let mut said = String::new();
    while !said.contains(line) {
        assert_ne!(console.read_line(&mut said).unwrap(), 0, "the program ended too early: {said}");
    }
    std::thread::sleep(Duration::from_millis(200));
    Running { child, console, said }
}

impl Running {
    /// Sends a signal.
    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Exit code, none after a kill, and everything that was said.
    fn end(mut self) -> (Option<i32>, String) {
        self.console.read_to_string(&mut self.said).unwrap();
        (self.child.wait().unwrap().code(), std::mem::take(&mut self.said))
    }
}

impl Drop for Running {
    /// A test that fails leaves no program behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

fn endless() -> Sandbox {
    Sandbox::new()
        .project()
        .file("models/one.sql", "{{ config(materialized='table') }} select 1 as id")
        .file("models/two.sql", ENDLESS)
        .file("models/three.sql", "select * from {{ ref('two') }}")
}

#[test]
fn ctrl_c_ends_the_statement_and_keeps_what_is_done() {
    let sandbox = endless();
    let running = started(&sandbox, &["run", "--threads", "1"], "START sql table model main.two");
    running.signal("INT");
    let (code, said) = running.end();
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("Exited because of keyboard interrupt"), "{said}");
    assert!(sandbox.statuses().starts_with("model one: success\n"), "{}", sandbox.statuses());
    assert_snapshot!(sandbox.relations(), @r"main | one | BASE TABLE");
    assert_eq!(sandbox.run(&["run", "--select", "one"]).code, 0);
}

#[test]
fn fail_fast_ends_what_runs_and_says_so() {
    let slow_error = "{{ config(materialized='table') }} select error('x' || count(*)) as a
                      from range(20000) a, range(2000) b where (a.range * b.range) % 7 = 3";
    let sandbox = endless().file("models/zoo.sql", slow_error);
    let outcome = sandbox.run(&["run", "--fail-fast", "--threads", "3", "--exclude", "one"]);
    assert_eq!(outcome.code, 1, "{outcome}");
    let cancelled: Vec<&str> = outcome.stdout.lines().filter(|line| line.contains("CANCEL")).collect();
    assert_snapshot!(cancelled.join("\n"), @"CANCEL query model.a.two ....................................................... [CANCEL]");
    assert_snapshot!(sandbox.statuses(), @r"
    model zoo: error
    model two: error
    model three: skipped
    ");
}

#[test]
fn ctrl_c_ends_an_operation() {
    let sandbox = endless().file(
        "macros/wait.sql",
        "{% macro wait() %}{% do log('waiting', info=true) %}
         {% do run_query('select count(*) from range(30000000) a, range(300000) b where (a.range * b.range) % 7 = 3') %}
         {% endmacro %}",
    );
    let running = started(&sandbox, &["run-operation", "wait"], "waiting");
    running.signal("INT");
    let (code, said) = running.end();
    assert_eq!(code, Some(1), "{said}");
    assert_eq!(sandbox.json("target/run_results.json")["results"][0]["status"], "error");
}

#[test]
fn a_killed_run_leaves_everything_readable() {
    let sandbox = endless();
    assert_eq!(sandbox.run(&["run", "--select", "one"]).code, 0);
    let running = started(&sandbox, &["run", "--threads", "1"], "START sql table model main.two");
    running.signal("KILL");
    assert_eq!(running.end().0, None);
    assert_eq!(sandbox.statuses(), "model one: success\n");
    assert!(sandbox.json("target/manifest.json")["nodes"].is_object());
    assert_eq!(sandbox.rows("select * from one"), "1\n");
    assert_eq!(sandbox.run(&["run", "--select", "one"]).code, 0);
}

#[test]
fn corrupt_artifacts_do_not_matter() {
    let sandbox = Sandbox::new()
        .project()
        .file("models/one.sql", "select 1 as id")
        .file("target/partial_parse.msgpack", "garbage")
        .file("target/manifest.json", "{")
        .file("target/run_results.json", "{");
    assert_eq!(sandbox.run(&["run"]).code, 0);
    assert_eq!(sandbox.statuses(), "model one: success\n");
}

#[test]
fn a_transaction_conflict_is_cured_by_running_alone() {
    // Both models change the same row and hold their transactions open for a while.
    let model = |name: &str| {
        format!(
            "{{{{ config(materialized='table', pre_hook='update main.counter set n = n + 1') }}}}
             select '{name}' as name, count(*) as n from range(20000) a, range(10000) b where (a.range * b.range) % 7 = 3"
        )
    };
    let sandbox = Sandbox::new()
        .project()
        .file(
            "dbt_project.yml",
            "name: a\nprofile: p\non-run-start: create or replace table main.counter as select 0 as n\n",
        )
        .file("models/left.sql", &model("left"))
        .file("models/right.sql", &model("right"));
    let outcome = sandbox.run(&["run", "--threads", "2"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    assert_eq!(sandbox.rows("select n from counter"), "2\n");
    let results = sandbox.json("target/run_results.json");
    let again = results["results"].as_array().unwrap().iter().filter(|result| {
        let note = result["adapter_response"]["rdbt_ran_again_alone"].as_str().unwrap_or_default();
        note.contains("failed through a transaction conflict and runs again alone")
    });
    assert_eq!(again.count(), 1, "{outcome}");
}

/// A model that does not end in the second year, unless it is told to be calm.
fn endless_year() -> Sandbox {
    let text = "{{ config(materialized='table') }}{% if var('year') == 2 and not var('calm', false) %}\
                {% do log('in the endless year', info=execute) %}select count(*) as x from range(100000000000) a, range(100000) b\
                {% else %}select 1 as x{% endif %}";
    Sandbox::new()
        .project()
        .file("dbt_project.yml", "name: a\nprofile: p\nvars: {year: 1}\n")
        .file("models/one.sql", "{{ config(materialized='table') }} select {{ var('year') }} as id")
        .file("models/two.sql", text)
}

fn steps(sandbox: &Sandbox) -> Vec<String> {
    let summary = sandbox.json("target/for/summary.json");
    summary["steps"].as_array().unwrap().iter().map(|step| step["status"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn ctrl_c_ends_the_step_and_retry_repeats_it() {
    let sandbox = endless_year();
    let words = ["run", "--for", "year=1..3", "--keep-going", "--threads", "1"];
    let running = started(&sandbox, &words, "in the endless year");
    running.signal("INT");
    let (code, said) = running.end();
    assert_eq!(code, Some(2), "{said}");
    assert_eq!(steps(&sandbox), ["success", "interrupted", "not run"], "{said}");
    assert_eq!(sandbox.rows("select id from one"), "2\n");
    let again = sandbox.run(&["retry", "--vars", "calm=true"]);
    assert_eq!((again.code, steps(&sandbox)), (0, vec!["success".to_owned(); 3]), "{again}");
    assert!(!again.stdout.contains("Step 1 of 3"), "{again}");
    assert_eq!(sandbox.rows("select id from one"), "3\n");
}

#[test]
fn a_kill_leaves_the_steps_before_it_and_retry_goes_on() {
    let sandbox = endless_year();
    let running = started(&sandbox, &["run", "--for", "year=1..3"], "in the endless year");
    running.signal("KILL");
    let (code, said) = running.end();
    assert_eq!(
        (code, steps(&sandbox)),
        (None, ["success", "not run", "not run"].map(str::to_owned).to_vec()),
        "{said}"
    );
    let again = sandbox.run(&["retry", "--vars", "calm=true"]);
    assert_eq!((again.code, steps(&sandbox)), (0, vec!["success".to_owned(); 3]), "{again}");
    assert_eq!(sandbox.rows("select id from one"), "3\n");
}
