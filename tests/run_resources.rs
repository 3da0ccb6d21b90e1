//! Time limits, memory that is short, transactions that collide, and which of several nodes that are ready starts first. dbt
//! has none of this.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use std::time::Instant;

use common::Sandbox;
use insta::assert_snapshot;

/// A query that takes minutes.
const LONG: &str = "select count(*) as n from range(10000000) a, range(1000000) b where (a.range * b.range) % 7 = 3";

#[test]
fn a_node_that_takes_longer_than_its_limit_is_stopped() {
    let sandbox = Sandbox::new()
        .project()
        .file("models/slow.sql", &format!("{{{{ config(materialized='table', timeout=0.5) }}}} {LONG}"))
        .file("models/below.sql", "select * from {{ ref('slow') }}")
        .file("models/quick.sql", "{{ config(materialized='table', timeout=60) }} select 1 as a");
    let clock = Instant::now();
    let outcome = sandbox.run(&["run"]);
    assert!(clock.elapsed().as_secs() < 30, "{outcome}");
    assert_eq!(outcome.code, 1);
    assert_snapshot!(sandbox.statuses(), @r"
    model quick: success
    model slow: error
    model below: skipped
    ");
    let message = sandbox.json("target/run_results.json")["results"][1]["message"].as_str().unwrap().to_owned();
    assert_snapshot!(message, @r"
    Runtime Error in model slow (models/slow.sql)
      It was stopped, for it took longer than its `timeout` of 0.5 seconds.
    ");
    assert!(outcome.stdout.contains("or raise `timeout` in the configuration of `model.a.slow`"), "{outcome}");
}

#[test]
fn limits_hold_for_tests_and_for_batches_too() {
    let sandbox = Sandbox::new()
        .project()
        .file("models/one.sql", "select 1 as id")
        .file("tests/endless.sql", &format!("{{{{ config(timeout=0.3) }}}} select * from ({LONG}) where n < 0"))
        .file(
            "models/batched.sql",
            &format!(
                "{{{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='at', batch_size='day', \
                 begin='2026-01-01', timeout=0.3) }}}} select timestamp '2026-01-01' as at, n from ({LONG})"
            ),
        );
    let words = ["build", "--event-time-start", "2026-01-01", "--event-time-end", "2026-01-02"];
    let outcome = sandbox.run(&words);
    assert_snapshot!(sandbox.statuses(), @r"
    model batched: error
    model one: success
    test endless: error
    ");
    assert_eq!(outcome.stdout.matches("longer than its `timeout` of 0.3 seconds").count(), 2, "{outcome}");
}

#[test]
fn a_limit_that_is_no_time_is_refused() {
    let sandbox = Sandbox::new().project().file("models/one.sql", "{{ config(timeout='soon') }} select 1 as id");
    let outcome = sandbox.run(&["run"]);
    assert!(
        outcome.stdout.contains("`timeout` of `model.a.one` (models/one.sql) is \"soon\", which is no time."),
        "{outcome}"
    );
}

/// Models that need more memory together than there is, and enough each.
fn hungry(count: usize) -> Sandbox {
    let profile = "p:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: a.duckdb
      threads: 4
      config_options: {memory_limit: 120MB, temp_directory: '', threads: 2}
";
    let sandbox = Sandbox::new().project().file("profiles.yml", profile);
    (0..count).fold(sandbox, |sandbox, number| {
        sandbox.file(
            &format!("models/hungry_{number}.sql"),
            "{{ config(materialized='table') }} select len(list(range)) as n from range(5000000)",
        )
    })
}

#[test]
fn nodes_that_find_too_little_memory_run_again_alone_and_fewer_at_a_time() {
    let sandbox = hungry(6);
    let outcome = sandbox.run(&["run"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    assert_eq!(sandbox.rows("select sum(n) from (from hungry_0 union all from hungry_5)"), "10000000\n");
    assert!(outcome.stdout.contains("failed through a lack of memory and runs again alone."), "{outcome}");
    assert!(
        outcome.stdout.contains("Memory is short. Fewer nodes run at a time (at most 2) until it is not."),
        "{outcome}"
    );
    let results = sandbox.json("target/run_results.json");
    let note = |result: &serde_json::Value| result["adapter_response"]["rdbt_ran_again_alone"].is_string();
    assert!(results["results"].as_array().unwrap().iter().any(note), "{outcome}");
}

/// What the console and the log file say, both.
fn said(sandbox: &Sandbox, outcome: &common::Outcome, text: &str) -> bool {
    outcome.stdout.contains(text) && sandbox.read("logs/dbt.log").contains(text)
}

/// Batches of seeds that need more memory together than there is.
#[test]
fn seeds_that_find_too_little_memory_as_batches_load_by_themselves() {
    let profile = |limit: &str| {
        format!(
            "p:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      path: a.duckdb\n      threads: 4\n      \
             config_options: {{memory_limit: {limit}, temp_directory: '', threads: 2}}\n"
        )
    };
    let rows: String = (0..150_000_u32).map(|row| format!("{row},w{}\n", row.wrapping_mul(2_654_435_761))).collect();
    let sandbox = Sandbox::new().project().file("profiles.yml", &profile("70MB"));
    let sandbox = (0..8)
        .fold(sandbox, |sandbox, number| sandbox.file(&format!("seeds/s{number}.csv"), &format!("id,word\n{rows}")));
    let outcome = sandbox.run(&["seed"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    for text in [
        "Loading 2 seeds as one batch failed, so each is loaded by itself. The error was: ",
        "Out of Memory Error",
        "Memory is short. ",
    ] {
        assert!(said(&sandbox, &outcome, text), "{text}: {outcome}");
    }
    let counts: String = (0..8).map(|number| format!("select count(*) as n from s{number} union all ")).collect();
    assert_eq!(sandbox.rows(&format!("select sum(n), min(n) from ({counts} select 150000)")), "1350000 | 150000\n");
    // With room for all there is nothing to say.
    let roomy = sandbox.file("profiles.yml", &profile("4GB"));
    let outcome = roomy.run(&["seed"]);
    assert!(outcome.code == 0 && !outcome.stdout.contains("batch") && !outcome.stdout.contains("short"), "{outcome}");
}

/// A model that has deleted rows of a seed's table, and not committed yet, while the batch with that seed loads.
#[test]
fn seeds_in_the_way_of_another_transaction_load_by_themselves() {
    let rows: String = (0..60_000).map(|row| format!("{row}\n")).collect();
    let sandbox = Sandbox::new()
        .project()
        .file("seeds/big.csv", &format!("id\n{rows}"))
        .file("seeds/kept.csv", "id\n1\n2\n")
        .file("seeds/kept_too.csv", "id\n1\n2\n")
        .file("seeds/last.csv", "id\n1\n2\n");
    assert_eq!(sandbox.run(&["seed"]).code, 0);
    let sandbox = sandbox
        .file(
            "models/slow.sql",
            "{{ config(materialized='table', pre_hook=\"delete from main.kept where id = 1\") }}\n\
             select count(*) as n from range(30000) as a, range(20000) as b where (a.range * b.range) % 7 = 3",
        )
        // The model starts first, for it takes longest.
        .file("target/rdbt_durations.json", r#"{"model.a.slow": 50}"#);
    let outcome = sandbox.run(&["build", "--threads", "2"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    for text in [
        "Loading 2 seeds as one batch failed, so each is loaded by itself. The error was: ",
        "`seed.a.kept` failed through a transaction conflict and runs again alone.",
    ] {
        assert!(said(&sandbox, &outcome, text), "{text}: {outcome}");
    }
    assert_eq!(sandbox.rows("select count(*), (select count(*) from kept) from big"), "60000 | 2\n");
}

/// Four models that wait for nothing; below the last one stands a chain.
fn chained() -> Sandbox {
    let mut sandbox = Sandbox::new().project();
    for name in ["a", "b", "c", "z"] {
        sandbox = sandbox.file(&format!("models/{name}.sql"), "select 1 as n");
    }
    sandbox.file("models/z1.sql", "select * from {{ ref('z') }}").file("models/z2.sql", "select * from {{ ref('z1') }}")
}

/// The models in the order in which they started.
fn started(sandbox: &Sandbox, threads: &str) -> String {
    let outcome = sandbox.run(&["run", "--threads", threads]);
    let lines = outcome.stdout.lines().filter(|line| line.contains(" START "));
    lines.map(|line| line.split("main.").nth(1).unwrap().split(' ').next().unwrap().to_owned() + " ").collect()
}

#[test]
fn what_most_of_the_work_waits_for_starts_first() {
    let sandbox = chained();
    let known = r#"{"model.a.a": 1, "model.a.b": 3, "model.a.c": 1, "model.a.z": 1, "model.a.z1": 5, "model.a.z2": 5}"#;
    let sandbox = sandbox.file("target/rdbt_durations.json", known);
    let order = started(&sandbox, "2");
    let place = |name: &str| order.split(' ').position(|started| started == name).unwrap();
    assert!(place("z") < place("a") && place("b") < place("a") && place("b") < place("c"), "{order}");
    // What was learnt replaces what was known.
    let learnt = sandbox.json("target/rdbt_durations.json");
    assert!(learnt["model.a.z1"].as_f64().unwrap() < 5.0, "{learnt}");
    // With one thread dbt's order holds, whatever is known; a file that is none is no history.
    assert_eq!(started(&sandbox.file("target/rdbt_durations.json", known), "1"), "a b c z z1 z2 ");
    let order = started(&chained().file("target/rdbt_durations.json", "{"), "2");
    assert!(["a b ", "b a "].iter().any(|first| order.starts_with(first)), "{order}");
}
