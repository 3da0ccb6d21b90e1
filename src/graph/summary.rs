//! The shape of the graph as dbt notes it in `graph_summary.json`: every resource with a number, and the numbers of
//! what comes after it.

use std::collections::HashMap;

use petgraph::Direction;
use petgraph::graph::NodeIndex;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::dag::Graph;
use super::member::Member;
use super::test_edges;
use crate::manifest::{Manifest, ResourceType};

/// How many edges the summary notes with the edges of tests in dbt's way, in which each test has one to all that is below
/// it: in a project of many layers their number grows with the square of its size, and with it the file, to hundreds of
/// megabytes.
const MOST_TEST_EDGES: usize = 2_000_000;

/// What dbt writes about the graph for those who look into its order of work.
///
/// Serializes to `{"_invocation_id": ..., "linked": {"0": {"name": ..., "type": ..., "succ": [...]}, ...}}` and, with
/// test edges, the same once more under `with_test_edges`. A resource without successors has no `succ`.
pub struct Summary<'a> {
    invocation_id: &'a str,
    resources: Vec<(&'a str, ResourceType)>,
    linked: Vec<Vec<NodeIndex>>,
    with_test_edges: Option<Waiting>,
}

impl<'a> Summary<'a> {
    /// The summary of a graph; `with_test_edges` adds what `build` waits for.
    ///
    /// Each node that is built on all that a test depends on is listed after the test, as in dbt; beyond two million edges
    /// only the first ones downstream are, which comes to the same order.
    pub fn new(graph: &'a Graph, manifest: &'a Manifest, invocation_id: &'a str, with_test_edges: bool) -> Self {
        let known = Member::all(manifest, graph).into_iter().zip(graph.dag.node_weights());
        let resources = known.filter_map(|(member, id)| Some((id.as_str(), member?.resource_type()))).collect();
        let mut linked = Vec::with_capacity(graph.dag.node_count());
        for position in graph.dag.node_indices() {
            let mut after: Vec<NodeIndex> = graph.steps(position, Direction::Outgoing).collect();
            // petgraph hands out the newest edge first.
            after.reverse();
            linked.push(after);
        }
        let with_test_edges = with_test_edges.then(|| Waiting::new(graph, manifest, MOST_TEST_EDGES));
        Summary { invocation_id, resources, linked, with_test_edges }
    }
}

/// What waits for tests. Tests on the same have one list.
pub(super) struct Waiting {
    /// By the positions of tests the numbers of their lists.
    of_test: HashMap<usize, usize>,
    lists: Vec<Vec<NodeIndex>>,
}

impl Waiting {
    pub fn new(graph: &Graph, manifest: &Manifest, limit: usize) -> Self {
        let mut waiting = Waiting { of_test: HashMap::new(), lists: Vec::new() };
        if let Some(all) = test_edges::all(graph, manifest, limit) {
            for (tests, list) in all {
                waiting.of_test.extend(tests.into_iter().map(|test| (test.index(), waiting.lists.len())));
                waiting.lists.push(list);
            }
            return waiting;
        }
        for (test, next) in test_edges::find(graph, manifest) {
            let number = *waiting.of_test.entry(test.index()).or_insert(waiting.lists.len());
            if number == waiting.lists.len() {
                waiting.lists.push(Vec::new());
            }
            waiting.lists[number].push(next);
        }
        waiting
    }

    /// What waits for the test at a position of the graph; nothing if that is no test.
    pub fn after(&self, position: usize) -> &[NodeIndex] {
        self.of_test.get(&position).map_or(&[], |number| &self.lists[*number])
    }
}

impl Serialize for Summary<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("_invocation_id", self.invocation_id)?;
        map.serialize_entry("linked", &Shape { summary: self, waiting: None })?;
        if self.with_test_edges.is_some() {
            map.serialize_entry("with_test_edges", &Shape { summary: self, waiting: self.with_test_edges.as_ref() })?;
        }
        map.end()
    }
}

/// Resources and, for each, the numbers of those after it.
struct Shape<'a> {
    summary: &'a Summary<'a>,
    waiting: Option<&'a Waiting>,
}

impl Serialize for Shape<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let resources = self.summary.resources.iter().zip(&self.summary.linked).enumerate();
        serializer.collect_map(resources.map(|(number, ((name, kind), linked))| {
            let waiting = self.waiting.map_or(&[][..], |waiting| waiting.after(number));
            (number.to_string(), Entry { name, kind: kind.as_str(), linked, waiting })
        }))
    }
}

/// One resource.
struct Entry<'a> {
    name: &'a str,
    kind: &'a str,
    linked: &'a [NodeIndex],
    waiting: &'a [NodeIndex],
}

impl Serialize for Entry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", self.name)?;
        map.serialize_entry("type", self.kind)?;
        if !self.linked.is_empty() || !self.waiting.is_empty() {
            map.serialize_entry("succ", &Successors(self))?;
        }
        map.end()
    }
}

/// The numbers of what comes after a resource.
struct Successors<'a>(&'a Entry<'a>);

impl Serialize for Successors<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Entry { linked, waiting, .. } = self.0;
        let added = waiting.iter().filter(|next| !linked.contains(next));
        serializer.collect_seq(linked.iter().chain(added).map(|next| next.index()))
    }
}
