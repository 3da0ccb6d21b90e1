//! Checks of the finished manifest: names, groups, access, snapshots, deprecated models, and
//! configuration paths that nothing uses.

use std::collections::HashMap;

use serde_json::{Map as JsonMap, Value as Json};

use super::cx::Cx;
use super::microbatch;
use super::nodes::{in_node, invalid_access, is_relational, relation_name};
use super::{python, semantic_checks};
use crate::error::{Error, ErrorKind, Result};
use crate::events::deprecations::wrap;
use crate::events::{Event, Level};
use crate::manifest::node::version_text;
use crate::manifest::{Disabled, FastMap, Manifest, Node, ResourceType, TimeSpines};

/// Runs all checks.
///
/// # Errors
/// The first check that fails, in dbt's words.
pub fn run(cx: &Cx, manifest: &Manifest) -> Result<()> {
    check_groups(manifest)?;
    for node in manifest.nodes.values() {
        let public = node.model().is_some_and(|model| model.access == "public");
        if public && node.is_ephemeral() {
            return Err(invalid_access(&node.unique_id, "public", Some("ephemeral")));
        }
    }
    for node in manifest.nodes.values().filter(|node| node.resource_type == ResourceType::Snapshot) {
        check_snapshot(node).map_err(|error| in_node(error, node))?;
    }
    microbatch::check(cx, manifest)?;
    semantic_checks::check(cx, manifest)?;
    warn_deprecated_models(cx, manifest)?;
    check_spaces(cx, manifest)?;
    microbatch::warn(cx, manifest)?;
    check_unique(cx, manifest)?;
    warn_unused_paths(cx, manifest)?;
    TimeSpines::of(manifest).map(|_| ())
}

fn check_groups(manifest: &Manifest) -> Result<()> {
    let mut names: Vec<&str> = manifest.groups.values().map(|group| group.name.as_str()).collect();
    names.sort_unstable();
    for node in manifest.nodes.values() {
        if let Some(group) = node.group.as_deref().filter(|group| !group.is_empty() && !names.contains(group)) {
            let known = python::repr(&serde_json::json!(names));
            return Err(in_node(Error::parsing(format!("Invalid group '{group}', expected one of {known}")), node));
        }
    }
    Ok(())
}

fn check_snapshot(node: &Node) -> Result<()> {
    let config = &node.config;
    let given = |key: &str| config.get(key).is_some_and(python::truthy);
    let fail = |message: String| Err(Error::new(ErrorKind::Validation, message));
    if !given("strategy") || !given("unique_key") {
        return fail("Snapshots must be configured with a 'strategy' and 'unique_key'.".to_owned());
    }
    match config.str("strategy") {
        Some("check") => {
            if !given("check_cols") {
                return fail(
                    "A snapshot configured with the check strategy must specify a check_cols configuration.".to_owned(),
                );
            }
            if let Some(columns) = config.str("check_cols").filter(|columns| *columns != "all") {
                return fail(format!(
                    "Invalid value for 'check_cols': {columns}. Expected 'all' or a list of strings."
                ));
            }
        }
        Some("timestamp") => {
            if !given("updated_at") {
                return fail(
                    "A snapshot configured with the timestamp strategy must specify an updated_at configuration."
                        .to_owned(),
                );
            }
            if given("check_cols") {
                return fail("A 'timestamp' snapshot should not have 'check_cols'".to_owned());
            }
        }
        _ => {}
    }
    if !matches!(config.materialized(), "" | "snapshot") {
        return fail("A snapshot must have a materialized value of 'snapshot'".to_owned());
    }
    Ok(())
}

/// Models whose deprecation date is near or past, and what refers to them.
fn warn_deprecated_models(cx: &Cx, manifest: &Manifest) -> Result<()> {
    let deprecated = manifest.nodes.values().filter_map(|node| {
        let date = node.model()?.deprecation_date.as_deref()?;
        Some((node, date, chrono::DateTime::parse_from_rfc3339(date).is_ok_and(|moment| moment < chrono::Utc::now())))
    });
    for (node, date, past) in deprecated {
        let version = node.model().and_then(|model| model.version.as_ref()).map(version_text);
        let shown = version.as_ref().map(|version| format!(".v{version}")).unwrap_or_default();
        let name = &node.name;
        if past {
            let message = format!(
                "Model {name}{shown} has passed its deprecation date of {date}. This model should be disabled or removed."
            );
            cx.warnings.warn("DeprecatedModel", "I065", &message)?;
        }
        let children = manifest.nodes.values().filter(|child| {
            child.resource_type == ResourceType::Model && child.depends_on.nodes.contains(&node.unique_id)
        });
        for child in children {
            warn_deprecated_reference(cx, node, child, date, past)?;
        }
    }
    Ok(())
}

fn warn_deprecated_reference(cx: &Cx, node: &Node, child: &Node, date: &str, past: bool) -> Result<()> {
    let model = node.model();
    let version = model.and_then(|model| model.version.as_ref()).map(version_text);
    let latest = model.and_then(|model| model.latest_version.as_ref()).map(version_text);
    let shown = version.as_ref().map(|version| format!(".v{version}")).unwrap_or_default();
    let verb = if past { "was deprecated" } else { "is slated for deprecation" };
    let name = &node.name;
    let mut message =
        format!("While compiling '{}': Found a reference to {name}{shown}, which {verb} on '{date}'. ", child.name);
    if version.is_some() && version != latest {
        let advice = if past { "Migrate now" } else { "Try it out" };
        message.push_str(&format!(
            "A new version of '{name}' is available. {advice}: {{{{ ref('{}', '{name}', v='{}') }}}}.",
            node.package_name,
            latest.unwrap_or_default()
        ));
    }
    match past {
        true => cx.warnings.warn("DeprecatedReference", "I067", &message),
        false => cx.warnings.warn("UpcomingReferenceDeprecation", "I066", &message),
    }
}

fn check_spaces(cx: &Cx, manifest: &Manifest) -> Result<()> {
    let nodes: Vec<(String, &str)> = manifest
        .nodes
        .values()
        .filter(|node| node.name.contains(' '))
        .map(|node| (node.unique_id.clone(), node.original_file_path.as_str()))
        .collect();
    spaces(cx, &nodes, cx.flags.names_without_spaces, "model(s)")?;
    let mut sources: Vec<(String, &str)> = manifest
        .sources
        .values()
        .filter(|source| source.source_name.contains(' '))
        .map(|source| (format!("source.{}.{}", source.package_name, source.source_name), source.path.as_str()))
        .collect();
    sources.dedup();
    spaces(cx, &sources, cx.flags.source_names_without_spaces, "resource(s)")
}

fn spaces(cx: &Cx, names: &[(String, &str)], is_error: bool, noun: &str) -> Result<()> {
    let Some((first, _)) = names.first() else { return Ok(()) };
    if is_error {
        let listed: Vec<String> = names.iter().map(|(id, path)| format!("  * '{id}' ({path})")).collect();
        return Err(Error::new(
            ErrorKind::Runtime,
            format!(
                "Resource names cannot contain spaces:\n{}\nPlease rename the invalid {noun} so that their name(s) do not \
                 contain any spaces.",
                listed.join("\n")
            ),
        ));
    }
    let message = format!("Found spaces in the name of `{first}`");
    cx.warnings.warn_wrapped("SpacesInResourceNameDeprecation", "D014", &message)?;
    let text = format!(
        "Spaces found in {} resource name(s). This is deprecated, and may lead to errors when using dbt. Run again with \
         `--debug` to see them all. For more information: \
         https://docs.getdbt.com/reference/global-configs/legacy-behaviors",
        names.len()
    );
    let paint = cx.warnings.paint();
    let message = wrap(&paint.warning_tag(&text), paint.width);
    cx.warnings.deprecated(Event::new("ResourceNamesWithSpacesDeprecation", "D015", Level::Warn, message))
}

/// No two resources may be the same thing in the database, or have one name in a package.
fn check_unique(cx: &Cx, manifest: &Manifest) -> Result<()> {
    let mut by_relation: FastMap<String, &Node> = FastMap::default();
    let mut plain: FastMap<(&str, &str), &Node> = FastMap::default();
    let mut versioned: FastMap<(&str, &str), &Node> = FastMap::default();
    for node in manifest.nodes.values().filter(|node| counts_as_relation(cx, node)) {
        let key = (node.package_name.as_str(), node.name.as_str());
        let is_versioned = node.model().is_some_and(|model| model.version.is_some());
        if !is_versioned && let Some(known) = plain.get(&key) {
            if cx.flags.unique_resource_names {
                return Err(super::duplicates::duplicate(*known, &**node));
            }
            cx.warnings.deprecation(
                "DuplicateNameDistinctNodeTypesDeprecation",
                "D040",
                &format!(
                    "Found resources with the same name '{}' in package '{}': '{}' and '{}'. Please update one of the \
                     resources to have a unique name.",
                    node.name, node.package_name, known.unique_id, node.unique_id
                ),
            )?;
        }
        if is_versioned {
            versioned.insert(key, node)
        } else {
            plain.insert(key, node)
        };
        let name = relation_name(cx, node);
        if let Some(known) = by_relation.get(&name) {
            return Err(same_relation(known, node, &name));
        }
        by_relation.insert(name, node);
    }
    for (key, with_version) in versioned {
        if let Some(without) = plain.get(&key) {
            return Err(versioned_and_not(with_version, without));
        }
    }
    Ok(())
}

/// Ephemeral models count here: their names must differ too.
fn counts_as_relation(cx: &Cx, node: &Node) -> bool {
    node.resource_type == ResourceType::Model || is_relational(cx, node)
}

fn same_relation(first: &Node, second: &Node, name: &str) -> Error {
    Error::compilation(format!(
        "dbt found two resources with the database representation \"{name}\".\ndbt cannot create two resources with \
         identical database representations. To fix this,\nchange the configuration of one of these resources:\n- {} \
         ({})\n- {} ({})",
        first.unique_id, first.original_file_path, second.unique_id, second.original_file_path
    ))
}

fn versioned_and_not(versioned: &Node, plain: &Node) -> Error {
    let name = &versioned.name;
    Error::parsing(format!(
        "dbt found versioned and unversioned models with the name \"{name}\".\n\nSince these resources have the same name, \
         dbt will be unable to find the correct resource\nwhen looking for ref('{name}').\n\nTo fix this, change the name of \
         the unversioned resource\n{} ({})\nor add the unversioned model to the versions in {}",
        plain.unique_id,
        plain.original_file_path,
        versioned.patch_path.as_deref().unwrap_or("None")
    ))
}

/// Configuration paths of the root project that no resource is on.
fn warn_unused_paths(cx: &Cx, manifest: &Manifest) -> Result<()> {
    let mut fqns: HashMap<ResourceType, Vec<&[String]>> = HashMap::new();
    for node in manifest.nodes.values().chain(manifest.functions.values()) {
        fqns.entry(node.resource_type).or_default().push(&node.fqn);
    }
    for source in manifest.sources.values() {
        fqns.entry(ResourceType::Source).or_default().push(&source.fqn);
    }
    for exposure in manifest.exposures.values() {
        fqns.entry(ResourceType::Exposure).or_default().push(&exposure.fqn);
    }
    for test in manifest.unit_tests.values() {
        fqns.entry(ResourceType::UnitTest).or_default().push(&test.fqn);
    }
    let disabled: Vec<&[String]> = manifest.disabled.values().flatten().filter_map(fqn_of_disabled).collect();
    let mut unused: Vec<String> = Vec::new();
    for resource_type in [
        ResourceType::Model,
        ResourceType::Seed,
        ResourceType::Snapshot,
        ResourceType::Source,
        ResourceType::Test,
        ResourceType::UnitTest,
        ResourceType::Exposure,
        ResourceType::Function,
    ] {
        let Some(tree) = cx.trees.tree(cx.root(), resource_type) else { continue };
        let mut paths = Vec::new();
        config_paths(tree, &mut Vec::new(), &mut paths);
        let own = fqns.get(&resource_type).map(Vec::as_slice).unwrap_or_default();
        for path in paths {
            let used = own.iter().chain(&disabled).any(|fqn| fqn.len() >= path.len() && fqn[..path.len()] == path[..]);
            if !used {
                let parts = std::iter::once(resource_type.pluralize()).chain(path);
                unused.push(parts.collect::<Vec<_>>().join("."));
            }
        }
    }
    if unused.is_empty() {
        return Ok(());
    }
    let listed: Vec<String> = unused.iter().map(|path| format!("- {path}")).collect();
    let message = format!(
        "Configuration paths exist in your dbt_project.yml file which do not apply to any resources.\nThere are {} \
         unused configuration paths:\n{}",
        unused.len(),
        listed.join("\n")
    );
    cx.warnings.warn("UnusedResourceConfigPath", "I051", &message)
}

fn fqn_of_disabled(disabled: &Disabled) -> Option<&[String]> {
    match disabled {
        Disabled::Node(node) => Some(&node.fqn),
        Disabled::Source(source) => Some(&source.fqn),
        Disabled::Exposure(exposure) => Some(&exposure.fqn),
        Disabled::UnitTest(test) => Some(&test.fqn),
        Disabled::Other(_) => None,
    }
}

fn config_paths(tree: &JsonMap<String, Json>, path: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    for (key, value) in tree {
        match value {
            Json::Object(below) if !key.starts_with('+') => {
                path.push(key.clone());
                config_paths(below, path, paths);
                path.pop();
            }
            _ if !paths.contains(path) => paths.push(path.clone()),
            _ => {}
        }
    }
}
