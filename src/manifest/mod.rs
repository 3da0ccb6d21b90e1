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

use indexmap::IndexMap;
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

/// A parsed project with its packages. Immutable once `parse` hands it on.
#[derive(Debug, Default)]
pub struct Manifest {
    /// Models, seeds, snapshots, tests, analyses and operations.
    pub nodes: IndexMap<UniqueId, NodeBox>,
    /// Sources.
    pub sources: IndexMap<UniqueId, SourceDefinition>,
    /// Macros of the project, of packages, and the built-in ones.
    pub macros: IndexMap<UniqueId, Macro>,
    /// Docs blocks.
    pub docs: IndexMap<UniqueId, Documentation>,
    /// Exposures.
    pub exposures: IndexMap<UniqueId, Exposure>,
    /// Groups.
    pub groups: IndexMap<UniqueId, Group>,
    /// Unit tests.
    pub unit_tests: IndexMap<UniqueId, UnitTest>,
    /// Metrics, semantic models, saved queries and functions as JSON: rdbt carries them, it does not compute them.
    pub metrics: IndexMap<UniqueId, Json>,
    /// See `metrics`.
    pub semantic_models: IndexMap<UniqueId, Json>,
    /// See `metrics`.
    pub saved_queries: IndexMap<UniqueId, Json>,
    /// User-defined functions (nodes of resource type `function`).
    pub functions: IndexMap<UniqueId, NodeBox>,
    /// What is disabled, by unique id; several resources may share one.
    pub disabled: IndexMap<UniqueId, Vec<Disabled>>,
    /// `selectors.yml` as dbt writes it to the manifest.
    pub selectors: JsonMap<String, Json>,
    /// Lookup of refable nodes: name (and `name.vN`) to unique ids; filled by `Manifest::index`.
    pub ref_index: HashMap<String, Vec<UniqueId>>,
    /// Lookup of sources: `source_name.table_name` to unique ids.
    pub source_index: HashMap<String, Vec<UniqueId>>,
    /// Name of the root project.
    pub project_name: String,
}

/// A disabled resource.
#[derive(Debug, Clone)]
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
fn add_name(index: &mut HashMap<String, Vec<UniqueId>>, name: String, node: &Node) {
    let known = index.entry(name).or_default();
    match known.iter_mut().find(|id| lookup::package_of(id) == node.package_name) {
        Some(id) => id.clone_from(&node.unique_id),
        None => known.push(node.unique_id.clone()),
    }
}
