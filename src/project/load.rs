//! From an invocation to a project: reads, renders and checks in dbt's order, so that of several mistakes the one
//! that dbt would name is named.

use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;

use super::base::Base;
use super::contract;
use super::file::{self, PROJECT_FILE};
use super::names::FileReads;
use super::package::{self, Rendered};
use super::packages::{self, PackageList};
use super::render::Renderer;
use super::values::repr;
use super::{Package, Project, Target, behaviour, profile};
use crate::error::{Error, Result};
use crate::events::Events;
use crate::invocation::Invocation;
use crate::yaml::{Map, Node, Value};

/// A project without its profile: all that `deps` and `clean` need.
#[derive(Debug, Clone)]
pub struct ProjectWithoutProfile {
    /// The root package.
    pub root: Package,
    /// The packages it asks for.
    pub packages: PackageList,
}

/// The names of the packages inside rdbt, which no other package may have.
const BUILTIN_PACKAGES: [&str; 2] = ["dbt", "dbt_duckdb"];

/// Loads the project, its profile and its installed packages.
///
/// # Errors
/// Whatever is missing or wrong in those files, in dbt's words.
pub fn load(invocation: &Arc<Invocation>, events: &Arc<Events>) -> Result<Project> {
    let flags = &invocation.flags;
    let root = flags.project_dir.as_path();
    let mut env_vars = IndexMap::new();

    check_names_of_vars(&flags.vars)?;
    let profile_name = file::read_project(root)?.get("profile").cloned();
    let secrets = Renderer::for_secrets(Base::new(invocation, events), &flags.vars);
    let target = profile::load(flags, profile_name.as_ref(), &secrets, events)?;
    env_vars.extend(secrets.env_vars());
    let mut reads = FileReads::default();
    secrets.add_reads(&mut reads);

    let loaded = load_root(invocation, Some(&target), events)?;
    env_vars.extend(loaded.renderer.env_vars());
    let renderer = Renderer::for_secrets(Base::new(invocation, events), &loaded.vars);
    let list = packages::load(root, &renderer, packages::Rendered::PackagesOnly)?;
    renderer.add_reads(&mut reads);
    let selectors = load_selectors(root, &loaded.renderer)?;
    loaded.renderer.add_reads(&mut reads);
    let package = loaded.package;
    package
        .raw
        .as_map()
        .map_or(Ok(()), contract::check_config_version)
        .map_err(|error| error.in_file(root.join(PROJECT_FILE).display().to_string()))?;
    let installed = load_packages(invocation, &package, &list, &target, events, &mut reads)?;

    let base_target_path = match &flags.target_path {
        Some(path) => root.join(path),
        None => root.join(package.target_path()),
    };
    let target_path = match &flags.step {
        Some(step) => base_target_path.join(step.folder()),
        None => base_target_path.clone(),
    };
    Ok(Project {
        packages_install_path: root.join(package.packages_install_path()),
        log_path: flags.log_path.clone().unwrap_or_else(|| root.join("logs")),
        target_path,
        base_target_path,
        packages: installed,
        target,
        cli_vars: flags.vars.clone(),
        flags: behaviour::resolve(&flags.other),
        selectors,
        env_vars,
        reads,
        root: package,
    })
}

/// Names of variables are texts: `--vars '{1: 2}'` is refused.
fn check_names_of_vars(vars: &Map) -> Result<()> {
    match vars.iter().find(|(key, _)| key.as_str().is_none()) {
        None => Ok(()),
        Some((key, _)) => {
            let name = repr(&key.value);
            Err(Error::runtime(format!("at path ['cli_vars']: {name} is not of type 'string'"))
                .hint(format!("Write the name between quotes: \"{name}\".")))
        }
    }
}

/// Loads the project alone, with a `target` that is empty in Jinja.
///
/// # Errors
/// See [`load`].
pub fn load_without_profile(invocation: &Arc<Invocation>, events: &Arc<Events>) -> Result<ProjectWithoutProfile> {
    let loaded = load_root(invocation, None, events)?;
    let packages = packages::load(
        &invocation.flags.project_dir,
        &Renderer::for_secrets(Base::new(invocation, events), &loaded.vars),
        packages::Rendered::PackagesOnly,
    )?;
    // Nothing selects here, but dbt renders them with the project: a mistake in one ends the command.
    load_selectors(&invocation.flags.project_dir, &loaded.renderer)?;
    Ok(ProjectWithoutProfile { root: loaded.package, packages })
}

struct LoadedRoot {
    package: Package,
    renderer: Renderer,
    vars: Map,
}

fn load_root(invocation: &Arc<Invocation>, target: Option<&Target>, events: &Arc<Events>) -> Result<LoadedRoot> {
    let flags = &invocation.flags;
    let root = flags.project_dir.as_path();
    let file_vars = file::read_vars(root)?;
    let raw = file::read_root_project(root, events)?;
    if !file_vars.is_empty() && raw.get("vars").is_some_and(|vars| vars.value.is_truthy()) {
        return Err(Error::runtime("Variables cannot be defined in both vars.yml and dbt_project.yml. "));
    }
    let mut vars = file_vars.clone();
    for (key, value) in &flags.vars {
        vars.insert(key.clone(), value.clone());
    }
    let renderer = Renderer::for_project(Base::new(invocation, events), &vars, target, invocation.command != "deps");
    let rendered = package::render(raw, &renderer)
        .map_err(|error| error.in_file(root.join(PROJECT_FILE).display().to_string()))?;
    let mut package = build(root, rendered, flags.version_check, events)?;
    if !file_vars.is_empty() {
        package.vars = file_vars;
    }
    if let Some(path) = &flags.target_path
        && package.raw.get("clean-targets").is_none_or(Node::is_null)
    {
        package.clean_targets = vec![path.display().to_string()];
    }
    Ok(LoadedRoot { package, renderer, vars })
}

fn build(root: &Path, rendered: Rendered, version_check: bool, events: &Events) -> Result<Package> {
    package::build(root, rendered, version_check, events)
        .map_err(|error| error.in_file(root.join(PROJECT_FILE).display().to_string()))
}

fn load_selectors(root: &Path, renderer: &Renderer) -> Result<Option<Node>> {
    let path = root.join("selectors.yml");
    match file::read_yaml(&path)? {
        Some(node) if !node.is_null() => {
            renderer.render_all(&node).map(Some).map_err(|error| error.in_file(path.display().to_string()))
        }
        _ => Ok(None),
    }
}

fn load_packages(
    invocation: &Arc<Invocation>,
    root: &Package,
    list: &PackageList,
    target: &Target,
    events: &Arc<Events>,
    reads: &mut FileReads,
) -> Result<IndexMap<String, Package>> {
    let project_dir = invocation.flags.project_dir.as_path();
    let locked = packages::locked_names(project_dir)?;
    let install_path = root.packages_install_path();
    let folders = packages::installed(&project_dir.join(install_path))?;
    packages::check_installed(list, &locked, &folders, install_path)?;

    // A package's own file sees no `--vars`, as in dbt.
    let renderer = Renderer::for_project(Base::new(invocation, events), &Map::new(), Some(target), true);
    let mut found = IndexMap::new();
    for folder in folders {
        let package = load_package(&folder, &renderer, invocation.flags.version_check, root, events)?;
        let name = package.name.clone();
        if name == root.name || BUILTIN_PACKAGES.contains(&name.as_str()) || found.contains_key(&name) {
            return Err(Error::compilation(format!(
                "dbt found more than one package with the name \"{name}\" included in this project. Package names \
                 must be unique in a project. Please rename one of these packages."
            )));
        }
        found.insert(name, package);
    }
    renderer.add_reads(reads);
    Ok(found)
}

fn load_package(
    folder: &Path,
    renderer: &Renderer,
    version_check: bool,
    root: &Package,
    events: &Events,
) -> Result<Package> {
    let read = || -> Result<Package> {
        let rendered = package::render(file::read_project(folder)?, renderer)?;
        build(folder, rendered, version_check, events)
    };
    let mut package = read().map_err(|mut error| {
        error.message = format!("Failed to read package: {}", Error { file: None, ..error.clone() });
        error.in_file(folder.display().to_string())
    })?;
    // dbt quotes everywhere as the root project says.
    package.quoting = root.quoting;
    Ok(package)
}

/// The name of the project in a folder, for `deps`.
///
/// # Errors
/// There is no project, or it has no name.
pub fn project_name(folder: &Path) -> Result<String> {
    match file::read_project(folder)?.get("name").map(|node| &node.value) {
        Some(Value::Str(name)) if !name.is_empty() => Ok(name.clone()),
        _ => Err(Error::runtime(format!("Package defined in {PROJECT_FILE} must have a name!"))
            .in_file(folder.join(PROJECT_FILE).display().to_string())),
    }
}
