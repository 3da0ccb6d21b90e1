//! What templates see in a node: the names of dbt's context with their members, results of queries, values and filters,
//! compared with what dbt 1.12 makes of the same templates (`scripts/record_context.py` records the cases).
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use common::Sandbox;
use fancy_regex::Regex;
use serde_json::Value as Json;

/// References outside of the template, so that dbt knows them when the template asks.
const HEAD: &str = "-- {{ ref('up') }} {{ ref('numbers') }} {{ source('raw', 'things') }}\n";
/// So many templates that render share a model; one that fails needs a model of its own.
const GROUP: usize = 25;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/context")
}

/// The text without what changes from run to run, and from case to case.
fn steady(text: &str, here: &str) -> String {
    let text = common::steady(text, here);
    let text = Regex::new(r"\bcase_\d{5}").unwrap().replace_all(&text, "CASE").into_owned();
    Regex::new(r"(?<='created_at': )[\d.]+").unwrap().replace_all(&text, "TIME").into_owned()
}

/// The cases of a file with the model that each is in, and its place in that model.
struct Cases {
    cases: Vec<(String, Json)>,
    places: Vec<(usize, usize)>,
    models: Vec<String>,
}

impl Cases {
    fn read(path: &Path) -> Cases {
        let cases: Vec<(String, Json)> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let mut models: Vec<String> = Vec::new();
        let mut places = Vec::new();
        let mut open: Option<(usize, usize)> = None;
        for (template, expected) in &cases {
            let body = format!("{{% if execute %}}<<{template}>>{{% endif %}}\n");
            match (expected.is_string(), open) {
                (true, Some((model, count))) if count < GROUP => {
                    models[model].push_str(&body);
                    places.push((model, count));
                    open = Some((model, count + 1));
                }
                (renders, _) => {
                    places.push((models.len(), 0));
                    open = if renders { Some((models.len(), 1)) } else { open };
                    models.push(format!("{HEAD}{body}"));
                }
            }
        }
        Cases { cases, places, models }
    }

    fn failures(&self, outcomes: &[Json]) -> Vec<String> {
        let mut failures = Vec::new();
        for ((template, expected), (model, place)) in self.cases.iter().zip(&self.places) {
            let got = &outcomes[*model];
            let got = got.get(place).unwrap_or(got);
            if got != expected {
                failures.push(format!("{template}\n  wanted {expected}\n  got    {got}"));
            }
        }
        failures
    }
}

/// What each model rendered to: a list with a text for each template, or an error.
fn outcomes(sandbox: &Sandbox, count: usize) -> Vec<Json> {
    let here = sandbox.here().canonicalize().unwrap().to_str().unwrap().to_owned();
    let marked = Regex::new(r"(?s)<<(.*?)>>(?=\n<<|$)").unwrap();
    let mut found: HashMap<String, Json> = HashMap::new();
    for result in sandbox.json("target/run_results.json")["results"].as_array().unwrap() {
        let name = result["unique_id"].as_str().unwrap().split('.').nth(2).unwrap().to_owned();
        let outcome = match result["compiled_code"].as_str().filter(|_| result["status"] == "success") {
            Some(code) => marked.captures_iter(code.trim_end()).map(|m| steady(&m.unwrap()[1], &here)).collect(),
            None => serde_json::json!({"error": steady(result["message"].as_str().unwrap(), &here)}),
        };
        found.insert(name, outcome);
    }
    (0..count).map(|model| found.remove(&format!("case_{model:05}")).unwrap_or_default()).collect()
}

fn check(file: &str) {
    let cases = Cases::read(&data().join(file));
    let mut sandbox = Sandbox::recorded("context/project", |text| text);
    sandbox.run(&["--quiet", "build", "--select", "up", "numbers"]);
    for (model, body) in cases.models.iter().enumerate() {
        sandbox = sandbox.file(&format!("models/cases/case_{model:05}.sql"), body);
    }
    sandbox.run(&["--quiet", "run", "--select", "cases"]);
    let failures = cases.failures(&outcomes(&sandbox, cases.models.len()));
    let (failed, all) = (failures.len(), cases.cases.len());
    assert!(failures.is_empty(), "{failed} of {all} cases of {file} failed:\n{}", failures.join("\n"));
}

#[test]
fn names_and_their_members() {
    check("names.json");
}

#[test]
fn values_results_and_filters() {
    check("values.json");
}

#[test]
fn modules_of_python() {
    check("modules.json");
}
