//! Models and macros that cannot be rendered: references that lead nowhere, cycles, broken Jinja, names that clash. Words
//! and exit codes are dbt's; what follows them helps to mend it.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use common::Sandbox;
use insta::assert_snapshot;

/// A project with the model `one`, and more files.
fn with(files: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::new().project().file("models/one.sql", "select 1 as id\n");
    files.iter().fold(sandbox, |sandbox, (path, content)| sandbox.file(path, content))
}

/// What `run` says of a project that does not parse; nothing is built.
fn refused(files: &[(&str, &str)]) -> String {
    let sandbox = with(files);
    let outcome = sandbox.run(&["run"]);
    assert_eq!(outcome.code, 2, "{outcome}");
    assert!(!sandbox.here().join("a.duckdb").exists(), "{outcome}");
    outcome.console()
}

/// What `run` says below the summary line when the model `two` fails.
fn failed(model: &str, more: &[(&str, &str)]) -> String {
    let sandbox = with(more).file("models/two.sql", model);
    let outcome = sandbox.run(&["run"]);
    assert_eq!(outcome.code, 1, "{outcome}");
    assert_eq!(sandbox.statuses(), "model one: success\nmodel two: error\n");
    let console = outcome.console();
    console.split_once("[ERROR]: ").map(|(_, rest)| rest.to_owned()).unwrap_or(console)
}

#[test]
fn references_that_lead_nowhere() {
    assert_snapshot!(refused(&[("models/two.sql", "select * from {{ ref('ones') }}")]), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Compilation Error
      Model 'model.a.two' (models/two.sql) depends on a node named 'ones' which was not found
      Did you mean `one`?
    ");
    assert_snapshot!(refused(&[("models/two.sql", "select * from {{ ref('shop', 'one') }}")]), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Compilation Error
      Model 'model.a.two' (models/two.sql) depends on a node named 'one' in package or project 'shop' which was not found
    ");
    assert_snapshot!(refused(&[("models/two.sql", "select * from {{ ref('one', v=2) }}")]), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Compilation Error
      Model 'model.a.two' (models/two.sql) depends on a node named 'one' with version '2' which was not found
    ");
    let off = [
        ("models/two.sql", "select * from {{ ref('off') }}"),
        ("models/off.sql", "{{ config(enabled=false) }} select 1 as id"),
    ];
    assert_snapshot!(refused(&off), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Compilation Error
      Model 'model.a.two' (models/two.sql) depends on a node named 'off' which is disabled
    ");
    let source = [
        ("models/two.sql", "select * from {{ source('raw', 'order') }}"),
        ("models/s.yml", "sources: [{name: raw, tables: [{name: orders}]}]"),
    ];
    assert_snapshot!(refused(&source), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Compilation Error
      Model 'model.a.two' (models/two.sql) depends on a source named 'raw.order' which was not found
      Did you mean `raw.orders`?
    ");
}

#[test]
fn cycles() {
    let circle = [
        ("models/x.sql", "select * from {{ ref('y') }}"),
        ("models/y.sql", "select * from {{ ref('z') }}"),
        ("models/z.sql", "select * from {{ ref('x') }}"),
    ];
    assert_snapshot!(refused(&circle), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Compilation Error
      Found a cycle: model.a.y --> model.a.x --> model.a.z
      Each of these needs the one before it, and the first needs the last; take one `ref` out.
    ");
    assert_snapshot!(refused(&[("models/x.sql", "select * from {{ ref('x') }}")]), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Compilation Error
      Found a cycle: model.a.x
      Each of these needs the one before it, and the first needs the last; take one `ref` out.
    ");
}

#[test]
fn broken_jinja_in_a_model() {
    assert_snapshot!(refused(&[("models/two.sql", "select 1\nfrom {{ ref('one' }}\n")]), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Compilation Error in model two (models/two.sql)
      unexpected '}', expected ')'
        line 2
          from {{ ref('one' }}
    ");
    assert_snapshot!(refused(&[("models/two.sql", "select 1\n{% if true %}\nx\n")]), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Compilation Error in model two (models/two.sql)
      Unexpected end of template. Jinja was looking for the following tags: 'elif' or 'else' or 'endif'. The innermost block that needs to be closed is 'if'.
        line 2
          {% if true %}
    ");
    assert_snapshot!(refused(&[("models/two.sql", "select 1\n{% nope %}\nx\n")]), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Compilation Error in model two (models/two.sql)
      Encountered unknown tag 'nope'.
        line 2
          {% nope %}
    ");
    assert_snapshot!(refused(&[("models/two.sql", "select {{ 1 | nope }}\n")]), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Compilation Error in model two (models/two.sql)
      No filter named 'nope'.
        line 1
          select {{ 1 | nope }}
    ");
}

#[test]
fn broken_jinja_in_a_macro() {
    let bad = "{% macro good() %}1{% endmacro %}\n\n{% macro bad() %}\n  {{ 1 + }}\n{% endmacro %}\n";
    assert_snapshot!(refused(&[("macros/m.sql", bad)]), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Compilation Error in macro macros/m.sql (macros/m.sql)
      unexpected 'end of print statement'
        line 2
          {{ 1 + }}
    ");
    let raises = [
        ("models/two.sql", "select {{ stop() }}"),
        ("macros/m.sql", "{% macro stop() %}{% do exceptions.raise_compiler_error('my words') %}{% endmacro %}"),
    ];
    assert_snapshot!(refused(&raises), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Compilation Error in model two (models/two.sql)
      my words
      
      > in macro stop (macros/m.sql)
      > called by model two (models/two.sql)
      At macros/m.sql:1 (macro stop), called from models/two.sql:1.
    ");
    let arguments =
        [("models/two.sql", "select {{ good(1, 2) }}"), ("macros/m.sql", "{% macro good(x) %}1{% endmacro %}")];
    assert_snapshot!(refused(&arguments), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Compilation Error in model two (models/two.sql)
      macro 'dbt_macro__good' takes not more than 1 argument(s)
      At models/two.sql:1.
    ");
}

#[test]
fn macros_that_do_not_exist() {
    let macros = [("macros/m.sql", "{% macro double(x) %}2 * {{ x }}{% endmacro %}")];
    assert_snapshot!(failed("select {{ duble(1) }}", &macros), @r#"
    in model two (models/two.sql)
      Compilation Error in model two (models/two.sql)
      'duble' is undefined. This can happen when calling a macro that does not exist. Check for typos and/or install package dependencies with "dbt deps".
      Did you mean `double`?
      At models/two.sql:1.
    Done. PASS=1 WARN=0 ERROR=1 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2
    "#);
    assert_snapshot!(failed("select {{ dbt_utils.star('x') }}", &[]), @r#"
    in model two (models/two.sql)
      Compilation Error in model two (models/two.sql)
      'dbt_utils' is undefined. This can happen when calling a macro that does not exist. Check for typos and/or install package dependencies with "dbt deps".
      At models/two.sql:1.
    Done. PASS=1 WARN=0 ERROR=1 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2
    "#);
    assert_snapshot!(failed("select {{ var('nope') }}", &[]), @r"
    in model two (models/two.sql)
      Compilation Error in model two (models/two.sql)
      Required var 'nope' not found in config:
      Vars supplied to two = {}
      At models/two.sql:1.
    Done. PASS=1 WARN=0 ERROR=1 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2
    ");
}

#[test]
fn attributes_of_what_is_not_there() {
    // While parsing, `config.get` does not have the value yet, and whatever is asked of it is nothing.
    let known = "{{ config(meta={'owner': {'name': 'x'}}) }} select '{{ config.get('meta').owner.name }}' as n";
    let sandbox = with(&[("models/two.sql", known)]);
    assert_eq!(sandbox.run(&["run"]).code, 0);
    assert_eq!(sandbox.rows("select * from two"), "x\n");
    assert_snapshot!(failed("select {{ none.x.y }}", &[]), @r#"
    in model two (models/two.sql)
      Compilation Error in model two (models/two.sql)
      'None' has no attribute 'x'. This can happen when calling a macro that does not exist. Check for typos and/or install package dependencies with "dbt deps".
      At models/two.sql:1.
    Done. PASS=1 WARN=0 ERROR=1 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2
    "#);
    assert_snapshot!(failed("select {{ this.nope.x() }}", &[]), @r#"
    in model two (models/two.sql)
      Compilation Error in model two (models/two.sql)
      'dbt.adapters.duckdb.relation.DuckDBRelation object' has no attribute 'nope'. This can happen when calling a macro that does not exist. Check for typos and/or install package dependencies with "dbt deps".
      At models/two.sql:1.
    Done. PASS=1 WARN=0 ERROR=1 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2
    "#);
    assert_snapshot!(failed("select {{ target.schema.x.y }}", &[]), @r#"
    in model two (models/two.sql)
      Compilation Error in model two (models/two.sql)
      'str object' has no attribute 'x'. This can happen when calling a macro that does not exist. Check for typos and/or install package dependencies with "dbt deps".
      At models/two.sql:1.
    Done. PASS=1 WARN=0 ERROR=1 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2
    "#);
}

#[test]
fn references_that_parsing_did_not_see() {
    let hidden = "{% if execute %}select * from {{ ref('one') }}{% else %}select 1{% endif %}";
    assert_snapshot!(failed(hidden, &[]), @r#"
    in model two (models/two.sql)
      Compilation Error in model two (models/two.sql)
      dbt was unable to infer all dependencies for the model "two".
      This typically happens when ref() is placed within a conditional block.
      
      To fix this, add the following hint to the top of the model "two":
      
      -- depends_on: {{ ref('one') }}
      At models/two.sql:1.
    Done. PASS=1 WARN=0 ERROR=1 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2
    "#);
}

#[test]
fn names_that_clash() {
    assert_snapshot!(refused(&[("models/x/one.sql", "select 2")]), @r#"
    exit code 2
    [ERROR]: Encountered an error:
    Compilation Error
      dbt found two models with the name "one".
      
      Since these resources have the same name, dbt will be unable to find the correct resource
      when looking for ref("one").
      
      To fix this, change the name of one of these resources:
      - model.a.one (models/x/one.sql)
      - model.a.one (models/one.sql)
    "#);
    assert_snapshot!(refused(&[("models/two.sql", "{{ config(alias='one') }} select 2")]), @r#"
    exit code 2
    [ERROR]: Encountered an error:
    Compilation Error
      dbt found two resources with the database representation ""a"."main"."one"".
      dbt cannot create two resources with identical database representations. To fix this,
      change the configuration of one of these resources:
      - model.a.two (models/two.sql)
      - model.a.one (models/one.sql)
    "#);
    let macros =
        [("macros/m.sql", "{% macro same() %}1{% endmacro %}"), ("macros/n.sql", "{% macro same() %}2{% endmacro %}")];
    assert_snapshot!(refused(&macros), @r#"
    exit code 2
    [ERROR]: Encountered an error:
    Compilation Error
      dbt found multiple macros named "same" in the project "a".
       All macros require unique names, to fix this error rename or remove any
      duplicates. They can be found in these files:
          - macros/n.sql
          - macros/m.sql
    "#);
}

#[test]
fn configurations_that_mean_nothing() {
    assert_snapshot!(failed("{{ config(materialized='tabel') }} select 1 as id", &[]), @r"
    in model two (models/two.sql)
      Compilation Error in model two (models/two.sql)
      No materialization 'tabel' was found for adapter duckdb! (searched types 'default' and 'duckdb')
      Did you mean `table`?
      compiled code at target/compiled/a/models/two.sql
    Done. PASS=1 WARN=0 ERROR=1 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2
    ");
    assert_snapshot!(refused(&[("models/two.sql", "{{ config('table') }} select 1 as id")]), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Compilation Error in model two (models/two.sql)
      Invalid inline model config
      At models/two.sql:1.
    ");
    assert_snapshot!(refused(&[("models/two.sql", "{{ config(enabled='maybe') }} select 1 as id")]), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Parsing Error in model two (models/two.sql)
      at path ['enabled']: 'maybe' is not of type 'boolean'
    ");
}

/// Macros that fail, each in its way.
const FAILING: &str = "\
{% macro stop() %}
  {% do exceptions.raise_compiler_error('my words') %}
{% endmacro %}

{% macro outer() %}
  {{ a.middle() }}
{% endmacro %}

{% macro middle() %}{{ adapter.dispatch('middle')() }}{% endmacro %}
{% macro default__middle() %}{{ stop() }}{% endmacro %}
{% macro wrap() %}<{{ caller() }}>{% endmacro %}

{% macro calls_nothing() %}
  {{ stopp() }}
{% endmacro %}

{% macro asks() %}{% do run_query('select * from nowhere') %}{% endmacro %}
{% macro wants() %}{{ var('star_date') }}{% endmacro %}
{% macro again(n) %}{{ again(n + 1) }}{% endmacro %}
{% test tested(model) %}
  select * from {{ model }} where {{ outer() }}
{% endtest %}
";

#[test]
fn the_way_through_macros_is_named() {
    let macros = [("macros/m.sql", FAILING)];
    let while_running = |call: &str| failed(&format!("{{% if execute %}}\n{call}\n{{% endif %}}"), &macros);
    assert_snapshot!(while_running("{{ outer() }}"), @r"
    in model two (models/two.sql)
      Compilation Error in model two (models/two.sql)
      my words
      
      > in macro stop (macros/m.sql)
      > called by macro default__middle (macros/m.sql)
      > called by macro middle (macros/m.sql)
      > called by macro outer (macros/m.sql)
      > called by model two (models/two.sql)
      At macros/m.sql:2 (macro stop), called from macros/m.sql:10 (macro default__middle), called from macros/m.sql:9 (macro middle), called from macros/m.sql:6 (macro outer), called from models/two.sql:2.
    Done. PASS=1 WARN=0 ERROR=1 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2
    ");
    assert_snapshot!(while_running("{% call wrap() %}\n{{ stop() }}{% endcall %}"), @r"
    in model two (models/two.sql)
      Compilation Error in model two (models/two.sql)
      my words
      
      > in macro stop (macros/m.sql)
      > called by macro wrap (macros/m.sql)
      > called by model two (models/two.sql)
      At macros/m.sql:2 (macro stop), called from models/two.sql:3.
    Done. PASS=1 WARN=0 ERROR=1 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2
    ");
    assert_snapshot!(while_running("{{ calls_nothing() }}"), @r"
    in model two (models/two.sql)
      Compilation Error in model two (models/two.sql)
      'stopp' is undefined
      Did you mean `stop`?
      At macros/m.sql:14 (macro calls_nothing), called from models/two.sql:2.
    Done. PASS=1 WARN=0 ERROR=1 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2
    ");
    assert_snapshot!(while_running("{{ again(1) }}"), @r"
    in model two (models/two.sql)
      Compilation Error in model two (models/two.sql)
      maximum recursion depth exceeded
      At macros/m.sql:19 (macro again), called from models/two.sql:2.
    Done. PASS=1 WARN=0 ERROR=1 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2
    ");
    assert_snapshot!(while_running("{{ asks() }}"), @r#"
    in model two (models/two.sql)
      Runtime Error in model two (models/two.sql)
      Catalog Error: Table with name nowhere does not exist!
      Did you mean "one"?
      
      LINE 3:     select * from nowhere
                                ^
      At macros/m.sql:17 (macro asks), called from models/two.sql:2.
    Done. PASS=1 WARN=0 ERROR=1 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2
    "#);
}

#[test]
fn places_of_errors_while_parsing() {
    let macros = ("macros/m.sql", FAILING);
    assert_snapshot!(refused(&[macros, ("models/two.sql", "select 1,\n  {{ outer() }}")]), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Compilation Error in model two (models/two.sql)
      my words
      
      > in macro stop (macros/m.sql)
      > called by macro default__middle (macros/m.sql)
      > called by macro middle (macros/m.sql)
      > called by macro outer (macros/m.sql)
      > called by model two (models/two.sql)
      At macros/m.sql:2 (macro stop), called from macros/m.sql:10 (macro default__middle), called from macros/m.sql:9 (macro middle), called from macros/m.sql:6 (macro outer), called from models/two.sql:2.
    ");
    assert_snapshot!(refused(&[macros, ("models/two.sql", "select 1,\n  {{ calls_nothing() }}")]), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Compilation Error in model two (models/two.sql)
      'stopp' is undefined
      Did you mean `stop`?
      At macros/m.sql:14 (macro calls_nothing), called from models/two.sql:2.
    ");
    assert_snapshot!(refused(&[macros, ("models/s.yml", "models: [{name: one, data_tests: [tested]}]")]), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Compilation Error in test tested_one_ (models/s.yml)
      my words
      
      > in macro stop (macros/m.sql)
      > called by macro default__middle (macros/m.sql)
      > called by macro middle (macros/m.sql)
      > called by macro outer (macros/m.sql)
      > called by macro test_tested (macros/m.sql)
      > called by test tested_one_ (models/s.yml)
      At macros/m.sql:2 (macro stop), called from macros/m.sql:10 (macro default__middle), called from macros/m.sql:9 (macro middle), called from macros/m.sql:6 (macro outer), called from macros/m.sql:21 (macro test_tested).
    ");
}

#[test]
fn variables_that_are_nearly_known() {
    let files = [("macros/m.sql", FAILING), ("dbt_project.yml", "name: a\nprofile: p\nvars: {start_date: 1}\n")];
    assert_snapshot!(failed("select {{ wants() }}", &files), @r#"
    in model two (models/two.sql)
      Compilation Error in model two (models/two.sql)
      Required var 'star_date' not found in config:
      Vars supplied to two = {
          "start_date": 1
      }
      
      > in macro wants (macros/m.sql)
      > called by model two (models/two.sql)
      Did you mean `start_date`?
      At macros/m.sql:18 (macro wants), called from models/two.sql:1.
    Done. PASS=1 WARN=0 ERROR=1 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2
    "#);
}

#[test]
fn operations_and_hooks_that_fail() {
    let operation = with(&[("macros/m.sql", FAILING)]).run(&["run-operation", "outer"]);
    assert_eq!(operation.code, 1, "{operation}");
    assert_snapshot!(operation.console(), @r"
    exit code 1
    [ERROR]: Encountered an error while running operation: Compilation Error in macro outer (macros/m.sql)
      my words
      
      > in macro stop (macros/m.sql)
      > called by macro default__middle (macros/m.sql)
      > called by macro middle (macros/m.sql)
      > called by macro outer (macros/m.sql)
      > called by macro outer (macros/m.sql)
      At macros/m.sql:2 (macro stop), called from macros/m.sql:10 (macro default__middle), called from macros/m.sql:9 (macro middle), called from macros/m.sql:6 (macro outer).
    ");
    let project = "name: a\nprofile: p\non-run-start: '{% if execute %}{{ outer() }}{% endif %}'\n";
    let hook = with(&[("macros/m.sql", FAILING), ("dbt_project.yml", project)]).run(&["run"]);
    assert_snapshot!(hook.console(), @r"
    exit code 2
    Concurrency: 1 threads (target='dev')
    [ERROR]: Encountered an error:
    Compilation Error in operation a-on-run-start-0 (./dbt_project.yml)
      my words
      
      > in macro stop (macros/m.sql)
      > called by macro default__middle (macros/m.sql)
      > called by macro middle (macros/m.sql)
      > called by macro outer (macros/m.sql)
      > called by operation a-on-run-start-0 (./dbt_project.yml)
      At macros/m.sql:2 (macro stop), called from macros/m.sql:10 (macro default__middle), called from macros/m.sql:9 (macro middle), called from macros/m.sql:6 (macro outer).
    ");
}
