//! Docs blocks (`{% docs name %}`), and the descriptions that use them through `doc()`.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;
use rayon::prelude::*;

use super::cx::Cx;
use super::files::{FileKind, PackageFiles, SourceFile};
use crate::builtin_macros;
use crate::context::errors::from_jinja;
use crate::error::{NodeLabel, Result};
use crate::jinja::blocks::{BlockType, extract};
use crate::jinja::value::Dict;
use crate::manifest::{Documentation, IdMap, UniqueId};
use crate::project::Package;

/// The docs blocks of rdbt itself and of all packages, in dbt's order.
///
/// # Errors
/// A file's blocks cannot be told apart.
pub fn parse(cx: &Cx, packages: &[(&Package, &PackageFiles)]) -> Result<Vec<Documentation>> {
    let root = packages.iter().take(1);
    let others = packages.iter().skip(1);
    let of = |files: &'_ PackageFiles| -> Result<Vec<Documentation>> {
        let parsed: Vec<Result<Vec<Documentation>>> =
            files.of(FileKind::Docs).par_iter().map(|file| parse_file(cx, file)).collect();
        Ok(parsed.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
    };
    let mut docs = Vec::new();
    for (_, files) in root {
        docs.extend(of(files)?);
    }
    for file in builtin_macros::files().iter().filter(|file| file.is_docs()) {
        let relative = file.path.strip_prefix("docs/").unwrap_or(file.path);
        docs.extend(blocks_of(cx, file.source, file.package, relative, file.path)?);
    }
    for (_, files) in others {
        docs.extend(of(files)?);
    }
    Ok(docs)
}

fn parse_file(cx: &Cx, file: &SourceFile) -> Result<Vec<Documentation>> {
    blocks_of(cx, &file.contents, &file.package, &file.relative_path, &file.original_file_path())
}

fn blocks_of(cx: &Cx, text: &str, package: &str, path: &str, original_file_path: &str) -> Result<Vec<Documentation>> {
    let label = NodeLabel {
        resource_type: "doc".to_owned(),
        name: original_file_path.to_owned(),
        path: original_file_path.to_owned(),
    };
    let failed = |error| from_jinja(&error, Some(&label));
    let mut docs = Vec::new();
    for block in extract(text, original_file_path, &[BlockType::Docs]).map_err(failed)? {
        let contents = if has_jinja(&block.contents) {
            cx.globals.engine.render_str(&block.contents, original_file_path, Dict::new()).map_err(failed)?
        } else {
            block.contents
        };
        docs.push(Documentation {
            unique_id: format!("doc.{package}.{}", block.name),
            name: block.name,
            package_name: package.to_owned(),
            path: path.to_owned(),
            original_file_path: original_file_path.to_owned(),
            block_contents: contents.trim().to_owned(),
        });
    }
    Ok(docs)
}

/// Whether there is anything to render.
pub fn has_jinja(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

/// Finds docs blocks by name.
#[derive(Debug, Default)]
pub struct DocLookup {
    by_name: HashMap<String, IndexMap<String, UniqueId>>,
    contents: HashMap<UniqueId, Arc<str>>,
    root: String,
}

impl DocLookup {
    /// A lookup of these blocks for a root project.
    pub fn new(root: &str, docs: &IdMap<Documentation>) -> Self {
        let mut lookup = DocLookup { root: root.to_owned(), ..DocLookup::default() };
        for doc in docs.values() {
            let packages = lookup.by_name.entry(doc.name.clone()).or_default();
            packages.insert(doc.package_name.clone(), doc.unique_id.clone());
            lookup.contents.insert(doc.unique_id.clone(), Arc::from(doc.block_contents.as_str()));
        }
        lookup
    }

    /// The block that `doc(package, name)` in a node of `node_package` means: its unique id and its text.
    pub fn find(&self, node_package: &str, package: Option<&str>, name: &str) -> Option<(&str, &Arc<str>)> {
        let packages = self.by_name.get(name)?;
        let id = match package {
            Some(package) => packages.get(package)?,
            None => {
                packages.get(&self.root).or_else(|| packages.get(node_package)).or_else(|| packages.values().next())?
            }
        };
        Some((id, self.contents.get(id)?))
    }
}
