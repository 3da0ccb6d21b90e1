//! YAML 1.1 as PyYAML's safe loader reads it, because that is what every existing dbt
//! project was written against: `yes` is a truth value, `017` is octal, `12:30` is a number
//! of minutes, `1e3` is text. Every value knows its line and column.
//!
//! Parsers for YAML 1.2 disagree with PyYAML about tabs, quoted lines, `:` without a key,
//! directives and more, and word their complaints differently, so the reader is our own.
//! Text goes through four steps: `scanner` cuts it into tokens, `compose` gathers them into
//! a graph, `resolve` gives untagged scalars their type, `construct` builds the values. When
//! there is something to complain about, `order` finds what PyYAML complains about first.

mod compose;
mod construct;
mod dump;
mod dump_scalar;
mod error;
mod graph;
mod json;
mod order;
mod reader;
mod resolve;
mod scalar;
mod scan_property;
mod scan_scalar;
mod scanner;
mod timestamp;
mod token;
mod value;

pub use dump::{DumpOptions, dump};
pub use error::YamlError;
pub use json::{from_json, to_json};
pub use order::DuplicateKey;
pub use value::{Map, Node, Span, Value};

/// Reads the only document in `text`; an empty text is `null`. `path` is carried into the
/// error so the caller can name the file.
///
/// # Errors
/// When the text is not YAML, holds more than one document, or asks for a type the safe
/// loader does not know.
pub fn parse(text: &str, path: &str) -> Result<Node, YamlError> {
    parse_checked(text, path).map(|(node, _)| node)
}

/// Like [`parse`], and also reports the keys that occur twice in one dictionary, in the
/// order dbt finds them, for its `DuplicateYAMLKeysDeprecation` warning.
///
/// # Errors
/// As for [`parse`].
pub fn parse_checked(text: &str, path: &str) -> Result<(Node, Vec<DuplicateKey>), YamlError> {
    read(text).map_err(|problem| problem.into_error(text, path))
}

fn read(text: &str) -> error::Outcome<(Node, Vec<DuplicateKey>)> {
    let Some((graph, root)) = compose::compose_single(text)? else {
        return Ok((Node::default(), Vec::new()));
    };
    match construct::construct(&graph, root) {
        Ok((node, false)) => Ok((node, Vec::new())),
        Ok((node, true)) => Ok((node, order::duplicates(&graph, root)?)),
        Err(problem) => {
            order::duplicates(&graph, root)?;
            Err(problem)
        }
    }
}

#[cfg(test)]
mod tests;
