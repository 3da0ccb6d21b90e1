//! The DuckDB engine against real databases: opening, failing, transactions, closing.
#![allow(clippy::unwrap_used)]

use rdbt::adapter::duckdb::{DuckDbCredentials, DuckDbEngine};
use rdbt::adapter::{AdapterErrorKind, Connection, Engine};

fn engine(json: serde_json::Value) -> DuckDbEngine {
    DuckDbEngine::new(DuckDbCredentials::from_json(json.as_object().unwrap()).unwrap())
}

#[test]
fn explore() {
    let engine = engine(serde_json::json!({"path": ":memory:"}));
    let mut connection = engine.connect("t").unwrap();
    for expr in [
        "sum(1)",
        "1.50",
        "uuid()",
        "'10:00:00+02'::timetz",
        "interval '1 day'",
        "'ab'::blob",
        "[1,2]",
        "{'a':1}",
        "map{'a':1}",
        "'101'::bit",
        "'{}'::json",
        "'a'::enum('a','b')",
        "union_value(a:=1)",
        "[1,2]::int[2]",
        "1::uhugeint",
        "timestamp_ns '2020-01-01 10:00:00.123456789'",
        "timestamptz '2020-01-01 10:00:00+02'",
        "date 'infinity'",
        "null",
        "time '10:00:00'",
        "[sum(1)]",
        "1::ubigint",
        "timestamp_s '2020-01-01 10:00:00'",
        "[uuid()]",
        "[interval '1 day']",
        "'1'::varint",
    ] {
        match connection.execute(&format!("select {expr} as a"), true) {
            Ok((_, Some(t))) => eprintln!(
                "{expr}: {:?} {:?} -> {:?}",
                t.schema.field(0).data_type(),
                t.schema.field(0).metadata(),
                t.batches[0].column(0)
            ),
            other => eprintln!("{expr}: {other:?}"),
        }
    }
    for sql in [
        "",
        "-- x",
        "select 1;;",
        "select 1; select 'b' as b",
        "select * from nope",
        "selec 1",
        "create table t as select 1; insert into t values (2)",
        "pivot (select 1 as a, 'x' as b) on b using sum(a)",
        "select ?",
        "install json",
        "install httpfs",
        "load httpfs",
        "create view v as select 1; selec",
        "from v",
        "pragma version",
        "install foo from core",
        "call duckdb_settings()",
        "select $$a;b$$",
        "explain select 1",
        "describe select 1 as a",
    ] {
        eprintln!(
            "{sql} => {:?}",
            connection.execute(sql, true).map(|(r, t)| (r.message, t.map(|t| (t.rows(), t.schema.fields().len()))))
        );
    }
}
