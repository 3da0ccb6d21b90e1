//! The dependency graph over unique ids, in dbt's order of insertion, because that order decides which of several
//! cycles is reported.

use std::collections::{HashMap, HashSet};

use foldhash::fast::RandomState;
use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use serde_json::Value as Json;

use crate::error::{Error, Result};
use crate::manifest::{Config, FastMap, Manifest, ResourceType, UniqueId};

/// Why one resource comes before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// The second needs the first.
    Dependency,
    /// The first tests something that the second is built on; selection does not follow these.
    Test,
}

/// A set of graph positions.
pub(super) type NodeSet = HashSet<NodeIndex, RandomState>;

/// Everything of a manifest that has a place in the order of work: nodes, sources, functions, exposures, metrics,
/// semantic models, saved queries, unit tests.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    pub(super) dag: DiGraph<UniqueId, Edge>,
    positions: FastMap<UniqueId, NodeIndex>,
}

impl Graph {
    /// The graph of a manifest.
    ///
    /// # Errors
    /// Something depends on what is not in the graph, or resources need each other in a circle; both in dbt's words.
    pub fn new(manifest: &Manifest) -> Result<Self> {
        // A test is disabled after parsing where what it tests is; it stays in the manifest but is never worked on.
        Self::linked(manifest, &Config::enabled)
    }

    /// The same with the disabled tests that are still in the manifest: what dbt sums up. None if there are no such tests.
    ///
    /// # Errors
    /// Those of [`Graph::new`].
    pub fn with_disabled(manifest: &Manifest) -> Result<Option<Self>> {
        let all_enabled = manifest.nodes.values().all(|node| node.config.enabled())
            && manifest.unit_tests.values().all(|test| test.config.enabled());
        if all_enabled { Ok(None) } else { Self::linked(manifest, &|_| true).map(Some) }
    }

    fn linked(manifest: &Manifest, wanted: &dyn Fn(&Config) -> bool) -> Result<Self> {
        let most = manifest.nodes.len() + manifest.sources.len() + manifest.exposures.len();
        let (dag, positions) =
            (DiGraph::with_capacity(most, 2 * most), FastMap::with_capacity_and_hasher(most, Default::default()));
        let mut graph = Graph { dag, positions };
        for id in manifest.sources.keys() {
            graph.position(id);
        }
        for (id, node) in manifest.nodes.iter().filter(|(_, node)| wanted(&node.config)) {
            // A seed has no parents even where its hooks name some.
            let parents = if node.resource_type == ResourceType::Seed { &[][..] } else { &node.depends_on.nodes };
            graph.link(manifest, id, parents.iter().map(String::as_str))?;
        }
        for (id, carried) in &manifest.semantic_models {
            graph.link(manifest, id, carried_parents(carried))?;
        }
        for (id, exposure) in &manifest.exposures {
            graph.link(manifest, id, exposure.depends_on.nodes.iter().map(String::as_str))?;
        }
        for (id, function) in &manifest.functions {
            graph.link(manifest, id, function.depends_on.nodes.iter().map(String::as_str))?;
        }
        for (id, carried) in &manifest.metrics {
            graph.link(manifest, id, carried_parents(carried))?;
        }
        for (id, test) in manifest.unit_tests.iter().filter(|(_, test)| wanted(&test.config)) {
            graph.link(manifest, id, test.depends_on.nodes.iter().map(String::as_str))?;
        }
        for (id, carried) in &manifest.saved_queries {
            graph.link(manifest, id, carried_parents(carried))?;
        }
        match graph.cycle() {
            Some(cycle) => Err(graph.cycle_error(&cycle)),
            None => Ok(graph),
        }
    }

    /// For each resource the length of the longest chain that begins with it, where `length` is that of one resource.
    pub fn longest_chains(&self, length: impl Fn(&str) -> f64) -> HashMap<UniqueId, f64> {
        let mut chains: HashMap<UniqueId, f64> = HashMap::new();
        // The graph has no circle: `new` refuses those.
        for position in petgraph::algo::toposort(&self.dag, None).unwrap_or_default().into_iter().rev() {
            let below = self.dag.neighbors(position).filter_map(|child| chains.get(&self.dag[child]));
            let longest = below.fold(0.0_f64, |longest, chain| longest.max(*chain));
            let id = &self.dag[position];
            chains.insert(id.clone(), length(id) + longest);
        }
        chains
    }

    /// The longest of those chains, from its begin to its end; ties go to what comes first in dbt's order.
    pub fn longest_chain(&self, length: impl Fn(&str) -> f64) -> Vec<&str> {
        let chains = self.longest_chains(length);
        let longest = |places: &mut dyn Iterator<Item = NodeIndex>| {
            let mut best: Option<(NodeIndex, f64)> = None;
            for place in places {
                let chain = chains.get(&self.dag[place]).copied().unwrap_or_default();
                if best.is_none_or(|(known, best)| chain > best || (chain == best && place < known)) {
                    best = Some((place, chain));
                }
            }
            best.map(|(place, _)| place)
        };
        let mut chain = Vec::new();
        let mut next = longest(&mut self.dag.node_indices());
        while let Some(place) = next {
            chain.push(self.dag[place].as_str());
            next = longest(&mut self.dag.neighbors(place));
        }
        chain
    }

    fn position(&mut self, id: &str) -> NodeIndex {
        if let Some(known) = self.positions.get(id) {
            return *known;
        }
        let position = self.dag.add_node(id.to_owned());
        self.positions.insert(id.to_owned(), position);
        position
    }

    fn link<'a>(&mut self, manifest: &Manifest, id: &str, parents: impl Iterator<Item = &'a str>) -> Result<()> {
        let child = self.position(id);
        for parent in parents {
            let known = manifest.nodes.contains_key(parent)
                || manifest.sources.contains_key(parent)
                || manifest.metrics.contains_key(parent)
                || manifest.semantic_models.contains_key(parent)
                || manifest.functions.contains_key(parent);
            if !known {
                return Err(Error::compilation(format!("'{id}' depends on '{parent}' which is not in the graph!")));
            }
            let parent = self.position(parent);
            self.dag.update_edge(parent, child, Edge::Dependency);
        }
        Ok(())
    }

    /// Adds what `build` waits for besides dependencies: whatever is built on tested resources comes after the tests.
    pub fn with_test_edges(mut self, manifest: &Manifest) -> Self {
        for (test, waiting) in super::test_edges::find(&self, manifest) {
            self.dag.update_edge(test, waiting, Edge::Test);
        }
        self
    }

    /// Whether the graph has this resource.
    pub fn contains(&self, unique_id: &str) -> bool {
        self.positions.contains_key(unique_id)
    }

    /// What the resource needs directly, in the order in which it was named; test edges left out.
    pub fn parents(&self, unique_id: &str) -> Vec<&str> {
        self.direct(unique_id, Direction::Incoming)
    }

    /// What needs the resource directly; test edges left out.
    pub fn children(&self, unique_id: &str) -> Vec<&str> {
        self.direct(unique_id, Direction::Outgoing)
    }

    /// Everything the resource is built on, at most `depth` steps away.
    pub fn ancestors(&self, unique_id: &str, depth: Option<usize>) -> HashSet<&str> {
        self.reachable(unique_id, Direction::Incoming, depth)
    }

    /// Everything built on the resource, at most `depth` steps away.
    pub fn descendants(&self, unique_id: &str, depth: Option<usize>) -> HashSet<&str> {
        self.reachable(unique_id, Direction::Outgoing, depth)
    }

    /// Everything that cannot run when the resource fails: its descendants, over test edges too. What is `known` already is
    /// left out with all that follows it.
    pub fn dependents(&self, unique_id: &str, known: impl Fn(&str) -> bool) -> HashSet<&str> {
        let Some(start) = self.find(unique_id) else { return HashSet::new() };
        let mut found = NodeSet::default();
        let mut open = vec![start];
        while let Some(position) = open.pop() {
            open.extend(self.dag.neighbors(position).filter(|next| !known(self.id(*next)) && found.insert(*next)));
        }
        found.into_iter().map(|position| self.id(position)).collect()
    }

    pub(super) fn find(&self, unique_id: &str) -> Option<NodeIndex> {
        self.positions.get(unique_id).copied()
    }

    pub(super) fn id(&self, position: NodeIndex) -> &str {
        &self.dag[position]
    }

    fn direct(&self, unique_id: &str, direction: Direction) -> Vec<&str> {
        let Some(position) = self.find(unique_id) else { return Vec::new() };
        let mut found: Vec<&str> = self.steps(position, direction).map(|next| self.id(next)).collect();
        // petgraph hands out the newest edge first.
        found.reverse();
        found
    }

    fn reachable(&self, unique_id: &str, direction: Direction, depth: Option<usize>) -> HashSet<&str> {
        let start = self.find(unique_id).into_iter().collect();
        self.spread(&start, direction, depth).into_iter().map(|position| self.id(position)).collect()
    }

    /// Direct neighbours over dependencies.
    pub(super) fn steps(&self, position: NodeIndex, direction: Direction) -> impl Iterator<Item = NodeIndex> + '_ {
        use petgraph::visit::EdgeRef;
        self.dag.edges_directed(position, direction).filter(|edge| *edge.weight() == Edge::Dependency).map(
            move |edge| match direction {
                Direction::Outgoing => edge.target(),
                Direction::Incoming => edge.source(),
            },
        )
    }

    /// What is reached from `start` in at most `depth` steps. Members of `start` are in it only if reached from others.
    pub(super) fn spread(&self, start: &NodeSet, direction: Direction, depth: Option<usize>) -> NodeSet {
        let mut found = NodeSet::default();
        let mut layer: Vec<NodeIndex> = start.iter().copied().collect();
        let mut taken = 0;
        while !layer.is_empty() && depth.is_none_or(|depth| taken < depth) {
            let mut next = Vec::new();
            for position in layer {
                next.extend(self.steps(position, direction).filter(|step| found.insert(*step)));
            }
            layer = next;
            taken += 1;
        }
        found
    }

    fn cycle_error(&self, cycle: &[NodeIndex]) -> Error {
        let ids: Vec<&str> = cycle.iter().map(|position| self.id(*position)).collect();
        Error::compilation(format!("Found a cycle: {}", ids.join(" --> ")))
            .hint("Each of these needs the one before it, and the first needs the last; take one `ref` out.")
    }

    /// The first cycle that a walk in the order of insertion meets, as dbt's `networkx.find_cycle` walks.
    fn cycle(&self) -> Option<Vec<NodeIndex>> {
        let mut finished = vec![false; self.dag.node_count()];
        let mut on_path = vec![false; self.dag.node_count()];
        for start in self.dag.node_indices() {
            if finished[start.index()] {
                continue;
            }
            // Each entry holds its outgoing neighbours yet to be walked; petgraph lists them newest first, so the
            // next one in dbt's order is the last.
            let mut path = vec![(start, self.dag.neighbors(start).collect::<Vec<_>>())];
            on_path[start.index()] = true;
            while let Some((position, open)) = path.last_mut() {
                let Some(next) = open.pop() else {
                    on_path[position.index()] = false;
                    finished[position.index()] = true;
                    path.pop();
                    continue;
                };
                if on_path[next.index()] {
                    let nodes = path.iter().map(|(position, _)| *position);
                    return Some(nodes.skip_while(|position| *position != next).collect());
                }
                if !finished[next.index()] {
                    on_path[next.index()] = true;
                    path.push((next, self.dag.neighbors(next).collect()));
                }
            }
        }
        None
    }
}

/// `depends_on.nodes` of a resource that rdbt only carries.
pub(super) fn carried_parents(carried: &Json) -> impl Iterator<Item = &str> {
    let nodes = carried.pointer("/depends_on/nodes").and_then(Json::as_array);
    nodes.into_iter().flatten().filter_map(Json::as_str)
}
