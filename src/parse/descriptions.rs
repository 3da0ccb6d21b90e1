//! Renders descriptions once everything is known: `{{ doc('name') }}` puts a docs block in, and the blocks that a
//! description uses are noted.

use std::sync::Arc;

use rayon::prelude::*;

use super::cx::Cx;
use super::docs::{DocLookup, has_jinja};
use super::properties::scope::YamlScope;
use crate::error::Result;
use crate::manifest::{ColumnInfo, Manifest};

/// Renders every description of the manifest.
///
/// # Errors
/// A docs block does not exist, or a template fails.
pub fn render(cx: &Cx, manifest: &mut Manifest) -> Result<()> {
    let docs = Arc::new(DocLookup::new(cx.root(), &manifest.docs));
    let renderer = Renderer { cx, docs: &docs };
    let mut nodes: Vec<_> = manifest.nodes.values_mut().chain(manifest.functions.values_mut()).collect();
    first_error(nodes.par_iter_mut().map(|node| {
        let (package, id) = (node.package_name.clone(), node.unique_id.clone());
        let path = node.original_file_path.clone();
        let place = Place { package: &package, unique_id: &id, path: &path };
        node.doc_blocks = renderer.text(&mut node.description, place)?;
        renderer.columns(node.columns.values_mut(), place).map_err(|error| super::nodes::in_node(error, node))
    }))?;
    let mut sources: Vec<_> = manifest.sources.values_mut().collect();
    first_error(sources.par_iter_mut().map(|source| {
        let (package, id, path) = (source.package_name.clone(), source.unique_id.clone(), source.path.clone());
        let place = Place { package: &package, unique_id: &id, path: &path };
        source.doc_blocks = renderer.text(&mut source.description, place)?;
        renderer.text(&mut source.source_description, place)?;
        renderer.columns(source.columns.values_mut(), place)
    }))?;
    for found in manifest.macros.values_mut().filter(|found| found.patch_path.is_some()) {
        let (package, id, path) = (found.package_name.clone(), found.unique_id.clone(), found.path.clone());
        let place = Place { package: &package, unique_id: &id, path: &path };
        renderer.text(&mut found.description, place)?;
        for argument in &mut found.arguments {
            renderer.text(&mut argument.description, place)?;
        }
    }
    for exposure in manifest.exposures.values_mut() {
        let (package, id) = (exposure.package_name.clone(), exposure.unique_id.clone());
        let path = exposure.original_file_path.clone();
        renderer.text(&mut exposure.description, Place { package: &package, unique_id: &id, path: &path })?;
    }
    Ok(())
}

fn first_error(results: impl IndexedParallelIterator<Item = Result<()>>) -> Result<()> {
    let results: Vec<Result<()>> = results.collect();
    results.into_iter().collect()
}

#[derive(Clone, Copy)]
struct Place<'a> {
    package: &'a str,
    unique_id: &'a str,
    path: &'a str,
}

struct Renderer<'a> {
    cx: &'a Cx,
    docs: &'a Arc<DocLookup>,
}

impl Renderer<'_> {
    /// Renders a description in place, and gives the docs blocks that it uses.
    fn text(&self, description: &mut String, place: Place<'_>) -> Result<Vec<String>> {
        if !has_jinja(description) {
            return Ok(Vec::new());
        }
        let blocks = self.blocks_of(description, place.package);
        let scope = YamlScope::with_docs(&self.cx.globals, place.package, place.unique_id, self.docs);
        *description = scope.text(description, place.path)?;
        Ok(blocks)
    }

    fn columns<'c>(&self, columns: impl Iterator<Item = &'c mut ColumnInfo>, place: Place<'_>) -> Result<()> {
        for column in columns {
            column.doc_blocks = self.text(&mut column.description, place)?;
        }
        Ok(())
    }

    fn blocks_of(&self, description: &str, package: &str) -> Vec<String> {
        let mut blocks = Vec::new();
        for names in doc_calls(description) {
            let found = match names.as_slice() {
                [name] => self.docs.find(package, None, name),
                [package_name, name] => self.docs.find(package, Some(package_name), name),
                _ => None,
            };
            blocks.extend(found.map(|(id, _)| id.to_owned()));
        }
        blocks
    }
}

/// The literal arguments of each `{{ doc(...) }}`.
fn doc_calls(text: &str) -> Vec<Vec<String>> {
    let mut calls = Vec::new();
    for expression in text.split("{{").skip(1) {
        let Some((expression, _)) = expression.split_once("}}") else { continue };
        let expression = expression.trim_matches('-').trim();
        let Some(arguments) = expression.strip_prefix("doc").map(str::trim_start) else { continue };
        let Some(arguments) = arguments.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) else { continue };
        let literal = |argument: &str| {
            let argument = argument.trim();
            let quote = argument.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
            Some(argument.strip_prefix(quote)?.strip_suffix(quote)?.to_owned())
        };
        calls.push(arguments.split(',').filter_map(literal).collect());
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_doc() {
        let calls = doc_calls("{{ doc('a') }} and {{doc(\"p\", 'b')}} {{ var('x') }}");
        assert_eq!(calls, [vec!["a".to_owned()], vec!["p".to_owned(), "b".to_owned()]]);
    }
}
