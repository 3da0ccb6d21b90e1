//! Holds the YAML reader to PyYAML: every case file under `tests/data/yaml` lists documents
//! with the value, the duplicate-key notes, or the error text that dbt gets from PyYAML;
//! `tests/data/yaml/expect.py` writes these expectations.
#![allow(clippy::unwrap_used)] // A case file that cannot be read should fail the test.

use std::path::Path;

use rdbt::yaml::{DumpOptions, Value, dump, from_json, parse_checked};
use serde_json::{Value as Json, json};

/// The value in the form the case files use: whatever JSON cannot say is tagged.
fn canonical(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(flag) => json!(flag),
        Value::Str(text) => json!(text),
        Value::Int(number) => json!({"int": number.to_string()}),
        Value::BigInt(digits) => json!({"int": digits}),
        Value::Float(number) => json!({"float": number}),
        Value::Date(_) => json!({"date": rdbt::yaml::to_json(value)}),
        Value::DateTime(..) => json!({"datetime": rdbt::yaml::to_json(value)}),
        Value::Binary(bytes) => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            json!({"binary": hex})
        }
        Value::Seq(items) => items.iter().map(|item| canonical(&item.value)).collect(),
        Value::Set(items) => {
            let mut members: Vec<Json> = items.iter().map(|item| canonical(&item.value)).collect();
            members.sort_by_key(Json::to_string);
            json!({ "set": members })
        }
        Value::Map(map) => {
            let entries: Vec<Json> =
                map.iter().map(|(key, value)| json!([canonical(&key.value), canonical(&value.value)])).collect();
            json!({ "map": entries })
        }
    }
}

/// The case files spell floats as Python does; both sides are compared as numbers.
fn normalised(mut expected: Json) -> Json {
    match &mut expected {
        Json::Array(items) => {
            for item in items {
                *item = normalised(item.take());
            }
        }
        Json::Object(entries) => {
            if let Some(Json::String(text)) = entries.get("float") {
                let number: f64 = text.parse().unwrap();
                return json!({ "float": number });
            }
            for (_, value) in entries.iter_mut() {
                *value = normalised(value.take());
            }
        }
        _ => {}
    }
    expected
}

fn outcome(text: &str) -> Json {
    match parse_checked(text, "case.yml") {
        Ok((node, duplicates)) => {
            let mut found = json!({"text": text, "value": canonical(&node.value)});
            if !duplicates.is_empty() {
                let messages: Vec<_> = duplicates.iter().map(|note| &note.message).collect();
                found["duplicates"] = json!(messages);
            }
            found
        }
        Err(error) => json!({"text": text, "error": error.to_string()}),
    }
}

#[test]
fn reads_as_pyyaml_does() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/yaml/load");
    let mut failures = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let cases: Vec<Json> = serde_json::from_str(&file).unwrap();
        for case in cases {
            count += 1;
            let found = outcome(case["text"].as_str().unwrap());
            let expected = normalised(case);
            if found != expected {
                failures.push(format!("expected {expected}\n   found {found}"));
            }
        }
    }
    let shown = failures.iter().take(20).cloned().collect::<Vec<_>>();
    assert!(failures.is_empty(), "{} of {count} cases differ:\n{}", failures.len(), shown.join("\n"));
}

#[test]
fn writes_as_pyyaml_does() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/yaml/dump");
    let mut failures = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let cases: Vec<Json> = serde_json::from_str(&file).unwrap();
        for case in cases {
            count += 1;
            let options = DumpOptions { sort_keys: case["sort_keys"] == true, ..DumpOptions::default() };
            let found = dump(&from_json(case["value"].clone()), options);
            if case["text"] != found.as_str() {
                failures.push(format!("expected {}\n   found {found:?}", case["text"]));
            }
        }
    }
    let shown = failures.iter().take(20).cloned().collect::<Vec<_>>();
    assert!(failures.is_empty(), "{} of {count} cases differ:\n{}", failures.len(), shown.join("\n"));
}
