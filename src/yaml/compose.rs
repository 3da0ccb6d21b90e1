//! The grammar: puts tokens together into a graph of nodes, in which an alias is simply a
//! second reference to the node its anchor names.

use std::collections::HashMap;

use super::error::{Mark, Outcome, Problem};
use super::graph::{Content, Entries, Graph, Id, RawNode};
use super::resolve::{STANDARD_PREFIX, Tag, resolve_plain};
use super::scanner::Scanner;
use super::token::TokenKind;

/// Collections nested deeper than this are refused, so that no document can exhaust the stack.
const DEPTH_LIMIT: usize = 500;

/// Reads the only document of a text; `None` when the text holds none.
pub(super) fn compose_single(text: &str) -> Outcome<Option<(Graph, Id)>> {
    let mut composer = Composer {
        scanner: Scanner::new(text)?,
        graph: Graph::default(),
        anchors: HashMap::new(),
        handles: HashMap::new(),
        depth: 0,
    };
    let explicit = match composer.document_start(true)? {
        None => return Ok(None),
        Some(start) => start.explicit,
    };
    let root = composer.document_content(explicit)?;
    if composer.scanner.peek()?.kind == TokenKind::DocumentEnd {
        composer.scanner.next()?;
    }
    match composer.document_start(false)? {
        None => Ok(Some((composer.graph, root))),
        Some(second) => Err(Problem::within(
            "expected a single document in the stream",
            composer.graph[root].start,
            second.mark,
            "but found another document",
        )),
    }
}

/// How a document begins.
struct DocumentStart {
    mark: Mark,
    /// With `---`, after which there need not be any content.
    explicit: bool,
}

/// What may precede a value.
#[derive(Default)]
struct Properties {
    anchor: Option<String>,
    tag: Option<Tag>,
}

/// A tag that says something about the type.
fn specific(tag: Option<Tag>) -> Option<Tag> {
    tag.filter(|tag| *tag != Tag::Unspecific)
}

struct Composer {
    scanner: Scanner,
    graph: Graph,
    /// Each anchor's node, and where that node starts.
    anchors: HashMap<String, (Id, Mark)>,
    /// What `%TAG` directives say handles stand for.
    handles: HashMap<String, String>,
    depth: usize,
}

impl Composer {
    /// Steps up to a document's content. Returns where the document starts, or `None` at the
    /// end of the stream. Only the first document may do without `---`.
    fn document_start(&mut self, first: bool) -> Outcome<Option<DocumentStart>> {
        if !first {
            while self.scanner.peek()?.kind == TokenKind::DocumentEnd {
                self.scanner.next()?;
            }
        }
        let token = self.scanner.peek()?;
        let start = token.start;
        let bare = !matches!(
            token.kind,
            TokenKind::VersionDirective { .. } | TokenKind::TagDirective { .. } | TokenKind::DocumentStart
        );
        if token.kind == TokenKind::StreamEnd {
            return Ok(None);
        }
        if bare && first {
            return Ok(Some(DocumentStart { mark: start, explicit: false }));
        }
        self.directives()?;
        let token = self.scanner.peek()?;
        if token.kind != TokenKind::DocumentStart {
            let words = "did not find expected <document start>";
            return Err(Problem::at(token.start, words));
        }
        self.scanner.next()?;
        Ok(Some(DocumentStart { mark: start, explicit: true }))
    }

    fn directives(&mut self) -> Outcome<()> {
        let mut versioned = false;
        loop {
            match self.scanner.peek()?.kind {
                TokenKind::VersionDirective { .. } | TokenKind::TagDirective { .. } => {}
                _ => return Ok(()),
            }
            let token = self.scanner.next()?;
            let refusal = match token.kind {
                TokenKind::VersionDirective { .. } if versioned => "found duplicate %YAML directive",
                TokenKind::VersionDirective { major: 1, minor: 1 | 2 } => {
                    versioned = true;
                    continue;
                }
                TokenKind::TagDirective { handle, prefix } => {
                    if self.handles.insert(handle, prefix).is_none() {
                        continue;
                    }
                    "found duplicate %TAG directive"
                }
                _ => "found incompatible YAML document",
            };
            return Err(Problem::at(token.start, refusal));
        }
    }

    fn document_content(&mut self, explicit: bool) -> Outcome<Id> {
        if !explicit {
            return self.node(true, false);
        }
        let token = self.scanner.peek()?;
        let start = token.start;
        match token.kind {
            TokenKind::VersionDirective { .. }
            | TokenKind::TagDirective { .. }
            | TokenKind::DocumentStart
            | TokenKind::DocumentEnd
            | TokenKind::StreamEnd => Ok(self.empty(start)),
            _ => self.node(true, false),
        }
    }

    /// The null that stands where nothing was written.
    fn empty(&mut self, mark: Mark) -> Id {
        self.graph.add(RawNode { tag: Tag::Null, start: mark, content: Content::Scalar(String::new()) })
    }

    /// Any node. `block` admits block collections, `indentless` admits a sequence whose
    /// dashes stand in the column of the key it belongs to.
    fn node(&mut self, block: bool, indentless: bool) -> Outcome<Id> {
        let start = self.scanner.peek()?.start;
        if matches!(self.scanner.peek()?.kind, TokenKind::Alias(_)) {
            return self.alias();
        }
        let properties = self.properties(start)?;
        let token = self.scanner.peek()?;
        match token.kind {
            TokenKind::BlockEntry if indentless => self.sequence(start, properties, Self::indentless_items),
            TokenKind::Scalar { .. } => self.scalar(start, properties),
            TokenKind::FlowSequenceStart => self.sequence(start, properties, Self::flow_items),
            TokenKind::FlowMappingStart => self.mapping(start, properties, Self::flow_entries),
            TokenKind::BlockSequenceStart if block => self.sequence(start, properties, Self::block_items),
            TokenKind::BlockMappingStart if block => self.mapping(start, properties, Self::block_entries),
            _ if properties.anchor.is_some() || properties.tag.is_some() => {
                let tag = match properties.tag {
                    Some(Tag::Unspecific) => Tag::Str,
                    Some(tag) => tag,
                    None => Tag::Null,
                };
                self.add(start, tag, properties.anchor, Content::Scalar(String::new()))
            }
            _ => Err(Problem::within(
                if block { "while parsing a block node" } else { "while parsing a flow node" },
                start,
                token.start,
                "did not find expected node content",
            )),
        }
    }

    fn alias(&mut self) -> Outcome<Id> {
        let token = self.scanner.next()?;
        if let TokenKind::Alias(name) = &token.kind
            && let Some((id, _)) = self.anchors.get(name)
        {
            return Ok(*id);
        }
        Err(Problem::at(token.start, "found undefined alias"))
    }

    /// At most one anchor and one tag, in either order.
    fn properties(&mut self, start: Mark) -> Outcome<Properties> {
        let mut properties = Properties::default();
        let mut written: Option<(String, String, Mark)> = None;
        loop {
            match self.scanner.peek()?.kind {
                TokenKind::Anchor(_) if properties.anchor.is_none() => {}
                TokenKind::Tag { .. } if written.is_none() => {}
                _ => break,
            }
            let token = self.scanner.next()?;
            match token.kind {
                TokenKind::Anchor(name) => properties.anchor = Some(name),
                TokenKind::Tag { handle, suffix } => written = Some((handle, suffix, token.start)),
                _ => {}
            }
        }
        if let Some((handle, suffix, mark)) = written {
            let prefix = self.prefix(&handle).ok_or_else(|| {
                let words = "found undefined tag handle";
                Problem::within("while parsing a node", start, mark, words)
            })?;
            let tag = format!("{prefix}{suffix}");
            properties.tag = Some(Tag::named(&tag));
        }
        Ok(properties)
    }

    fn prefix<'a>(&'a self, handle: &'a str) -> Option<&'a str> {
        match (self.handles.get(handle), handle) {
            (Some(prefix), _) => Some(prefix),
            (None, "" | "!") => Some(handle),
            (None, "!!") => Some(STANDARD_PREFIX),
            _ => None,
        }
    }

    fn scalar(&mut self, start: Mark, properties: Properties) -> Outcome<Id> {
        let TokenKind::Scalar { text, plain } = self.scanner.next()?.kind else {
            return Ok(self.empty(start));
        };
        let tag = match properties.tag {
            Some(Tag::Unspecific) => resolve_plain(&text),
            Some(tag) => tag,
            None if plain => resolve_plain(&text),
            None => Tag::Str,
        };
        self.add(start, tag, properties.anchor, Content::Scalar(text))
    }

    fn add(&mut self, start: Mark, tag: Tag, anchor: Option<String>, content: Content) -> Outcome<Id> {
        let id = self.graph.add(RawNode { tag, start, content });
        if let Some(anchor) = anchor
            && let Some((_, first)) = self.anchors.insert(anchor, (id, start))
        {
            return Err(Problem::within("found duplicate anchor; first occurrence", first, start, "second occurrence"));
        }
        Ok(id)
    }

    fn sequence(
        &mut self,
        start: Mark,
        properties: Properties,
        items: fn(&mut Self) -> Outcome<Vec<Id>>,
    ) -> Outcome<Id> {
        let tag = specific(properties.tag).unwrap_or(Tag::Seq);
        let id = self.add(start, tag, properties.anchor, Content::Sequence(Vec::new()))?;
        self.descend(start)?;
        let items = items(self)?;
        self.depth -= 1;
        self.graph.fill(id, Content::Sequence(items));
        Ok(id)
    }

    fn mapping(
        &mut self,
        start: Mark,
        properties: Properties,
        entries: fn(&mut Self) -> Outcome<Entries>,
    ) -> Outcome<Id> {
        let tag = specific(properties.tag).unwrap_or(Tag::Map);
        let id = self.add(start, tag, properties.anchor, Content::Mapping(Vec::new()))?;
        self.descend(start)?;
        let entries = entries(self)?;
        self.depth -= 1;
        self.graph.fill(id, Content::Mapping(entries));
        Ok(id)
    }

    fn descend(&mut self, start: Mark) -> Outcome<()> {
        self.depth += 1;
        if self.depth > DEPTH_LIMIT {
            return Err(Problem::at(start, format!("collections are nested more than {DEPTH_LIMIT} levels deep")));
        }
        Ok(())
    }

    fn block_items(&mut self) -> Outcome<Vec<Id>> {
        let opening = self.scanner.next()?.start;
        let mut items = Vec::new();
        loop {
            let token = self.scanner.next()?;
            match token.kind {
                TokenKind::BlockEntry => {}
                TokenKind::BlockEnd => return Ok(items),
                _ => {
                    return Err(Problem::within(
                        "while parsing a block collection",
                        opening,
                        token.start,
                        "did not find expected '-' indicator",
                    ));
                }
            }
            items.push(match self.scanner.peek()?.kind {
                TokenKind::BlockEntry | TokenKind::BlockEnd => self.empty(token.end),
                _ => self.node(true, false)?,
            });
        }
    }

    fn indentless_items(&mut self) -> Outcome<Vec<Id>> {
        let mut items = Vec::new();
        while self.scanner.peek()?.kind == TokenKind::BlockEntry {
            let dash = self.scanner.next()?;
            items.push(match self.scanner.peek()?.kind {
                TokenKind::BlockEntry | TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => self.empty(dash.end),
                _ => self.node(true, false)?,
            });
        }
        Ok(items)
    }

    fn block_entries(&mut self) -> Outcome<Entries> {
        let opening = self.scanner.next()?.start;
        let mut entries = Vec::new();
        loop {
            let token = self.scanner.next()?;
            match token.kind {
                TokenKind::Key => {}
                TokenKind::BlockEnd => return Ok(entries),
                _ => {
                    return Err(Problem::within(
                        "while parsing a block mapping",
                        opening,
                        token.start,
                        "did not find expected key",
                    ));
                }
            }
            let key = self.block_side(token.end)?;
            let token = self.scanner.peek()?;
            let (start, end) = (token.start, token.end);
            let value = if token.kind == TokenKind::Value {
                self.scanner.next()?;
                self.block_side(end)?
            } else {
                self.empty(start)
            };
            entries.push((key, value));
        }
    }

    /// The key or the value of a block mapping's entry.
    fn block_side(&mut self, indicator_end: Mark) -> Outcome<Id> {
        match self.scanner.peek()?.kind {
            TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => Ok(self.empty(indicator_end)),
            _ => self.node(true, true),
        }
    }

    /// Steps over the comma between items of a flow collection. Returns whether another item
    /// may follow; the closing bracket is taken when not.
    fn flow_continues(&mut self, first: bool, close: &TokenKind, refusal: (&'static str, Mark, &str)) -> Outcome<bool> {
        if !first && self.scanner.peek()?.kind != *close {
            let token = self.scanner.next()?;
            if token.kind != TokenKind::FlowEntry {
                let (context, opening, words) = refusal;
                return Err(Problem::within(context, opening, token.start, words));
            }
        }
        if self.scanner.peek()?.kind == *close {
            self.scanner.next()?;
            return Ok(false);
        }
        Ok(true)
    }

    fn flow_items(&mut self) -> Outcome<Vec<Id>> {
        let opening = self.scanner.next()?.start;
        let refusal = ("while parsing a flow sequence", opening, "did not find expected ',' or ']'");
        let mut items = Vec::new();
        while self.flow_continues(items.is_empty(), &TokenKind::FlowSequenceEnd, refusal)? {
            let token = self.scanner.peek()?;
            let start = token.start;
            items.push(if token.kind == TokenKind::Key {
                self.mapping(start, Properties::default(), Self::flow_pair)?
            } else {
                self.node(false, false)?
            });
        }
        Ok(items)
    }

    /// The mapping of one entry that `[key: value]` contains.
    fn flow_pair(&mut self) -> Outcome<Entries> {
        self.scanner.next()?;
        let key = match self.scanner.peek()?.kind {
            // PyYAML's parser drops the token after a missing key; documents that are refused
            // for it must stay refused.
            TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowSequenceEnd => {
                let dropped = self.scanner.next()?;
                self.empty(dropped.end)
            }
            _ => self.node(false, false)?,
        };
        let value = self.flow_value(&TokenKind::FlowSequenceEnd)?;
        Ok(vec![(key, value)])
    }

    /// What follows a key in a flow collection: a value, or nothing.
    fn flow_value(&mut self, close: &TokenKind) -> Outcome<Id> {
        if self.scanner.peek()?.kind == TokenKind::Value {
            self.scanner.next()?;
            let kind = &self.scanner.peek()?.kind;
            if *kind != TokenKind::FlowEntry && kind != close {
                return self.node(false, false);
            }
        }
        let start = self.scanner.peek()?.start;
        Ok(self.empty(start))
    }

    fn flow_entries(&mut self) -> Outcome<Entries> {
        let opening = self.scanner.next()?.start;
        let refusal = ("while parsing a flow mapping", opening, "did not find expected ',' or '}'");
        let mut entries = Vec::new();
        while self.flow_continues(entries.is_empty(), &TokenKind::FlowMappingEnd, refusal)? {
            if self.scanner.peek()?.kind != TokenKind::Key {
                let key = self.node(false, false)?;
                let start = self.scanner.peek()?.start;
                let value = self.empty(start);
                entries.push((key, value));
                continue;
            }
            self.scanner.next()?;
            let token = self.scanner.peek()?;
            let start = token.start;
            let key = match token.kind {
                TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowMappingEnd => self.empty(start),
                _ => self.node(false, false)?,
            };
            let value = self.flow_value(&TokenKind::FlowMappingEnd)?;
            entries.push((key, value));
        }
        Ok(entries)
    }
}
