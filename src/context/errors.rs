//! From a template's failure to the error that dbt shows: family, node, message, and the stack of macros below it.

use crate::error::{Error, ErrorKind, NodeLabel};
use crate::jinja::{JinjaError, JinjaErrorKind, MjError, host_error};

use super::macro_resolver::{INTERNAL_PACKAGES, MacroResolver};

/// Longer ways of a failure are cut in the middle.
const MOST_PLACES: usize = 8;

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
    if result.kind == ErrorKind::Compilation && !error.way.stack.is_empty() && result.details.is_empty() {
        result.details = stack_lines(error, result.node.as_deref());
    }
    if !result.hints.iter().any(|hint| hint.starts_with(PLACE)) {
        result.hints.extend(place_hint(error, result.node.as_deref()));
    }
    result
}

/// How the line begins that says where a template failed. dbt has none like it; it stands below everything that dbt says.
const PLACE: &str = "At ";

/// `At macros/x.sql:12 (macro x), called from models/y.sql:3.`: the project's own lines that the failure passed through.
fn place_hint(error: &JinjaError, node: Option<&NodeLabel>) -> Option<String> {
    // Only of these is the template the text of a file: lines of other templates would mislead.
    let is_file = node.is_some_and(|node| matches!(node.resource_type.as_str(), "model" | "analysis"));
    let shown = error.way.places.iter().filter_map(|place| {
        let at = format!("{}:{}", place.path, place.line);
        match (&place.name, place.package.as_deref()) {
            (None, _) => is_file.then_some(at),
            (Some(_), Some(package)) if INTERNAL_PACKAGES.contains(&package) => None,
            (Some(name), _) => Some(format!("{at} (macro {name})")),
        }
    });
    let mut shown: Vec<String> = shown.collect();
    shown.dedup();
    if shown.len() > MOST_PLACES {
        let left_out = shown.len() - MOST_PLACES;
        shown.drain(MOST_PLACES - 1..shown.len() - 1);
        shown.insert(MOST_PLACES - 1, format!("{left_out} more"));
    }
    (!shown.is_empty()).then(|| format!("{PLACE}{}.", shown.join(", called from ")))
}

/// Names what is spelled like the name that an error says is undefined: a macro or a package.
pub fn with_suggestion(mut error: Error, macros: &MacroResolver, package: &str) -> Error {
    let name = error.message.split_once("' is undefined").and_then(|(head, _)| head.rsplit('\'').next());
    let near = name.and_then(|name| macros.suggestion(package, name));
    if let Some(hint) = near.map(|near| format!("Did you mean `{near}`?"))
        && !error.hints.contains(&hint)
    {
        error.hints.insert(0, hint);
    }
    error
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
    let frames = error.way.stack.iter().map(|frame| format!("macro {} ({})", frame.name, frame.path));
    let node = node.map(|node| format!("{} {} ({})", node.resource_type, node.name, node.path));
    let mut lines = vec![String::new()];
    for (index, frame) in frames.chain(node).enumerate() {
        let word = if index == 0 { "in" } else { "called by" };
        lines.push(format!("> {word} {frame}"));
    }
    lines
}
