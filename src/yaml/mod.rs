//! YAML 1.1 as PyYAML's safe loader reads it, because that is what every existing dbt
//! project was written against: `yes` is a truth value, `017` is octal, `12:30` is a number
//! of minutes, `1e3` is text. Every value knows its line and column.
//!
//! Text goes through four steps: `stream` reports events, `compose` gathers them into a
//! graph, `resolve` gives untagged scalars their type, `construct` builds the values.

mod compose;
mod construct;
mod error;
mod event;
mod json;
mod resolve;
mod scalar;
mod stream;
mod timestamp;
mod value;

pub use construct::DuplicateKey;
pub use error::YamlError;
pub use json::{from_json, to_json};
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
    let mut events = stream::Stream::new(text);
    compose::compose_single(&mut events)
        .and_then(|composed| match composed {
            None => Ok((Node::default(), Vec::new())),
            Some((graph, root)) => construct::construct(&graph, root),
        })
        .map_err(|problem| problem.into_error(text, path))
}
