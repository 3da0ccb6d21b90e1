//! Cuts a template into tokens, exactly where Jinja2's lexer does.
//!
//! All tokens are cut at once; what the lexer objects to becomes the last token, so that the parser meets it when it
//! gets there and the first mistake of a template is the one reported.

use std::borrow::Cow;

use super::SyntaxError;
use super::numbers::{float_len, integer};
use super::strings::unescape;

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tok<'a> {
    Data(&'a str),
    VariableBegin,
    VariableEnd,
    BlockBegin,
    BlockEnd,
    Name(&'a str),
    Str(Cow<'a, str>),
    Int(String),
    Float(f64),
    Op(&'static str),
    Eof,
}

impl Tok<'_> {
    /// How Jinja2 names the token in its messages.
    pub fn describe(&self) -> &str {
        match self {
            Tok::Data(_) => "template data / text",
            Tok::VariableBegin => "begin of print statement",
            Tok::VariableEnd => "end of print statement",
            Tok::BlockBegin => "begin of statement block",
            Tok::BlockEnd => "end of statement block",
            Tok::Name(name) => name,
            Tok::Str(_) => "string",
            Tok::Int(_) => "integer",
            Tok::Float(_) => "float",
            Tok::Op(op) => op,
            Tok::Eof => "end of template",
        }
    }
}

/// A token, the line it begins on, and where in the source it ends.
#[derive(Debug, Clone)]
pub(crate) struct Token<'a> {
    pub tok: Tok<'a>,
    pub line: u32,
    pub start: usize,
    pub end: usize,
}

/// The tokens of a template, and what stopped the lexer before its end.
pub(crate) struct Tokens<'a> {
    pub tokens: Vec<Token<'a>>,
    pub error: Option<SyntaxError>,
}

/// Line ends as Jinja2 sees them, with the last one dropped.
pub(crate) fn normalize(source: &str) -> Cow<'_, str> {
    if source.contains('\r') {
        let text = source.replace("\r\n", "\n").replace('\r', "\n");
        return Cow::Owned(match text.strip_suffix('\n') {
            Some(stripped) => stripped.to_owned(),
            None => text,
        });
    }
    Cow::Borrowed(source.strip_suffix('\n').unwrap_or(source))
}

/// The operator at the start of `text`; of two that begin alike the longer one.
fn operator_at(text: &str) -> Option<&'static str> {
    let mut bytes = text.bytes();
    Some(match (bytes.next()?, bytes.next()) {
        (b'/', Some(b'/')) => "//",
        (b'*', Some(b'*')) => "**",
        (b'=', Some(b'=')) => "==",
        (b'!', Some(b'=')) => "!=",
        (b'>', Some(b'=')) => ">=",
        (b'<', Some(b'=')) => "<=",
        (b'+', _) => "+",
        (b'-', _) => "-",
        (b'/', _) => "/",
        (b'*', _) => "*",
        (b'%', _) => "%",
        (b'~', _) => "~",
        (b'[', _) => "[",
        (b']', _) => "]",
        (b'(', _) => "(",
        (b')', _) => ")",
        (b'{', _) => "{",
        (b'}', _) => "}",
        (b'>', _) => ">",
        (b'<', _) => "<",
        (b'=', _) => "=",
        (b'.', _) => ".",
        (b':', _) => ":",
        (b'|', _) => "|",
        (b',', _) => ",",
        (b';', _) => ";",
        _ => return None,
    })
}

pub(crate) struct Lexer<'a> {
    source: &'a str,
    pos: usize,
    line: u32,
    tokens: Vec<Token<'a>>,
    brackets: Vec<char>,
}

/// Cuts a normalized source into tokens.
pub(crate) fn tokenize(source: &str) -> Tokens<'_> {
    let mut lexer = Lexer { source, pos: 0, line: 1, tokens: Vec::new(), brackets: Vec::new() };
    let error = lexer.run().err();
    // Jinja2 reports the end of a template on the line of the last thing in it.
    let last = lexer.tokens.last().map_or(lexer.line, |token| token.line);
    lexer.push(Tok::Eof, last, lexer.pos);
    Tokens { tokens: lexer.tokens, error }
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.source[self.pos..]
    }

    fn push(&mut self, tok: Tok<'a>, line: u32, start: usize) {
        self.tokens.push(Token { tok, line, start, end: self.pos });
    }

    /// Moves on and counts the lines passed.
    fn advance(&mut self, len: usize) {
        let passed = &self.source[self.pos..self.pos + len];
        self.line += passed.bytes().filter(|&byte| byte == b'\n').count() as u32;
        self.pos += len;
    }

    fn skip_whitespace(&mut self) {
        let rest = self.rest();
        self.advance(rest.len() - rest.trim_start().len());
    }

    fn run(&mut self) -> Result<(), SyntaxError> {
        while self.pos < self.source.len() {
            let Some(offset) = next_tag(self.rest()) else {
                let (line, start) = (self.line, self.pos);
                let rest = self.rest();
                self.advance(rest.len());
                self.push(Tok::Data(rest), line, start);
                return Ok(());
            };
            let tag = &self.rest()[offset..];
            self.data(offset, tag[2..].starts_with('-'));
            match tag.as_bytes()[1] {
                b'#' => self.comment()?,
                b'{' => self.tag(Tok::VariableBegin)?,
                _ => match raw_begin(tag) {
                    Some(len) => self.raw(len)?,
                    None => self.tag(Tok::BlockBegin)?,
                },
            }
        }
        Ok(())
    }

    /// The text before a tag, without its trailing whitespace when the tag asks for that.
    fn data(&mut self, len: usize, strip: bool) {
        let (line, start) = (self.line, self.pos);
        let text = &self.rest()[..len];
        self.advance(len);
        let text = if strip { text.trim_end() } else { text };
        if !text.is_empty() {
            self.push(Tok::Data(text), line, start);
        }
    }

    fn comment(&mut self) -> Result<(), SyntaxError> {
        let sign = usize::from(self.rest()[2..].starts_with(['-', '+']));
        self.advance(2 + sign);
        let rest = self.rest();
        let end = rest.find("#}").ok_or_else(|| SyntaxError::new("Missing end of comment tag", self.line))?;
        let strip = rest[..end].ends_with('-');
        self.advance(end + 2);
        if strip {
            self.skip_whitespace();
        }
        Ok(())
    }

    fn raw(&mut self, begin: usize) -> Result<(), SyntaxError> {
        let strip_after = self.rest()[..begin].ends_with("-%}");
        self.advance(begin);
        if strip_after {
            self.skip_whitespace();
        }
        let rest = self.rest();
        let missing = SyntaxError::new("Missing end of raw directive", self.line);
        let (offset, len) = raw_end(rest).ok_or(missing)?;
        let closing = &rest[offset..offset + len];
        self.data(offset, closing[2..].starts_with('-'));
        self.advance(len);
        if closing.ends_with("-%}") {
            self.skip_whitespace();
        }
        Ok(())
    }

    /// Everything from `{{` or `{%` to its end.
    fn tag(&mut self, begin: Tok<'a>) -> Result<(), SyntaxError> {
        let is_block = begin == Tok::BlockBegin;
        let start = self.pos;
        let sign = usize::from(self.rest()[2..].starts_with(['-', '+']));
        self.advance(2 + sign);
        self.push(begin, self.line, start);
        while self.pos < self.source.len() {
            if self.brackets.is_empty() && self.tag_end(is_block) {
                return Ok(());
            }
            self.skip_whitespace();
            if self.pos < self.source.len() && !(self.brackets.is_empty() && self.at_tag_end(is_block).is_some()) {
                self.token()?;
            }
        }
        Ok(())
    }

    /// The length of the end of a tag that stands here, and whether it strips what follows.
    fn at_tag_end(&self, is_block: bool) -> Option<(usize, bool)> {
        let rest = self.rest();
        let close = if is_block { "%}" } else { "}}" };
        if rest.starts_with(close) {
            Some((2, false))
        } else if is_block && rest.starts_with("+%}") {
            Some((3, false))
        } else if rest.strip_prefix('-').is_some_and(|rest| rest.starts_with(close)) {
            Some((3, true))
        } else {
            None
        }
    }

    fn tag_end(&mut self, is_block: bool) -> bool {
        let Some((len, strip)) = self.at_tag_end(is_block) else { return false };
        let (line, start) = (self.line, self.pos);
        self.advance(len);
        self.push(if is_block { Tok::BlockEnd } else { Tok::VariableEnd }, line, start);
        if strip {
            self.skip_whitespace();
        }
        true
    }

    fn token(&mut self) -> Result<(), SyntaxError> {
        let (line, start, rest) = (self.line, self.pos, self.rest());
        let first = rest.chars().next().unwrap_or('\0');
        if first.is_ascii_digit() {
            let after_dot = self.source[..start].ends_with('.');
            if let Some(len) = float_len(rest).filter(|_| !after_dot) {
                self.advance(len);
                let value = rest[..len].replace('_', "").parse().unwrap_or(f64::NAN);
                self.push(Tok::Float(value), line, start);
                return Ok(());
            }
            if let Some((len, digits)) = integer(rest) {
                self.advance(len);
                self.push(Tok::Int(digits), line, start);
                return Ok(());
            }
        }
        if first.is_alphanumeric() || first == '_' {
            let len = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            self.advance(len);
            self.push(Tok::Name(&rest[..len]), line, start);
            return Ok(());
        }
        if let Some(len) = string_len(rest) {
            self.advance(len);
            let text = unescape(&rest[1..len - 1]).map_err(|message| SyntaxError::new(message, line))?;
            self.push(Tok::Str(text), line, start);
            return Ok(());
        }
        self.operator(first)
    }

    fn operator(&mut self, first: char) -> Result<(), SyntaxError> {
        let (line, start, rest) = (self.line, self.pos, self.rest());
        let Some(op) = operator_at(rest) else {
            let at = self.source[..start].chars().count();
            let shown = super::super::value::str_repr(&first.to_string());
            return Err(SyntaxError::new(format!("unexpected char {shown} at {at}"), line));
        };
        match op {
            "{" => self.brackets.push('}'),
            "(" => self.brackets.push(')'),
            "[" => self.brackets.push(']'),
            "}" | ")" | "]" => match self.brackets.pop() {
                None => return Err(SyntaxError::new(format!("unexpected '{op}'"), line)),
                Some(expected) if !op.starts_with(expected) => {
                    return Err(SyntaxError::new(format!("unexpected '{op}', expected '{expected}'"), line));
                }
                Some(_) => {}
            },
            _ => {}
        }
        self.advance(op.len());
        self.push(Tok::Op(op), line, start);
        Ok(())
    }
}

/// Where the next `{{`, `{%` or `{#` stands.
fn next_tag(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(found) = text[from..].find('{') {
        let at = from + found;
        if matches!(bytes.get(at + 1), Some(b'{' | b'%' | b'#')) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

/// The length of `{% raw %}` when it stands at the start of `tag`, whitespace behind it not included.
fn raw_begin(tag: &str) -> Option<usize> {
    let rest = tag[2..].strip_prefix(['-', '+']).unwrap_or(&tag[2..]);
    let rest = rest.trim_start().strip_prefix("raw")?.trim_start();
    let rest = rest.strip_prefix("-%}").or_else(|| rest.strip_prefix("%}"))?;
    Some(tag.len() - rest.len())
}

/// Where the next `{% endraw %}` begins, and its length.
fn raw_end(text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    while let Some(found) = text[from..].find("{%") {
        let at = from + found;
        let rest = &text[at + 2..];
        let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest);
        if let Some(rest) = rest.trim_start().strip_prefix("endraw") {
            let rest = rest.trim_start();
            let closed = rest.strip_prefix("%}").or_else(|| rest.strip_prefix("-%}"));
            if let Some(rest) = closed.or_else(|| rest.strip_prefix("+%}")) {
                return Some((at, text.len() - at - rest.len()));
            }
        }
        from = at + 2;
    }
    None
}

/// The length of the string literal at the start of `text`, quotes included.
pub(crate) fn string_len(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let quote = *bytes.first().filter(|byte| matches!(byte, b'\'' | b'"'))?;
    let mut at = 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}
