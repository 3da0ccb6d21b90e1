//! The public list of what another implementation of dbt had to try on DuckDB (dbt-fusion issue 1593 and its children,
//! and bugs that were reported beside it), each tried here. `docs/duckdb-bugs.md` is the list with its results.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use common::Sandbox;
use insta::assert_snapshot;

/// A project whose profile has these targets; the first is the default one.
fn targets(outputs: &str) -> Sandbox {
    Sandbox::new()
        .project()
        .file("profiles.yml", &format!("p:\n  target: \"{{{{ env_var('WHERE', 'dev') }}}}\"\n  outputs:\n{outputs}"))
        .file("models/one.sql", "{{ config(materialized='table') }} select 1 as id")
}

/// Runs a command that has to work.
fn works(sandbox: &Sandbox, words: &[&str]) {
    let outcome = sandbox.run(words);
    assert_eq!(outcome.code, 0, "{outcome}");
}

/// Issue 1594: profiles in memory and in a file, with schema, threads and values from the environment.
#[test]
fn local_profiles() {
    let sandbox = targets(
        "    dev: {type: duckdb}
    memory: {type: duckdb, path: ':memory:', schema: other, threads: 4}
    file: {type: duckdb, path: \"{{ env_var('NAME', 'nowhere') }}.duckdb\", schema: \"{{ env_var('SCHEMA') }}\", threads: \"{{ env_var('THREADS') | int }}\"}\n",
    )
    .env("NAME", "a")
    .env("SCHEMA", "mine")
    .env("THREADS", "3");
    works(&sandbox, &["run"]);
    works(&sandbox, &["run", "--target", "memory"]);
    let sandbox = sandbox.env("WHERE", "file");
    works(&sandbox, &["debug"]);
    let outcome = sandbox.run(&["run"]);
    assert!(outcome.stdout.contains("Concurrency: 3 threads (target='file')"), "{outcome}");
    assert_snapshot!(sandbox.relations(), @r"mine | one | BASE TABLE");
}

/// Issue 1595: sources that are files, by `meta` or `config` of the source or of the table, with names filled in.
#[test]
fn sources_in_files() {
    let sandbox = Sandbox::new()
        .project()
        .file("data/orders.csv", "id,amount\n1,10\n2,20\n")
        .file("data/shop_items.csv", "id\n7\n")
        .file(
            "models/sources.yml",
            "sources:
  - name: files
    meta: {external_location: \"data/{name}.csv\"}
    tables: [{name: orders}, {name: readings, meta: {external_location: \"read_parquet('data/{name}.parquet')\"}}]
  - name: shop
    config: {external_location: \"read_csv('data/{schema}_{identifier}.csv', all_varchar=true)\"}
    tables: [{name: things, identifier: items}]
  - name: inner
    tables: [{name: orders, config: {meta: {external_location: 'data/orders.csv'}}}]
",
        )
        .file(
            "models/all.sql",
            "select (select sum(amount) from {{ source('files', 'orders') }}) as orders,
            (select sum(n) from {{ source('files', 'readings') }}) as readings,
            (select any_value(typeof(id)) from {{ source('shop', 'things') }}) as things,
            (select count(*) from {{ source('inner', 'orders') }}) as again",
        );
    sandbox
        .database()
        .execute_batch(&format!("copy (select 5 as n) to '{}'", sandbox.here().join("data/readings.parquet").display()))
        .unwrap();
    works(&sandbox, &["compile"]);
    assert_snapshot!(sandbox.read("target/compiled/a/models/all.sql"), @r"
    select (select sum(amount) from 'data/orders.csv') as orders,
                (select sum(n) from read_parquet('data/readings.parquet')) as readings,
                (select any_value(typeof(id)) from read_csv('data/shop_items.csv', all_varchar=true)) as things,
                (select count(*) from 'data/orders.csv') as again
    ");
    works(&sandbox, &["run"]);
    let outcome = sandbox.run(&["show", "--select", "all", "--output", "json", "--quiet"]);
    assert_snapshot!(outcome.stdout.replace(char::is_whitespace, ""), @r#"{"node":"all","show":[{"orders":30,"readings":5,"things":"VARCHAR","again":2}]}"#);
}

/// Issues 1596 and 1530: extensions by name and as mappings, settings. Those that are in the library are not downloaded,
/// as dbt would.
#[test]
fn extensions_and_settings() {
    let sandbox = targets(
        "    dev: {type: duckdb, path: a.duckdb, extensions: [parquet, json], settings: {enable_progress_bar: false, memory_limit: 1GB}}
    community: {type: duckdb, path: a.duckdb, extensions: [{name: duckpgq, repo: community}]}\n",
    )
    .file("models/one.sql", "select current_setting('memory_limit') as memory");
    works(&sandbox, &["debug"]);
    let outcome = sandbox.run(&["show", "--select", "one", "--output", "json", "--quiet"]);
    assert_snapshot!(outcome.stdout.replace(char::is_whitespace, ""), @r#"{"node":"one","show":[{"memory":"953.6MiB"}]}"#);
    works(&sandbox, &["parse", "--target", "community"]);
}

/// Issue 1598: seeds, a staging view, incremental models that append and merge, a snapshot, in one build and another.
#[test]
fn incremental_models_and_snapshots() {
    let model = |config: &str| {
        format!("{{{{ config(materialized='incremental', {config}) }}}} select * from {{{{ ref('staged') }}}}")
    };
    let sandbox = Sandbox::new()
        .project()
        .file("seeds/raw.csv", "id,name\n1,ann\n2,bob\n")
        .file("models/staged.sql", "select * from {{ ref('raw') }}")
        .file("models/appended.sql", &model("incremental_strategy='append'"))
        .file("models/merged.sql", &model("incremental_strategy='merge', unique_key='id'"))
        .file("snapshots/history.yml", "snapshots: [{name: history, relation: ref('staged'), config: {strategy: check, check_cols: all, unique_key: id}}]");
    works(&sandbox, &["build"]);
    let sandbox = sandbox.file("seeds/raw.csv", "id,name\n1,ann\n2,bea\n");
    works(&sandbox, &["build"]);
    assert_snapshot!(
        sandbox.rows("select (select count(*) from appended), (select string_agg(name, ',' order by id) from merged), (select count(*) from history)"),
        @r"4 | ann,bea | 3"
    );
}

/// Issue 1599: external models, whole and partitioned, read by a model that is run on its own later.
#[test]
fn external_models() {
    let sandbox = targets("    dev: {type: duckdb, path: ':memory:', external_root: out}\n")
        .file("models/one.sql", "{{ config(materialized='external', format='parquet') }} select 1 as id, 'x' as part")
        .file(
            "models/parts.sql",
            "{{ config(materialized='external', location='out/parts', options={'partition_by': 'part', 'overwrite_or_ignore': true}) }}
             select range as id, 'p' || range % 2 as part from range(4)",
        )
        .file(
            "models/below.sql",
            "{{ config(materialized='external', format='csv') }} select sum(id) as s, count(distinct part) as parts from
             (select * from {{ ref('one') }} union all select * from {{ ref('parts') }})",
        )
        .file("dbt_project.yml", "name: a\nprofile: p\non-run-start: '{{ register_upstream_external_models() }}'\n")
        .file("out/.keep", "");
    works(&sandbox, &["run", "--exclude", "below"]);
    works(&sandbox, &["run", "--select", "below"]);
    assert_snapshot!(sandbox.read("out/below.csv"), @r"
    s,parts
    7,3
    ");
}

/// Issue 1600: another DuckDB file attached, read and written.
#[test]
fn attached_databases() {
    let sandbox = targets(
        "    dev: {type: duckdb, path: a.duckdb, attach: [{path: other.duckdb}, {path: third.duckdb, alias: named}]}\n",
    )
    .file("models/one.sql", "{{ config(materialized='table', database='other') }} select 1 as id")
    .file(
        "models/two.sql",
        "{{ config(materialized='table', database='named') }} select id + 1 as id from {{ ref('one') }}",
    )
    .file("models/three.sql", "{{ config(materialized='table') }} select id + 1 as id from {{ ref('two') }}");
    works(&sandbox, &["build"]);
    works(&sandbox, &["build"]);
    assert_snapshot!(sandbox.rows("select * from three"), @r"3");
}

/// Issue 1601: `+all_varchar` for all seeds of a project, which dbt takes and passes over.
#[test]
fn seeds_with_all_varchar() {
    let sandbox = Sandbox::new()
        .project()
        .file("dbt_project.yml", "name: a\nprofile: p\nseeds: {a: {+all_varchar: true}}\n")
        .file("seeds/s.csv", "id,name\n1,ann\n");
    works(&sandbox, &["seed"]);
    assert_snapshot!(sandbox.rows("select column_name, column_type from (describe s)"), @r"
    id | INTEGER
    name | VARCHAR
    ");
}

/// Issues 1602 and 1603: profiles for storage and services that are not here are read.
#[test]
fn profiles_of_remote_storage() {
    let sandbox = targets(
        "    dev: {type: duckdb, path: a.duckdb, extensions: [httpfs], secrets: [{type: s3, key_id: k, secret: hidden, region: eu-west-1, scope: 's3://one'}]}
    files: {type: duckdb, path: a.duckdb, filesystems: [{fs: s3, anon: false, key: k, secret: hidden}]}
    moon: {type: duckdb, path: 'md:mine', settings: {motherduck_token: hidden}}
    lake: {type: duckdb, path: 'ducklake:meta.ducklake', is_ducklake: true}
    attached: {type: duckdb, path: ':memory:', attach: [{path: 'ducklake:meta.ducklake', alias: lake}, {path: 'md:'}]}\n",
    );
    for target in ["dev", "files", "moon", "lake", "attached"] {
        works(&sandbox, &["parse", "--target", target]);
    }
    assert!(!sandbox.read("logs/dbt.log").contains("hidden"));
}

/// Issue 1605: a table function with parameters, and a model that calls it.
#[test]
fn table_functions() {
    let sandbox = Sandbox::new()
        .project()
        .file("models/people.sql", "select * from (values (1, 'n'), (2, 's'), (3, 'n')) as rows(id, region)")
        .file(
            "models/people_by_region.sql",
            "{{ config(materialized='table_function', parameters=['wanted']) }} select * from {{ ref('people') }} where region = wanted",
        )
        .file("models/counted.sql", "{{ config(materialized='table') }} select count(*) as n from {{ ref('people_by_region') }}('n')");
    works(&sandbox, &["build"]);
    assert_snapshot!(sandbox.rows("select * from counted"), @r"2");
}

/// Issues 1606 and 1591: a clone from another target. Databases that are files know nothing of each other, unless one is
/// attached to the other.
#[test]
fn clones() {
    let sandbox = targets(
        "    dev: {type: duckdb, path: a.duckdb}
    prod: {type: duckdb, path: prod.duckdb}
    both: {type: duckdb, path: a.duckdb, attach: [{path: prod.duckdb}]}\n",
    );
    works(&sandbox, &["run", "--target", "prod", "--target-path", "state"]);
    let outcome = sandbox.run(&["clone", "--state", "state"]);
    assert_eq!(outcome.code, 1, "{outcome}");
    assert!(outcome.stdout.contains("\"prod\" does not exist"), "{outcome}");
    works(&sandbox, &["clone", "--state", "state", "--target", "both"]);
    assert_snapshot!(sandbox.relations(), @r"main | one | VIEW");
}

/// Issue 1609: a column of a window's partition, in a model on a model.
#[test]
fn partitions_of_windows() {
    let sandbox = Sandbox::new()
        .project()
        .file("models/staged.sql", "{{ config(materialized='table') }} select range as id, range % 2 as user_id, now() as at from range(6)")
        .file(
            "models/facts.sql",
            "{{ config(materialized='table') }}
             with numbered as (select *, row_number() over (partition by user_id order by id) as n from {{ ref('staged') }})
             select user_id, max(n) as n from numbered group by all",
        );
    works(&sandbox, &["run"]);
    assert_snapshot!(sandbox.rows("select * from facts order by all"), @r"
    0 | 3
    1 | 3
    ");
}

/// Issue 1758: the catalog, whose `owner` another implementation could not read.
#[test]
fn catalogs() {
    let sandbox = Sandbox::new().project().file("models/one.sql", "select 1 as id");
    works(&sandbox, &["run"]);
    works(&sandbox, &["docs", "generate"]);
    let catalog = sandbox.json("target/catalog.json");
    assert_snapshot!(catalog["nodes"]["model.a.one"], @r#"{"metadata":{"type":"VIEW","schema":"main","name":"one","database":"a","comment":null,"owner":null},"columns":{"id":{"type":"INTEGER","index":1,"name":"id","comment":null}},"stats":{"has_stats":{"id":"has_stats","label":"Has Stats?","value":false,"include":false,"description":"Indicates whether there are statistics for this table"}},"unique_id":"model.a.one"}"#);
}

/// Issue 178: a view becomes a table.
#[test]
fn views_become_tables() {
    let sandbox = Sandbox::new().project().file("models/one.sql", "select 1 as id");
    works(&sandbox, &["run"]);
    let sandbox = sandbox.file("models/one.sql", "{{ config(materialized='table') }} select 1 as id");
    works(&sandbox, &["run"]);
    assert_snapshot!(sandbox.relations(), @r"main | one | BASE TABLE");
}

/// Issue 1393: `meta` inside the configuration of a table of a source is there twice.
#[test]
fn meta_of_sources() {
    let sandbox = Sandbox::new().project().file(
        "models/sources.yml",
        "sources: [{name: raw, tables: [{name: payments, config: {meta: {filters: [{column: created}]}}}]}]",
    );
    works(&sandbox, &["parse"]);
    let source = &sandbox.json("target/manifest.json")["sources"]["source.a.raw.payments"];
    assert_eq!(source["meta"], serde_json::json!({"filters": [{"column": "created"}]}));
    assert_eq!(source["config"]["meta"], source["meta"]);
}
