//! The steps a parser reports while it walks through a document: the seam between
//! reading characters and building values.

use super::error::Mark;

/// One step, with the mark where its text starts.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Event {
    pub kind: EventKind,
    pub start: Mark,
}

/// What was met.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum EventKind {
    StreamEnd,
    DocumentStart,
    DocumentEnd,
    Alias(String),
    Scalar {
        value: String,
        /// Written without quotes and without a tag, so its looks decide its type.
        implicit: bool,
        properties: Properties,
    },
    SequenceStart(Properties),
    SequenceEnd,
    MappingStart(Properties),
    MappingEnd,
}

/// What may precede a value: `&anchor` and `!tag` (resolved to its full form).
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Properties {
    pub anchor: Option<String>,
    pub tag: Option<String>,
}
