//! What `packages.yml`, `dependencies.yml` and `package-lock.yml` ask for.

use std::path::{Path, PathBuf};

use super::file::{self, DEPENDENCIES_FILE, LOCK_FILE, PROJECT_FILE};
use super::render::Renderer;
use super::values::repr;
use crate::error::{Error, Result};
use crate::yaml::{Map, Node, Value};

mod entry;

pub use entry::{GitSource, HubVersion, PackageSource, PackageSpec, RawVersion};

/// The packages that a project asks for.
#[derive(Debug, Clone)]
pub struct PackageList {
    /// In the order of the file.
    pub packages: Vec<PackageSpec>,
    /// `packages.yml` or `dependencies.yml`.
    pub file: &'static str,
}

/// Which files of packages are rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rendered {
    /// The root project's: `packages.yml`, but not `dependencies.yml`.
    PackagesOnly,
    /// Those of a package that another one asks for: either.
    Both,
}

/// Reads and renders the packages of the project in `root`.
///
/// # Errors
/// A file is not YAML, does not render, or has an entry that is no package.
pub fn load(root: &Path, renderer: &Renderer, which: Rendered) -> Result<PackageList> {
    let raw = file::read_packages(root)?;
    let node = Node::detached(Value::Map(raw.map));
    let as_written = which == Rendered::PackagesOnly && raw.file == DEPENDENCIES_FILE;
    let in_file = |error: Error| error.in_file(root.join(raw.file).display().to_string());
    let rendered = if as_written { node.clone() } else { renderer.render_all(&node).map_err(in_file)? };
    let mut packages = specs(&rendered, Some(&node));
    if which == Rendered::PackagesOnly {
        packages = packages.map_err(|error| error.in_file(root.join(PROJECT_FILE).display().to_string()));
    }
    Ok(PackageList { packages: packages?, file: raw.file })
}

/// The packages of a list that is in memory, with `unrendered` empty, as dbt has it after `--add-package`.
///
/// # Errors
/// See [`load`].
pub fn from_map(map: Map, renderer: &Renderer) -> Result<Vec<PackageSpec>> {
    specs(&renderer.render_all(&Node::detached(Value::Map(map)))?, None)
}

/// The packages of `package-lock.yml`, each at one version; None if there is no such file.
///
/// # Errors
/// See [`load`].
pub fn load_lock(root: &Path, renderer: &Renderer) -> Result<Option<Vec<PackageSpec>>> {
    let path = root.join(LOCK_FILE);
    if !path.exists() {
        return Ok(None);
    }
    let node = Node::detached(Value::Map(file::read_mapping(&path)?));
    let rendered = renderer.render_all(&node)?;
    specs(&rendered, Some(&node)).map(Some).map_err(|error| error.in_file(path.display().to_string()))
}

/// The names of the packages in `package-lock.yml`, None where one has no name. Nothing is rendered or checked: a command
/// that finds its packages installed has no need of what `deps` needed to install them.
///
/// # Errors
/// The file is not YAML.
pub fn locked_names(root: &Path) -> Result<Vec<Option<String>>> {
    let lock = file::read_mapping(&root.join(LOCK_FILE))?;
    let entries = lock.get("packages").and_then(Node::as_seq).unwrap_or_default();
    Ok(entries.iter().map(|entry| entry.get("name").and_then(Node::as_str).map(str::to_owned)).collect())
}

/// The hash in `package-lock.yml` of the list of which it was made.
///
/// # Errors
/// The file is not YAML.
pub fn lock_hash(root: &Path) -> Result<Option<String>> {
    let lock = file::read_mapping(&root.join(LOCK_FILE))?;
    Ok(lock.get("sha1_hash").and_then(Node::as_str).map(str::to_owned))
}

fn specs(rendered: &Node, unrendered: Option<&Node>) -> Result<Vec<PackageSpec>> {
    check_keys(rendered)?;
    let items = match rendered.get("packages").map(|node| &node.value) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Seq(items)) => items,
        Some(other) => return Err(malformed(&format!("{} is not of type 'array'", repr(other)))),
    };
    let raw = unrendered.and_then(|node| node.get("packages")).and_then(Node::as_seq).unwrap_or_default();
    let read = |(index, item): (usize, &Node)| PackageSpec::read(item, raw.get(index)).map_err(|why| malformed(&why));
    items.iter().enumerate().map(read).collect()
}

fn check_keys(list: &Node) -> Result<()> {
    let known = ["packages", "sha1_hash"];
    let keys = list.as_map().into_iter().flat_map(Map::iter).map(|(key, _)| repr(&key.value));
    let mut unknown: Vec<String> = keys.filter(|key| !known.contains(&key.trim_matches('\''))).collect();
    unknown.sort();
    let verb = if unknown.len() == 1 { "was" } else { "were" };
    match unknown.is_empty() {
        true => Ok(()),
        false => {
            Err(malformed(&format!("Additional properties are not allowed ({} {verb} unexpected)", unknown.join(", "))))
        }
    }
}

fn malformed(reason: &str) -> Error {
    Error::runtime(format!(
        "The packages.yml file in this project is malformed. Please double check\nthe contents of this file and fix any \
         errors before retrying.\n\nYou can find more information on the syntax for this file \
         here:\nhttps://docs.getdbt.com/docs/package-management\n\nValidator Error:\n{reason}\n"
    ))
}

/// The folders in which packages are installed, by name.
///
/// # Errors
/// The folder of packages cannot be listed.
pub fn installed(install_path: &Path) -> Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(install_path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(Error::runtime(format!(
                "The folder of packages {} cannot be listed: {error}.",
                install_path.display()
            )));
        }
    };
    let mut folders: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.is_dir() && !file_name(path).starts_with("__"))
        .collect();
    folders.sort();
    Ok(folders)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Checks that as many packages are installed as the lock file, or else the list, asks for.
///
/// # Errors
/// The numbers differ: `deps` has to run.
pub fn check_installed(
    list: &PackageList,
    locked: &[Option<String>],
    folders: &[PathBuf],
    install_path: &str,
) -> Result<()> {
    let specified = if locked.is_empty() { list.packages.len() } else { locked.len() };
    if specified == folders.len() {
        return Ok(());
    }
    let names: Vec<String> =
        folders.iter().map(|path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned()).collect();
    let missing: Vec<&str> =
        locked.iter().filter_map(|name| name.as_deref()).filter(|name| !names.iter().any(|n| n == name)).collect();
    let mut message = format!(
        "dbt expects {} package(s) based on packages specified in {}, but found only {} package(s) installed in \
         {install_path}. ",
        specified,
        list.file,
        folders.len()
    );
    if !missing.is_empty() {
        message.push_str(&format!("Following packages were not found: {}. ", missing.join(", ")));
    }
    message.push_str("Run \"dbt deps\" to install package dependencies.");
    Err(Error::compilation(message))
}
