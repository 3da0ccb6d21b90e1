//! Hooks of the project and of models, operations: when they run, what they see, what a failing one does.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use common::Sandbox;
use insta::assert_snapshot;

/// A project with one model and these lines in `dbt_project.yml`.
fn project(lines: &str) -> Sandbox {
    Sandbox::new()
        .project()
        .file("dbt_project.yml", &format!("name: a\nprofile: p\n{lines}"))
        .file("models/one.sql", "select 1 as id")
}

#[test]
fn hooks_run_around_the_models() {
    let sandbox = project(
        "on-run-start:
  - create table if not exists audit (what varchar)
  - insert into audit values ('start')
on-run-end:
  - \"{% for result in results %}insert into audit values ('{{ result.node.name }} {{ result.status }}');{% endfor %}\"
  - \"{{ note(schemas | join(',')) }}\"
",
    )
    .file("macros/note.sql", "{% macro note(text) %}insert into audit values ('{{ text }}'){% endmacro %}");
    let outcome = sandbox.run(&["run"]);
    assert_snapshot!(outcome.console(), @r"");
    assert_snapshot!(sandbox.statuses(), @r"");
    assert_snapshot!(sandbox.rows("select * from audit"), @r"");
}

#[test]
fn hooks_of_a_model_run_with_it() {
    let sandbox = project("").file(
        "models/one.sql",
        "{{ config(materialized='table',
             pre_hook=['create table if not exists main.audit (what varchar)', \"insert into main.audit values ('before')\"],
             post_hook=\"insert into main.audit select 'after ' || id from {{ this }}\") }}
         select 7 as id",
    );
    assert_eq!(sandbox.run(&["run"]).code, 0);
    assert_snapshot!(sandbox.rows("select * from audit"), @r"");
}

#[test]
fn a_failing_hook_at_the_start_skips_everything() {
    let sandbox = project(
        "on-run-start: ['create table t1 as select 1 as x', 'selec 1', 'create table t2 as select 1 as x']
on-run-end: ['create table t3 as select 1 as x']
",
    );
    let outcome = sandbox.run(&["run"]);
    assert_snapshot!(outcome.console(), @r"");
    assert_snapshot!(sandbox.statuses(), @r"");
    assert_snapshot!(sandbox.relations(), @r"");
}

#[test]
fn a_failing_hook_at_the_end_fails_the_command() {
    let sandbox = project("on-run-end: 'selec 1'\n");
    let outcome = sandbox.run(&["run"]);
    assert_snapshot!(outcome.console(), @r"");
    assert_snapshot!(sandbox.statuses(), @r"");
}

#[test]
fn a_failing_hook_of_a_model_fails_the_model() {
    let sandbox =
        project("").file("models/one.sql", "{{ config(materialized='table', post_hook='selec 1') }} select 1 as id");
    let outcome = sandbox.run(&["run"]);
    assert_eq!(outcome.code, 1);
    assert!(outcome.stdout.contains("syntax error at or near \"selec\""), "{outcome}");
    assert_snapshot!(sandbox.statuses(), @r"");
    assert_snapshot!(sandbox.relations(), @r"");
}

#[test]
fn run_operation_calls_a_macro() {
    let sandbox = project("").file(
        "macros/fill.sql",
        "{% macro fill(name, rows=2) %}
           {% do run_query('create table ' ~ name ~ ' as select range as n from range(' ~ rows ~ ')') %}
           {% do log('filled ' ~ name ~ ' with ' ~ rows, info=true) %}
         {% endmacro %}
         {% macro broken() %}{% do run_query('selec 1') %}{% endmacro %}",
    );
    let outcome = sandbox.run(&["run-operation", "fill", "--args", "{name: numbers, rows: 3}"]);
    assert_snapshot!(outcome.console(), @r"");
    assert_snapshot!(sandbox.rows("select * from numbers"), @r"");
    let outcome = sandbox.run(&["run-operation", "broken"]);
    assert_eq!(outcome.code, 1);
    assert!(outcome.stdout.contains("syntax error at or near \"selec\""), "{outcome}");
}
