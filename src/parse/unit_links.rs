//! Finds the model that each unit test tests, and makes one test for each version that is asked for.

use serde_json::Value as Json;

use crate::error::{Error, Result};
use crate::manifest::node::version_text;
use crate::manifest::{Disabled, Manifest, Node, ResourceType, UniqueId, UnitTest};
use crate::parse::duplicates::add_disabled;
use crate::parse::lookups::{NodeLookup, find_disabled};

/// Links every unit test to its model.
///
/// # Errors
/// The model or the version does not exist, or an incremental model's test does not say what `is_incremental` is.
pub fn resolve(manifest: &mut Manifest) -> Result<()> {
    if manifest.unit_tests.is_empty() {
        return Ok(());
    }
    let refs = NodeLookup::of(manifest, |node| node.resource_type.is_refable());
    let ids: Vec<UniqueId> = manifest.unit_tests.keys().cloned().collect();
    for id in ids {
        let Some(mut test) = manifest.unit_tests.get(&id).cloned() else { continue };
        let mut words = test.model.split_whitespace();
        let (name, version) = (words.next().unwrap_or_default(), words.next().map(Json::from));
        let found = refs.find(name, Some(&test.package_name), version.as_ref())?;
        let Some(node) = found.and_then(|id| manifest.nodes.get(id)) else {
            disable(manifest, &id, test)?;
            continue;
        };
        check_incremental(&test, node)?;
        test.depends_on.nodes = vec![node.unique_id.clone()];
        test.schema = Some(node.schema.clone());
        let versions = versions_to_test(manifest, &test, node)?;
        replace(manifest, &id, &test, versions);
    }
    Ok(())
}

fn disable(manifest: &mut Manifest, id: &UniqueId, mut test: UnitTest) -> Result<()> {
    let name = test.model.split_whitespace().next().unwrap_or_default();
    if find_disabled(manifest, name, Some(&test.package_name), Some(ResourceType::Model)).is_empty() {
        return Err(Error::parsing(format!(
            "Unable to find model '{}.{}' for unit test '{}' in {}",
            test.package_name, test.model, test.name, test.original_file_path
        )));
    }
    test.config.0.insert("enabled".to_owned(), Json::Bool(false));
    manifest.unit_tests.shift_remove(id);
    add_disabled(manifest, Disabled::UnitTest(Box::new(test)));
    Ok(())
}

fn check_incremental(test: &UnitTest, model: &Node) -> Result<()> {
    if !model.depends_on.macros.iter().any(|id| id == "macro.dbt.is_incremental") {
        return Ok(());
    }
    let overridden = test.overrides.as_ref().and_then(|overrides| overrides.get("macros")?.get("is_incremental"));
    let Some(incremental) = overridden.and_then(Json::as_bool) else {
        return Err(Error::parsing(format!(
            "Boolean override for 'is_incremental' must be provided for unit test '{}' in model '{}'",
            test.name, model.name
        )));
    };
    let has_this = test.given.iter().any(|input| input.get("input").and_then(Json::as_str) == Some("this"));
    if incremental && !has_this {
        return Err(Error::parsing(format!(
            "Unit test '{}' for incremental model '{}' must have a 'this' input",
            test.name, model.name
        )));
    }
    Ok(())
}

/// The versions of the model that the test is for; none when the model has no versions.
fn versions_to_test(manifest: &Manifest, test: &UnitTest, model: &Node) -> Result<Vec<(UniqueId, Json)>> {
    let list = |key: &str| {
        let named = test.versions.as_ref().and_then(|versions| versions.get(key)?.as_array());
        named.filter(|list| !list.is_empty())
    };
    if model.model().is_none_or(|fields| fields.version.is_none()) {
        if list("include").is_some() || list("exclude").is_some() {
            return Err(Error::parsing(format!(
                "Unit test '{}' should not have a versions include or exclude when referencing non-versioned model '{}'",
                test.name, model.name
            )));
        }
        return Ok(Vec::new());
    }
    let all = manifest.nodes.values().filter(|node| {
        node.resource_type == ResourceType::Model && node.name == model.name && node.package_name == model.package_name
    });
    let versions = all.filter_map(|node| Some((node.unique_id.clone(), node.model()?.version.clone()?)));
    let wanted: Vec<(UniqueId, Json)> = versions
        .filter(|(_, version)| match (list("exclude"), list("include")) {
            _ if test.versions.is_none() => true,
            (Some(excluded), _) => !excluded.contains(version),
            (None, Some(included)) => included.contains(version),
            (None, None) => false,
        })
        .collect();
    if wanted.is_empty() {
        return Err(Error::parsing(format!(
            "Unit test '{}' referenced a version of '{}' which was not found.",
            test.name, model.name
        )));
    }
    Ok(wanted)
}

fn replace(manifest: &mut Manifest, id: &UniqueId, test: &UnitTest, versions: Vec<(UniqueId, Json)>) {
    if versions.is_empty() {
        manifest.unit_tests.insert(id.clone(), test.clone());
        return;
    }
    manifest.unit_tests.shift_remove(id);
    for (model_id, version) in versions {
        let mut copy = test.clone();
        copy.unique_id =
            format!("unit_test.{}.{}.{}_v{}", test.package_name, test.model, test.name, version_text(&version));
        copy.depends_on.nodes = vec![model_id];
        copy.version = Some(version);
        manifest.unit_tests.insert(copy.unique_id.clone(), copy);
    }
}
