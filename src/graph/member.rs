//! One view of everything that can be selected, whatever it is.

use serde_json::{Map as JsonMap, Value as Json};

use super::dag::{Graph, carried_parents};
use crate::manifest::{Exposure, Manifest, Node, ResourceType, SourceDefinition, UnitTest};

/// A resource that has a place in the graph.
#[derive(Debug, Clone, Copy)]
pub(super) enum Member<'a> {
    /// A node, functions among them.
    Node(&'a Node),
    /// A source.
    Source(&'a SourceDefinition),
    /// An exposure.
    Exposure(&'a Exposure),
    /// A unit test.
    UnitTest(&'a UnitTest),
    /// A metric, semantic model or saved query.
    Carried(ResourceType, &'a Json),
}

impl<'a> Member<'a> {
    /// The resource of a unique id.
    pub fn find(manifest: &'a Manifest, id: &str) -> Option<Self> {
        let carried = |kind: ResourceType| move |json: &'a Json| Member::Carried(kind, json);
        None.or_else(|| manifest.node(id).map(Member::Node))
            .or_else(|| manifest.sources.get(id).map(Member::Source))
            .or_else(|| manifest.exposures.get(id).map(Member::Exposure))
            .or_else(|| manifest.unit_tests.get(id).map(Member::UnitTest))
            .or_else(|| manifest.metrics.get(id).map(carried(ResourceType::Metric)))
            .or_else(|| manifest.semantic_models.get(id).map(carried(ResourceType::SemanticModel)))
            .or_else(|| manifest.saved_queries.get(id).map(carried(ResourceType::SavedQuery)))
    }

    /// All resources of the graph, in the graph's order.
    pub fn all(manifest: &'a Manifest, graph: &Graph) -> Vec<Option<Self>> {
        graph.dag.node_weights().map(|id| Member::find(manifest, id)).collect()
    }

    pub fn resource_type(self) -> ResourceType {
        match self {
            Member::Node(node) => node.resource_type,
            Member::Source(_) => ResourceType::Source,
            Member::Exposure(_) => ResourceType::Exposure,
            Member::UnitTest(_) => ResourceType::UnitTest,
            Member::Carried(kind, _) => kind,
        }
    }

    /// The node, unless it is a function: what dbt keeps under `nodes` of its manifest.
    pub fn node(self) -> Option<&'a Node> {
        match self {
            Member::Node(node) if node.resource_type != ResourceType::Function => Some(node),
            _ => None,
        }
    }

    pub fn name(self) -> &'a str {
        match self {
            Member::Node(node) => &node.name,
            Member::Source(source) => &source.name,
            Member::Exposure(exposure) => &exposure.name,
            Member::UnitTest(test) => &test.name,
            Member::Carried(_, json) => text(json, "name"),
        }
    }

    pub fn package_name(self) -> &'a str {
        match self {
            Member::Node(node) => &node.package_name,
            Member::Source(source) => &source.package_name,
            Member::Exposure(exposure) => &exposure.package_name,
            Member::UnitTest(test) => &test.package_name,
            Member::Carried(_, json) => text(json, "package_name"),
        }
    }

    pub fn original_file_path(self) -> &'a str {
        match self {
            Member::Node(node) => &node.original_file_path,
            Member::Source(source) => &source.original_file_path,
            Member::Exposure(exposure) => &exposure.original_file_path,
            Member::UnitTest(test) => &test.original_file_path,
            Member::Carried(_, json) => text(json, "original_file_path"),
        }
    }

    /// The YAML file that describes it, below its package.
    pub fn patch_path(self) -> Option<&'a str> {
        let path = match self {
            Member::Node(node) => node.patch_path.as_deref(),
            Member::Source(source) => source.patch_path.as_deref(),
            Member::Exposure(_) | Member::UnitTest(_) | Member::Carried(..) => None,
        };
        path.and_then(|path| path.split("://").nth(1))
    }

    pub fn fqn(self) -> Vec<&'a str> {
        match self {
            Member::Node(node) => node.fqn.iter().map(String::as_str).collect(),
            Member::Source(source) => source.fqn.iter().map(String::as_str).collect(),
            Member::Exposure(exposure) => exposure.fqn.iter().map(String::as_str).collect(),
            Member::UnitTest(test) => test.fqn.iter().map(String::as_str).collect(),
            Member::Carried(_, json) => texts(json.get("fqn")),
        }
    }

    pub fn tags(self) -> Vec<&'a str> {
        match self {
            Member::Node(node) => node.tags.iter().map(String::as_str).collect(),
            Member::Source(source) => source.tags.iter().map(String::as_str).collect(),
            Member::Exposure(exposure) => exposure.tags.iter().map(String::as_str).collect(),
            Member::UnitTest(test) => texts(test.config.get("tags")),
            Member::Carried(_, json) => texts(json.get("tags")),
        }
    }

    /// Configuration as JSON.
    pub fn config(self) -> Option<&'a JsonMap<String, Json>> {
        match self {
            Member::Node(node) => Some(&node.config.0),
            Member::Source(source) => Some(&source.config.0),
            Member::Exposure(exposure) => Some(&exposure.config.0),
            Member::UnitTest(test) => Some(&test.config.0),
            Member::Carried(_, json) => json.get("config").and_then(Json::as_object),
        }
    }

    /// The resource as the manifest shows it before anything is compiled.
    pub fn to_json(self) -> JsonMap<String, Json> {
        let json = match self {
            Member::Node(node) => node.to_json(None),
            Member::Source(source) => source.to_json(),
            Member::Exposure(exposure) => exposure.to_json(),
            Member::UnitTest(test) => test.to_json(),
            Member::Carried(_, json) => json.clone(),
        };
        match json {
            Json::Object(fields) => fields,
            _ => JsonMap::new(),
        }
    }

    /// Whether it is a model with a version.
    pub fn is_versioned(self) -> bool {
        self.node().and_then(Node::model).is_some_and(|model| model.version.is_some())
    }

    /// Whether it is selected along with what it tests.
    pub fn is_test(self) -> bool {
        matches!(self.resource_type(), ResourceType::Test | ResourceType::UnitTest)
    }

    /// What it depends on.
    pub fn parents(self) -> Vec<&'a str> {
        match self {
            Member::Node(node) if node.resource_type == ResourceType::Seed => Vec::new(),
            Member::Node(node) => node.depends_on.nodes.iter().map(String::as_str).collect(),
            Member::Source(_) => Vec::new(),
            Member::Exposure(exposure) => exposure.depends_on.nodes.iter().map(String::as_str).collect(),
            Member::UnitTest(test) => test.depends_on.nodes.iter().map(String::as_str).collect(),
            Member::Carried(_, json) => carried_parents(json).collect(),
        }
    }

    /// Whether it has a file with nothing in it; commands that run nodes pass over those.
    pub fn is_empty(self) -> bool {
        self.node().is_some_and(|node| node.resource_type != ResourceType::Seed && node.raw_code.trim().is_empty())
    }
}

fn text<'a>(json: &'a Json, key: &str) -> &'a str {
    json.get(key).and_then(Json::as_str).unwrap_or_default()
}

/// The texts of a list; a single text counts as a list of one.
fn texts(json: Option<&Json>) -> Vec<&str> {
    match json {
        Some(Json::String(one)) => vec![one],
        Some(Json::Array(many)) => many.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}
