//! Versioned models: one entry describes several files, each of which becomes `model.package.name.vN`.

use std::cmp::Ordering;

use chrono::{Local, NaiveDate, NaiveDateTime, TimeZone};
use serde_json::{Map as JsonMap, Value as Json};

use super::ahead::Tested;
use super::columns::columns_of;
use super::constraints::build_contract_checksum;
use super::entries::Entry;
use super::models::apply_constraints;
use super::patch::{Patch, list, map, patch_config, patch_properties, several_disabled, text};
use super::{Added, File, Loader};
use crate::error::{Error, Result};
use crate::manifest::node::{compare_versions, version_text};
use crate::manifest::{Disabled, Node, ResourceType, UniqueId};
use crate::parse::duplicates::{add_disabled, add_node};
use crate::parse::lookups::find_disabled;
use crate::parse::python;
use crate::parse::tests::{TargetKind, TestTarget};
use crate::parse::unrendered::deep_merge;

impl Loader<'_> {
    /// Patches every version that the entry lists, and gives what tests are on each.
    pub(super) fn load_versions(&mut self, file: &File<'_>, entry: &Entry, versions: &[Json]) -> Result<Vec<Tested>> {
        let name = text(&entry.data, "name");
        check_versions(&name, entry, versions)?;
        let latest = match entry.data.get("latest_version").filter(|version| !version.is_null()) {
            Some(version) => version.clone(),
            None => greatest(versions),
        };
        let base = Patch::new(entry, &file.path, &file.id(), "models")?;
        let mut testables = Vec::with_capacity(versions.len());
        let (mut gone, mut added) = (Vec::new(), Vec::new());
        for version in versions.iter().filter_map(Json::as_object) {
            let number = version.get("v").cloned().unwrap_or(Json::Null);
            let columns = columns_for(&entry.data, version)?;
            let tests = version.get("data_tests").or_else(|| entry.data.get("data_tests")).cloned();
            if let Some(node) = self.take_version(&name, &file.package, version, &number, &latest)? {
                let patch = version_patch(&base, entry, version, &number, &latest, &columns)?;
                if let (node, false) = &node {
                    gone.push((node.search_name(), node.unique_id.clone()));
                }
                added.push(self.put_version(node, &name, &number, &patch)?);
            } else {
                let file_name = versioned_file_name(&name, version, &number);
                self.warn_no_node(&file_name, "models", &file.path)?;
            }
            let target =
                TestTarget::of_node(TargetKind::Model, &entry.data, file.package.clone(), Some(number.clone()));
            testables.push((target, columns, tests));
        }
        for (name, unique_id) in gone {
            self.refs.forget(&name, &unique_id);
        }
        for unique_id in added {
            self.learn(&unique_id);
        }
        Ok(testables)
    }

    /// Takes the node of a version out of the manifest; the flag says whether it is disabled.
    fn take_version(
        &mut self,
        name: &str,
        package: &str,
        version: &JsonMap<String, Json>,
        number: &Json,
        latest: &Json,
    ) -> Result<Option<(Box<Node>, bool)>> {
        let file_name = versioned_file_name(name, version, number);
        let mut found = self.refs.find(&file_name, Some(package), None)?.cloned();
        if found.is_none() && number == latest {
            found = self.refs.find(name, Some(package), None)?.cloned();
        }
        if let Some(unique_id) = found {
            return Ok(self.manifest.nodes.shift_remove(&unique_id).map(|node| (node, false)));
        }
        let disabled = find_disabled(self.manifest, &file_name, None, Some(ResourceType::Model));
        if disabled.len() > 1 && version.get("config").and_then(|c| c.get("enabled")).is_some_and(python::truthy) {
            return Err(several_disabled(disabled.len(), ResourceType::Model, name));
        }
        let Some((unique_id, _)) = disabled.first() else { return Ok(None) };
        let taken = self.manifest.disabled.shift_remove(unique_id).unwrap_or_default();
        Ok(taken.into_iter().find_map(|disabled| match disabled {
            Disabled::Node(node) => Some((node, true)),
            _ => None,
        }))
    }

    /// Puts the node back as the version that it is; gives its new unique id.
    fn put_version(&mut self, taken: (Box<Node>, bool), name: &str, number: &Json, patch: &Patch) -> Result<UniqueId> {
        let (mut node, disabled) = taken;
        let version = format!("v{}", version_text(number));
        node.unique_id = format!("model.{}.{name}.{version}", node.package_name);
        if let Some(last) = node.fqn.last_mut() {
            name.clone_into(last);
        }
        node.fqn.push(version);
        patch_properties(self.cx, &mut node, patch)?;
        patch_config(self.cx, &mut node, patch)?;
        apply_constraints(self.cx, &mut node, patch)?;
        build_contract_checksum(&mut node);
        let unique_id = node.unique_id.clone();
        if disabled {
            add_disabled(self.manifest, Disabled::Node(node));
            return Ok(unique_id);
        }
        self.added.push(Added::Node(unique_id.clone()));
        if node.config.enabled() {
            add_node(self.manifest, node)?;
        } else {
            // A node that a patch disables is moved when all properties are known, as dbt does.
            self.manifest.nodes.insert(unique_id.clone(), node);
        }
        Ok(unique_id)
    }
}

fn versioned_file_name(name: &str, version: &JsonMap<String, Json>, number: &Json) -> String {
    match version.get("defined_in").and_then(Json::as_str).filter(|file| !file.is_empty()) {
        Some(file) => file.to_owned(),
        None => format!("{name}_v{}", version_text(number)),
    }
}

fn check_versions(name: &str, entry: &Entry, versions: &[Json]) -> Result<()> {
    let numbers: Vec<Json> = versions.iter().filter_map(|version| version.get("v").cloned()).collect();
    if let Some(latest) = entry.data.get("latest_version").filter(|latest| python::truthy(latest))
        && !numbers.contains(latest)
    {
        return Err(Error::parsing(format!(
            "latest_version: {} is not one of model '{name}' versions: {} ",
            python::text(latest),
            python::repr(&Json::Array(numbers))
        )));
    }
    let mut seen: Vec<String> = Vec::new();
    for number in &numbers {
        let shown = version_text(number);
        if seen.contains(&shown) {
            return Err(Error::parsing(format!(
                "Found duplicate version: '{shown}' in versions list of model '{name}'"
            )));
        }
        seen.push(shown);
    }
    Ok(())
}

fn greatest(versions: &[Json]) -> Json {
    let numbers = versions.iter().filter_map(|version| version.get("v"));
    numbers.fold(Json::Null, |best, next| match best {
        Json::Null => next.clone(),
        best if compare_versions(next, &best) == Ordering::Greater => next.clone(),
        best => best,
    })
}

fn version_patch(
    base: &Patch,
    entry: &Entry,
    version: &JsonMap<String, Json>,
    number: &Json,
    latest: &Json,
    columns: &[Json],
) -> Result<Patch> {
    let description = text(version, "description");
    let constraints = list(version, "constraints").to_vec();
    let written = entry.written_versions.iter().find(|(v, _)| v == number).map(|(_, config)| config.clone());
    Ok(Patch {
        description: if description.is_empty() { base.description.clone() } else { description },
        columns: columns_of(columns)?,
        config: deep_merge(&base.config, &map(version, "config")),
        written_config: written.filter(|config| !config.is_empty()).unwrap_or_default(),
        access: version.get("access").and_then(Json::as_str).map(str::to_owned).or_else(|| base.access.clone()),
        constraints: if constraints.is_empty() { base.constraints.clone() } else { constraints },
        version: Some(number.clone()),
        latest_version: Some(latest.clone()),
        deprecation_date: version.get("deprecation_date").and_then(iso_date),
        time_spine: None,
        ..base.clone()
    })
}

/// The columns of a version: those of the model that `include` and `exclude` leave, then its own.
fn columns_for(data: &JsonMap<String, Json>, version: &JsonMap<String, Json>) -> Result<Vec<Json>> {
    let own = list(version, "columns");
    let mut rules = own.iter().filter(|column| column.get("include").is_some());
    let rule = rules.next();
    if rules.next().is_some() {
        return Err(Error::parsing("version can have at most one include/exclude element"));
    }
    let named = |list: Option<&Json>, name: &str| match list {
        Some(Json::Array(names)) => names.iter().any(|known| known == name),
        Some(Json::String(word)) => word == "*" || word == "all" || word == name,
        _ => false,
    };
    let includes = |column: &Json| {
        let name = column.get("name").and_then(Json::as_str).unwrap_or_default();
        rule.is_none_or(|rule| named(rule.get("include"), name) && !named(rule.get("exclude"), name))
    };
    let mut columns: Vec<Json> = list(data, "columns").iter().filter(|column| includes(column)).cloned().collect();
    columns.extend(own.iter().filter(|column| column.get("include").is_none()).cloned());
    Ok(columns)
}

/// A date or timestamp as dbt writes `deprecation_date`: ISO, in the local time zone where none is given.
pub fn iso_date(value: &Json) -> Option<String> {
    let text = value.as_str()?;
    if let Ok(moment) = chrono::DateTime::parse_from_rfc3339(text) {
        return Some(moment.to_rfc3339());
    }
    let naive = NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .and_then(|date| date.and_hms_opt(0, 0, 0))
        .or_else(|| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S").ok())
        .or_else(|| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok())?;
    Local.from_local_datetime(&naive).earliest().map(|moment| moment.to_rfc3339())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_greatest_version_is_the_latest() {
        assert_eq!(greatest(&[json!({"v": 2}), json!({"v": 10}), json!({"v": 9})]), json!(10));
        assert_eq!(greatest(&[json!({"v": "a"}), json!({"v": "b"})]), json!("b"));
    }

    #[test]
    fn columns_are_included_and_excluded() {
        let data = json!({"columns": [{"name": "a"}, {"name": "b"}]});
        let version = json!({"columns": [{"include": "all", "exclude": ["b"]}, {"name": "c"}]});
        let object = |value: Json| value.as_object().cloned().unwrap_or_default();
        let columns = columns_for(&object(data), &object(version)).unwrap_or_default();
        assert_eq!(columns, [json!({"name": "a"}), json!({"name": "c"})]);
    }
}
