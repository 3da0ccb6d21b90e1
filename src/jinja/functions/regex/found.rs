//! Matches and their groups.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Error as MjError, ErrorKind, State};

use super::super::super::error::PyError;
use super::super::super::value::{BoundMethod, CLASS_KEY, CallArgs, Class, Dict, index_arg, py_str, str_repr, tuple};
use super::Ran;
use super::pattern::{Pattern, Subject};

/// A match and its groups.
#[derive(Debug)]
pub(super) struct Match {
    pattern: Arc<Pattern>,
    text: Arc<str>,
    /// Where the search began and ended, in characters.
    bounds: (i64, i64),
    /// Where each group begins and ends, in bytes.
    groups: Vec<Option<(usize, usize)>>,
    names: Vec<Option<String>>,
}

impl Match {
    pub(super) fn new(pattern: &Arc<Pattern>, subject: &Subject, found: &fancy_regex::Captures<'_, str>) -> Match {
        let groups = (0..found.len()).map(|index| found.get(index).map(|group| (group.start(), group.end())));
        let names = pattern.names();
        Match {
            pattern: pattern.clone(),
            text: subject.text.clone(),
            bounds: subject.bounds,
            groups: groups.collect(),
            names,
        }
    }

    /// Groups and the whole.
    pub(super) fn len(&self) -> usize {
        self.groups.len()
    }

    pub(super) fn span(&self, index: usize) -> Option<(usize, usize)> {
        self.groups.get(index).copied().flatten()
    }

    pub(super) fn group(&self, index: usize) -> Value {
        self.span(index).map_or_else(|| Value::from(()), |(start, end)| Value::from(&self.text[start..end]))
    }

    /// What `findall` gives for a match: the whole, the only group, or all groups.
    pub(super) fn summary(&self) -> Value {
        let text = |index: usize| {
            let group = self.group(index);
            if group.is_none() { Value::from("") } else { group }
        };
        match self.groups.len() {
            1 => text(0),
            2 => text(1),
            count => tuple((1..count).map(text).collect()),
        }
    }

    fn index(&self, key: &Value) -> Result<usize, MjError> {
        let index = match key.as_str() {
            Some(name) => self.names.iter().position(|known| known.as_deref() == Some(name)),
            None => usize::try_from(index_arg(key)?).ok(),
        };
        index.filter(|&index| index < self.groups.len()).ok_or_else(|| PyError::value_error("no such group"))
    }

    /// Writes a replacement with `\1`, `\g<1>` and `\g<name>` filled in.
    pub(super) fn expand(&self, template: &str, out: &mut String) -> Result<(), MjError> {
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('\\') {
            out.push_str(before);
            let at = template.len() - after.len();
            let (key, tail) = if let Some(named) = after.strip_prefix("g<") {
                let (name, tail) =
                    named.split_once('>').ok_or_else(|| PyError::value_error("missing >, unterminated name"))?;
                (name.parse::<i64>().map_or_else(|_| Value::from(name), Value::from), tail)
            } else {
                let len = after.bytes().take(2).take_while(u8::is_ascii_digit).count();
                if len == 0 {
                    let (escaped, tail) = unescaped(after);
                    out.push_str(&escaped);
                    rest = tail;
                    continue;
                }
                (Value::from(after[..len].parse::<i64>().unwrap_or(0)), &after[len..])
            };
            let unknown = || PyError::value_error(format!("invalid group reference {key} at position {at}"));
            let index = self.index(&key).map_err(|_| unknown())?;
            if let Some((start, end)) = self.span(index) {
                out.push_str(&self.text[start..end]);
            }
            rest = tail;
        }
        out.push_str(rest);
        Ok(())
    }

    /// A byte position as the number of characters before it.
    fn chars(&self, byte: usize) -> i64 {
        self.text[..byte].chars().count() as i64
    }

    fn char_span(&self, index: usize) -> (i64, i64) {
        self.span(index).map_or((-1, -1), |(start, end)| (self.chars(start), self.chars(end)))
    }

    fn span_of(&self, key: Option<&Value>) -> Result<(i64, i64), MjError> {
        Ok(self.char_span(key.map_or(Ok(0), |key| self.index(key))?))
    }

    /// The group that closed last.
    fn last(&self) -> Option<usize> {
        (1..self.groups.len()).rev().find(|&index| self.groups[index].is_some())
    }

    fn filled(&self, index: usize, default: &Value) -> Value {
        let group = self.group(index);
        if group.is_none() { default.clone() } else { group }
    }

    /// `groups` and `groupdict`, with what stands for groups that matched nothing.
    fn all_groups(&self, name: &str, args: &[Value]) -> Ran {
        let [default] = CallArgs::split(args).bind(name, ["default"])?;
        let default = default.unwrap_or_else(|| Value::from(()));
        if name == "groups" {
            return Ok(tuple((1..self.groups.len()).map(|index| self.filled(index, &default)).collect()));
        }
        let named = self.names.iter().enumerate();
        Ok(Dict::from_pairs(named.filter_map(|(index, name)| Some((name.as_deref()?, self.filled(index, &default))))))
    }
}

fn unescaped(text: &str) -> (String, &str) {
    let Some(c) = text.chars().next() else { return ("\\".to_owned(), text) };
    let tail = &text[c.len_utf8()..];
    let plain = match c {
        'n' => "\n".to_owned(),
        't' => "\t".to_owned(),
        'r' => "\r".to_owned(),
        '\\' => "\\".to_owned(),
        other => format!("\\{other}"),
    };
    (plain, tail)
}

/// Methods that are also found without being called.
const METHODS: [&str; 7] = ["group", "groups", "groupdict", "start", "end", "span", "expand"];

fn pair((start, end): (i64, i64)) -> Value {
    tuple(vec![Value::from(start), Value::from(end)])
}

impl Object for Match {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let none = || Value::from(());
        match key.as_str() {
            Some(CLASS_KEY) => Some(Class::new("", "re.Match").value()),
            Some("string") => Some(Value::from(self.text.clone())),
            Some("re") => Some(Value::from_dyn_object(self.pattern.clone())),
            Some("pos") => Some(Value::from(self.bounds.0)),
            Some("endpos") => Some(Value::from(self.bounds.1)),
            Some("regs") => Some(tuple((0..self.groups.len()).map(|index| pair(self.char_span(index))).collect())),
            Some("lastindex") => Some(self.last().map_or_else(none, Value::from)),
            Some("lastgroup") => {
                let name = self.last().and_then(|last| self.names.get(last)).cloned().flatten();
                Some(name.map_or_else(none, Value::from))
            }
            Some(name) if METHODS.contains(&name) => Some(BoundMethod::of(Value::from_dyn_object(self.clone()), name)),
            _ => self.index(key).ok().map(|index| self.group(index)),
        }
    }

    fn call_method(self: &Arc<Self>, _state: &mut State<'_, '_>, name: &str, args: &[Value]) -> Ran {
        match (name, args) {
            ("group", []) => Ok(self.group(0)),
            ("group", [key]) => self.index(key).map(|index| self.group(index)),
            ("group", keys) => {
                let groups: Result<Vec<Value>, MjError> =
                    keys.iter().map(|key| self.index(key).map(|index| self.group(index))).collect();
                groups.map(tuple)
            }
            ("groups" | "groupdict", _) => self.all_groups(name, args),
            ("start", _) => self.span_of(args.first()).map(|(start, _)| Value::from(start)),
            ("end", _) => self.span_of(args.first()).map(|(_, end)| Value::from(end)),
            ("span", _) => self.span_of(args.first()).map(pair),
            ("expand", [template]) => {
                let mut out = String::new();
                self.expand(&py_str(template), &mut out)?;
                Ok(Value::from(out))
            }
            _ => Err(MjError::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, end) = self.char_span(0);
        write!(f, "<re.Match object; span=({start}, {end}), match={}>", str_repr(&py_str(&self.group(0))))
    }
}
