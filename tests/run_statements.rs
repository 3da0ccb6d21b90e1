//! What stands around a model's own statement: hooks on both sides of the transaction, the comment and the header of a
//! statement, descriptions and grants that follow it.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use common::Sandbox;
use insta::assert_snapshot;

/// A model with hooks inside and outside its transaction, each of which notes its name.
fn with_hooks(materialized: &str, sql: &str) -> Sandbox {
    let note = |name: &str, transaction: bool| {
        format!("{{'sql': \"insert into noted values ('{name}')\", 'transaction': {transaction}}}")
    };
    let model = format!(
        "{{{{ config(materialized='{materialized}', pre_hook=[{}, {}, before_begin(\"insert into noted values ('first')\")],
             post_hook=[{}, {}, after_commit(\"insert into noted values ('last')\")]) }}}} {sql}",
        note("before, inside", true),
        note("before, outside", false),
        note("after, inside", true),
        note("after, outside", false),
    );
    let sandbox = Sandbox::new().project().file("models/one.sql", &model);
    sandbox.database().execute_batch("create table noted (what varchar)").unwrap();
    sandbox
}

fn noted(sandbox: &Sandbox) -> String {
    let status = sandbox.statuses();
    format!("{status}{}", sandbox.rows("select what from noted order by rowid"))
}

#[test]
fn hooks_on_both_sides_of_the_transaction() {
    for materialized in ["table", "view", "incremental"] {
        let sandbox = with_hooks(materialized, "select 1 as id");
        sandbox.run(&["run"]);
        assert_eq!(
            noted(&sandbox),
            "model one: success\nbefore, outside\nfirst\nbefore, inside\nafter, inside\nafter, outside\nlast\n",
            "{materialized}"
        );
    }
}

#[test]
fn hooks_inside_the_transaction_are_undone_with_it() {
    let sandbox = with_hooks("table", "select error('the model fails') as id");
    sandbox.run(&["run"]);
    assert_snapshot!(noted(&sandbox), @r"
    model one: error
    before, outside
    first
    ");
}

#[test]
fn a_failing_hook_after_the_transaction_leaves_what_was_committed() {
    let sandbox = with_hooks("table", "select 1 as id");
    let project =
        "name: a\nprofile: p\nmodels: {+post-hook: [{sql: \"select error('the hook fails')\", transaction: false}]}\n";
    let sandbox = sandbox.file("dbt_project.yml", project);
    sandbox.run(&["run"]);
    assert_snapshot!(noted(&sandbox), @r"
    model one: error
    before, outside
    first
    before, inside
    after, inside
    ");
    assert_snapshot!(sandbox.relations(), @r"
    main | noted | BASE TABLE
    main | one | BASE TABLE
    ");
}

#[test]
fn hooks_come_from_everywhere_and_belong_to_every_kind_of_node() {
    let add = |name: &str| format!("insert into noted values ('{name} of {{{{ this.identifier }}}}')");
    let project = format!(
        "name: a\nprofile: p\nmodels: {{+pre-hook: \"{}\"}}\nseeds: {{+post-hook: \"{}\"}}\nsnapshots: {{+post-hook: [\"{}\"]}}\n",
        add("project"),
        add("seed"),
        add("snapshot"),
    );
    let sandbox = Sandbox::new()
        .project()
        .file("dbt_project.yml", &project)
        .file("seeds/s.csv", "id\n1\n")
        .file(
            "snapshots/h.yml",
            "snapshots: [{name: h, relation: ref('s'), config: {strategy: check, check_cols: all, unique_key: id}}]",
        )
        .file(
            "models/one.sql",
            &format!(
                "{{{{ config(pre_hook=\"{}\") }}}} select * from {{{{ ref('h') }}}}",
                add("model").replace("{{ this.identifier }}", "~")
            ),
        )
        .file(
            "models/one.yml",
            "models: [{name: one, config: {pre-hook: \"insert into noted values ('properties')\"}}]",
        );
    sandbox.database().execute_batch("create table noted (what varchar)").unwrap();
    sandbox.run(&["build"]);
    assert_snapshot!(noted(&sandbox), @r"
    seed s: success
    snapshot h: success
    model one: success
    seed of s
    snapshot of h
    project of one
    properties
    model of ~
    ");
}

/// The statement of the model as it was sent, with what `query-comment` says.
fn sent(query_comment: &str) -> String {
    let sandbox = Sandbox::new()
        .project()
        .file("dbt_project.yml", &format!("name: a\nprofile: p\n{query_comment}\n"))
        .file("models/one.sql", "{{ config(materialized='table') }} select 1 as id")
        .file(
            "macros/say.sql",
            "{% macro say(node) %}{{ return(tojson({'by': target.name, 'node': node.name if node else none})) }}{% endmacro %}",
        );
    let outcome = sandbox.run(&["run"]);
    if outcome.code != 0 {
        return outcome
            .console()
            .lines()
            .filter(|line| !line.starts_with("Concurrency"))
            .collect::<Vec<_>>()
            .join("\n");
    }
    let log = sandbox.read("logs/dbt.log");
    let statements = log.split("On model.a.one: ").map(|text| text.split("SQL status").next().unwrap_or_default());
    let statement = statements.filter(|text| text.contains("select 1 as id")).last().unwrap_or_default();
    let lines = statement.lines().take_while(|line| !line.contains("[debug]"));
    lines.filter(|line| !line.trim().is_empty()).map(|line| format!("{}\n", line.trim_end())).collect()
}

#[test]
fn statements_carry_the_comment_of_the_project() {
    assert_snapshot!(sent(""), @r#"
    /* {"app": "dbt", "dbt_version": "1.12.6", "profile_name": "p", "target_name": "dev", "node_id": "model.a.one"} */
        create  table
          "a"."main"."one__dbt_tmp"
        as (
           select 1 as id
        );
    "#);
    assert_snapshot!(sent("query-comment: ''"), @r#"
    create  table
      "a"."main"."one__dbt_tmp"
    as (
       select 1 as id
    );
    "#);
    assert_snapshot!(sent("query-comment: null"), @r#"
    create  table
      "a"."main"."one__dbt_tmp"
    as (
       select 1 as id
    );
    "#);
    assert_snapshot!(sent("query-comment: run by {{ target.name }} for {{ node.name if node else 'none' }}"), @r#"
    /* run by dev for one */
        create  table
          "a"."main"."one__dbt_tmp"
        as (
           select 1 as id
        );
    "#);
    assert_snapshot!(sent("query-comment: '{{ say(node) }}'"), @r#"
    /* {"by": "dev", "node": "one"} */
        create  table
          "a"."main"."one__dbt_tmp"
        as (
           select 1 as id
        );
    "#);
    assert_snapshot!(sent("query-comment: {comment: 'for {{ connection_name }}', append: true}"), @r#"
        create  table
          "a"."main"."one__dbt_tmp"
        as (
           select 1 as id
        )
    /* for model.a.one */;
    "#);
    assert_snapshot!(sent("query-comment: {append: true}"), @r#"
        create  table
          "a"."main"."one__dbt_tmp"
        as (
           select 1 as id
        )
    /* {"app": "dbt", "dbt_version": "1.12.6", "profile_name": "p", "target_name": "dev", "node_id": "model.a.one"} */;
    "#);
    assert_snapshot!(sent("query-comment: {comment: '{{ say(node) }}', job-label: true}"), @r#"
    /* {"by": "dev", "node": "one"} */
        create  table
          "a"."main"."one__dbt_tmp"
        as (
           select 1 as id
        );
    "#);
    assert_snapshot!(sent("query-comment: 'it ends */ early'"), @r#"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      query comment contains illegal value "*/": it ends */ early
    "#);
}

#[test]
fn comments_have_a_shape() {
    let refused: String = ["{foo: 1}", "{comment: null}", "{job_label: true}", "{append: 'yes'}", "[a]", "3"]
        .iter()
        .map(|comment| {
            let project = format!("name: a\nprofile: p\nquery-comment: {comment}\n");
            let outcome = Sandbox::new().project().file("dbt_project.yml", &project).run(&["ls"]);
            assert_eq!(outcome.code, 2, "{outcome}");
            outcome
                .stdout
                .lines()
                .filter(|line| line.contains("at path"))
                .map(|line| format!("{line}\n"))
                .collect::<String>()
        })
        .collect();
    assert_snapshot!(refused, @r"
      at path ['query-comment']: {'foo': 1} is not valid under any of the given schemas
      at path ['query-comment']: {'comment': None} is not valid under any of the given schemas
      at path ['query-comment']: {'job_label': True} is not valid under any of the given schemas
      at path ['query-comment']: {'append': 'yes'} is not valid under any of the given schemas
      at path ['query-comment']: ['a'] is not valid under any of the given schemas
      at path ['query-comment']: 3 is not valid under any of the given schemas
    ");
}

#[test]
fn headers_stand_before_statements() {
    let sandbox = Sandbox::new()
        .project()
        .file(
            "models/of_table.sql",
            "{{ config(materialized='table', sql_header='set variable x = 5;') }} select getvariable('x') as x",
        )
        .file(
            "models/of_view.sql",
            "{% call set_sql_header(config) %}create or replace temporary macro twice(n) as n * 2;{% endcall %}
             {{ config(materialized='view') }} select 1 as x",
        )
        .file(
            "models/of_incremental.sql",
            "{{ config(materialized='incremental', sql_header='set variable z = 7;') }} select getvariable('z') as x",
        )
        .file(
            "models/of_contract.sql",
            "{{ config(materialized='table', sql_header='set variable c = 9;') }} select getvariable('c')::int as x",
        )
        .file(
            "models/m.yml",
            "models: [{name: of_contract, config: {contract: {enforced: true}}, columns: [{name: x, data_type: int}]}]",
        );
    for _ in 0..2 {
        let outcome = sandbox.run(&["run"]);
        assert_eq!(outcome.code, 0, "{outcome}");
    }
    assert_snapshot!(
        sandbox.rows("select x, 'table' from of_table union all select x, 'incremental' from of_incremental
                      union all select x, 'contract' from of_contract union all select x, 'view' from of_view"),
        @r"
        5 | table
        7 | incremental
        7 | incremental
        9 | contract
        1 | view
        "
    );
    assert_snapshot!(sandbox.read("target/run/a/models/of_view.sql").trim(), @r#"
    create or replace temporary macro twice(n) as n * 2;
      create view "a"."main"."of_view__dbt_tmp" as (
        
                  select 1 as x
      );
    "#);
}

#[test]
fn descriptions_are_kept_in_the_database() {
    let config = "{persist_docs: {relation: true, columns: true}}";
    let described = "description: \"It's {{ 1 }} 'table'\\nin two lines; $$\", columns: [
        {name: id, description: The id}, {name: Mixed, description: quoted, quote: true}, {name: absent, description: x}]";
    let sandbox = Sandbox::new()
        .project()
        .file("models/t.sql", "{{ config(materialized='table') }} select 1 as id, 2 as \"Mixed\"")
        .file("models/v.sql", "select 1 as id, 2 as \"Mixed\"")
        .file("models/i.sql", "{{ config(materialized='incremental') }} select 1 as id, 2 as \"Mixed\"")
        .file("models/only_columns.sql", "{{ config(materialized='table') }} select 1 as id, 2 as \"Mixed\"")
        .file("models/undescribed.sql", "{{ config(materialized='table') }} select 1 as id")
        .file("seeds/s.csv", "id,Mixed\n1,2\n")
        .file("snapshots/h.yml", &format!("snapshots: [{{name: h, relation: ref('t'), {described}, config: {{strategy: check, check_cols: all, unique_key: id, persist_docs: {{relation: true, columns: true}}}}}}]"))
        .file(
            "models/m.yml",
            &format!(
                "models:\n  - {{name: t, {described}, config: {config}}}\n  - {{name: v, {described}, config: {config}}}
  - {{name: i, {described}, config: {config}}}\n  - {{name: only_columns, {described}, config: {{persist_docs: {{columns: true}}}}}}
  - {{name: undescribed, config: {config}}}\nseeds:\n  - {{name: s, {described}, config: {config}}}\n"
            ),
        );
    for _ in 0..2 {
        let outcome = sandbox.run(&["build"]);
        assert_eq!(outcome.code, 0, "{outcome}");
    }
    assert_snapshot!(
        sandbox.rows("select table_name, comment from duckdb_tables() union all select view_name, comment from duckdb_views()
                      where not internal order by all"),
        @r"
        h | It's 1 'table'
        in two lines; $$
        i | It's 1 'table'
        in two lines; $$
        only_columns | null
        s | It's 1 'table'
        in two lines; $$
        t | It's 1 'table'
        in two lines; $$
        undescribed | null
        v | It's 1 'table'
        in two lines; $$
        "
    );
    assert_snapshot!(
        sandbox.rows("select table_name, column_name, comment from duckdb_columns() where comment is not null order by all"),
        @r"
        h | Mixed | quoted
        h | id | The id
        i | Mixed | quoted
        i | id | The id
        only_columns | Mixed | quoted
        only_columns | id | The id
        s | Mixed | quoted
        s | id | The id
        t | Mixed | quoted
        t | id | The id
        v | Mixed | quoted
        v | id | The id
        "
    );
}

#[test]
fn grants_are_unknown_to_the_database() {
    let model =
        |kind: &str| format!("{{{{ config(materialized='{kind}', grants={{'select': ['a']}}) }}}} select 1 as id");
    let sandbox = Sandbox::new()
        .project()
        .file("models/v.sql", &model("view"))
        .file("models/t.sql", &model("table"))
        .file("models/i.sql", &model("incremental"));
    let first = sandbox.run(&["run"]);
    assert_snapshot!(first.console(), @r"
    exit code 0
    Concurrency: 1 threads (target='dev')
    1 of 3 START sql incremental model main.i ...................................... [RUN]
    DuckDB adapter: Grants for relations are not supported by DuckDB
    1 of 3 OK created sql incremental model main.i ................................. [OK in N.NNs]
    2 of 3 START sql table model main.t ............................................ [RUN]
    2 of 3 OK created sql table model main.t ....................................... [OK in N.NNs]
    3 of 3 START sql view model main.v ............................................. [RUN]
    3 of 3 OK created sql view model main.v ........................................ [OK in N.NNs]
    Finished running 1 incremental model, 1 table model, 1 view model in TIME (N.NNs).
    Completed successfully
    Done. PASS=3 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=3
    ");
    let second = sandbox.run(&["run", "--select", "i"]);
    assert_snapshot!(second.console(), @r"
    exit code 0
    Concurrency: 1 threads (target='dev')
    1 of 1 START sql incremental model main.i ...................................... [RUN]
    DuckDB adapter: Grants for relations are not supported by DuckDB
    1 of 1 OK created sql incremental model main.i ................................. [OK in N.NNs]
    Finished running 1 incremental model in TIME (N.NNs).
    Completed successfully
    Done. PASS=1 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=1
    ");
}

/// Queries of dbt.log that list what a schema has.
fn listings(sandbox: &Sandbox) -> usize {
    sandbox.read("logs/dbt.log").matches("from system.information_schema.tables").count()
}

#[test]
fn one_query_lists_what_all_schemas_of_a_database_have() {
    let sandbox = Sandbox::new()
        .project()
        .file("models/one.sql", "{{ config(schema='other one', materialized='table') }} select 1 as id")
        .file("models/two.sql", "{{ config(schema='Two') }} select * from {{ ref('one') }}")
        .file("models/three.sql", "{{ config(materialized='table') }} select * from {{ ref('two') }}");
    for _ in 0..2 {
        let outcome = sandbox.run(&["run"]);
        assert_eq!(outcome.code, 0, "{outcome}");
    }
    assert_eq!(listings(&sandbox), 2);
    let log = sandbox.read("logs/dbt.log");
    for name in ["one", "two", "three"] {
        // What the second run finds is replaced.
        assert_eq!(log.matches(&format!("rename to \"{name}__dbt_backup\"")).count(), 1, "{name}");
    }
    let with_macro = sandbox.file(
        "macros/listing.sql",
        "{% macro list_relations_without_caching(schema_relation) %}
           {% do return(duckdb__list_relations_without_caching(schema_relation)) %}
         {% endmacro %}",
    );
    let outcome = with_macro.run(&["run"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    assert_eq!(listings(&with_macro), 5);
}
