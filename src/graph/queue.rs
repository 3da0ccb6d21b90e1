//! The order of work: which selected node may start next.
//!
//! dbt gives each node a score, the length of the longest chain of selected nodes before it. When nodes become ready
//! together, those of lower score go first and then those of lower unique id; they join the end of the line in which
//! its workers stand. With one worker the order is therefore fixed, and people rely on it.

use std::collections::{HashMap, VecDeque};

use petgraph::graph::NodeIndex;

use super::dag::Graph;
use crate::manifest::UniqueId;

/// Selected nodes waiting for their ancestors, ready, or handed out. Not blocking: callers hold it behind a lock.
#[derive(Debug)]
pub struct Queue {
    ids: Vec<UniqueId>,
    positions: HashMap<UniqueId, usize>,
    children: Vec<Vec<usize>>,
    /// How many parents are not done yet.
    missing: Vec<usize>,
    selected: Vec<bool>,
    scores: Vec<usize>,
    ready: VecDeque<usize>,
    unfinished: usize,
}

impl Queue {
    /// A queue of the selected nodes in the order of their dependencies. A node that is not selected passes on the
    /// order between those before and after it.
    pub fn new<'a>(graph: &Graph, selected: impl IntoIterator<Item = &'a UniqueId>) -> Self {
        let positions = graph.dag.node_indices();
        let children = positions.clone().map(|at| graph.dag.neighbors(at).map(NodeIndex::index).collect()).collect();
        Self::with_children(graph, selected, children)
    }

    /// A queue in which no node waits for another, as `clone` works.
    pub fn independent<'a>(graph: &Graph, selected: impl IntoIterator<Item = &'a UniqueId>) -> Self {
        Self::with_children(graph, selected, vec![Vec::new(); graph.dag.node_count()])
    }

    fn with_children<'a>(
        graph: &Graph,
        selected: impl IntoIterator<Item = &'a UniqueId>,
        children: Vec<Vec<usize>>,
    ) -> Self {
        let mut missing = vec![0; children.len()];
        for child in children.iter().flatten() {
            missing[*child] += 1;
        }
        let mut is_selected = vec![false; children.len()];
        let mut unfinished = 0;
        for position in selected.into_iter().filter_map(|id| graph.find(id)) {
            unfinished += usize::from(!std::mem::replace(&mut is_selected[position.index()], true));
        }
        let ids: Vec<UniqueId> = graph.dag.node_weights().cloned().collect();
        let mut queue = Queue {
            positions: ids.iter().cloned().zip(0..).collect(),
            scores: scores(&children, &missing, &is_selected),
            ids,
            children,
            missing,
            selected: is_selected,
            ready: VecDeque::new(),
            unfinished,
        };
        let free = (0..queue.ids.len()).filter(|position| queue.missing[*position] == 0).collect();
        queue.release(free);
        queue
    }

    /// The next node to start, if one is ready now.
    pub fn take(&mut self) -> Option<UniqueId> {
        self.ready.pop_front().map(|position| self.ids[position].clone())
    }

    /// Says that a node that was taken is finished, however it ended; returns how many became ready.
    pub fn done(&mut self, unique_id: &str) -> usize {
        let Some(position) = self.positions.get(unique_id).copied() else { return 0 };
        self.unfinished -= usize::from(std::mem::replace(&mut self.selected[position], false));
        let free = self.finish(position);
        self.release(free)
    }

    /// How many nodes are not finished, those in work included.
    pub fn unfinished(&self) -> usize {
        self.unfinished
    }

    /// Whether every node is finished.
    pub fn is_finished(&self) -> bool {
        self.unfinished == 0
    }

    /// Counts a position off its children; returns those that wait for nothing more.
    fn finish(&mut self, position: usize) -> Vec<usize> {
        let mut free = Vec::new();
        for child in std::mem::take(&mut self.children[position]) {
            self.missing[child] -= 1;
            if self.missing[child] == 0 {
                free.push(child);
            }
        }
        free
    }

    /// Puts free positions in line, passing over those that are not selected.
    fn release(&mut self, mut free: Vec<usize>) -> usize {
        let mut ready = Vec::new();
        while let Some(position) = free.pop() {
            if self.selected[position] {
                ready.push(position);
            } else {
                free.extend(self.finish(position));
            }
        }
        ready.sort_by(|a, b| (self.scores[*a], &self.ids[*a]).cmp(&(self.scores[*b], &self.ids[*b])));
        self.ready.extend(&ready);
        ready.len()
    }
}

/// The longest chain of selected nodes before each position.
fn scores(children: &[Vec<usize>], missing: &[usize], selected: &[bool]) -> Vec<usize> {
    let mut missing = missing.to_vec();
    let mut scores = vec![0; children.len()];
    let mut free: Vec<usize> = (0..children.len()).filter(|position| missing[*position] == 0).collect();
    while let Some(position) = free.pop() {
        let passed_on = scores[position] + usize::from(selected[position]);
        for child in &children[position] {
            scores[*child] = passed_on.max(scores[*child]);
            missing[*child] -= 1;
            if missing[*child] == 0 {
                free.push(*child);
            }
        }
    }
    scores
}
