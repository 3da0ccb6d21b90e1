//! Links: finds what `ref`, `source`, `metric` and `function` calls mean and fills `depends_on`. What leads nowhere is an
//! error, except in tests, which then are disabled with a warning.

use rayon::prelude::*;
use serde_json::Value as Json;

use super::cx::Cx;
use super::lookups::ambiguous;
use super::python::title;
use crate::error::{Error, Result, did_you_mean};
use crate::events::{hold, in_order};
use crate::manifest::lookup::Found;
use crate::manifest::node::version_text;
use crate::manifest::{Manifest, Node, NodeBox, RefArgs, ResourceType, UniqueId};

/// Something that refers to other things.
struct Referrer<'a> {
    resource_type: ResourceType,
    unique_id: &'a str,
    package: &'a str,
    path: &'a str,
    /// Its group; none where its type has no groups.
    group: Option<&'a str>,
    refs: &'a [RefArgs],
    sources: &'a [[String; 2]],
    metrics: &'a [Vec<String>],
    functions: &'a [Vec<String>],
}

/// What a referrer turned out to depend on.
#[derive(Debug, Default)]
struct Links {
    nodes: Vec<UniqueId>,
    /// A target is missing: the test is disabled.
    broken: bool,
}

/// Fills `depends_on` of all nodes, exposures and functions. The manifest is indexed.
///
/// # Errors
/// A target does not exist, is disabled, is ambiguous, or may not be referred to.
pub fn resolve(cx: &Cx, manifest: &mut Manifest) -> Result<()> {
    let nodes: Vec<&NodeBox> = manifest.nodes.values().chain(manifest.functions.values()).collect();
    let linked = |node: &NodeBox| match node.resource_type {
        ResourceType::Seed => Ok(Links::default()),
        _ => links(cx, manifest, &referrer(node)),
    };
    let found: Vec<Links> = match cx.warnings.are_kept() {
        // What is kept back is said in the order in which it was found.
        true => nodes.iter().map(|node| linked(node)).collect::<Result<_>>()?,
        false => {
            let found = nodes.par_iter().with_min_len(64).map(|node| hold(|| linked(node)));
            in_order(&cx.globals.events, found.collect()).collect::<Result<_>>()?
        }
    };
    for (node, links) in manifest.nodes.values_mut().chain(manifest.functions.values_mut()).zip(found) {
        for target in links.nodes {
            node.depends_on.add_node(target);
        }
        if links.broken {
            node.config.0.insert("enabled".to_owned(), Json::Bool(false));
        }
    }
    resolve_exposures(cx, manifest)
}

fn referrer(node: &Node) -> Referrer<'_> {
    Referrer {
        resource_type: node.resource_type,
        unique_id: &node.unique_id,
        package: &node.package_name,
        path: &node.original_file_path,
        group: node.group.as_deref(),
        refs: &node.refs,
        sources: &node.sources,
        metrics: &node.metrics,
        functions: &node.functions,
    }
}

fn resolve_exposures(cx: &Cx, manifest: &mut Manifest) -> Result<()> {
    let mut found = Vec::new();
    for (id, exposure) in &manifest.exposures {
        let referrer = Referrer {
            resource_type: ResourceType::Exposure,
            unique_id: id,
            package: &exposure.package_name,
            path: &exposure.original_file_path,
            group: None,
            refs: &exposure.refs,
            sources: &exposure.sources,
            metrics: &exposure.metrics,
            functions: &[],
        };
        found.push((id.clone(), links(cx, manifest, &referrer)?));
    }
    for (id, links) in found {
        if let Some(exposure) = manifest.exposures.get_mut(&id) {
            for target in &links.nodes {
                exposure.depends_on.add_node(target);
            }
        }
    }
    Ok(())
}

fn links(cx: &Cx, manifest: &Manifest, referrer: &Referrer<'_>) -> Result<Links> {
    let mut links = Links::default();
    for [source, table] in referrer.sources {
        match manifest.resolve_source(referrer.package, source, table) {
            Found::One(target) => links.nodes.push(target.unique_id.clone()),
            other => {
                let name = &format!("{source}.{table}");
                let near = source_like(manifest, name);
                let target = Missing { kind: "source", name, package: None, version: None, near };
                links.broken |= missing(cx, referrer, &target, matches!(other, Found::Disabled))?;
            }
        }
    }
    for reference in referrer.refs {
        let (name, package) = (reference.name.as_str(), reference.package.as_deref());
        match manifest.resolve_ref(referrer.package, name, package, reference.version.as_ref()) {
            Found::One(target) => {
                check_access(cx, referrer, target)?;
                warn_root(cx, referrer, target, package)?;
                links.nodes.push(target.unique_id.clone());
            }
            Found::Ambiguous(ids) => {
                return Err(ambiguous(name, ids.iter()).in_node(
                    referrer.resource_type.as_str(),
                    referrer.unique_id.rsplit('.').next().unwrap_or_default(),
                    referrer.path,
                ));
            }
            other => {
                let near = node_like(manifest, name);
                let target = Missing { kind: "node", name, package, version: reference.version.as_ref(), near };
                links.broken |= missing(cx, referrer, &target, matches!(other, Found::Disabled))?;
            }
        }
    }
    for names in referrer.metrics {
        let found = named(cx, names, referrer.package, "metric", |id| manifest.metrics.contains_key(id));
        match found {
            Some(id) => links.nodes.push(id),
            None => links.broken |= missing(cx, referrer, &Missing::named("metric", names), false)?,
        }
    }
    for names in referrer.functions {
        let found = named(cx, names, referrer.package, "function", |id| manifest.functions.contains_key(id));
        match found {
            Some(id) => links.nodes.push(id),
            None => links.broken |= missing(cx, referrer, &Missing::named("function", names), false)?,
        }
    }
    Ok(links)
}

/// The unique id of a metric or function called by name.
pub fn named(cx: &Cx, names: &[String], package: &str, kind: &str, exists: impl Fn(&str) -> bool) -> Option<UniqueId> {
    let (packages, name) = match names {
        [name] => {
            let others = cx.project().packages.keys().map(String::as_str);
            ([cx.root(), package].into_iter().chain(others).collect::<Vec<_>>(), name)
        }
        [package, name] => (vec![package.as_str()], name),
        _ => return None,
    };
    packages.into_iter().map(|package| format!("{kind}.{package}.{name}")).find(|id| exists(id))
}

/// A target that cannot be reached.
struct Missing<'a> {
    kind: &'static str,
    name: &'a str,
    package: Option<&'a str>,
    version: Option<&'a Json>,
    /// What the writer may have meant.
    near: Option<String>,
}

impl<'a> Missing<'a> {
    fn named(kind: &'static str, names: &'a [String]) -> Self {
        let (package, name) = match names {
            [package, name] => (Some(package.as_str()), name.as_str()),
            [name] => (None, name.as_str()),
            _ => (None, ""),
        };
        Missing { kind, name, package, version: None, near: None }
    }
}

/// Raises dbt's error about a missing target, or warns and says that the test is to be disabled.
fn missing(cx: &Cx, referrer: &Referrer<'_>, target: &Missing<'_>, disabled: bool) -> Result<bool> {
    let reason = if disabled { "is disabled" } else { "was not found" };
    let (kind, name) = (target.kind, target.name);
    let head = format!(
        "{} '{}' ({}) depends on a {kind} named '{name}' ",
        title(referrer.resource_type.as_str()),
        referrer.unique_id,
        referrer.path
    );
    if referrer.resource_type == ResourceType::Test {
        if disabled {
            let place = target.package.map(|package| format!("in package '{package}' ")).unwrap_or_default();
            cx.warnings.debug("InvalidDisabledTargetInTestNode", "I050", &format!("{head}{place}which is disabled"));
        } else {
            let place = format!("in package '{}' ", target.package.unwrap_or_default());
            cx.warnings.warn("NodeNotFoundOrDisabled", "I060", &format!("{head}{place}which {reason}"))?;
        }
        return Ok(true);
    }
    let version =
        target.version.map(|version| format!("with version '{}' ", version_text(version))).unwrap_or_default();
    let place = target.package.map(|package| format!("in package or project '{package}' ")).unwrap_or_default();
    let error = Error::compilation(format!("{head}{version}{place}which {reason}"));
    Err(match &target.near {
        Some(near) if !disabled => error.hint(format!("Did you mean `{near}`?")),
        _ => error,
    })
}

/// A model, seed or snapshot of nearly this name.
fn node_like(manifest: &Manifest, name: &str) -> Option<String> {
    let referable =
        |node: &Node| matches!(node.resource_type, ResourceType::Model | ResourceType::Seed | ResourceType::Snapshot);
    let nodes = manifest.nodes.values().filter(|node| referable(node));
    let names = nodes.map(|node| node.name.as_str()).filter(|other| *other != name);
    did_you_mean(name, names).map(str::to_owned)
}

/// A table of a source with nearly this name.
fn source_like(manifest: &Manifest, name: &str) -> Option<String> {
    let names: Vec<String> =
        manifest.sources.values().map(|source| format!("{}.{}", source.source_name, source.name)).collect();
    did_you_mean(name, names.iter().map(String::as_str)).map(str::to_owned)
}

fn check_access(cx: &Cx, referrer: &Referrer<'_>, target: &Node) -> Result<()> {
    let Some(model) = target.model() else { return Ok(()) };
    if matches!(referrer.resource_type, ResourceType::SqlOperation | ResourceType::Macro) {
        return Ok(());
    }
    let restricted = cx.package(&target.package_name).is_some_and(|package| package.restrict_access);
    let foreign = referrer.package != target.package_name && restricted;
    let group = target.group.as_deref();
    let refused = match model.access.as_str() {
        "private" if referrer.group.is_none() || referrer.group != group || foreign => {
            Some(("private", group.unwrap_or("None"), "group"))
        }
        "protected" if foreign => Some(("protected", target.package_name.as_str(), "package")),
        _ => None,
    };
    match refused {
        None => Ok(()),
        Some((access, scope, scope_type)) => Err(Error::parsing(format!(
            "Node {} attempted to reference node {}, which is not allowed because the referenced node is {access} to the \
             '{scope}' {scope_type}.",
            referrer.unique_id, target.unique_id
        ))),
    }
}

fn warn_root(cx: &Cx, referrer: &Referrer<'_>, target: &Node, package: Option<&str>) -> Result<()> {
    let root = cx.root();
    let surprising = referrer.package != root && target.package_name == root && package != Some(root);
    if !surprising || cx.flags.node_package_before_root {
        return Ok(());
    }
    let name = referrer.unique_id.split('.').nth(2).unwrap_or_default();
    cx.warnings.warn(
        "PackageNodeDependsOnRootProjectNode",
        "I077",
        &format!(
            "The node '{name}'in package '{}' depends on the root project node '{}'.This may lead to unexpected cycles \
             downstream. Please set the 'require_ref_searches_node_package_before_root' behavior change flag to True to \
             avoid this issue.For more information, see the documentation at \
             https://docs.getdbt.com/reference/global-configs/behavior-changes#package-ref-search-order",
            referrer.package, target.unique_id
        ),
    )
}
