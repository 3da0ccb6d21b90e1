//! Snapshots on a real database: the history that each strategy and option keeps over four states of a table, where a
//! snapshot may be defined and what it may read, and that nothing of a snapshot which did not end stays behind.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use std::process::Stdio;
use std::time::{Duration, Instant};

use common::Sandbox;
use insta::assert_snapshot;

/// The states of the source: at first; rows changed, one without a later time, one gone, one new; one back, one null,
/// one gone for good, a new column; the same again with one row that changes in the new column alone.
const STATES: [&str; 4] = [
    "create table people as select * from (values
        (1, 'x', 'ann', timestamp '2024-01-01'), (2, 'x', 'bob', timestamp '2024-01-01'),
        (3, 'y', 'cid', timestamp '2024-01-01')) as rows(id, part, name, changed)",
    "update people set name = 'abe', changed = '2024-02-01' where id = 1;
     update people set name = 'bea' where id = 2;
     delete from people where id = 3;
     insert into people values (4, 'y', 'dot', '2024-02-01')",
    "insert into people values (3, 'y', 'cid', '2024-03-01');
     update people set name = null, changed = '2024-03-01' where id = 4;
     delete from people where id = 1;
     alter table people add column more varchar",
    "update people set more = 'm' where id = 2",
];

/// Name and configuration of snapshots of that table.
const CASES: &[(&str, &str)] = &[
    ("by_time", "strategy: timestamp, updated_at: changed, unique_key: id"),
    ("by_time_ignoring", "strategy: timestamp, updated_at: changed, unique_key: id, hard_deletes: ignore"),
    ("by_time_closing", "strategy: timestamp, updated_at: changed, unique_key: id, hard_deletes: invalidate"),
    (
        "by_time_closing_as_of_old",
        "strategy: timestamp, updated_at: changed, unique_key: id, invalidate_hard_deletes: true",
    ),
    ("by_time_recording", "strategy: timestamp, updated_at: changed, unique_key: id, hard_deletes: new_record"),
    ("by_time_of_text", "strategy: timestamp, updated_at: 'changed::date', unique_key: id"),
    ("by_check", "strategy: check, check_cols: [name], unique_key: id"),
    ("by_check_of_all", "strategy: check, check_cols: all, unique_key: id"),
    ("by_check_of_two", "strategy: check, check_cols: [name, part], unique_key: id, hard_deletes: invalidate"),
    ("by_check_with_time", "strategy: check, check_cols: [name], updated_at: changed, unique_key: id"),
    ("by_check_recording", "strategy: check, check_cols: all, unique_key: id, hard_deletes: new_record"),
    ("two_keys", "strategy: check, check_cols: [name], unique_key: [id, part], hard_deletes: invalidate"),
    (
        "two_keys_recording",
        "strategy: timestamp, updated_at: changed, unique_key: [id, part], hard_deletes: new_record",
    ),
    ("key_that_is_an_expression", "strategy: timestamp, updated_at: changed, unique_key: \"id || '-' || part\""),
    (
        "open_end",
        "strategy: timestamp, updated_at: changed, unique_key: id, dbt_valid_to_current: \"timestamp '9999-12-31'\"",
    ),
    (
        "open_end_closing",
        "strategy: check, check_cols: [name], unique_key: id, hard_deletes: invalidate, dbt_valid_to_current: \"timestamp '9999-12-31'\"",
    ),
    (
        "open_end_recording",
        "strategy: timestamp, updated_at: changed, unique_key: id, hard_deletes: new_record, dbt_valid_to_current: \"timestamp '9999-12-31'\"",
    ),
    (
        "other_names",
        "strategy: timestamp, updated_at: changed, unique_key: id, hard_deletes: new_record, snapshot_meta_column_names: {dbt_valid_from: since, dbt_valid_to: until, dbt_scd_id: scd, dbt_updated_at: seen, dbt_is_deleted: gone}",
    ),
    (
        "one_other_name",
        "strategy: check, check_cols: [name], unique_key: id, snapshot_meta_column_names: {dbt_valid_to: until}",
    ),
    ("own_strategy", "strategy: longer, unique_key: id"),
    ("two_keys_staying", "strategy: timestamp, updated_at: changed, unique_key: [id, part]"),
];

const OWN_STRATEGY: &str = "{% macro snapshot_longer_strategy(node, old, new, config, target_exists) %}
  {% do return({'unique_key': 'id', 'updated_at': 'changed', 'hard_deletes': 'ignore', 'invalidate_hard_deletes': false,
    'row_changed': '(coalesce(length(' ~ new ~ '.name), 9) > length(' ~ old ~ '.name))',
    'scd_id': snapshot_hash_arguments(['id', 'changed'])}) %}
{% endmacro %}";

const SOURCE: &str = "sources: [{name: raw, schema: main, tables: [{name: people}]}]\n";

/// A project with snapshots of the source `people`, which is in its first state.
fn people(cases: &[(&str, &str)]) -> Sandbox {
    let entry = |(name, config): &(&str, &str)| {
        format!("  - {{name: {name}, relation: \"source('raw', 'people')\", config: {{{config}}}}}\n")
    };
    let snapshots: String = cases.iter().map(entry).collect();
    let sandbox = Sandbox::new()
        .project()
        .file("models/sources.yml", SOURCE)
        .file("snapshots/all.yml", &format!("snapshots:\n{snapshots}"));
    sandbox.database().execute_batch(STATES[0]).unwrap();
    sandbox
}

/// Names of the columns of a snapshot and its rows without the hash; times of the run itself are `now`.
fn history(sandbox: &Sandbox, name: &str) -> String {
    let names = sandbox.rows(&format!("select column_name from (describe {name})"));
    let names: Vec<&str> = names.lines().filter(|name| !["dbt_scd_id", "scd"].contains(name)).collect();
    let values: Vec<String> = names.iter().map(|name| format!("\"{name}\"::varchar")).collect();
    let rows = sandbox.rows(&format!("select {} from {name} order by all", values.join(", ")));
    let shown = |cell: &str| match cell.get(..4).and_then(|year| year.parse::<u16>().ok()) {
        Some(2026..2100) => "now".to_owned(),
        _ => cell.trim_end_matches(" 00:00:00").to_owned(),
    };
    let row = |line: &str| format!("  {}\n", line.split(" | ").map(shown).collect::<Vec<_>>().join(" | "));
    format!("{}\n{}", names.join(" | "), rows.lines().map(row).collect::<String>())
}

#[test]
fn every_option_keeps_its_history() {
    let sandbox = people(CASES).file("macros/longer.sql", OWN_STRATEGY);
    for (number, state) in STATES.iter().enumerate() {
        if number > 0 {
            sandbox.database().execute_batch(state).unwrap();
        }
        let outcome = sandbox.run(&["snapshot", "--threads", "4"]);
        assert_eq!(outcome.code, 0, "{outcome}");
    }
    let mut histories: Vec<(String, Vec<&str>)> = Vec::new();
    for (name, _) in CASES {
        let kept = history(&sandbox, name);
        match histories.iter_mut().find(|(other, _)| *other == kept) {
            Some((_, names)) => names.push(name),
            None => histories.push((kept, vec![name])),
        }
    }
    let histories: String = histories.iter().map(|(kept, names)| format!("{}: {kept}", names.join(", "))).collect();
    assert_snapshot!(histories, @r"
    by_time, by_time_ignoring, by_time_of_text, key_that_is_an_expression, two_keys_staying: id | part | name | changed | dbt_updated_at | dbt_valid_from | dbt_valid_to | more
      1 | x | abe | 2024-02-01 | 2024-02-01 | 2024-02-01 | null | null
      1 | x | ann | 2024-01-01 | 2024-01-01 | 2024-01-01 | 2024-02-01 | null
      2 | x | bob | 2024-01-01 | 2024-01-01 | 2024-01-01 | null | null
      3 | y | cid | 2024-01-01 | 2024-01-01 | 2024-01-01 | 2024-03-01 | null
      3 | y | cid | 2024-03-01 | 2024-03-01 | 2024-03-01 | null | null
      4 | y | dot | 2024-02-01 | 2024-02-01 | 2024-02-01 | 2024-03-01 | null
      4 | y | null | 2024-03-01 | 2024-03-01 | 2024-03-01 | null | null
    by_time_closing, by_time_closing_as_of_old: id | part | name | changed | dbt_updated_at | dbt_valid_from | dbt_valid_to | more
      1 | x | abe | 2024-02-01 | 2024-02-01 | 2024-02-01 | now | null
      1 | x | ann | 2024-01-01 | 2024-01-01 | 2024-01-01 | 2024-02-01 | null
      2 | x | bob | 2024-01-01 | 2024-01-01 | 2024-01-01 | null | null
      3 | y | cid | 2024-01-01 | 2024-01-01 | 2024-01-01 | now | null
      3 | y | cid | 2024-03-01 | 2024-03-01 | 2024-03-01 | null | null
      4 | y | dot | 2024-02-01 | 2024-02-01 | 2024-02-01 | 2024-03-01 | null
      4 | y | null | 2024-03-01 | 2024-03-01 | 2024-03-01 | null | null
    by_time_recording, two_keys_recording: id | part | name | changed | dbt_updated_at | dbt_valid_from | dbt_valid_to | dbt_is_deleted | more
      1 | x | abe | 2024-02-01 | 2024-02-01 | 2024-02-01 | now | False | null
      1 | x | abe | 2024-02-01 | now | now | null | True | null
      1 | x | ann | 2024-01-01 | 2024-01-01 | 2024-01-01 | 2024-02-01 | False | null
      2 | x | bob | 2024-01-01 | 2024-01-01 | 2024-01-01 | null | False | null
      3 | y | cid | 2024-01-01 | 2024-01-01 | 2024-01-01 | now | False | null
      3 | y | cid | 2024-01-01 | now | now | 2024-03-01 | True | null
      3 | y | cid | 2024-03-01 | 2024-03-01 | 2024-03-01 | null | False | null
      4 | y | dot | 2024-02-01 | 2024-02-01 | 2024-02-01 | 2024-03-01 | False | null
      4 | y | null | 2024-03-01 | 2024-03-01 | 2024-03-01 | null | False | null
    by_check: id | part | name | changed | dbt_updated_at | dbt_valid_from | dbt_valid_to | more
      1 | x | abe | 2024-02-01 | now | now | null | null
      1 | x | ann | 2024-01-01 | now | now | now | null
      2 | x | bea | 2024-01-01 | now | now | null | null
      2 | x | bob | 2024-01-01 | now | now | now | null
      3 | y | cid | 2024-01-01 | now | now | null | null
      4 | y | dot | 2024-02-01 | now | now | now | null
      4 | y | null | 2024-03-01 | now | now | null | null
    by_check_of_all: id | part | name | changed | dbt_updated_at | dbt_valid_from | dbt_valid_to | more
      1 | x | abe | 2024-02-01 | now | now | null | null
      1 | x | ann | 2024-01-01 | now | now | now | null
      2 | x | bea | 2024-01-01 | now | now | now | null
      2 | x | bea | 2024-01-01 | now | now | now | null
      2 | x | bea | 2024-01-01 | now | now | null | m
      2 | x | bob | 2024-01-01 | now | now | now | null
      3 | y | cid | 2024-01-01 | now | now | now | null
      3 | y | cid | 2024-03-01 | now | now | null | null
      4 | y | dot | 2024-02-01 | now | now | now | null
      4 | y | null | 2024-03-01 | now | now | null | null
    by_check_of_two, two_keys: id | part | name | changed | dbt_updated_at | dbt_valid_from | dbt_valid_to | more
      1 | x | abe | 2024-02-01 | now | now | now | null
      1 | x | ann | 2024-01-01 | now | now | now | null
      2 | x | bea | 2024-01-01 | now | now | null | null
      2 | x | bob | 2024-01-01 | now | now | now | null
      3 | y | cid | 2024-01-01 | now | now | now | null
      3 | y | cid | 2024-03-01 | now | now | null | null
      4 | y | dot | 2024-02-01 | now | now | now | null
      4 | y | null | 2024-03-01 | now | now | null | null
    by_check_with_time: id | part | name | changed | dbt_updated_at | dbt_valid_from | dbt_valid_to | more
      1 | x | abe | 2024-02-01 | 2024-02-01 | 2024-02-01 | null | null
      1 | x | ann | 2024-01-01 | 2024-01-01 | 2024-01-01 | 2024-02-01 | null
      2 | x | bea | 2024-01-01 | 2024-01-01 | 2024-01-01 | null | null
      2 | x | bob | 2024-01-01 | 2024-01-01 | 2024-01-01 | 2024-01-01 | null
      3 | y | cid | 2024-01-01 | 2024-01-01 | 2024-01-01 | null | null
      4 | y | dot | 2024-02-01 | 2024-02-01 | 2024-02-01 | 2024-03-01 | null
      4 | y | null | 2024-03-01 | 2024-03-01 | 2024-03-01 | null | null
    by_check_recording: id | part | name | changed | dbt_updated_at | dbt_valid_from | dbt_valid_to | dbt_is_deleted | more
      1 | x | abe | 2024-02-01 | now | now | now | False | null
      1 | x | abe | 2024-02-01 | now | now | null | True | null
      1 | x | ann | 2024-01-01 | now | now | now | False | null
      2 | x | bea | 2024-01-01 | now | now | now | False | null
      2 | x | bea | 2024-01-01 | now | now | now | False | null
      2 | x | bea | 2024-01-01 | now | now | null | False | m
      2 | x | bob | 2024-01-01 | now | now | now | False | null
      3 | y | cid | 2024-01-01 | now | now | now | False | null
      3 | y | cid | 2024-01-01 | now | now | now | True | null
      3 | y | cid | 2024-03-01 | now | now | null | False | null
      4 | y | dot | 2024-02-01 | now | now | now | False | null
      4 | y | null | 2024-03-01 | now | now | null | False | null
    open_end: id | part | name | changed | dbt_updated_at | dbt_valid_from | dbt_valid_to | more
      1 | x | abe | 2024-02-01 | 2024-02-01 | 2024-02-01 | 9999-12-31 | null
      1 | x | ann | 2024-01-01 | 2024-01-01 | 2024-01-01 | 2024-02-01 | null
      2 | x | bob | 2024-01-01 | 2024-01-01 | 2024-01-01 | 9999-12-31 | null
      3 | y | cid | 2024-01-01 | 2024-01-01 | 2024-01-01 | 2024-03-01 | null
      3 | y | cid | 2024-03-01 | 2024-03-01 | 2024-03-01 | 9999-12-31 | null
      4 | y | dot | 2024-02-01 | 2024-02-01 | 2024-02-01 | 2024-03-01 | null
      4 | y | null | 2024-03-01 | 2024-03-01 | 2024-03-01 | 9999-12-31 | null
    open_end_closing: id | part | name | changed | dbt_updated_at | dbt_valid_from | dbt_valid_to | more
      1 | x | abe | 2024-02-01 | now | now | now | null
      1 | x | ann | 2024-01-01 | now | now | now | null
      2 | x | bea | 2024-01-01 | now | now | 9999-12-31 | null
      2 | x | bob | 2024-01-01 | now | now | now | null
      3 | y | cid | 2024-01-01 | now | now | now | null
      3 | y | cid | 2024-03-01 | now | now | 9999-12-31 | null
      4 | y | dot | 2024-02-01 | now | now | now | null
      4 | y | null | 2024-03-01 | now | now | 9999-12-31 | null
    open_end_recording: id | part | name | changed | dbt_updated_at | dbt_valid_from | dbt_valid_to | dbt_is_deleted | more
      1 | x | abe | 2024-02-01 | 2024-02-01 | 2024-02-01 | now | False | null
      1 | x | abe | 2024-02-01 | now | now | 9999-12-31 | True | null
      1 | x | ann | 2024-01-01 | 2024-01-01 | 2024-01-01 | 2024-02-01 | False | null
      2 | x | bob | 2024-01-01 | 2024-01-01 | 2024-01-01 | 9999-12-31 | False | null
      3 | y | cid | 2024-01-01 | 2024-01-01 | 2024-01-01 | now | False | null
      3 | y | cid | 2024-01-01 | now | now | 2024-03-01 | True | null
      3 | y | cid | 2024-03-01 | 2024-03-01 | 2024-03-01 | 9999-12-31 | False | null
      4 | y | dot | 2024-02-01 | 2024-02-01 | 2024-02-01 | 2024-03-01 | False | null
      4 | y | null | 2024-03-01 | 2024-03-01 | 2024-03-01 | 9999-12-31 | False | null
    other_names: id | part | name | changed | seen | since | until | gone | more
      1 | x | abe | 2024-02-01 | 2024-02-01 | 2024-02-01 | now | False | null
      1 | x | abe | 2024-02-01 | now | now | null | True | null
      1 | x | ann | 2024-01-01 | 2024-01-01 | 2024-01-01 | 2024-02-01 | False | null
      2 | x | bob | 2024-01-01 | 2024-01-01 | 2024-01-01 | null | False | null
      3 | y | cid | 2024-01-01 | 2024-01-01 | 2024-01-01 | now | False | null
      3 | y | cid | 2024-01-01 | now | now | 2024-03-01 | True | null
      3 | y | cid | 2024-03-01 | 2024-03-01 | 2024-03-01 | null | False | null
      4 | y | dot | 2024-02-01 | 2024-02-01 | 2024-02-01 | 2024-03-01 | False | null
      4 | y | null | 2024-03-01 | 2024-03-01 | 2024-03-01 | null | False | null
    one_other_name: id | part | name | changed | dbt_updated_at | dbt_valid_from | until | more
      1 | x | abe | 2024-02-01 | now | now | null | null
      1 | x | ann | 2024-01-01 | now | now | now | null
      2 | x | bea | 2024-01-01 | now | now | null | null
      2 | x | bob | 2024-01-01 | now | now | now | null
      3 | y | cid | 2024-01-01 | now | now | null | null
      4 | y | dot | 2024-02-01 | now | now | now | null
      4 | y | null | 2024-03-01 | now | now | null | null
    own_strategy: id | part | name | changed | dbt_updated_at | dbt_valid_from | dbt_valid_to | more
      1 | x | ann | 2024-01-01 | 2024-01-01 | 2024-01-01 | null | null
      2 | x | bob | 2024-01-01 | 2024-01-01 | 2024-01-01 | null | null
      3 | y | cid | 2024-01-01 | 2024-01-01 | 2024-01-01 | null | null
      4 | y | dot | 2024-02-01 | 2024-02-01 | 2024-02-01 | 2024-03-01 | null
      4 | y | null | 2024-03-01 | 2024-03-01 | 2024-03-01 | null | null
    ");
}

/// Nothing changes if nothing has changed, and no version is there twice.
#[test]
fn versions_are_told_apart() {
    let sandbox = people(CASES).file("macros/longer.sql", OWN_STRATEGY);
    for _ in 0..2 {
        assert_eq!(sandbox.run(&["snapshot", "--threads", "4"]).code, 0);
    }
    for (name, _) in CASES {
        let hash = if *name == "other_names" { "scd" } else { "dbt_scd_id" };
        let counts = sandbox.rows(&format!("select count(*), count(distinct {hash}) from {name}"));
        assert_eq!(counts, "3 | 3\n", "{name}");
    }
}

#[test]
fn snapshots_stand_in_sql_or_yaml_and_read_anything() {
    let sandbox = people(&[])
        .file("seeds/seeded.csv", "id,name\n1,ann\n")
        .file("models/model.sql", "select 1 as id, 'ann' as name")
        .file("models/passing.sql", "{{ config(materialized='ephemeral') }} select 1 as id, 'ann' as name")
        .file(
            "snapshots/blocks.sql",
            "{% snapshot of_ref %}{{ config(strategy='check', unique_key='id', check_cols='all') }}
                 select * from {{ ref('model') }}{% endsnapshot %}
             {% snapshot of_source %}{{ config(strategy='timestamp', unique_key='id', updated_at='changed') }}
                 select * from {{ source('raw', 'people') }}{% endsnapshot %}
             {% snapshot of_query %}{{ config(strategy='check', unique_key='id', check_cols=['name'],
                     target_schema='kept', alias='renamed') }}
                 with few as (select 1 as id) select id, 'ann' as name from few -- a comment ends it{% endsnapshot %}
             {% snapshot configured_in_yaml %}select 1 as id, 'ann' as name{% endsnapshot %}",
        )
        .file(
            "snapshots/all.yml",
            "snapshots:
  - {name: yaml_of_seed, relation: ref('seeded'), config: {strategy: check, check_cols: all, unique_key: id}}
  - name: yaml_of_model
    relation: ref('model')
    config: {strategy: check, check_cols: [name], unique_key: id, schema: other, alias: also_renamed}
  - {name: yaml_of_ephemeral, relation: ref('passing'), config: {strategy: check, check_cols: all, unique_key: id}}
  - {name: configured_in_yaml, config: {strategy: check, check_cols: all, unique_key: id}}
",
        )
        .file("models/below.sql", "select count(*) as rows from {{ ref('of_ref') }}");
    let outcome = sandbox.run(&["build"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    assert_snapshot!(sandbox.relations(), @r"
    kept | renamed | BASE TABLE
    main | below | VIEW
    main | configured_in_yaml | BASE TABLE
    main | model | VIEW
    main | of_ref | BASE TABLE
    main | of_source | BASE TABLE
    main | people | BASE TABLE
    main | seeded | BASE TABLE
    main | yaml_of_ephemeral | BASE TABLE
    main | yaml_of_seed | BASE TABLE
    main_other | also_renamed | BASE TABLE
    ");
    assert_snapshot!(history(&sandbox, "yaml_of_ephemeral"), @r"
    id | name | dbt_updated_at | dbt_valid_from | dbt_valid_to
      1 | ann | now | now | null
    ");
    assert_snapshot!(sandbox.read("target/compiled/a/snapshots/blocks.sql/of_source.sql").trim(), @r#"select * from "a"."main"."people""#);
    assert_snapshot!(sandbox.read("target/compiled/a/snapshots/all.yml/yaml_of_model.sql").trim(), @r#"select * from "a"."main"."model""#);
}

#[test]
fn what_a_snapshot_reads_may_change_its_columns() {
    let sandbox = people(&[("by_check", "strategy: check, check_cols: all, unique_key: id")]);
    assert_eq!(sandbox.run(&["snapshot"]).code, 0);
    let change = |sql: &str| {
        sandbox.database().execute_batch(sql).unwrap();
        let code = sandbox.run(&["snapshot"]).code;
        format!("exit code {code}\n{}", history(&sandbox, "by_check"))
    };
    assert_snapshot!(change("alter table people drop column part"), @r"
    exit code 0
    id | part | name | changed | dbt_updated_at | dbt_valid_from | dbt_valid_to
      1 | x | ann | 2024-01-01 | now | now | null
      2 | x | bob | 2024-01-01 | now | now | null
      3 | y | cid | 2024-01-01 | now | now | null
    ");
    assert_snapshot!(change("update people set name = repeat('n', 30) where id = 1"), @r"
    exit code 0
    id | part | name | changed | dbt_updated_at | dbt_valid_from | dbt_valid_to
      1 | x | ann | 2024-01-01 | now | now | now
      1 | null | nnnnnnnnnnnnnnnnnnnnnnnnnnnnnn | 2024-01-01 | now | now | null
      2 | x | bob | 2024-01-01 | now | now | null
      3 | y | cid | 2024-01-01 | now | now | null
    ");
    assert_snapshot!(change("alter table people alter id type bigint; update people set id = 5000000000 where id = 2"), @r"
    exit code 1
    id | part | name | changed | dbt_updated_at | dbt_valid_from | dbt_valid_to
      1 | x | ann | 2024-01-01 | now | now | now
      1 | null | nnnnnnnnnnnnnnnnnnnnnnnnnnnnnn | 2024-01-01 | now | now | null
      2 | x | bob | 2024-01-01 | now | now | null
      3 | y | cid | 2024-01-01 | now | now | null
    ");
    assert_snapshot!(change("alter table people add column \"Two Words\" integer[]; update people set \"Two Words\" = [1]"), @r"
    exit code 1
    id | part | name | changed | dbt_updated_at | dbt_valid_from | dbt_valid_to
      1 | x | ann | 2024-01-01 | now | now | now
      1 | null | nnnnnnnnnnnnnnnnnnnnnnnnnnnnnn | 2024-01-01 | now | now | null
      2 | x | bob | 2024-01-01 | now | now | null
      3 | y | cid | 2024-01-01 | now | now | null
    ");
}

#[test]
fn a_snapshot_may_change_its_strategy() {
    let sandbox = people(&[("s", "strategy: check, check_cols: [name], unique_key: id")]);
    assert_eq!(sandbox.run(&["snapshot"]).code, 0);
    let sandbox = sandbox.file(
        "snapshots/all.yml",
        "snapshots: [{name: s, relation: \"source('raw', 'people')\", config: {strategy: timestamp, updated_at: changed, unique_key: id}}]",
    );
    sandbox.database().execute_batch(STATES[1]).unwrap();
    sandbox.database().execute_batch("update people set changed = '2200-01-01' where id = 2").unwrap();
    assert_eq!(sandbox.run(&["snapshot"]).code, 0);
    assert_snapshot!(history(&sandbox, "s"), @r"
    id | part | name | changed | dbt_updated_at | dbt_valid_from | dbt_valid_to
      1 | x | ann | 2024-01-01 | now | now | null
      2 | x | bea | 2200-01-01 | 2200-01-01 | 2200-01-01 | null
      2 | x | bob | 2024-01-01 | now | now | 2200-01-01
      3 | y | cid | 2024-01-01 | now | now | null
      4 | y | dot | 2024-02-01 | 2024-02-01 | 2024-02-01 | null
    ");
}

/// The console of a snapshot of `people` with a configuration.
fn console(config: &str) -> String {
    people(&[("s", config)]).run(&["snapshot"]).console()
}

/// dbt says the same of the first four, but not where.
#[test]
fn configurations_that_make_no_snapshot() {
    assert_snapshot!(console("unique_key: id"), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Validation Error in snapshot s (snapshots/all.yml)
      Snapshots must be configured with a 'strategy' and 'unique_key'.
    ");
    assert_snapshot!(console("strategy: check, unique_key: id"), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Validation Error in snapshot s (snapshots/all.yml)
      A snapshot configured with the check strategy must specify a check_cols configuration.
    ");
    assert_snapshot!(console("strategy: timestamp, unique_key: id"), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Validation Error in snapshot s (snapshots/all.yml)
      A snapshot configured with the timestamp strategy must specify an updated_at configuration.
    ");
    assert_snapshot!(console("strategy: timestamp, updated_at: changed"), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Validation Error in snapshot s (snapshots/all.yml)
      Snapshots must be configured with a 'strategy' and 'unique_key'.
    ");
    assert_snapshot!(console("strategy: nope, unique_key: id"), @r"
    exit code 1
    Concurrency: 1 threads (target='dev')
    1 of 1 START snapshot main.s ................................................... [RUN]
    1 of 1 ERROR snapshotting main.s ............................................... [ERROR in N.NNs]
    Finished running 1 snapshot in TIME (N.NNs).
    Completed with 1 error, 0 partial successes, and 0 warnings:
    [ERROR]: in snapshot s (snapshots/all.yml)
      Compilation Error in snapshot s (snapshots/all.yml)
      The specified strategy macro 'nope' was not found in package 'None'
      
      > in macro strategy_dispatch (macros/materializations/snapshots/strategies.sql)
      > called by macro materialization_snapshot_default (macros/materializations/snapshots/snapshot.sql)
      > called by snapshot s (snapshots/all.yml)
      compiled code at target/compiled/a/snapshots/all.yml/s.sql
    Done. PASS=0 WARN=0 ERROR=1 SKIP=0 NO-OP=0 REUSED=0 TOTAL=1
    ");
    assert_snapshot!(console("strategy: check, check_cols: all, unique_key: id, hard_deletes: nope"), @r"
    exit code 1
    Concurrency: 1 threads (target='dev')
    1 of 1 START snapshot main.s ................................................... [RUN]
    1 of 1 ERROR snapshotting main.s ............................................... [ERROR in N.NNs]
    Finished running 1 snapshot in TIME (N.NNs).
    Completed with 1 error, 0 partial successes, and 0 warnings:
    [ERROR]: in snapshot s (snapshots/all.yml)
      Runtime Error in snapshot s (snapshots/all.yml)
      Invalid setting for property hard_deletes.
      compiled code at target/compiled/a/snapshots/all.yml/s.sql
    Done. PASS=0 WARN=0 ERROR=1 SKIP=0 NO-OP=0 REUSED=0 TOTAL=1
    ");
    assert_snapshot!(
        console("strategy: check, check_cols: all, unique_key: id, hard_deletes: ignore, invalidate_hard_deletes: true"),
        @r"
        exit code 1
        Concurrency: 1 threads (target='dev')
        1 of 1 START snapshot main.s ................................................... [RUN]
        1 of 1 ERROR snapshotting main.s ............................................... [ERROR in N.NNs]
        Finished running 1 snapshot in TIME (N.NNs).
        Completed with 1 error, 0 partial successes, and 0 warnings:
        [ERROR]: in snapshot s (snapshots/all.yml)
          Runtime Error in snapshot s (snapshots/all.yml)
          You cannot set both the invalidate_hard_deletes and hard_deletes config properties on the same snapshot.
          compiled code at target/compiled/a/snapshots/all.yml/s.sql
        Done. PASS=0 WARN=0 ERROR=1 SKIP=0 NO-OP=0 REUSED=0 TOTAL=1
        "
    );
}

#[test]
fn tables_that_are_no_snapshot_are_left_alone() {
    let sandbox = people(&[("s", "strategy: check, check_cols: all, unique_key: id")]);
    sandbox.database().execute_batch("create table s as select 1 as id").unwrap();
    assert_snapshot!(sandbox.run(&["snapshot"]).console(), @r#"
    exit code 1
    Concurrency: 1 threads (target='dev')
    1 of 1 START snapshot main.s ................................................... [RUN]
    1 of 1 ERROR snapshotting main.s ............................................... [ERROR in N.NNs]
    Finished running 1 snapshot in TIME (N.NNs).
    Completed with 1 error, 0 partial successes, and 0 warnings:
    [ERROR]: in snapshot s (snapshots/all.yml)
      Compilation Error in snapshot s (snapshots/all.yml)
      Snapshot target is missing configured columns (missing "dbt_scd_id", "dbt_valid_from", "dbt_valid_to"). See https://docs.getdbt.com/docs/build/snapshots#snapshot-meta-fields for more information.
      
      > in macro materialization_snapshot_default (macros/materializations/snapshots/snapshot.sql)
      > called by snapshot s (snapshots/all.yml)
      compiled code at target/compiled/a/snapshots/all.yml/s.sql
    Done. PASS=0 WARN=0 ERROR=1 SKIP=0 NO-OP=0 REUSED=0 TOTAL=1
    "#);
    sandbox.database().execute_batch("drop table s; create view s as select 1 as id").unwrap();
    assert_snapshot!(sandbox.run(&["snapshot"]).console(), @r#"
    exit code 1
    Concurrency: 1 threads (target='dev')
    1 of 1 START snapshot main.s ................................................... [RUN]
    1 of 1 ERROR snapshotting main.s ............................................... [ERROR in N.NNs]
    Finished running 1 snapshot in TIME (N.NNs).
    Completed with 1 error, 0 partial successes, and 0 warnings:
    [ERROR]: in snapshot s (snapshots/all.yml)
      Compilation Error in snapshot s (snapshots/all.yml)
      Trying to create table "a"."main"."s", but it currently exists as a view. Either drop "a"."main"."s" manually, or run dbt with `--full-refresh` and dbt will drop it for you.
      
      > in macro materialization_snapshot_default (macros/materializations/snapshots/snapshot.sql)
      > called by snapshot s (snapshots/all.yml)
      compiled code at target/compiled/a/snapshots/all.yml/s.sql
    Done. PASS=0 WARN=0 ERROR=1 SKIP=0 NO-OP=0 REUSED=0 TOTAL=1
    "#);
    assert_snapshot!(sandbox.rows("select * from s"), @r"1");
}

/// A snapshot that has run once, and a source that has changed since. `hook` runs after the history has been
/// written and before that is committed.
fn changed(hook: &str) -> (Sandbox, String) {
    let sandbox = people(&[("s", "strategy: check, check_cols: [name], unique_key: id, hard_deletes: new_record")]);
    assert_eq!(sandbox.run(&["snapshot"]).code, 0);
    let before = history(&sandbox, "s");
    sandbox.database().execute_batch(STATES[1]).unwrap();
    let project = format!("name: a\nprofile: p\nsnapshots:\n  +post-hook: \"{hook}\"\n");
    (sandbox.file("dbt_project.yml", &project), before)
}

/// After the cause is gone the snapshot goes on from the history as it was.
fn goes_on(sandbox: Sandbox) -> String {
    let sandbox = sandbox.file("dbt_project.yml", "name: a\nprofile: p\n");
    let outcome = sandbox.run(&["snapshot"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    history(&sandbox, "s")
}

#[test]
fn a_snapshot_that_fails_leaves_the_history_as_it_was() {
    let (sandbox, before) = changed("select error('the hook fails') from {{ this }}");
    let outcome = sandbox.run(&["snapshot"]);
    assert_eq!(outcome.code, 1, "{outcome}");
    assert!(outcome.stdout.contains("the hook fails"), "{outcome}");
    assert_eq!(history(&sandbox, "s"), before);
    assert_snapshot!(goes_on(sandbox), @r"
    id | part | name | changed | dbt_updated_at | dbt_valid_from | dbt_valid_to | dbt_is_deleted
      1 | x | abe | 2024-02-01 | now | now | null | False
      1 | x | ann | 2024-01-01 | now | now | now | False
      2 | x | bea | 2024-01-01 | now | now | null | False
      2 | x | bob | 2024-01-01 | now | now | now | False
      3 | y | cid | 2024-01-01 | now | now | now | False
      3 | y | cid | 2024-01-01 | now | now | null | True
      4 | y | dot | 2024-02-01 | now | now | null | False
    ");
}

/// The hook counts the rows that the snapshot has written, so that it is known to have come that far, and then would
/// take hours.
#[test]
fn a_snapshot_that_is_killed_leaves_the_history_as_it_was() {
    let (sandbox, before) = changed(
        "copy (select count(*) from {{ this }}) to 'written.csv' (header false); \
         select sum(a.range * b.range) from range(100000000) a, range(100000) b",
    );
    let mut child = sandbox.command(&["snapshot"]).stdout(Stdio::null()).spawn().unwrap();
    let marker = sandbox.here().join("written.csv");
    let begin = Instant::now();
    while std::fs::read_to_string(&marker).unwrap_or_default().is_empty() {
        assert!(begin.elapsed() < Duration::from_secs(60), "the hook has not run");
        assert!(child.try_wait().unwrap().is_none(), "the snapshot has ended");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_snapshot!(sandbox.read("written.csv"), @r"7");
    assert_eq!(history(&sandbox, "s"), before);
    assert_snapshot!(goes_on(sandbox), @r"
    id | part | name | changed | dbt_updated_at | dbt_valid_from | dbt_valid_to | dbt_is_deleted
      1 | x | abe | 2024-02-01 | now | now | null | False
      1 | x | ann | 2024-01-01 | now | now | now | False
      2 | x | bea | 2024-01-01 | now | now | null | False
      2 | x | bob | 2024-01-01 | now | now | now | False
      3 | y | cid | 2024-01-01 | now | now | now | False
      3 | y | cid | 2024-01-01 | now | now | null | True
      4 | y | dot | 2024-02-01 | now | now | null | False
    ");
}

#[test]
fn a_hundred_thousand_rows() {
    let sandbox = people(&[("s", "strategy: check, check_cols: all, unique_key: id, hard_deletes: invalidate")]);
    let rows = "create or replace table people as
        select range as id, 'x' as part, 'name ' || range as name, timestamp '2024-01-01' as changed from range(100000)";
    sandbox.database().execute_batch(rows).unwrap();
    assert_eq!(sandbox.run(&["snapshot"]).code, 0);
    let change = "update people set name = 'new' where id % 25 = 0; delete from people where id % 100 = 1";
    sandbox.database().execute_batch(change).unwrap();
    assert_eq!(sandbox.run(&["snapshot"]).code, 0);
    assert_snapshot!(
        sandbox.rows("select count(*), count(dbt_valid_to), count(distinct dbt_scd_id), count(distinct id) from s"),
        @r"104000 | 5000 | 104000 | 100000"
    );
}
