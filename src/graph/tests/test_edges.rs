//! What `build` waits for on graphs made by chance, against dbt's rule taken at its word.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use petgraph::graph::NodeIndex;
use serde_json::json;

use super::load;
use crate::graph::Graph;
use crate::graph::summary::Waiting;
use crate::manifest::{Manifest, ResourceType};

/// Numbers that look like chance and are the same in each run (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }

    fn some(&mut self, of: &[String], most: usize) -> Vec<String> {
        let count = if of.is_empty() { 0 } else { self.below(most + 1) };
        (0..count).map(|_| of[self.below(of.len())].clone()).collect()
    }
}

/// Models and functions, each built on some before it, and tests on up to five of these.
fn by_chance(seed: u64) -> Manifest {
    let mut chance = Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let (mut manifest, mut known) = (Manifest::default(), Vec::new());
    let models = 1 + chance.below(40);
    for number in 0..models {
        let kind = if chance.below(6) == 0 { "function" } else { "model" };
        let id = format!("{kind}.p.{number}");
        let parents = chance.some(&known, 3);
        let json = json!({"unique_id": id, "resource_type": kind, "depends_on": {"nodes": parents}});
        let nodes = if kind == "model" { &mut manifest.nodes } else { &mut manifest.functions };
        nodes.insert(id.clone(), Box::new(load::node(&json)));
        known.push(id);
    }
    // More than share a walk, at times.
    for number in 0..chance.below(200) {
        let id = format!("test.p.{number}");
        let parents = chance.some(&known, if number % 4 == 0 { 5 } else { 2 });
        let json = json!({"unique_id": id, "resource_type": "test", "depends_on": {"nodes": parents}});
        manifest.nodes.insert(id, Box::new(load::node(&json)));
    }
    manifest
}

/// dbt's rule: a node that is no test waits for a test if all that the test depends on, and that is something, is upstream
/// of the node.
fn by_rule(graph: &Graph, manifest: &Manifest) -> BTreeMap<String, BTreeSet<String>> {
    let is_test = |id: &str| manifest.nodes.get(id).is_some_and(|node| node.resource_type == ResourceType::Test);
    let upstream: Vec<(&String, HashSet<&str>)> =
        manifest.nodes.keys().filter(|id| !is_test(id)).map(|id| (id, graph.ancestors(id, None))).collect();
    let mut waiting = BTreeMap::new();
    for (id, test) in manifest.nodes.iter().filter(|(id, _)| is_test(id)) {
        let parents = &test.depends_on.nodes;
        let waits =
            |above: &HashSet<&str>| !parents.is_empty() && parents.iter().all(|parent| above.contains(parent.as_str()));
        let found = upstream.iter().filter(|(_, above)| waits(above)).map(|(node, _)| (*node).clone());
        waiting.insert(id.clone(), found.collect());
    }
    waiting
}

/// What comes after the test over the edges that `build` adds, and can wait.
fn reached(graph: &Graph, manifest: &Manifest, test: &str) -> BTreeSet<String> {
    let waits = |id: &&str| manifest.nodes.get(*id).is_some_and(|node| node.resource_type != ResourceType::Test);
    graph.dependents(test, |_| false).into_iter().filter(waits).map(str::to_owned).collect()
}

#[test]
fn everything_waits_for_the_tests_of_the_rule_and_for_no_others() {
    let mut edges = 0;
    for seed in 0..300 {
        let manifest = by_chance(seed);
        let graph = Graph::new(&manifest).unwrap();
        let rule = by_rule(&graph, &manifest);
        let noted = Waiting::new(&graph, &manifest, usize::MAX);
        let fewest = Waiting::new(&graph, &manifest, 0);
        let built = graph.clone().with_test_edges(&manifest);
        for (test, expected) in &rule {
            let position = graph.find(test).unwrap().index();
            let after: Vec<usize> = noted.after(position).iter().map(|next| next.index()).collect();
            assert!(after.is_sorted(), "{seed} {test}");
            let ids = |after: &[NodeIndex]| after.iter().map(|next| graph.id(*next).to_owned()).collect();
            assert_eq!(&ids(noted.after(position)), expected, "{seed} {test}");
            assert_eq!(&reached(&built, &manifest, test), expected, "{seed} {test}");
            // Where all of them are not noted, those that are lead to the others.
            let first: BTreeSet<String> = ids(fewest.after(position));
            let below = first.iter().flat_map(|id| reached(&graph, &manifest, id));
            assert_eq!(&below.chain(first.clone()).collect::<BTreeSet<String>>(), expected, "{seed} {test}");
            edges += expected.len();
        }
    }
    assert!(edges > 10_000, "{edges} edges are too few to tell anything");
}
