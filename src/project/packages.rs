//! What `packages.yml`, `dependencies.yml` and `package-lock.yml` ask for.

use std::path::{Path, PathBuf};

use super::file::{self, DEPENDENCIES_FILE, LOCK_FILE, RawPackages};
use super::render::Renderer;
use super::values::repr;
use crate::error::{Error, Result};
use crate::yaml::{Map, Node, Value};

/// Where a package comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackageKind {
    /// A folder on this machine.
    Local,
    /// The package hub.
    Registry,
    /// A git repository.
    Git,
    /// A private git repository.
    Private,
    /// An archive behind a URL.
    Tarball,
}

impl PackageKind {
    const ALL: [(PackageKind, &'static str); 5] = [
        (PackageKind::Local, "local"),
        (PackageKind::Registry, "package"),
        (PackageKind::Git, "git"),
        (PackageKind::Private, "private"),
        (PackageKind::Tarball, "tarball"),
    ];

    /// The key that names a package of this kind.
    pub fn key(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("local", |(_, key)| key)
    }
}

/// One entry of a list of packages.
#[derive(Debug, Clone)]
pub struct PackageSpec {
    /// Where it comes from.
    pub kind: PackageKind,
    /// The folder, hub name, repository or URL.
    pub location: String,
    /// The project's name, where the list gives one (the lock file does).
    pub name: Option<String>,
    /// The entry, rendered.
    pub rendered: Map,
    /// The entry as written; its hash tells `deps` whether the list has changed.
    pub unrendered: Map,
}

/// The packages that a project asks for.
#[derive(Debug, Clone)]
pub struct PackageList {
    /// In the order of the file.
    pub packages: Vec<PackageSpec>,
    /// `packages.yml` or `dependencies.yml`.
    pub file: &'static str,
}

/// Reads and renders the packages of the project in `root`.
///
/// # Errors
/// A file is not YAML, does not render, or has an entry that is no package.
pub fn load(root: &Path, renderer: &Renderer) -> Result<PackageList> {
    from_raw(file::read_packages(root)?, renderer)
}

fn from_raw(raw: RawPackages, renderer: &Renderer) -> Result<PackageList> {
    let node = Node::detached(Value::Map(raw.map));
    // dbt renders packages.yml, but not dependencies.yml.
    let rendered = if raw.file == DEPENDENCIES_FILE { node.clone() } else { renderer.render_all(&node)? };
    let packages = specs(&rendered, &node)?;
    Ok(PackageList { packages, file: raw.file })
}

/// Reads `package-lock.yml`; None if there is none. The text beside the list is the hash of the list it was made of.
///
/// # Errors
/// See [`load`].
pub fn load_lock(root: &Path, renderer: &Renderer) -> Result<Option<(Vec<PackageSpec>, Option<String>)>> {
    let path = root.join(LOCK_FILE);
    if !path.exists() {
        return Ok(None);
    }
    let node = Node::detached(Value::Map(file::read_mapping(&path)?));
    let rendered = renderer.render_all(&node)?;
    let hash = rendered.get("sha1_hash").and_then(Node::as_str).map(str::to_owned);
    Ok(Some((specs(&rendered, &node)?, hash)))
}

fn specs(rendered: &Node, unrendered: &Node) -> Result<Vec<PackageSpec>> {
    let known = ["packages", "sha1_hash", "projects"];
    if let Some((key, _)) = rendered.as_map().and_then(|map| map.str_entries().find(|(key, _)| !known.contains(key))) {
        return Err(malformed(&format!("Additional properties are not allowed ('{key}' was unexpected)")));
    }
    let items = match rendered.get("packages").map(|node| &node.value) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Seq(items)) => items,
        Some(other) => return Err(malformed(&format!("{} is not of type 'array'", repr(other)))),
    };
    let raw = unrendered.get("packages").and_then(Node::as_seq).unwrap_or_default();
    items.iter().enumerate().map(|(index, item)| spec(item, raw.get(index).unwrap_or(item))).collect()
}

fn spec(item: &Node, raw: &Node) -> Result<PackageSpec> {
    let no_package = || malformed(&format!("{} is not valid under any of the given schemas", repr(&item.value)));
    let map = item.as_map().ok_or_else(no_package)?;
    let (kind, key) = PackageKind::ALL.into_iter().find(|(_, key)| map.contains_key(key)).ok_or_else(no_package)?;
    let location = map.get(key).and_then(Node::as_str).ok_or_else(no_package)?.to_owned();
    if location.is_empty() {
        let word = if kind == PackageKind::Registry { "hub" } else { key };
        return Err(malformed(&format!("A {word} package is missing the value. It is a required property.")));
    }
    if kind == PackageKind::Registry {
        check_registry(map, &location)?;
    }
    Ok(PackageSpec {
        kind,
        location,
        name: map.get("name").and_then(Node::as_str).map(str::to_owned),
        rendered: map.clone(),
        unrendered: raw.as_map().cloned().unwrap_or_default(),
    })
}

fn check_registry(map: &Map, name: &str) -> Result<()> {
    if !map.get("version").is_some_and(|version| version.value.is_truthy()) {
        return Err(malformed(&format!(
            "{name} is missing the version. When installing from the Hub package index, version is a required property"
        )));
    }
    if !name.contains('/') {
        return Err(malformed(&format!(
            "{name} was not found in the package index. Packages on the index require a namespace, e.g \
             dbt-labs/dbt_utils"
        )));
    }
    Ok(())
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
    lock: Option<&[PackageSpec]>,
    folders: &[PathBuf],
    install_path: &str,
) -> Result<()> {
    let locked = lock.unwrap_or_default();
    let specified = if locked.is_empty() { list.packages.as_slice() } else { locked };
    if specified.len() == folders.len() {
        return Ok(());
    }
    let names: Vec<String> =
        folders.iter().map(|path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned()).collect();
    let missing: Vec<&str> =
        locked.iter().filter_map(|spec| spec.name.as_deref()).filter(|name| !names.iter().any(|n| n == name)).collect();
    let mut message = format!(
        "dbt expects {} package(s) based on packages specified in {}, but found only {} package(s) installed in \
         {install_path}. ",
        specified.len(),
        list.file,
        folders.len()
    );
    if !missing.is_empty() {
        message.push_str(&format!("Following packages were not found: {}. ", missing.join(", ")));
    }
    message.push_str("Run \"dbt deps\" to install package dependencies.");
    Err(Error::compilation(message))
}
