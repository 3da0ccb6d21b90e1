//! A cursor over the characters of a document that keeps count of line and column, and
//! knows YAML 1.1's idea of blanks and line breaks (which includes NEL, LS and PS).

use super::error::{Mark, Outcome, Problem};

/// Stands for the end of the text; the character itself may not occur in a document.
const END: char = '\0';

/// The cursor.
pub(super) struct Reader {
    chars: Vec<char>,
    /// Characters consumed so far.
    pub index: usize,
    /// Where the cursor stands.
    pub mark: Mark,
}

/// Whether a character ends a line.
pub(super) fn is_break(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether a character is a space or tab.
pub(super) fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t')
}

/// Whether a character ends a word: blank, line break or the end of the text.
pub(super) fn is_blank_break_or_end(character: char) -> bool {
    is_blank(character) || is_break_or_end(character)
}

/// Whether a character ends a line or the text.
pub(super) fn is_break_or_end(character: char) -> bool {
    character == END || is_break(character)
}

/// Whether a character may be part of an anchor or a directive's name.
pub(super) fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-')
}

fn is_printable(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..)
        && !matches!(character, '\u{fffe}' | '\u{ffff}')
}

impl Reader {
    /// Starts at the beginning of a text, past a byte-order mark. Control characters
    /// anywhere in the text are refused.
    pub(super) fn new(text: &str) -> Outcome<Reader> {
        if let Some((position, character)) = text.char_indices().find(|(_, c)| !is_printable(*c)) {
            return Err(Problem::placeless(format!(
                "unacceptable character #x{:04x}: control characters are not allowed\n  in \"<unicode string>\", position {position}",
                u32::from(character)
            )));
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Ok(Reader { chars: text.chars().collect(), index: 0, mark: Mark::default() })
    }

    /// The character under the cursor; NUL at the end.
    pub(super) fn peek(&self) -> char {
        self.peek_at(0)
    }

    /// The character some steps ahead; NUL past the end.
    pub(super) fn peek_at(&self, ahead: usize) -> char {
        self.chars.get(self.index + ahead).copied().unwrap_or(END)
    }

    /// Whether the text is used up.
    pub(super) fn at_end(&self) -> bool {
        self.index >= self.chars.len()
    }

    /// The column, in the signed form indentation is compared in.
    pub(super) fn column(&self) -> i64 {
        i64::from(self.mark.column)
    }

    /// Steps over one character that is not a line break.
    pub(super) fn skip(&mut self) {
        if !self.at_end() {
            self.index += 1;
            self.mark.column += 1;
        }
    }

    /// Steps over one character that is not a line break and returns it.
    pub(super) fn take(&mut self) -> char {
        let character = self.peek();
        self.skip();
        character
    }

    /// Steps over blanks.
    pub(super) fn skip_blanks(&mut self) {
        while is_blank(self.peek()) {
            self.skip();
        }
    }

    /// Steps over a comment, if one starts here, up to the end of its line.
    pub(super) fn skip_comment(&mut self) {
        if self.peek() == '#' {
            while !is_break_or_end(self.peek()) {
                self.skip();
            }
        }
    }

    /// Steps over a line break, if there is one, and returns what it counts as in text:
    /// every break is `\n`, save that LS and PS stay what they are.
    pub(super) fn take_break(&mut self) -> Option<char> {
        let character = self.peek();
        if !is_break(character) {
            return None;
        }
        let width = if character == '\r' && self.peek_at(1) == '\n' { 2 } else { 1 };
        self.index += width;
        self.mark.line += 1;
        self.mark.column = 0;
        Some(match character {
            '\u{2028}' | '\u{2029}' => character,
            _ => '\n',
        })
    }

    /// Whether the cursor stands at the start of a line that reads `---` or `...`.
    pub(super) fn at_document_indicator(&self) -> bool {
        self.mark.column == 0 && (self.at_indicator('-') || self.at_indicator('.'))
    }

    /// Whether the character three times in a row, then the end of a word, lie ahead.
    pub(super) fn at_indicator(&self, character: char) -> bool {
        (0..3).all(|ahead| self.peek_at(ahead) == character) && is_blank_break_or_end(self.peek_at(3))
    }
}
