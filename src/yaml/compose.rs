//! Gathers parser events into a graph of typed but not yet constructed nodes, in which
//! an alias is simply a second reference to the node its anchor names.

use std::collections::HashMap;

use super::error::{Mark, Outcome, Problem};
use super::event::{Event, EventKind, Properties};
use super::resolve::{Tag, resolve_plain};

/// Position of a node in its [`Graph`].
pub(super) type Id = usize;

/// A node before construction.
#[derive(Debug)]
pub(super) struct RawNode {
    pub tag: Tag,
    pub start: Mark,
    pub content: Content,
}

/// What a node holds.
#[derive(Debug)]
pub(super) enum Content {
    Scalar(String),
    Sequence(Vec<Id>),
    Mapping(Vec<(Id, Id)>),
}

impl RawNode {
    /// What PyYAML calls this kind of node in its messages.
    pub(super) fn kind(&self) -> &'static str {
        match self.content {
            Content::Scalar(_) => "scalar",
            Content::Sequence(_) => "sequence",
            Content::Mapping(_) => "mapping",
        }
    }
}

/// All nodes of one document.
#[derive(Debug, Default)]
pub(super) struct Graph {
    nodes: Vec<RawNode>,
}

impl std::ops::Index<Id> for Graph {
    type Output = RawNode;

    fn index(&self, id: Id) -> &RawNode {
        &self.nodes[id]
    }
}

/// Where events come from.
pub(super) trait EventSource {
    /// The next event; after `StreamEnd` it is not called again.
    fn next_event(&mut self) -> Outcome<Event>;
}

/// Collections nested deeper than this are refused, so that no document can exhaust the stack.
const DEPTH_LIMIT: usize = 500;

/// Reads the only document of a stream; `None` for an empty stream.
pub(super) fn compose_single(source: &mut impl EventSource) -> Outcome<Option<(Graph, Id)>> {
    let first = source.next_event()?;
    if first.kind == EventKind::StreamEnd {
        return Ok(None);
    }
    let mut composer = Composer { source, graph: Graph::default(), anchors: HashMap::new(), depth: 0 };
    let event = composer.source.next_event()?;
    let start = event.start;
    let root = composer.compose(event)?;
    let graph = composer.graph;
    source.next_event()?;
    let next = source.next_event()?;
    if next.kind == EventKind::StreamEnd {
        return Ok(Some((graph, root)));
    }
    Err(Problem::within("expected a single document in the stream", start, next.start, "but found another document"))
}

struct Composer<'a, S> {
    source: &'a mut S,
    graph: Graph,
    anchors: HashMap<String, (Id, Mark)>,
    depth: usize,
}

impl<S: EventSource> Composer<'_, S> {
    fn compose(&mut self, event: Event) -> Outcome<Id> {
        let start = event.start;
        match event.kind {
            EventKind::Alias(name) => match self.anchors.get(&name) {
                Some((id, _)) => Ok(*id),
                None => Err(Problem::at(start, "found undefined alias")),
            },
            EventKind::Scalar { value, implicit, properties } => {
                let tag = match &properties.tag {
                    Some(tag) => Tag::named(tag),
                    None if implicit => resolve_plain(&value),
                    None => Tag::Str,
                };
                self.add(start, tag, properties.anchor, Content::Scalar(value))
            }
            EventKind::SequenceStart(properties) => self.compose_sequence(start, properties),
            EventKind::MappingStart(properties) => self.compose_mapping(start, properties),
            _ => Err(Problem::at(start, "did not find expected node content")),
        }
    }

    fn compose_sequence(&mut self, start: Mark, properties: Properties) -> Outcome<Id> {
        let tag = properties.tag.as_deref().map_or(Tag::Seq, Tag::named);
        let id = self.add(start, tag, properties.anchor, Content::Sequence(Vec::new()))?;
        self.descend(start)?;
        let mut items = Vec::new();
        loop {
            let event = self.source.next_event()?;
            if event.kind == EventKind::SequenceEnd {
                break;
            }
            items.push(self.compose(event)?);
        }
        self.depth -= 1;
        self.graph.nodes[id].content = Content::Sequence(items);
        Ok(id)
    }

    fn compose_mapping(&mut self, start: Mark, properties: Properties) -> Outcome<Id> {
        let tag = properties.tag.as_deref().map_or(Tag::Map, Tag::named);
        let id = self.add(start, tag, properties.anchor, Content::Mapping(Vec::new()))?;
        self.descend(start)?;
        let mut entries = Vec::new();
        loop {
            let event = self.source.next_event()?;
            if event.kind == EventKind::MappingEnd {
                break;
            }
            let key = self.compose(event)?;
            let event = self.source.next_event()?;
            let value = self.compose(event)?;
            entries.push((key, value));
        }
        self.depth -= 1;
        self.graph.nodes[id].content = Content::Mapping(entries);
        Ok(id)
    }

    fn descend(&mut self, start: Mark) -> Outcome<()> {
        self.depth += 1;
        if self.depth > DEPTH_LIMIT {
            return Err(Problem::at(start, format!("collections are nested more than {DEPTH_LIMIT} levels deep")));
        }
        Ok(())
    }

    fn add(&mut self, start: Mark, tag: Tag, anchor: Option<String>, content: Content) -> Outcome<Id> {
        let id = self.graph.nodes.len();
        if let Some(anchor) = anchor
            && let Some((_, first)) = self.anchors.insert(anchor, (id, start))
        {
            return Err(Problem::within("found duplicate anchor; first occurrence", first, start, "second occurrence"));
        }
        self.graph.nodes.push(RawNode { tag, start, content });
        Ok(id)
    }
}
