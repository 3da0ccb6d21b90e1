//! Compiled patterns and what can be asked of them.

use std::fmt;
use std::sync::Arc;

use fancy_regex::Regex;
use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Error as MjError, ErrorKind, State};

use super::super::super::error::PyError;
use super::super::super::undefined::require_defined;
use super::super::super::value::{
    BoundMethod, CLASS_KEY, CallArgs, Class, Dict, Iter, List, index_arg, str_repr, text_of, tuple, type_name,
};
use super::found::Match;
use super::translate::{letters, translate};
use super::{Ran, flags, not_text, replacement_text};

/// The functions that the module and a pattern have in common, in the order of the module's members.
pub(super) const METHODS: [&str; 8] = ["match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"];

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Pattern {
    source: String,
    flags: i64,
    /// The pattern in fancy-regex's language.
    translated: String,
    regex: Regex,
}

/// A text to search in, cut at the end that was asked for, and where to begin, in bytes.
pub(super) struct Subject {
    pub text: Arc<str>,
    pub pos: usize,
    /// The same in characters, as a match tells it.
    pub bounds: (i64, i64),
}

impl Pattern {
    /// The pattern that an argument is or is the source of.
    pub(super) fn of(pattern: &Value, given: Option<&Value>) -> Result<Arc<Pattern>, MjError> {
        let given = given.map(|value| {
            let wrong = || format!("unsupported operand type(s) for &: '{}' and 'RegexFlag'", type_name(value));
            index_arg(value).map_err(|_| PyError::type_error(wrong()))
        });
        let given = given.transpose()?.unwrap_or(0);
        if let Some(compiled) = pattern.downcast_object::<Pattern>() {
            if given != 0 {
                return Err(PyError::value_error("cannot process flags argument with a compiled pattern"));
            }
            return Ok(compiled);
        }
        require_defined(pattern)?;
        let wrong = || PyError::type_error("first argument must be string or compiled pattern");
        Pattern::compile(text_of(pattern).ok_or_else(wrong)?, given).map(Arc::new)
    }

    fn compile(source: &str, given: i64) -> Result<Pattern, MjError> {
        let translated = translate(source, given)?;
        let unicode = if translated.flags & flags::ASCII == 0 { flags::UNICODE } else { 0 };
        let flags = translated.flags | unicode;
        let regex = assembled("", &translated.text, "", flags)?;
        Ok(Pattern { source: source.to_owned(), flags, translated: translated.text, regex })
    }

    /// The same pattern with the flag that `re.template` sets.
    pub(super) fn as_template(&self) -> Pattern {
        Pattern {
            source: self.source.clone(),
            flags: self.flags | 1,
            translated: self.translated.clone(),
            regex: self.regex.clone(),
        }
    }

    /// The names of its groups, the whole being the first.
    pub(super) fn names(&self) -> Vec<Option<String>> {
        self.regex.capture_names().map(|name| name.map(str::to_owned)).collect()
    }

    pub(super) fn run(self: &Arc<Self>, state: &mut State<'_, '_>, name: &str, args: CallArgs) -> Ran {
        match name {
            "match" | "search" | "fullmatch" => {
                let [text, pos, end] = bind(args, name, ["string", "pos", "endpos"], 1)?;
                self.find(name, &subject(text, pos, end)?)
            }
            "findall" | "finditer" => {
                let [text, pos, end] = bind(args, name, ["string", "pos", "endpos"], 1)?;
                let found = self.all(&subject(text, pos, end)?, usize::MAX)?;
                Ok(if name == "finditer" {
                    Iter::of("callable_iterator", found.into_iter().map(Value::from_object).collect())
                } else {
                    List::new(found.iter().map(Match::summary).collect())
                })
            }
            "split" => {
                let [text, most] = bind(args, name, ["string", "maxsplit"], 1)?;
                self.split(&subject(text, None, None)?, limit(most)?)
            }
            _ => {
                let [replacement, text, count] = bind(args, name, ["repl", "string", "count"], 2)?;
                let subject = subject(text, None, None)?;
                let (text, made) = self.substitute(state, &replacement.unwrap_or_default(), &subject, limit(count)?)?;
                Ok(if name == "subn" { tuple(vec![text, Value::from(made)]) } else { text })
            }
        }
    }

    fn find(self: &Arc<Self>, name: &str, subject: &Subject) -> Ran {
        let anchored = match name {
            "match" => Some(assembled("\\G", &self.translated, "", self.flags)?),
            "fullmatch" => Some(assembled("\\G", &self.translated, "\\z", self.flags)?),
            _ => None,
        };
        let found = self.at(anchored.as_ref().unwrap_or(&self.regex), subject, subject.pos)?;
        Ok(found.map_or_else(|| Value::from(()), Value::from_object))
    }

    fn at(self: &Arc<Self>, regex: &Regex, subject: &Subject, pos: usize) -> Result<Option<Match>, MjError> {
        if pos > subject.text.len() {
            return Ok(None);
        }
        let found = regex.captures_from_pos(&*subject.text, pos);
        let found = found.map_err(|error| PyError::value_error(error.to_string()))?;
        Ok(found.map(|found| Match::new(self, subject, &found)))
    }

    /// All matches that do not overlap. A match of nothing may follow another match, but not one of nothing.
    fn all(self: &Arc<Self>, subject: &Subject, limit: usize) -> Result<Vec<Match>, MjError> {
        let mut all = Vec::new();
        let (mut pos, mut must_advance) = (subject.pos, false);
        while all.len() < limit {
            let mut found = self.at(&self.regex, subject, pos)?;
            if must_advance && found.as_ref().is_some_and(|found| found.span(0) == Some((pos, pos))) {
                let width = subject.text[pos..].chars().next().map_or(1, char::len_utf8);
                found = self.at(&self.regex, subject, pos + width)?;
            }
            let Some(found) = found else { break };
            let (start, end) = found.span(0).unwrap_or((pos, pos));
            (pos, must_advance) = (end, start == end);
            all.push(found);
        }
        Ok(all)
    }

    fn split(self: &Arc<Self>, subject: &Subject, limit: usize) -> Ran {
        let text = &subject.text;
        let mut parts = Vec::new();
        let mut last = 0;
        for found in &self.all(subject, limit)? {
            let (start, end) = found.span(0).unwrap_or((last, last));
            parts.push(Value::from(&text[last..start]));
            parts.extend((1..found.len()).map(|index| found.group(index)));
            last = end;
        }
        parts.push(Value::from(&text[last..]));
        Ok(List::new(parts))
    }

    fn substitute(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        replacement: &Value,
        subject: &Subject,
        limit: usize,
    ) -> Result<(Value, usize), MjError> {
        let called = replacement.as_object().is_some() && text_of(replacement).is_none();
        let template = text_of(replacement);
        if template.is_none() && !called {
            return Err(not_text(replacement));
        }
        let text = &subject.text;
        let mut out = String::new();
        let (mut last, mut made) = (0, 0);
        for found in self.all(subject, limit)? {
            let (start, end) = found.span(0).unwrap_or((last, last));
            out.push_str(&text[last..start]);
            match template {
                Some(template) => found.expand(template, &mut out)?,
                None => out.push_str(&replacement_text(&replacement.call(state, &[Value::from_object(found)])?)?),
            }
            last = end;
            made += 1;
        }
        out.push_str(&text[last..]);
        Ok((Value::from(out), made))
    }
}

/// A translated pattern between two anchors.
fn assembled(before: &str, text: &str, after: &str, flags: i64) -> Result<Regex, MjError> {
    let letters = letters(flags);
    Regex::new(&format!("{before}(?{letters}:{text}){after}")).map_err(|error| PyError::value_error(error.to_string()))
}

/// Arguments in the words of Python's functions that are written in C; the first `needed` must be given.
fn bind<const N: usize>(
    args: CallArgs,
    name: &str,
    params: [&str; N],
    needed: usize,
) -> Result<[Option<Value>; N], MjError> {
    if let Some((unknown, _)) = args.named.iter().find(|(key, _)| !params.contains(&&**key)) {
        let message = format!("'{unknown}' is an invalid keyword argument for {name}()");
        return Err(PyError::type_error(message));
    }
    let bound = args.bind(name, params)?;
    match bound.iter().take(needed).position(Option::is_none) {
        None => Ok(bound),
        Some(at) => {
            let message = format!("{name}() missing required argument '{}' (pos {})", params[at], at + 1);
            Err(PyError::type_error(message))
        }
    }
}

fn limit(value: Option<Value>) -> Result<usize, MjError> {
    let most = value.map_or(Ok(0), |value| index_arg(&value))?;
    Ok(usize::try_from(most).ok().filter(|&most| most > 0).unwrap_or(usize::MAX))
}

fn subject(text: Option<Value>, pos: Option<Value>, end: Option<Value>) -> Result<Subject, MjError> {
    let text = text.unwrap_or_default();
    require_defined(&text)?;
    let kind = type_name(&text);
    let wrong = || PyError::type_error(format!("expected string or bytes-like object, got '{kind}'"));
    let text = text_of(&text).ok_or_else(wrong)?;
    let length = text.chars().count() as i64;
    let end = end.map_or(Ok(length), |end| index_arg(&end))?.clamp(0, length);
    let pos = pos.map_or(Ok(0), |pos| index_arg(&pos))?.clamp(0, length);
    let byte = |chars: i64| text.char_indices().nth(chars as usize).map_or(text.len(), |(at, _)| at);
    Ok(Subject { text: Arc::from(&text[..byte(end)]), pos: byte(pos), bounds: (pos, end) })
}

impl Object for Pattern {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            CLASS_KEY => Some(Class::new("", "re.Pattern").value()),
            "pattern" => Some(Value::from(self.source.as_str())),
            "flags" => Some(Value::from(self.flags)),
            "groups" => Some(Value::from(self.regex.captures_len() - 1)),
            "groupindex" => {
                let names = self.regex.capture_names().enumerate();
                Some(Dict::from_pairs(names.filter_map(|(at, name)| Some((name?, Value::from(at))))))
            }
            name if METHODS.contains(&name) || name == "scanner" => {
                Some(BoundMethod::of(Value::from_dyn_object(self.clone()), name))
            }
            _ => None,
        }
    }

    fn custom_cmp(self: &Arc<Self>, other: &minijinja::value::DynObject) -> Option<std::cmp::Ordering> {
        let other = other.downcast_ref::<Pattern>()?;
        (self.source == other.source && self.flags == other.flags).then_some(std::cmp::Ordering::Equal)
    }

    fn call_method(self: &Arc<Self>, state: &mut State<'_, '_>, name: &str, args: &[Value]) -> Ran {
        if !METHODS.contains(&name) {
            return Err(MjError::from(ErrorKind::UnknownMethod));
        }
        self.run(state, name, CallArgs::split(args))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = flags::shown(self.flags);
        let comma = if flags.is_empty() { "" } else { ", " };
        write!(f, "re.compile({}{comma}{flags})", str_repr(&self.source))
    }
}
