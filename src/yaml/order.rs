//! PyYAML fills a list only after everything around it has been built. Of several mistakes
//! in a file, the one it reports is therefore often not the first. This module walks a
//! document in that order, without keeping the values, to find the complaint dbt users see.

use std::collections::{HashSet, VecDeque};

use super::construct::Constructor;
use super::error::{Mark, Outcome, Problem};
use super::graph::{Content, Graph, Id};
use super::resolve::Tag;
use super::value::{Map, Node, Span};

/// A key that was given more than once in one dictionary; the last value won.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicateKey {
    /// dbt's words for its `DuplicateYAMLKeysDeprecation`, place included.
    pub message: String,
    /// Where the later key stands.
    pub span: Span,
}

/// The duplicate keys of a document in the order dbt notes them. Fails with the first thing
/// PyYAML objects to, if there is any.
pub(super) fn duplicates(graph: &Graph, root: Id) -> Outcome<Vec<DuplicateKey>> {
    let mut walk = Walk {
        graph,
        constructor: Constructor::new(graph),
        built: HashSet::new(),
        open: HashSet::new(),
        unfilled: VecDeque::new(),
        duplicates: Vec::new(),
    };
    walk.visit(root)?;
    while let Some(id) = walk.unfilled.pop_front() {
        walk.fill(id)?;
    }
    Ok(walk.duplicates)
}

struct Walk<'a> {
    graph: &'a Graph,
    constructor: Constructor<'a>,
    /// A node with several aliases is built once.
    built: HashSet<Id>,
    /// The dictionaries being built.
    open: HashSet<Id>,
    /// Lists and sets that exist, but have no items yet.
    unfilled: VecDeque<Id>,
    duplicates: Vec<DuplicateKey>,
}

impl Walk<'_> {
    fn visit(&mut self, id: Id) -> Outcome<()> {
        if self.built.contains(&id) {
            return Ok(());
        }
        match self.graph[id].tag {
            Tag::Seq | Tag::Set | Tag::Omap | Tag::Pairs => self.unfilled.push_back(id),
            Tag::Map => {
                if !self.open.insert(id) {
                    return Err(Problem::at(self.graph[id].start, "found unconstructable recursive node"));
                }
                self.mapping(id)?;
                self.open.remove(&id);
            }
            _ => {
                self.constructor.value(id)?;
            }
        }
        self.built.insert(id);
        Ok(())
    }

    fn fill(&mut self, id: Id) -> Outcome<()> {
        match self.graph[id].tag {
            Tag::Seq => {
                for item in self.constructor.items(id)? {
                    self.visit(*item)?;
                }
                Ok(())
            }
            Tag::Set => self.mapping(id),
            _ => {
                for item in self.constructor.pair_items(id)? {
                    let (key, value) = self.constructor.pair(id, *item)?;
                    self.visit(key)?;
                    self.visit(value)?;
                }
                Ok(())
            }
        }
    }

    fn mapping(&mut self, id: Id) -> Outcome<()> {
        let entries = self.constructor.entries(id)?;
        let excused = self.begins_with_merge(id);
        let mut seen = Map::new();
        for (key_id, value_id) in entries {
            let tag = &self.graph[key_id].tag;
            let key = match tag {
                Tag::Seq | Tag::Set | Tag::Omap | Tag::Pairs | Tag::Map => {
                    self.visit(key_id)?;
                    return Err(self.constructor.unhashable(id, key_id));
                }
                _ => self.constructor.key(key_id)?,
            };
            self.visit(value_id)?;
            let message = seen.get_node(&key.value).map(|_| describe(&key, self.graph[key_id].start));
            if let Some(message) = message
                && !excused
            {
                let span = key.span;
                self.duplicates.push(DuplicateKey { message, span });
            }
            seen.insert(key, Node::default());
        }
        Ok(())
    }

    /// dbt takes a dictionary whose first key is `<<` to override keys on purpose.
    fn begins_with_merge(&self, id: Id) -> bool {
        let Content::Mapping(written) = &self.graph[id].content else {
            return false;
        };
        written
            .first()
            .is_some_and(|(key, _)| matches!(&self.graph[*key].content, Content::Scalar(text) if text == "<<"))
    }
}

fn describe(key: &Node, start: Mark) -> String {
    format!("Duplicate key '{}' {}", super::json::python_str(&key.value), start.describe())
}
