//! `graph`: the whole manifest as macros walk it.

use std::collections::HashSet;

use crate::jinja::Value;
use crate::jinja::value::{Dict, from_json, lookup};
use crate::manifest::{CompiledNodes, IdMap, Manifest, UniqueId};

/// Puts anew what compiling and running changed in a graph: dbt makes each resource when a macro asks for it.
pub fn renew(graph: &Value, changed: &HashSet<UniqueId>, manifest: &Manifest, compiled: &CompiledNodes) {
    for (key, known) in [("nodes", &manifest.nodes), ("functions", &manifest.functions)] {
        let Some(resources) = lookup(graph, key) else { continue };
        let Some(resources) = resources.downcast_object_ref::<Dict>() else { continue };
        for node in changed.iter().filter_map(|id| known.get(id)) {
            resources.set(&node.unique_id, from_json(&node.to_json(compiled.get(&node.unique_id).as_deref())));
        }
    }
}

/// dbt's `flat_graph`: `nodes`, `sources`, `exposures` and the rest, each a dict by unique id.
pub fn flat_graph(manifest: &Manifest, compiled: &CompiledNodes) -> Value {
    let nodes =
        manifest.nodes.iter().map(|(id, node)| (id.clone(), from_json(&node.to_json(compiled.get(id).as_deref()))));
    let functions =
        manifest.functions.iter().map(|(id, node)| (id.clone(), from_json(&node.to_json(compiled.get(id).as_deref()))));
    let sources = manifest.sources.iter().map(|(id, source)| (id.clone(), from_json(&source.to_json())));
    let exposures = manifest.exposures.iter().map(|(id, exposure)| (id.clone(), from_json(&exposure.to_json())));
    let groups = manifest.groups.iter().map(|(id, group)| (id.clone(), from_json(&group.to_json())));
    let unit_tests = manifest.unit_tests.iter().map(|(id, test)| (id.clone(), from_json(&test.to_json())));
    let carried = |resources: &IdMap<serde_json::Value>| {
        Dict::from_pairs(resources.iter().map(|(id, json)| (id.clone(), from_json(json))))
    };
    Dict::from_pairs([
        ("exposures", Dict::from_pairs(exposures)),
        ("functions", Dict::from_pairs(functions)),
        ("groups", Dict::from_pairs(groups)),
        ("metrics", carried(&manifest.metrics)),
        ("nodes", Dict::from_pairs(nodes)),
        ("sources", Dict::from_pairs(sources)),
        ("semantic_models", carried(&manifest.semantic_models)),
        ("saved_queries", carried(&manifest.saved_queries)),
        ("unit_tests", Dict::from_pairs(unit_tests)),
    ])
}
