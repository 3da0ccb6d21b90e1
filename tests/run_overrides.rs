//! A project replaces what dbt brings along: naming macros, a materialization, `ref`, a test, by writing a macro of the
//! same name.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use common::Sandbox;
use insta::assert_snapshot;

#[test]
fn generate_schema_name_and_alias_name() {
    let sandbox = Sandbox::new()
        .project()
        .file(
            "macros/names.sql",
            "{% macro generate_schema_name(custom_schema_name, node) %}{{ custom_schema_name or target.schema }}{% endmacro %}
             {% macro generate_alias_name(custom_alias_name, node) %}x_{{ custom_alias_name or node.name }}{% endmacro %}",
        )
        .file("models/one.sql", "{{ config(schema='marts') }} select 1 as id")
        .file("models/two.sql", "select * from {{ ref('one') }}");
    let outcome = sandbox.run(&["run"]);
    assert_snapshot!(outcome.console(), @r"
    exit code 0
    Concurrency: 1 threads (target='dev')
    1 of 2 START sql view model marts.x_one ........................................ [RUN]
    1 of 2 OK created sql view model marts.x_one ................................... [OK in N.NNs]
    2 of 2 START sql view model main.x_two ......................................... [RUN]
    2 of 2 OK created sql view model main.x_two .................................... [OK in N.NNs]
    Finished running 2 view models in TIME (N.NNs).
    Completed successfully
    Done. PASS=2 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2
    ");
    assert_snapshot!(sandbox.relations(), @r"
    main | x_two | VIEW
    marts | x_one | VIEW
    ");
}

#[test]
fn a_built_in_materialization_is_replaced() {
    let sandbox = Sandbox::new()
        .project()
        .file(
            "macros/view.sql",
            "{% materialization view, adapter='duckdb' %}
               {% set target_relation = this.incorporate(type='table') %}
               {% call statement('main') %}create or replace table {{ target_relation }} as {{ sql }}{% endcall %}
               {% do adapter.commit() %}
               {{ return({'relations': [target_relation]}) }}
             {% endmaterialization %}",
        )
        .file("models/one.sql", "select 1 as id");
    let outcome = sandbox.run(&["run"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    assert_snapshot!(sandbox.relations(), @"main | one | BASE TABLE");
}

#[test]
fn a_materialization_of_the_project_itself() {
    let sandbox = Sandbox::new()
        .project()
        .file(
            "macros/log_table.sql",
            "{% materialization log_table, default %}
               {% set target_relation = this.incorporate(type='table') %}
               {% call statement('main') %}create table if not exists {{ target_relation }} as {{ sql }}{% endcall %}
               {% do adapter.commit() %}
               {{ return({'relations': [target_relation]}) }}
             {% endmaterialization %}",
        )
        .file("models/one.sql", "{{ config(materialized='log_table') }} select 1 as id");
    let outcome = sandbox.run(&["run"]);
    assert_snapshot!(outcome.console(), @r"
    exit code 0
    Concurrency: 1 threads (target='dev')
    1 of 1 START sql log_table model main.one ...................................... [RUN]
    1 of 1 OK created sql log_table model main.one ................................. [OK in N.NNs]
    Finished running 1 log table model in TIME (N.NNs).
    Completed successfully
    Done. PASS=1 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=1
    ");
    assert_snapshot!(sandbox.relations(), @r"main | one | BASE TABLE");
}

#[test]
fn ref_is_replaced_and_the_built_in_one_still_reached() {
    let sandbox = Sandbox::new()
        .project()
        .file(
            "macros/ref.sql",
            "{% macro ref(model_name) %}{{ return(builtins.ref(model_name).include(database=false)) }}{% endmacro %}",
        )
        .file("models/one.sql", "select 1 as id")
        .file("models/two.sql", "select * from {{ ref('one') }}");
    assert_eq!(sandbox.run(&["run"]).code, 0);
    assert_snapshot!(sandbox.read("target/compiled/a/models/two.sql"), @r#"select * from "main"."one""#);
    assert_snapshot!(sandbox.statuses(), @r"
    model one: success
    model two: success
    ");
}

#[test]
fn what_a_macro_puts_into_a_new_schema_is_found() {
    let sandbox = Sandbox::new()
        .project()
        .file(
            "macros/schemas.sql",
            "{% macro duckdb__create_schema(relation) %}
               {% call statement('schema') %}create schema {{ relation.without_identifier() }}{% endcall %}
               {% call statement('table') %}create table {{ relation.schema }}.brought as select 7 as n{% endcall %}
             {% endmacro %}",
        )
        .file(
            "models/one.sql",
            "{{ config(schema='made') }}
             select {{ 'n' if load_cached_relation(this.incorporate(path={'identifier': 'brought'})) else 'null' }} as n
             from {{ this.schema }}.brought",
        );
    let outcome = sandbox.run(&["run"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    assert_eq!(sandbox.rows("from main_made.one"), "7\n");
}

#[test]
fn built_in_tests_and_sql_macros_are_replaced() {
    let sandbox = Sandbox::new()
        .project()
        .file("macros/tests.sql", "{% test not_null(model, column_name) %}select 1 as always{% endtest %}")
        .file(
            "macros/create.sql",
            "{% macro duckdb__create_table_as(temporary, relation, compiled_code, language='sql', partitioned_by=none, sorted_by=none) %}
               create or replace table {{ relation }} as select 'mine' as who, * from ({{ compiled_code }})
             {% endmacro %}",
        )
        .file("models/one.sql", "{{ config(materialized='table') }} select 1 as id")
        .file("models/one.yml", "models: [{name: one, columns: [{name: id, data_tests: [not_null]}]}]");
    let outcome = sandbox.run(&["build"]);
    assert_eq!(outcome.code, 1, "{outcome}");
    assert_snapshot!(sandbox.statuses(), @r"
    model one: success
    test not_null_one_id: fail
    ");
    assert_snapshot!(sandbox.rows("select * from one"), @r"mine | 1");
}

#[test]
fn dispatch_prefers_the_adapter_and_the_project() {
    let sandbox = Sandbox::new()
        .project()
        .file(
            "macros/greet.sql",
            "{% macro greet() %}{{ return(adapter.dispatch('greet')()) }}{% endmacro %}
             {% macro default__greet() %}'default'{% endmacro %}
             {% macro duckdb__greet() %}'duckdb'{% endmacro %}",
        )
        .file("models/one.sql", "select {{ greet() }} as who");
    assert_eq!(sandbox.run(&["run"]).code, 0);
    assert_snapshot!(sandbox.rows("select * from one"), @r"duckdb");
}

/// Methods are values as well: packages ask whether they are there before they call them. The lines are dbt's.
#[test]
fn methods_that_are_not_called() {
    let sandbox = Sandbox::new().project().file(
        "macros/methods.sql",
        "{% macro methods() %}
  {% set column = api.Column('a', 'string') %}
  {% set relation = api.Relation.create(schema='s', identifier='i') %}
  {{ log([api.Column.translate_type is defined, api.Column.nope is defined, api.Relation.create is defined,
          column.is_string is defined, column.nope is defined, relation.include is callable, relation.nope is defined,
          [].append is defined, {}.items is callable, {}.nope is defined], info=true) }}
  {% set translate, include, append, keys = api.Column.translate_type, relation.include, [].append, {'k': 1}.keys %}
  {{ log([translate('string'), include(schema=false) | string, append(1), keys() | list], info=true) }}
{% endmacro %}",
    );
    assert_snapshot!(sandbox.run(&["run-operation", "methods"]).console(), @r#"
    exit code 0
    [True, False, True, True, False, True, False, True, True, False]
    ['TEXT', '"i"', None, ['k']]
    "#);
}

/// How packages tell decimals and moments from other values. The lines are dbt's.
#[test]
fn methods_of_what_a_query_gives() {
    let sandbox = Sandbox::new().project().file(
        "macros/methods.sql",
        "{% macro methods() %}
  {% set table = run_query(\"select 1.50::decimal(10,2) as a, 0.00::decimal(5,2) as b, date '2025-01-02' as c\") %}
  {% set row = table.rows[0] %}
  {% for value in row.values() %}
    {{ log([value, value.normalize is defined, value.isoformat is defined, value.strftime is callable], info=true) }}
  {% endfor %}
  {% set parts = row[0].normalize().as_tuple() %}
  {{ log([parts, parts[2], parts.exponent, row[1].as_tuple() | string, parts | length], info=true) }}
  {{ log([table.print_table is defined, table.nope is defined, row.values is defined, row.nope is defined,
          table.columns['a'].values is callable, table.columns.get is defined], info=true) }}
{% endmacro %}",
    );
    assert_snapshot!(sandbox.run(&["run-operation", "methods"]).console(), @r"
    exit code 0
    [Decimal('1.50'), True, False, True]
    [Decimal('0.00'), True, False, True]
    [datetime.date(2025, 1, 2), False, True, True]
    [DecimalTuple(sign=0, digits=(1, 5), exponent=-1), -1, -1, 'DecimalTuple(sign=0, digits=(0,), exponent=-2)', 3]
    [True, False, True, False, True, True]
    ");
}

/// Macros that do what dbt's do. A project that has them gets its views, tables and tests from macros; without them their
/// statements are sent directly.
const SAME_AS_STANDARD: &str = "
{% macro should_revoke(existing_relation, full_refresh_mode=True) %}{% do return(false) %}{% endmacro %}
{% macro should_store_failures() %}
  {% set configured = config.get('store_failures') %}
  {% do return(flags.STORE_FAILURES if configured is none else configured) %}
{% endmacro %}";

/// Models and tests of every kind that the statements depend on, and what a build finds in its way.
fn plain_and_not_so_plain() -> Sandbox {
    let tests = "
models:
  - name: as_table
    columns:
      - name: id
        data_tests:
          - not_null
          - unique: {config: {limit: 5, where: 'id > 0', warn_if: '> 2', error_if: '> 5', fail_calc: 'count(*) + 3'}}
          - accepted_values: {arguments: {values: [7]}, config: {severity: warn, error_if: '>= 10'}}
          - accepted_values: {name: kept, arguments: {values: [8]}, config: {store_failures: true}}
  - name: fails
    columns: [{name: id, data_tests: [not_null]}]
  - name: documented
    description: About it.
    config: {persist_docs: {relation: true}, materialized: table}
  - name: agreed
    config: {contract: {enforced: true}}
    columns: [{name: id, data_type: integer}]
";
    Sandbox::new()
        .project()
        .file("models/tests.yml", tests)
        .file("models/as_view.sql", "select 1 as id")
        .file("models/as_table.sql", "{{ config(materialized='table') }}\nselect * from {{ ref('as_view') }}")
        .file("models/fails.sql", "{{ config(materialized='table') }} select nothing as id")
        .file("models/documented.sql", "select 1 as id")
        .file("models/agreed.sql", "select 1 as id")
        .file("models/indexed.sql", "{{ config(materialized='table', indexes=[{'columns': ['id']}]) }} select 1 as id")
        .file("models/hooked.sql", "{{ config(materialized='table', post_hook='select 1') }} select 1 as id")
        .file("models/headed.sql", "{{ config(materialized='table', sql_header='set threads = 1;') }} select 1 as id")
        .file("models/it's.sql", "{{ config(alias='Quoted', schema='other') }} select 1 as id")
        .file("tests/alone.sql", "select 1 as id where 1 = 0")
}

/// What lies in the way of the second build: leftovers of a run that broke off, an index, a view that is to be a table.
const IN_THE_WAY: &str = "
create table main.as_view__dbt_tmp as select 1 as id;
create view main.as_table__dbt_backup as select 1 as id;
create index by_id on main.as_table (id);
create or replace view main.documented__dbt_tmp as select 1 as id;
drop view main.as_view cascade;
create table main.as_view as select 3 as id;
drop table main.hooked;
create view main.hooked as select 3 as id;";

/// The lines of dbt.log from the first node on, without times and durations.
fn steady_log(sandbox: &Sandbox) -> String {
    let place = sandbox.here().to_string_lossy().into_owned();
    let log = common::steady(&sandbox.read("logs/dbt.log"), &place);
    let lines = log.lines().map(|line| line.split_once("]: ").map_or(line, |(_, text)| text));
    let nodes =
        lines.skip_while(|line| !line.starts_with("Began running")).take_while(|line| !line.starts_with("Finished"));
    let time = fancy_regex::Regex::new(r"[\d.]+( seconds|s\])").unwrap();
    time.replace_all(&nodes.collect::<Vec<_>>().join("\n"), "N$1").into_owned()
}

#[test]
fn what_needs_no_macros_does_what_they_do() {
    let built = [false, true].map(|through_macros| {
        let mut sandbox = plain_and_not_so_plain();
        if through_macros {
            sandbox = sandbox.file("macros/same.sql", SAME_AS_STANDARD);
        }
        let mut seen = Vec::new();
        for (number, words) in [&["build"][..], &["build"], &["build", "--store-failures"]].into_iter().enumerate() {
            let outcome = sandbox.run(words);
            let statements: Vec<String> = sandbox
                .files()
                .into_iter()
                .filter(|file| file.contains("target/run/"))
                .map(|file| format!("{file}:\n{}", sandbox.read(&file)))
                .collect();
            seen.extend([outcome.console(), steady_log(&sandbox), sandbox.relations(), statements.join("\n")]);
            std::fs::remove_file(sandbox.here().join("logs/dbt.log")).unwrap();
            sandbox.database().execute_batch(if number == 0 { IN_THE_WAY } else { "" }).unwrap();
        }
        seen
    });
    let [direct, through_macros] = built;
    assert!(direct[0].contains("PASS=10 WARN=2 ERROR=2 SKIP=1"), "{}", direct[0]);
    for (direct, through_macros) in direct.iter().zip(&through_macros) {
        similar(direct, through_macros);
    }
}

/// Tests on models of every kind, some with more than a model and a column.
fn tested() -> Sandbox {
    let tests = "
models:
  - name: one
    columns:
      - name: id
        data_tests: [unique, not_null, {not_null: {name: named, config: {severity: warn, alias: Other}}}]
      - name: Odd id
        quote: true
        data_tests: [not_null, unique]
    data_tests:
      - unique: {arguments: {column_name: 'id || id'}}
  - name: passing
    columns:
      - name: id
        data_tests:
          - unique: {config: {where: 'id > 0', limit: 3}}
          - not_null: {config: {store_failures: true}}
          - not_null: {name: unstored, config: {store_failures: false, where: ''}}
          - unique: {name: alone}
sources: [{name: main, tables: [{name: one, columns: [{name: id, data_tests: [unique, not_null]}]}]}]
seeds: [{name: numbers, columns: [{name: id, data_tests: [unique, not_null]}]}]
";
    Sandbox::new()
        .project()
        .file("models/tests.yml", tests)
        .file("models/one.sql", "{{ config(schema='far', alias='uno') }} select 1 as id, 1 as \"Odd id\"")
        .file("models/passing.sql", "{{ config(materialized='ephemeral') }} select * from {{ ref('one') }}")
        .file("seeds/numbers.csv", "id\n1\n")
}

/// What each test compiles to, with what it depends on.
fn compiled_tests(sandbox: &Sandbox) -> String {
    let manifest = sandbox.json("target/manifest.json");
    let nodes = manifest["nodes"].as_object().unwrap().iter().filter(|(id, _)| id.starts_with("test."));
    let texts = nodes.map(|(id, node)| {
        let path = sandbox.here().join(node["compiled_path"].as_str().unwrap());
        assert_eq!(std::fs::read_to_string(path).unwrap(), node["compiled_code"]);
        format!("{id}\n{}\n{}\n{}", node["compiled_code"], node["depends_on"], node["extra_ctes"])
    });
    texts.collect::<Vec<_>>().join("\n").replace("macro.a.should", "macro.dbt.should")
}

#[test]
fn tests_that_need_no_macros_compile_to_the_same() {
    let compiled = [false, true].map(|through_macros| {
        let mut sandbox = tested();
        if through_macros {
            sandbox = sandbox.file("macros/same.sql", SAME_AS_STANDARD);
        }
        [&["compile"][..], &["build", "--store-failures"], &["build", "--empty"]].map(|words| {
            let outcome = sandbox.run(words);
            assert!(outcome.code < 2, "{outcome}");
            compiled_tests(&sandbox)
        })
    });
    let [direct, through_macros] = compiled;
    assert!(
        direct[0].matches("as unique_field").count() > 6 && direct[0].matches(" is null").count() > 5,
        "{}",
        direct[0]
    );
    for (direct, through_macros) in direct.iter().zip(&through_macros) {
        similar(direct, through_macros);
    }
    let ours =
        tested().file("macros/own.sql", "{% macro default__test_unique(model, column_name) %}select 2{% endmacro %}");
    assert_eq!(ours.run(&["compile"]).code, 0);
    assert!(compiled_tests(&ours).matches("select 2").count() > 4);
}

/// Fails with the first lines that differ, which a comparison of whole texts would bury.
fn similar(left: &str, right: &str) {
    let pairs = left.lines().zip(right.lines()).enumerate();
    for (number, (ours, theirs)) in pairs {
        assert_eq!(
            ours,
            theirs,
            "line {number}, after:\n{}",
            left.lines().take(number).skip(number.saturating_sub(5)).collect::<Vec<_>>().join("\n")
        );
    }
    assert_eq!(left.lines().count(), right.lines().count());
}
