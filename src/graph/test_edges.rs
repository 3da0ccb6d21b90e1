//! The edges that `build` adds: a node waits for the tests on everything it is built on, so that bad data goes no
//! further.
//!
//! dbt's rule: a node waits for a test if all that the test depends on is upstream of the node. Tests that depend on the
//! same count once, and for 128 of these at a time one walk over the graph tells what is below all that they depend on.

use indexmap::IndexMap;
use petgraph::Direction;
use petgraph::graph::NodeIndex;

use super::dag::{Graph, NodeSet};
use crate::manifest::{Manifest, ResourceType};

/// Tests that depend on the same.
struct Tested {
    parents: Vec<NodeIndex>,
    tests: Vec<NodeIndex>,
}

/// How many [`Tested`] share a walk: one bit each.
const AT_A_TIME: usize = u128::BITS as usize;

/// Pairs of a test and a node that must wait for it.
///
/// dbt adds an edge to every such node; here only the first ones downstream get an edge, which leaves the same order and
/// far fewer edges.
pub(super) fn find(graph: &Graph, manifest: &Manifest) -> Vec<(NodeIndex, NodeIndex)> {
    let (several, one): (Vec<_>, Vec<_>) = tested(graph, manifest).into_iter().partition(|on| on.parents.len() > 1);
    let mut edges = Vec::new();
    for on in &one {
        let first = first_waiting(graph, &on.parents, &|position| waits(graph, manifest, position));
        edges.extend(on.tests.iter().flat_map(|test| first.iter().map(move |waiting| (*test, *waiting))));
    }
    if several.is_empty() {
        return edges;
    }
    let walk = Walk::new(graph, manifest);
    for some in several.chunks(AT_A_TIME) {
        let below = walk.below_all(some);
        for (step, found) in walk.steps.iter().zip(&below).filter(|(step, _)| step.waits) {
            let waiting_before = step.parents.iter().filter(|parent| walk.steps[**parent].waits);
            let covered = waiting_before.fold(0, |covered, parent| covered | below[*parent]);
            for on in ones(found & !covered).map(|bit| &some[bit]) {
                edges.extend(on.tests.iter().map(|test| (*test, step.position)));
            }
        }
    }
    edges
}

/// Groups of tests with all nodes that wait for each of them, in the order of the graph; none if that makes more than
/// `limit` pairs of a test and a node.
pub(super) fn all(graph: &Graph, manifest: &Manifest, limit: usize) -> Option<Vec<(Vec<NodeIndex>, Vec<NodeIndex>)>> {
    let walk = Walk::new(graph, manifest);
    let mut found = Vec::new();
    let mut pairs = 0;
    let mut open = tested(graph, manifest).into_iter().peekable();
    while open.peek().is_some() {
        let some: Vec<Tested> = open.by_ref().take(AT_A_TIME).collect();
        let below = walk.below_all(&some);
        let mut waiting = vec![Vec::new(); some.len()];
        for at in walk.at.iter().flatten().filter(|at| walk.steps[**at].waits) {
            for bit in ones(below[*at]) {
                waiting[bit].push(walk.steps[*at].position);
                pairs += some[bit].tests.len();
            }
            if pairs > limit {
                return None;
            }
        }
        found.extend(some.into_iter().map(|on| on.tests).zip(waiting));
    }
    Some(found)
}

/// The tests by the positions of all that they depend on, those on one resource first; without those on nothing, for
/// which nobody waits.
fn tested(graph: &Graph, manifest: &Manifest) -> Vec<Tested> {
    let mut by_parents: IndexMap<Vec<NodeIndex>, Vec<NodeIndex>> = IndexMap::new();
    for (id, node) in &manifest.nodes {
        if node.resource_type != ResourceType::Test {
            continue;
        }
        let Some(test) = graph.find(id) else { continue };
        let mut parents: Vec<NodeIndex> = graph.steps(test, Direction::Incoming).collect();
        parents.sort_unstable();
        by_parents.entry(parents).or_default().push(test);
    }
    by_parents.shift_remove(&Vec::new());
    let mut tested: Vec<Tested> = by_parents.into_iter().map(|(parents, tests)| Tested { parents, tests }).collect();
    tested.sort_by_key(|on| on.parents.len());
    tested
}

/// Whether what is there is a node, and none of the tests: these wait for no other.
fn waits(graph: &Graph, manifest: &Manifest, position: NodeIndex) -> bool {
    manifest.nodes.get(graph.id(position)).is_some_and(|node| node.resource_type != ResourceType::Test)
}

/// The nearest descendants that can wait.
fn first_waiting(graph: &Graph, parents: &[NodeIndex], waits: &impl Fn(NodeIndex) -> bool) -> Vec<NodeIndex> {
    let mut found = Vec::new();
    let mut seen = NodeSet::default();
    let mut open = parents.to_vec();
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

/// What can wait or has something after it, parents before children.
struct Walk {
    steps: Vec<Step>,
    /// The number of the step of each position of the graph.
    at: Vec<Option<usize>>,
}

struct Step {
    position: NodeIndex,
    waits: bool,
    /// Numbers of steps.
    parents: Vec<usize>,
}

impl Walk {
    fn new(graph: &Graph, manifest: &Manifest) -> Self {
        let mut steps = Vec::new();
        let mut at = vec![None; graph.dag.node_count()];
        // The graph has no circle: `Graph::new` refuses those.
        for position in petgraph::algo::toposort(&graph.dag, None).unwrap_or_default() {
            let waits = waits(graph, manifest, position);
            if !waits && graph.steps(position, Direction::Outgoing).next().is_none() {
                continue;
            }
            at[position.index()] = Some(steps.len());
            let parents = graph.steps(position, Direction::Incoming);
            let parents = parents.filter_map(|parent| at[parent.index()]).collect();
            steps.push(Step { position, waits, parents });
        }
        Walk { steps, at }
    }

    /// For each step the bits of those of `some` of which all parents are upstream.
    fn below_all(&self, some: &[Tested]) -> Vec<u128> {
        let rounds = some.iter().map(|on| on.parents.len()).max().unwrap_or_default();
        let mut all = vec![u128::MAX; self.steps.len()];
        for round in 0..rounds {
            let mut own = vec![0_u128; self.steps.len()];
            for (bit, on) in some.iter().enumerate() {
                // Who has fewer parents than others looks for one of them again.
                let parent = on.parents[round % on.parents.len()];
                if let Some(at) = self.at[parent.index()] {
                    own[at] |= 1 << bit;
                }
            }
            let mut above = vec![0_u128; self.steps.len()];
            for (number, step) in self.steps.iter().enumerate() {
                above[number] = step.parents.iter().fold(0, |bits, parent| bits | above[*parent] | own[*parent]);
                all[number] &= above[number];
            }
        }
        all
    }
}

/// The numbers of the bits that are set.
fn ones(mut bits: u128) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lowest = (bits != 0).then(|| bits.trailing_zeros() as usize);
        bits &= bits.wrapping_sub(1);
        lowest
    })
}
