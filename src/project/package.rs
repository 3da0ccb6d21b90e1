//! Makes a [`Package`] of a rendered `dbt_project.yml`: defaults, old names, version check.

use std::path::Path;

use indexmap::IndexMap;

use super::base::DBT_VERSION;
use super::contract;
use super::deprecations::{self, OldKey};
use super::render::{Renderer, Step};
use super::values::{repr, text};
use super::version::{self, VersionSpec};
use super::{Package, QueryComment};
use crate::error::{Error, Result};
use crate::events::Events;
use crate::manifest::Quoting;
use crate::yaml::{Map, Node, Value};

/// The keys of configuration trees, with the name under which [`Package::configs`] holds them.
const CONFIG_KEYS: [(&str, &str); 12] = [
    ("models", "models"),
    ("seeds", "seeds"),
    ("snapshots", "snapshots"),
    ("analyses", "analyses"),
    ("sources", "sources"),
    ("data_tests", "data_tests"),
    ("unit_tests", "unit_tests"),
    ("metrics", "metrics"),
    ("semantic-models", "semantic_models"),
    ("saved-queries", "saved_queries"),
    ("exposures", "exposures"),
    ("functions", "functions"),
];

/// A rendered project file beside what was written.
pub struct Rendered {
    /// After rendering.
    pub map: Map,
    /// Before rendering.
    pub raw: Map,
}

/// Renders a project file but for the keys that dbt renders later or never.
///
/// # Errors
/// A template does not parse or fails.
pub fn render(raw: Map, renderer: &Renderer) -> Result<Rendered> {
    let node = Node::detached(Value::Map(raw));
    let rendered = renderer.render(&node, &is_rendered)?;
    let take = |node: Node| match node.value {
        Value::Map(map) => map,
        _ => Map::new(),
    };
    Ok(Rendered { map: postprocess(take(rendered)), raw: take(node) })
}

/// Whether dbt renders the value at a path when it loads the project: hooks, the query comment and variables wait.
fn is_rendered(path: &[Step<'_>]) -> bool {
    let Some(Step::Key(first)) = path.first() else { return true };
    match *first {
        "on-run-start" | "on-run-end" | "query-comment" | "vars" => false,
        "seeds" | "models" | "snapshots" | "tests" | "data_tests" => !path.iter().any(|step| {
            matches!(step, Step::Key(key)
                if matches!(key.trim_start_matches(['+', ' ']), "pre-hook" | "post-hook" | "pre_hook" | "post_hook"))
        }),
        _ => true,
    }
}

/// Where dbt takes an absent value for an empty one, and a single text for a list of one.
fn postprocess(map: Map) -> Map {
    let absent_is_dict = ["models", "seeds", "snapshots"];
    map.into_iter()
        .map(|(key, value)| match (key.as_str(), &value.value) {
            (Some("on-run-start" | "on-run-end"), Value::Null) => {
                (key, Node { value: Value::Seq(Vec::new()), ..value })
            }
            (Some("on-run-start" | "on-run-end"), Value::Str(_)) => {
                let span = value.span;
                (key, Node { value: Value::Seq(vec![value]), span })
            }
            (Some(name), Value::Null) if absent_is_dict.contains(&name) => {
                (key, Node { value: Value::Map(Map::new()), ..value })
            }
            _ => (key, value),
        })
        .collect()
}

/// Checks a rendered file and makes a package of it. `version_check` is the flag of that name.
///
/// # Errors
/// The package refuses this version of dbt; a key is unknown or has the wrong type; a renamed key stands beside its
/// successor.
pub fn build(root: &Path, rendered: Rendered, version_check: bool, events: &Events) -> Result<Package> {
    let required = required_versions(&rendered.map, version_check)?;
    for key in OldKey::ALL {
        check_old_key(&rendered.map, key, events)?;
    }
    contract::check(&rendered.map)?;
    Ok(from_checked(root, rendered, required))
}

fn from_checked(root: &Path, rendered: Rendered, required: Vec<String>) -> Package {
    let Rendered { map, raw } = rendered;
    let paths = |key: &str, default: &[&str]| {
        texts(&map, key).unwrap_or_else(|| default.iter().map(|&path| path.to_owned()).collect::<Vec<_>>())
    };
    let renamed = |key: &str, old: &str, default: &str| match map.contains_key(key) {
        true => paths(key, &[default]),
        false => paths(old, &[default]),
    };
    let mut package = Package {
        name: text_of(&map, "name").unwrap_or_default(),
        version: map.get("version").and_then(version_text),
        root: root.to_owned(),
        profile: text_of(&map, "profile"),
        model_paths: renamed("model-paths", "source-paths", "models"),
        macro_paths: paths("macro-paths", &["macros"]),
        seed_paths: renamed("seed-paths", "data-paths", "seeds"),
        test_paths: paths("test-paths", &["tests"]),
        analysis_paths: paths("analysis-paths", &["analyses"]),
        docs_paths: Vec::new(),
        asset_paths: paths("asset-paths", &[]),
        snapshot_paths: paths("snapshot-paths", &["snapshots"]),
        function_paths: paths("function-paths", &["functions"]),
        clean_targets: Vec::new(),
        quoting: quoting(&map),
        configs: configs(&map),
        unrendered_configs: configs(&raw),
        vars: map.get("vars").and_then(Node::as_map).cloned().unwrap_or_default(),
        dispatch: dispatch(&map),
        on_run_start: texts(&map, "on-run-start").unwrap_or_default(),
        on_run_end: texts(&map, "on-run-end").unwrap_or_default(),
        query_comment: query_comment(&map),
        require_dbt_version: required,
        restrict_access: map.get("restrict-access").and_then(Node::as_bool).unwrap_or(false),
        raw: Node::detached(Value::Map(map.clone())),
    };
    package.docs_paths = texts(&map, "docs-paths").unwrap_or_else(|| package.all_source_paths());
    let target = text_of(&map, "target-path").unwrap_or_else(|| "target".to_owned());
    package.clean_targets = texts(&map, "clean-targets").unwrap_or_else(|| vec![target]);
    package
}

fn text_of(map: &Map, key: &str) -> Option<String> {
    map.get(key).and_then(Node::as_str).map(str::to_owned)
}

/// The texts of a list; None if the key is missing or null.
fn texts(map: &Map, key: &str) -> Option<Vec<String>> {
    let items = map.get(key)?.as_seq()?;
    Some(items.iter().filter_map(Node::as_str).map(str::to_owned).collect())
}

fn version_text(node: &Node) -> Option<String> {
    match &node.value {
        Value::Null => None,
        Value::Str(version) => Some(version.clone()),
        other => Some(repr(other)),
    }
}

/// DuckDB quotes everything unless the project says otherwise.
fn quoting(map: &Map) -> Quoting {
    let choice = |keys: &[&str]| {
        let given = keys.iter().find_map(|key| map.get("quoting").and_then(|quoting| quoting.get(key)));
        given.and_then(Node::as_bool).or(Some(true))
    };
    Quoting {
        database: choice(&["database", "project"]),
        schema: choice(&["schema"]),
        identifier: choice(&["identifier"]),
        column: None,
    }
}

fn configs(map: &Map) -> IndexMap<String, Node> {
    CONFIG_KEYS.iter().filter_map(|(key, name)| map.get(key).map(|node| ((*name).to_owned(), node.clone()))).collect()
}

fn dispatch(map: &Map) -> IndexMap<String, Vec<String>> {
    let entries = map.get("dispatch").and_then(Node::as_seq).unwrap_or_default();
    let mut order = IndexMap::new();
    for entry in entries {
        if let (Some(namespace), Some(packages)) =
            (entry.get("macro_namespace").and_then(Node::as_str), entry.get("search_order").and_then(Node::as_seq))
        {
            let packages = packages.iter().filter_map(Node::as_str).map(str::to_owned).collect();
            // dbt takes the first entry for a namespace.
            order.entry(namespace.to_owned()).or_insert(packages);
        }
    }
    order
}

fn query_comment(map: &Map) -> QueryComment {
    let Some(node) = map.get("query-comment") else { return QueryComment::default() };
    let flag = |keys: [&str; 2]| keys.iter().any(|key| node.get(key).and_then(Node::as_bool) == Some(true));
    match &node.value {
        Value::Str(comment) => QueryComment { comment: Some(comment.clone()), ..QueryComment::default() },
        Value::Map(settings) if !settings.is_empty() => QueryComment {
            comment: settings.get("comment").and_then(Node::as_str).map(str::to_owned),
            append: flag(["append", "append"]),
            job_label: flag(["job-label", "job_label"]),
        },
        _ => QueryComment { comment: Some(String::new()), ..QueryComment::default() },
    }
}

/// Reads `require-dbt-version` and checks it against the version that rdbt reproduces.
fn required_versions(map: &Map, version_check: bool) -> Result<Vec<String>> {
    let written: Vec<String> = match map.get("require-dbt-version").map(|node| &node.value) {
        Some(Value::Str(text)) => text.split(',').map(str::to_owned).collect(),
        Some(Value::Seq(items)) => items.iter().filter_map(Node::as_str).map(str::to_owned).collect(),
        _ => vec![">=0.0.0".to_owned()],
    };
    let specs = written.iter().map(|text| VersionSpec::parse(text)).collect::<Result<Vec<_>>>()?;
    if version_check {
        let Some(name) = map.get("name") else {
            return Err(Error::runtime("Required \"name\" field not present in project"));
        };
        check_version(&specs, name.as_str().unwrap_or_default())?;
    }
    Ok(specs.iter().map(ToString::to_string).collect())
}

fn check_version(specs: &[VersionSpec], package: &str) -> Result<()> {
    let installed = VersionSpec::parse(DBT_VERSION)?;
    let list: Vec<Node> = specs.iter().map(|spec| text(&spec.to_string())).collect();
    let list = repr(&Value::Seq(list));
    let advice =
        format!("Check for a different version of the '{package}' package, or run dbt again with --no-version-check\n");
    if !version::satisfiable(specs) {
        return Err(Error::runtime(format!(
            "The package version requirement can never be satisfied for the '{package}\npackage.\n  Required versions \
             of dbt for '{package}': {list}\n{advice}"
        )));
    }
    if !version::admitted(&installed, specs) {
        return Err(Error::runtime(format!(
            "This version of dbt is not supported with the '{package}' package.\n  Installed version of dbt: \
             {installed}\n  Required version of dbt for '{package}': {list}\n{advice}"
        )));
    }
    Ok(())
}

fn check_old_key(map: &Map, key: OldKey, events: &Events) -> Result<()> {
    let Some(node) = map.get(key.name()) else { return Ok(()) };
    if let Some(successor) = key.successor()
        && map.contains_key(successor)
    {
        let old = key.name();
        return Err(Error::runtime(format!(
            "{old} and {successor} cannot both be defined. The `{old}` config has been deprecated in favor of \
             `{successor}`. Please update your `dbt_project.yml` configuration to reflect this change."
        )));
    }
    if key.harmless().is_none() || node.as_str() != key.harmless() {
        deprecations::old_key(events, key)?;
    }
    Ok(())
}

impl Package {
    /// Every folder that holds sources, each once: models, seeds, snapshots, analyses, macros, tests, functions.
    pub fn all_source_paths(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        let lists = [
            &self.model_paths,
            &self.seed_paths,
            &self.snapshot_paths,
            &self.analysis_paths,
            &self.macro_paths,
            &self.test_paths,
            &self.function_paths,
        ];
        for path in lists.into_iter().flatten() {
            let path = path.trim_end_matches('/').to_owned();
            if !all.contains(&path) {
                all.push(path);
            }
        }
        all
    }

    /// The folder of packages, as written; `dbt_packages` unless the project says otherwise.
    pub fn packages_install_path(&self) -> &str {
        self.raw.get("packages-install-path").and_then(Node::as_str).unwrap_or("dbt_packages")
    }

    /// `target-path`, as written.
    pub fn target_path(&self) -> &str {
        self.raw.get("target-path").and_then(Node::as_str).unwrap_or("target")
    }
}
