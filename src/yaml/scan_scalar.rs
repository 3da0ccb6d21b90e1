//! Scanning of scalars in their four notations: plain, quoted, literal and folded.

use super::error::{Mark, Outcome, Problem};
use super::reader::{is_blank, is_blank_break_or_end, is_break, is_break_or_end};
use super::scanner::Scanner;
use super::token::{Token, TokenKind};

/// The white space between two words of a scalar that may span lines.
#[derive(Default)]
struct Gap {
    blanks: String,
    /// The break that ended the first line; a quoted scalar may swallow it by escaping it.
    first_break: Option<char>,
    more_breaks: String,
    spans_lines: bool,
}

impl Gap {
    fn is_empty(&self) -> bool {
        !self.spans_lines && self.blanks.is_empty()
    }

    /// Writes what the gap amounts to: one break folds into a space, of several the first
    /// is dropped, and within a line the blanks stay. Then forgets the gap.
    fn flush(&mut self, text: &mut String) {
        if !self.spans_lines {
            text.push_str(&self.blanks);
        } else if self.first_break == Some('\n') {
            if self.more_breaks.is_empty() {
                text.push(' ');
            } else {
                text.push_str(&self.more_breaks);
            }
        } else {
            text.extend(self.first_break);
            text.push_str(&self.more_breaks);
        }
        *self = Gap::default();
    }

    fn add_break(&mut self, character: char) {
        if self.spans_lines {
            self.more_breaks.push(character);
        } else {
            self.blanks.clear();
            self.first_break = Some(character);
            self.spans_lines = true;
        }
    }
}

/// How a block scalar treats the breaks at its end.
#[derive(Clone, Copy, PartialEq)]
enum Chomping {
    Strip,
    Clip,
    Keep,
}

impl Scanner {
    /// Scans a scalar without quotes.
    pub(super) fn scan_plain(&mut self) -> Outcome<Token> {
        let start = self.reader.mark;
        let mut end = start;
        let indent = self.indent + 1;
        let mut text = String::new();
        let mut gap = Gap::default();
        loop {
            if self.reader.at_document_indicator() || self.reader.peek() == '#' {
                break;
            }
            while !is_blank_break_or_end(self.reader.peek()) {
                if self.plain_ends(start)? {
                    break;
                }
                if !gap.is_empty() {
                    gap.flush(&mut text);
                }
                text.push(self.reader.take());
                end = self.reader.mark;
            }
            if !is_blank(self.reader.peek()) && !is_break(self.reader.peek()) {
                break;
            }
            self.plain_gap(start, indent, &mut gap)?;
            if !self.in_flow() && self.reader.column() < indent {
                break;
            }
        }
        if gap.spans_lines {
            self.allow_key();
        }
        Ok(Token { kind: TokenKind::Scalar { text, plain: true }, start, end })
    }

    /// Whether an indicator under the cursor ends the scalar.
    fn plain_ends(&self, start: Mark) -> Outcome<bool> {
        let next = self.reader.peek_at(1);
        match self.reader.peek() {
            ':' if self.in_flow() && matches!(next, ',' | '?' | '[' | ']' | '{' | '}') => {
                Err(Problem::within("while scanning a plain scalar", start, self.reader.mark, "found unexpected ':'"))
            }
            ':' => Ok(is_blank_break_or_end(next)),
            ',' | '[' | ']' | '{' | '}' => Ok(self.in_flow()),
            _ => Ok(false),
        }
    }

    fn plain_gap(&mut self, start: Mark, indent: i64, gap: &mut Gap) -> Outcome<()> {
        loop {
            if let Some(character) = self.reader.take_break() {
                gap.add_break(character);
            } else if is_blank(self.reader.peek()) {
                let indenting = gap.spans_lines && self.reader.column() < indent;
                if indenting && self.reader.peek() == '\t' {
                    return Err(Problem::within(
                        "while scanning a plain scalar",
                        start,
                        self.reader.mark,
                        "found a tab character that violates indentation",
                    ));
                }
                let blank = self.reader.take();
                if !gap.spans_lines {
                    gap.blanks.push(blank);
                }
            } else {
                return Ok(());
            }
        }
    }

    /// Scans a scalar in single or double quotes.
    pub(super) fn scan_quoted(&mut self, single: bool) -> Outcome<Token> {
        let start = self.reader.mark;
        let quote = if single { '\'' } else { '"' };
        self.reader.skip();
        let mut text = String::new();
        loop {
            let refusal = if self.reader.at_document_indicator() {
                Some("found unexpected document indicator")
            } else if self.reader.at_end() {
                Some("found unexpected end of stream")
            } else {
                None
            };
            if let Some(words) = refusal {
                let mark = self.reader.mark;
                return Err(Problem::within("while scanning a quoted scalar", start, mark, words));
            }
            let mut gap = Gap::default();
            self.quoted_words(single, start, &mut text, &mut gap)?;
            if self.reader.peek() == quote {
                break;
            }
            self.quoted_gap(&mut gap);
            gap.flush(&mut text);
        }
        self.reader.skip();
        Ok(self.token(TokenKind::Scalar { text, plain: false }, start))
    }

    /// Reads up to the next white space or the closing quote.
    fn quoted_words(&mut self, single: bool, start: Mark, text: &mut String, gap: &mut Gap) -> Outcome<()> {
        while !is_blank_break_or_end(self.reader.peek()) {
            match (self.reader.peek(), single) {
                ('\'', true) if self.reader.peek_at(1) == '\'' => {
                    text.push('\'');
                    self.reader.skip();
                    self.reader.skip();
                }
                ('\'', true) | ('"', false) => return Ok(()),
                ('\\', false) if is_break(self.reader.peek_at(1)) => {
                    self.reader.skip();
                    self.reader.take_break();
                    gap.spans_lines = true;
                    return Ok(());
                }
                ('\\', false) => text.push(self.scan_escape(start)?),
                _ => text.push(self.reader.take()),
            }
        }
        Ok(())
    }

    fn quoted_gap(&mut self, gap: &mut Gap) {
        loop {
            if let Some(character) = self.reader.take_break() {
                gap.add_break(character);
            } else if is_blank(self.reader.peek()) {
                let blank = self.reader.take();
                if !gap.spans_lines {
                    gap.blanks.push(blank);
                }
            } else {
                return;
            }
        }
    }

    fn scan_escape(&mut self, start: Mark) -> Outcome<char> {
        let refuse = |mark, words: &str| Err(Problem::within("while parsing a quoted scalar", start, mark, words));
        let mut digits = 0;
        let character = match self.reader.peek_at(1) {
            '0' => '\0',
            'a' => '\u{7}',
            'b' => '\u{8}',
            't' | '\t' => '\t',
            'n' => '\n',
            'v' => '\u{b}',
            'f' => '\u{c}',
            'r' => '\r',
            'e' => '\u{1b}',
            plain @ (' ' | '"' | '/' | '\\') => plain,
            'N' => '\u{85}',
            '_' => '\u{a0}',
            'L' => '\u{2028}',
            'P' => '\u{2029}',
            coded @ ('x' | 'u' | 'U') => {
                digits = match coded {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                '\0'
            }
            _ => return refuse(self.reader.mark, "found unknown escape character"),
        };
        self.reader.skip();
        self.reader.skip();
        if digits == 0 {
            return Ok(character);
        }
        let mut code = 0u32;
        for ahead in 0..digits {
            let Some(digit) = self.reader.peek_at(ahead).to_digit(16) else {
                return refuse(self.reader.mark, "did not find expected hexdecimal number");
            };
            code = (code << 4) | digit;
        }
        let Some(character) = char::from_u32(code) else {
            return refuse(self.reader.mark, "found invalid Unicode character escape code");
        };
        for _ in 0..digits {
            self.reader.skip();
        }
        Ok(character)
    }

    /// Scans a literal (`|`) or folded (`>`) scalar.
    pub(super) fn scan_block_scalar(&mut self, literal: bool) -> Outcome<Token> {
        let start = self.reader.mark;
        self.reader.skip();
        let (chomping, increment) = self.block_header(start)?;
        let mut indent = increment.map(|by| self.indent.max(0) + by);
        let mut text = String::new();
        let mut first_break: Option<char> = None;
        let mut after_blank = false;
        let mut breaks = self.block_breaks(&mut indent, start)?;
        while Some(self.reader.column()) == indent && !self.reader.at_end() {
            let blank = is_blank(self.reader.peek());
            if !literal && first_break == Some('\n') && !after_blank && !blank {
                if breaks.is_empty() {
                    text.push(' ');
                }
            } else {
                text.extend(first_break);
            }
            text.push_str(&breaks);
            after_blank = blank;
            while !is_break_or_end(self.reader.peek()) {
                text.push(self.reader.take());
            }
            first_break = self.reader.take_break();
            breaks = self.block_breaks(&mut indent, start)?;
        }
        if chomping != Chomping::Strip {
            text.extend(first_break);
        }
        if chomping == Chomping::Keep {
            text.push_str(&breaks);
        }
        Ok(self.token(TokenKind::Scalar { text, plain: false }, start))
    }

    /// The indicators after `|` or `>`, in either order, and the rest of their line.
    fn block_header(&mut self, start: Mark) -> Outcome<(Chomping, Option<i64>)> {
        let mut chomping = None;
        let mut increment = None;
        for _ in 0..2 {
            match self.reader.peek() {
                '+' if chomping.is_none() => chomping = Some(Chomping::Keep),
                '-' if chomping.is_none() => chomping = Some(Chomping::Strip),
                '0' if increment.is_none() => {
                    return Err(self.block_refusal(start, "found an indentation indicator equal to 0"));
                }
                digit @ '1'..='9' if increment.is_none() => {
                    increment = digit.to_digit(10).map(i64::from);
                }
                _ => break,
            }
            self.reader.skip();
        }
        self.reader.skip_blanks();
        self.reader.skip_comment();
        if !is_break_or_end(self.reader.peek()) {
            return Err(self.block_refusal(start, "did not find expected comment or line break"));
        }
        self.reader.take_break();
        Ok((chomping.unwrap_or(Chomping::Clip), increment))
    }

    fn block_refusal(&self, start: Mark, words: &str) -> Box<Problem> {
        Problem::within("while scanning a block scalar", start, self.reader.mark, words)
    }

    /// Reads indentation and empty lines; the first line that is not empty sets the
    /// indentation unless the header did.
    fn block_breaks(&mut self, indent: &mut Option<i64>, start: Mark) -> Outcome<String> {
        let mut breaks = String::new();
        let mut deepest = 0;
        loop {
            let wanted = indent.unwrap_or(i64::MAX);
            while self.reader.column() < wanted && self.reader.peek() == ' ' {
                self.reader.skip();
            }
            deepest = deepest.max(self.reader.column());
            if self.reader.column() < wanted && self.reader.peek() == '\t' {
                return Err(self.block_refusal(start, "found a tab character where an indentation space is expected"));
            }
            match self.reader.take_break() {
                Some(character) => breaks.push(character),
                None => break,
            }
        }
        indent.get_or_insert(deepest.max(self.indent + 1).max(1));
        Ok(breaks)
    }
}
