//! `build`, `run` and their like from end to end: what they print, what they leave behind, their exit codes.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use common::{Outcome, Sandbox};

fn shop() -> Sandbox {
    Sandbox::new()
        .file("dbt_project.yml", "name: shop\nprofile: p\n")
        .file("profiles.yml", "p:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb, threads: 1}\n")
        .file("seeds/raw.csv", "id,name\n1,a\n2,\n")
        .file("models/e.sql", "{{ config(materialized='ephemeral') }}select * from {{ ref('raw') }}")
        .file(
            "models/a.sql",
            "{{ config(materialized='table') }}-- top\nwith x as (select * from {{ ref('e') }})\nselect * from x",
        )
        .file("models/b.sql", "select nope from {{ ref('a') }}")
        .file("models/c.sql", "select * from {{ ref('b') }}")
        .file(
            "models/schema.yml",
            "models:\n  - name: a\n    columns:\n      - name: id\n        data_tests: [unique]\n",
        )
}

/// Console lines without what differs from run to run.
fn settled(outcome: &Outcome) -> String {
    let text = outcome.to_string();
    let lines = text.lines().map(|line| {
        if line.starts_with("Finished running") {
            return line.split(" in ").next().unwrap().to_owned();
        }
        if line.starts_with("Found ") {
            // The number of built-in macros is none of this test's business.
            return line.rsplit_once(", ").unwrap().0.to_owned();
        }
        match line.rsplit_once(" in ") {
            Some((front, rest)) if rest.ends_with("s]") => format!("{front}]"),
            _ => line.to_owned(),
        }
    });
    lines.filter(|line| !line.trim().is_empty()).collect::<Vec<_>>().join("\n")
}

fn statuses(sandbox: &Sandbox) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(sandbox.here().join("target/run_results.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let results = json["results"].as_array().unwrap().iter();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    results.map(|result| (text(&result["unique_id"]), text(&result["status"]))).collect()
}

#[test]
fn a_failure_keeps_back_its_descendants_only() {
    let sandbox = shop();
    insta::assert_snapshot!(settled(&sandbox.run(&["--no-use-colors", "build"])), @r#"
    exit code 1
    Running with dbt=1.12.6
    Registered adapter: duckdb=1.11.1
    Found 4 models, 1 seed, 1 test
    Concurrency: 1 threads (target='dev')
    1 of 5 START seed file main.raw ................................................ [RUN]
    1 of 5 OK loaded seed file main.raw ............................................ [INSERT 2]
    2 of 5 START sql table model main.a ............................................ [RUN]
    2 of 5 OK created sql table model main.a ....................................... [OK]
    3 of 5 START test unique_a_id .................................................. [RUN]
    3 of 5 PASS unique_a_id ........................................................ [PASS]
    4 of 5 START sql view model main.b ............................................. [RUN]
    4 of 5 ERROR creating sql view model main.b .................................... [ERROR]
    5 of 5 SKIP relation main.c .................................................... [SKIP]
    Finished running 1 seed, 1 table model, 1 test, 2 view models
    Completed with 1 error, 0 partial successes, and 0 warnings:
    [ERROR]: in model b (models/b.sql)
      Runtime Error in model b (models/b.sql)
      Binder Error: Referenced column "nope" not found in FROM clause!
      Candidate bindings: "name"
      LINE 5:     select nope from "shop"."main"."a"
                         ^
      compiled code at target/compiled/shop/models/b.sql
    Done. PASS=3 WARN=0 ERROR=1 SKIP=1 NO-OP=0 REUSED=0 TOTAL=5
    "#);
    let results = statuses(&sandbox);
    let status = |id: &str| results.iter().find(|(known, _)| known == id).map(|(_, status)| status.as_str());
    assert_eq!(status("seed.shop.raw"), Some("success"));
    assert_eq!(status("model.shop.a"), Some("success"));
    assert_eq!(status("model.shop.b"), Some("error"));
    assert_eq!(status("model.shop.c"), Some("skipped"));
    assert_eq!(status("model.shop.e"), None);
}

#[test]
fn ephemeral_models_join_the_with_of_their_reader() {
    let sandbox = shop();
    assert_eq!(sandbox.run(&["build", "--select", "raw", "a"]).code, 0);
    let compiled = std::fs::read_to_string(sandbox.here().join("target/compiled/shop/models/a.sql")).unwrap();
    assert_eq!(
        compiled,
        "-- top\nwith  __dbt__cte__e as (\nselect * from \"shop\".\"main\".\"raw\"\n), x as (select * from __dbt__cte__e)\nselect * from x"
    );
}

#[test]
fn a_bad_seed_does_not_keep_back_the_good_ones() {
    let sandbox = shop().file("seeds/bad.csv", "id\n1,2\n").file("seeds/other.csv", "id\n7\n");
    let outcome = sandbox.run(&["--no-use-colors", "seed"]);
    assert_eq!(outcome.code, 1);
    assert!(outcome.stdout.contains("Done. PASS=2 WARN=0 ERROR=1 SKIP=0 NO-OP=0 REUSED=0 TOTAL=3"), "{outcome}");
    let shown = sandbox.run(&["--quiet", "show", "--inline", "select id from {{ ref('other') }}"]);
    assert_eq!(shown.stdout.trim_end(), "| id |\n| -- |\n|  7 |");
}

#[test]
fn nothing_selected_is_a_warning() {
    insta::assert_snapshot!(settled(&shop().run(&["--no-use-colors", "run", "--select", "nothing"])), @r"
    exit code 0
    Running with dbt=1.12.6
    Registered adapter: duckdb=1.11.1
    Found 4 models, 1 seed, 1 test
    [WARNING]: The selection criterion 'nothing' does not match any enabled nodes
    [WARNING]: Nothing to do. Try checking your model configs and model specification args
    ");
}
