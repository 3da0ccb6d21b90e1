//! `build`, `run`, `test` and `seed`: order, tests that hold back what is below them, descendants skipped after a
//! failure, severities, statuses and exit codes, against dbt's.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use common::Sandbox;
use insta::assert_snapshot;

/// A seed, two models above each other and a test on the lower one.
fn shop() -> Sandbox {
    Sandbox::new()
        .project()
        .file("seeds/raw.csv", "id,amount\n1,10\n2,20\n")
        .file("models/staged.sql", "select * from {{ ref('raw') }}")
        .file(
            "models/totals.sql",
            "{{ config(materialized='table') }} select sum(amount)::int as total from {{ ref('staged') }}",
        )
        .file(
            "models/schema.yml",
            "models:
  - name: staged
    columns:
      - name: id
        data_tests: [unique, not_null]
",
        )
}

#[test]
fn build_runs_everything_in_order() {
    let sandbox = shop();
    let outcome = sandbox.run(&["build"]);
    assert_snapshot!(outcome.console(), @r"");
    assert_snapshot!(sandbox.statuses(), @r"");
    assert_snapshot!(sandbox.rows("select * from totals"), @r"");
    assert!(outcome.stdout.contains("Found 2 models, 1 seed, 2 data tests, "), "{outcome}");
}

#[test]
fn each_command_runs_its_own_kind() {
    let sandbox = shop();
    assert_snapshot!(sandbox.run(&["seed"]).console(), @r"");
    assert_snapshot!(sandbox.run(&["run"]).console(), @r"");
    assert_snapshot!(sandbox.run(&["test"]).console(), @r"");
}

#[test]
fn a_failing_test_holds_back_what_is_below_in_build() {
    let sandbox = shop().file("seeds/raw.csv", "id,amount\n1,10\n1,20\n");
    let outcome = sandbox.run(&["build"]);
    assert_snapshot!(outcome.console(), @r"");
    assert_snapshot!(sandbox.statuses(), @r"");
    assert_eq!(sandbox.run(&["run"]).code, 0);
    assert_snapshot!(sandbox.rows("select * from totals"), @r"");
}

#[test]
fn descendants_of_a_failure_are_skipped_and_nothing_else() {
    let sandbox = shop()
        .file("models/staged.sql", "select idd from {{ ref('raw') }}")
        .file("models/other.sql", "select 1 as id")
        .file("models/last.sql", "select * from {{ ref('totals') }}");
    sandbox.run(&["seed"]);
    let outcome = sandbox.run(&["run"]);
    assert_eq!(outcome.code, 1);
    assert!(outcome.stdout.contains("SKIP relation main.totals"), "{outcome}");
    assert_snapshot!(sandbox.statuses(), @r"");
    assert_snapshot!(sandbox.relations(), @r"");
}

#[test]
fn severities_and_thresholds() {
    let sandbox = Sandbox::new().project().file("models/one.sql", "select range as id from range(5)").file(
        "models/one.yml",
        "models:
  - name: one
    columns:
      - name: id
        data_tests:
          - accepted_values:
              name: warns
              arguments: {values: [0, 1]}
              config: {severity: warn}
          - accepted_values:
              name: passes_below_the_limit
              arguments: {values: [0, 1]}
              config: {error_if: '>10', warn_if: '>10'}
          - accepted_values:
              name: fails
              arguments: {values: [0, 1]}
              config: {where: 'id > 1', limit: 2}
",
    );
    let outcome = sandbox.run(&["build"]);
    assert_snapshot!(outcome.console(), @r"");
    assert_snapshot!(sandbox.statuses(), @r"");
}

#[test]
fn failures_are_stored_on_request() {
    let sandbox = shop().file("seeds/raw.csv", "id,amount\n1,10\n1,20\n");
    sandbox.run(&["seed"]);
    sandbox.run(&["run"]);
    let outcome = sandbox.run(&["test", "--store-failures"]);
    assert_eq!(outcome.code, 1);
    assert_snapshot!(sandbox.rows("select * from main_dbt_test__audit.unique_staged_id"), @r"");
}

#[test]
fn singular_and_custom_generic_tests() {
    let sandbox = shop()
        .file("tests/no_big_amounts.sql", "select * from {{ ref('staged') }} where amount > 15")
        .file(
            "tests/generic/positive.sql",
            "{% test positive(model, column_name) %}select * from {{ model }} where {{ column_name }} <= 0{% endtest %}",
        )
        .file(
            "models/schema.yml",
            "models: [{name: staged, columns: [{name: amount, data_tests: [positive]}]}]",
        );
    let outcome = sandbox.run(&["build"]);
    assert_snapshot!(outcome.console(), @r"");
    assert_snapshot!(sandbox.statuses(), @r"");
}

#[test]
fn seeds_have_the_types_that_dbt_gives_them() {
    let sandbox = Sandbox::new()
        .project()
        .file("seeds/types.csv", "i,d,b,t,day,s,e,z\n1,1.5,true,2024-01-02 03:04:05,2024-01-02,x,,007\n2,2,false,2024-01-02 03:04:06,2024-01-03,y z,,010\n")
        .file("seeds/forced.csv", "code;name\n01;\"a;b\"\n")
        .file(
            "seeds/seeds.yml",
            "seeds: [{name: forced, config: {delimiter: ';', column_types: {code: varchar}}}]",
        );
    let outcome = sandbox.run(&["seed", "--show"]);
    assert_snapshot!(outcome.console(), @r"");
    assert_snapshot!(sandbox.rows("select table_name, column_name, data_type from information_schema.columns order by table_name, ordinal_position"), @r"");
    assert_snapshot!(sandbox.rows("select * from forced"), @r"");
}

#[test]
fn seeds_are_replaced_row_by_row_and_rebuilt_on_full_refresh() {
    let sandbox = shop();
    sandbox.run(&["seed"]);
    let sandbox = sandbox.file("seeds/raw.csv", "id,amount,note\n5,50,new\n");
    let outcome = sandbox.run(&["seed", "--full-refresh"]);
    assert_snapshot!(outcome.console(), @r"");
    assert_snapshot!(sandbox.rows("select * from raw"), @r"");
}

#[test]
fn fail_fast_leaves_the_rest() {
    let sandbox = shop().file("models/aaa.sql", "select nope").file("models/zzz.sql", "select 1 as id");
    sandbox.run(&["seed"]);
    let outcome = sandbox.run(&["run", "--fail-fast", "--threads", "1"]);
    assert_eq!(outcome.code, 1);
    assert_snapshot!(sandbox.statuses(), @r"");
    assert_snapshot!(sandbox.relations(), @r"");
}
