//! Which node a `ref()` means and which source a `source()` means, by dbt's search order: the package asked for, else
//! the root project, the package of the node that refers, and then anything of that name.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value as Json;

use super::node::{compare_versions, version_text};
use super::{Disabled, Manifest, Node, SourceDefinition, UniqueId};

/// What a name turned out to be.
#[derive(Debug)]
pub enum Found<T> {
    /// This one.
    One(T),
    /// It exists, but it is disabled.
    Disabled,
    /// There are several in different packages.
    Ambiguous(Vec<UniqueId>),
    /// Nothing has that name.
    Missing,
}

impl Manifest {
    /// The node that `ref(package, name, version)` in a node of `node_package` means.
    pub fn resolve_ref(
        &self,
        node_package: &str,
        name: &str,
        package: Option<&str>,
        version: Option<&Json>,
    ) -> Found<&Node> {
        let key = match version {
            Some(version) => Cow::Owned(format!("{name}.v{}", version_text(version))),
            None => Cow::Borrowed(name),
        };
        let candidates: &[UniqueId] = self.ref_index.get(&*key).map(Vec::as_slice).unwrap_or_default();
        for searched in self.search_packages(node_package, package).into_iter().flatten() {
            let matches = || candidates.iter().filter(|id| searched.is_none_or(|package| package_of(id) == package));
            let mut first = matches();
            match (first.next(), first.next()) {
                (None, _) => {}
                (Some(one), None) => {
                    if let Some(node) = self.nodes.get(one) {
                        return Found::One(node);
                    }
                }
                _ => return Found::Ambiguous(matches().cloned().collect()),
            }
        }
        if self.has_disabled_ref(name, package, version) { Found::Disabled } else { Found::Missing }
    }

    /// The source that `source(source_name, table)` in a node of `node_package` means.
    pub fn resolve_source(&self, node_package: &str, source_name: &str, table: &str) -> Found<&SourceDefinition> {
        let key = format!("{source_name}.{table}");
        let candidates: &[UniqueId] = self.source_index.get(&key).map(Vec::as_slice).unwrap_or_default();
        for searched in self.search_packages(node_package, None).into_iter().flatten() {
            let first = candidates.iter().find(|id| searched.is_none_or(|package| package_of(id) == package));
            if let Some(source) = first.and_then(|id| self.sources.get(id)) {
                return Found::One(source);
            }
        }
        let disabled = self.disabled.values().flatten().any(|entry| {
            matches!(entry, Disabled::Source(source) if source.source_name == source_name && source.name == table)
        });
        if disabled { Found::Disabled } else { Found::Missing }
    }

    /// The newest version of a versioned model, if it is newer than the one that its name alone stands for.
    pub fn prerelease(&self, node: &Node) -> Option<&Json> {
        let latest = node.model()?.latest_version.as_ref()?;
        let namesakes = self.nodes.values().filter(|other| other.name == node.name);
        let versions = namesakes.filter_map(|other| other.model()?.version.as_ref());
        let newest = versions.max_by(|a, b| compare_versions(a, b))?;
        (compare_versions(newest, latest) == Ordering::Greater).then_some(newest)
    }

    /// Where to look, one after the other; the last place may be any package.
    fn search_packages<'a>(&'a self, node_package: &'a str, package: Option<&'a str>) -> [Option<Option<&'a str>>; 3] {
        match package {
            Some(package) => [Some(Some(package)), None, None],
            None => [Some(Some(&self.project_name)), Some(Some(node_package)), Some(None)],
        }
    }

    fn has_disabled_ref(&self, name: &str, package: Option<&str>, version: Option<&Json>) -> bool {
        self.disabled.values().flatten().any(|entry| match entry {
            Disabled::Node(node) => {
                node.resource_type.is_refable()
                    && node.name == name
                    && package.is_none_or(|package| node.package_name == package)
                    && version.is_none_or(|version| {
                        node.model().and_then(|model| model.version.as_ref()).map(version_text)
                            == Some(version_text(version))
                    })
            }
            _ => false,
        })
    }
}

/// The package of a unique id: its second part.
pub fn package_of(unique_id: &str) -> &str {
    unique_id.split('.').nth(1).unwrap_or_default()
}
