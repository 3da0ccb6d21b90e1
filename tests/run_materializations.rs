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
        .file("models/no_list.sql", "{{ config(materialized='table', indexes=[{'columns': 'id'}]) }} select 1 as id");
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
    ");
    assert_snapshot!(sandbox.rows("select is_unique, expressions from duckdb_indexes() order by all"), @r"
    false | [id, n]
    true | [id]
    ");
}
