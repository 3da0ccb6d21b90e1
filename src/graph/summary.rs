//! The shape of the graph as dbt notes it in `graph_summary.json`: every resource with a number, and the numbers of
//! what comes after it.

use petgraph::Direction;
use petgraph::graph::NodeIndex;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::dag::Graph;
use super::member::Member;
use super::test_edges;
use crate::manifest::{Manifest, ResourceType};

/// What dbt writes about the graph for those who look into its order of work.
///
/// Serializes to `{"_invocation_id": ..., "linked": {"0": {"name": ..., "type": ..., "succ": [...]}, ...}}` and, with
/// test edges, the same once more under `with_test_edges`. A resource without successors has no `succ`.
pub struct Summary<'a> {
    invocation_id: &'a str,
    resources: Vec<(&'a str, ResourceType)>,
    linked: Vec<Vec<usize>>,
    with_test_edges: Option<Vec<Vec<usize>>>,
}

impl<'a> Summary<'a> {
    /// The summary of a graph; `with_test_edges` adds what `build` waits for.
    ///
    /// Each node that is built on all that a test depends on is listed after the test, as in dbt. The graph itself
    /// needs fewer edges for the same order.
    pub fn new(graph: &'a Graph, manifest: &'a Manifest, invocation_id: &'a str, with_test_edges: bool) -> Self {
        let known = Member::all(manifest, graph).into_iter().zip(graph.dag.node_weights());
        let resources = known.filter_map(|(member, id)| Some((id.as_str(), member?.resource_type()))).collect();
        let mut linked = Vec::with_capacity(graph.dag.node_count());
        for position in graph.dag.node_indices() {
            let mut after: Vec<usize> =
                graph.steps(position, Direction::Outgoing).map(petgraph::graph::NodeIndex::index).collect();
            // petgraph hands out the newest edge first.
            after.reverse();
            linked.push(after);
        }
        let with_test_edges = with_test_edges.then(|| waiting_for_tests(graph, manifest, &linked));
        Summary { invocation_id, resources, linked, with_test_edges }
    }
}

/// The successors with those added that wait for a test.
fn waiting_for_tests(graph: &Graph, manifest: &Manifest, linked: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut all = linked.to_vec();
    for (parents, tests) in test_edges::by_parents(graph, manifest) {
        let mut waiting: Vec<usize> = test_edges::below_all(graph, &parents)
            .into_iter()
            .filter(|position| test_edges::waits(graph, manifest, *position))
            .map(NodeIndex::index)
            .collect();
        waiting.sort_unstable();
        for test in tests {
            let after = &mut all[test.index()];
            after.extend(waiting.iter().filter(|next| !linked[test.index()].contains(next)));
        }
    }
    all
}

impl Serialize for Summary<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("_invocation_id", self.invocation_id)?;
        map.serialize_entry("linked", &Shape { resources: &self.resources, after: &self.linked })?;
        if let Some(after) = &self.with_test_edges {
            map.serialize_entry("with_test_edges", &Shape { resources: &self.resources, after })?;
        }
        map.end()
    }
}

/// Resources and, for each, the numbers of those after it.
struct Shape<'a> {
    resources: &'a [(&'a str, ResourceType)],
    after: &'a [Vec<usize>],
}

impl Serialize for Shape<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let numbered = self.resources.iter().zip(self.after).enumerate();
        serializer.collect_map(
            numbered.map(|(number, ((name, kind), after))| {
                (number.to_string(), Entry { name, kind: kind.as_str(), after })
            }),
        )
    }
}

/// One resource.
struct Entry<'a> {
    name: &'a str,
    kind: &'a str,
    after: &'a [usize],
}

impl Serialize for Entry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", self.name)?;
        map.serialize_entry("type", self.kind)?;
        if !self.after.is_empty() {
            map.serialize_entry("succ", self.after)?;
        }
        map.end()
    }
}
