//! The parser's hands: what it reads next, what it may skip or must find, and how deep it has gone.

use super::SyntaxError;
use super::lexer::{Tok, Token, tokenize};

pub(super) type Parsed<T> = Result<T, SyntaxError>;

/// How deep expressions may nest before we refuse them rather than run out of stack.
const MAX_DEPTH: u32 = 150;
/// How many operators one expression may chain: each puts the tree before it one step deeper. Jinja2 stops at about half.
const MAX_LINKS: u32 = 1000;
/// What Python says when Jinja2 meets such a template.
const TOO_DEEP: &str = "maximum recursion depth exceeded";

/// Reads a normalized source.
pub(crate) struct Parser<'a> {
    pub(super) source: &'a str,
    tokens: Vec<Token<'a>>,
    pos: usize,
    lex_error: Option<SyntaxError>,
    depth: u32,
    pub(super) links: u32,
    pub(super) end_tokens: Vec<&'static [&'static str]>,
    pub(super) tags: Vec<&'a str>,
}

impl<'a> Parser<'a> {
    /// A parser at the start of `source`, which must be normalized.
    ///
    /// # Errors
    /// The very first token cannot be cut.
    pub fn new(source: &'a str) -> Parsed<Parser<'a>> {
        let cut = tokenize(source);
        let parser = Parser {
            source,
            tokens: cut.tokens,
            pos: 0,
            lex_error: cut.error,
            depth: 0,
            links: 0,
            end_tokens: Vec::new(),
            tags: Vec::new(),
        };
        parser.check()?;
        Ok(parser)
    }

    /// The lexer's objection belongs to the token that it could not cut: the last one.
    fn check(&self) -> Parsed<()> {
        match &self.lex_error {
            Some(error) if self.pos + 1 >= self.tokens.len() => Err(error.clone()),
            _ => Ok(()),
        }
    }

    pub(super) fn token(&self) -> &Token<'a> {
        &self.tokens[self.pos.min(self.tokens.len() - 1)]
    }

    pub(super) fn current(&self) -> &Tok<'a> {
        &self.token().tok
    }

    pub(super) fn line(&self) -> u32 {
        self.token().line
    }

    /// Where the current token begins in the source.
    pub(super) fn start(&self) -> usize {
        self.token().start
    }

    /// Where the token before the current one ends in the source.
    pub(super) fn previous_end(&self) -> usize {
        self.pos.checked_sub(1).map_or(0, |pos| self.tokens[pos].end)
    }

    pub(super) fn look(&self) -> &Tok<'a> {
        &self.tokens[(self.pos + 1).min(self.tokens.len() - 1)].tok
    }

    pub(super) fn next(&mut self) -> Parsed<()> {
        if self.pos + 1 < self.tokens.len() {
            self.pos += 1;
        }
        self.check()
    }

    pub(super) fn fail<T>(&self, message: impl Into<String>) -> Parsed<T> {
        Err(SyntaxError::new(message, self.line()))
    }

    pub(super) fn is_op(&self, op: &str) -> bool {
        matches!(self.current(), Tok::Op(found) if *found == op)
    }

    pub(super) fn is_name(&self, name: &str) -> bool {
        matches!(self.current(), Tok::Name(found) if *found == name)
    }

    pub(super) fn skip_op(&mut self, op: &str) -> Parsed<bool> {
        let found = self.is_op(op);
        if found {
            self.next()?;
        }
        Ok(found)
    }

    pub(super) fn skip_name(&mut self, name: &str) -> Parsed<bool> {
        let found = self.is_name(name);
        if found {
            self.next()?;
        }
        Ok(found)
    }

    /// The two words `first second`, both skipped when they stand here.
    pub(super) fn skip_names(&mut self, first: &str, second: &str) -> Parsed<bool> {
        let found = self.is_name(first) && matches!(self.look(), Tok::Name(name) if *name == second);
        if found {
            self.next()?;
            self.next()?;
        }
        Ok(found)
    }

    pub(super) fn expected<T>(&self, wanted: &str) -> Parsed<T> {
        if *self.current() == Tok::Eof {
            return self.fail(format!("unexpected end of template, expected '{wanted}'."));
        }
        self.fail(format!("expected token '{wanted}', got '{}'", self.current().describe()))
    }

    pub(super) fn expect_op(&mut self, op: &str) -> Parsed<()> {
        if self.is_op(op) { self.next() } else { self.expected(op) }
    }

    pub(super) fn expect_tok(&mut self, tok: &Tok<'_>) -> Parsed<()> {
        if self.current() == tok { self.next() } else { self.expected(tok.describe()) }
    }

    pub(super) fn expect_keyword(&mut self, name: &str) -> Parsed<()> {
        if self.is_name(name) { self.next() } else { self.expected(name) }
    }

    pub(super) fn expect_name(&mut self) -> Parsed<&'a str> {
        match *self.current() {
            Tok::Name(name) => {
                self.next()?;
                Ok(name)
            }
            _ => self.expected("name"),
        }
    }

    /// One level of nesting more; the caller takes it back.
    pub(super) fn deeper(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { self.fail(TOO_DEEP) } else { Ok(()) }
    }

    /// The end of what [`Parser::deeper`] began.
    pub(super) fn shallower(&mut self) {
        self.depth -= 1;
    }

    /// One operator more in the chain of this expression.
    pub(super) fn link(&mut self) -> Parsed<()> {
        self.links += 1;
        if self.links > MAX_LINKS { self.fail(TOO_DEEP) } else { Ok(()) }
    }
}
