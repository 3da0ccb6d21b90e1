//! The whole artifact: metadata, all resources, and the maps between parents, children and groups.

use foldhash::fast::RandomState;
use indexmap::IndexMap;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map as JsonMap, Value as Json, json};

use super::node::NodeJson;
use super::resources::Shown;
use super::{entries, object};
use crate::invocation::Invocation;
use crate::manifest::{CompiledNodes, Manifest, Node, ResourceType, UniqueId};
use crate::project::Project;

/// `metadata` of the artifact.
#[derive(Debug, Clone)]
pub struct Metadata(JsonMap<String, Json>);

impl Metadata {
    /// What dbt says of a run: the dbt version, the invocation, the project, the adapter, its quoting.
    pub fn new(invocation: &Invocation, project: &Project, dbt_version: &str) -> Self {
        let timestamp = |moment: chrono::DateTime<chrono::Utc>| moment.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
        let env: JsonMap<String, Json> = std::env::vars_os()
            .filter_map(|(name, value)| {
                let name = name.to_str()?.strip_prefix("DBT_ENV_CUSTOM_ENV_")?.to_owned();
                Some((name, json!(value.to_str()?)))
            })
            .collect();
        let quoting = project.root.quoting;
        Metadata(object([
            ("dbt_schema_version", json!("https://schemas.getdbt.com/dbt/manifest/v12.json")),
            ("dbt_version", json!(dbt_version)),
            ("generated_at", json!(timestamp(chrono::Utc::now()))),
            ("invocation_id", json!(invocation.invocation_id)),
            ("invocation_started_at", json!(timestamp(invocation.started_at))),
            ("env", Json::Object(env)),
            ("project_name", json!(project.root.name)),
            ("project_id", json!(md5_hex(&project.root.name))),
            ("user_id", Json::Null),
            ("send_anonymous_usage_stats", json!(false)),
            ("adapter_type", json!(project.target.adapter_type)),
            (
                "quoting",
                json!({
                    "database": quoting.database.unwrap_or(true),
                    "schema": quoting.schema.unwrap_or(true),
                    "identifier": quoting.identifier.unwrap_or(true),
                    "column": quoting.column,
                }),
            ),
            ("run_started_at", json!(invocation.started_at.format("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string())),
        ]))
    }
}

fn md5_hex(text: &str) -> String {
    use md5::{Digest, Md5};
    let mut hasher = Md5::new();
    hasher.update(text.as_bytes());
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Edges by unique id, each list sorted.
type Edges<'a> = IndexMap<&'a str, Vec<&'a str>, RandomState>;

/// The artifact `manifest.json`. It is written in parts, each of them a mapping of its own: the largest can be put into words
/// on several threads.
#[derive(Debug)]
pub struct Artifact<'a> {
    /// `metadata`.
    pub metadata: &'a Metadata,
    /// The parsed project.
    pub manifest: &'a Manifest,
    /// What compiling added to nodes.
    pub compiled: &'a CompiledNodes,
}

impl<'a> Artifact<'a> {
    /// What stands before `nodes`.
    pub fn head(&self) -> JsonMap<String, Json> {
        object([("metadata", Json::Object(self.metadata.0.clone()))])
    }

    /// The content of `nodes`, in mappings of at most `most` nodes that follow each other.
    pub fn nodes(&self, most: usize) -> Vec<Nodes<'a>> {
        let nodes: Vec<(&UniqueId, &Node)> =
            self.manifest.nodes.iter().map(|(id, node)| (id, &**node)).filter(|(_, node)| lasts(node)).collect();
        nodes.chunks(most).map(|some| Nodes { nodes: some.to_vec(), compiled: self.compiled }).collect()
    }

    /// What stands after `nodes`, up to the maps.
    pub fn resources(&self) -> Resources<'a> {
        Resources(self.manifest)
    }

    /// What stands at the end, from `parent_map` on.
    pub fn maps(&self) -> Maps<'a> {
        Maps { manifest: self.manifest, compiled: self.compiled }
    }
}

/// See [`Artifact::resources`].
pub struct Resources<'a>(&'a Manifest);

impl Serialize for Resources<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let manifest = self.0;
        let mut map = serializer.serialize_map(None)?;
        entries!(map,
            "sources": Shown(&manifest.sources),
            "macros": Shown(&manifest.macros),
            "docs": Shown(&manifest.docs),
            "exposures": Shown(&manifest.exposures),
            "metrics": manifest.metrics,
            "groups": Shown(&manifest.groups),
            "selectors": manifest.selectors,
            "disabled": Shown(&manifest.disabled),
        );
        map.end()
    }
}

/// See [`Artifact::maps`].
pub struct Maps<'a> {
    manifest: &'a Manifest,
    compiled: &'a CompiledNodes,
}

impl Serialize for Maps<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Maps { manifest, compiled } = *self;
        let (parents, children) = manifest.parent_and_child_maps();
        let functions = manifest.functions.iter().map(|(id, node)| (id, &**node)).collect();
        let mut map = serializer.serialize_map(None)?;
        entries!(map,
            "parent_map": parents,
            "child_map": children,
            "group_map": manifest.group_map(),
            "saved_queries": manifest.saved_queries,
            "semantic_models": manifest.semantic_models,
            "unit_tests": Shown(&manifest.unit_tests),
            "functions": Nodes { nodes: functions, compiled },
        );
        map.end()
    }
}

/// The query of `--inline` is forgotten when the command ends.
fn lasts(node: &Node) -> bool {
    node.resource_type != ResourceType::SqlOperation
}

/// Some nodes by unique id.
pub struct Nodes<'a> {
    nodes: Vec<(&'a UniqueId, &'a Node)>,
    compiled: &'a CompiledNodes,
}

impl Serialize for Nodes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (id, node) in &self.nodes {
            let compiled = self.compiled.get(id);
            map.serialize_entry(id, &NodeJson { node, compiled: compiled.as_deref() })?;
        }
        map.end()
    }
}

impl Manifest {
    /// What each resource needs, and what needs it.
    fn parent_and_child_maps(&self) -> (Edges<'_>, Edges<'_>) {
        let mut parents = Edges::with_capacity_and_hasher(self.nodes.len(), RandomState::default());
        for (id, node) in self.nodes.iter().filter(|(_, node)| lasts(node)) {
            let is_seed = node.resource_type == ResourceType::Seed;
            parents.insert(id, if is_seed { Vec::new() } else { texts(&node.depends_on.nodes) });
        }
        for id in self.sources.keys() {
            parents.insert(id, Vec::new());
        }
        for (id, exposure) in &self.exposures {
            parents.insert(id, texts(&exposure.depends_on.nodes));
        }
        for (id, function) in &self.functions {
            parents.insert(id, texts(&function.depends_on.nodes));
        }
        for (id, carried) in self.metrics.iter().chain(&self.semantic_models).chain(&self.saved_queries) {
            parents.insert(id, carried_parents(carried));
        }
        for (id, test) in &self.unit_tests {
            parents.insert(id, texts(&test.depends_on.nodes));
        }
        let mut children: Edges<'_> = parents.keys().map(|id| (*id, Vec::new())).collect();
        for (id, needed) in &parents {
            for parent in needed {
                if let Some(known) = children.get_mut(parent) {
                    known.push(id);
                }
            }
        }
        for list in parents.values_mut().chain(children.values_mut()) {
            list.sort_unstable();
        }
        (parents, children)
    }

    /// Members of each group, by the group's name.
    fn group_map(&self) -> Edges<'_> {
        let mut groups: Edges<'_> = self.groups.values().map(|group| (group.name.as_str(), Vec::new())).collect();
        let carried = self.saved_queries.iter().chain(&self.semantic_models).chain(&self.metrics);
        let carried = carried.map(|(id, json)| (id, json.get("group").and_then(Json::as_str)));
        let nodes = self.nodes.iter().map(|(id, node)| (id, node.group.as_deref()));
        for (id, group) in nodes.chain(carried) {
            if let Some(members) = group.and_then(|group| groups.get_mut(group)) {
                members.push(id);
            }
        }
        groups
    }
}

fn texts(ids: &[UniqueId]) -> Vec<&str> {
    ids.iter().map(String::as_str).collect()
}

fn carried_parents(carried: &Json) -> Vec<&str> {
    let nodes = carried.get("depends_on").and_then(|depends_on| depends_on.get("nodes")).and_then(Json::as_array);
    nodes.into_iter().flatten().filter_map(Json::as_str).collect()
}
