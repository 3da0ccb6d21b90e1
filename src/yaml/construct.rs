//! Builds values out of composed nodes: applies merge keys, decides which of several equal
//! keys wins, and notes the duplicates dbt warns about.

use super::compose::{Content, Graph, Id};
use super::error::{Mark, Outcome, Problem};
use super::resolve::Tag;
use super::scalar::{construct_bool, construct_float, construct_int, decode_base64};
use super::timestamp;
use super::value::{Map, Node, Span, Value};

/// A key that was given more than once in one dictionary; the last value won.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicateKey {
    /// dbt's words for its `DuplicateYAMLKeysDeprecation`, place included.
    pub message: String,
    /// Where the later key stands.
    pub span: Span,
}

/// Aliases copy what they refer to; a document may not grow beyond this many values.
const NODE_LIMIT: usize = 4_000_000;

/// Builds the value of a node and everything below it.
pub(super) fn construct(graph: &Graph, root: Id) -> Outcome<(Node, Vec<DuplicateKey>)> {
    let mut constructor = Constructor { graph, open: Vec::new(), built: 0, duplicates: Vec::new() };
    let node = constructor.node(root)?;
    Ok((node, constructor.duplicates))
}

struct Constructor<'a> {
    graph: &'a Graph,
    /// The collections being built, to notice one that contains itself.
    open: Vec<Id>,
    built: usize,
    duplicates: Vec<DuplicateKey>,
}

impl From<Mark> for Span {
    fn from(mark: Mark) -> Span {
        Span { line: mark.line + 1, column: mark.column + 1 }
    }
}

impl Constructor<'_> {
    fn node(&mut self, id: Id) -> Outcome<Node> {
        let start = self.graph[id].start;
        self.built += 1;
        if self.built > NODE_LIMIT {
            return Err(Problem::at(start, format!("aliases expand the document to more than {NODE_LIMIT} values")));
        }
        Ok(Node { value: self.value(id)?, span: start.into() })
    }

    fn value(&mut self, id: Id) -> Outcome<Value> {
        let raw = &self.graph[id];
        match &raw.tag {
            Tag::Str => Ok(Value::Str(self.text(id)?.to_owned())),
            Tag::Null => self.text(id).map(|_| Value::Null),
            Tag::Bool => construct_bool(self.text(id)?),
            Tag::Int => construct_int(self.text(id)?),
            Tag::Float => construct_float(self.text(id)?),
            Tag::Timestamp => timestamp::construct(self.text(id)?),
            Tag::Binary => self.binary(id),
            Tag::Seq => self.guarded(id, Self::sequence).map(Value::Seq),
            Tag::Map => self.guarded(id, Self::mapping).map(Value::Map),
            Tag::Set => {
                let map = self.guarded(id, Self::mapping)?;
                Ok(Value::Set(map.into_iter().map(|(key, _)| key).collect()))
            }
            Tag::Omap => self.pairs(id, "while constructing an ordered map"),
            Tag::Pairs => self.pairs(id, "while constructing pairs"),
            Tag::Merge => Err(unknown_tag(raw.start, "tag:yaml.org,2002:merge")),
            Tag::Value => Err(unknown_tag(raw.start, "tag:yaml.org,2002:value")),
            Tag::Other(tag) => Err(unknown_tag(raw.start, tag)),
        }
    }

    /// Runs a collection's builder, refusing a collection that is inside itself.
    fn guarded<T>(&mut self, id: Id, build: fn(&mut Self, Id) -> Outcome<T>) -> Outcome<T> {
        if self.open.contains(&id) {
            return Err(Problem::at(self.graph[id].start, "found unconstructable recursive node"));
        }
        self.open.push(id);
        let built = build(self, id);
        self.open.pop();
        built
    }

    /// The text of a scalar, or of the `=` entry of a mapping that stands in for one.
    fn text(&self, id: Id) -> Outcome<&str> {
        let raw = &self.graph[id];
        match &raw.content {
            Content::Scalar(text) => return Ok(text),
            Content::Mapping(entries) => {
                let stand_in = entries.iter().find(|(key, _)| self.graph[*key].tag == Tag::Value);
                if let Some((_, value)) = stand_in
                    && *value > id
                {
                    return self.text(*value);
                }
            }
            Content::Sequence(_) => {}
        }
        Err(Problem::at(raw.start, format!("expected a scalar node, but found {}", raw.kind())))
    }

    fn binary(&self, id: Id) -> Outcome<Value> {
        let text = self.text(id)?;
        let start = self.graph[id].start;
        if !text.is_ascii() {
            return Err(Problem::at(
                start,
                "failed to convert base64 data into ascii: the text has characters outside ASCII",
            ));
        }
        decode_base64(text)
            .map(Value::Binary)
            .map_err(|words| Problem::at(start, format!("failed to decode base64 data: {words}")))
    }

    fn sequence(&mut self, id: Id) -> Outcome<Vec<Node>> {
        let graph = self.graph;
        let raw = &graph[id];
        let Content::Sequence(items) = &raw.content else {
            return Err(Problem::at(raw.start, format!("expected a sequence node, but found {}", raw.kind())));
        };
        items.iter().map(|item| self.node(*item)).collect()
    }

    fn mapping(&mut self, id: Id) -> Outcome<Map> {
        let graph = self.graph;
        let raw = &graph[id];
        let Content::Mapping(written) = &raw.content else {
            return Err(Problem::at(raw.start, format!("expected a mapping node, but found {}", raw.kind())));
        };
        let first_is_merge = written
            .first()
            .is_some_and(|(key, _)| matches!(&graph[*key].content, Content::Scalar(text) if text == "<<"));
        let mut entries = Vec::with_capacity(written.len());
        self.flatten(id, &mut Vec::new(), &mut entries)?;
        let mut map = Map::new();
        for (key_id, value_id) in entries {
            let key = self.key(key_id)?;
            if !key.value.is_hashable() {
                return Err(Problem::within(
                    "while constructing a mapping",
                    raw.start,
                    graph[key_id].start,
                    "found unhashable key",
                ));
            }
            let value = self.node(value_id)?;
            if !first_is_merge && map.get_node(&key.value).is_some() {
                self.note_duplicate(&key, graph[key_id].start);
            }
            map.insert(key, value);
        }
        Ok(map)
    }

    /// A key; `=` is plain text in this position only.
    fn key(&mut self, id: Id) -> Outcome<Node> {
        let raw = &self.graph[id];
        match (&raw.tag, &raw.content) {
            (Tag::Value, Content::Scalar(text)) => Ok(Node { value: Value::Str(text.clone()), span: raw.start.into() }),
            _ => self.node(id),
        }
    }

    fn note_duplicate(&mut self, key: &Node, start: Mark) {
        self.duplicates.push(DuplicateKey {
            message: format!("Duplicate key '{}' {}", super::json::python_str(&key.value), start.describe()),
            span: key.span,
        });
    }

    /// Collects a mapping's entries with merge keys resolved: what is merged comes first,
    /// so that the mapping's own entries win; of several merged mappings the first wins.
    fn flatten(&self, id: Id, active: &mut Vec<Id>, out: &mut Vec<(Id, Id)>) -> Outcome<()> {
        let Content::Mapping(entries) = &self.graph[id].content else {
            return Ok(());
        };
        let is_merge = |key: Id| self.graph[key].tag == Tag::Merge;
        if entries.iter().any(|(key, _)| is_merge(*key)) && !active.contains(&id) {
            active.push(id);
            for (_, value) in entries.iter().filter(|(key, _)| is_merge(*key)) {
                self.merge(id, *value, active, out)?;
            }
            active.pop();
        }
        out.extend(entries.iter().filter(|(key, _)| !is_merge(*key)));
        if out.len() > NODE_LIMIT {
            return Err(Problem::at(
                self.graph[id].start,
                format!("merge keys expand the mapping to more than {NODE_LIMIT} entries"),
            ));
        }
        Ok(())
    }

    fn merge(&self, into: Id, from: Id, active: &mut Vec<Id>, out: &mut Vec<(Id, Id)>) -> Outcome<()> {
        let refuse = |words: &str, id: Id| {
            Problem::within(
                "while constructing a mapping",
                self.graph[into].start,
                self.graph[id].start,
                format!("expected a {words}, but found {}", self.graph[id].kind()),
            )
        };
        match &self.graph[from].content {
            Content::Mapping(_) => self.flatten(from, active, out),
            Content::Sequence(items) => {
                let mut parts = Vec::with_capacity(items.len());
                for item in items {
                    if !matches!(self.graph[*item].content, Content::Mapping(_)) {
                        return Err(refuse("mapping for merging", *item));
                    }
                    let mut part = Vec::new();
                    self.flatten(*item, active, &mut part)?;
                    parts.push(part);
                }
                out.extend(parts.into_iter().rev().flatten());
                Ok(())
            }
            Content::Scalar(_) => Err(refuse("mapping or list of mappings for merging", from)),
        }
    }

    fn pairs(&mut self, id: Id, context: &'static str) -> Outcome<Value> {
        let graph = self.graph;
        let raw = &graph[id];
        let Content::Sequence(items) = &raw.content else {
            return Err(Problem::within(
                context,
                raw.start,
                raw.start,
                format!("expected a sequence, but found {}", raw.kind()),
            ));
        };
        let mut pairs = Vec::with_capacity(items.len());
        for item in items {
            let entry = &graph[*item];
            let refuse = |words: String| Problem::within(context, raw.start, entry.start, words);
            let Content::Mapping(entries) = &entry.content else {
                return Err(refuse(format!("expected a mapping of length 1, but found {}", entry.kind())));
            };
            let [(key, value)] = entries[..] else {
                return Err(refuse(format!("expected a single mapping item, but found {} items", entries.len())));
            };
            pairs.push(Node { value: Value::Seq(vec![self.node(key)?, self.node(value)?]), span: entry.start.into() });
        }
        Ok(Value::Seq(pairs))
    }
}

fn unknown_tag(start: Mark, tag: &str) -> Box<Problem> {
    Problem::at(start, format!("could not determine a constructor for the tag {}", super::json::python_repr(tag)))
}
