//! Column types and values of CSV files against what dbt's own reader makes of them
//! (`tests/data/adapter/seed_types.json`, written by dbt 1.12).
#![allow(clippy::unwrap_used)]

use std::io::Write;

use rdbt::adapter::seed;
use serde_json::Value as Json;

fn strings(json: &Json) -> Vec<String> {
    json.as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

fn check(case: &Json) -> Result<(), String> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(case["csv"].as_str().unwrap().as_bytes()).unwrap();
    let read = seed::read(file.path(), &strings(&case["forced"]), ",");
    let table = match (read, case.get("error")) {
        (Err(_), Some(_)) => return Ok(()),
        (Ok(_), Some(error)) => return Err(format!("dbt fails: {error}")),
        (Err(error), None) => return Err(error.to_string()),
        (Ok(table), None) => table,
    };
    let types: Vec<String> = table.columns().iter().map(|column| seed::database_type(column).to_owned()).collect();
    let names: Vec<String> = table.columns().iter().map(|column| column.name.clone()).collect();
    let rows: Vec<Json> = table
        .rows()
        .iter()
        .map(|row| row.iter().map(|cell| if cell.is_null() { Json::Null } else { cell.to_string().into() }).collect())
        .collect();
    let ours = (names, types, Json::Array(rows));
    let theirs = (strings(&case["names"]), strings(&case["types"]), case["rows"].clone());
    if ours == theirs { Ok(()) } else { Err(format!("{ours:?}\n   dbt: {theirs:?}")) }
}

#[test]
fn reads_seeds_as_dbt_does() {
    let cases: Json = serde_json::from_str(include_str!("data/adapter/seed_types.json")).unwrap();
    let failures: Vec<String> = cases
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|case| check(case).err().map(|error| format!("{:?}: {error}", case["csv"])))
        .collect();
    assert!(failures.is_empty(), "{} of the cases differ:\n{}", failures.len(), failures.join("\n"));
}
