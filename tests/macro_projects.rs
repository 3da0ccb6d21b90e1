//! Dispatch, overriding and `depends_on.macros`, and the signatures and results of the standard macros: small projects and
//! single calls with what dbt 1.12 made of them.
//!
//! The expectations are in `tests/data/macros/`. `scripts/record_macro_projects.py` recorded those of `projects.json`, a
//! project for each situation; `scripts/record_macro_library.py` those of `library.json`, a call for each line; `scripts/record_macro_signatures.py` the
//! macros themselves in `signatures.json`.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use std::collections::BTreeMap;
use std::fmt::Write;

use common::Sandbox;
use fancy_regex::Regex;
use serde_json::{Map, Value as Json, json};

fn cases(name: &str) -> Vec<Json> {
    let path = format!("{}/tests/data/macros/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A JSON artifact, or nothing where there is none.
fn artifact(sandbox: &Sandbox, path: &str) -> Json {
    if sandbox.here().join(path).exists() { sandbox.json(path) } else { json!({}) }
}

fn results(sandbox: &Sandbox) -> BTreeMap<String, Json> {
    let results = artifact(sandbox, "target/run_results.json");
    let results = results["results"].as_array().cloned().unwrap_or_default();
    results.into_iter().map(|result| (result["unique_id"].as_str().unwrap().to_owned(), result)).collect()
}

/// A message without the line that says where a template failed: dbt has none like it.
fn without_place(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("At ")).collect::<Vec<_>>().join("\n")
}

/// What the script notes of each node.
fn nodes(manifest: &Json, results: &BTreeMap<String, Json>) -> Map<String, Json> {
    let mut found = Map::new();
    for (unique_id, node) in manifest["nodes"].as_object().into_iter().flatten() {
        let mut facts = json!({"macros": node["depends_on"]["macros"]});
        if ["model", "snapshot", "seed"].contains(&node["resource_type"].as_str().unwrap()) {
            facts["relation"] = node["relation_name"].clone();
        }
        if let Some(result) = results.get(unique_id) {
            facts["status"] = result["status"].clone();
            facts["compiled"] = result["compiled_code"].clone();
            if result["status"] == "error" {
                facts["message"] = without_place(result["message"].as_str().unwrap()).into();
            }
        }
        found.insert(unique_id.clone(), facts);
    }
    found
}

fn macros(manifest: &Json) -> Map<String, Json> {
    let all = manifest["macros"].as_object().into_iter().flatten();
    let own = all.filter(|(_, found)| !["dbt", "dbt_duckdb"].contains(&found["package_name"].as_str().unwrap()));
    own.map(|(unique_id, found)| (unique_id.clone(), found["depends_on"]["macros"].clone())).collect()
}

/// The console's words on an error, or what an operation logged.
fn said(console: &str) -> String {
    if let Some(at) = console.find("Encountered an error") {
        return without_place(&console[at..]).trim_end().to_owned();
    }
    let starts = ["op ", "Error", "Runtime", "Compilation"];
    let lines = console.lines().filter(|line| starts.iter().any(|start| line.starts_with(start)));
    lines.collect::<Vec<_>>().join("\n")
}

fn outcome(case: &Json) -> Json {
    let mut sandbox = Sandbox::new();
    for (path, text) in case["files"].as_object().unwrap() {
        sandbox = sandbox.file(path, text.as_str().unwrap());
    }
    let command: Vec<&str> = case["command"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    let done = sandbox.run(&command);
    let manifest = artifact(&sandbox, "target/manifest.json");
    let results = if command[0] == "run-operation" { BTreeMap::new() } else { results(&sandbox) };
    json!({
        "code": done.code,
        "nodes": nodes(&manifest, &results),
        "macros": macros(&manifest),
        "said": said(&done.stdout),
    })
}

/// Every place at which two values differ, one a line.
fn differences(path: &str, wanted: &Json, got: &Json, out: &mut String) {
    match (wanted, got) {
        (Json::Object(a), Json::Object(b)) => {
            for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
                let of = |map: &Map<String, Json>| map.get(key).cloned().unwrap_or(Json::Null);
                differences(&format!("{path}/{key}"), &of(a), &of(b), out);
            }
        }
        _ if wanted != got => writeln!(out, "{path}\n  wanted {wanted}\n  got    {got}").unwrap(),
        _ => {}
    }
}

/// The header of a macro's text without what may be written one way or another: spaces, quotes, `True` and `true`.
fn header(source: &str) -> String {
    let header = Regex::new(r"(?s)\{%-?\s*(macro|test|data_test|materialization)\s+(.*?)\s*-?%\}").unwrap();
    let found = header.captures(source).unwrap().unwrap();
    let text: String = found[2].split_whitespace().collect();
    let text = ["True", "False", "None"].iter().fold(text.replace('"', "'"), |text, word| {
        Regex::new(&format!(r"\b{word}\b")).unwrap().replace_all(&text, word.to_lowercase()).into_owned()
    });
    format!("{} {text}", &found[1])
}

fn signature(found: &Json) -> Json {
    let arguments = found["arguments"].as_array().unwrap().iter();
    let mut calls: Vec<&str> =
        found["depends_on"]["macros"].as_array().unwrap().iter().map(|call| call.as_str().unwrap()).collect();
    calls.sort_unstable();
    json!({
        "header": header(found["macro_sql"].as_str().unwrap()),
        "path": found["original_file_path"],
        "arguments": arguments.map(|argument| json!([argument["name"], argument["type"]])).collect::<Vec<_>>(),
        "languages": found["supported_languages"],
        "calls": calls,
    })
}

#[test]
fn the_standard_macros_have_the_signatures_of_dbt() {
    let path = format!("{}/tests/data/macros/signatures.json", env!("CARGO_MANIFEST_DIR"));
    let expected: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(expected.as_object().unwrap().len() > 500, "the macros are all there");
    let sandbox = Sandbox::new()
        .file("dbt_project.yml", "name: shop\nprofile: shop\nflags: {validate_macro_args: true}\n")
        .file("profiles.yml", "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: ':memory:'}\n");
    sandbox.run(&["parse"]);
    let manifest = sandbox.json("target/manifest.json");
    let found = manifest["macros"].as_object().unwrap().iter();
    let got: Map<String, Json> = found.map(|(unique_id, found)| (unique_id.clone(), signature(found))).collect();
    let mut out = String::new();
    differences("macros", &expected, &Json::Object(got), &mut out);
    assert!(out.is_empty(), "{out}");
}

#[test]
fn projects_dispatch_and_override_as_in_dbt() {
    let cases = cases("projects.json");
    assert!(cases.len() > 40, "the cases are all there");
    let mut out = String::new();
    for case in &cases {
        differences(case["name"].as_str().unwrap(), &case["expected"], &outcome(case), &mut out);
    }
    assert!(out.is_empty(), "{out}");
}

#[test]
fn the_standard_macros_render_the_same_bytes() {
    let cases = cases("library.json");
    assert!(cases.len() > 750, "the cases are all there");
    let probe = std::fs::read_to_string(format!("{}/tests/data/macros/probe.sql", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let mut sandbox = Sandbox::new()
        .file("dbt_project.yml", "name: shop\nprofile: shop\nmodels: {+materialized: probe}\n")
        .file(
            "profiles.yml",
            "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: dev.duckdb, threads: 1, \
             attach: [{path: ':memory:', alias: mem}]}\n",
        )
        .file("macros/probe.sql", &probe);
    for (index, case) in cases.iter().enumerate() {
        let call = case["call"].as_str().unwrap();
        let text = format!("{{% if execute %}}{{% set r = {call} %}}{{{{ show(r) }}}}{{% endif %}}\n");
        sandbox = sandbox.file(&format!("models/case_{index:04}.sql"), &text);
    }
    sandbox.run(&["run", "--quiet"]);
    let results = results(&sandbox);
    let addresses = Regex::new("0x[0-9a-f]+").unwrap();
    let own_name = Regex::new(r"case_\d{4}").unwrap();
    let mut out = String::new();
    for (index, case) in cases.iter().enumerate() {
        let result = &results[&format!("model.shop.case_{index:04}")];
        let failed = result["status"] == "error";
        let got = if failed { &result["message"] } else { &result["compiled_code"] };
        let got = got.as_str().unwrap_or_default();
        let got = if failed { without_place(got) } else { got.to_owned() };
        let got = addresses.replace_all(&got, "0x");
        let mut got = json!({"fails": failed, "text": own_name.replace_all(&got, "case")});
        if case.get("own_text").is_some() {
            got["text"] = case["expected"]["text"].clone();
        }
        differences(case["call"].as_str().unwrap(), &case["expected"], &got, &mut out);
    }
    assert!(out.is_empty(), "{out}");
}
