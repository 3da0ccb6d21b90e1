//! What a snapshot holds of a manifest. Nodes are most of it; they are written and read in batches, on all cores.
//! Objects that nodes share stay shared: they are listed once, and each node has their numbers.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use serde::{Deserialize, Serialize};
use serde_json::{Map as JsonMap, Value as Json};

use crate::manifest::{Config, Disabled, Macro, MacroArgument, Manifest, Node, NodeBox, SharedMap};

/// Nodes of one batch.
const BATCH: usize = 256;
/// Which objects [`maps_of`] gives.
type Numbers = [u32; 4];

/// Everything about a manifest but its nodes and what else serde skips.
#[derive(Debug, Serialize, Deserialize)]
pub struct Frame {
    maps: Vec<SharedMap>,
    /// The maps of nodes, functions and disabled nodes, in this order.
    used: Vec<Numbers>,
    macros: Vec<FoundOfMacro>,
}

/// What parsing adds to a macro that was read.
#[derive(Debug, Serialize, Deserialize)]
struct FoundOfMacro {
    depends_on: Vec<String>,
    described: Option<Described>,
}

/// What properties say of a macro.
#[derive(Debug, Serialize, Deserialize)]
struct Described {
    description: String,
    meta: JsonMap<String, Json>,
    docs: SharedMap,
    config: SharedMap,
    patch_path: Option<String>,
    arguments: Vec<MacroArgument>,
}

impl Frame {
    /// Of a manifest.
    pub fn of(manifest: &Manifest) -> Frame {
        let mut maps = Maps::default();
        let all = manifest.nodes.values().chain(manifest.functions.values()).map(|node| &**node);
        let used = all.chain(disabled_nodes(manifest)).map(|node| maps.numbers(node)).collect();
        Frame { maps: maps.all, used, macros: manifest.macros.values().map(FoundOfMacro::of).collect() }
    }

    /// The manifest that was put away; none if the parts do not belong together. `manifest` has what serde keeps, and the macros as
    /// they are read from files.
    pub fn restore(self, mut manifest: Manifest, nodes: Vec<Vec<NodeBox>>) -> Option<Manifest> {
        if self.macros.len() != manifest.macros.len() {
            return None;
        }
        for (found, known) in manifest.macros.values_mut().zip(self.macros) {
            known.add_to(found);
        }
        manifest.nodes.reserve(nodes.iter().map(Vec::len).sum());
        for node in nodes.into_iter().flatten() {
            manifest.nodes.insert(node.unique_id.clone(), node);
        }
        let count = manifest.nodes.len() + manifest.functions.len() + disabled_nodes(&manifest).count();
        if self.used.len() != count {
            return None;
        }
        let mut used = self.used.into_iter();
        let all = manifest.nodes.values_mut().chain(manifest.functions.values_mut()).map(|node| &mut **node);
        let disabled = manifest.disabled.values_mut().flatten().filter_map(|disabled| match disabled {
            Disabled::Node(node) => Some(&mut **node),
            _ => None,
        });
        for (node, numbers) in all.chain(disabled).zip(&mut used) {
            let map = |number: u32| self.maps.get(number as usize).cloned();
            let [config, unrendered, call, docs] = numbers;
            set_maps(node, [map(config)?, map(unrendered)?, map(call)?, map(docs)?]);
        }
        manifest.index();
        Some(manifest)
    }
}

/// The nodes of a manifest in batches.
pub fn batches(manifest: &Manifest) -> Vec<Vec<&Node>> {
    let nodes: Vec<&Node> = manifest.nodes.values().map(|node| &**node).collect();
    nodes.chunks(BATCH).map(<[&Node]>::to_vec).collect()
}

/// The objects of a node that it may share with others: configuration, the same as written, what its text configures,
/// how documentation shows it.
pub fn maps_of(node: &Node) -> [&SharedMap; 4] {
    [&node.config.0, &node.unrendered_config, &node.config_call, &node.docs]
}

/// Gives a node the objects of [`maps_of`].
pub fn set_maps(node: &mut Node, [config, unrendered, call, docs]: [SharedMap; 4]) {
    node.config = Config(config);
    node.unrendered_config = unrendered;
    node.config_call = call;
    node.docs = docs;
}

fn disabled_nodes(manifest: &Manifest) -> impl Iterator<Item = &Node> {
    manifest.disabled.values().flatten().filter_map(|disabled| match disabled {
        Disabled::Node(node) => Some(&**node),
        _ => None,
    })
}

/// Shared objects, numbered as they are met.
#[derive(Debug, Default)]
struct Maps {
    all: Vec<SharedMap>,
    numbers: HashMap<usize, u32, RandomState>,
}

impl Maps {
    fn numbers(&mut self, node: &Node) -> Numbers {
        maps_of(node).map(|map| self.number(map))
    }

    fn number(&mut self, map: &SharedMap) -> u32 {
        let next = self.all.len() as u32;
        let number = *self.numbers.entry(map.address()).or_insert(next);
        if number == next {
            self.all.push(map.clone());
        }
        number
    }
}

impl FoundOfMacro {
    fn of(found: &Macro) -> FoundOfMacro {
        let described = found.patch_path.is_some().then(|| Described {
            description: found.description.clone(),
            meta: found.meta.clone(),
            docs: found.docs.clone(),
            config: found.config.clone(),
            patch_path: found.patch_path.clone(),
            arguments: found.arguments.clone(),
        });
        FoundOfMacro { depends_on: found.depends_on.clone(), described }
    }

    fn add_to(self, found: &mut Macro) {
        found.depends_on = self.depends_on;
        if let Some(described) = self.described {
            found.description = described.description;
            found.meta = described.meta;
            found.docs = described.docs;
            found.config = described.config;
            found.patch_path = described.patch_path;
            found.arguments = described.arguments;
        }
    }
}
