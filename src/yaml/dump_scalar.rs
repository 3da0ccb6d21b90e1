//! Decides in which notation a text can be written, and writes it so, folding long lines.

use super::dump::Writer;

/// Lines are folded at the first opportunity after this column.
const WIDTH: usize = 80;

/// The notations [`Writer`] writes text in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
}

/// What matters about a text for choosing its notation.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Analysis {
    /// The text has line breaks.
    pub multiline: bool,
    empty: bool,
    /// An indicator would be mistaken for syntax.
    indicators: bool,
    /// Something other than printable ASCII and line feeds.
    special: bool,
    /// White space at either end.
    edge_space: bool,
    /// A space right after a break.
    break_space: bool,
    /// A space right before a break.
    space_break: bool,
}

fn ends_word(character: Option<&char>) -> bool {
    matches!(character, None | Some('\0' | ' ' | '\t' | '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}'))
}

fn is_break(character: char) -> bool {
    matches!(character, '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

impl Analysis {
    /// Looks a text over.
    pub(super) fn of(text: &str) -> Analysis {
        let chars: Vec<char> = text.chars().collect();
        let (Some(&first), Some(&last)) = (chars.first(), chars.last()) else {
            return Analysis { empty: true, ..Analysis::default() };
        };
        let edge = |character| character == ' ' || is_break(character);
        let mut analysis = Analysis {
            indicators: text.starts_with("---") || text.starts_with("..."),
            edge_space: edge(first) || edge(last),
            ..Analysis::default()
        };
        for (position, &character) in chars.iter().enumerate() {
            let previous = position.checked_sub(1).and_then(|at| chars.get(at));
            let next = chars.get(position + 1);
            analysis.indicators |= is_indicator(character, previous, next);
            analysis.multiline |= is_break(character);
            analysis.special |= character != '\n' && !matches!(character, ' '..='~');
            if let Some(&previous) = previous {
                analysis.break_space |= character == ' ' && is_break(previous);
                analysis.space_break |= is_break(character) && previous == ' ';
            }
        }
        analysis
    }

    /// The plainest notation that reads back as the same text. `implicit` says that the
    /// text would be taken for text without quotes.
    pub(super) fn style(self, implicit: bool, key: bool) -> Style {
        let plain = !(self.edge_space
            || self.break_space
            || self.space_break
            || self.special
            || self.multiline
            || self.indicators);
        if implicit && plain && !(key && self.empty) {
            Style::Plain
        } else if self.break_space || self.space_break || self.special || (key && self.multiline) {
            Style::Double
        } else {
            Style::Single
        }
    }
}

/// Whether a character at its place would be mistaken for syntax in block context.
fn is_indicator(character: char, previous: Option<&char>, next: Option<&char>) -> bool {
    match character {
        '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`'
            if previous.is_none() =>
        {
            true
        }
        '?' | '-' if previous.is_none() => ends_word(next),
        ':' => ends_word(next),
        '#' => ends_word(previous),
        _ => false,
    }
}

/// Splits a text into stretches of spaces, of line feeds, and of anything else.
fn stretches(text: &str) -> impl Iterator<Item = &str> {
    let kind = |character: char| match character {
        ' ' => 0,
        '\n' => 1,
        _ => 2,
    };
    let mut rest = text;
    std::iter::from_fn(move || {
        let wanted = kind(rest.chars().next()?);
        let end = rest.find(|character| kind(character) != wanted).unwrap_or(rest.len());
        let (head, tail) = rest.split_at(end);
        rest = tail;
        Some(head)
    })
}

impl Writer {
    /// Writes a scalar without quotes. At the root it leaves the document open-ended.
    pub(super) fn plain(&mut self, text: &str, split: bool, root: bool) {
        self.open_ended |= root;
        if text.is_empty() {
            return;
        }
        if !self.whitespace {
            self.write(" ");
        }
        self.whitespace = false;
        self.indention = false;
        for stretch in stretches(text) {
            if stretch == " " && split && self.column > WIDTH {
                self.write_indent();
                self.whitespace = false;
                self.indention = false;
            } else {
                self.write(stretch);
            }
        }
    }

    /// Writes a scalar in single quotes.
    pub(super) fn single_quoted(&mut self, text: &str, split: bool) {
        self.indicator("'", true, false);
        let mut written = 0;
        for stretch in stretches(text) {
            let inside = written > 0 && written + stretch.len() < text.len();
            written += stretch.len();
            if stretch.starts_with('\n') {
                // One break alone would fold into a space.
                self.line_break();
                for _ in 0..stretch.len() {
                    self.line_break();
                }
                self.write_indent();
            } else if stretch == " " && split && inside && self.column > WIDTH {
                self.write_indent();
            } else {
                self.write(&stretch.replace('\'', "''"));
            }
        }
        self.indicator("'", false, false);
    }

    /// Writes a scalar in double quotes, escaping what is not printable ASCII.
    pub(super) fn double_quoted(&mut self, text: &str, split: bool) {
        self.indicator("\"", true, false);
        let chars: Vec<char> = text.chars().collect();
        let mut pending = String::new();
        for (position, &character) in chars.iter().enumerate() {
            let escaped = escape(character);
            if let Some(escaped) = &escaped {
                self.write(&std::mem::take(&mut pending));
                self.write(escaped);
            }
            let inside = position > 0 && position + 1 < chars.len();
            let foldable = character == ' ' || escaped.is_some() || pending.is_empty();
            let ahead = pending.chars().count();
            // An escape has moved past its character already, hence the one less.
            let length = (self.column + ahead).saturating_sub(usize::from(escaped.is_some()));
            if inside && foldable && split && length > WIDTH {
                pending.push('\\');
                self.write(&std::mem::take(&mut pending));
                self.write_indent();
                self.whitespace = false;
                self.indention = false;
                let next = if escaped.is_some() { chars.get(position + 1).copied() } else { Some(character) };
                if next == Some(' ') {
                    self.write("\\");
                }
            }
            if escaped.is_none() {
                pending.push(character);
            }
        }
        self.write(&pending);
        self.indicator("\"", false, false);
    }

    /// Writes lines of base64 after `|`.
    pub(super) fn literal(&mut self, text: &str) {
        self.indicator(if text.is_empty() { "''" } else { "|" }, true, false);
        for line in text.lines() {
            self.line_break();
            self.write_indent();
            self.write(line);
        }
        if !text.is_empty() {
            self.line_break();
        }
    }
}

/// The escape of a character that cannot stand in double quotes as it is.
fn escape(character: char) -> Option<String> {
    let short = match character {
        '"' => '"',
        '\\' => '\\',
        ' '..='~' => return None,
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '\u{85}' => 'N',
        '\u{a0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            let code = u32::from(character);
            return Some(match code {
                0..=0xff => format!("\\x{code:02X}"),
                0x100..=0xffff => format!("\\u{code:04X}"),
                _ => format!("\\U{code:08X}"),
            });
        }
    };
    Some(format!("\\{short}"))
}
