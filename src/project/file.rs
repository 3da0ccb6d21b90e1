//! Reads the YAML files of a project folder as they are, before anything is rendered.

use std::path::{Path, PathBuf};

use super::deprecations;
use super::values::text;
use crate::error::{Error, Result};
use crate::events::Events;
use crate::yaml::{self, Map, Node, Value};

/// The file that makes a folder a project.
pub const PROJECT_FILE: &str = "dbt_project.yml";
/// The file with the packages that a project needs.
pub const PACKAGES_FILE: &str = "packages.yml";
/// The other file that may name them.
pub const DEPENDENCIES_FILE: &str = "dependencies.yml";
/// The file in which `deps` writes down what it resolved.
pub const LOCK_FILE: &str = "package-lock.yml";

/// Reads a YAML file; None if there is no such file.
///
/// # Errors
/// The file cannot be read, is not UTF-8, or is not YAML.
pub fn read_yaml(path: &Path) -> Result<Option<Node>> {
    match read_text(path)? {
        Some(text) => parse(&text, path).map(Some),
        None => Ok(None),
    }
}

/// The text of a file as dbt reads its own: without what is empty at its end.
fn read_text(path: &Path) -> Result<Option<String>> {
    Ok(read_whole(path)?.map(|text| text.trim_end().to_owned()))
}

/// The text of a file; None if there is no such file.
///
/// # Errors
/// The file cannot be read or is not UTF-8.
pub fn read_whole(path: &Path) -> Result<Option<String>> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(Error::runtime(format!("The file {} cannot be read: {error}.", path.display())));
        }
    };
    let text = String::from_utf8(bytes).map_err(|error| {
        Error::runtime(format!("The file {} is not valid UTF-8: {}.", path.display(), error.utf8_error()))
            .hint("Save the file in UTF-8.")
    })?;
    Ok(Some(text))
}

fn parse(text: &str, path: &Path) -> Result<Node> {
    let name = path.display().to_string();
    yaml::parse(text, &name).map_err(|error| Error::runtime(error.to_string()).in_file(name))
}

/// Reads `dbt_project.yml`; `tests` counts as `data_tests`.
///
/// # Errors
/// There is no such file, it is not YAML, or it is not a mapping.
pub fn read_project(root: &Path) -> Result<Map> {
    read_project_noting(root, &mut |_| Ok(()))
}

/// How the complaint about a project file ends that is YAML but no mapping.
pub const NO_MAPPING: &str = "does not parse to a dictionary";

/// Reads the root project's `dbt_project.yml` and says which keys it has twice.
///
/// # Errors
/// See [`read_project`].
pub fn read_root_project(root: &Path, events: &Events) -> Result<Map> {
    let path = root.join(PROJECT_FILE);
    read_project_noting(root, &mut |place| deprecations::duplicate_key(events, place, &path))
}

fn read_project_noting(root: &Path, duplicate: &mut dyn FnMut(&str) -> Result<()>) -> Result<Map> {
    let path = root.join(PROJECT_FILE);
    let Some(content) = read_text(&path)? else {
        return Err(missing_project(&path));
    };
    let name = path.display().to_string();
    let (node, duplicates) =
        yaml::parse_checked(&content, &name).map_err(|error| Error::runtime(error.to_string()).in_file(&name))?;
    for key in &duplicates {
        duplicate(&key.message)?;
    }
    match node.value {
        Value::Map(map) => Ok(with_data_tests(map)),
        _ => Err(Error::runtime(format!("{PROJECT_FILE} {NO_MAPPING}")).in_file(name)),
    }
}

fn missing_project(path: &Path) -> Error {
    Error::runtime(format!(
        "No {PROJECT_FILE} found at expected path {}\nVerify that each entry within packages.yml (and their transitive \
         dependencies) contains a file named {PROJECT_FILE}",
        path.display()
    ))
    .hint("Run the command inside a project, name one with --project-dir, or make one with `init`.")
}

/// The old name `tests` means `data_tests` unless both are there.
fn with_data_tests(map: Map) -> Map {
    if !map.contains_key("tests") || map.contains_key("data_tests") {
        return map;
    }
    map.into_iter()
        .map(|(key, value)| if key.as_str() == Some("tests") { (text("data_tests"), value) } else { (key, value) })
        .collect()
}

/// The packages that a project asks for, as read, and the file that says so.
#[derive(Debug, Clone)]
pub struct RawPackages {
    /// The mapping with the key `packages`; empty if there is none.
    pub map: Map,
    /// `packages.yml` or `dependencies.yml`.
    pub file: &'static str,
}

/// Reads `packages.yml` and `dependencies.yml`.
///
/// # Errors
/// A file is not YAML; both name packages; `packages.yml` names projects.
pub fn read_packages(root: &Path) -> Result<RawPackages> {
    let packages = read_mapping(&root.join(PACKAGES_FILE))?;
    let dependencies = read_mapping(&root.join(DEPENDENCIES_FILE))?;
    if packages.contains_key("packages") && dependencies.contains_key("packages") {
        return Err(Error::runtime("The 'packages' key cannot be specified in both packages.yml and dependencies.yml"));
    }
    if packages.contains_key("projects") {
        return Err(Error::runtime("The 'projects' key cannot be specified in packages.yml"));
    }
    Ok(match dependencies.get("packages") {
        Some(list) => {
            RawPackages { map: [(text("packages"), list.clone())].into_iter().collect(), file: DEPENDENCIES_FILE }
        }
        None => RawPackages { map: packages, file: PACKAGES_FILE },
    })
}

/// Reads a file that holds a mapping; a missing or empty file is an empty one.
///
/// # Errors
/// The file is not YAML, or holds something else.
pub fn read_mapping(path: &Path) -> Result<Map> {
    match read_yaml(path)?.map(|node| node.value) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Map(map)) => Ok(map),
        Some(other) => Err(Error::runtime(format!(
            "The file {} must hold a mapping of keys to values, but holds a {}.",
            path.display(),
            other.type_name()
        ))),
    }
}

/// The variables of `vars.yml`; empty if there is none.
///
/// # Errors
/// The file is not YAML, or `vars` in it is not a mapping.
pub fn read_vars(root: &Path) -> Result<Map> {
    let path = root.join("vars.yml");
    let file = read_mapping(&path)?;
    match file.get("vars").map(|node| &node.value) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Map(map)) => Ok(map.clone()),
        Some(other) => Err(Error::runtime(format!(
            "The key `vars` of {} must be a mapping, but is a {}.",
            path.display(),
            other.type_name()
        ))),
    }
}

/// The nearest folder at or above `start` that holds a project; `start` itself if there is none.
pub fn nearest_project(start: &Path) -> PathBuf {
    start.ancestors().find(|folder| folder.join(PROJECT_FILE).exists()).unwrap_or(start).to_owned()
}
