//! Models that are files and sources that are files, as dbt-duckdb writes and reads them.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use common::Sandbox;
use insta::assert_snapshot;

/// A project of external models: `(name, config)`, each with the same four rows.
fn project(models: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::new().project().file("out/.keep", "");
    models.iter().fold(sandbox, |sandbox, (name, config)| {
        let sql = format!(
            "{{{{ config(materialized='external', {config}) }}}}\n\
             select range as id, 'n' || range as name, range % 2 as grp from range(4)\n"
        );
        sandbox.file(&format!("models/{name}.sql"), &sql)
    })
}

/// The rows of a query, run where relative locations of files hold.
fn shown(sandbox: &Sandbox, sql: &str) -> String {
    let outcome = sandbox.run(&["-q", "show", "--inline", sql, "--output", "json", "--limit", "-1"]);
    let json: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    json["show"].as_array().unwrap().iter().map(|row| format!("{row}\n")).collect()
}

#[test]
fn options_of_external_models_may_be_numbers_and_flags() {
    let sandbox = project(&[
        ("csv_bare", "format='csv', options={'header': 0, 'null': 'NA'}, csv_read_options={'header': false}"),
        ("csv_bars", "format='csv', delimiter='|'"),
        ("json_lines", "location='out/lines.json', json_read_options={'format': 'newline_delimited'}"),
        ("packed", "location='out/packed.CSV.GZ'"),
        ("parts", "location='out/parts', options={'partition_by': 'grp,name', 'overwrite_or_ignore': true}"),
        ("row_groups", "format='parquet', options={'compression': 'gzip', 'row_group_size': 100000}"),
        ("threads", "location='out/threads', options={'per_thread_output': true}"),
    ]);
    let outcome = sandbox.run(&["run"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    let files: Vec<String> =
        sandbox.files().into_iter().filter(|file| file.starts_with("out/") || !file.contains('/')).collect();
    assert_snapshot!(files.join("\n"), @r"
    a.duckdb
    csv_bare.csv
    csv_bars.csv
    dbt_project.yml
    out/.keep
    out/lines.json
    out/packed.CSV.GZ
    out/parts/grp=0/name=n0/data_0.parquet
    out/parts/grp=0/name=n2/data_0.parquet
    out/parts/grp=1/name=n1/data_0.parquet
    out/parts/grp=1/name=n3/data_0.parquet
    out/threads/data_0.parquet
    profiles.yml
    row_groups.parquet
    ");
    assert_snapshot!(sandbox.read("csv_bare.csv"), @r"
    0,n0,0
    1,n1,1
    2,n2,0
    3,n3,1
    ");
    assert_snapshot!(sandbox.read("csv_bars.csv"), @r"
    id|name|grp
    0|n0|0
    1|n1|1
    2|n2|0
    3|n3|1
    ");
    assert_snapshot!(
        shown(&sandbox, "select count(*) as n, sum(id) as s, max(name) as m from {{ ref('parts') }}"),
        @r#"{"n":4,"s":6,"m":"n3"}"#
    );
    assert_snapshot!(shown(&sandbox, "select count(*) as n, sum(id) as s from {{ ref('packed') }}"), @r#"{"n":4,"s":6}"#);
}

#[test]
fn an_empty_external_model_keeps_its_columns() {
    let sandbox = Sandbox::new()
        .project()
        .file("models/none.sql", "{{ config(materialized='external') }} select 1 as id, 'x' as name from range(0)")
        .file("models/down.sql", "{{ config(materialized='table') }} select * from {{ ref('none') }}");
    let outcome = sandbox.run(&["run"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    assert_snapshot!(sandbox.rows("select column_name, data_type from information_schema.columns where table_name = 'down'"), @r"
    id | INTEGER
    name | VARCHAR
    ");
    assert_snapshot!(sandbox.rows("select count(*) from down"), @r"0");
}

#[test]
fn upstream_external_models_are_registered_when_a_part_is_run() {
    let sandbox = project(&[("files", "")])
        .file(
            "profiles.yml",
            "p:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: ':memory:', external_root: out}\n",
        )
        .file("dbt_project.yml", "name: a\nprofile: p\non-run-start: ['{{ register_upstream_external_models() }}']\n")
        .file("models/down.sql", "{{ config(materialized='external') }} select count(*) as n from {{ ref('files') }}");
    assert_eq!(sandbox.run(&["run", "--select", "files"]).code, 0);
    let outcome = sandbox.run(&["run", "--select", "down"]);
    assert_snapshot!(outcome.console(), @r"
    exit code 0
    Concurrency: 1 threads (target='dev')
    1 of 1 START hook: a.on-run-start.0 ............................................ [RUN]
    1 of 1 OK hook: a.on-run-start.0 ............................................... [OK in N.NNs]
    1 of 1 START sql external model main.down ...................................... [RUN]
    1 of 1 OK created sql external model main.down ................................. [OK in N.NNs]
    Finished running 1 external model, 1 project hook in TIME (N.NNs).
    Completed successfully
    Done. PASS=2 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2
    ");
    let files: Vec<String> = sandbox.files().into_iter().filter(|file| file.starts_with("out/")).collect();
    assert_snapshot!(files.join("\n"), @r"
    out/.keep
    out/down.parquet
    out/files.parquet
    ");
}

const SOURCES: &str = r#"sources:
  - name: s1
    meta: {external_location: "data/{name}.csv"}
    tables:
      - name: people
      - name: other
        meta: {external_location: "data/{identifier}_one.csv"}
  - name: s2
    schema: sch
    tables:
      - name: call
        meta: {external_location: "read_csv('data/people.csv', all_varchar=true)"}
      - name: old
        config: {meta: {external_location: "data/%(schema)s.tab.csv", formatter: oldstyle}}
      - name: template
        config: {external_location: "data/${schema}.tab.csv", formatter: template}
      - name: braces
        meta: {external_location: "{% raw %}read_csv('data/people.csv', types={{'id': 'VARCHAR'}}){% endraw %}"}
      - name: formats
        meta: {pad: 3, external_location: "(select '{identifier} {pad:03d} {name:>9} {tags}' as x)"}
"#;

#[test]
fn sources_are_read_from_where_their_meta_says() {
    let sandbox = Sandbox::new()
        .project()
        .file("data/people.csv", "id,name\n1,x\n2,y\n")
        .file("data/other_one.csv", "id\n7\n")
        .file("data/sch.tab.csv", "id\n9\n")
        .file("models/sources.yml", SOURCES)
        .file(
            "models/all.sql",
            "select '{{ [source('s1', 'people'), source('s1', 'other'), source('s2', 'call'), source('s2', 'old'),
               source('s2', 'template'), source('s2', 'braces'), source('s2', 'formats')] | join(' ; ')
               | replace(\"'\", \"''\") }}' as x",
        )
        .file("models/old.sql", "select id from {{ source('s2', 'old') }}")
        .file("models/braces.sql", "select typeof(id) as t from {{ source('s2', 'braces') }}");
    let outcome = sandbox.run(&["run"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    assert_snapshot!(sandbox.rows("select replace(x, ' ; ', chr(10)) from \"all\""), @r"
    'data/people.csv'
    'data/other_one.csv'
    read_csv('data/people.csv', all_varchar=true)
    'data/sch.tab.csv'
    'data/sch.tab.csv'
    read_csv('data/people.csv', types={'id': 'VARCHAR'})
    (select 'formats 003   formats []' as x)
    ");
    assert_snapshot!(shown(&sandbox, "select * from {{ ref('old') }} cross join {{ ref('braces') }}"), @r#"
    {"id":9,"t":"VARCHAR"}
    {"id":9,"t":"VARCHAR"}
    "#);
}

#[test]
fn a_location_that_cannot_be_filled_in_says_what_it_can_name() {
    let errors: String = [
        "{external_location: 'data/{nokey}.csv'}",
        "{external_location: 'a{b'}",
        "{external_location: 'data/$nokey', formatter: template}",
        "{external_location: '%(nokey)s', formatter: oldstyle}",
        "{external_location: x, formatter: shiny}",
    ]
    .iter()
    .map(|meta| {
        let yml = format!("sources:\n  - name: s\n    tables:\n      - {{name: t, meta: {meta}}}\n");
        let outcome = Sandbox::new().project().file("models/s.yml", &yml).run(&["parse"]);
        assert_eq!(outcome.code, 2, "{outcome}");
        outcome
            .console()
            .lines()
            .filter(|line| line.starts_with("  "))
            .map(|line| format!("{line}\n"))
            .collect::<String>()
    })
    .collect();
    assert_snapshot!(errors, @r"
    The external_location 'data/{nokey}.csv' of source 's.t' cannot be filled in with the formatter newstyle: 'nokey'. It can name name, identifier, schema, database, tags, external_location.
    The external_location 'a{b' of source 's.t' cannot be filled in with the formatter newstyle: Single '{' encountered in format string. It can name name, identifier, schema, database, tags, external_location.
    The external_location 'data/$nokey' of source 's.t' cannot be filled in with the formatter template: 'nokey'. It can name name, identifier, schema, database, tags, external_location, formatter.
    The external_location '%(nokey)s' of source 's.t' cannot be filled in with the formatter oldstyle: 'nokey'. It can name name, identifier, schema, database, tags, external_location, formatter.
    Formatter shiny not recognized. Must be one of 'newstyle', 'oldstyle', or 'template'.
    ");
}
