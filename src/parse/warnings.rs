//! Warnings of the parser in dbt's words, and the deprecations, of which dbt shows the first of each kind and then a
//! summary at the end of the command.

use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;
use serde_json::json;

use crate::events::{Event, Events, Level};

/// Deprecations met so far, by event name, and where to say so.
#[derive(Debug)]
pub struct Warnings {
    events: Arc<Events>,
    show_all: bool,
    counts: Mutex<IndexMap<&'static str, usize>>,
    width: usize,
}

impl Warnings {
    /// `show_all` is `--show-all-deprecations`, `width` is `--printer-width`.
    pub fn new(events: Arc<Events>, show_all: bool, width: usize) -> Self {
        Warnings { events, show_all, counts: Mutex::default(), width: if width == 0 { 80 } else { width } }
    }

    /// Says `message` as the warning `name`.
    pub fn warn(&self, name: &'static str, code: &'static str, message: &str) {
        self.events.emit(Event::new(name, code, Level::Warn, format!("[WARNING]: {message}")).with("msg", message));
    }

    /// Says `message` as the warning `name`, filled to lines as dbt does for some of its warnings: the tag counts.
    pub fn warn_filled(&self, name: &'static str, code: &'static str, message: &str) {
        let filled = wrap(&format!("[WARNING]: {message}"), self.width);
        self.events.emit(Event::new(name, code, Level::Warn, filled).with("msg", message));
    }

    /// Says something only the log file is told.
    pub fn debug(&self, name: &'static str, code: &'static str, message: &str) {
        self.events.emit(Event::new(name, code, Level::Debug, format!("[WARNING]: {message}")).with("msg", message));
    }

    /// Counts a deprecation and shows it if it is the first of its kind, or if all are wanted.
    pub fn deprecation(&self, name: &'static str, code: &'static str, description: &str) {
        let first = {
            let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            let count = counts.entry(name).or_insert(0);
            *count += 1;
            *count == 1
        };
        if first || self.show_all {
            let message = deprecation_text(name, description, self.width);
            self.events.emit(Event::new(name, code, Level::Warn, message));
        }
    }

    /// The summary that dbt prints when the command ends; none without deprecations.
    pub fn summary(&self) -> Option<Event> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.is_empty() {
            return None;
        }
        let mut text = "Summary of encountered deprecations:".to_owned();
        for (name, count) in counts.iter() {
            let plural = if *count == 1 { "" } else { "s" };
            text.push_str(&format!("\n\n- {name}: {count} occurrence{plural}"));
        }
        if !self.show_all {
            text.push_str(
                "\n\nTo see all deprecation instances instead of just the first occurrence of each, run command again \
                 with the `--show-all-deprecations` flag. You may also need to run with `--no-partial-parse` as some \
                 deprecations are only encountered during parsing.",
            );
        }
        let summaries: Vec<_> =
            counts.iter().map(|(name, count)| json!({"event_name": name, "occurrences": count})).collect();
        let message = deprecation_text("DeprecationsSummary", &text, self.width);
        Some(Event::new("DeprecationsSummary", "D028", Level::Warn, message).with("summaries", summaries))
    }
}

fn deprecation_text(name: &str, description: &str, width: usize) -> String {
    wrap(&format!("[WARNING][{name}]: Deprecated functionality\n\n{description}"), width)
}

/// Paragraphs, which empty lines divide, filled to `width`; the paragraphs follow each other without empty lines.
pub fn wrap(text: &str, width: usize) -> String {
    let filled: Vec<String> = text.split("\n\n").map(|paragraph| fill(paragraph, width)).collect();
    filled.join("\n")
}

/// Fills a paragraph as Python's `textwrap` does: spaces between two words of a line stay as many as they were.
fn fill(paragraph: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut length = 0;
    let mut rest = paragraph.trim_start();
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()));
        let next = after.trim_start();
        let spaces = after[..after.len() - next.len()].chars().count();
        line.push_str(word);
        length += word.chars().count();
        let next_length = next.split_whitespace().next().map_or(0, |word| word.chars().count());
        if next_length > 0 && length + spaces + next_length > width {
            lines.push(std::mem::take(&mut line));
            length = 0;
        } else if next_length > 0 {
            line.extend(std::iter::repeat_n(' ', spaces));
            length += spaces;
        }
        rest = next;
    }
    lines.push(line);
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_tags_push_words_to_the_next_line() {
        let text = deprecation_text(
            "MissingArgumentsPropertyInGenericTestDeprecation",
            "Found top-level arguments to test `relationships` defined on 'orders' in package 'jaffle_shop' \
             (models/schema.yml). Arguments to generic tests should be nested under the `arguments` property.",
            80,
        );
        let expected = "[WARNING][MissingArgumentsPropertyInGenericTestDeprecation]: Deprecated\nfunctionality\n\
            Found top-level arguments to test `relationships` defined on 'orders' in package\n\
            'jaffle_shop' (models/schema.yml). Arguments to generic tests should be nested\n\
            under the `arguments` property.";
        assert_eq!(text, expected);
    }

    #[test]
    fn spaces_within_a_line_stay() {
        assert_eq!(wrap("one  two three", 8), "one  two\nthree");
        assert_eq!(wrap("one  two  three", 20), "one  two  three");
    }

    #[test]
    fn the_summary_counts() {
        let warnings = Warnings::new(Arc::default(), false, 80);
        assert!(warnings.summary().is_none());
        warnings.deprecation("A", "D001", "a");
        warnings.deprecation("A", "D001", "a");
        let summary = warnings.summary().map(|event| event.message).unwrap_or_default();
        assert!(summary.contains("\n- A: 2 occurrences\nTo see all deprecation instances"), "{summary}");
    }
}
