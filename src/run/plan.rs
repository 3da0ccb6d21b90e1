//! What is to run, and in which order: the selected resources, the edges between them, and dbt's priorities, so that
//! with one thread rdbt runs nodes in dbt's order.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::manifest::{Manifest, Node, ResourceType, UniqueId, UnitTest};

/// What a run needs of the graph.
pub trait GraphView {
    /// The selected resources with the selected ones that each waits for: edges over resources that are not selected
    /// are drawn through, as dbt's `get_subset_graph` does.
    fn selected_parents(&self, selected: &IndexSet<UniqueId>) -> IndexMap<UniqueId, Vec<UniqueId>>;

    /// Everything below a resource, selected or not.
    fn descendants(&self, unique_id: &str) -> Vec<UniqueId>;
}

impl GraphView for Graph {
    fn selected_parents(&self, selected: &IndexSet<UniqueId>) -> IndexMap<UniqueId, Vec<UniqueId>> {
        Graph::selected_parents(self, selected)
    }

    fn descendants(&self, unique_id: &str) -> Vec<UniqueId> {
        self.dependents(unique_id).into_iter().map(str::to_owned).collect()
    }
}

/// Something that has a place in a run.
#[derive(Debug, Clone)]
pub enum Resource {
    /// A node.
    Node(Arc<Node>),
    /// A unit test.
    UnitTest(Arc<UnitTest>),
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
        if let Some(exposure) = manifest.exposures.get(id) {
            let (name, path) = (exposure.name.clone(), exposure.original_file_path.clone());
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

    /// Unique id.
    pub fn unique_id(&self) -> &str {
        match self {
            Resource::Node(node) => &node.unique_id,
            Resource::UnitTest(test) => &test.unique_id,
            Resource::Exposure { unique_id, .. } | Resource::SavedQuery { unique_id, .. } => unique_id,
        }
    }

    /// Name.
    pub fn name(&self) -> &str {
        match self {
            Resource::Node(node) => &node.name,
            Resource::UnitTest(test) => &test.name,
            Resource::Exposure { name, .. } | Resource::SavedQuery { name, .. } => name,
        }
    }

    /// dbt's resource type.
    pub fn resource_type(&self) -> ResourceType {
        match self {
            Resource::Node(node) => node.resource_type,
            Resource::UnitTest(_) => ResourceType::UnitTest,
            Resource::Exposure { .. } => ResourceType::Exposure,
            Resource::SavedQuery { .. } => ResourceType::SavedQuery,
        }
    }

    /// File below the package.
    pub fn path(&self) -> &str {
        match self {
            Resource::Node(node) => &node.original_file_path,
            Resource::UnitTest(test) => &test.original_file_path,
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

/// One resource of a plan.
#[derive(Debug)]
pub(super) struct Planned {
    pub resource: Resource,
    /// Depth below the first resources: smaller goes first among those that become ready together.
    pub depth: usize,
    /// Positions of what waits for it.
    pub children: Vec<usize>,
    /// How many it waits for.
    pub parents: usize,
    /// Unit tests of a model, run before it.
    pub unit_tests: Vec<Arc<UnitTest>>,
}

/// What a run will do.
#[derive(Debug, Default)]
pub struct Plan {
    pub(super) items: Vec<Planned>,
    pub(super) positions: HashMap<UniqueId, usize>,
}

impl Plan {
    /// A plan for `selected`. With `independent` no resource waits for another, as when only listing or compiling
    /// sources' freshness. With `unit_tests_first` unit tests run as a part of their model, as `build` does.
    ///
    /// # Errors
    /// The selection holds something that cannot run.
    pub fn new(
        manifest: &Manifest,
        graph: &dyn GraphView,
        selected: &IndexSet<UniqueId>,
        unit_tests_first: bool,
    ) -> Result<Plan> {
        let mut unit_tests: HashMap<UniqueId, Vec<Arc<UnitTest>>> = HashMap::new();
        let mut remaining = selected.clone();
        if unit_tests_first {
            for id in selected {
                let Some(test) = manifest.unit_tests.get(id) else { continue };
                remaining.shift_remove(id);
                if let Some(model) = test.depends_on.nodes.first() {
                    unit_tests.entry(model.clone()).or_default().push(Arc::new(test.clone()));
                }
            }
        }
        let parents = graph.selected_parents(&remaining);
        let mut plan = Plan::default();
        for id in parents.keys() {
            plan.positions.insert(id.clone(), plan.items.len());
            plan.items.push(Planned {
                resource: Resource::find(manifest, id)?,
                depth: 0,
                children: Vec::new(),
                parents: 0,
                unit_tests: unit_tests.remove(id).unwrap_or_default(),
            });
        }
        plan.connect(&parents);
        plan.measure();
        Ok(plan)
    }

    fn connect(&mut self, parents: &IndexMap<UniqueId, Vec<UniqueId>>) {
        for (id, above) in parents {
            let Some(&child) = self.positions.get(id) else { continue };
            for parent in above.iter().filter_map(|parent| self.positions.get(parent)) {
                self.items[*parent].children.push(child);
                self.items[child].parents += 1;
            }
        }
    }

    /// Depths: the longest way from a resource that waits for nothing.
    fn measure(&mut self) {
        let mut missing: Vec<usize> = self.items.iter().map(|item| item.parents).collect();
        let mut level: Vec<usize> = (0..self.items.len()).filter(|position| missing[*position] == 0).collect();
        let mut depth = 0;
        while !level.is_empty() {
            let mut next = Vec::new();
            for position in level {
                self.items[position].depth = depth;
                for child in self.items[position].children.clone() {
                    missing[child] -= 1;
                    if missing[child] == 0 {
                        next.push(child);
                    }
                }
            }
            level = next;
            depth += 1;
        }
    }

    /// Sorts resources that became ready together the way dbt's priority queue hands them out.
    pub(super) fn sort(&self, ready: &mut [usize]) {
        ready.sort_by(|a, b| {
            let (a, b) = (&self.items[*a], &self.items[*b]);
            a.depth.cmp(&b.depth).then_with(|| a.resource.unique_id().cmp(b.resource.unique_id()))
        });
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
        self.items.iter().map(|item| usize::from(!item.resource.is_ephemeral()) + item.unit_tests.len()).sum()
    }

    /// The resources.
    pub fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.items.iter().map(|item| &item.resource)
    }
}
