//! Rendering while parsing: `execute` is false, calls are recorded.

use std::sync::Arc;

use crate::error::{NodeLabel, Result};
use crate::events::effects;
use crate::jinja::Value;
use crate::manifest::Node;

use super::capture::{Capture, Captured};
use super::errors::{from_jinja, with_suggestion};
use super::reads::Reads;
use super::scope::{Globals, Phase, Scope, Subject, TestMacros};

/// Renders `node`'s text and gives what it called and what it read. `extra` are values that only this render sees, such as
/// the keyword arguments of a generic test; `macros` are the only ones that a generic test sees.
///
/// # Errors
/// The text cannot be parsed, or something in it fails.
pub fn render_while_parsing(
    globals: &Arc<Globals>,
    node: &Node,
    extra: Vec<(String, Value)>,
    macros: Option<Arc<TestMacros>>,
) -> Result<(Captured, Reads)> {
    let effects = effects::count();
    let (mut scope, capture, label) = parsing_scope(globals, node, macros);
    scope.extra.extend(extra);
    let captured = render_in(globals, node, scope, &capture, &label)?;
    Ok((captured, reads_of(&capture, effects)))
}

/// What a render read, when this thread had had `effects` before it.
fn reads_of(capture: &Capture, effects: u64) -> Reads {
    let mut reads = capture.take_reads();
    reads.effects = effects::count() != effects;
    reads.unrepeatable |= reads.effects;
    reads
}

fn render_in(
    globals: &Arc<Globals>,
    node: &Node,
    scope: Scope,
    capture: &Capture,
    label: &NodeLabel,
) -> Result<Captured> {
    globals.engine.add_template(&node.unique_id, &node.original_file_path, node.raw_code.clone());
    let rendered = globals
        .engine
        .render_tracked(&node.unique_id, Arc::new(scope).into_value())
        .map_err(|error| with_suggestion(from_jinja(&error, Some(label)), &globals.macros, &node.package_name))?;
    Ok(Captured { macros: rendered.macros, ..capture.take() })
}

/// Renders a value of a YAML file natively in the scope of `node`, recording what it calls: the arguments of generic
/// tests, `model: "{{ get_where_subquery(ref('a')) }}"`. `macros` as in [`render_while_parsing`].
///
/// # Errors
/// The text cannot be parsed, or something in it fails.
pub fn render_native_while_parsing(
    globals: &Arc<Globals>,
    node: &Node,
    text: &str,
    macros: Option<Arc<TestMacros>>,
) -> Result<(Value, Captured)> {
    let (scope, capture, label) = parsing_scope(globals, node, macros);
    let effects = effects::count();
    let (value, macros) = globals
        .engine
        .render_native_tracked(text, &node.original_file_path, Arc::new(scope).into_value())
        .map_err(|error| from_jinja(&error, Some(&label)))?;
    globals.note_aside(|aside| aside.join(reads_of(&capture, effects)));
    Ok((value, Captured { macros, ..capture.take() }))
}

fn parsing_scope(
    globals: &Arc<Globals>,
    node: &Node,
    macros: Option<Arc<TestMacros>>,
) -> (Scope, Arc<Capture>, NodeLabel) {
    let capture = Arc::new(Capture::default());
    let subject = Subject::Node(Arc::new(node.clone()));
    let label = subject.label();
    let mut scope = Scope::new(globals.clone(), subject, Phase::Parse(capture.clone()));
    scope.test_macros = macros;
    (scope, capture, label)
}
