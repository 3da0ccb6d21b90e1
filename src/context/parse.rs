//! Rendering while parsing: `execute` is false, calls are recorded.

use std::sync::Arc;

use crate::error::Result;
use crate::events::effects;
use crate::jinja::Value;
use crate::manifest::Node;

use super::capture::{Capture, Captured};
use super::errors::{from_jinja, with_suggestion};
use super::reads::Reads;
use super::scope::{Globals, Phase, Scope, Subject};

/// Renders `node`'s text and gives what it called. `extra` are values that only this render sees, such as the keyword
/// arguments of a generic test.
///
/// # Errors
/// The text cannot be parsed, or something in it fails.
pub fn render_while_parsing(globals: &Arc<Globals>, node: &Node, extra: Vec<(String, Value)>) -> Result<Captured> {
    render_noting_reads(globals, node, extra).map(|(captured, _)| captured)
}

/// As [`render_while_parsing`], and says what the render read.
///
/// # Errors
/// As [`render_while_parsing`].
pub fn render_noting_reads(
    globals: &Arc<Globals>,
    node: &Node,
    extra: Vec<(String, Value)>,
) -> Result<(Captured, Reads)> {
    let effects = effects::count();
    let capture = Arc::new(Capture::default());
    let subject = Subject::Node(Arc::new(node.clone()));
    let label = subject.label();
    let mut scope = Scope::new(globals.clone(), subject, Phase::Parse(capture.clone()));
    scope.extra.extend(extra);
    globals.engine.add_template(&node.unique_id, &node.original_file_path, node.raw_code.clone());
    globals
        .engine
        .render(&node.unique_id, Arc::new(scope).into_value())
        .map_err(|error| with_suggestion(from_jinja(&error, Some(&label)), &globals.macros, &node.package_name))?;
    let mut reads = capture.take_reads();
    reads.unrepeatable |= effects::count() != effects;
    Ok((capture.take(), reads))
}

/// Renders a value of a YAML file natively in the scope of `node`, recording what it calls: the arguments of generic
/// tests, `model: "{{ get_where_subquery(ref('a')) }}"`.
///
/// # Errors
/// The text cannot be parsed, or something in it fails.
pub fn render_native_while_parsing(globals: &Arc<Globals>, node: &Node, text: &str) -> Result<(Value, Captured)> {
    let capture = Arc::new(Capture::default());
    let subject = Subject::Node(Arc::new(node.clone()));
    let label = subject.label();
    let scope = Arc::new(Scope::new(globals.clone(), subject, Phase::Parse(capture.clone())));
    let value = globals
        .engine
        .render_native(text, &node.original_file_path, scope.into_value())
        .map_err(|error| from_jinja(&error, Some(&label)))?;
    Ok((value, capture.take()))
}
