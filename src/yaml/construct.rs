//! Builds values out of composed nodes: applies merge keys and decides which of several
//! equal keys wins.

use super::error::{Mark, Outcome, Problem};
use super::graph::{Content, Entries, Graph, Id};
use super::resolve::Tag;
use super::scalar::{construct_bool, construct_float, construct_int, decode_base64};
use super::timestamp;
use super::value::{Map, Node, Span, Value};

/// Aliases copy what they refer to; a document may not grow beyond this many values.
const NODE_LIMIT: usize = 1_000_000;

/// How many mappings may stand in for one another before a scalar must come.
const STAND_IN_LIMIT: usize = 100;

/// Builds the value of a node and everything below it, and notes whether any dictionary
/// has a key twice.
pub(super) fn construct(graph: &Graph, root: Id) -> Outcome<(Node, bool)> {
    let mut constructor = Constructor::new(graph);
    let node = constructor.node(root)?;
    Ok((node, constructor.has_duplicates))
}

/// Builds values depth first.
pub(super) struct Constructor<'a> {
    graph: &'a Graph,
    /// The collections being built, to notice one that contains itself.
    open: Vec<Id>,
    built: usize,
    has_duplicates: bool,
}

impl From<Mark> for Span {
    fn from(mark: Mark) -> Span {
        Span { line: mark.line + 1, column: mark.column + 1 }
    }
}

impl<'a> Constructor<'a> {
    /// Builds from the nodes of one document.
    pub(super) fn new(graph: &'a Graph) -> Constructor<'a> {
        Constructor { graph, open: Vec::new(), built: 0, has_duplicates: false }
    }

    fn node(&mut self, id: Id) -> Outcome<Node> {
        let start = self.graph[id].start;
        self.built += 1;
        if self.built > NODE_LIMIT {
            return Err(Problem::at(start, format!("aliases expand the document to more than {NODE_LIMIT} values")));
        }
        Ok(Node { value: self.value(id)?, span: start.into() })
    }

    /// The value of a node.
    pub(super) fn value(&mut self, id: Id) -> Outcome<Value> {
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
            Tag::Omap | Tag::Pairs => self.guarded(id, Self::pairs).map(Value::Seq),
            Tag::Merge => Err(unknown_tag(raw.start, "tag:yaml.org,2002:merge")),
            Tag::Value => Err(unknown_tag(raw.start, "tag:yaml.org,2002:value")),
            Tag::Unspecific => Err(unknown_tag(raw.start, "!")),
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
        let mut current = id;
        for _ in 0..STAND_IN_LIMIT {
            let stand_in = match &self.graph[current].content {
                Content::Scalar(text) => return Ok(text),
                Content::Mapping(entries) => entries.iter().find(|(key, _)| self.graph[*key].tag == Tag::Value),
                Content::Sequence(_) => None,
            };
            match stand_in {
                Some((_, value)) => current = *value,
                None => break,
            }
        }
        let raw = &self.graph[current];
        Err(Problem::at(raw.start, format!("expected a scalar node, but found {}", raw.kind())))
    }

    fn binary(&self, id: Id) -> Outcome<Value> {
        let text = self.text(id)?;
        let start = self.graph[id].start;
        if let Some(words) = ascii_refusal(text) {
            let words = format!("failed to convert base64 data into ascii: {words}");
            return Err(Problem::at(start, words));
        }
        decode_base64(text)
            .map(Value::Binary)
            .map_err(|words| Problem::at(start, format!("failed to decode base64 data: {words}")))
    }

    fn sequence(&mut self, id: Id) -> Outcome<Vec<Node>> {
        let items = self.items(id)?;
        items.iter().map(|item| self.node(*item)).collect()
    }

    /// The nodes a sequence consists of.
    pub(super) fn items(&self, id: Id) -> Outcome<&'a [Id]> {
        let raw = &self.graph[id];
        match &raw.content {
            Content::Sequence(items) => Ok(items),
            _ => Err(Problem::at(raw.start, format!("expected a sequence node, but found {}", raw.kind()))),
        }
    }

    fn mapping(&mut self, id: Id) -> Outcome<Map> {
        let entries = self.entries(id)?;
        let mut map = Map::new();
        for (key_id, value_id) in entries {
            let key = self.key(key_id)?;
            if !key.value.is_hashable() {
                return Err(self.unhashable(id, key_id));
            }
            let value = self.node(value_id)?;
            self.has_duplicates |= map.insert(key, value).is_some();
        }
        Ok(map)
    }

    /// The keys and values of a mapping, merge keys resolved.
    pub(super) fn entries(&self, id: Id) -> Outcome<Entries> {
        let raw = &self.graph[id];
        let Content::Mapping(written) = &raw.content else {
            return Err(Problem::at(raw.start, format!("expected a mapping node, but found {}", raw.kind())));
        };
        let mut entries = Vec::with_capacity(written.len());
        self.flatten(id, &mut Vec::new(), &mut entries)?;
        Ok(entries)
    }

    /// The objection to a list or dictionary used as a key.
    pub(super) fn unhashable(&self, mapping: Id, key: Id) -> Box<Problem> {
        Problem::within(
            "while constructing a mapping",
            self.graph[mapping].start,
            self.graph[key].start,
            "found unhashable key",
        )
    }

    /// A key; `=` is plain text in this position only.
    pub(super) fn key(&mut self, id: Id) -> Outcome<Node> {
        let raw = &self.graph[id];
        match (&raw.tag, &raw.content) {
            (Tag::Value, Content::Scalar(text)) => Ok(Node { value: Value::Str(text.clone()), span: raw.start.into() }),
            _ => self.node(id),
        }
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

    fn pairs(&mut self, id: Id) -> Outcome<Vec<Node>> {
        let mut pairs = Vec::new();
        for item in self.pair_items(id)? {
            let (key, value) = self.pair(id, *item)?;
            pairs.push(Node {
                value: Value::Seq(vec![self.node(key)?, self.node(value)?]),
                span: self.graph[*item].start.into(),
            });
        }
        Ok(pairs)
    }

    fn pairs_context(&self, id: Id) -> &'static str {
        match self.graph[id].tag {
            Tag::Omap => "while constructing an ordered map",
            _ => "while constructing pairs",
        }
    }

    /// The nodes an `!!omap` or `!!pairs` consists of.
    pub(super) fn pair_items(&self, id: Id) -> Outcome<&'a [Id]> {
        let raw = &self.graph[id];
        match &raw.content {
            Content::Sequence(items) => Ok(items),
            _ => Err(Problem::within(
                self.pairs_context(id),
                raw.start,
                raw.start,
                format!("expected a sequence, but found {}", raw.kind()),
            )),
        }
    }

    /// The one entry each of those nodes has to have.
    pub(super) fn pair(&self, id: Id, item: Id) -> Outcome<(Id, Id)> {
        let entry = &self.graph[item];
        let found = match &entry.content {
            Content::Mapping(entries) => match entries[..] {
                [pair] => return Ok(pair),
                _ => format!("expected a single mapping item, but found {} items", entries.len()),
            },
            _ => format!("expected a mapping of length 1, but found {}", entry.kind()),
        };
        let start = self.graph[id].start;
        Err(Problem::within(self.pairs_context(id), start, entry.start, found))
    }
}

/// Python's objection to text outside ASCII, if there is such text.
fn ascii_refusal(text: &str) -> Option<String> {
    let first = text.chars().position(|character| !character.is_ascii())?;
    let run: Vec<char> = text.chars().skip(first).take_while(|character| !character.is_ascii()).collect();
    let place = match run[..] {
        [single] => format!("'{}' in position {first}", super::json::python_escape(single)),
        _ => format!("in position {first}-{}", first + run.len() - 1),
    };
    let noun = if run.len() == 1 { "character" } else { "characters" };
    Some(format!("'ascii' codec can't encode {noun} {place}: ordinal not in range(128)"))
}

fn unknown_tag(start: Mark, tag: &str) -> Box<Problem> {
    Problem::at(start, format!("could not determine a constructor for the tag {}", super::json::python_repr(tag)))
}
