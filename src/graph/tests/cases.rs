//! `ls` with many selections: the same resources, warnings and errors as the reference's.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value as Json;

use super::load;
use crate::events::Events;
use crate::graph::selectors::manifest_json;
use crate::graph::{Filter, Graph, ListFormat, PreviousState, Request, Selection, Selectors, list_lines, select};
use crate::invocation::Flags;
use crate::manifest::Manifest;
use crate::yaml;

/// A project on disk with the files that a manifest speaks of, because `path:` looks for them.
fn project(manifest: &Manifest) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let own = manifest.nodes.values().filter(|node| node.package_name == "shop");
    let files = own.map(|node| node.original_file_path.as_str()).chain(["models/schema.yml"]);
    for file in files.map(|file| folder.path().join(file)) {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, "").unwrap();
    }
    std::fs::create_dir_all(folder.path().join("packages_local/helper/models")).unwrap();
    folder
}

fn flags(args: &[&str], folder: &Path) -> Flags {
    let mut flags = Flags { project_dir: folder.to_owned(), ..Flags::default() };
    let mut words = args.iter().map(|word| (*word).to_owned());
    while let Some(word) = words.next() {
        let value = words.next().unwrap();
        match word.as_str() {
            "--select" => flags.select.push(value),
            "--exclude" => flags.exclude.push(value),
            "--selector" => flags.selector = Some(value),
            "--indirect-selection" => flags.indirect_selection = value,
            "--resource-type" => flags.resource_types.push(value),
            "--exclude-resource-type" => flags.exclude_resource_types.push(value),
            other => panic!("{other}"),
        }
    }
    flags
}

struct Bench {
    manifest: Manifest,
    graph: Graph,
    selectors: yaml::Node,
    folder: tempfile::TempDir,
    state: Option<PreviousState>,
}

impl Bench {
    fn new(fixture: &str) -> Self {
        let manifest = load::manifest(&load::fixture(fixture));
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/selection/selectors.yml");
        let selectors = yaml::parse(&std::fs::read_to_string(path).unwrap(), path).unwrap();
        let graph = Graph::new(&manifest).unwrap();
        Bench { folder: project(&manifest), graph, manifest, selectors, state: None }
    }

    fn select(&self, args: &[&str]) -> crate::error::Result<Selection> {
        let flags = flags(args, self.folder.path());
        let selectors = Selectors::read(Some(&self.selectors), &flags)?;
        let request = Request {
            manifest: &self.manifest,
            graph: &self.graph,
            flags: &flags,
            selectors: &selectors,
            state: self.state.as_ref(),
            events: &Events::default(),
        };
        select(&request, &Filter::for_command("ls", &flags)?)
    }

    /// Runs cases; returns what differs.
    fn differences(&self, cases: &Json) -> Vec<String> {
        let mut different = Vec::new();
        for case in cases.as_array().unwrap() {
            let args: Vec<&str> = case["args"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()).collect();
            match (self.select(&args), case.get("error")) {
                (Ok(selection), None) => {
                    let expected: Vec<&str> = case["ids"].as_array().unwrap().iter().filter_map(Json::as_str).collect();
                    let found: Vec<&str> = selection.nodes.iter().map(String::as_str).collect();
                    if found != expected {
                        different.push(difference(&args, &found, &expected));
                    }
                    if Json::from(selection.unmatched) != *case.get("unmatched").unwrap_or(&Json::Array(Vec::new())) {
                        different.push(format!("{args:?}: other warnings than {}", case["unmatched"]));
                    }
                }
                (Err(error), Some(expected)) => {
                    let own = format!("{}\n  {}", error.kind.header(), error.message);
                    // The reference lets errors of Python's own through; ours are sentences.
                    if expected.as_str().unwrap().contains("Error\n") && own != expected.as_str().unwrap() {
                        different.push(format!("{args:?}: {own} instead of {expected}"));
                    }
                }
                (Ok(_), Some(expected)) => different.push(format!("{args:?}: no error, expected {expected}")),
                (Err(error), None) => different.push(format!("{args:?}: {error}")),
            }
        }
        different
    }
}

fn difference(args: &[&str], found: &[&str], expected: &[&str]) -> String {
    let only = |these: &[&str], those: &[&str]| -> Vec<String> {
        these.iter().filter(|id| !those.contains(id)).map(|id| (*id).to_owned()).collect()
    };
    format!("{args:?}: too many {:?}, too few {:?}", only(found, expected), only(expected, found))
}

#[test]
fn selections_are_the_references() {
    let different = Bench::new("manifest.json").differences(&load::fixture("cases.json"));
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn comparisons_with_an_earlier_state_are_the_references() {
    let mut bench = Bench::new("manifest_later.json");
    let previous = PreviousState { manifest: Some(load::fixture("manifest.json")), ..PreviousState::default() };
    bench.state = Some(previous);
    let different = bench.differences(&load::fixture("state_cases.json"));
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn results_of_an_earlier_run_select() {
    let mut bench = Bench::new("manifest.json");
    let id = |name: &str| format!("model.shop.{name}");
    let at = |time: &str| Some(time.to_owned());
    let sources = |events| {
        HashMap::from([
            ("source.shop.web.events".to_owned(), events),
            ("source.shop.stripe.refunds".to_owned(), at("2024-01-01T00:00:00Z")),
        ])
    };
    bench.state = Some(PreviousState {
        results: Some(vec![(id("report"), "error".to_owned()), (id("customers"), "success".to_owned())]),
        sources: Some(sources(at("2024-01-01T00:00:00Z"))),
        current_sources: Some(sources(at("2024-01-02T00:00:00Z"))),
        ..PreviousState::default()
    });
    let names = |args: &[&str]| -> Vec<String> { bench.select(args).unwrap().nodes.into_iter().collect() };
    assert_eq!(names(&["--select", "result:error", "--indirect-selection", "empty"]), [id("report")]);
    assert_eq!(
        names(&["--select", "source_status:fresher+1"]),
        ["exposure.shop.board", "model.shop.stg_events", "source.shop.web.events",]
    );
}

#[test]
fn lines_are_the_references() {
    let bench = Bench::new("manifest.json");
    let expected = load::fixture("listing.json");
    let everything = bench.select(&[]).unwrap();
    for (name, format) in [("name", ListFormat::Name), ("selector", ListFormat::Selector), ("path", ListFormat::Path)] {
        assert_eq!(Json::from_iter(list_lines(&bench.manifest, &everything, format, &[])), expected[name], "{name}");
    }
    let keys: Vec<String> =
        expected["keys"].as_array().unwrap().iter().map(|key| key.as_str().unwrap().to_owned()).collect();
    let names = "customers revenue.v1 source:web exposure:board stg_orders";
    let some = ["--select", names, "--indirect-selection", "empty", "--exclude-resource-type", "unit_test"];
    let some = bench.select(&some).unwrap();
    for (name, keys) in [("json", &[][..]), ("json_with_keys", &keys)] {
        let lines: Vec<String> = list_lines(&bench.manifest, &some, ListFormat::Json, keys).collect();
        for (line, expected) in lines.iter().zip(expected[name].as_array().unwrap()) {
            assert_eq!(line, expected.as_str().unwrap());
        }
        assert_eq!(lines.len(), expected[name].as_array().unwrap().len());
    }
}

#[test]
fn selectors_stand_in_the_manifest_as_the_reference_writes_them() {
    let bench = Bench::new("manifest.json");
    let written = load::fixture("manifest.json");
    assert_eq!(Json::Object(manifest_json(Some(&bench.selectors))), written["selectors"]);
}

#[test]
fn mistakes_in_selectors_are_named() {
    let flags = Flags::default();
    let mistake = |text: &str| {
        let file = yaml::parse(text, "selectors.yml").unwrap();
        Selectors::read(Some(&file), &flags).unwrap_err().message
    };
    for case in load::fixture("selector_mistakes.json").as_array().unwrap() {
        let expected = case["error"].as_str().unwrap();
        assert_eq!(mistake(case["text"].as_str().unwrap()), expected);
    }
}

#[test]
fn a_selector_that_means_itself_is_an_error() {
    let mut bench = Bench::new("manifest.json");
    let text = "selectors:\n- {name: a, definition: 'selector:b'}\n- {name: b, definition: 'selector:a'}";
    bench.selectors = yaml::parse(text, "selectors.yml").unwrap();
    let error = bench.select(&["--selector", "a"]).unwrap_err();
    assert_eq!(error.message, "Circular dependency detected in selector: {'method': 'selector', 'value': 'b'}");
}
