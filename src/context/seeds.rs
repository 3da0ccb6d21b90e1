//! The rows of a seed as dbt reads them.

use std::path::PathBuf;

use crate::adapter::Table;
use crate::adapter::seed;
use crate::error::Result;
use crate::events::{Event, Level};
use crate::manifest::{Node, NodeKind};

use super::scope::Globals;

/// Reads a seed's file; columns of `column_types` stay text, the others get the types that dbt infers. With `--empty`
/// there are no rows.
///
/// # Errors
/// The file cannot be read or is no CSV.
pub fn load(globals: &Globals, node: &Node) -> Result<Table> {
    let path = path_of(globals, node);
    let delimiter = node.config.str("delimiter").unwrap_or(",");
    let typed = text_columns(globals, node, &path, delimiter);
    let table = seed::read(&path, &typed, delimiter)?;
    Ok(if globals.invocation.flags.empty { table.with_rows(Vec::new()) } else { table })
}

/// The seed's file.
pub fn path_of(globals: &Globals, node: &Node) -> PathBuf {
    match &node.kind {
        NodeKind::Seed { root_path } => PathBuf::from(root_path).join(&node.original_file_path),
        _ => globals.project.root.root.join(&node.original_file_path),
    }
}

/// The columns that `column_types` names and the file has; for the others dbt warns.
fn text_columns(globals: &Globals, node: &Node, path: &std::path::Path, delimiter: &str) -> Vec<String> {
    let Some(serde_json::Value::Object(types)) = node.config.get("column_types") else { return Vec::new() };
    let Some(header) = header(path, delimiter) else { return types.keys().cloned().collect() };
    let (known, mut unknown): (Vec<String>, Vec<String>) =
        types.keys().cloned().partition(|name| header.contains(name));
    if !unknown.is_empty() {
        unknown.sort();
        let message = format!(
            "Column types specified for non-existent columns in seed '{}' (file: {}): {}. These column type overrides \
             will be ignored.",
            node.name,
            path.display(),
            unknown.join(", ")
        );
        let event = Event::new("JinjaLogWarning", "I061", Level::Warn, format!("[WARNING]: {message}"));
        globals.events.emit(event.with("msg", message));
    }
    known
}

fn header(path: &std::path::Path, delimiter: &str) -> Option<Vec<String>> {
    let delimiter = *delimiter.as_bytes().first()?;
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_path(path).ok()?;
    let names = reader.headers().ok()?;
    Some(names.iter().map(|name| name.trim_start_matches('\u{feff}').to_owned()).collect())
}
