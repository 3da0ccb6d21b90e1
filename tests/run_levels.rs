//! What must hold of histories and of durations: the tests of slowly changing dimensions, `expected_seconds`, the table of runs.
//! dbt has none of them.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use common::Sandbox;

/// A history as CSV rows of key, begin, end, with the three tests on it.
fn history(rows: &str, arguments: &str) -> Sandbox {
    let test = |name: &str| format!("      - {name}: {{arguments: {{{arguments}}}}}\n");
    let tests: String = ["scd2_one_current", "scd2_no_overlap", "scd2_no_gap"].map(test).concat();
    Sandbox::new()
        .project()
        .file("seeds/h.csv", &format!("k,j,valid_from,valid_to\n{rows}"))
        .file(
            "seeds/s.yml",
            &format!("seeds:\n  - name: h\n    config: {{column_types: {{valid_from: date, valid_to: date}}}}\n    data_tests:\n{tests}"),
        )
}

/// What the three tests say, in their order: how many rows each found.
fn found(sandbox: &Sandbox) -> Vec<i64> {
    let outcome = sandbox.run(&["build"]);
    assert!(outcome.code < 2, "{outcome}");
    let results = sandbox.json("target/run_results.json");
    let of = |name: &str| {
        let result =
            results["results"].as_array().unwrap().iter().find(|r| r["unique_id"].as_str().unwrap().contains(name));
        result.unwrap_or_else(|| panic!("{outcome}"))["failures"].as_i64().unwrap()
    };
    vec![of("scd2_one_current"), of("scd2_no_overlap"), of("scd2_no_gap")]
}

const KEYS: &str = "key_columns: k, valid_from: valid_from, valid_to: valid_to";

#[test]
fn histories_are_tested_for_current_rows_overlaps_and_gaps() {
    for (what, rows, expected) in [
        ("whole", "1,1,2025-01-01,2025-02-01\n1,1,2025-02-01,\n2,1,2025-01-01,2025-03-01\n", [0, 0, 0]),
        ("two current", "1,1,2025-01-01,\n1,1,2025-02-01,\n", [1, 1, 0]),
        ("overlap", "1,1,2025-01-01,2025-02-02\n1,1,2025-02-01,\n", [0, 1, 0]),
        (
            "overlap of a row that lies inside an earlier one",
            "1,1,2025-01-01,2025-09-01\n1,1,2025-02-01,2025-03-01\n1,1,2025-04-01,\n",
            [0, 2, 0],
        ),
        ("ends before it begins", "1,1,2025-02-01,2025-01-01\n", [0, 1, 0]),
        (
            "gap",
            "1,1,2025-01-01,2025-02-01\n1,1,2025-02-02,\n2,1,2025-01-01,2025-01-02\n2,1,2025-01-05,2025-01-06\n",
            [0, 0, 2],
        ),
        (
            "no gap behind a longer row",
            "1,1,2025-01-01,2025-09-01\n1,1,2025-02-01,2025-03-01\n1,1,2025-09-01,\n",
            [0, 1, 0],
        ),
        ("keys by themselves", "1,1,2025-01-01,2025-02-01\n2,1,2025-01-15,\n", [0, 0, 0]),
    ] {
        assert_eq!(found(&history(rows, KEYS)), expected, "{what}");
    }
}

#[test]
fn keys_may_be_several_and_what_is_current_may_have_a_date() {
    let rows = "1,1,2025-01-01,9999-12-31\n1,2,2025-01-01,9999-12-31\n1,2,2025-06-01,9999-12-31\n";
    let arguments = "key_columns: [k, j], valid_from: valid_from, valid_to: valid_to, current: \"date '9999-12-31'\"";
    assert_eq!(found(&history(rows, arguments)), [1, 1, 0]);
}

#[test]
fn a_thing_without_a_current_row_fails_only_where_one_is_required() {
    let sandbox = history("1,1,2025-01-01,2025-02-01\n", KEYS);
    assert_eq!(found(&sandbox), [0, 0, 0]);
    let yaml = sandbox
        .read("seeds/s.yml")
        .replace("scd2_one_current: {arguments: {", "scd2_one_current: {arguments: {required: true, ");
    assert_eq!(found(&sandbox.file("seeds/s.yml", &yaml)), [1, 0, 0]);
}

#[test]
fn a_test_without_keys_says_what_to_write() {
    let sandbox = history("1,1,2025-01-01,\n", "valid_from: valid_from");
    let outcome = sandbox.run(&["build"]);
    assert_eq!(outcome.code, 2, "{outcome}");
    assert!(outcome.stdout.contains("The scd2 tests need `key_columns`"), "{outcome}");
}

#[test]
fn the_tests_are_there_for_snapshots_without_arguments_but_the_key() {
    let sandbox = Sandbox::new()
        .project()
        .file("snapshots/s.sql", "{% snapshot s %}{{ config(unique_key='id', strategy='check', check_cols='all') }}select 1 as id, {{ var('v', 1) }} as v{% endsnapshot %}")
        .file("snapshots/s.yml", "snapshots:\n  - name: s\n    columns:\n      - {name: id, data_tests: [scd2_one_current, scd2_no_overlap, scd2_no_gap]}\n");
    for version in ["v=1", "v=2"] {
        let outcome = sandbox.run(&["build", "--vars", version]);
        assert_eq!(outcome.code, 0, "{outcome}");
        assert_eq!(sandbox.statuses().matches("pass").count(), 3, "{outcome}");
    }
}

#[test]
fn a_project_that_names_none_of_the_tests_has_none_of_their_macros() {
    let macros = |sandbox: &Sandbox| {
        sandbox.run(&["parse"]);
        let manifest = sandbox.json("target/manifest.json");
        let ids: Vec<String> =
            manifest["macros"].as_object().unwrap().keys().filter(|id| id.contains("scd2")).cloned().collect();
        ids
    };
    assert!(macros(&Sandbox::new().project().file("models/a.sql", "select 1 as x")).is_empty());
    let used = macros(&history("1,1,2025-01-01,\n", KEYS));
    assert!(used.contains(&"macro.rdbt_builtin.test_scd2_no_gap".to_owned()), "{used:?}");
}

#[test]
fn a_test_of_the_project_comes_before_one_of_the_same_name() {
    let sandbox = history("1,1,2025-01-01,\n1,1,2025-01-01,\n", KEYS).file(
        "tests/generic/t.sql",
        "{% test scd2_no_overlap(model, key_columns, valid_from, valid_to) %}select 1 from {{ model }} limit 0{% endtest %}",
    );
    assert_eq!(found(&sandbox), [1, 0, 0]);
}

fn slow(config: &str) -> Sandbox {
    Sandbox::new()
        .project()
        .file("models/a.sql", &format!("{{{{ config(materialized='table', {config}) }}}}select 1 as x"))
        .file("models/b.sql", "select * from {{ ref('a') }}")
}

#[test]
fn a_node_that_takes_longer_than_it_says_warns_or_fails() {
    let sandbox = slow("expected_seconds=0");
    let outcome = sandbox.run(&["run"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    assert!(outcome.stdout.contains("[WARNING]: `model.a.a` took "), "{outcome}");
    let results = sandbox.json("target/run_results.json");
    assert!(results["results"][0]["adapter_response"]["rdbt_slower_than_expected"].is_string(), "{results}");
    let strict = sandbox.run(&["--warn-error", "run"]);
    assert_eq!((strict.code, sandbox.statuses().as_str()), (1, "model a: error\nmodel b: skipped\n"), "{strict}");

    let sandbox = slow("expected_seconds={'warn': 0, 'error': 0}");
    let outcome = sandbox.run(&["run"]);
    assert_eq!((outcome.code, sandbox.statuses().as_str()), (1, "model a: error\nmodel b: skipped\n"), "{outcome}");
    assert!(outcome.stdout.contains("more than the 0s of its `expected_seconds`"), "{outcome}");
    assert_eq!(sandbox.rows("from a"), "1\n");

    for config in
        ["expected_seconds=1000", "meta={'expected_seconds': {'warn': none, 'error': 1000}}", "expected_seconds=none"]
    {
        let outcome = slow(config).run(&["run"]);
        assert!(outcome.code == 0 && !outcome.stdout.contains("took"), "{outcome}");
    }
}

#[test]
fn what_is_no_time_is_refused_before_anything_is_built() {
    for config in ["expected_seconds='soon'", "expected_seconds=-1", "meta={'expected_seconds': {'warm': 1}}"] {
        let sandbox = slow(config);
        let outcome = sandbox.run(&["run"]);
        assert_eq!(outcome.code, 2, "{outcome}");
        assert!(
            outcome.stdout.contains("which is no time.") && outcome.stdout.contains("{warn: 5, error: 30}"),
            "{outcome}"
        );
        assert!(!sandbox.files().contains(&"target/run_results.json".to_owned()));
    }
}

#[test]
fn seeds_and_tests_have_service_levels_too() {
    let sandbox = Sandbox::new()
        .project()
        .file("seeds/s.csv", "x\n1\n")
        .file("seeds/t.csv", "x\n1\n")
        .file("seeds/s.yml", "seeds:\n  - name: s\n    config: {meta: {expected_seconds: {error: 0}}}\n")
        .file("tests/u.sql", "{{ config(meta={'expected_seconds': 0}) }}select 1 as x limit 0");
    let outcome = sandbox.run(&["build"]);
    assert_eq!(outcome.code, 1, "{outcome}");
    assert!(
        sandbox.statuses().contains("seed s: error\n") && sandbox.statuses().contains("seed t: success\n"),
        "{outcome}"
    );
    assert!(outcome.stdout.contains("`test.a.u` took"), "{outcome}");
}

#[test]
fn durations_are_kept_where_that_is_wanted() {
    let sandbox = slow("tags=['it''s']");
    let table = "select count(*) from information_schema.tables where table_name = 'rdbt_runs'";
    assert_eq!(sandbox.run(&["run"]).code, 0);
    assert_eq!(sandbox.rows(table), "0\n");
    let outcome = sandbox.run(&["run", "--record-runs", "--for", "year=1,2"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    let rows = "select step, resource_type, unique_id, status, seconds > 0, started_at is not null from main.rdbt_runs order by all";
    assert_eq!(
        sandbox.rows(rows),
        "year=1 | command | null | success | true | true\nyear=1 | model | model.a.a | success | true | true\n\
         year=1 | model | model.a.b | success | true | true\nyear=2 | command | null | success | true | true\n\
         year=2 | model | model.a.a | success | true | true\nyear=2 | model | model.a.b | success | true | true\n"
    );
    assert_eq!(sandbox.rows("select count(distinct invocation_id) from main.rdbt_runs"), "2\n");
    // The project may ask for it, and a command may leave it out.
    let sandbox = sandbox.file("dbt_project.yml", "name: a\nprofile: p\nflags: {record_runs: true}\n");
    assert_eq!(sandbox.run(&["run", "--no-record-runs"]).code, 0);
    assert_eq!(sandbox.rows("select count(*) from main.rdbt_runs"), "6\n");
    assert_eq!(sandbox.run(&["run"]).code, 0);
    assert_eq!(sandbox.rows("select count(*) from main.rdbt_runs"), "9\n");
}

#[test]
fn durations_are_kept_with_the_variables_of_their_run() {
    let sandbox = slow("tags=[]");
    assert_eq!(sandbox.run(&["run", "--record-runs"]).code, 0);
    // A table of a version that did not have the column gets it.
    sandbox.database().execute_batch("alter table rdbt_runs drop column vars").unwrap();
    let words = ["run", "--record-runs", "--vars", "{region: it's, rates: [1, 2]}", "--for", "year=1,2"];
    assert_eq!(sandbox.run(&words).code, 0);
    let rows = "select vars ->> 'region', vars ->> 'year', vars -> 'rates', count(*) from main.rdbt_runs group by all order by all";
    let expected = "it's | 1 | [1,2] | 3\nit's | 2 | [1,2] | 3\nnull | null | null | 3\n";
    assert_eq!(sandbox.rows(rows), expected);
    assert_eq!(sandbox.run(&["run", "--record-runs"]).code, 0);
    assert_eq!(sandbox.rows("select count(*) from main.rdbt_runs where vars = '{}'"), "3\n");
}

#[test]
fn a_table_that_cannot_be_written_is_a_warning() {
    let sandbox = slow("tags=[]");
    sandbox.database().execute_batch("create view rdbt_runs as select 1 as x").unwrap();
    let outcome = sandbox.run(&["run", "--record-runs"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    assert!(outcome.stdout.contains("The durations of this run could not be kept in `rdbt_runs`"), "{outcome}");
}
