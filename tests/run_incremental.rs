//! Incremental models on a real database: what each strategy leaves in the table, first run, second run, full refresh.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use common::Sandbox;
use insta::assert_snapshot;

/// A project whose incremental model reads the rows that `source.csv` holds.
fn project(config: &str) -> Sandbox {
    Sandbox::new().project().file("seeds/source.csv", "id,name\n1,ann\n2,bob\n").file(
        "models/people.sql",
        &format!(
            "{{{{ config(materialized='incremental', {config}) }}}}\nselect id, name from {{{{ ref('source') }}}}\n"
        ),
    )
}

/// Builds twice; the second time with a changed and a new row.
fn build_twice(sandbox: Sandbox) -> Sandbox {
    let first = sandbox.run(&["build"]);
    assert_eq!(first.code, 0, "{first}");
    let sandbox = sandbox.file("seeds/source.csv", "id,name\n2,bea\n3,cid\n");
    let second = sandbox.run(&["build"]);
    assert_eq!(second.code, 0, "{second}");
    sandbox
}

const PEOPLE: &str = "select * from people order by all";

#[test]
fn append_adds_rows() {
    let sandbox = build_twice(project("incremental_strategy='append'"));
    assert_snapshot!(sandbox.rows(PEOPLE), @r"
    1 | ann
    2 | bea
    2 | bob
    3 | cid
    ");
    let again = sandbox.run(&["run", "--full-refresh"]);
    assert_snapshot!(again.console(), @r"
    exit code 0
    Concurrency: 1 threads (target='dev')
    1 of 1 START sql incremental model main.people ................................. [RUN]
    1 of 1 OK created sql incremental model main.people ............................ [OK in N.NNs]
    Finished running 1 incremental model in TIME (N.NNs).
    Completed successfully
    Done. PASS=1 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=1
    ");
    assert_snapshot!(sandbox.rows(PEOPLE), @r"
    2 | bea
    3 | cid
    ");
}

#[test]
fn delete_insert_replaces_rows_of_the_same_key() {
    let sandbox = build_twice(project("incremental_strategy='delete+insert', unique_key='id'"));
    assert_snapshot!(sandbox.rows(PEOPLE), @r"
    1 | ann
    2 | bea
    3 | cid
    ");
}

#[test]
fn merge_updates_and_inserts() {
    let sandbox = build_twice(project("incremental_strategy='merge', unique_key='id'"));
    assert_snapshot!(sandbox.rows(PEOPLE), @r"
    1 | ann
    2 | bea
    3 | cid
    ");
}

#[test]
fn merge_leaves_the_columns_that_it_is_told_to_leave() {
    let sandbox = build_twice(project("incremental_strategy='merge', unique_key='id', merge_exclude_columns=['name']"));
    assert_snapshot!(sandbox.rows(PEOPLE), @r"
    1 | ann
    2 | bob
    3 | cid
    ");
}

#[test]
fn is_incremental_is_true_from_the_second_run_on() {
    let sandbox = Sandbox::new().project().file(
        "models/runs.sql",
        "{{ config(materialized='incremental') }}
         select {% if is_incremental() %}(select max(n) + 1 from {{ this }}){% else %}1{% endif %} as n",
    );
    for words in [&["run"][..], &["run"], &["run"]] {
        assert_eq!(sandbox.run(words).code, 0);
    }
    assert_snapshot!(sandbox.rows("select * from runs order by n"), @r"
    1
    2
    3
    ");
    sandbox.run(&["run", "-f"]);
    assert_snapshot!(sandbox.rows("select * from runs order by n"), @r"1");
}

#[test]
fn new_columns_are_appended_when_asked() {
    let sandbox = project("on_schema_change='append_new_columns'");
    assert_eq!(sandbox.run(&["build"]).code, 0);
    let sandbox = sandbox.file(
        "models/people.sql",
        "{{ config(materialized='incremental', on_schema_change='append_new_columns') }}
         select id, name, 7 as score from {{ ref('source') }} where id = 1",
    );
    assert_eq!(sandbox.run(&["run"]).code, 0);
    assert_snapshot!(sandbox.rows(PEOPLE), @r"
    1 | ann | 7
    1 | ann | null
    2 | bob | null
    ");
}

#[test]
fn a_changed_schema_fails_when_asked() {
    let sandbox = project("on_schema_change='fail'");
    assert_eq!(sandbox.run(&["build"]).code, 0);
    let sandbox = sandbox.file(
        "models/people.sql",
        "{{ config(materialized='incremental', on_schema_change='fail') }}
         select id from {{ ref('source') }}",
    );
    let outcome = sandbox.run(&["run"]);
    assert_snapshot!(outcome.console(), @r"
    exit code 1
    Concurrency: 1 threads (target='dev')
    1 of 1 START sql incremental model main.people ................................. [RUN]
    1 of 1 ERROR creating sql incremental model main.people ........................ [ERROR in N.NNs]
    Finished running 1 incremental model in TIME (N.NNs).
    Completed with 1 error, 0 partial successes, and 0 warnings:
    [ERROR]: in model people (models/people.sql)
      Compilation Error in model people (models/people.sql)
      
                    The source and target schemas on this incremental model are out of sync!
                    They can be reconciled in several ways:
                      - set the `on_schema_change` config to either append_new_columns or sync_all_columns, depending on your situation.
                      - Re-run the incremental model with `full_refresh: True` to update the target schema.
                      - update the schema manually and re-run the process.
      
                    Additional troubleshooting context:
                       Source columns not in target: []
                       Target columns not in source: [DuckDBColumn(column='name', dtype='VARCHAR', char_size=None, numeric_precision=None, numeric_scale=None, fields=[])]
                       New column types: []
                
      
      > in macro default__process_schema_changes (macros/materializations/models/incremental/on_schema_change.sql)
      > called by macro process_schema_changes (macros/materializations/models/incremental/on_schema_change.sql)
      > called by macro materialization_incremental_duckdb (macros/materializations/incremental.sql)
      > called by model people (models/people.sql)
      compiled code at target/compiled/a/models/people.sql
    Done. PASS=0 WARN=0 ERROR=1 SKIP=0 NO-OP=0 REUSED=0 TOTAL=1
    ");
    assert_snapshot!(sandbox.rows(PEOPLE), @r"
    1 | ann
    2 | bob
    ");
}

#[test]
fn an_unknown_strategy_is_named() {
    let sandbox = project("incremental_strategy='upsert'");
    assert_eq!(sandbox.run(&["build"]).code, 0);
    let outcome = sandbox.run(&["run"]);
    assert!(outcome.stdout.contains("get_incremental_upsert_sql"), "{outcome}");
    assert_snapshot!(sandbox.statuses(), @r"model people: error");
}

#[test]
fn a_column_type_changes_before_rows_are_replaced() {
    for strategy in ["append", "delete+insert", "merge"] {
        let sandbox = Sandbox::new().project().file(
            "models/people.sql",
            &format!(
                "{{{{ config(materialized='incremental', incremental_strategy='{strategy}', unique_key='id',
                             on_schema_change='sync_all_columns') }}}}
                 {{% if is_incremental() %}}select 1 as id, 'text' as n, true as flag
                 {{% else %}}select 1 as id, 1 as n, false as flag{{% endif %}}"
            ),
        );
        assert_eq!(sandbox.run(&["run"]).code, 0);
        let outcome = sandbox.run(&["run"]);
        assert_eq!(outcome.code, 0, "{outcome}");
        assert_eq!(
            sandbox.rows("select column_name, column_type from (describe people)"),
            "id | INTEGER\nn | VARCHAR\nflag | BOOLEAN\n"
        );
        assert_eq!(sandbox.rows("select n from people where flag"), "text\n");
    }
}
