//! Deprecations: dbt shows the first of each kind (all of them with `--show-all-deprecations`), counts them, and ends
//! every command, failed ones too, with a summary.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use indexmap::IndexMap;
use serde_json::{Value as Json, json};

use super::paint::{Paint, count};
use super::warnings::Verdict;
use super::{Event, Events, Level, effects, held};
use crate::error::Result;

/// What is counted together: an event's name, and what tells its kinds apart, if it has any.
type Kind = (&'static str, String);

/// How often each deprecation was met, with the event's code.
#[derive(Debug, Default)]
pub(super) struct Counts(Mutex<IndexMap<Kind, (&'static str, usize)>>);

impl Counts {
    /// Counts one, and says whether it is the first of its kind. In one step, for files are parsed side by side.
    fn add(&self, kind: &Kind, code: &'static str) -> bool {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, count) = counts.entry(kind.clone()).or_insert((code, 0));
        *count += 1;
        *count == 1
    }

    /// Takes back what was counted and then turned out to be an error.
    fn take_back(&self, kind: &Kind) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, count)) = counts.get_mut(kind) {
            *count -= 1;
        }
        counts.retain(|_, (_, count)| *count > 0);
    }

    /// The summary; none without deprecations. `all_shown` leaves out how to see those that were not shown.
    fn summary(&self, paint: Paint, all_shown: bool) -> Option<Event> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.is_empty() {
            return None;
        }
        let mut text = "Summary of encountered deprecations:".to_owned();
        for ((name, _), (_, number)) in counts.iter() {
            text.push_str(&format!("\n\n- {name}: {}", count(*number, "occurrence")));
        }
        if !all_shown {
            text.push_str(
                "\n\nTo see all deprecation instances instead of just the first occurrence of each, run command again \
                 with the `--show-all-deprecations` flag. You may also need to run with `--no-partial-parse` as some \
                 deprecations are only encountered during parsing.",
            );
        }
        let summaries: Vec<Json> = counts
            .iter()
            .map(|((name, _), (code, number))| json!({"event_name": name, "event_code": code, "occurrences": number}))
            .collect();
        Some(named(paint, "DeprecationsSummary", "D028", &text).with("summaries", summaries))
    }
}

impl Events {
    /// Counts a deprecation and shows it if it is the first of its kind, or if all are wanted.
    ///
    /// # Errors
    /// Deprecations of this name are errors in this run; such a one does not count.
    pub fn deprecation(&self, event: Event) -> Result<()> {
        self.deprecation_of(event, "")
    }

    /// The same for an event that dbt counts for each `of` on its own, such as each renamed variable.
    ///
    /// # Errors
    /// As for [`Events::deprecation`].
    pub fn deprecation_of(&self, event: Event, of: &str) -> Result<()> {
        effects::note();
        let Some(open) = &self.open else { return Ok(()) };
        let event = match open.config.warn.judge(&event) {
            Verdict::Error => event,
            Verdict::Warn | Verdict::Silence => match held::keep_deprecation(event, of) {
                Some(event) => event,
                None => return Ok(()),
            },
        };
        open.recorder.note(&event, Some(of));
        let (kind, code) = ((event.name, of.to_owned()), event.code);
        if open.deprecations.add(&kind, code) || open.config.show_all_deprecations {
            open.warn(&event).inspect_err(|_| open.deprecations.take_back(&kind))?;
        }
        Ok(())
    }

    /// Says which deprecations were met, at the end of a command.
    pub fn summarize_deprecations(&self) {
        if let Some(open) = &self.open
            && let Some(summary) = open.deprecations.summary(open.config.paint, open.config.show_all_deprecations)
        {
            self.emit(summary);
        }
    }
}

/// A deprecation in the layout of most of them, which names the event.
pub fn named(paint: Paint, name: &'static str, code: &'static str, description: &str) -> Event {
    let text = paint.named_warning_tag(name, &format!("Deprecated functionality\n\n{description}"));
    Event::new(name, code, Level::Warn, wrap(&text, paint.width))
}

/// A deprecation of the older kind, which does not name its event.
pub fn unnamed(paint: Paint, name: &'static str, code: &'static str, description: &str) -> Event {
    let text = paint.warning_tag(&format!("Deprecated functionality\n\n{description}"));
    Event::new(name, code, Level::Warn, wrap(&text, paint.width))
}

/// A deprecation that looks like any warning.
pub fn plain(paint: Paint, name: &'static str, code: &'static str, description: &str) -> Event {
    Event::new(name, code, Level::Warn, wrap(&paint.warning_tag(description), paint.width))
}

/// Paragraphs, which empty lines divide, filled to `width`; the paragraphs follow each other without empty lines.
pub fn wrap(text: &str, width: usize) -> String {
    let filled: Vec<String> = text.split("\n\n").map(|paragraph| fill(paragraph, width)).collect();
    filled.join("\n")
}

/// Breaks a paragraph into lines as Python's `textwrap` does: spaces within a line stay as they are, and a word that
/// is longer than a line is cut.
fn fill(paragraph: &str, width: usize) -> String {
    let mut chunks = chunks(paragraph);
    let mut lines: Vec<String> = Vec::new();
    while !chunks.is_empty() {
        if !lines.is_empty() && chunks.front().is_some_and(|chunk| is_blank(chunk)) {
            chunks.pop_front();
        }
        let line = take_line(&mut chunks, width.max(1));
        if !line.is_empty() {
            lines.push(line);
        }
    }
    lines.join("\n")
}

fn take_line(chunks: &mut VecDeque<String>, width: usize) -> String {
    let mut line: Vec<String> = Vec::new();
    let mut length = 0;
    while let Some(chunk) = chunks.pop_front() {
        let chunk_length = chunk.chars().count();
        if length + chunk_length <= width {
            length += chunk_length;
            line.push(chunk);
        } else if chunk_length > width && length < width {
            line.push(chunk.chars().take(width - length).collect());
            chunks.push_front(chunk.chars().skip(width - length).collect());
            break;
        } else {
            chunks.push_front(chunk);
            break;
        }
    }
    if line.last().is_some_and(|chunk| is_blank(chunk)) {
        line.pop();
    }
    line.concat()
}

/// Words, and the runs of spaces between them.
fn chunks(paragraph: &str) -> VecDeque<String> {
    let mut chunks: VecDeque<String> = VecDeque::new();
    for letter in paragraph.chars().map(|letter| if letter.is_ascii_whitespace() { ' ' } else { letter }) {
        match chunks.back_mut() {
            Some(chunk) if is_blank(chunk) == (letter == ' ') => chunk.push(letter),
            _ => chunks.push_back(letter.to_string()),
        }
    }
    chunks
}

fn is_blank(chunk: &str) -> bool {
    chunk.starts_with(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_tags_push_words_to_the_next_line() {
        let event = named(
            Paint::default(),
            "MissingArgumentsPropertyInGenericTestDeprecation",
            "D039",
            "Found top-level arguments to test `relationships` defined on 'orders' in package 'jaffle_shop' \
             (models/schema.yml). Arguments to generic tests should be nested under the `arguments` property.",
        );
        let expected = "[WARNING][MissingArgumentsPropertyInGenericTestDeprecation]: Deprecated\nfunctionality\n\
            Found top-level arguments to test `relationships` defined on 'orders' in package\n\
            'jaffle_shop' (models/schema.yml). Arguments to generic tests should be nested\n\
            under the `arguments` property.";
        assert_eq!(event.message, expected);
    }

    #[test]
    fn fills_as_textwrap_does() {
        assert_eq!(fill("  a  b\n c", 80), "  a  b  c");
        assert_eq!(fill("one two  three", 7), "one two\nthree");
        assert_eq!(fill("x abcdefghij y", 4), "x ab\ncdef\nghij\ny");
        assert_eq!(wrap("a\n\n\n\nb", 80), "a\n\nb");
    }

    #[test]
    fn the_summary_counts() {
        let counts = Counts::default();
        assert!(counts.summary(Paint::default(), false).is_none());
        let kind = ("A", String::new());
        let first = [counts.add(&kind, "D001"), counts.add(&kind, "D001"), counts.add(&kind, "D001")];
        assert_eq!(first, [true, false, false]);
        counts.take_back(&kind);
        let summary = counts.summary(Paint::default(), false).map(|event| event.message).unwrap_or_default();
        assert!(summary.contains("\n- A: 2 occurrences\nTo see all deprecation instances"), "{summary}");
    }
}
