//! Options of incremental models on a real database: what each form of merge and of delete+insert leaves, which
//! configurations of a merge are refused, and what every value of `on_schema_change` makes of changed columns.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use common::Sandbox;
use insta::assert_snapshot;

/// Names and configurations of models that first hold (1, ann, 10), (2, bob, 20), (3, cid, 30) and then are given
/// (2, bea, 21), (3, cat, null), (4, dot, 40).
const CASES: &[(&str, &str)] = &[
    ("append", "incremental_strategy='append'"),
    ("append_with_key", "incremental_strategy='append', unique_key='id'"),
    ("default_without_key", ""),
    ("default_with_key", "unique_key='id'"),
    ("delete_insert", "incremental_strategy='delete+insert', unique_key='id'"),
    ("delete_insert_without_key", "incremental_strategy='delete+insert'"),
    ("delete_insert_two_keys", "incremental_strategy='delete+insert', unique_key=['id', 'name']"),
    ("delete_insert_where", "incremental_strategy='delete+insert', unique_key='id', incremental_predicates=['id > 2']"),
    ("merge", "incremental_strategy='merge', unique_key='id'"),
    ("merge_without_key", "incremental_strategy='merge'"),
    ("merge_two_keys", "incremental_strategy='merge', unique_key=['id', 'name']"),
    ("merge_some", "incremental_strategy='merge', unique_key='id', merge_update_columns=['name']"),
    ("merge_all_but", "incremental_strategy='merge', unique_key='id', merge_exclude_columns=['name']"),
    ("merge_update_if", "incremental_strategy='merge', unique_key='id', merge_update_condition='DBT_INTERNAL_SOURCE.amount > 20'"),
    ("merge_insert_if", "incremental_strategy='merge', unique_key='id', merge_insert_condition='DBT_INTERNAL_SOURCE.amount > 40'"),
    ("merge_set", "incremental_strategy='merge', unique_key='id', merge_update_set_expressions={'amount': 'DBT_INTERNAL_DEST.amount + 1'}"),
    ("merge_set_and_some", "incremental_strategy='merge', unique_key='id', merge_update_columns=['name'], merge_update_set_expressions={'amount': '0'}"),
    ("merge_using", "incremental_strategy='merge', merge_on_using_columns=['id']"),
    ("merge_returning", "incremental_strategy='merge', unique_key='id', merge_returning_columns=['id', 'merge_action']"),
    ("merge_where", "incremental_strategy='merge', unique_key='id', incremental_predicates=['DBT_INTERNAL_DEST.id > 2']"),
    ("merge_where_text", "incremental_strategy='merge', unique_key='id', incremental_predicates='DBT_INTERNAL_DEST.id > 2'"),
    ("clauses_delete", "incremental_strategy='merge', unique_key='id', merge_clauses={'when_matched': [
        {'action': 'delete', 'condition': 'DBT_INTERNAL_SOURCE.amount is null'}, {'action': 'update', 'mode': 'star'}],
        'when_not_matched': [{'action': 'insert', 'mode': 'star'}]}"),
    ("clauses_position", "incremental_strategy='merge', unique_key='id', merge_clauses={
        'when_matched': [{'action': 'update', 'mode': 'by_position'}], 'when_not_matched': [{'action': 'insert', 'mode': 'by_position'}]}"),
    ("clauses_explicit", "incremental_strategy='merge', unique_key='id', merge_clauses={
        'when_matched': [{'action': 'update', 'mode': 'explicit', 'update': {'include': ['name'], 'set_expressions': {'amount': '99'}}}],
        'when_not_matched': [{'action': 'insert', 'mode': 'explicit', 'insert': {'columns': ['id', 'name'], 'values': ['DBT_INTERNAL_SOURCE.id', \"'new'\"]}}]}"),
    ("clauses_nothing", "incremental_strategy='merge', unique_key='id', merge_clauses={
        'when_matched': [{'action': 'do_nothing', 'condition': ['DBT_INTERNAL_DEST.id = 2', 'DBT_INTERNAL_DEST.amount > 0']}, {'action': 'update', 'mode': 'by_name'}],
        'when_not_matched': [{'action': 'do_nothing'}]}"),
    ("clauses_by_source", "incremental_strategy='merge', unique_key='id', merge_clauses={
        'when_matched': [{'action': 'do_nothing'}],
        'when_not_matched': [{'action': 'insert', 'mode': 'by_name'}, {'action': 'update', 'by': 'source', 'set_expressions': {'name': \"'gone'\"}}]}"),
    ("clauses_delete_by_source", "incremental_strategy='merge', unique_key='id', merge_clauses={
        'when_not_matched': [{'action': 'delete', 'by': 'source'}]}"),
    ("clauses_error", "incremental_strategy='merge', unique_key='id', merge_clauses={
        'when_matched': [{'action': 'error', 'error_message': \"it's there\"}]}"),
];

/// Configurations that a merge refuses.
const REFUSED: &[(&str, &str)] = &[
    ("condition_list", "merge_update_condition=['a']"),
    ("columns_text", "merge_update_columns='name'"),
    ("columns_numbers", "merge_exclude_columns=[1]"),
    ("both", "merge_update_columns=['name'], merge_exclude_columns=['amount']"),
    ("set_list", "merge_update_set_expressions=['a']"),
    ("clauses_list", "merge_clauses=['a']"),
    ("clauses_empty", "merge_clauses={}"),
    ("clauses_no_list", "merge_clauses={'when_matched': 'update'}"),
    ("clauses_empty_list", "merge_clauses={'when_not_matched': []}"),
    ("clauses_texts", "merge_clauses={'when_matched': ['update']}"),
    ("clauses_and_columns", "merge_clauses={'when_matched': [{'action': 'delete'}]}, merge_update_columns=['name']"),
];

/// An incremental model with a configuration.
fn model(config: &str) -> String {
    format!(
        "{{{{ config(materialized='incremental', {config}) }}}}
         {{% if is_incremental() %}}
         select * from (values (2, 'bea', 21), (3, 'cat', null), (4, 'dot', 40)) as rows(id, name, amount)
         {{% else %}}
         select * from (values (1, 'ann', 10), (2, 'bob', 20), (3, 'cid', 30)) as rows(id, name, amount)
         {{% endif %}}"
    )
}

fn models(cases: &[(&str, &str)], more: &str) -> Sandbox {
    let mut sandbox = Sandbox::new().project();
    for (name, config) in cases {
        sandbox = sandbox.file(&format!("models/{name}.sql"), &model(&format!("{config}{more}")));
    }
    assert_eq!(sandbox.run(&["run", "--threads", "4"]).code, 0);
    sandbox
}

/// Status and the line of the message that says what is wrong, for each model, by name.
fn outcomes(sandbox: &Sandbox) -> Vec<(String, String)> {
    let results = sandbox.json("target/run_results.json");
    let outcome = |result: &serde_json::Value| {
        let name = result["unique_id"].as_str().unwrap().rsplit('.').next().unwrap().to_owned();
        let message = result["message"].as_str().unwrap_or_default();
        let said: Vec<&str> = message
            .lines()
            .skip(1)
            .map(str::trim)
            .skip_while(|line| line.is_empty())
            .take_while(|line| !line.is_empty())
            .collect();
        match result["status"].as_str().unwrap() {
            "success" => (name, "success".to_owned()),
            status => (name, format!("{status}: {}", said.join(" / "))),
        }
    };
    let mut outcomes: Vec<(String, String)> = results["results"].as_array().unwrap().iter().map(outcome).collect();
    outcomes.sort();
    outcomes
}

#[test]
fn every_option_of_the_strategies() {
    let sandbox = models(CASES, "");
    sandbox.run(&["run", "--threads", "4"]);
    let mut left = String::new();
    for (name, outcome) in outcomes(&sandbox) {
        let rows = sandbox.rows(&format!("select * from {name} order by all"));
        let rows: Vec<String> = rows.lines().map(|line| line.replace(" | ", " ")).collect();
        left.push_str(&format!("{name}: {outcome}\n  {}\n", rows.join(", ")));
    }
    assert_snapshot!(left, @r"
    append: success
      1 ann 10, 2 bea 21, 2 bob 20, 3 cat null, 3 cid 30, 4 dot 40
    append_with_key: success
      1 ann 10, 2 bea 21, 2 bob 20, 3 cat null, 3 cid 30, 4 dot 40
    clauses_by_source: success
      1 gone 10, 2 bob 20, 3 cid 30, 4 dot 40
    clauses_delete: success
      1 ann 10, 2 bea 21, 4 dot 40
    clauses_delete_by_source: success
      2 bea 21, 3 cat null
    clauses_error: error: Constraint Error: Merge error condition WHEN MATCHED: it's there
      1 ann 10, 2 bob 20, 3 cid 30
    clauses_explicit: success
      1 ann 10, 2 bea 99, 3 cat 99, 4 new null
    clauses_nothing: success
      1 ann 10, 2 bob 20, 3 cat null
    clauses_position: success
      1 ann 10, 2 bea 21, 3 cat null, 4 dot 40
    default_with_key: success
      1 ann 10, 2 bea 21, 3 cat null, 4 dot 40
    default_without_key: success
      1 ann 10, 2 bea 21, 2 bob 20, 3 cat null, 3 cid 30, 4 dot 40
    delete_insert: success
      1 ann 10, 2 bea 21, 3 cat null, 4 dot 40
    delete_insert_two_keys: success
      1 ann 10, 2 bea 21, 2 bob 20, 3 cat null, 3 cid 30, 4 dot 40
    delete_insert_where: success
      1 ann 10, 2 bea 21, 2 bob 20, 3 cat null, 4 dot 40
    delete_insert_without_key: success
      1 ann 10, 2 bea 21, 2 bob 20, 3 cat null, 3 cid 30, 4 dot 40
    merge: success
      1 ann 10, 2 bea 21, 3 cat null, 4 dot 40
    merge_all_but: success
      1 ann 10, 2 bob 21, 3 cid null, 4 dot 40
    merge_insert_if: success
      1 ann 10, 2 bea 21, 3 cat null
    merge_returning: success
      1 ann 10, 2 bea 21, 3 cat null, 4 dot 40
    merge_set: success
      1 ann 10, 2 bea 21, 3 cat 31, 4 dot 40
    merge_set_and_some: success
      1 ann 10, 2 bea 0, 3 cat 0, 4 dot 40
    merge_some: success
      1 ann 10, 2 bea 20, 3 cat 30, 4 dot 40
    merge_two_keys: success
      1 ann 10, 2 bea 21, 2 bob 20, 3 cat null, 3 cid 30, 4 dot 40
    merge_update_if: success
      1 ann 10, 2 bea 21, 3 cid 30, 4 dot 40
    merge_using: success
      1 ann 10, 2 bea 21, 3 cat null, 4 dot 40
    merge_where: success
      1 ann 10, 2 bea 21, 2 bob 20, 3 cat null, 4 dot 40
    merge_where_text: success
      1 ann 10, 2 bea 21, 2 bob 20, 3 cat null, 4 dot 40
    merge_without_key: success
      1 ann 10, 2 bea 21, 2 bob 20, 3 cat null, 3 cid 30, 4 dot 40
    ");
}

#[test]
fn a_merge_says_what_is_wrong_with_its_configuration() {
    let sandbox = models(REFUSED, ", incremental_strategy='merge', unique_key='id'");
    sandbox.run(&["run"]);
    let said: String = outcomes(&sandbox).iter().map(|(name, outcome)| format!("{name}: {outcome}\n")).collect();
    assert_snapshot!(said, @r"
    both: error: Model cannot specify merge_update_columns and merge_exclude_columns. Please update model to use only one config
    clauses_and_columns: error: MERGE configuration errors: / When merge_clauses is specified, the following basic merge configurations will be ignored and should be removed: merge_update_columns. Define your merge behavior within merge_clauses instead.
    clauses_empty: error: MERGE configuration errors: / merge_clauses must contain at least one of 'when_matched' or 'when_not_matched' keys
    clauses_empty_list: error: MERGE configuration errors: / merge_clauses.when_not_matched must contain at least one element
    clauses_list: error: MERGE configuration errors: / merge_clauses must be a dictionary, found: ['a']
    clauses_no_list: error: MERGE configuration errors: / merge_clauses.when_matched must be a list
    clauses_texts: error: MERGE configuration errors: / merge_clauses.when_matched elements must be dictionaries, found: update
    columns_numbers: error: MERGE configuration errors: / merge_exclude_columns must contain only string values, found: 1
    columns_text: error: MERGE configuration errors: / merge_update_columns must be a list
    condition_list: error: MERGE configuration errors: / merge_update_condition must be a string, found: ['a']
    set_list: error: MERGE configuration errors: / merge_update_set_expressions must be a dictionary, found: ['a']
    ");
}

/// The columns of the second run, whose first was `id integer, n integer, old varchar`.
const CHANGES: &[(&str, &str)] = &[
    ("added", "select 1 as id, 2 as n, 'x' as old, 'y' as new"),
    ("removed", "select 1 as id, 2 as n"),
    ("replaced", "select 1 as id, 2 as n, 'y' as new"),
    ("retyped", "select 1 as id, 'two' as n, 'x' as old"),
    ("narrowed", "select 1 as id, 2::tinyint as n, 'x' as old"),
    ("reordered", "select 'x' as old, 2 as n, 1 as id"),
    ("recased", "select 1 as ID, 2 as N, 'x' as Old"),
];

/// What each change leaves under a value of `on_schema_change` and a strategy.
fn after_changes(value: &str, strategy: &str) -> String {
    let mut sandbox = Sandbox::new().project();
    for (name, sql) in CHANGES {
        let text = format!(
            "{{{{ config(materialized='incremental', incremental_strategy='{strategy}', unique_key='id',
                         on_schema_change='{value}') }}}}
             {{% if is_incremental() %}}{sql}{{% else %}}select 1 as id, 1 as n, 'o' as old{{% endif %}}"
        );
        sandbox = sandbox.file(&format!("models/{name}.sql"), &text);
    }
    assert_eq!(sandbox.run(&["run", "--threads", "4"]).code, 0);
    sandbox.run(&["run", "--threads", "4"]);
    let mut left = String::new();
    for (name, outcome) in outcomes(&sandbox) {
        let columns = "select string_agg(column_name || ' ' || lower(column_type), ', ') from";
        let columns = sandbox.rows(&format!("{columns} (describe {name})"));
        let rows = sandbox.rows(&format!("select columns(*)::varchar from {name}"));
        let rows: Vec<String> = rows.lines().map(|line| line.replace(" | ", " ")).collect();
        left.push_str(&format!("{name}: {outcome}\n  {}: {}\n", columns.trim(), rows.join(", ")));
    }
    left
}

#[test]
fn changed_columns_are_ignored() {
    assert_snapshot!(after_changes("ignore", "delete+insert"), @r#"
    added: success
      id integer, n integer, old varchar: 1 2 x
    narrowed: success
      id integer, n integer, old varchar: 1 2 x
    recased: success
      id integer, n integer, old varchar: 1 2 x
    removed: error: Binder Error: Referenced column "old" not found in FROM clause! / Candidate bindings: "id"
      id integer, n integer, old varchar: 1 1 o
    reordered: success
      id integer, n integer, old varchar: 1 2 x
    replaced: error: Binder Error: Referenced column "old" not found in FROM clause! / Candidate bindings: "id"
      id integer, n integer, old varchar: 1 1 o
    retyped: error: Conversion Error: Could not convert string 'two' to INT32 when casting from source column n
      id integer, n integer, old varchar: 1 1 o
    "#);
}

#[test]
fn changed_columns_fail() {
    assert_snapshot!(after_changes("fail", "delete+insert"), @r"
    added: error: The source and target schemas on this incremental model are out of sync! / They can be reconciled in several ways: / - set the `on_schema_change` config to either append_new_columns or sync_all_columns, depending on your situation. / - Re-run the incremental model with `full_refresh: True` to update the target schema. / - update the schema manually and re-run the process.
      id integer, n integer, old varchar: 1 1 o
    narrowed: error: The source and target schemas on this incremental model are out of sync! / They can be reconciled in several ways: / - set the `on_schema_change` config to either append_new_columns or sync_all_columns, depending on your situation. / - Re-run the incremental model with `full_refresh: True` to update the target schema. / - update the schema manually and re-run the process.
      id integer, n integer, old varchar: 1 1 o
    recased: error: The source and target schemas on this incremental model are out of sync! / They can be reconciled in several ways: / - set the `on_schema_change` config to either append_new_columns or sync_all_columns, depending on your situation. / - Re-run the incremental model with `full_refresh: True` to update the target schema. / - update the schema manually and re-run the process.
      id integer, n integer, old varchar: 1 1 o
    removed: error: The source and target schemas on this incremental model are out of sync! / They can be reconciled in several ways: / - set the `on_schema_change` config to either append_new_columns or sync_all_columns, depending on your situation. / - Re-run the incremental model with `full_refresh: True` to update the target schema. / - update the schema manually and re-run the process.
      id integer, n integer, old varchar: 1 1 o
    reordered: success
      id integer, n integer, old varchar: 1 2 x
    replaced: error: The source and target schemas on this incremental model are out of sync! / They can be reconciled in several ways: / - set the `on_schema_change` config to either append_new_columns or sync_all_columns, depending on your situation. / - Re-run the incremental model with `full_refresh: True` to update the target schema. / - update the schema manually and re-run the process.
      id integer, n integer, old varchar: 1 1 o
    retyped: error: The source and target schemas on this incremental model are out of sync! / They can be reconciled in several ways: / - set the `on_schema_change` config to either append_new_columns or sync_all_columns, depending on your situation. / - Re-run the incremental model with `full_refresh: True` to update the target schema. / - update the schema manually and re-run the process.
      id integer, n integer, old varchar: 1 1 o
    ");
}

#[test]
fn new_columns_are_appended() {
    assert_snapshot!(after_changes("append_new_columns", "delete+insert"), @r"
    added: success
      id integer, n integer, old varchar, new varchar: 1 2 x y
    narrowed: success
      id integer, n integer, old varchar: 1 2 x
    recased: error: Catalog Error: Column with name ID already exists!
      id integer, n integer, old varchar: 1 1 o
    removed: success
      id integer, n integer, old varchar: 1 2 null
    reordered: success
      id integer, n integer, old varchar: 1 2 x
    replaced: success
      id integer, n integer, old varchar, new varchar: 1 2 null y
    retyped: error: Conversion Error: Could not convert string 'two' to INT32 when casting from source column n
      id integer, n integer, old varchar: 1 1 o
    ");
}

/// dbt cannot commit `narrowed` and `retyped` on DuckDB 1.5, with either strategy: it adds a column, copies the values and
/// renames, and then changes rows of the altered table.
#[test]
fn all_columns_are_synchronized() {
    assert_snapshot!(after_changes("sync_all_columns", "merge"), @r"
    added: success
      id integer, n integer, old varchar, new varchar: 1 2 x y
    narrowed: success
      id integer, n tinyint, old varchar: 1 2 x
    recased: error: Catalog Error: Column with name ID already exists!
      id integer, n integer, old varchar: 1 1 o
    removed: success
      id integer, n integer: 1 2
    reordered: success
      id integer, n integer, old varchar: 1 2 x
    replaced: success
      id integer, n integer, new varchar: 1 2 y
    retyped: success
      id integer, n varchar, old varchar: 1 two x
    ");
}

#[test]
fn all_columns_are_synchronized_before_rows_are_replaced() {
    assert_snapshot!(after_changes("sync_all_columns", "delete+insert"), @r"
    added: success
      id integer, n integer, old varchar, new varchar: 1 2 x y
    narrowed: success
      id integer, n tinyint, old varchar: 1 2 x
    recased: error: Catalog Error: Column with name ID already exists!
      id integer, n integer, old varchar: 1 1 o
    removed: success
      id integer, n integer: 1 2
    reordered: success
      id integer, n integer, old varchar: 1 2 x
    replaced: success
      id integer, n integer, new varchar: 1 2 y
    retyped: success
      id integer, n varchar, old varchar: 1 two x
    ");
}

#[test]
fn an_unknown_value_is_ignored() {
    assert_snapshot!(after_changes("nope", "append"), @r#"
    added: success
      id integer, n integer, old varchar: 1 1 o, 1 2 x
    narrowed: success
      id integer, n integer, old varchar: 1 1 o, 1 2 x
    recased: success
      id integer, n integer, old varchar: 1 1 o, 1 2 x
    removed: error: Binder Error: Referenced column "old" not found in FROM clause! / Candidate bindings: "id"
      id integer, n integer, old varchar: 1 1 o
    reordered: success
      id integer, n integer, old varchar: 1 1 o, 1 2 x
    replaced: error: Binder Error: Referenced column "old" not found in FROM clause! / Candidate bindings: "id"
      id integer, n integer, old varchar: 1 1 o
    retyped: error: Conversion Error: Could not convert string 'two' to INT32 when casting from source column n
      id integer, n integer, old varchar: 1 1 o
    "#);
}
