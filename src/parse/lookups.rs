//! Finds nodes by name and package while the manifest is still being built.

use serde_json::Value as Json;

use crate::error::{Error, Result};
use crate::manifest::lookup::package_of;
use crate::manifest::node::version_text;
use crate::manifest::{Disabled, FastMap, Manifest, Node, NodeBox, ResourceType, UniqueId};

/// Names (and `name.vN` of versioned models) to unique ids, one for each package that has such a node.
#[derive(Debug, Default)]
pub struct NodeLookup(FastMap<String, Vec<UniqueId>>);

impl NodeLookup {
    /// A lookup of the nodes that `wanted` accepts.
    pub fn of(manifest: &Manifest, wanted: impl Fn(&Node) -> bool) -> Self {
        let wanted: Vec<&NodeBox> = manifest.nodes.values().filter(|node| wanted(node)).collect();
        let mut lookup = NodeLookup(FastMap::with_capacity_and_hasher(wanted.len(), Default::default()));
        wanted.into_iter().for_each(|node| lookup.learn(node));
        lookup
    }

    /// Adds a node. Of two of one name in a package the later one is found.
    pub fn learn(&mut self, node: &Node) {
        self.add(node.search_name(), node);
        if node.is_latest_version() {
            self.add(node.name.clone(), node);
        }
    }

    /// Takes out the node that was called `name`.
    pub fn forget(&mut self, name: &str, unique_id: &str) {
        if let Some(known) = self.0.get_mut(name) {
            known.retain(|id| id != unique_id);
        }
    }

    fn add(&mut self, name: String, node: &Node) {
        let known = self.0.entry(name).or_default();
        match known.iter_mut().find(|id| package_of(id) == node.package_name) {
            Some(id) => id.clone_from(&node.unique_id),
            None => known.push(node.unique_id.clone()),
        }
    }

    /// The node called `name` in `package`, or in any package.
    ///
    /// # Errors
    /// Without a package: several packages have one.
    pub fn find(&self, name: &str, package: Option<&str>, version: Option<&Json>) -> Result<Option<&UniqueId>> {
        let versioned;
        let name = match version {
            Some(version) => {
                versioned = format!("{name}.v{}", version_text(version));
                versioned.as_str()
            }
            None => name,
        };
        let Some(ids) = self.0.get(name) else { return Ok(None) };
        match package {
            Some(package) => Ok(ids.iter().find(|id| package_of(id) == package)),
            None if ids.len() > 1 => Err(ambiguous(name, ids.iter())),
            None => Ok(ids.first()),
        }
    }
}

/// dbt's error about a name that several packages have.
pub fn ambiguous<'a>(name: &str, unique_ids: impl Iterator<Item = &'a UniqueId> + Clone) -> Error {
    let ids: Vec<&str> = unique_ids.clone().map(String::as_str).collect();
    let packages: Vec<&str> = unique_ids.filter_map(|id| id.split('.').nth(1)).collect();
    Error::compilation(format!(
        "When referencing '{name}', dbt found nodes in multiple packages: '{}'\nTo fix this, use two-argument 'ref', with \
         the package name first: '{}'",
        ids.join("', '"),
        packages.join("' or '")
    ))
}

/// The first group of disabled nodes called `name` that are of `resource_type`, by position in `disabled`: the unique
/// id, and which of its nodes.
pub fn find_disabled(
    manifest: &Manifest,
    name: &str,
    package: Option<&str>,
    resource_type: Option<ResourceType>,
) -> Vec<(UniqueId, usize)> {
    let mut found: Vec<(UniqueId, usize)> = Vec::new();
    let mut found_package: Option<&str> = package;
    for (unique_id, all) in &manifest.disabled {
        for (index, disabled) in all.iter().enumerate() {
            let Disabled::Node(node) = disabled else { continue };
            if node.search_name() != name || found_package.is_some_and(|package| package != node.package_name) {
                continue;
            }
            found_package = Some(&node.package_name);
            if resource_type.is_none_or(|wanted| wanted == node.resource_type) {
                found.push((unique_id.clone(), index));
            }
        }
    }
    found
}
