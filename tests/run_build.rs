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
    assert_snapshot!(outcome.console(), @r"
    exit code 0
    Concurrency: 1 threads (target='dev')
    1 of 5 START seed file main.raw ................................................ [RUN]
    1 of 5 OK loaded seed file main.raw ............................................ [INSERT 2 in N.NNs]
    2 of 5 START sql view model main.staged ........................................ [RUN]
    2 of 5 OK created sql view model main.staged ................................... [OK in N.NNs]
    3 of 5 START test not_null_staged_id ........................................... [RUN]
    3 of 5 PASS not_null_staged_id ................................................. [PASS in N.NNs]
    4 of 5 START test unique_staged_id ............................................. [RUN]
    4 of 5 PASS unique_staged_id ................................................... [PASS in N.NNs]
    5 of 5 START sql table model main.totals ....................................... [RUN]
    5 of 5 OK created sql table model main.totals .................................. [OK in N.NNs]
    Finished running 1 seed, 1 table model, 2 data tests, 1 view model in TIME (N.NNs).
    Completed successfully
    Done. PASS=5 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=5
    ");
    assert_snapshot!(sandbox.statuses(), @r"
    seed raw: success
    model staged: success
    test not_null_staged_id: pass
    test unique_staged_id: pass
    model totals: success
    ");
    assert_snapshot!(sandbox.rows("select * from totals"), @r"30");
    assert!(outcome.stdout.contains("Found 2 models, 1 seed, 2 data tests, "), "{outcome}");
}

#[test]
fn each_command_runs_its_own_kind() {
    let sandbox = shop();
    assert_snapshot!(sandbox.run(&["seed"]).console(), @r"
    exit code 0
    Concurrency: 1 threads (target='dev')
    1 of 1 START seed file main.raw ................................................ [RUN]
    1 of 1 OK loaded seed file main.raw ............................................ [INSERT 2 in N.NNs]
    Finished running 1 seed in TIME (N.NNs).
    Completed successfully
    Done. PASS=1 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=1
    ");
    assert_snapshot!(sandbox.run(&["run"]).console(), @r"
    exit code 0
    Concurrency: 1 threads (target='dev')
    1 of 2 START sql view model main.staged ........................................ [RUN]
    1 of 2 OK created sql view model main.staged ................................... [OK in N.NNs]
    2 of 2 START sql table model main.totals ....................................... [RUN]
    2 of 2 OK created sql table model main.totals .................................. [OK in N.NNs]
    Finished running 1 table model, 1 view model in TIME (N.NNs).
    Completed successfully
    Done. PASS=2 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2
    ");
    assert_snapshot!(sandbox.run(&["test"]).console(), @r"
    exit code 0
    Concurrency: 1 threads (target='dev')
    1 of 2 START test not_null_staged_id ........................................... [RUN]
    1 of 2 PASS not_null_staged_id ................................................. [PASS in N.NNs]
    2 of 2 START test unique_staged_id ............................................. [RUN]
    2 of 2 PASS unique_staged_id ................................................... [PASS in N.NNs]
    Finished running 2 data tests in TIME (N.NNs).
    Completed successfully
    Done. PASS=2 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2
    ");
}

#[test]
fn a_failing_test_holds_back_what_is_below_in_build() {
    let sandbox = shop().file("seeds/raw.csv", "id,amount\n1,10\n1,20\n");
    let outcome = sandbox.run(&["build"]);
    assert_snapshot!(outcome.console(), @r"
    exit code 1
    Concurrency: 1 threads (target='dev')
    1 of 5 START seed file main.raw ................................................ [RUN]
    1 of 5 OK loaded seed file main.raw ............................................ [INSERT 2 in N.NNs]
    2 of 5 START sql view model main.staged ........................................ [RUN]
    2 of 5 OK created sql view model main.staged ................................... [OK in N.NNs]
    3 of 5 START test not_null_staged_id ........................................... [RUN]
    3 of 5 PASS not_null_staged_id ................................................. [PASS in N.NNs]
    4 of 5 START test unique_staged_id ............................................. [RUN]
    4 of 5 FAIL 1 unique_staged_id ................................................. [FAIL 1 in N.NNs]
    5 of 5 SKIP relation main.totals ............................................... [SKIP]
    Finished running 1 seed, 1 table model, 2 data tests, 1 view model in TIME (N.NNs).
    Completed with 1 error, 0 partial successes, and 0 warnings:
    [ERROR]: in test unique_staged_id (models/schema.yml)
      Got 1 result, configured to fail if != 0
      compiled code at target/compiled/a/models/schema.yml/unique_staged_id.sql
    Done. PASS=3 WARN=0 ERROR=1 SKIP=1 NO-OP=0 REUSED=0 TOTAL=5
    ");
    assert_snapshot!(sandbox.statuses(), @r"
    seed raw: success
    model staged: success
    test not_null_staged_id: pass
    test unique_staged_id: fail
    model totals: skipped
    ");
    assert_eq!(sandbox.run(&["run"]).code, 0);
    assert_snapshot!(sandbox.rows("select * from totals"), @r"30");
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
    assert_snapshot!(sandbox.statuses(), @r"
    model other: success
    model staged: error
    model totals: skipped
    model last: skipped
    ");
    assert_snapshot!(sandbox.relations(), @r"
    main | other | VIEW
    main | raw | BASE TABLE
    ");
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
    assert_snapshot!(outcome.console(), @r"
    exit code 1
    Concurrency: 1 threads (target='dev')
    1 of 4 START sql view model main.one ........................................... [RUN]
    1 of 4 OK created sql view model main.one ...................................... [OK in N.NNs]
    2 of 4 START test fails ........................................................ [RUN]
    2 of 4 FAIL 2 fails ............................................................ [FAIL 2 in N.NNs]
    3 of 4 START test passes_below_the_limit ....................................... [RUN]
    3 of 4 PASS passes_below_the_limit ............................................. [PASS in N.NNs]
    4 of 4 START test warns ........................................................ [RUN]
    4 of 4 WARN 3 warns ............................................................ [WARN 3 in N.NNs]
    Finished running 3 data tests, 1 view model in TIME (N.NNs).
    Completed with 1 error, 0 partial successes, and 1 warning:
    [ERROR]: in test fails (models/one.yml)
      Got 2 results, configured to fail if != 0
      compiled code at target/compiled/a/models/one.yml/fails.sql
    [WARNING]: in test warns (models/one.yml)
    [WARNING]: Got 3 results, configured to warn if != 0
      compiled code at target/compiled/a/models/one.yml/warns.sql
    Done. PASS=2 WARN=1 ERROR=1 SKIP=0 NO-OP=0 REUSED=0 TOTAL=4
    ");
    assert_snapshot!(sandbox.statuses(), @r"
    model one: success
    test fails: fail
    test passes_below_the_limit: pass
    test warns: warn
    ");
}

#[test]
fn failures_are_stored_on_request() {
    let sandbox = shop().file("seeds/raw.csv", "id,amount\n1,10\n1,20\n");
    sandbox.run(&["seed"]);
    sandbox.run(&["run"]);
    let outcome = sandbox.run(&["test", "--store-failures"]);
    assert_eq!(outcome.code, 1);
    assert_snapshot!(sandbox.rows("select * from main_dbt_test__audit.unique_staged_id"), @r"1 | 2");
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
    assert_snapshot!(outcome.console(), @r"
    exit code 1
    Concurrency: 1 threads (target='dev')
    1 of 5 START seed file main.raw ................................................ [RUN]
    1 of 5 OK loaded seed file main.raw ............................................ [INSERT 2 in N.NNs]
    2 of 5 START sql view model main.staged ........................................ [RUN]
    2 of 5 OK created sql view model main.staged ................................... [OK in N.NNs]
    3 of 5 START test no_big_amounts ............................................... [RUN]
    3 of 5 FAIL 1 no_big_amounts ................................................... [FAIL 1 in N.NNs]
    4 of 5 START test positive_staged_amount ....................................... [RUN]
    4 of 5 PASS positive_staged_amount ............................................. [PASS in N.NNs]
    5 of 5 SKIP relation main.totals ............................................... [SKIP]
    Finished running 1 seed, 1 table model, 2 data tests, 1 view model in TIME (N.NNs).
    Completed with 1 error, 0 partial successes, and 0 warnings:
    [ERROR]: in test no_big_amounts (tests/no_big_amounts.sql)
      Got 1 result, configured to fail if != 0
      compiled code at target/compiled/a/tests/no_big_amounts.sql
    Done. PASS=3 WARN=0 ERROR=1 SKIP=1 NO-OP=0 REUSED=0 TOTAL=5
    ");
    assert_snapshot!(sandbox.statuses(), @r"
    seed raw: success
    model staged: success
    test no_big_amounts: fail
    test positive_staged_amount: pass
    model totals: skipped
    ");
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
    assert_snapshot!(outcome.console(), @r"
    exit code 0
    Concurrency: 1 threads (target='dev')
    1 of 2 START seed file main.forced ............................................. [RUN]
    1 of 2 OK loaded seed file main.forced ......................................... [INSERT 1 in N.NNs]
    2 of 2 START seed file main.types .............................................. [RUN]
    2 of 2 OK loaded seed file main.types .......................................... [INSERT 2 in N.NNs]
    Finished running 2 seeds in TIME (N.NNs).
    Random sample of table: main.forced
    -----------------------------------
    | code | name |
    | ---- | ---- |
    | 01   | a;b  |
    Random sample of table: main.types
    ----------------------------------
    | i |   d |     b |                   t |        day | s   | e |  z |
    | - | --- | ----- | ------------------- | ---------- | --- | - | -- |
    | 1 | 1.5 |  True | 2024-01-02 03:04:05 | 2024-01-02 | x   |   |  7 |
    | 2 | 2.0 | False | 2024-01-02 03:04:06 | 2024-01-03 | y z |   | 10 |
    Completed successfully
    Done. PASS=2 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2
    ");
    assert_snapshot!(sandbox.rows("select table_name, column_name, data_type from information_schema.columns order by table_name, ordinal_position"), @r"
    forced | code | VARCHAR
    forced | name | VARCHAR
    types | i | INTEGER
    types | d | DOUBLE
    types | b | BOOLEAN
    types | t | TIMESTAMP
    types | day | DATE
    types | s | VARCHAR
    types | e | INTEGER
    types | z | INTEGER
    ");
    assert_snapshot!(sandbox.rows("select * from forced"), @r"01 | a;b");
}

#[test]
fn seeds_are_replaced_row_by_row_and_rebuilt_on_full_refresh() {
    let sandbox = shop();
    sandbox.run(&["seed"]);
    let sandbox = sandbox.file("seeds/raw.csv", "id,amount,note\n5,50,new\n");
    let outcome = sandbox.run(&["seed", "--full-refresh"]);
    assert_snapshot!(outcome.console(), @r"
    exit code 0
    Concurrency: 1 threads (target='dev')
    1 of 1 START seed file main.raw ................................................ [RUN]
    1 of 1 OK loaded seed file main.raw ............................................ [CREATE 1 in N.NNs]
    Finished running 1 seed in TIME (N.NNs).
    Completed successfully
    Done. PASS=1 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=1
    ");
    assert_snapshot!(sandbox.rows("select * from raw"), @r"5 | 50 | new");
}

/// dbt's main thread notices the failure while its worker goes on, so that there it is chance which of the rest still
/// run; here none does.
#[test]
fn fail_fast_leaves_the_rest() {
    let sandbox = shop().file("models/aaa.sql", "select nope").file("models/zzz.sql", "select 1 as id");
    sandbox.run(&["seed"]);
    let outcome = sandbox.run(&["run", "--fail-fast", "--threads", "1"]);
    assert_eq!(outcome.code, 1);
    assert_snapshot!(sandbox.statuses(), @r"
    model aaa: error
    model staged: skipped
    model totals: skipped
    model zzz: skipped
    ");
    assert_snapshot!(sandbox.relations(), @r"main | raw | BASE TABLE");
}

#[test]
fn a_fail_calc_has_to_give_a_number() {
    let sandbox = Sandbox::new().project().file("models/m.sql", "select 1 as id union all select 1").file(
        "models/s.yml",
        "models: [{name: m, columns: [{name: id, data_tests: [{unique: {config: {fail_calc: 'null'}}}]}]}]",
    );
    assert_eq!(sandbox.run(&["build"]).code, 1);
    let results = sandbox.json("target/run_results.json");
    let tested = &results["results"][1];
    assert_eq!((tested["status"].as_str(), tested["failures"].as_i64()), (Some("error"), None));
    assert!(tested["message"].as_str().unwrap().contains("None is not of type 'integer'"), "{tested}");
}
