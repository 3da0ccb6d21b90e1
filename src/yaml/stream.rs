//! Adapts the event stream of the parser crate to the events this module works with.

use saphyr_parser::{Event as Theirs, Marker, Parser, ScalarStyle, StrInput, Tag};

use super::compose::EventSource;
use super::error::{Mark, Outcome, Problem};
use super::event::{Event, EventKind, Properties};

/// Reads events from a text.
pub(super) struct Stream<'a> {
    parser: Parser<'a, StrInput<'a>>,
}

impl<'a> Stream<'a> {
    /// Starts at the beginning of a text.
    pub(super) fn new(text: &'a str) -> Stream<'a> {
        Stream { parser: Parser::new_from_str(text) }
    }
}

fn mark(marker: &Marker) -> Mark {
    Mark { line: marker.line().saturating_sub(1) as u32, column: marker.col() as u32 }
}

fn properties(anchor: usize, tag: Option<&Tag>) -> Properties {
    Properties {
        anchor: (anchor > 0).then(|| anchor.to_string()),
        tag: tag.map(|tag| format!("{}{}", tag.handle, tag.suffix)),
    }
}

impl EventSource for Stream<'_> {
    fn next_event(&mut self) -> Outcome<Event> {
        loop {
            let (event, span) = match self.parser.next_event() {
                Some(Ok(next)) => next,
                Some(Err(error)) => {
                    return Err(Problem::at(mark(error.marker()), error.info()));
                }
                None => {
                    return Ok(Event { kind: EventKind::StreamEnd, start: Mark::default() });
                }
            };
            let kind = match event {
                Theirs::Nothing | Theirs::StreamStart => continue,
                Theirs::StreamEnd => EventKind::StreamEnd,
                Theirs::DocumentStart(_) => EventKind::DocumentStart,
                Theirs::DocumentEnd => EventKind::DocumentEnd,
                Theirs::Alias(id) => EventKind::Alias(id.to_string()),
                Theirs::Scalar(value, style, anchor, tag) => EventKind::Scalar {
                    value: value.into_owned(),
                    implicit: style == ScalarStyle::Plain && tag.is_none(),
                    properties: properties(anchor, tag.as_deref()),
                },
                Theirs::SequenceStart(anchor, tag) => EventKind::SequenceStart(properties(anchor, tag.as_deref())),
                Theirs::SequenceEnd => EventKind::SequenceEnd,
                Theirs::MappingStart(anchor, tag) => EventKind::MappingStart(properties(anchor, tag.as_deref())),
                Theirs::MappingEnd => EventKind::MappingEnd,
            };
            return Ok(Event { kind, start: mark(&span.start) });
        }
    }
}
