//! What `compile`, `show` and `seed --show` print: the SQL of what was selected, or its rows.

use crate::adapter::Table;
use crate::adapter::table::PrintOptions;
use crate::artifacts::python_json;
use crate::context::runtime::RunShared;
use crate::events::{Events, Level, lines};
use crate::invocation::Flags;
use crate::manifest::Node;
use crate::manifest::node::version_text;
use crate::parse::INLINE_NAME;

use super::results::{NodeResult, RunResults, Status};

/// Rows of `seed --show`.
const SEED_ROWS: usize = 10;

/// The SQL of each node named by the first word of the selection, as dbt prints it; nothing if nothing was selected.
pub fn print_compiled(events: &Events, flags: &Flags, shared: &RunShared, results: &RunResults) {
    if flags.inline.is_none() && flags.select.is_empty() {
        return;
    }
    let (inline, format) = (flags.inline.is_some(), flags.output.as_deref().unwrap_or("text"));
    for result in matching(events, flags, results) {
        let id = result.resource.unique_id();
        let compiled = shared.compiled.get(id).and_then(|compiled| compiled.code.clone()).unwrap_or_default();
        events.emit(lines::compiled_node(result.resource.name(), id, &compiled, inline, format, flags.quiet));
    }
}

/// All rows of a table, as `show` prints them.
pub fn grid(table: &Table) -> String {
    table.to_grid(&PrintOptions { max_rows: None, ..PrintOptions::default() })
}

/// The rows of each node named by the first word of the selection.
pub fn print_rows(events: &Events, flags: &Flags, results: &RunResults) {
    let (inline, format) = (flags.inline.is_some(), flags.output.as_deref().unwrap_or("text"));
    for result in matching(events, flags, results) {
        let Some(table) = &result.table else { continue };
        let preview = match format {
            "json" => python_json::to_string(&table.to_json()),
            _ => grid(table),
        };
        let name = result.resource.node().map(|node| versioned(node)).unwrap_or_default();
        events.emit(lines::show_node(&name, result.resource.unique_id(), &preview, inline, format, flags.quiet));
    }
}

/// The first rows of each seed that was loaded.
pub fn print_seeds(events: &Events, results: &RunResults) {
    for result in results.results.iter().filter(|result| result.status != Status::Error) {
        let (Some(node), Some(table)) = (result.resource.node(), &result.table) else { continue };
        let header = format!("Random sample of table: {}.{}", node.schema, node.alias);
        events.emit(lines::formatting(""));
        events.emit(lines::seed_header(&header));
        events.emit(lines::formatting(&"-".repeat(header.chars().count())));
        let options = PrintOptions { max_rows: Some(SEED_ROWS), max_columns: None, ..PrintOptions::default() };
        for line in table.to_grid(&options).lines() {
            events.emit(lines::print(line));
        }
        events.emit(lines::formatting(""));
    }
}

fn versioned(node: &Node) -> String {
    match node.model().and_then(|model| model.version.as_ref()) {
        Some(version) => format!("{}.v{}", node.name, version_text(version)),
        None => node.name.clone(),
    }
}

/// dbt prints the results whose name stands somewhere in the first word of the selection.
fn matching<'a>(events: &Events, flags: &Flags, results: &'a RunResults) -> Vec<&'a NodeResult> {
    let mut matching = Vec::new();
    for result in &results.results {
        let name = result.resource.name();
        let wanted = match flags.inline {
            Some(_) => name == INLINE_NAME,
            None => flags.select.first().is_some_and(|words| words.contains(name)),
        };
        if wanted {
            matching.push(&**result);
        } else if flags.inline.is_none() {
            events.emit(lines::note(Level::Debug, &format!("Excluded node '{name}' from results")));
        }
    }
    matching
}
