//! Splits a file in its top-level blocks the way dbt does (`dbt_common/clients/_jinja_blocks.py`).
//!
//! This is a scanner of its own, coarser than Jinja2's grammar: it skips over comments, expressions, raw blocks and
//! strings, minds `if` and `for`, and does not care what else stands between the blocks that it looks for.

use std::cell::Cell;

use super::error::{JinjaError, JinjaErrorKind};

/// The blocks that dbt knows beyond Jinja2's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BlockType {
    /// `{% macro %}`
    Macro,
    /// `{% test %}`
    Test,
    /// `{% data_test %}`
    DataTest,
    /// `{% materialization %}`
    Materialization,
    /// `{% snapshot %}`
    Snapshot,
    /// `{% docs %}`
    Docs,
}

impl BlockType {
    /// The word that opens the block.
    pub fn tag(self) -> &'static str {
        match self {
            BlockType::Macro => "macro",
            BlockType::Test => "test",
            BlockType::DataTest => "data_test",
            BlockType::Materialization => "materialization",
            BlockType::Snapshot => "snapshot",
            BlockType::Docs => "docs",
        }
    }
}

/// A block at the top level of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Which block it is.
    pub kind: BlockType,
    /// The name behind the opening word, as far as it is ASCII; empty when there is none.
    pub name: String,
    /// The text between the tags.
    pub contents: String,
    /// The text with the tags, and with the whitespace that their hyphens strip.
    pub full: String,
    /// The line of the opening tag, counted from 1.
    pub line: u32,
}

/// A file's blocks, and the tags between them that belong to none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extracted {
    /// The blocks, in order.
    pub blocks: Vec<Block>,
    /// The words of tags at the top level that open no allowed block; dbt warns of each.
    pub unexpected: Vec<String>,
}

/// The blocks of the `allowed` kinds, in order.
///
/// # Errors
/// A block is not closed, is nested in another or stands inside `if` or `for`.
pub fn extract(source: &str, path: &str, allowed: &[BlockType]) -> Result<Vec<Block>, JinjaError> {
    scan(source, path, allowed).map(|extracted| extracted.blocks)
}

/// The blocks of the `allowed` kinds, and what stands between them.
///
/// # Errors
/// A block is not closed, is nested in another or stands inside `if` or `for`.
pub fn scan(source: &str, path: &str, allowed: &[BlockType]) -> Result<Extracted, JinjaError> {
    let mut scanner = Scanner { text: source, pos: 0, counted: Cell::new((0, 1)) };
    find_blocks(&mut scanner, allowed).map_err(|(message, at)| {
        let mut error = JinjaError::new(JinjaErrorKind::Syntax, message);
        error.path = Some(path.to_owned());
        error.line = Some(scanner.line_of(at));
        error
    })
}

/// A message and the position that it is about.
type Objection = (String, usize);

/// A tag: its word, the name behind it, and where it begins and ends.
struct Tag<'a> {
    word: &'a str,
    name: &'a str,
    start: usize,
    end: usize,
}

fn find_blocks(scanner: &mut Scanner<'_>, allowed: &[BlockType]) -> Result<Extracted, Objection> {
    let mut found = Extracted::default();
    let mut control: Vec<&str> = Vec::new();
    let mut current: Option<(BlockType, Tag<'_>)> = None;
    while let Some(tag) = scanner.next_tag()? {
        check_control_flow(scanner, &tag, &mut control)?;
        let opens = allowed.iter().copied().find(|kind| kind.tag() == tag.word);
        if let Some(kind) = opens {
            if !control.is_empty() {
                let message = format!(
                    "Got a block definition inside control flow at {}. All dbt block definitions must be at the top level",
                    scanner.line_and_column(tag.start)
                );
                return Err((message, tag.start));
            }
            if let Some((_, outer)) = &current {
                return Err((nested(scanner, outer, &tag), tag.start));
            }
            current = Some((kind, tag));
        } else if let Some((kind, open)) = current.take_if(|(kind, _)| tag.word.strip_prefix("end") == Some(kind.tag()))
        {
            let full = &scanner.text[open.start..tag.end];
            let leading = full.len() - full.trim_start().len();
            found.blocks.push(Block {
                kind,
                name: open.name.to_owned(),
                contents: scanner.text[open.end..tag.start].to_owned(),
                full: full.to_owned(),
                line: scanner.line_of(open.start + leading),
            });
        } else if current.is_none() {
            found.unexpected.push(tag.word.to_owned());
        }
    }
    match current {
        None => Ok(found),
        Some((kind, open)) => {
            let line = scanner.line_of(open.end);
            let message =
                format!("Reached EOF without finding a close tag for {} (searched from line {line})", kind.tag());
            Err((message, open.end))
        }
    }
}

fn check_control_flow<'a>(scanner: &Scanner<'a>, tag: &Tag<'a>, control: &mut Vec<&'a str>) -> Result<(), Objection> {
    if matches!(tag.word, "if" | "for") {
        control.push(tag.word);
        return Ok(());
    }
    let opener = match tag.word {
        "endif" => "if",
        "endfor" => "for",
        _ => return Ok(()),
    };
    let (got, at) = (tag.word, scanner.line_and_column(tag.start));
    match control.pop() {
        None => Err((
            format!("Got an unexpected control flow end tag, got {got} but never saw a preceeding {opener} (@ {at})"),
            tag.start,
        )),
        Some(open) if open != opener => Err((
            format!("Got an unexpected control flow end tag, got {got} but expected end{open} next (@ {at})"),
            tag.start,
        )),
        Some(_) => Ok(()),
    }
}

fn nested(scanner: &Scanner<'_>, outer: &Tag<'_>, inner: &Tag<'_>) -> String {
    let (outer_start, inner_start) = (scanner.chars_before(outer.start), scanner.chars_before(inner.start));
    format!(
        "Got nested tags: {0} (started at {outer_start}) did not have a matching {{{{% end{0} %}}}} before a \
         subsequent {1} was found (started at {inner_start})",
        outer.word, inner.word
    )
}

struct Scanner<'a> {
    text: &'a str,
    pos: usize,
    /// A place whose line is known: lines are asked for in order, and counting from the top would make long files slow.
    counted: Cell<(usize, u32)>,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.pos..]
    }

    fn chars_before(&self, at: usize) -> usize {
        self.text[..at].chars().count()
    }

    fn line_of(&self, at: usize) -> u32 {
        let (from, line) = Some(self.counted.get()).filter(|(from, _)| *from <= at).unwrap_or((0, 1));
        let line = line + self.text[from..at].bytes().filter(|&byte| byte == b'\n').count() as u32;
        self.counted.set((at, line));
        line
    }

    fn line_and_column(&self, at: usize) -> String {
        let line_start = self.text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        format!("{}:{}", self.line_of(at), self.text[line_start..at].chars().count())
    }

    fn expected<T>(&self, what: &str) -> Result<T, Objection> {
        Err((format!("unexpected EOF, expected {what}, got \"{}\"", self.rest()), self.pos))
    }

    /// The next tag; comments and expressions before it are passed over.
    fn next_tag(&mut self) -> Result<Option<Tag<'a>>, Objection> {
        let mut from = self.pos;
        while let Some(offset) = self.text[from..].find('{') {
            let at = from + offset;
            match self.text.as_bytes().get(at + 1) {
                Some(b'#') => {
                    self.pos = at + 2;
                    match self.rest().find("#}") {
                        Some(end) => self.pos += end + 2,
                        None => return self.expected("#}"),
                    }
                    from = self.pos;
                }
                Some(b'{') => {
                    self.pos = at + 2;
                    self.skip_until_close("}}", "}}")?;
                    from = self.pos;
                }
                Some(b'%') => match self.tag_at(at) {
                    Some(tag) => return self.finish_tag(tag, at).map(Some),
                    None => from = at + 2,
                },
                _ => from = at + 1,
            }
        }
        Ok(None)
    }

    /// The tag whose `{%` stands at a position; its end is where its name ends.
    fn tag_at(&self, at: usize) -> Option<Tag<'a>> {
        let rest = &self.text[at + 2..];
        let (hyphen, rest) = rest.strip_prefix('-').map_or((false, rest), |rest| (true, rest));
        let rest = rest.trim_start();
        let word = identifier(rest)?;
        let behind = &rest[word.len()..];
        let name = identifier(behind.trim_start()).filter(|_| behind.starts_with(char::is_whitespace)).unwrap_or("");
        let end = if name.is_empty() {
            self.text.len() - behind.len()
        } else {
            self.text.len() - behind.trim_start().len() + name.len()
        };
        let before = &self.text[self.pos..at];
        let start = if hyphen { self.pos + before.trim_end().len() } else { at };
        Some(Tag { word, name, start, end })
    }

    fn finish_tag(&mut self, tag: Tag<'a>, at: usize) -> Result<Tag<'a>, Objection> {
        if tag.word == "raw" {
            self.pos = tag.start;
            match raw_block(&self.text[at..]) {
                Some(len) => self.pos = at + len,
                None => return self.expected("{% raw %}...{% endraw %}"),
            }
        } else {
            self.pos = tag.end;
            self.skip_until_close("%}", "tag close (\"%}\")")?;
            if self.text[..self.pos].ends_with("-%}") {
                let rest = self.rest();
                self.pos += rest.len() - rest.trim_start().len();
            }
        }
        Ok(Tag { end: self.pos, ..tag })
    }

    /// Moves behind `close`; what stands in strings does not count.
    fn skip_until_close(&mut self, close: &str, what: &str) -> Result<(), Objection> {
        loop {
            let first = close.chars().next().unwrap_or('}');
            let Some(offset) = self.rest().find(['\'', '"', first]) else { return self.expected(what) };
            let at = self.pos + offset;
            let found = &self.text[at..];
            if found.starts_with(close) {
                self.pos = at + close.len();
                return Ok(());
            }
            if found.starts_with(first) {
                self.pos = at + 1;
                continue;
            }
            match first_string(found) {
                Some(end) => self.pos = at + end,
                None => return self.expected("string"),
            }
        }
    }
}

/// The ASCII identifier at the start of `text`.
fn identifier(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    Some(&text[..end]).filter(|word| !word.is_empty() && !word.starts_with(|c: char| c.is_ascii_digit()))
}

/// Where the first complete string of `text` ends; a quote that is never closed is passed over.
fn first_string(text: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(offset) = text[from..].find(['\'', '"']) {
        let at = from + offset;
        if let Some(len) = super::syntax::string_len(&text[at..]) {
            return Some(at + len);
        }
        from = at + 1;
    }
    None
}

/// The length of the raw block at the start of `text`, with the whitespace that its last hyphen strips.
fn raw_block(text: &str) -> Option<usize> {
    let mut at = text.find("raw")? + 3;
    loop {
        at += text[at..].find("{%")? + 2;
        let rest = text[at..].strip_prefix('-').unwrap_or(&text[at..]);
        let Some(rest) = rest.trim_start().strip_prefix("endraw") else { continue };
        let rest = rest.trim_start();
        if let Some(rest) = rest.strip_prefix("-%}") {
            return Some(text.len() - rest.trim_start().len());
        }
        if let Some(rest) = rest.strip_prefix("%}") {
            return Some(text.len() - rest.len());
        }
    }
}
