//! The critical path: the chain of nodes, each waiting for the one before, that took longest.

use std::collections::HashMap;

use super::{CriticalPath, NodeProfile};
use crate::manifest::ResourceType;
use crate::run::plan::Plan;

/// Finds the path and marks its nodes.
pub(super) fn find(plan: &Plan<'_>, nodes: &mut [NodeProfile]) -> CriticalPath {
    let took: HashMap<&str, f64> = (nodes.iter())
        // Hooks of the project come before and after everything, and no node waits for one.
        .filter(|node| node.started.is_some() && node.resource_type != ResourceType::Operation.as_str())
        .map(|node| (node.unique_id.as_str(), node.seconds))
        .collect();
    let seconds = |id: &str| took.get(id).copied().unwrap_or_default();
    // Ephemeral models and sources on the way take no time and have no result.
    let chain: Vec<String> =
        plan.graph.longest_chain(seconds).into_iter().filter(|id| took.contains_key(id)).map(str::to_owned).collect();
    let path = CriticalPath { seconds: chain.iter().map(|id| seconds(id)).sum(), nodes: chain };
    for node in nodes {
        node.critical = path.nodes.contains(&node.unique_id);
    }
    path
}
