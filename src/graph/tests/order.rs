//! The graph, its cycles, and the order of work.

use serde_json::json;

use super::load;
use crate::events::Events;
use crate::graph::{Filter, Graph, Queue, Request, Selectors, select};
use crate::invocation::Flags;
use crate::manifest::Manifest;

/// A manifest of models and tests by name, each with what it needs.
fn manifest(edges: &[(&str, &[&str])]) -> Manifest {
    let mut manifest = Manifest::default();
    for (id, parents) in edges {
        let kind = id.split('.').next().unwrap();
        let node = json!({"unique_id": id, "resource_type": kind, "depends_on": {"nodes": parents}});
        manifest.nodes.insert((*id).to_owned(), Box::new(load::node(&node)));
    }
    manifest
}

/// The order in which one worker would run everything.
fn order(graph: &Graph, selected: &[&str]) -> Vec<String> {
    let selected: Vec<String> = selected.iter().map(|id| (*id).to_owned()).collect();
    let mut queue = Queue::new(graph, &selected);
    let mut order = Vec::new();
    while let Some(id) = queue.take() {
        queue.done(&id);
        order.push(id);
    }
    assert!(queue.is_finished());
    order
}

#[test]
fn a_cycle_is_told_in_the_references_words() {
    let manifest = manifest(&[
        ("model.p.a", &["model.p.c"]),
        ("model.p.b", &["model.p.a"]),
        ("model.p.c", &["model.p.b"]),
        ("model.p.d", &[]),
    ]);
    let error = Graph::new(&manifest).unwrap_err();
    assert_eq!(error.message, "Found a cycle: model.p.a --> model.p.b --> model.p.c");
}

#[test]
fn an_unknown_parent_is_an_error() {
    let error = Graph::new(&manifest(&[("model.p.a", &["model.p.x"])])).unwrap_err();
    assert_eq!(error.message, "'model.p.a' depends on 'model.p.x' which is not in the graph!");
}

#[test]
fn relatives_go_as_far_as_asked() {
    let graph = Graph::new(&manifest(&[
        ("model.p.a", &[]),
        ("model.p.b", &["model.p.a"]),
        ("model.p.c", &["model.p.b", "model.p.a"]),
        ("model.p.d", &["model.p.c"]),
    ]))
    .unwrap();
    let sorted = |ids: std::collections::HashSet<&str>| {
        let mut ids: Vec<String> = ids.into_iter().map(str::to_owned).collect();
        ids.sort();
        ids.join(" ")
    };
    assert_eq!(graph.parents("model.p.c"), ["model.p.b", "model.p.a"]);
    assert_eq!(graph.children("model.p.a"), ["model.p.b", "model.p.c"]);
    assert_eq!(sorted(graph.ancestors("model.p.d", None)), "model.p.a model.p.b model.p.c");
    assert_eq!(sorted(graph.ancestors("model.p.d", Some(1))), "model.p.c");
    assert_eq!(sorted(graph.descendants("model.p.a", Some(1))), "model.p.b model.p.c");
    assert_eq!(sorted(graph.dependents("model.p.b", |_| false)), "model.p.c model.p.d");
    assert_eq!(sorted(graph.dependents("model.p.b", |id| id == "model.p.c")), "");
}

#[test]
fn ready_nodes_stand_in_line() {
    let graph = Graph::new(&manifest(&[
        ("model.p.a", &[]),
        ("model.p.b", &[]),
        ("model.p.m1", &["model.p.b"]),
        ("model.p.m2", &["model.p.a"]),
        ("model.p.n", &["model.p.a"]),
    ]))
    .unwrap();
    let all = ["model.p.a", "model.p.b", "model.p.m1", "model.p.m2", "model.p.n"];
    assert_eq!(order(&graph, &all), ["model.p.a", "model.p.b", "model.p.m2", "model.p.n", "model.p.m1"]);
}

#[test]
fn order_holds_across_what_is_not_selected() {
    let graph = Graph::new(&manifest(&[
        ("model.p.z", &[]),
        ("model.p.middle", &["model.p.z"]),
        ("model.p.a", &["model.p.middle"]),
    ]))
    .unwrap();
    assert_eq!(order(&graph, &["model.p.a", "model.p.z"]), ["model.p.z", "model.p.a"]);
}

#[test]
fn building_waits_for_tests() {
    let manifest = manifest(&[
        ("model.p.a", &[]),
        ("model.p.b", &["model.p.a"]),
        ("model.p.c", &["model.p.b"]),
        ("model.p.other", &[]),
        ("test.p.on_a", &["model.p.a"]),
        ("test.p.on_both", &["model.p.a", "model.p.b"]),
        ("test.p.unrelated", &["model.p.a", "model.p.other"]),
    ]);
    let graph = Graph::new(&manifest).unwrap().with_test_edges(&manifest);
    let ids: Vec<&str> = manifest.nodes.keys().map(String::as_str).collect();
    assert_eq!(
        order(&graph, &ids),
        ["model.p.a", "model.p.other", "test.p.on_a", "test.p.unrelated", "model.p.b", "test.p.on_both", "model.p.c",]
    );
    // Selection does not see those edges.
    assert_eq!(graph.children("test.p.on_a"), Vec::<&str>::new());
    assert!(graph.dependents("test.p.on_a", |_| false).contains("model.p.c"));
}

#[test]
fn independent_nodes_do_not_wait() {
    let graph = Graph::new(&manifest(&[("model.p.b", &[]), ("model.p.a", &["model.p.b"])])).unwrap();
    let selected = ["model.p.a".to_owned(), "model.p.b".to_owned()];
    let mut queue = Queue::independent(&graph, &selected);
    assert_eq!((queue.take(), queue.take()), (Some("model.p.a".into()), Some("model.p.b".into())));
    assert_eq!(queue.unfinished(), 2);
}

#[test]
fn one_worker_runs_in_the_references_order() {
    let fixture = load::fixture("order.json");
    let manifest = load::manifest(&fixture);
    for run in fixture["runs"].as_array().unwrap() {
        let args: Vec<&str> = run["args"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()).collect();
        let mut flags = Flags::default();
        let mut excluding = false;
        for word in &args[1..] {
            match *word {
                "--exclude" => excluding = true,
                "--select" => excluding = false,
                word if excluding => flags.exclude.push(word.to_owned()),
                word => flags.select.push(word.to_owned()),
            }
        }
        let mut graph = Graph::new(&manifest).unwrap();
        if args[0] == "build" {
            graph = graph.with_test_edges(&manifest);
        }
        let request = Request {
            manifest: &manifest,
            graph: &graph,
            flags: &flags,
            selectors: &Selectors::default(),
            state: None,
            events: &Events::default(),
        };
        let selected = select(&request, &Filter::for_command(args[0], &flags).unwrap()).unwrap();
        let ids: Vec<&str> = selected.nodes.iter().map(String::as_str).collect();
        // Ephemeral models take their turn but leave no result.
        let shown = |id: &String| !manifest.nodes[id].is_ephemeral();
        let order: Vec<String> = order(&graph, &ids).into_iter().filter(shown).collect();
        assert_eq!(serde_json::Value::from(order), run["order"], "{args:?}");
    }
}
