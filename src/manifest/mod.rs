//! What a parsed project is: nodes, sources, macros and the rest, under dbt's names, and the JSON that dbt's
//! artifacts give them (manifest v12).

pub mod compiled;
pub mod config;
pub mod json;
pub mod lookup;
pub mod node;
pub mod resources;
mod shared;
pub mod time_spines;

use std::collections::HashMap;

use foldhash::fast::RandomState;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map as JsonMap, Value as Json};

pub use compiled::{Compiled, CompiledNodes};
pub use config::Config;
pub use node::{
    ColumnInfo, Constraint, Contract, DependsOn, FileHash, GenericTestFields, InjectedCte, ModelFields, Node, NodeBox,
    NodeKind, RefArgs, ResourceType, TestMetadata, UnitTestFields,
};
pub use resources::{Documentation, Exposure, Group, Macro, MacroArgument, Quoting, SourceDefinition, UnitTest};
pub use shared::{SHARED_MAP, SharedMap};
pub use time_spines::TimeSpines;

/// dbt's key for a resource: `model.package.name`.
pub type UniqueId = String;

/// A map that keeps its order, with a hasher for keys that nobody chooses to do harm: ids and names of one's own project.
/// The standard library's took a twentieth of a command that finds nothing changed.
pub type IdMap<V> = IndexMap<UniqueId, V, RandomState>;

/// A map without order, with the same hasher.
pub type FastMap<K, V> = HashMap<K, V, RandomState>;

/// A parsed project with its packages. Immutable once `parse` hands it on. Serde serves snapshots (`parse/snapshot/`);
/// the artifact's form is in `json`.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Manifest {
    /// Models, seeds, snapshots, tests, analyses and operations.
    #[serde(skip)]
    pub nodes: IdMap<NodeBox>,
    /// Sources.
    pub sources: IdMap<SourceDefinition>,
    /// Macros of the project, of packages, and the built-in ones.
    #[serde(skip)]
    pub macros: IdMap<Macro>,
    /// Docs blocks.
    pub docs: IdMap<Documentation>,
    /// Exposures.
    pub exposures: IdMap<Exposure>,
    /// Groups.
    pub groups: IdMap<Group>,
    /// Unit tests.
    pub unit_tests: IdMap<UnitTest>,
    /// Metrics, semantic models, saved queries and functions as JSON: rdbt carries them, it does not compute them.
    pub metrics: IdMap<Json>,
    /// See `metrics`.
    pub semantic_models: IdMap<Json>,
    /// See `metrics`.
    pub saved_queries: IdMap<Json>,
    /// User-defined functions (nodes of resource type `function`).
    pub functions: IdMap<NodeBox>,
    /// What is disabled, by unique id; several resources may share one.
    pub disabled: IdMap<Vec<Disabled>>,
    /// `selectors.yml` as dbt writes it to the manifest.
    #[serde(skip)]
    pub selectors: JsonMap<String, Json>,
    /// Lookup of refable nodes: name (and `name.vN`) to unique ids; filled by `Manifest::index`.
    #[serde(skip)]
    pub ref_index: FastMap<String, Vec<UniqueId>>,
    /// Lookup of sources: `source_name.table_name` to unique ids.
    #[serde(skip)]
    pub source_index: FastMap<String, Vec<UniqueId>>,
    /// Name of the root project.
    pub project_name: String,
}

/// A disabled resource.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Disabled {
    /// A node.
    Node(Box<Node>),
    /// A source.
    Source(Box<SourceDefinition>),
    /// An exposure.
    Exposure(Box<Exposure>),
    /// A unit test.
    UnitTest(Box<UnitTest>),
    /// Anything rdbt only carries.
    Other(Json),
}

impl Manifest {
    /// A node or function by unique id.
    pub fn node(&self, unique_id: &str) -> Option<&Node> {
        self.nodes.get(unique_id).or_else(|| self.functions.get(unique_id)).map(|node| &**node)
    }

    /// Fills the lookups from nodes and sources. Call once after the last change.
    pub fn index(&mut self) {
        self.ref_index.clear();
        self.source_index.clear();
        for node in self.nodes.values() {
            if !node.resource_type.is_refable() {
                continue;
            }
            add_name(&mut self.ref_index, node.search_name(), node);
            if node.is_latest_version() {
                add_name(&mut self.ref_index, node.name.clone(), node);
            }
        }
        for (id, source) in &self.sources {
            let key = format!("{}.{}", source.source_name, source.name);
            self.source_index.entry(key).or_default().push(id.clone());
        }
    }
}

/// Files a node under a name. Of two in one package the later one has the name, as in dbt, where a check of its own says
/// that they are two.
fn add_name(index: &mut FastMap<String, Vec<UniqueId>>, name: String, node: &Node) {
    let known = index.entry(name).or_default();
    match known.iter_mut().find(|id| lookup::package_of(id) == node.package_name) {
        Some(id) => id.clone_from(&node.unique_id),
        None => known.push(node.unique_id.clone()),
    }
}
