//! The edges that `build` adds: a node waits for the tests on everything it is built on, so that bad data goes no
//! further.

use std::collections::HashMap;

use petgraph::Direction;
use petgraph::graph::NodeIndex;

use super::dag::{Graph, NodeSet};
use crate::manifest::{Manifest, ResourceType};

/// Pairs of a test and a node that must wait for it.
///
/// dbt's rule: a node waits for a test if all that the test depends on is upstream of the node. dbt adds an edge to
/// every such node; here only the first ones downstream get an edge, which leaves the same order and far fewer edges.
pub(super) fn find(graph: &Graph, manifest: &Manifest) -> Vec<(NodeIndex, NodeIndex)> {
    let waits = |position: NodeIndex| waits(graph, manifest, position);
    let mut edges = Vec::new();
    for (parents, tests) in by_parents(graph, manifest) {
        let first = match parents.as_slice() {
            [] => continue,
            [one] => first_waiting(graph, *one, &waits),
            several => first_common(graph, several, &waits),
        };
        edges.extend(tests.iter().flat_map(|test| first.iter().map(move |waiting| (*test, *waiting))));
    }
    edges
}

/// The tests by the positions of all that they depend on.
pub(super) fn by_parents(graph: &Graph, manifest: &Manifest) -> HashMap<Vec<NodeIndex>, Vec<NodeIndex>> {
    let mut by_parents: HashMap<Vec<NodeIndex>, Vec<NodeIndex>> = HashMap::new();
    for (id, node) in &manifest.nodes {
        if node.resource_type != ResourceType::Test {
            continue;
        }
        let Some(test) = graph.find(id) else { continue };
        let mut parents: Vec<NodeIndex> = graph.steps(test, Direction::Incoming).collect();
        parents.sort_unstable();
        by_parents.entry(parents).or_default().push(test);
    }
    by_parents
}

/// Whether what is there is a node, and none of the tests: these wait for no other.
pub(super) fn waits(graph: &Graph, manifest: &Manifest, position: NodeIndex) -> bool {
    manifest.nodes.get(graph.id(position)).is_some_and(|node| node.resource_type != ResourceType::Test)
}

/// Everything that is built on all of `parents`; nothing where there are none.
pub(super) fn below_all(graph: &Graph, parents: &[NodeIndex]) -> NodeSet {
    let below = |parent: &NodeIndex| graph.spread(&NodeSet::from([*parent]), Direction::Outgoing, None);
    let common = parents.iter().map(below).reduce(|common, below| common.intersection(&below).copied().collect());
    common.unwrap_or_default()
}

/// The nearest descendants that can wait.
fn first_waiting(graph: &Graph, parent: NodeIndex, waits: &impl Fn(NodeIndex) -> bool) -> Vec<NodeIndex> {
    let mut found = Vec::new();
    let mut seen = NodeSet::new();
    let mut open = vec![parent];
    while let Some(position) = open.pop() {
        for child in graph.steps(position, Direction::Outgoing) {
            if !seen.insert(child) {
                continue;
            }
            if waits(child) {
                found.push(child);
            } else {
                open.push(child);
            }
        }
    }
    found
}

/// The nodes that descend from all of `parents` and have no parent that does.
fn first_common(graph: &Graph, parents: &[NodeIndex], waits: &impl Fn(NodeIndex) -> bool) -> Vec<NodeIndex> {
    let common = below_all(graph, parents);
    let covered = |position: NodeIndex| {
        graph.steps(position, Direction::Incoming).any(|parent| common.contains(&parent) && waits(parent))
    };
    common.iter().copied().filter(|position| waits(*position) && !covered(*position)).collect()
}
