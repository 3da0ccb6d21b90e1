//! Nodes between reading and construction: typed, but merge keys, aliases and the values
//! of scalars still as written.

use super::error::Mark;
use super::resolve::Tag;

/// Position of a node in its [`Graph`].
pub(super) type Id = usize;

/// The keys and values of a mapping, as written.
pub(super) type Entries = Vec<(Id, Id)>;

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
    Mapping(Entries),
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

impl Graph {
    /// Adds a node.
    pub(super) fn add(&mut self, node: RawNode) -> Id {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// Gives a node its content, once all of it has been read.
    pub(super) fn fill(&mut self, id: Id, content: Content) {
        self.nodes[id].content = content;
    }
}

impl std::ops::Index<Id> for Graph {
    type Output = RawNode;

    fn index(&self, id: Id) -> &RawNode {
        &self.nodes[id]
    }
}
