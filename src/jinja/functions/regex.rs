//! `modules.re`: Python's regular expressions over fancy-regex.

use std::fmt;
use std::sync::Arc;

use fancy_regex::Regex;
use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Error as MjError, ErrorKind, State};

use super::super::error::PyError;
use super::super::undefined::require_defined;
use super::super::value::{
    CallArgs, Dict, Function, Iter, List, index_arg, py_str, required, str_repr, tuple, type_name,
};

type Ran = Result<Value, MjError>;

/// The flags that have a letter in a pattern.
const FLAGS: [(&str, &str, i64, char); 4] =
    [("IGNORECASE", "I", 2, 'i'), ("MULTILINE", "M", 8, 'm'), ("DOTALL", "S", 16, 's'), ("VERBOSE", "X", 64, 'x')];

const METHODS: [&str; 8] = ["match", "search", "fullmatch", "findall", "finditer", "split", "sub", "subn"];

pub(super) fn module() -> Value {
    let mut members = Vec::new();
    for (long, short, value, _) in FLAGS {
        members.extend([(long, Value::from(value)), (short, Value::from(value))]);
    }
    let inert = [("ASCII", 256), ("A", 256), ("UNICODE", 32), ("U", 32), ("LOCALE", 4), ("L", 4), ("NOFLAG", 0)];
    members.extend(inert.map(|(name, value)| (name, Value::from(value))));
    for name in METHODS {
        members.push((name, Function::new(name, move |state, args| call(state, name, args))));
    }
    members.push((
        "compile",
        Function::new("compile", |_, args| {
            let [pattern, flags] = args.bind("compile", ["pattern", "flags"])?;
            let pattern = Pattern::of(&required(pattern, "compile", "pattern")?, flags.as_ref())?;
            Ok(Value::from_dyn_object(pattern))
        }),
    ));
    members.push((
        "escape",
        Function::new("escape", |_, args| {
            let [text] = args.bind("escape", ["pattern"])?;
            Ok(Value::from(escape(&py_str(&required(text, "escape", "pattern")?))))
        }),
    ));
    members.push(("purge", Function::new("purge", |_, _| Ok(Value::from(())))));
    Dict::from_pairs(members)
}

fn escape(text: &str) -> String {
    let special = "()[]{}?*+-|^$\\.&~# \t\n\r\u{b}\u{c}";
    let mut out = String::new();
    for c in text.chars() {
        if special.contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Calls a function of the module: the pattern is its first argument.
fn call(state: &mut State<'_, '_>, name: &'static str, mut args: CallArgs) -> Ran {
    let at = args.named.iter().position(|(key, _)| &**key == "pattern");
    let pattern = match at {
        Some(at) => args.named.remove(at).1,
        None if args.pos.is_empty() => required(None, name, "pattern")?,
        None => args.pos.remove(0),
    };
    let flag_position = match name {
        "split" => 2,
        "sub" | "subn" => 3,
        _ => 1,
    };
    let named = args.named.iter().position(|(key, _)| &**key == "flags").map(|at| args.named.remove(at).1);
    let flags = named.or_else(|| (args.pos.len() > flag_position).then(|| args.pos.remove(flag_position)));
    Pattern::of(&pattern, flags.as_ref())?.run(state, name, args)
}

/// A compiled pattern.
#[derive(Debug)]
struct Pattern {
    source: String,
    flags: i64,
    regex: Regex,
}

impl Pattern {
    fn of(pattern: &Value, flags: Option<&Value>) -> Result<Arc<Pattern>, MjError> {
        if let Some(compiled) = pattern.downcast_object::<Pattern>() {
            return Ok(compiled);
        }
        require_defined(pattern)?;
        let source =
            pattern.as_str().ok_or_else(|| PyError::type_error("first argument must be string or compiled pattern"))?;
        let flags = flags.map_or(Ok(0), index_arg)?;
        Pattern::compile(source, flags, "", "").map(Arc::new)
    }

    /// Compiles a pattern between two anchors.
    fn compile(source: &str, flags: i64, before: &str, after: &str) -> Result<Pattern, MjError> {
        let letters: String = FLAGS.iter().filter(|flag| flags & flag.2 != 0).map(|flag| flag.3).collect();
        let body = source.replace("\\Z", "\\z");
        let newline = if flags & 64 != 0 { "\n" } else { "" };
        let text = match letters.as_str() {
            "" => format!("{before}(?:{body}){after}"),
            letters => format!("{before}(?{letters}:{body}{newline}){after}"),
        };
        let regex = Regex::new(&text).map_err(|error| PyError::value_error(error.to_string()))?;
        Ok(Pattern { source: source.to_owned(), flags, regex })
    }

    fn run(&self, state: &mut State<'_, '_>, name: &str, args: CallArgs) -> Ran {
        match name {
            "match" | "search" | "fullmatch" => {
                let [text, ..] = args.bind(name, ["string", "pos", "endpos"])?;
                self.find(name, &subject(text, name)?)
            }
            "findall" | "finditer" => {
                let [text, ..] = args.bind(name, ["string", "pos", "endpos"])?;
                let found = self.all(&subject(text, name)?)?;
                Ok(if name == "finditer" {
                    Iter::of("callable_iterator", found.into_iter().map(Value::from_object).collect())
                } else {
                    List::new(found.iter().map(Match::summary).collect())
                })
            }
            "split" => {
                let [text, most] = args.bind(name, ["string", "maxsplit"])?;
                self.split(&subject(text, name)?, most.map_or(Ok(0), |most| index_arg(&most))?)
            }
            _ => {
                let [replacement, text, count] = args.bind(name, ["repl", "string", "count"])?;
                let replacement = required(replacement, name, "repl")?;
                let count = count.map_or(Ok(0), |count| index_arg(&count))?;
                let (text, made) = self.substitute(state, &replacement, &subject(text, name)?, count)?;
                Ok(if name == "subn" { tuple(vec![text, Value::from(made)]) } else { text })
            }
        }
    }

    fn find(&self, name: &str, text: &Arc<str>) -> Ran {
        let anchored = match name {
            "match" => Some(Pattern::compile(&self.source, self.flags, "\\A", "")?),
            "fullmatch" => Some(Pattern::compile(&self.source, self.flags, "\\A", "\\z")?),
            _ => None,
        };
        let regex = anchored.as_ref().map_or(&self.regex, |pattern| &pattern.regex);
        let found = regex.captures(&**text).map_err(|error| PyError::value_error(error.to_string()))?;
        Ok(found.map_or_else(|| Value::from(()), |found| Value::from_object(Match::new(regex, text, &found))))
    }

    fn all(&self, text: &Arc<str>) -> Result<Vec<Match>, MjError> {
        let found = self.regex.captures_iter(&**text).map(|found| match found {
            Ok(found) => Ok(Match::new(&self.regex, text, &found)),
            Err(error) => Err(PyError::value_error(error.to_string())),
        });
        found.collect()
    }

    fn split(&self, text: &Arc<str>, most: i64) -> Ran {
        let limit = usize::try_from(most).ok().filter(|&most| most > 0).unwrap_or(usize::MAX);
        let mut parts = Vec::new();
        let mut last = 0;
        for found in self.all(text)?.iter().take(limit) {
            let (start, end) = found.span(0).unwrap_or((last, last));
            parts.push(Value::from(&text[last..start]));
            parts.extend((1..found.groups.len()).map(|index| found.group(index)));
            last = end;
        }
        parts.push(Value::from(&text[last..]));
        Ok(List::new(parts))
    }

    fn substitute(
        &self,
        state: &mut State<'_, '_>,
        replacement: &Value,
        text: &Arc<str>,
        count: i64,
    ) -> Result<(Value, usize), MjError> {
        let limit = usize::try_from(count).ok().filter(|&count| count > 0).unwrap_or(usize::MAX);
        let mut out = String::new();
        let (mut last, mut made) = (0, 0);
        for found in self.all(text)?.into_iter().take(limit) {
            let (start, end) = found.span(0).unwrap_or((last, last));
            out.push_str(&text[last..start]);
            match replacement.as_str() {
                Some(template) => found.expand(template, &mut out)?,
                None => out.push_str(&py_str(&replacement.call(state, &[Value::from_object(found)])?)),
            }
            last = end;
            made += 1;
        }
        out.push_str(&text[last..]);
        Ok((Value::from(out), made))
    }
}

fn subject(text: Option<Value>, name: &str) -> Result<Arc<str>, MjError> {
    let text = required(text, name, "string")?;
    require_defined(&text)?;
    let kind = type_name(&text);
    text.to_str().ok_or_else(|| PyError::type_error(format!("expected string or bytes-like object, got '{kind}'")))
}

impl Object for Pattern {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "pattern" => Some(Value::from(self.source.as_str())),
            "flags" => Some(Value::from(self.flags | 32)),
            _ => None,
        }
    }

    fn call_method(self: &Arc<Self>, state: &mut State<'_, '_>, name: &str, args: &[Value]) -> Ran {
        if !METHODS.contains(&name) {
            return Err(MjError::from(ErrorKind::UnknownMethod));
        }
        self.run(state, name, CallArgs::split(args))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "re.compile({})", str_repr(&self.source))
    }
}

/// A match and its groups.
#[derive(Debug)]
struct Match {
    text: Arc<str>,
    /// Where each group begins and ends, in bytes.
    groups: Vec<Option<(usize, usize)>>,
    names: Vec<Option<String>>,
}

impl Match {
    fn new(regex: &Regex, text: &Arc<str>, found: &fancy_regex::Captures<'_, str>) -> Match {
        let groups = (0..found.len()).map(|index| found.get(index).map(|group| (group.start(), group.end())));
        let names = regex.capture_names().map(|name| name.map(str::to_owned));
        Match { text: text.clone(), groups: groups.collect(), names: names.collect() }
    }

    fn span(&self, index: usize) -> Option<(usize, usize)> {
        self.groups.get(index).copied().flatten()
    }

    fn group(&self, index: usize) -> Value {
        self.span(index).map_or_else(|| Value::from(()), |(start, end)| Value::from(&self.text[start..end]))
    }

    /// What `findall` gives for a match: the whole, the only group, or all groups.
    fn summary(&self) -> Value {
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
    fn expand(&self, template: &str, out: &mut String) -> Result<(), MjError> {
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('\\') {
            out.push_str(before);
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
            let index = self.index(&key).map_err(|_| PyError::value_error(format!("invalid group reference {key}")))?;
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

    fn bounds(&self, key: Option<&Value>) -> Result<(i64, i64), MjError> {
        let index = key.map_or(Ok(0), |key| self.index(key))?;
        Ok(self.span(index).map_or((-1, -1), |(start, end)| (self.chars(start), self.chars(end))))
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

impl Object for Match {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str() {
            Some("string") => Some(Value::from(self.text.clone())),
            Some("lastindex") => {
                let last = (1..self.groups.len()).rev().find(|&index| self.groups[index].is_some());
                Some(last.map_or_else(|| Value::from(()), Value::from))
            }
            _ => self.index(key).ok().map(|index| self.group(index)),
        }
    }

    fn call_method(self: &Arc<Self>, _state: &mut State<'_, '_>, name: &str, args: &[Value]) -> Ran {
        let filled = |index: usize, default: &Value| {
            let group = self.group(index);
            if group.is_none() { default.clone() } else { group }
        };
        let default = args.first().cloned().unwrap_or_else(|| Value::from(()));
        match (name, args) {
            ("group", []) => Ok(self.group(0)),
            ("group", [key]) => self.index(key).map(|index| self.group(index)),
            ("group", keys) => {
                let groups: Result<Vec<Value>, MjError> =
                    keys.iter().map(|key| self.index(key).map(|index| self.group(index))).collect();
                groups.map(tuple)
            }
            ("groups", _) => Ok(tuple((1..self.groups.len()).map(|index| filled(index, &default)).collect())),
            ("groupdict", _) => {
                let named = self.names.iter().enumerate();
                let pairs = named.filter_map(|(index, name)| Some((name.as_deref()?, filled(index, &default))));
                Ok(Dict::from_pairs(pairs))
            }
            ("start", _) => self.bounds(args.first()).map(|(start, _)| Value::from(start)),
            ("end", _) => self.bounds(args.first()).map(|(_, end)| Value::from(end)),
            ("span", _) => {
                self.bounds(args.first()).map(|(start, end)| tuple(vec![Value::from(start), Value::from(end)]))
            }
            ("expand", [template]) => {
                let mut out = String::new();
                self.expand(&py_str(template), &mut out)?;
                Ok(Value::from(out))
            }
            _ => Err(MjError::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, end) = self.bounds(None).unwrap_or((0, 0));
        write!(f, "<re.Match object; span=({start}, {end}), match={}>", str_repr(&py_str(&self.group(0))))
    }
}
