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
    assert_snapshot!(outcome.console(), @r"
    exit code 0
    Concurrency: 1 threads (target='dev')
    1 of 2 START hook: a.on-run-start.0 ............................................ [RUN]
    1 of 2 OK hook: a.on-run-start.0 ............................................... [OK in N.NNs]
    2 of 2 START hook: a.on-run-start.1 ............................................ [RUN]
    2 of 2 OK hook: a.on-run-start.1 ............................................... [OK in N.NNs]
    1 of 1 START sql view model main.one ........................................... [RUN]
    1 of 1 OK created sql view model main.one ...................................... [OK in N.NNs]
    1 of 2 START hook: a.on-run-end.0 .............................................. [RUN]
    1 of 2 OK hook: a.on-run-end.0 ................................................. [OK in N.NNs]
    2 of 2 START hook: a.on-run-end.1 .............................................. [RUN]
    2 of 2 OK hook: a.on-run-end.1 ................................................. [OK in N.NNs]
    Finished running 4 project hooks, 1 view model in TIME (N.NNs).
    Completed successfully
    Done. PASS=5 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=5
    ");
    assert_snapshot!(sandbox.statuses(), @r"
    operation a-on-run-start-0: success
    operation a-on-run-start-1: success
    model one: success
    operation a-on-run-end-0: success
    operation a-on-run-end-1: success
    ");
    assert_snapshot!(sandbox.rows("select * from audit"), @r"
    start
    one success
    main
    ");
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
    assert_snapshot!(sandbox.rows("select * from audit"), @r"
    before
    after 7
    ");
}

#[test]
fn a_failing_hook_at_the_start_skips_everything() {
    let sandbox = project(
        "on-run-start: ['create table t1 as select 1 as x', 'selec 1', 'create table t2 as select 1 as x']
on-run-end: ['create table t3 as select 1 as x']
",
    );
    let outcome = sandbox.run(&["run"]);
    assert_snapshot!(outcome.console(), @r#"
    exit code 1
    Concurrency: 1 threads (target='dev')
    1 of 3 START hook: a.on-run-start.0 ............................................ [RUN]
    1 of 3 OK hook: a.on-run-start.0 ............................................... [OK in N.NNs]
    2 of 3 START hook: a.on-run-start.1 ............................................ [RUN]
    2 of 3 ERROR hook: a.on-run-start.1 ............................................ [ERROR in N.NNs]
    3 of 3 SKIP hook: a.on-run-start.2 ............................................. [SKIP in N.NNs]
    1 of 1 SKIP relation main.one .................................................. [SKIP]
    1 of 1 START hook: a.on-run-end.0 .............................................. [RUN]
    1 of 1 OK hook: a.on-run-end.0 ................................................. [OK in N.NNs]
    Finished running 4 project hooks, 1 view model in TIME (N.NNs).
    Completed with 2 errors, 0 partial successes, and 0 warnings:
    [ERROR]: in operation a-on-run-start-1 (./dbt_project.yml)
      a.on-run-start.1 failed, error:
     Parser Error: syntax error at or near "selec"
    LINE 2: selec 1
            ^
      compiled code at target/compiled/a/./dbt_project.yml/hooks/a-on-run-start-1.sql
    Done. PASS=2 WARN=0 ERROR=1 SKIP=2 NO-OP=0 REUSED=0 TOTAL=5
    "#);
    assert_snapshot!(sandbox.statuses(), @r"
    operation a-on-run-start-0: success
    operation a-on-run-start-1: error
    operation a-on-run-start-2: skipped
    model one: skipped
    operation a-on-run-end-0: success
    ");
    assert_snapshot!(sandbox.relations(), @r"
    main | t1 | BASE TABLE
    main | t3 | BASE TABLE
    ");
}

#[test]
fn a_failing_hook_at_the_end_fails_the_command() {
    let sandbox = project("on-run-end: 'selec 1'\n");
    let outcome = sandbox.run(&["run"]);
    assert_snapshot!(outcome.console(), @r#"
    exit code 1
    Concurrency: 1 threads (target='dev')
    1 of 1 START sql view model main.one ........................................... [RUN]
    1 of 1 OK created sql view model main.one ...................................... [OK in N.NNs]
    1 of 1 START hook: a.on-run-end.0 .............................................. [RUN]
    1 of 1 ERROR hook: a.on-run-end.0 .............................................. [ERROR in N.NNs]
    Finished running 1 project hook, 1 view model in TIME (N.NNs).
    Completed with 1 error, 0 partial successes, and 0 warnings:
    [ERROR]: in operation a-on-run-end-0 (./dbt_project.yml)
      a.on-run-end.0 failed, error:
     Parser Error: syntax error at or near "selec"
    LINE 2: selec 1
            ^
      compiled code at target/compiled/a/./dbt_project.yml/hooks/a-on-run-end-0.sql
    Done. PASS=1 WARN=0 ERROR=1 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2
    "#);
    assert_snapshot!(sandbox.statuses(), @r"
    model one: success
    operation a-on-run-end-0: error
    ");
}

#[test]
fn a_failing_hook_of_a_model_fails_the_model() {
    let sandbox =
        project("").file("models/one.sql", "{{ config(materialized='table', post_hook='selec 1') }} select 1 as id");
    let outcome = sandbox.run(&["run"]);
    assert_eq!(outcome.code, 1);
    assert!(outcome.stdout.contains("syntax error at or near \"selec\""), "{outcome}");
    assert_snapshot!(sandbox.statuses(), @r"model one: error");
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
    assert_snapshot!(outcome.console(), @r"
    exit code 0
    filled numbers with 3
    ");
    assert_snapshot!(sandbox.rows("select * from numbers"), @r"
    0
    1
    2
    ");
    let outcome = sandbox.run(&["run-operation", "broken"]);
    assert_eq!(outcome.code, 1);
    assert!(outcome.stdout.contains("syntax error at or near \"selec\""), "{outcome}");
}

/// Recorded from dbt: results, their timings and their nodes are objects with attributes, and dictionaries when asked.
#[test]
fn results_answer_as_data_classes_do() {
    let show = "{% macro show(results) %}{% for r in results %}
  {% do print(r.status ~ ' ' ~ r['node'].unique_id ~ ' ' ~ (r is mapping) ~ ' ' ~ r.skipped ~ ' <' ~ r.nothing ~ '>') %}
  {% do print(r.to_dict() | list) %}
  {% do print(r.to_dict(omit_none=true) | list) %}
  {% do print(r.to_msg_dict() | list) %}
  {% do print(r.to_dict().node.depends_on == r.node.to_dict().depends_on) %}
  {% do print(r.node.depends_on_nodes ~ r.node.config.get('materialized') ~ ' ' ~ r.node.patch_path) %}
  {% for t in r.timing %}
    {% do print(t.name ~ ' ' ~ ((t.completed_at - t.started_at).total_seconds() >= 0) ~ ' ' ~ (t.to_dict() | list)) %}
  {% endfor %}
{% endfor %}{% endmacro %}";
    let sandbox = Sandbox::new()
        .file(
            "dbt_project.yml",
            "name: a\nprofile: p\non-run-start: [select 1, select 2]\non-run-end: '{{ show(results) }}'\n",
        )
        .file("profiles.yml", "p:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: a.duckdb, threads: 1}\n")
        .file("macros/show.sql", show)
        .file("models/bad.sql", "select nope")
        .file("models/skipped.sql", "select * from {{ ref('bad') }}");
    let outcome = sandbox.run(&["run"]);
    let words = ["error ", "skipped ", "compile ", "execute ", "True", "['", "[]"];
    let printed = outcome.stdout.lines().filter(|line| words.iter().any(|word| line.starts_with(word)));
    assert_snapshot!(printed.collect::<Vec<_>>().join("\n"), @r"
    error model.a.bad False False <>
    ['status', 'timing', 'thread_id', 'execution_time', 'adapter_response', 'message', 'failures', 'node', 'agate_table', 'batch_results', 'overload_results']
    ['status', 'timing', 'thread_id', 'execution_time', 'adapter_response', 'message', 'node']
    ['status', 'message', 'thread', 'execution_time', 'num_failures', 'timing_info', 'adapter_response']
    True
    []view None
    compile True ['name', 'started_at', 'completed_at']
    execute True ['name', 'started_at', 'completed_at']
    skipped model.a.skipped False True <>
    ['status', 'timing', 'thread_id', 'execution_time', 'adapter_response', 'message', 'failures', 'node', 'agate_table', 'batch_results', 'overload_results']
    ['status', 'timing', 'thread_id', 'execution_time', 'adapter_response', 'node']
    ['status', 'message', 'thread', 'execution_time', 'num_failures', 'timing_info', 'adapter_response']
    True
    ['model.a.bad']view None
    ");
    let nodes = sandbox.json("target/manifest.json")["nodes"].clone();
    let index = |name: &str| nodes[format!("operation.a.a-on-run-{name}")]["index"].clone();
    // dbt counts from 0 when it parses hooks and from 1 when it runs them.
    assert_eq!([index("start-0"), index("start-1"), index("end-0")], [1, 2, 1]);
    assert_eq!(sandbox.run(&["parse"]).code, 0);
    assert_eq!(sandbox.json("target/manifest.json")["nodes"]["operation.a.a-on-run-start-1"]["index"], 1);
}

/// What a package stores at the end of a run is what the run made of the nodes. The lines are dbt's.
#[test]
fn the_graph_shows_what_has_happened() {
    let tell = "{% macro tell(when) %}{% if execute %}
  {%- for node in graph.nodes.values() if node.resource_type != 'operation' %}
    {{ log(when ~ ' ' ~ node.name ~ ' ' ~ node.compiled ~ ' ' ~ (node.depends_on.macros | join(' ')), info=true) }}
  {% endfor %}{% endif %}{% endmacro %}";
    let sandbox = Sandbox::new()
        .project()
        .file(
            "dbt_project.yml",
            "name: a\nprofile: p\non-run-start: \"{{ tell('before') }}\"\non-run-end: \"{{ tell('after') }}\"\n",
        )
        .file("macros/tell.sql", tell)
        .file("models/a.sql", "select 1 as id")
        .file("models/a.yml", "models:\n- name: a\n  columns: [{name: id, data_tests: [not_null]}]\n");
    let outcome = sandbox.run(&["build"]);
    let told = outcome.stdout.lines().filter(|line| line.starts_with("before ") || line.starts_with("after "));
    assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @r"
    before a  
    before not_null_a_id  macro.dbt.test_not_null
    after a True 
    after not_null_a_id True macro.dbt.test_not_null macro.dbt.get_where_subquery macro.dbt.get_limit_subquery_sql macro.dbt.should_store_failures macro.dbt.statement
    ");
}
