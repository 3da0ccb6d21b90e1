//! What is to run: the selected resources, and the graph that says in which order.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use crate::error::{Error, Result};
use crate::events::NodeInfo;
use crate::graph::{Graph, Queue};
use crate::manifest::{Manifest, Node, ResourceType, SourceDefinition, UniqueId, UnitTest};

/// Something that has a place in a run.
#[derive(Debug, Clone)]
pub enum Resource {
    /// A node.
    Node(Arc<Node>),
    /// A unit test.
    UnitTest(Arc<UnitTest>),
    /// A source, whose freshness is checked.
    Source(Arc<SourceDefinition>),
    /// An exposure: passed through.
    Exposure {
        /// Unique id.
        unique_id: UniqueId,
        /// Name.
        name: String,
        /// File.
        path: String,
    },
    /// A saved query: passed through.
    SavedQuery {
        /// Unique id.
        unique_id: UniqueId,
        /// Name.
        name: String,
    },
}

impl Resource {
    /// The selected resource of that id.
    ///
    /// # Errors
    /// Nothing that can run has the id.
    pub fn find(manifest: &Manifest, id: &str) -> Result<Resource> {
        if let Some(node) = manifest.node(id) {
            return Ok(Resource::Node(Arc::new(node.clone())));
        }
        if let Some(test) = manifest.unit_tests.get(id) {
            return Ok(Resource::UnitTest(Arc::new(test.clone())));
        }
        if let Some(source) = manifest.sources.get(id) {
            return Ok(Resource::Source(Arc::new(source.clone())));
        }
        if let Some(exposure) = manifest.exposures.get(id) {
            let (name, path) = (exposure.name.clone(), exposure.path.clone());
            return Ok(Resource::Exposure { unique_id: id.to_owned(), name, path });
        }
        if let Some(query) = manifest.saved_queries.get(id) {
            let name = query.get("name").and_then(serde_json::Value::as_str).unwrap_or(id).to_owned();
            return Ok(Resource::SavedQuery { unique_id: id.to_owned(), name });
        }
        Err(Error::internal(format!(
            "Node selection returned {id}, expected an exposure, a function, a node, a saved query, a source, or a \
             unit test"
        )))
    }

    /// What events say of it before it starts.
    pub fn node_info(&self) -> NodeInfo {
        match self {
            Resource::Node(node) => NodeInfo::of_node(node),
            Resource::UnitTest(test) => NodeInfo::of_unit_test(test),
            Resource::Source(source) => NodeInfo::of_source(source),
            other => NodeInfo::of_other(other.resource_type().as_str(), other.unique_id(), other.name(), other.path()),
        }
    }

    /// Unique id.
    pub fn unique_id(&self) -> &str {
        match self {
            Resource::Node(node) => &node.unique_id,
            Resource::UnitTest(test) => &test.unique_id,
            Resource::Source(source) => &source.unique_id,
            Resource::Exposure { unique_id, .. } | Resource::SavedQuery { unique_id, .. } => unique_id,
        }
    }

    /// Name.
    pub fn name(&self) -> &str {
        match self {
            Resource::Node(node) => &node.name,
            Resource::UnitTest(test) => &test.name,
            Resource::Source(source) => &source.name,
            Resource::Exposure { name, .. } | Resource::SavedQuery { name, .. } => name,
        }
    }

    /// dbt's resource type.
    pub fn resource_type(&self) -> ResourceType {
        match self {
            Resource::Node(node) => node.resource_type,
            Resource::UnitTest(_) => ResourceType::UnitTest,
            Resource::Source(_) => ResourceType::Source,
            Resource::Exposure { .. } => ResourceType::Exposure,
            Resource::SavedQuery { .. } => ResourceType::SavedQuery,
        }
    }

    /// File below the package.
    pub fn path(&self) -> &str {
        match self {
            Resource::Node(node) => &node.original_file_path,
            Resource::UnitTest(test) => &test.original_file_path,
            Resource::Source(source) => &source.original_file_path,
            Resource::Exposure { path, .. } => path,
            Resource::SavedQuery { .. } => "",
        }
    }

    /// The node, if it is one.
    pub fn node(&self) -> Option<&Arc<Node>> {
        match self {
            Resource::Node(node) => Some(node),
            _ => None,
        }
    }

    /// An ephemeral model is compiled but has no line and no result.
    pub fn is_ephemeral(&self) -> bool {
        self.node().is_some_and(|node| node.resource_type.is_refable() && node.is_ephemeral())
    }
}

/// What a run will do.
#[derive(Debug)]
pub struct Plan<'a> {
    pub(super) graph: &'a Graph,
    /// The resources by unique id, in the order of the selection.
    pub(super) items: IndexMap<UniqueId, Resource>,
    /// Whether resources wait for what they need.
    ordered: bool,
    /// Unit tests of a model that run right before it.
    pub(super) unit_tests: HashMap<UniqueId, Vec<Arc<UnitTest>>>,
}

impl<'a> Plan<'a> {
    /// A plan for what is selected. With `unit_tests_first` unit tests run as a part of their model, as `build` does;
    /// then `graph` should have its test edges.
    ///
    /// # Errors
    /// The selection holds something that cannot run.
    pub fn new(
        manifest: &Manifest,
        graph: &'a Graph,
        selected: &IndexSet<UniqueId>,
        unit_tests_first: bool,
    ) -> Result<Plan<'a>> {
        let mut plan = Plan { graph, items: IndexMap::new(), ordered: true, unit_tests: HashMap::new() };
        for id in selected {
            let resource = Resource::find(manifest, id)?;
            match (&resource, unit_tests_first) {
                (Resource::UnitTest(test), true) => {
                    if let Some(model) = test.depends_on.nodes.first() {
                        plan.unit_tests.entry(model.clone()).or_default().push(test.clone());
                    }
                }
                _ => {
                    plan.items.insert(id.clone(), resource);
                }
            }
        }
        Ok(plan)
    }

    /// The line in which the resources wait for each other.
    pub(super) fn queue(&self) -> Queue {
        match self.ordered {
            true => Queue::new(self.graph, self.items.keys()),
            false => Queue::independent(self.graph, self.items.keys()),
        }
    }

    /// The same without any order: no resource waits for another.
    #[must_use]
    pub fn independent(mut self) -> Plan<'a> {
        self.ordered = false;
        self
    }

    /// Resources in the plan.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Resources that get a line and a number: ephemeral models do not.
    pub fn numbered(&self) -> usize {
        let models = self.unit_tests.iter().filter(|(model, _)| self.items.contains_key(*model));
        self.announced() + models.map(|(_, tests)| tests.len()).sum::<usize>()
    }

    /// How many nodes dbt's line on concurrency speaks of: it does not know yet of unit tests that run with their model.
    pub fn announced(&self) -> usize {
        self.items.values().filter(|resource| !resource.is_ephemeral()).count()
    }

    /// The resources.
    pub fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.items.values()
    }
}
