//! Resolves a resource's configuration: `dbt_project.yml` from the root of the tree to the leaf, then properties,
//! then `config()` in the file, then, for packages, the root project's tree. Mirrors dbt's `context_config.py`.

mod colors;
pub mod fields;
mod memo;
pub mod merge;
mod normalize;

use std::collections::HashMap;

use serde_json::{Map as JsonMap, Value as Json};

use crate::error::{Error, Result};
use crate::manifest::{Config, ResourceType, SharedMap};
use crate::project::{Package, Project};
use crate::yaml;
use fields::{Field, Merge};
use memo::{Key, Memo};

/// Trees by package and key.
type Trees = HashMap<String, HashMap<&'static str, JsonMap<String, Json>>>;

/// The configuration trees of all packages, as JSON, with the keys of every resource type.
#[derive(Debug)]
pub struct ConfigTrees {
    root: String,
    rendered: Trees,
    unrendered: Trees,
    fields: HashMap<ResourceType, Vec<Field>>,
    /// `require_corrected_analysis_fqns`: analyses then have a tree of their own.
    own_analyses: bool,
    memo: Memo,
}

/// What is said of a resource outside `dbt_project.yml`.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// Type.
    pub resource_type: ResourceType,
    /// Package.
    pub package: &'a str,
    /// Package, folders, name.
    pub fqn: &'a [String],
    /// `config` of its properties.
    pub patch: Option<&'a JsonMap<String, Json>>,
    /// `config()` in its file.
    pub call: &'a JsonMap<String, Json>,
}

const KEYS: [&str; 10] = [
    "models",
    "seeds",
    "snapshots",
    "sources",
    "data_tests",
    "unit_tests",
    "exposures",
    "functions",
    "analyses",
    "metrics",
];
const SEMANTIC_KEYS: [&str; 2] = ["semantic_models", "saved_queries"];

impl ConfigTrees {
    /// The trees of `project` and its packages. `own_analyses` is the flag `require_corrected_analysis_fqns`.
    pub fn new(project: &Project, own_analyses: bool) -> Self {
        let mut trees = ConfigTrees {
            root: project.root.name.clone(),
            rendered: HashMap::new(),
            unrendered: HashMap::new(),
            fields: HashMap::new(),
            own_analyses,
            memo: Memo::default(),
        };
        for package in project.all_packages() {
            trees.add_package(package);
        }
        trees
    }

    fn add_package(&mut self, package: &Package) {
        for key in KEYS.into_iter().chain(SEMANTIC_KEYS) {
            if let Some(tree) = tree_of(&package.configs, key) {
                self.rendered.entry(package.name.clone()).or_default().insert(key, tree);
            }
            if let Some(tree) = tree_of(&package.unrendered_configs, key) {
                self.unrendered.entry(package.name.clone()).or_default().insert(key, tree);
            }
        }
        for resource_type in [
            ResourceType::Model,
            ResourceType::Seed,
            ResourceType::Snapshot,
            ResourceType::Test,
            ResourceType::UnitTest,
            ResourceType::Analysis,
            ResourceType::Operation,
            ResourceType::SqlOperation,
            ResourceType::Source,
            ResourceType::Exposure,
            ResourceType::Metric,
            ResourceType::SemanticModel,
            ResourceType::SavedQuery,
            ResourceType::Function,
            ResourceType::Group,
        ] {
            self.fields.entry(resource_type).or_insert_with(|| fields::fields(resource_type));
        }
    }

    /// The top of a package's tree for a type of resource; none when nothing is said.
    pub fn tree(&self, package: &str, resource_type: ResourceType) -> Option<&JsonMap<String, Json>> {
        self.rendered.get(package)?.get(self.key(resource_type))
    }

    fn key(&self, resource_type: ResourceType) -> &'static str {
        match resource_type {
            ResourceType::Seed => "seeds",
            ResourceType::Snapshot => "snapshots",
            ResourceType::Source => "sources",
            ResourceType::Test => "data_tests",
            ResourceType::UnitTest => "unit_tests",
            ResourceType::Exposure => "exposures",
            ResourceType::Metric => "metrics",
            ResourceType::SemanticModel => "semantic_models",
            ResourceType::SavedQuery => "saved_queries",
            ResourceType::Function => "functions",
            ResourceType::Analysis if self.own_analyses => "analyses",
            _ => "models",
        }
    }

    fn fields(&self, resource_type: ResourceType) -> &[Field] {
        self.fields.get(&resource_type).map_or(&[], Vec::as_slice)
    }

    /// The resolved configuration, with dbt's defaults, in dbt's key order.
    ///
    /// # Errors
    /// A value has the wrong type (dbt's message).
    pub fn resolve(&self, said: Said<'_>) -> Result<Config> {
        let layers = Layers::new(self, &self.rendered, self.key(said.resource_type), said);
        let resolved = self.memo.resolved(layers.key(b'r', said), || {
            let fields = self.fields(said.resource_type);
            let mut config: JsonMap<String, Json> =
                fields.iter().map(|field| (field.name.to_owned(), field.default_value())).collect();
            for partial in layers.partials(said) {
                update(fields, &mut config, partial)?;
            }
            normalize::normalize(said.resource_type, fields, &mut config)?;
            Ok(config)
        });
        resolved.map(Config)
    }

    /// What was written, without rendering and merging: later places replace earlier ones. `call` of `said` is what
    /// the file says, as written.
    pub fn resolve_unrendered(&self, said: Said<'_>) -> SharedMap {
        let key = match said.resource_type {
            // dbt looks for what was written for functions among the models.
            ResourceType::Function => "models",
            other => self.key(other),
        };
        let layers = Layers::new(self, &self.unrendered, key, said);
        let resolved = self.memo.resolved(layers.key(b'u', said), || Ok(layers.partials(said).flatten().collect()));
        // What is put together here cannot fail.
        resolved.unwrap_or_default()
    }

    /// `later` over `earlier`, fields that are null in `later` left alone: what dbt does when it configures a node a
    /// second time. Keys of one's own have no such rule: null takes back what was said before.
    ///
    /// # Errors
    /// As [`ConfigTrees::resolve`].
    pub fn overlay(&self, resource_type: ResourceType, earlier: &Config, later: &Config) -> Result<Config> {
        let overlaid = self.memo.overlaid(resource_type, &earlier.0, &later.0, || {
            let mut config: JsonMap<String, Json> = (*earlier.0).clone();
            let fields = self.fields(resource_type);
            for (key, value) in later.0.iter() {
                if !value.is_null() || fields.iter().all(|field| field.name != key) {
                    config.insert(key.clone(), value.clone());
                }
            }
            normalize::normalize(resource_type, fields, &mut config)?;
            Ok(config)
        });
        overlaid.map(Config)
    }
}

/// The levels of `dbt_project.yml` that speak of a resource: those of its package come before what its file and its
/// properties say, those of the root project after.
struct Layers<'a> {
    own: Vec<&'a JsonMap<String, Json>>,
    root: Vec<&'a JsonMap<String, Json>>,
}

impl<'a> Layers<'a> {
    fn new(trees: &ConfigTrees, of: &'a Trees, key: &str, said: Said<'_>) -> Self {
        let levels_in = |package: &str| levels(of.get(package).and_then(|trees| trees.get(key)), said.fqn);
        let root = if said.package == trees.root { Vec::new() } else { levels_in(&trees.root) };
        Layers { own: levels_in(said.package), root }
    }

    fn key(&self, kind: u8, said: Said<'_>) -> Key {
        let mut key = Key::new(kind, said.resource_type);
        key.levels(&self.own);
        key.levels(&self.root);
        key.map(said.patch);
        key.map(Some(said.call));
        key
    }

    /// All that is said, the least specific first.
    fn partials(&self, said: Said<'_>) -> impl Iterator<Item = JsonMap<String, Json>> {
        let file = said.patch.into_iter().chain([said.call]).cloned();
        self.own.iter().map(|level| own_keys(level)).chain(file).chain(self.root.iter().map(|level| own_keys(level)))
    }
}

fn tree_of(configs: &indexmap::IndexMap<String, yaml::Node>, key: &str) -> Option<JsonMap<String, Json>> {
    let node = match configs.get(key) {
        None if key == "data_tests" => configs.get("tests")?,
        found => found?,
    };
    match yaml::to_json(&node.value) {
        Json::Object(tree) if !tree.is_empty() => Some(tree),
        _ => None,
    }
}

/// The levels of `tree` that `fqn` passes through.
fn levels<'a>(tree: Option<&'a JsonMap<String, Json>>, fqn: &[String]) -> Vec<&'a JsonMap<String, Json>> {
    let mut found = Vec::new();
    let mut names = fqn.iter();
    let mut level = tree;
    while let Some(current) = level {
        found.push(current);
        level = names.next().and_then(|name| current.get(name)?.as_object());
    }
    found
}

/// The keys of a level that are configuration: those with `+`, and those that are no mapping.
fn own_keys(level: &JsonMap<String, Json>) -> JsonMap<String, Json> {
    let mut own = JsonMap::new();
    for (key, value) in level {
        if let Some(name) = key.strip_prefix('+') {
            own.insert(name.trim().to_owned(), value.clone());
        } else if !value.is_object() {
            own.insert(key.clone(), value.clone());
        }
    }
    own
}

/// dbt accepts both spellings of hooks.
fn translate_hook_names(partial: &mut JsonMap<String, Json>) {
    for (from, to) in [("pre_hook", "pre-hook"), ("post_hook", "post-hook")] {
        if let Some(value) = partial.shift_remove(from) {
            partial.insert(to.to_owned(), value);
        }
    }
}

/// Joins `partial` into `config`; keys that dbt does not know go to the end.
fn update(fields: &[Field], config: &mut JsonMap<String, Json>, mut partial: JsonMap<String, Json>) -> Result<()> {
    if partial.is_empty() {
        return Ok(());
    }
    translate_hook_names(&mut partial);
    for field in fields {
        let Some(value) = partial.shift_remove(field.name) else { continue };
        let earlier = config.get(field.name).cloned().unwrap_or(Json::Null);
        config.insert(field.name.to_owned(), merge::merge(field.merge, field.name, &earlier, value)?);
    }
    // `indexes` is the one key that the DuckDB adapter declares, so it stands before the unknown ones.
    if let Some(indexes) = partial.shift_remove("indexes") {
        config.insert("indexes".to_owned(), indexes);
    }
    config.extend(partial);
    Ok(())
}

/// How values of `config()` calls in one file join each other; for callers that collect several calls.
///
/// # Errors
/// A value that must be a mapping is none.
pub fn join_call(earlier: &mut JsonMap<String, Json>, later: JsonMap<String, Json>) -> Result<()> {
    if earlier.is_empty() {
        earlier.extend(later);
        return Ok(());
    }
    for (key, value) in later {
        let behaviour = match key.as_str() {
            "pre-hook" | "pre_hook" | "post-hook" | "post_hook" | "tags" | "packages" => Merge::Append,
            "quoting" | "column_types" | "meta" | "docs" | "contract" | "snapshot_meta_column_names" => Merge::Update,
            "grants" => Merge::DictKeyAppend,
            _ => Merge::Clobber,
        };
        let joined = match (behaviour, earlier.get(&key)) {
            (Merge::Append, None) => Json::Array(merge::listify(&value)),
            (Merge::DictKeyAppend, None) => merge::merge(behaviour, &key, &Json::Object(JsonMap::new()), value)?,
            (_, None) => value,
            (_, Some(known)) => merge::merge(behaviour, &key, known, value)?,
        };
        earlier.insert(key, joined);
    }
    Ok(())
}

/// A validation error in dbt's words: `at path ['enabled']: 'maybe' is not of type 'boolean'`.
fn invalid(path: &str, complaint: &str) -> Error {
    Error::parsing(format!("at path {path}: {complaint}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Json) -> JsonMap<String, Json> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn levels_follow_the_fqn_and_take_only_configuration() {
        let tree = object(json!({"+tags": "a", "shop": {"materialized": "table", "staging": {"+enabled": false}}}));
        let fqn = ["shop", "staging", "stg"].map(str::to_owned);
        let found: Vec<_> = levels(Some(&tree), &fqn).into_iter().map(own_keys).collect();
        let expected = [json!({"tags": "a"}), json!({"materialized": "table"}), json!({"enabled": false})];
        assert_eq!(found, expected.map(object));
    }

    #[test]
    fn values_merge_and_unknown_keys_follow() {
        let fields = fields::fields(ResourceType::Model);
        let mut config: JsonMap<String, Json> =
            fields.iter().map(|field| (field.name.to_owned(), field.default_value())).collect();
        let result = update(&fields, &mut config, object(json!({"mine": 1, "tags": "a", "pre_hook": "x"})));
        assert!(result.is_ok());
        assert!(update(&fields, &mut config, object(json!({"tags": ["b"], "meta": {"k": 1}}))).is_ok());
        assert_eq!(config.get("tags"), Some(&json!(["a", "b"])));
        assert_eq!(config.get("pre-hook"), Some(&json!(["x"])));
        assert_eq!(config.keys().next_back().map(String::as_str), Some("mine"));
    }

    #[test]
    fn a_second_call_appends_tags() {
        let mut calls = object(json!({"tags": "a", "materialized": "view"}));
        assert!(join_call(&mut calls, object(json!({"tags": "b", "materialized": "table"}))).is_ok());
        assert_eq!(Json::Object(calls), json!({"tags": ["a", "b"], "materialized": "table"}));
    }
}
