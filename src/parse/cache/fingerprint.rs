//! Digests of everything that a render may see besides variables: of the project for what all renders share, of a node
//! for what is its own.

use std::time::UNIX_EPOCH;

use crate::manifest::{IdMap, Macro, Node};
use crate::project::Project;

/// A digest of texts, in hexadecimal; each counts for itself.
pub fn digest(parts: &[&[u8]]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&part.len().to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

/// What all renders of a project share: this program, packages, macros and where they are searched, the target, the
/// behaviour flags.
pub fn of_project(project: &Project, macros: &IdMap<Macro>) -> String {
    let packages: Vec<(&str, String)> = project
        .all_packages()
        .map(|package| (package.name.as_str(), format!("{:?} {:?}", package.quoting, package.dispatch)))
        .collect();
    let shared = format!("{} {packages:?} {:?} {:?}", program(), project.target, project.flags);
    let mut parts: Vec<&[u8]> = vec![shared.as_bytes()];
    for (id, found) in macros {
        parts.push(id.as_bytes());
        parts.push(found.original_file_path.as_bytes());
        parts.push(found.definition.source.as_bytes());
    }
    digest(&parts)
}

/// This build of rdbt.
pub fn program() -> String {
    let file = std::env::current_exe().and_then(std::fs::metadata).ok();
    let age = file.as_ref().and_then(|file| file.modified().ok()?.duration_since(UNIX_EPOCH).ok());
    format!("{} {:?} {age:?}", env!("CARGO_PKG_VERSION"), file.map(|file| file.len()))
}

/// What only a node's own render sees: its text, its names, its configuration so far.
pub fn of_node(node: &Node) -> String {
    let place = format!(
        "{:?} {} {} {:?} {} {} {:?}",
        node.resource_type, node.package_name, node.path, node.database, node.schema, node.alias, node.fqn
    );
    let config = serde_json::to_vec(&node.config.0).unwrap_or_default();
    digest(&[
        node.unique_id.as_bytes(),
        node.original_file_path.as_bytes(),
        place.as_bytes(),
        &config,
        node.raw_code.as_bytes(),
    ])
}
