//! The DuckDB engine against real databases: opening, failing, transactions, closing; and what results look like
//! against dbt's own tables (`tests/data/adapter/results.json`, written by dbt 1.12).
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use rdbt::adapter::duckdb::{DuckDbCredentials, DuckDbEngine};
use rdbt::adapter::table::PrintOptions;
use rdbt::adapter::{AdapterErrorKind, Connection, Engine, Table};
use serde_json::{Value as Json, json};

fn engine(profile: &Json) -> DuckDbEngine {
    DuckDbEngine::new(DuckDbCredentials::from_json(profile.as_object().unwrap()).unwrap())
}

fn in_memory() -> Box<dyn Connection> {
    engine(&json!({"path": ":memory:", "settings": {"TimeZone": "UTC"}})).connect("test").unwrap()
}

fn table(connection: &mut Box<dyn Connection>, sql: &str) -> Table {
    let (response, rows) = connection.execute(sql, true).unwrap();
    assert_eq!(response.message, "OK");
    Table::from_arrow(&rows.unwrap(), None).unwrap()
}

fn count(connection: &mut Box<dyn Connection>, sql: &str) -> String {
    table(connection, sql).cell(0, 0).to_string()
}

fn cases() -> Json {
    serde_json::from_str(include_str!("data/adapter/results.json")).unwrap()
}

#[test]
fn values_have_the_types_and_texts_of_dbt() {
    let mut connection = in_memory();
    let mut failures = Vec::new();
    for case in cases()["values"].as_array().unwrap() {
        let sql = case["sql"].as_str().unwrap();
        let table = table(&mut connection, &format!("select {sql} as a"));
        let cell = table.cell(0, 0);
        let text = if cell.is_null() { Json::Null } else { cell.to_string().into() };
        let kind = table.columns()[0].kind.as_str();
        if kind != case["type"] || text != case["text"] {
            failures.push(format!("{sql}: {kind} {text}, dbt: {} {}", case["type"], case["text"]));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn tables_print_as_dbt_prints_them() {
    let mut connection = in_memory();
    for case in cases()["tables"].as_array().unwrap() {
        let sql = case["sql"].as_str().unwrap();
        let table = table(&mut connection, sql);
        let mut options = PrintOptions::default();
        for (name, value) in case["options"].as_object().unwrap() {
            let value = value.as_u64().map(|number| usize::try_from(number).unwrap());
            match name.as_str() {
                "max_rows" => options.max_rows = value,
                _ => options.max_column_width = value,
            }
        }
        assert_eq!(table.to_grid(&options), case["grid"].as_str().unwrap(), "{sql}");
        assert_eq!(table.to_json(), case["json"], "{sql}");
        assert_eq!(table.to_csv(), case["csv"].as_str().unwrap(), "{sql}");
        let all = PrintOptions { max_rows: None, max_column_width: None, ..PrintOptions::default() };
        assert_eq!(table.structure().to_grid(&all), case["structure"].as_str().unwrap(), "{sql}");
    }
}

#[test]
fn runs_several_statements_and_returns_the_rows_of_the_last() {
    let mut connection = in_memory();
    assert_eq!(
        count(&mut connection, "create table t as select 1 as a; insert into t values (2); from t; select 'x'"),
        "x"
    );
    assert_eq!(table(&mut connection, "").columns().len(), 0);
    assert_eq!(table(&mut connection, "-- nothing\n/* here */ ;").columns().len(), 0);
    assert_eq!(count(&mut connection, "pivot (select 1 as a, 'x' as b) on b using sum(a)"), "1");
    assert_eq!(
        Table::from_arrow(&connection.execute("from range(10)", true).unwrap().1.unwrap(), Some(3)).unwrap().len(),
        3
    );
}

#[test]
fn keeps_duckdbs_messages() {
    let mut connection = in_memory();
    let mut fail = |sql: &str, fetch: bool| connection.execute(sql, fetch).unwrap_err();
    for fetch in [true, false] {
        let missing = fail("select * from nope", fetch);
        assert!(missing.message.starts_with("Catalog Error: Table with name nope does not exist!"));
        assert!(missing.message.contains("LINE 1: select * from nope"));
        assert_eq!(missing.kind, AdapterErrorKind::Statement);
        assert!(fail("selec 1", fetch).message.starts_with("Parser Error: syntax error at or near \"selec\""));
    }
    assert!(fail("select ?", true).message.starts_with("Invalid Input Error: Values were not provided"));
    let rows = connection.execute("select '10:00:00+02'::timetz as t", true).unwrap().1.unwrap();
    let unreadable = Table::from_arrow(&rows, None).unwrap_err();
    assert!(unreadable.hint.unwrap().contains("Cast `t` to VARCHAR"));
}

#[test]
fn commits_and_rolls_back() {
    let mut connection = in_memory();
    connection.execute("create table t (a integer)", false).unwrap();
    connection.begin().unwrap();
    connection.begin().unwrap();
    connection.execute("insert into t values (1)", false).unwrap();
    connection.rollback().unwrap();
    assert_eq!(count(&mut connection, "select count(*) from t"), "0");
    connection.begin().unwrap();
    connection.execute("insert into t values (1)", false).unwrap();
    connection.commit().unwrap();
    assert!(!connection.in_transaction());
    assert_eq!(count(&mut connection, "select count(*) from t"), "1");
}

#[test]
fn tells_transactions_that_collide() {
    let engine = engine(&json!({"path": ":memory:"}));
    let mut first = engine.connect("first").unwrap();
    let mut second = engine.connect("second").unwrap();
    first.execute("create table t as select 1 as a", false).unwrap();
    first.begin().unwrap();
    second.begin().unwrap();
    first.execute("update t set a = 2", false).unwrap();
    let error = second.execute("update t set a = 3", false).unwrap_err();
    assert_eq!(error.kind, AdapterErrorKind::TransactionConflict, "{error}");
}

#[test]
fn interrupts_running_statements() {
    let engine = engine(&json!({"path": ":memory:"}));
    let mut connection = engine.connect("long").unwrap();
    std::thread::scope(|scope| {
        let running = scope.spawn(move || {
            connection.execute("select sum(a.range * b.range) from range(10000000) a, range(1000000) b", true)
        });
        while !running.is_finished() {
            std::thread::sleep(std::time::Duration::from_millis(20));
            engine.interrupt();
        }
        let error = running.join().unwrap().unwrap_err();
        assert_eq!(error.kind, AdapterErrorKind::Interrupted, "{error}");
    });
}

#[test]
fn leaves_a_complete_file_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dev.duckdb");
    let profile = json!({"path": path.to_str().unwrap()});
    let engine = engine(&profile);
    let mut connection = engine.connect("writer").unwrap();
    connection.execute("create table t as select range as a from range(1000)", false).unwrap();
    connection.begin().unwrap();
    connection.execute("insert into t values (1)", false).unwrap();
    drop(connection);
    engine.close().unwrap();
    assert!(!folder.path().join("dev.duckdb.wal").exists());
    // The version that stands in the header is the oldest that can read the file: 64 is DuckDB 0.9 to 1.1.
    let header = std::fs::read(&path).unwrap();
    assert_eq!((&header[8..12], header[12]), (b"DUCK".as_slice(), 64));
    let again = DuckDbEngine::new(engine.credentials().clone());
    assert_eq!(count(&mut again.connect("reader").unwrap(), "select count(*) from t"), "1000");
}

#[test]
fn explains_what_cannot_be_opened() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("no/such/dev.duckdb");
    let error = engine(&json!({"path": missing.to_str().unwrap()})).connect("c").err().unwrap();
    assert_eq!(error.kind, AdapterErrorKind::Connection);
    assert!(error.message.starts_with("IO Error: Cannot open file"), "{error}");
    assert!(error.hint.unwrap().contains("does not exist. Create it"));

    let text = folder.path().join("text.duckdb");
    std::fs::write(&text, "this is not a database, but it is long enough to be read as one").unwrap();
    let error = engine(&json!({"path": text.to_str().unwrap()})).connect("c").err().unwrap();
    assert_eq!(error.kind, AdapterErrorKind::Connection, "{error}");

    let error = engine(&json!({"path": ":memory:", "config_options": {"no_such": 1}})).connect("c").err().unwrap();
    assert!(error.message.contains("no_such"), "{error}");
    let error = engine(&json!({"path": ":memory:", "settings": {"no_such": 1}})).connect("c").err().unwrap();
    assert!(error.message.contains("no_such"), "{error}");
    let error = engine(&json!({"path": ":memory:", "remote": {"host": "x"}})).connect("c").err().unwrap();
    assert!(error.message.contains("`remote`"), "{error}");
}

/// Holds the lock of the database in `RDBT_TEST_LOCK` until its input ends; run by the test below, in a process of its
/// own.
#[test]
#[ignore = "a helper of explains_a_locked_database"]
fn holds_a_lock() {
    let engine = engine(&json!({"path": std::env::var("RDBT_TEST_LOCK").unwrap()}));
    let _connection = engine.connect("holder").unwrap();
    println!("locked");
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

#[test]
fn explains_a_locked_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dev.duckdb");
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args(["holds_a_lock", "--exact", "--ignored", "--nocapture"])
        .env("RDBT_TEST_LOCK", &path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(holder.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("locked")));
    let locked = engine(&json!({"path": path.to_str().unwrap()})).connect("c").err().unwrap();
    drop(holder.stdin.take());
    holder.wait().unwrap();
    assert_eq!(locked.kind, AdapterErrorKind::Connection);
    assert!(locked.message.starts_with("IO Error: Could not set lock on file"), "{locked}");
    assert!(locked.hint.unwrap().contains("Another program has this database open"));
}

#[test]
fn connects_as_the_profile_says() {
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other.duckdb");
    let engine = engine(&json!({
        "path": folder.path().join("main.duckdb").to_str().unwrap(),
        "extensions": ["json", "parquet"],
        "settings": {"threads": 1, "preserve_insertion_order": false},
        "config_options": {"default_null_order": "nulls_first"},
        "attach": [{"path": other.to_str().unwrap(), "alias": "o"}],
        "secrets": [{"type": "http", "bearer_token": "x"}]
    }));
    let mut connection = engine.connect("c").unwrap();
    assert_eq!(count(&mut connection, "select current_setting('threads')"), "1");
    connection.execute("create table o.t as select 1 as a", false).unwrap();
    assert_eq!(count(&mut engine.connect("d").unwrap(), "select count(*) from o.main.t"), "1");
    assert_eq!(count(&mut connection, "select current_setting('default_null_order')"), "NULLS_FIRST");
}
