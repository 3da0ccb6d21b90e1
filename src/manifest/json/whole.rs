//! The whole artifact: metadata, all resources, and the maps between parents, children and groups.

use indexmap::IndexMap;
use serde_json::{Map as JsonMap, Value as Json, json};

use super::object;
use crate::invocation::Invocation;
use crate::manifest::{CompiledNodes, Manifest, UniqueId};
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
type Edges = IndexMap<UniqueId, Vec<UniqueId>>;

impl Manifest {
    /// The artifact `manifest.json`.
    pub fn to_json(&self, metadata: &Metadata, compiled: &CompiledNodes) -> Json {
        let (parents, children) = self.parent_and_child_maps();
        let nodes = self.nodes.iter().map(|(id, node)| (id.clone(), node.to_json(compiled.get(id).as_deref())));
        let functions = self.functions.iter().map(|(id, node)| (id.clone(), node.to_json(compiled.get(id).as_deref())));
        let disabled = self
            .disabled
            .iter()
            .map(|(id, all)| (id.clone(), Json::Array(all.iter().map(crate::manifest::Disabled::to_json).collect())));
        Json::Object(object([
            ("metadata", Json::Object(metadata.0.clone())),
            ("nodes", Json::Object(nodes.collect())),
            ("sources", map(&self.sources, |source| source.to_json())),
            ("macros", map(&self.macros, |found| found.to_json())),
            ("docs", map(&self.docs, |doc| doc.to_json())),
            ("exposures", map(&self.exposures, |exposure| exposure.to_json())),
            ("metrics", map(&self.metrics, Json::clone)),
            ("groups", map(&self.groups, |group| group.to_json())),
            ("selectors", Json::Object(self.selectors.clone())),
            ("disabled", Json::Object(disabled.collect())),
            ("parent_map", json!(parents)),
            ("child_map", json!(children)),
            ("group_map", json!(self.group_map())),
            ("saved_queries", map(&self.saved_queries, Json::clone)),
            ("semantic_models", map(&self.semantic_models, Json::clone)),
            ("unit_tests", map(&self.unit_tests, |test| test.to_json())),
            ("functions", Json::Object(functions.collect())),
        ]))
    }

    /// What each resource needs, and what needs it.
    pub fn parent_and_child_maps(&self) -> (Edges, Edges) {
        let mut parents = Edges::new();
        for (id, node) in &self.nodes {
            let is_seed = node.resource_type == crate::manifest::ResourceType::Seed;
            parents.insert(id.clone(), if is_seed { Vec::new() } else { node.depends_on.nodes.clone() });
        }
        for id in self.sources.keys() {
            parents.insert(id.clone(), Vec::new());
        }
        for (id, exposure) in &self.exposures {
            parents.insert(id.clone(), exposure.depends_on.nodes.clone());
        }
        for (id, function) in &self.functions {
            parents.insert(id.clone(), function.depends_on.nodes.clone());
        }
        for (id, carried) in self.metrics.iter().chain(&self.semantic_models).chain(&self.saved_queries) {
            parents.insert(id.clone(), carried_parents(carried));
        }
        for (id, test) in &self.unit_tests {
            parents.insert(id.clone(), test.depends_on.nodes.clone());
        }
        let mut children: Edges = parents.keys().map(|id| (id.clone(), Vec::new())).collect();
        for (id, needed) in &parents {
            for parent in needed {
                if let Some(known) = children.get_mut(parent) {
                    known.push(id.clone());
                }
            }
        }
        for list in parents.values_mut().chain(children.values_mut()) {
            list.sort();
        }
        (parents, children)
    }

    /// Members of each group, by the group's name.
    fn group_map(&self) -> Edges {
        let mut groups: Edges = self.groups.values().map(|group| (group.name.clone(), Vec::new())).collect();
        let carried = self.saved_queries.iter().chain(&self.semantic_models).chain(&self.metrics);
        let carried = carried.map(|(id, json)| (id, json.get("group").and_then(Json::as_str)));
        let nodes = self.nodes.iter().map(|(id, node)| (id, node.group.as_deref()));
        for (id, group) in nodes.chain(carried) {
            if let Some(members) = group.and_then(|group| groups.get_mut(group)) {
                members.push(id.clone());
            }
        }
        groups
    }
}

fn map<T>(resources: &IndexMap<UniqueId, T>, json: impl Fn(&T) -> Json) -> Json {
    Json::Object(resources.iter().map(|(id, resource)| (id.clone(), json(resource))).collect())
}

fn carried_parents(carried: &Json) -> Vec<UniqueId> {
    let nodes = carried.get("depends_on").and_then(|depends_on| depends_on.get("nodes")).and_then(Json::as_array);
    nodes.into_iter().flatten().filter_map(|id| id.as_str().map(str::to_owned)).collect()
}
