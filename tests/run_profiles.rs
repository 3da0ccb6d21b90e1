//! What a DuckDB profile can say: other databases, extensions, settings, secrets, plugins, and what it may not say.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use common::Sandbox;
use insta::assert_snapshot;

/// A project with one output of these keys.
fn profile(keys: &str) -> Sandbox {
    Sandbox::new()
        .project()
        .file(
            "profiles.yml",
            &format!("p:\n  target: dev\n  outputs:\n    dev: {{type: duckdb, path: a.duckdb, {keys}}}\n"),
        )
        .file("models/one.sql", "select 1 as id")
}

/// What a run says of the profile.
fn complaint(keys: &str) -> String {
    let outcome = profile(keys).run(&["run"]);
    assert_eq!(outcome.code, 2, "{outcome}");
    let console = outcome.console();
    // Each of these files is the same but for one value in its fourth line.
    let place = ["The value stands in line 4.", "Error encountered in HERE/profiles.yml"];
    let lines = console.lines().skip_while(|line| !line.contains("[ERROR]")).skip(2);
    lines.filter(|line| !place.contains(&line.trim())).map(|line| format!("{line}\n")).collect()
}

#[test]
fn shapes_of_keys_are_checked_as_dbt_checks_them() {
    let complaints: String = [
        "attach: ['b.db']",
        "attach: [{alias: x}]",
        "attach: [{path: b.db, read_only: 'yes'}]",
        "attach: [{path: b.db, aliass: x}]",
        "extensions: httpfs",
        "extensions: [{name: h3, repo: 3}]",
        "settings: [threads]",
        "secrets: {type: s3}",
        "filesystems: [s3]",
        "remote: {host: a}",
        "plugins: [excel]",
        "plugins: [{module: excel, cfg: {}}]",
        "module_paths: [1]",
        "retries: {connect_attempts: x}",
        "flights: {enabled_by_default: 3}",
        "is_ducklake: 'x'",
        "disable_transactions: 'true'",
        "keep_open: 1",
        "schema: 3",
        "database: b",
    ]
    .iter()
    .map(|keys| complaint(keys))
    .collect();
    assert_snapshot!(complaints, @r#"
    Credentials in profile "p", target "dev" invalid: ['b.db'] is not valid under any of the given schemas
    This is the value of the key `attach`.
    Credentials in profile "p", target "dev" invalid: [{'alias': 'x'}] is not valid under any of the given schemas
    This is the value of the key `attach`.
    Credentials in profile "p", target "dev" invalid: [{'path': 'b.db', 'read_only': 'yes'}] is not valid under any of the given schemas
    This is the value of the key `attach`.
    Credentials in profile "p", target "dev" invalid: [{'path': 'b.db', 'aliass': 'x'}] is not valid under any of the given schemas
    This is the value of the key `attach`.
    Credentials in profile "p", target "dev" invalid: 'httpfs' is not valid under any of the given schemas
    This is the value of the key `extensions`.
    Credentials in profile "p", target "dev" invalid: [{'name': 'h3', 'repo': 3}] is not valid under any of the given schemas
    This is the value of the key `extensions`.
    Credentials in profile "p", target "dev" invalid: ['threads'] is not valid under any of the given schemas
    This is the value of the key `settings`.
    Credentials in profile "p", target "dev" invalid: {'type': 's3'} is not valid under any of the given schemas
    This is the value of the key `secrets`.
    Credentials in profile "p", target "dev" invalid: ['s3'] is not valid under any of the given schemas
    This is the value of the key `filesystems`.
    Credentials in profile "p", target "dev" invalid: {'host': 'a'} is not valid under any of the given schemas
    This is the value of the key `remote`.
    Credentials in profile "p", target "dev" invalid: ['excel'] is not valid under any of the given schemas
    This is the value of the key `plugins`.
    Credentials in profile "p", target "dev" invalid: [{'module': 'excel', 'cfg': {}}] is not valid under any of the given schemas
    This is the value of the key `plugins`.
    Credentials in profile "p", target "dev" invalid: [1] is not valid under any of the given schemas
    This is the value of the key `module_paths`.
    Credentials in profile "p", target "dev" invalid: {'connect_attempts': 'x'} is not valid under any of the given schemas
    This is the value of the key `retries`.
    Credentials in profile "p", target "dev" invalid: {'enabled_by_default': 3} is not valid under any of the given schemas
    This is the value of the key `flights`.
    Credentials in profile "p", target "dev" invalid: 'x' is not valid under any of the given schemas
    This is the value of the key `is_ducklake`.
    Credentials in profile "p", target "dev" invalid: 'true' is not of type 'boolean'
    This is the value of the key `disable_transactions`.
    Credentials in profile "p", target "dev" invalid: 1 is not of type 'boolean'
    This is the value of the key `keep_open`.
    Credentials in profile "p", target "dev" invalid: 3 is not of type 'string'
    This is the value of the key `schema`.
    Credentials in profile "p", target "dev" invalid: Runtime Error
      Inconsistency detected between 'path' and 'database' fields in profile; the 'database' property must be set to 'a' to match the 'path'
    "#);
}

#[test]
fn what_the_database_refuses_is_said_with_a_way_out() {
    let complaints: String = [
        "attach: [{path: b.db, type: sqlite, options: {type: duckdb}}]",
        "extensions: [{name: h3}]",
        "extensions: [./nowhere.duckdb_extension]",
        "settings: {nope_setting: 1}",
        "config_options: {nope_option: 1}",
        "secrets: [{name: x}]",
        "secrets: [{type: nope}]",
        "use_credential_provider: gcp",
        "motherduck_token: a, settings: {motherduck_token: b}",
        "plugins: [{module: postgres}]",
        "filesystems: [{fs: s3}]",
        "remote: {host: h, port: 1, user: u}",
    ]
    .iter()
    .map(|keys| complaint(keys))
    .collect();
    assert_snapshot!(complaints, @r#"
    Attachment option(s) ['type'] specified in both direct fields and options dict. Please specify each option in only one location.
    Failed to parse extension: {"name":"h3"} in `extensions` of the profile. Write a name, or a mapping with `name` and `repo`.
    IO Error: Failed to install local extension "./nowhere.duckdb_extension", no access to the file at PATH "./nowhere.duckdb_extension"

    Catalog Error: unrecognized configuration parameter "nope_setting"

    Did you mean: "preserve_insertion_order"
    Invalid Input Error: The following options were not recognized: nope_option
    Entry 1 of `secrets` in the profile has no `type`. Say which store it is for, such as `s3`.
    Invalid Input Error: Secret type 'nope' not found
    Unsupported value for use_credential_provider: gcp
    Credentials in profile "p", target "dev" invalid: Runtime Error
      Conflicting values for motherduck_token found in the profile; please set it in only one place
    'dsn' is a required argument for the postgres plugin!
    The profile sets `filesystems`, which needs Python and is not available in rdbt.
    Remove `filesystems` from the profile, or use DuckDB's own extensions and secrets.
    The profile sets `remote`, which needs Python and is not available in rdbt.
    Remove `remote` from the profile, or use DuckDB's own extensions and secrets.
    "#);
}

#[test]
fn an_extension_that_is_not_there_is_looked_for_in_a_folder() {
    let nothing_is_downloaded = "config_options: {autoinstall_known_extensions: false}";
    for attach in ["{path: x.sqlite, type: sqlite}", "{path: 'dbname=x', type: postgres}", "{path: 'ducklake:x'}"] {
        let outcome = profile(&format!("{nothing_is_downloaded}, attach: [{attach}]")).run(&["run"]);
        assert_eq!(outcome.code, 2, "{outcome}");
        assert!(outcome.stdout.contains("DuckDB looked for it in `~/.duckdb/extensions/v"), "{outcome}");
    }
}

#[test]
fn secrets_are_never_logged() {
    let sandbox =
        profile("secrets: [{type: nope, key_id: visible, secret: hush_hush}], motherduck_token: quiet_please");
    let outcome = sandbox.run(&["--debug", "run"]);
    assert_eq!(outcome.code, 2, "{outcome}");
    let log = sandbox.read("logs/dbt.log");
    for word in ["hush_hush", "quiet_please"] {
        assert!(!log.contains(word) && !outcome.to_string().contains(word), "{outcome}");
    }
}

#[test]
fn attached_databases_are_read_and_written() {
    let sandbox = profile(
        "attach: [{path: other.duckdb, alias: oth}, {path: fixed.duckdb, read_only: true, options: {block_size: 16384}}], \
         settings: {memory_limit: 1GB, threads: 2}, config_options: {default_order: desc}, \
         extensions: [json, parquet, {name: icu, repo: core}], retries: {connect_attempts: 2, query_attempts: 2}",
    )
    .file("models/there.sql", "{{ config(materialized='table', database='oth', schema='side') }} select 1 as id")
    .file("models/again.sql", "{{ config(materialized='incremental', database='oth', unique_key='id') }} select 1 as id")
    .file("models/sources.yml", "sources: [{name: fixed, database: fixed, schema: main, tables: [{name: t}]}]")
    .file("models/read.sql", "{{ config(materialized='table') }} select n, current_setting('default_order') as o, \
           current_setting('threads') as threads from {{ source('fixed', 't') }}");
    let fixed = duckdb::Connection::open_in_memory().unwrap();
    let path = sandbox.here().join("fixed.duckdb");
    let sql =
        format!("attach '{}' as f (block_size 16384); create table f.t as select 7 as n; detach f", path.display());
    fixed.execute_batch(&sql).unwrap();
    for _ in 0..2 {
        let outcome = sandbox.run(&["run"]);
        assert_eq!(outcome.code, 0, "{outcome}");
    }
    assert_snapshot!(sandbox.rows("select * from read"), @r"7 | DESC | 2");
    let other = duckdb::Connection::open(sandbox.here().join("other.duckdb")).unwrap();
    let count: i64 = other.query_row("select count(*) from duckdb_tables()", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 2);
}

#[test]
fn sources_of_plugins_say_what_is_missing() {
    let complaints: String = ["nope", "excel", "delta"]
        .iter()
        .map(|plugin| {
            let sandbox = profile("plugins: [{module: excel}, {module: sqlalchemy, alias: sql}, {module: delta}]")
                .file("models/one.sql", "select * from {{ source('s', 't') }}")
                .file(
                    "models/s.yml",
                    &format!("sources: [{{name: s, tables: [{{name: t, meta: {{plugin: {plugin}}}}}]}}]"),
                );
            let outcome = sandbox.run(&["run"]);
            assert_eq!(outcome.code, 1, "{outcome}");
            let console = outcome.console();
            let lines = console.lines().filter(|line| line.starts_with("  ") && !line.contains("  >"));
            lines.map(|line| format!("{line}\n")).collect::<String>()
        })
        .collect();
    assert_snapshot!(complaints, @r"
    Compilation Error in model one (models/one.sql)
    Plugin nope not found; known plugins are: excel,sql,delta
    List it under `plugins` of the profile.
    At models/one.sql:1.
    Runtime Error in model one (models/one.sql)
    A source of the plugin `excel` has no `external_location`. Say which Excel file to read.
    At models/one.sql:1.
    Runtime Error in model one (models/one.sql)
    'delta_table_path' is a required argument for the delta table!
    At models/one.sql:1.
    ");
}

#[test]
fn names_of_databases_follow_the_file() {
    let names: Vec<String> = ["my.db.duckdb", ".hidden.duckdb", "plain"]
        .iter()
        .map(|path| {
            let sandbox = Sandbox::new()
                .project()
                .file(
                    "profiles.yml",
                    &format!("p:\n  target: dev\n  outputs:\n    dev: {{type: duckdb, path: {path}}}\n"),
                )
                .file("models/one.sql", "{{ config(materialized='table') }} select '{{ this }}' as x");
            let outcome = sandbox.run(&["run"]);
            assert_eq!(outcome.code, 0, "{outcome}");
            sandbox.read("target/compiled/a/models/one.sql").trim().to_owned()
        })
        .collect();
    assert_snapshot!(names.join("\n"), @r#"
    select '"my"."main"."one"' as x
    select '"hidden"."main"."one"' as x
    select '"plain"."main"."one"' as x
    "#);
}

#[test]
fn the_nearest_env_file_fills_the_environment() {
    let sandbox = Sandbox::new()
        .file("dbt_project.yml", "name: a\nprofile: p\n")
        .file(
            "profiles.yml",
            "p:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: a.duckdb}\n    other: {type: duckdb, path: \
             \"{{ env_var('SHOP_FILE') }}\"}\n",
        )
        .file(
            ".env",
            "export SHOP_FILE='b.duckdb' # where\nDBT_TARGET=other\nTAKEN=file\nUNDER=${TAKEN}/x\nno statement at all\n",
        )
        .file("macros/say.sql", "{% macro say() %}{% do print(target.path ~ ' ' ~ env_var('TAKEN') ~ ' ' ~ env_var('UNDER')) %}{% endmacro %}")
        .env("TAKEN", "shell");
    let said = sandbox.run(&["run-operation", "say", "--quiet"]);
    assert_eq!((said.code, said.stdout.as_str()), (0, "b.duckdb shell shell/x\n"), "{said}");
    assert!(said.stderr.contains("line 5") || said.stderr.contains("/.env:5"), "{said}");

    let below = sandbox.here().join("models");
    std::fs::create_dir(&below).unwrap();
    let said =
        sandbox.run_in(&below, &["run-operation", "say", "--quiet", "--project-dir", "..", "--profiles-dir", ".."]);
    assert!(said.stdout.ends_with("b.duckdb shell shell/x\n"), "{said}");

    let said = sandbox.env("PYTHON_DOTENV_DISABLED", "True").run(&["run-operation", "say", "--quiet"]);
    assert_eq!(said.code, 1, "{said}");
    assert!(said.stdout.contains("Env var required but not provided: 'UNDER'"), "{said}");
}
