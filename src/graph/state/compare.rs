//! What of a resource has changed. Both sides are compared in the manifest's JSON, where they look alike whichever
//! program wrote the earlier one.

use serde_json::{Map as JsonMap, Value as Json};

use crate::error::Result;
use crate::events::{Event, Events, Level};
use crate::graph::member::Member;
use crate::manifest::{Node, NodeKind, ResourceType};

/// Keys of a node's configuration that are compared elsewhere, or change nothing in the database.
const APART: [&str; 5] = ["alias", "schema", "database", "tags", "group"];

/// A side of a resource that `state:modified.*` can look at alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aspect {
    Body,
    Configs,
    PersistedDescriptions,
    Relation,
}

impl Aspect {
    /// Whether a resource has this side.
    pub fn applies(self, member: Member<'_>) -> bool {
        match self {
            Aspect::Body | Aspect::PersistedDescriptions => matches!(member, Member::Node(_)),
            Aspect::Relation => matches!(member, Member::Node(_) | Member::Source(_)),
            Aspect::Configs => !matches!(member, Member::UnitTest(_)),
        }
    }

    pub fn is_same(self, old: &Json, member: Member<'_>, unrendered_sources: bool) -> bool {
        let new = Json::Object(member.to_json());
        match (self, member) {
            (Aspect::Body, Member::Node(node)) => same_body(old, &new, node),
            (Aspect::PersistedDescriptions, _) => same_persisted_description(old, &new),
            (Aspect::Relation, Member::Source(_)) => same_source_relation(old, &new, unrendered_sources),
            (Aspect::Relation, _) => same_node_relation(old, &new),
            (Aspect::Configs, _) => same_config(old, &new, member.resource_type()),
            (Aspect::Body, _) => true,
        }
    }
}

/// Whether nothing of a resource has changed, contracts and macros aside.
pub(super) fn same_contents(old: &Json, member: Member<'_>, unrendered_sources: bool) -> bool {
    let new = Json::Object(member.to_json());
    let same = |keys: &[&str]| keys.iter().all(|key| value(old, key) == value(&new, key));
    let same_config = || same_config(old, &new, member.resource_type());
    match member {
        Member::Node(node) => same_node(old, &new, node),
        Member::Source(_) => {
            same_source_relation(old, &new, unrendered_sources)
                && same(&["fqn", "quoting", "freshness", "loaded_at_field", "external"])
                && same_config()
        }
        Member::Exposure(_) => {
            same(&["fqn", "type", "owner", "maturity", "url", "description", "label"])
                && parents(old) == parents(&new)
                && same_config()
        }
        Member::UnitTest(_) => same(&["checksum"]),
        Member::Carried(ResourceType::Metric, _) => same(&["type", "description", "label"]) && same_config(),
        Member::Carried(ResourceType::SemanticModel, _) => {
            same(&["model", "description", "defaults", "entities", "dimensions", "measures", "primary_entity"])
                && same(&["config", "group"])
        }
        Member::Carried(..) => {
            same(&["description", "label", "config", "group", "tags"])
                && ["metrics", "group_by", "where"].iter().all(|key| {
                    let pointer = format!("/query_params/{key}");
                    old.pointer(&pointer).unwrap_or(&Json::Null) == new.pointer(&pointer).unwrap_or(&Json::Null)
                })
                && exports(old) == exports(&new)
        }
    }
}

fn same_node(old: &Json, new: &Json, node: &Node) -> bool {
    let same = |keys: &[&str]| keys.iter().all(|key| value(old, key) == value(new, key));
    let same_config = same_config(old, new, node.resource_type);
    if matches!(node.kind, NodeKind::GenericTest(_)) {
        return same_config && same(&["fqn"]);
    }
    let same_rest = match node.kind {
        // These decide what a reference to the model means.
        NodeKind::Model(_) => same(&["latest_version", "access", "deprecation_date"]),
        NodeKind::Function(_) => same(&["arguments", "returns"]) && overloads(old) == overloads(new),
        _ => true,
    };
    same_body(old, new, node)
        && same_config
        && same_persisted_description(old, new)
        && same(&["fqn"])
        && same_node_relation(old, new)
        && same_rest
}

/// A key's value; what is absent counts as null.
fn value<'a>(json: &'a Json, key: &str) -> &'a Json {
    json.get(key).unwrap_or(&Json::Null)
}

fn same_body(old: &Json, new: &Json, node: &Node) -> bool {
    let key = if node.resource_type == ResourceType::Seed { "checksum" } else { "raw_code" };
    value(old, key) == value(new, key)
}

/// Configuration as written, before rendering, so that it does not differ between targets.
fn same_config(old: &Json, new: &Json, kind: ResourceType) -> bool {
    let apart: &[&str] = match kind {
        ResourceType::Source | ResourceType::Exposure => &[],
        ResourceType::Metric => &["group"],
        ResourceType::SemanticModel | ResourceType::SavedQuery => return value(old, "config") == value(new, "config"),
        _ => &APART,
    };
    let empty = JsonMap::new();
    let old = value(old, "unrendered_config").as_object().unwrap_or(&empty);
    let new = value(new, "unrendered_config").as_object().unwrap_or(&empty);
    old.keys().chain(new.keys()).all(|key| apart.contains(&key.as_str()) || old.get(key) == new.get(key))
}

fn same_persisted_description(old: &Json, new: &Json) -> bool {
    let persists = |what: &str| {
        let flag = new.pointer("/config/persist_docs").and_then(|docs| docs.get(what));
        flag.is_some_and(crate::parse::python::truthy)
    };
    let columns = |node: &Json| -> JsonMap<String, Json> {
        let columns = value(node, "columns").as_object();
        columns
            .into_iter()
            .flatten()
            .map(|(name, column)| (name.clone(), value(column, "description").clone()))
            .collect()
    };
    (!persists("relation") || value(old, "description") == value(new, "description"))
        && (!persists("columns") || columns(old) == columns(new))
}

/// Database, schema and alias as configured, so that they do not differ between targets.
fn same_node_relation(old: &Json, new: &Json) -> bool {
    let configured = |node: &'_ Json, key: &str| value(value(node, "unrendered_config"), key).clone();
    ["database", "schema", "alias"].iter().all(|key| configured(old, key) == configured(new, key))
}

fn same_source_relation(old: &Json, new: &Json, unrendered: bool) -> bool {
    let keys = if unrendered { ["unrendered_database", "unrendered_schema"] } else { ["database", "schema"] };
    keys.iter().chain(&["identifier"]).all(|key| value(old, key) == value(new, key))
}

fn parents(json: &Json) -> std::collections::BTreeSet<&str> {
    let nodes = json.pointer("/depends_on/nodes").and_then(Json::as_array);
    nodes.into_iter().flatten().filter_map(Json::as_str).collect()
}

fn items<'a>(json: &'a Json, key: &str) -> impl Iterator<Item = &'a Json> {
    value(json, key).as_array().into_iter().flatten()
}

fn overloads(json: &Json) -> Vec<[&Json; 4]> {
    let keys = ["defined_in", "arguments", "returns", "raw_body"];
    items(json, "overloads").map(|overload| keys.map(|key| value(overload, key))).collect()
}

fn exports(json: &Json) -> Vec<[&Json; 4]> {
    let one = |export| {
        let config = value(export, "unrendered_config");
        [value(export, "name"), value(config, "export_as"), value(config, "schema"), value(config, "alias")]
    };
    items(json, "exports").map(one).collect()
}

/// Says what it means that a seed is too large to have its contents compared.
pub(super) fn warn_of_large_seed(node: &Node, old: &Json, events: &Events) -> Result<()> {
    if node.resource_type != ResourceType::Seed || node.checksum.name != "path" {
        return Ok(());
    }
    let before = value(old, "checksum");
    let seed = format!("Found a seed ({}.{}) >1MiB in size", node.package_name, node.name);
    let (name, code, message) = if before["name"] != "path" {
        ("SeedIncreased", "I052", format!("{seed}. The previous file was <=1MiB, so it has changed"))
    } else if before["checksum"] == node.checksum.checksum.as_str() {
        let same = "at the same path, dbt cannot tell if it has changed: assuming they are the same";
        ("SeedExceedsLimitSamePath", "I053", format!("{seed} {same}"))
    } else {
        let moved = "The previous file was in a different location, assuming it has changed";
        ("SeedExceedsLimitAndPathChanged", "I054", format!("{seed}. {moved}"))
    };
    let event = Event::new(name, code, Level::Warn, events.paint().warning_tag(&message));
    events.warn(event.with("package_name", node.package_name.as_str()).with("name", node.name.as_str()))
}
