//! Cuts a document into tokens. YAML has no keyword that opens a block: the scanner derives
//! openings and ends from indentation, and discovers only at a `:` that what came before
//! was a key, whose token it then inserts behind the ones already waiting.

use std::collections::VecDeque;

use super::error::{Mark, Outcome, Problem};
use super::reader::{Reader, is_blank, is_blank_break_or_end};
use super::token::{Token, TokenKind};

/// A key that is not introduced by `?` must end within this many characters.
const SIMPLE_KEY_LIMIT: usize = 1024;

/// A place where a key may have begun.
#[derive(Debug, Clone, Copy)]
struct SimpleKey {
    /// Nothing but a key would make sense here.
    required: bool,
    /// Number of the token the key would start with, from the start of the document.
    token: usize,
    index: usize,
    mark: Mark,
}

/// Produces tokens on demand.
pub(super) struct Scanner {
    pub(super) reader: Reader,
    waiting: VecDeque<Token>,
    /// How many tokens have been handed out.
    taken: usize,
    /// The column of the current block, -1 outside any.
    pub(super) indent: i64,
    outer_indents: Vec<i64>,
    key_allowed: bool,
    /// The possible key of the block context and of each open flow collection.
    keys: Vec<Option<SimpleKey>>,
    finished: bool,
    /// The next token has been shown, so it needs no further look at what follows it.
    certain: bool,
}

impl Scanner {
    /// Starts at the beginning of a text.
    pub(super) fn new(text: &str) -> Outcome<Scanner> {
        Ok(Scanner {
            reader: Reader::new(text)?,
            waiting: VecDeque::new(),
            taken: 0,
            indent: -1,
            outer_indents: Vec::new(),
            key_allowed: true,
            keys: vec![None],
            finished: false,
            certain: false,
        })
    }

    /// The next token, without taking it. Past the end of the stream there is none to take,
    /// and the end itself is shown again.
    pub(super) fn peek(&mut self) -> Outcome<&Token> {
        while !self.certain && self.needs_more()? {
            self.fetch()?;
        }
        self.certain = true;
        if self.waiting.is_empty() {
            let end = self.token(TokenKind::StreamEnd, self.reader.mark);
            self.waiting.push_back(end);
        }
        Ok(&self.waiting[0])
    }

    /// Takes the next token.
    pub(super) fn next(&mut self) -> Outcome<Token> {
        self.peek()?;
        self.taken += 1;
        self.certain = false;
        let end = self.reader.mark;
        Ok(self.waiting.pop_front().unwrap_or(Token { kind: TokenKind::StreamEnd, start: end, end }))
    }

    /// Whether `[` or `{` is open, so that indentation does not count.
    pub(super) fn in_flow(&self) -> bool {
        self.keys.len() > 1
    }

    /// Lets a key begin at what follows; a plain scalar that spans lines ends so.
    pub(super) fn allow_key(&mut self) {
        self.key_allowed = true;
    }

    /// A token from `start` to the cursor.
    pub(super) fn token(&self, kind: TokenKind, start: Mark) -> Token {
        Token { kind, start, end: self.reader.mark }
    }

    /// The next token is only certain once it can no longer turn out to start a key.
    fn needs_more(&mut self) -> Outcome<bool> {
        if self.waiting.is_empty() {
            return Ok(!self.finished);
        }
        self.drop_stale_keys()?;
        Ok(!self.finished && self.keys.iter().flatten().any(|key| key.token == self.taken))
    }

    fn drop_stale_keys(&mut self) -> Outcome<()> {
        let (line, index) = (self.reader.mark.line, self.reader.index);
        for slot in &mut self.keys {
            let Some(key) = slot else { continue };
            if key.mark.line < line || key.index + SIMPLE_KEY_LIMIT < index {
                if key.required {
                    return Err(missing_colon(key.mark, self.reader.mark));
                }
                *slot = None;
            }
        }
        Ok(())
    }

    fn save_key(&mut self) -> Outcome<()> {
        if !self.key_allowed {
            return Ok(());
        }
        let required = !self.in_flow() && self.indent == self.reader.column();
        self.remove_key()?;
        let key = SimpleKey {
            required,
            token: self.taken + self.waiting.len(),
            index: self.reader.index,
            mark: self.reader.mark,
        };
        if let Some(slot) = self.keys.last_mut() {
            *slot = Some(key);
        }
        Ok(())
    }

    fn remove_key(&mut self) -> Outcome<()> {
        match self.keys.last_mut().and_then(Option::take) {
            Some(key) if key.required => Err(missing_colon(key.mark, self.reader.mark)),
            _ => Ok(()),
        }
    }

    /// Opens a block if the column is deeper than the current one.
    fn open_block(&mut self, column: i64, at: Option<usize>, kind: TokenKind, mark: Mark) {
        if self.in_flow() || self.indent >= column {
            return;
        }
        self.outer_indents.push(self.indent);
        self.indent = column;
        let token = Token { kind, start: mark, end: mark };
        match at {
            Some(number) => self.waiting.insert(number - self.taken, token),
            None => self.waiting.push_back(token),
        }
    }

    /// Closes every block deeper than the column.
    fn close_blocks(&mut self, column: i64) {
        if self.in_flow() {
            return;
        }
        while self.indent > column {
            let end = self.token(TokenKind::BlockEnd, self.reader.mark);
            self.waiting.push_back(end);
            self.indent = self.outer_indents.pop().unwrap_or(-1);
        }
    }

    /// Steps over blanks, comments and line breaks. A tab may not indent a block.
    fn skip_to_token(&mut self) {
        loop {
            if self.reader.mark.column == 0 && self.reader.peek() == '\u{feff}' {
                self.reader.skip();
            }
            let tabs = self.in_flow() || !self.key_allowed;
            while self.reader.peek() == ' ' || (tabs && self.reader.peek() == '\t') {
                self.reader.skip();
            }
            self.reader.skip_comment();
            if self.reader.take_break().is_none() {
                return;
            }
            if !self.in_flow() {
                self.key_allowed = true;
            }
        }
    }

    fn fetch(&mut self) -> Outcome<()> {
        self.skip_to_token();
        self.drop_stale_keys()?;
        self.close_blocks(self.reader.column());
        if self.reader.at_end() {
            return self.fetch_stream_end();
        }
        if self.reader.mark.column == 0 {
            if self.reader.peek() == '%' {
                return self.fetch_directive();
            }
            if self.reader.at_indicator('-') {
                return self.fetch_document_indicator(TokenKind::DocumentStart);
            }
            if self.reader.at_indicator('.') {
                return self.fetch_document_indicator(TokenKind::DocumentEnd);
            }
        }
        let ends_word = is_blank_break_or_end(self.reader.peek_at(1));
        match self.reader.peek() {
            '[' => self.fetch_flow_start(TokenKind::FlowSequenceStart),
            '{' => self.fetch_flow_start(TokenKind::FlowMappingStart),
            ']' => self.fetch_flow_end(TokenKind::FlowSequenceEnd),
            '}' => self.fetch_flow_end(TokenKind::FlowMappingEnd),
            ',' => self.fetch_flow_entry(),
            '-' if ends_word => self.fetch_block_entry(),
            '?' if self.in_flow() || ends_word => self.fetch_key(),
            ':' if self.in_flow() || ends_word => self.fetch_value(),
            '|' if !self.in_flow() => self.fetch_block_scalar(true),
            '>' if !self.in_flow() => self.fetch_block_scalar(false),
            _ => self.fetch_content(),
        }
    }

    /// What may be, or be part of, a key: properties and flow scalars.
    fn fetch_content(&mut self) -> Outcome<()> {
        if !self.can_start_content() {
            return Err(Problem::within(
                "while scanning for the next token",
                self.reader.mark,
                self.reader.mark,
                "found character that cannot start any token",
            ));
        }
        self.save_key()?;
        self.key_allowed = false;
        let token = match self.reader.peek() {
            '*' => self.scan_anchor(true),
            '&' => self.scan_anchor(false),
            '!' => self.scan_tag(),
            '\'' => self.scan_quoted(true),
            '"' => self.scan_quoted(false),
            _ => self.scan_plain(),
        }?;
        self.waiting.push_back(token);
        Ok(())
    }

    fn can_start_content(&self) -> bool {
        let next = self.reader.peek_at(1);
        match self.reader.peek() {
            '-' => !is_blank(next),
            '?' | ':' => !self.in_flow() && !is_blank_break_or_end(next),
            '|' | '>' | '%' | '@' | '`' | '#' | ',' | '[' | ']' | '{' | '}' => false,
            other => !is_blank_break_or_end(other),
        }
    }

    /// Skips the characters of an indicator and queues its token.
    fn push_indicator(&mut self, kind: TokenKind, width: usize) {
        let start = self.reader.mark;
        for _ in 0..width {
            self.reader.skip();
        }
        let token = self.token(kind, start);
        self.waiting.push_back(token);
    }

    fn fetch_stream_end(&mut self) -> Outcome<()> {
        if self.reader.mark.column != 0 {
            self.reader.mark.column = 0;
            self.reader.mark.line += 1;
        }
        self.end_all_blocks()?;
        self.finished = true;
        let end = self.token(TokenKind::StreamEnd, self.reader.mark);
        self.waiting.push_back(end);
        Ok(())
    }

    fn end_all_blocks(&mut self) -> Outcome<()> {
        self.close_blocks(-1);
        self.remove_key()?;
        self.key_allowed = false;
        Ok(())
    }

    fn fetch_directive(&mut self) -> Outcome<()> {
        self.end_all_blocks()?;
        let token = self.scan_directive()?;
        self.waiting.push_back(token);
        Ok(())
    }

    fn fetch_document_indicator(&mut self, kind: TokenKind) -> Outcome<()> {
        self.end_all_blocks()?;
        self.push_indicator(kind, 3);
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: TokenKind) -> Outcome<()> {
        self.save_key()?;
        self.keys.push(None);
        self.key_allowed = true;
        self.push_indicator(kind, 1);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: TokenKind) -> Outcome<()> {
        self.remove_key()?;
        if self.in_flow() {
            self.keys.pop();
        }
        self.key_allowed = false;
        self.push_indicator(kind, 1);
        Ok(())
    }

    fn fetch_flow_entry(&mut self) -> Outcome<()> {
        self.remove_key()?;
        self.key_allowed = true;
        self.push_indicator(TokenKind::FlowEntry, 1);
        Ok(())
    }

    fn require_key_allowed(&self, refusal: &str) -> Outcome<()> {
        if self.key_allowed {
            return Ok(());
        }
        Err(Problem::at(self.reader.mark, refusal))
    }

    fn fetch_block_entry(&mut self) -> Outcome<()> {
        if !self.in_flow() {
            self.require_key_allowed("block sequence entries are not allowed in this context")?;
            let (column, mark) = (self.reader.column(), self.reader.mark);
            self.open_block(column, None, TokenKind::BlockSequenceStart, mark);
        }
        self.remove_key()?;
        self.key_allowed = true;
        self.push_indicator(TokenKind::BlockEntry, 1);
        Ok(())
    }

    fn fetch_key(&mut self) -> Outcome<()> {
        if !self.in_flow() {
            self.require_key_allowed("mapping keys are not allowed in this context")?;
            let (column, mark) = (self.reader.column(), self.reader.mark);
            self.open_block(column, None, TokenKind::BlockMappingStart, mark);
        }
        self.remove_key()?;
        self.key_allowed = !self.in_flow();
        self.push_indicator(TokenKind::Key, 1);
        Ok(())
    }

    fn fetch_value(&mut self) -> Outcome<()> {
        if let Some(key) = self.keys.last_mut().and_then(Option::take) {
            let token = Token { kind: TokenKind::Key, start: key.mark, end: key.mark };
            self.waiting.insert(key.token - self.taken, token);
            let column = i64::from(key.mark.column);
            self.open_block(column, Some(key.token), TokenKind::BlockMappingStart, key.mark);
            self.key_allowed = false;
        } else {
            if !self.in_flow() {
                self.require_key_allowed("mapping values are not allowed in this context")?;
                let (column, mark) = (self.reader.column(), self.reader.mark);
                self.open_block(column, None, TokenKind::BlockMappingStart, mark);
            }
            self.key_allowed = !self.in_flow();
        }
        self.push_indicator(TokenKind::Value, 1);
        Ok(())
    }

    fn fetch_block_scalar(&mut self, literal: bool) -> Outcome<()> {
        self.remove_key()?;
        self.key_allowed = true;
        let token = self.scan_block_scalar(literal)?;
        self.waiting.push_back(token);
        Ok(())
    }
}

fn missing_colon(key: Mark, mark: Mark) -> Box<Problem> {
    Problem::within("while scanning a simple key", key, mark, "could not find expected ':'")
}
