//! Tables, views, ephemeral models and snapshots on a real database, as dbt builds them.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use common::Sandbox;
use insta::assert_snapshot;

#[test]
fn tables_views_and_ephemeral_models() {
    let sandbox = Sandbox::new()
        .project()
        .file("models/numbers.sql", "{{ config(materialized='table') }}\nselect range as n from range(3)\n")
        .file(
            "models/odd.sql",
            "{{ config(materialized='ephemeral') }}\nselect n from {{ ref('numbers') }} where n % 2 = 1\n",
        )
        .file("models/result.sql", "select n * 10 as tens from {{ ref('odd') }}\n");
    let outcome = sandbox.run(&["run"]);
    assert_snapshot!(outcome.console(), @r"
    exit code 0
    Concurrency: 1 threads (target='dev')
    1 of 2 START sql table model main.numbers ...................................... [RUN]
    1 of 2 OK created sql table model main.numbers ................................. [OK in N.NNs]
    2 of 2 START sql view model main.result ........................................ [RUN]
    2 of 2 OK created sql view model main.result ................................... [OK in N.NNs]
    Finished running 1 table model, 1 view model in TIME (N.NNs).
    Completed successfully
    Done. PASS=2 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2
    ");
    assert_snapshot!(sandbox.relations(), @r"
    main | numbers | BASE TABLE
    main | result | VIEW
    ");
    assert_snapshot!(sandbox.rows("select * from result"), @r"10");
    assert_snapshot!(sandbox.read("target/compiled/a/models/result.sql"), @r#"
    with __dbt__cte__odd as (

    select n from "a"."main"."numbers" where n % 2 = 1
    ) select n * 10 as tens from __dbt__cte__odd
    "#);
    assert_snapshot!(sandbox.read("target/run/a/models/result.sql"), @r#"
      
      create view "a"."main"."result__dbt_tmp" as (
        with __dbt__cte__odd as (

    select n from "a"."main"."numbers" where n % 2 = 1
    ) select n * 10 as tens from __dbt__cte__odd
      );
    "#);
}

#[test]
fn a_view_becomes_a_table_and_a_view_again() {
    let sandbox = Sandbox::new().project().file("models/thing.sql", "select 1 as id");
    assert_eq!(sandbox.run(&["run"]).code, 0);
    assert_snapshot!(sandbox.relations(), @r"main | thing | VIEW");
    let sandbox = sandbox.file("models/thing.sql", "{{ config(materialized='table') }} select 2 as id");
    assert_eq!(sandbox.run(&["run"]).code, 0);
    assert_snapshot!(sandbox.relations(), @r"main | thing | BASE TABLE");
    let sandbox = sandbox.file("models/thing.sql", "select 3 as id");
    assert_eq!(sandbox.run(&["run"]).code, 0);
    assert_snapshot!(sandbox.relations(), @r"main | thing | VIEW");
    assert_snapshot!(sandbox.rows("select * from thing"), @r"3");
}

#[test]
fn models_go_where_their_configuration_says() {
    let sandbox = Sandbox::new()
        .project()
        .file(
            "dbt_project.yml",
            "name: a\nprofile: p\nmodels:\n  a:\n    marts: {+schema: marts, +materialized: table}\n",
        )
        .file("models/marts/sales.sql", "{{ config(alias='Sales Total') }} select 1 as id")
        .file("models/top.sql", "select * from {{ ref('sales') }}");
    let outcome = sandbox.run(&["run"]);
    assert_snapshot!(outcome.console(), @r"
    exit code 0
    Concurrency: 1 threads (target='dev')
    1 of 2 START sql table model main_marts.Sales Total ............................ [RUN]
    1 of 2 OK created sql table model main_marts.Sales Total ....................... [OK in N.NNs]
    2 of 2 START sql view model main.top ........................................... [RUN]
    2 of 2 OK created sql view model main.top ...................................... [OK in N.NNs]
    Finished running 1 table model, 1 view model in TIME (N.NNs).
    Completed successfully
    Done. PASS=2 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2
    ");
    assert_snapshot!(sandbox.relations(), @r"
    main | top | VIEW
    main_marts | Sales Total | BASE TABLE
    ");
}

/// Valid rows and closed rows of a snapshot.
const HISTORY: &str = "select id, name, dbt_valid_to is null as current from people_history order by all";

#[test]
fn a_check_snapshot_keeps_history() {
    let sandbox = Sandbox::new().project().file("seeds/people.csv", "id,name\n1,ann\n2,bob\n").file(
        "snapshots/people_history.sql",
        "{% snapshot people_history %}{{ config(strategy='check', unique_key='id', check_cols=['name']) }}
             select * from {{ ref('people') }}{% endsnapshot %}",
    );
    sandbox.run(&["seed"]);
    let outcome = sandbox.run(&["snapshot"]);
    assert_snapshot!(outcome.console(), @r"
    exit code 0
    Concurrency: 1 threads (target='dev')
    1 of 1 START snapshot main.people_history ...................................... [RUN]
    1 of 1 OK snapshotted main.people_history ...................................... [OK in N.NNs]
    Finished running 1 snapshot in TIME (N.NNs).
    Completed successfully
    Done. PASS=1 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=1
    ");
    assert_snapshot!(sandbox.rows(HISTORY), @r"
    1 | ann | true
    2 | bob | true
    ");
    let sandbox = sandbox.file("seeds/people.csv", "id,name\n1,ann\n2,bea\n3,cid\n");
    let outcome = sandbox.run(&["build"]);
    assert_snapshot!(outcome.console(), @r"
    exit code 0
    Concurrency: 1 threads (target='dev')
    1 of 2 START seed file main.people ............................................. [RUN]
    1 of 2 OK loaded seed file main.people ......................................... [INSERT 3 in N.NNs]
    2 of 2 START snapshot main.people_history ...................................... [RUN]
    2 of 2 OK snapshotted main.people_history ...................................... [OK in N.NNs]
    Finished running 1 seed, 1 snapshot in TIME (N.NNs).
    Completed successfully
    Done. PASS=2 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2
    ");
    assert_snapshot!(sandbox.rows(HISTORY), @r"
    1 | ann | true
    2 | bea | true
    2 | bob | false
    3 | cid | true
    ");
}

#[test]
fn a_timestamp_snapshot_closes_deleted_rows() {
    let sandbox = Sandbox::new()
        .project()
        .file("seeds/people.csv", "id,name,changed\n1,ann,2024-01-01 00:00:00\n2,bob,2024-01-01 00:00:00\n")
        .file(
            "snapshots/people.yml",
            "snapshots:
  - name: people_history
    relation: ref('people')
    config: {strategy: timestamp, unique_key: id, updated_at: changed, hard_deletes: invalidate}
",
        );
    assert_eq!(sandbox.run(&["build"]).code, 0);
    let sandbox = sandbox.file("seeds/people.csv", "id,name,changed\n1,abe,2024-02-01 00:00:00\n");
    let outcome = sandbox.run(&["build"]);
    assert_snapshot!(outcome.console(), @r"
    exit code 0
    Concurrency: 1 threads (target='dev')
    1 of 2 START seed file main.people ............................................. [RUN]
    1 of 2 OK loaded seed file main.people ......................................... [INSERT 1 in N.NNs]
    2 of 2 START snapshot main.people_history ...................................... [RUN]
    2 of 2 OK snapshotted main.people_history ...................................... [OK in N.NNs]
    Finished running 1 seed, 1 snapshot in TIME (N.NNs).
    Completed successfully
    Done. PASS=2 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2
    ");
    assert_snapshot!(sandbox.rows(HISTORY), @r"
    1 | abe | true
    1 | ann | false
    2 | bob | false
    ");
}

#[test]
fn contracts_hold() {
    let sandbox = Sandbox::new().project().file("models/one.sql", "select 1 as id, 'x' as name").file(
        "models/one.yml",
        "models:
  - name: one
    config: {materialized: table, contract: {enforced: true}}
    columns:
      - {name: name, data_type: varchar}
      - {name: id, data_type: integer, constraints: [{type: not_null}]}
",
    );
    let outcome = sandbox.run(&["run"]);
    assert_snapshot!(outcome.console(), @r"
    exit code 0
    Concurrency: 1 threads (target='dev')
    1 of 1 START sql table model main.one .......................................... [RUN]
    1 of 1 OK created sql table model main.one ..................................... [OK in N.NNs]
    Finished running 1 table model in TIME (N.NNs).
    Completed successfully
    Done. PASS=1 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=1
    ");
    assert_snapshot!(sandbox.rows("describe one"), @r"
    name | VARCHAR | YES | null | null | null
    id | INTEGER | NO | null | null | null
    ");
}

#[test]
fn tables_bound_by_a_foreign_key_are_built_again_and_again() {
    let sandbox = Sandbox::new()
        .project()
        .file("models/parent.sql", "select 1 as id, 'x' as name")
        .file("models/child.sql", "select 1 as id, 1 as parent_id")
        .file(
            "models/keys.yml",
            "models:
  - name: parent
    config: {materialized: table, contract: {enforced: true}}
    columns:
      - {name: id, data_type: integer, constraints: [{type: primary_key}]}
      - {name: name, data_type: string}
  - name: child
    config: {materialized: table, contract: {enforced: true}}
    constraints:
      - {type: foreign_key, columns: [parent_id], to: ref('parent'), to_columns: [id]}
    columns:
      - {name: id, data_type: integer, constraints: [{type: check, expression: id > 0}]}
      - {name: parent_id, data_type: integer}
",
        );
    assert_eq!(sandbox.run(&["run"]).code, 0);
    let outcome = sandbox.run(&["run"]);
    assert_snapshot!(outcome.console(), @r#"
    exit code 0
    Concurrency: 1 threads (target='dev')
    1 of 2 START sql table model main.parent ....................................... [RUN]
    Dropping "a"."main"."child" because it references "a"."main"."parent" through a foreign key; it is rebuilt later in this run
    Restoring data for "a"."main"."child"; its constraints are rebuilt later in this run
    1 of 2 OK created sql table model main.parent .................................. [OK in N.NNs]
    2 of 2 START sql table model main.child ........................................ [RUN]
    2 of 2 OK created sql table model main.child ................................... [OK in N.NNs]
    Finished running 2 table models in TIME (N.NNs).
    Completed successfully
    Done. PASS=2 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2
    "#);
    assert_snapshot!(sandbox.read("target/run/a/models/parent.sql"), @r#"
       
         
       

       create  table
         "a"."main"."parent__dbt_tmp"
     
     (
       id integer primary key,
       name TEXT
       
       )
    ;
       
       
       insert into "a"."main"."parent__dbt_tmp" 
     (
       
         
         
         id ,
       
         
         
         name 
       
     )
    (
         
       select id, name
       from (
           select 1 as id, 'x' as name
       ) as model_subq
       );
    "#);
    assert_snapshot!(sandbox.rows("select table_name, constraint_text from duckdb_constraints() order by all"), @r"
    child | CHECK((id > 0))
    child | FOREIGN KEY (parent_id) REFERENCES parent(id)
    parent | NOT NULL
    parent | PRIMARY KEY(id)
    ");
}

#[test]
fn indexes_of_older_projects_are_created_with_a_warning() {
    let sandbox = Sandbox::new()
        .project()
        .file(
            "models/old.sql",
            "{{ config(materialized='table', indexes=[{'columns': ['id'], 'type': 'btree', 'unique': true},
                                                      {'columns': ['id', 'n'], 'where': 'n > 0'}]) }} select 1 as id, 2 as n",
        )
        .file("models/bad_key.sql", "{{ config(materialized='table', indexes=[{'columns': ['id'], 'b': 1}]) }} select 1 as id")
        .file("models/no_columns.sql", "{{ config(materialized='table', indexes=[{'unique': true}]) }} select 1 as id")
        .file("models/no_list.sql", "{{ config(materialized='table', indexes=[{'columns': 'id'}]) }} select 1 as id")
        .file("models/no_mapping.sql", "{{ config(materialized='table', indexes=['id']) }} select 1 as id");
    let outcome = sandbox.run(&["run"]);
    let console = outcome.console();
    let lines: Vec<&str> = console.lines().filter(|line| line.contains("index") || line.contains("DuckDB")).collect();
    assert_snapshot!(lines.join("\n"), @r"
    DuckDB adapter: `type` of an index has no meaning on DuckDB and is passed over; an index covers all rows of its columns.
    DuckDB adapter: `where` of an index has no meaning on DuckDB and is passed over; an index covers all rows of its columns.
      Could not parse index config: at path []: Additional properties are not allowed ('b' was unexpected)
      > in macro duckdb__get_create_index_sql (macros/adapters.sql)
      > called by macro get_create_index_sql (macros/adapters/indexes.sql)
      > called by macro default__create_indexes (macros/adapters/indexes.sql)
      > called by macro create_indexes (macros/adapters/indexes.sql)
      Could not parse index config: at path []: 'columns' is a required property
      > in macro duckdb__get_create_index_sql (macros/adapters.sql)
      > called by macro get_create_index_sql (macros/adapters/indexes.sql)
      > called by macro default__create_indexes (macros/adapters/indexes.sql)
      > called by macro create_indexes (macros/adapters/indexes.sql)
      Could not parse index config: at path ['columns']: 'id' is not of type 'array'
      > in macro duckdb__get_create_index_sql (macros/adapters.sql)
      > called by macro get_create_index_sql (macros/adapters/indexes.sql)
      > called by macro default__create_indexes (macros/adapters/indexes.sql)
      > called by macro create_indexes (macros/adapters/indexes.sql)
      Could not parse index config: at path []: 'id' is not of type 'object'
      > in macro duckdb__get_create_index_sql (macros/adapters.sql)
      > called by macro get_create_index_sql (macros/adapters/indexes.sql)
      > called by macro default__create_indexes (macros/adapters/indexes.sql)
      > called by macro create_indexes (macros/adapters/indexes.sql)
    ");
    assert_snapshot!(sandbox.rows("select is_unique, expressions from duckdb_indexes() order by all"), @r"
    false | [id, n]
    true | [id]
    ");
}

#[test]
fn a_model_moves_between_all_materializations() {
    let all = ["view", "table", "incremental", "external", "ephemeral"];
    // Each run gives every model the next materialization, so that each change from one to another is met.
    let rounds = [[0, 1, 2, 3, 4], [1, 0, 0, 1, 1], [2, 3, 3, 2, 2], [3, 2, 1, 0, 0], [4, 4, 4, 4, 3], [0, 1, 2, 3, 4]];
    let mut sandbox = Sandbox::new().project();
    let mut seen = String::new();
    for round in rounds {
        for (model, kind) in round.iter().enumerate() {
            let kind = all[*kind];
            let sql = format!("{{{{ config(materialized='{kind}') }}}} select 1 as id, '{kind}' as kind");
            let reader = format!("{{{{ config(materialized='table') }}}} select * from {{{{ ref('m{model}') }}}}");
            sandbox =
                sandbox.file(&format!("models/m{model}.sql"), &sql).file(&format!("models/r{model}.sql"), &reader);
        }
        let outcome = sandbox.run(&["run"]);
        assert_eq!(outcome.code, 0, "{outcome}");
        let readers: Vec<String> = (0..5).map(|model| format!("(select string_agg(kind) from r{model})")).collect();
        seen.push_str(&sandbox.rows(&format!("select {}", readers.join(", "))));
    }
    assert_snapshot!(seen, @r"
    view | table | incremental | external | ephemeral
    table | view | view | table | table
    table,incremental | external | external | table,incremental | table,incremental
    external | incremental | table | view | view
    ephemeral | ephemeral | ephemeral | ephemeral | external
    view | table | table,incremental | external | ephemeral
    ");
}

#[test]
fn table_functions_take_parameters() {
    let function = |parameters: &str, filter: &str| {
        format!(
            "{{{{ config(materialized='table_function'{parameters}) }}}} select * from {{{{ ref('base') }}}} {filter}"
        )
    };
    let sandbox = Sandbox::new()
        .project()
        .file("models/base.sql", "{{ config(materialized='table') }} select range as id, range % 2 as g from range(6)")
        .file("models/f0.sql", &function("", ""))
        .file("models/f1.sql", &function(", parameters='gg'", "where g = gg"))
        .file("models/f2.sql", &function(", parameters=['gg', 'most']", "where g = gg and id < most"))
        .file(
            "models/all.sql",
            "{{ config(materialized='table') }} select count(*) as n from {{ ref('f0') }}() union all
             select sum(id) from {{ ref('f1') }}(1) union all select max(id) from {{ ref('f2') }}(0, 3)",
        );
    for _ in 0..2 {
        let outcome = sandbox.run(&["run"]);
        assert_eq!(outcome.code, 0, "{outcome}");
    }
    assert_snapshot!(sandbox.rows("select * from \"all\" order by all"), @r"
    2
    6
    9
    ");
}

#[test]
fn materializations_of_the_project_count_before_built_in_ones() {
    let sandbox = Sandbox::new()
        .project()
        .file(
            "macros/materializations.sql",
            "{% materialization table, adapter='duckdb' %}
             {%- set target_relation = this.incorporate(type='table') -%}
             {% call statement('main') %}create or replace table {{ target_relation }} as
             select *, 'mine' as who from ({{ sql }}){% endcall %}
             {{ return({'relations': [target_relation]}) }}
             {% endmaterialization %}
             {% materialization silent, default %}{% call statement('main') %}select 1{% endcall %}{% endmaterialization %}",
        )
        .file("models/mine.sql", "{{ config(materialized='table') }} select 1 as id")
        .file("models/silent.sql", "{{ config(materialized='silent') }} select 1 as id")
        .file("models/unknown.sql", "{{ config(materialized='nonsense') }} select 1 as id")
        .file("models/view_of_now.sql", "{{ config(materialized='materialized_view') }} select 1 as id")
        .file("models/granted.sql", "{{ config(materialized='view', grants={'select': ['a']}) }} select 1 as id");
    let outcome = sandbox.run(&["run"]);
    assert_snapshot!(sandbox.statuses(), @r"
    model granted: success
    model mine: success
    model silent: error
    model unknown: error
    model view_of_now: error
    ");
    let console = outcome.console();
    let told: Vec<&str> = console.lines().filter(|line| line.starts_with("  ") && !line.contains(" by ")).collect();
    assert_snapshot!(told.join("\n"), @r#"
    Compilation Error in model silent (models/silent.sql)
    The materialization ("silent") did not explicitly return a list of relations to add to the cache.
    compiled code at target/compiled/a/models/silent.sql
    Compilation Error in model unknown (models/unknown.sql)
    No materialization 'nonsense' was found for adapter duckdb! (searched types 'default' and 'duckdb')
    compiled code at target/compiled/a/models/unknown.sql
    Compilation Error in model view_of_now (models/view_of_now.sql)
    `get_create_materialized_view_as_sql` has not been implemented for this adapter.

    > in macro default__get_create_materialized_view_as_sql (macros/relations/materialized_view/create.sql)
    compiled code at target/compiled/a/models/view_of_now.sql
    "#);
    assert!(sandbox.read("target/run/a/models/mine.sql").contains("'mine' as who"));
}

#[test]
fn the_latest_version_has_a_pointer() {
    let versions = "models:
  - name: v
    latest_version: 2
    config: {latest_version_pointer: {enabled: true}}
    versions: [{v: 1}, {v: 2}]
  - name: w
    latest_version: 1
    config: {latest_version_pointer: {enabled: true, alias: newest}}
    versions: [{v: 1}]
  - name: taken
    latest_version: 1
    config: {latest_version_pointer: {enabled: true}}
    versions: [{v: 1, config: {alias: taken}}]
  - name: without
    latest_version: 1
    versions: [{v: 1}]
";
    let sandbox = Sandbox::new()
        .project()
        .file("models/versions.yml", versions)
        .file("models/v_v1.sql", "select 1 as id")
        .file("models/v_v2.sql", "{{ config(materialized='table', post_hook='select 1') }} select 2 as id")
        .file("models/w_v1.sql", "select 3 as id")
        .file("models/taken_v1.sql", "select 4 as id")
        .file("models/without_v1.sql", "select 5 as id");
    let outcome = sandbox.run(&["run"]);
    assert_eq!(outcome.code, 1, "{outcome}");
    assert!(
        outcome.stdout.contains(
            "Cannot create latest version pointer: the latest version of 'taken' is already aliased to 'taken'. Set \
             `latest_version_pointer: enabled: false` or remove the conflicting alias."
        ),
        "{outcome}"
    );
    assert_eq!(
        sandbox.relations(),
        "main | newest | VIEW\nmain | taken | VIEW\nmain | v | VIEW\nmain | v_v1 | VIEW\nmain | v_v2 | BASE TABLE\n\
         main | w_v1 | VIEW\nmain | without_v1 | VIEW\n"
    );
    assert_eq!(sandbox.rows("from v union all from newest order by all"), "2\n3\n");
    let flag = "name: a\nprofile: p\nflags: {latest_version_pointer_enabled_by_default: true}\n";
    let all = sandbox.file("dbt_project.yml", flag);
    assert_eq!(all.run(&["run", "-s", "without"]).code, 0);
    assert!(all.relations().contains("main | without | VIEW\n"));
}
