//! From a template's failure to the error that dbt shows: family, node, message, and the stack of macros below it.

use crate::error::{Error, ErrorKind, NodeLabel};
use crate::jinja::{JinjaError, JinjaErrorKind, MjError, host_error};

/// An error of ours on its way through the template engine.
pub fn raise(error: Error) -> MjError {
    host_error(Box::new(error))
}

/// A compilation error on its way through the template engine.
pub fn raise_compilation(message: impl Into<String>) -> MjError {
    raise(Error::compilation(message))
}

/// What a failed render means for the command. `node` is what was being rendered.
pub fn from_jinja(error: &JinjaError, node: Option<&NodeLabel>) -> Error {
    let mut result = match error.host::<Error>() {
        Some(host) => host.clone(),
        None => Error::new(kind_of(error), with_line(error)),
    };
    if error.kind == JinjaErrorKind::UndefinedMacro && error.host::<Error>().is_none() {
        result.message.push_str(
            ". This can happen when calling a macro that does not exist. Check for typos and/or install package \
             dependencies with \"dbt deps\".",
        );
    }
    if result.node.is_none() {
        result.node = node.cloned().map(Box::new);
    }
    // dbt keeps the stack of macros for compilation errors only: a database error is about the SQL.
    if result.kind == ErrorKind::Compilation && !error.stack.is_empty() && result.details.is_empty() {
        result.details = stack_lines(error, result.node.as_deref());
    }
    result
}

fn kind_of(error: &JinjaError) -> ErrorKind {
    match error.kind {
        JinjaErrorKind::Host => ErrorKind::Runtime,
        _ => ErrorKind::Compilation,
    }
}

/// dbt names the line below a syntax error's message.
fn with_line(error: &JinjaError) -> String {
    match (error.kind, error.line) {
        (JinjaErrorKind::Syntax, Some(line)) if !error.message.contains("\n  line ") => {
            format!("{}\n  line {line}", error.message)
        }
        _ => error.message.clone(),
    }
}

fn stack_lines(error: &JinjaError, node: Option<&NodeLabel>) -> Vec<String> {
    let frames = error.stack.iter().map(|frame| format!("macro {} ({})", frame.name, frame.path));
    let node = node.map(|node| format!("{} {} ({})", node.resource_type, node.name, node.path));
    let mut lines = vec![String::new()];
    for (index, frame) in frames.chain(node).enumerate() {
        let word = if index == 0 { "in" } else { "called by" };
        lines.push(format!("> {word} {frame}"));
    }
    lines
}
