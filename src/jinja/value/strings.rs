//! The methods of Python's `str`.

use minijinja::Error as MjError;
use minijinja::value::Value;

use super::super::error::PyError;
use super::args::CallArgs;
use super::format::str_format;
use super::{List, index_arg, iterate, lookup, py_str, str_arg, tuple};

/// Calls a method of a string; `None` when strings have no such method.
pub(crate) fn method(text: &str, name: &str, args: &[Value]) -> Option<Result<Value, MjError>> {
    if let Some(changed) = changed_case(text, name).filter(|_| args.is_empty()) {
        return Some(Ok(Value::from(changed)));
    }
    if let Some(answer) = predicate(text, name).filter(|_| args.is_empty()) {
        return Some(Ok(Value::from(answer)));
    }
    let result = match name {
        "split" | "rsplit" => split(text, name, CallArgs::split(args)),
        "splitlines" => Ok(List::new(split_lines(text, args.first().is_some_and(Value::is_true)))),
        "strip" | "lstrip" | "rstrip" => strip(text, name, args.first()),
        "replace" => replace(text, args),
        "join" => join(text, args),
        "startswith" | "endswith" => affix(text, name, args),
        "removeprefix" | "removesuffix" => remove_affix(text, name, args),
        "find" | "rfind" | "index" | "rindex" | "count" => search(text, name, args),
        "partition" | "rpartition" => partition(text, name, args),
        "zfill" | "center" | "ljust" | "rjust" => justify(text, name, args),
        "format" => str_format(text, &CallArgs::split(args)),
        "format_map" => format_map(text, args),
        "encode" => Ok(Value::from_bytes(text.as_bytes().to_vec())),
        "translate" => translate(text, args),
        "expandtabs" => expand_tabs(text, args.first()),
        _ => return None,
    };
    Some(result)
}

/// What Python's `str.isspace` takes for whitespace.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

fn changed_case(text: &str, name: &str) -> Option<String> {
    Some(match name {
        "upper" => text.to_uppercase(),
        "lower" => text.to_lowercase(),
        "casefold" => text.to_lowercase().replace('ß', "ss"),
        "title" => title(text),
        "capitalize" => {
            let mut chars = text.chars();
            chars
                .next()
                .map_or_else(String::new, |c| c.to_uppercase().chain(chars.as_str().to_lowercase().chars()).collect())
        }
        "swapcase" => text
            .chars()
            .flat_map(|c| -> Vec<char> {
                if c.is_uppercase() { c.to_lowercase().collect() } else { c.to_uppercase().collect() }
            })
            .collect(),
        _ => return None,
    })
}

/// Python's `str.title`: a letter is capital unless a letter stands before it.
pub(crate) fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.chars() {
        if inside {
            out.extend(c.to_lowercase());
        } else {
            out.extend(c.to_uppercase());
        }
        inside = c.is_alphabetic();
    }
    out
}

fn predicate(text: &str, name: &str) -> Option<bool> {
    let all = |test: fn(char) -> bool| !text.is_empty() && text.chars().all(test);
    let cased = text.chars().any(|c| c.is_uppercase() || c.is_lowercase());
    Some(match name {
        "isdigit" | "isdecimal" | "isnumeric" => all(char::is_numeric),
        "isalpha" => all(char::is_alphabetic),
        "isalnum" => all(char::is_alphanumeric),
        "isspace" => all(is_space),
        "isupper" => cased && !text.chars().any(char::is_lowercase),
        "islower" => cased && !text.chars().any(char::is_uppercase),
        "istitle" => cased && title(text) == text,
        "isascii" => text.is_ascii(),
        "isprintable" => !text.chars().any(char::is_control),
        "isidentifier" => !text.starts_with(|c: char| c.is_numeric()) && all(|c| c.is_alphanumeric() || c == '_'),
        _ => return None,
    })
}

fn strings<'a>(parts: impl IntoIterator<Item = &'a str>) -> Vec<Value> {
    parts.into_iter().map(Value::from).collect()
}

fn split(text: &str, name: &str, args: CallArgs) -> Result<Value, MjError> {
    let [separator, most] = args.bind(name, ["sep", "maxsplit"])?;
    let most = most.map_or(Ok(-1), |most| index_arg(&most))?;
    let limit = usize::try_from(most).unwrap_or(usize::MAX);
    let from_right = name == "rsplit";
    let separator = separator.filter(|separator| !separator.is_none());
    let Some(separator) = separator else {
        return Ok(List::new(strings(split_spaces(text, limit, from_right))));
    };
    let separator = str_arg(&separator, "sep")?;
    if separator.is_empty() {
        return Err(PyError::value_error("empty separator"));
    }
    let limit = limit.saturating_add(1);
    let mut parts: Vec<&str> =
        if from_right { text.rsplitn(limit, separator).collect() } else { text.splitn(limit, separator).collect() };
    if from_right {
        parts.reverse();
    }
    Ok(List::new(strings(parts)))
}

/// Splits at runs of whitespace, at most `limit` times.
fn split_spaces(text: &str, limit: usize, from_right: bool) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim_matches(is_space);
    while !rest.is_empty() {
        let cut = if parts.len() >= limit {
            None
        } else if from_right {
            rest.rfind(is_space)
        } else {
            rest.find(is_space)
        };
        let Some(at) = cut else {
            parts.push(rest);
            break;
        };
        let (left, right) = rest.split_at(at);
        if from_right {
            parts.push(right.trim_start_matches(is_space));
            rest = left.trim_end_matches(is_space);
        } else {
            parts.push(left);
            rest = right.trim_start_matches(is_space);
        }
    }
    if from_right {
        parts.reverse();
    }
    parts
}

fn split_lines(text: &str, keep: bool) -> Vec<Value> {
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(at) =
        rest.find(['\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}'])
    {
        let tail = &rest[at..];
        let end = if tail.starts_with("\r\n") { 2 } else { tail.chars().next().map_or(1, char::len_utf8) };
        lines.push(Value::from(if keep { &rest[..at + end] } else { &rest[..at] }));
        rest = &rest[at + end..];
    }
    if !rest.is_empty() {
        lines.push(Value::from(rest));
    }
    lines
}

fn strip(text: &str, name: &str, chars: Option<&Value>) -> Result<Value, MjError> {
    let set: Option<Vec<char>> = match chars.filter(|chars| !chars.is_none()) {
        Some(chars) => Some(str_arg(chars, &format!("{name} arg"))?.chars().collect()),
        None => None,
    };
    let drop = |c: char| set.as_ref().map_or_else(|| is_space(c), |set| set.contains(&c));
    Ok(Value::from(match name {
        "lstrip" => text.trim_start_matches(drop),
        "rstrip" => text.trim_end_matches(drop),
        _ => text.trim_matches(drop),
    }))
}

fn replace(text: &str, args: &[Value]) -> Result<Value, MjError> {
    let [old, new, count] = CallArgs::split(args).bind("replace", ["old", "new", "count"])?;
    let missing = || PyError::type_error(format!("replace expected at least 2 arguments, got {}", args.len()));
    let (old, new) = (old.ok_or_else(missing)?, new.ok_or_else(missing)?);
    let (old, new) = (str_arg(&old, "replace() argument 1")?, str_arg(&new, "replace() argument 2")?);
    let count = count.map_or(Ok(-1), |count| index_arg(&count))?;
    Ok(Value::from(match usize::try_from(count) {
        Ok(count) => text.replacen(old, new, count),
        Err(_) => text.replace(old, new),
    }))
}

fn join(text: &str, args: &[Value]) -> Result<Value, MjError> {
    let [items] = args else {
        return Err(PyError::type_error(format!("str.join() takes exactly one argument ({} given)", args.len())));
    };
    let items = iterate(items).map_err(|_| PyError::type_error("can only join an iterable"))?;
    let mut out = String::new();
    for (index, item) in items.iter().enumerate() {
        let part = item.as_str().ok_or_else(|| {
            let kind = super::type_name(item);
            PyError::type_error(format!("sequence item {index}: expected str instance, {kind} found"))
        })?;
        if index > 0 {
            out.push_str(text);
        }
        out.push_str(part);
    }
    Ok(Value::from(out))
}

/// The part of `text` between two character positions, negative ones counted from the end.
fn bounded<'t>(text: &'t str, bounds: &[Value]) -> Result<(&'t str, usize), MjError> {
    let count = text.chars().count() as i64;
    let bound = |at: usize, default: i64| -> Result<usize, MjError> {
        let given = bounds.get(at).filter(|value| !value.is_none());
        let at = given.map_or(Ok(default), index_arg)?;
        Ok((if at < 0 { (at + count).max(0) } else { at.min(count) }) as usize)
    };
    let (start, end) = (bound(0, 0)?, bound(1, count)?);
    let byte = |at: usize| text.char_indices().nth(at).map_or(text.len(), |(byte, _)| byte);
    Ok((text.get(byte(start)..byte(end.max(start))).unwrap_or_default(), start))
}

fn affix(text: &str, name: &str, args: &[Value]) -> Result<Value, MjError> {
    let Some((wanted, bounds)) = args.split_first() else {
        return Err(PyError::type_error(format!("{name}() takes at least 1 argument (0 given)")));
    };
    let (text, _) = bounded(text, bounds)?;
    let choices = if wanted.is_tuple() { iterate(wanted)? } else { vec![wanted.clone()] };
    for choice in &choices {
        let part = str_arg(choice, &format!("{name} first arg"))?;
        if if name == "startswith" { text.starts_with(part) } else { text.ends_with(part) } {
            return Ok(Value::from(true));
        }
    }
    Ok(Value::from(false))
}

fn one_text<'v>(name: &str, args: &'v [Value]) -> Result<&'v str, MjError> {
    match args {
        [text] => str_arg(text, &format!("{name}() argument")),
        _ => Err(PyError::type_error(format!("{name}() takes exactly one argument ({} given)", args.len()))),
    }
}

fn remove_affix(text: &str, name: &str, args: &[Value]) -> Result<Value, MjError> {
    let part = one_text(name, args)?;
    let left = if name == "removeprefix" { text.strip_prefix(part) } else { text.strip_suffix(part) };
    Ok(Value::from(left.unwrap_or(text)))
}

fn search(text: &str, name: &str, args: &[Value]) -> Result<Value, MjError> {
    let Some((wanted, bounds)) = args.split_first() else {
        return Err(PyError::type_error(format!("{name}() takes at least 1 argument (0 given)")));
    };
    let wanted = str_arg(wanted, "must be str")?;
    let (part, offset) = bounded(text, bounds)?;
    if name == "count" {
        let count = if wanted.is_empty() { part.chars().count() + 1 } else { part.matches(wanted).count() };
        return Ok(Value::from(count));
    }
    let found = if name.starts_with('r') { part.rfind(wanted) } else { part.find(wanted) };
    match found {
        Some(at) => Ok(Value::from(offset + part[..at].chars().count())),
        None if name.ends_with("find") => Ok(Value::from(-1)),
        None => Err(PyError::value_error("substring not found")),
    }
}

fn partition(text: &str, name: &str, args: &[Value]) -> Result<Value, MjError> {
    let separator = one_text(name, args)?;
    if separator.is_empty() {
        return Err(PyError::value_error("empty separator"));
    }
    let from_right = name == "rpartition";
    let cut = if from_right { text.rsplit_once(separator) } else { text.split_once(separator) };
    Ok(tuple(strings(match cut {
        Some((left, right)) => [left, separator, right],
        None if from_right => ["", "", text],
        None => [text, "", ""],
    })))
}

fn justify(text: &str, name: &str, args: &[Value]) -> Result<Value, MjError> {
    let width =
        args.first().ok_or_else(|| PyError::type_error(format!("{name} expected at least 1 argument, got 0")))?;
    let width = usize::try_from(index_arg(width)?).unwrap_or(0);
    let fill = args.get(1).and_then(|fill| fill.as_str()?.chars().next()).unwrap_or(' ');
    let missing = width.saturating_sub(text.chars().count());
    let pad = |fill: char, count: usize| fill.to_string().repeat(count);
    Ok(Value::from(match name {
        "ljust" => text.to_owned() + &pad(fill, missing),
        "rjust" => pad(fill, missing) + text,
        "center" => {
            let left = missing / 2 + (missing & width & 1);
            pad(fill, left) + text + &pad(fill, missing - left)
        }
        _ => match text.strip_prefix(['-', '+']) {
            Some(digits) => text[..1].to_owned() + &pad('0', missing) + digits,
            None => pad('0', missing) + text,
        },
    }))
}

fn format_map(text: &str, args: &[Value]) -> Result<Value, MjError> {
    let map = args.first().cloned().unwrap_or_default();
    let keys = iterate(&map)?;
    let named = keys.iter().filter_map(|key| Some((key.to_str()?, lookup(&map, key.as_str()?)?)));
    str_format(text, &CallArgs { pos: Vec::new(), named: named.collect() })
}

fn translate(text: &str, args: &[Value]) -> Result<Value, MjError> {
    let [table] = args else {
        return Err(PyError::type_error(format!("str.translate() takes exactly one argument ({} given)", args.len())));
    };
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let found = table.get_item(&Value::from(c as u32)).ok().filter(|value| !super::is_undefined(value));
        match found {
            None => out.push(c),
            Some(value) if value.is_none() => {}
            Some(value) => match value.as_i64().and_then(|code| char::from_u32(u32::try_from(code).ok()?)) {
                Some(c) => out.push(c),
                None => out.push_str(&py_str(&value)),
            },
        }
    }
    Ok(Value::from(out))
}

fn expand_tabs(text: &str, size: Option<&Value>) -> Result<Value, MjError> {
    let size = usize::try_from(size.map_or(Ok(8), index_arg)?).unwrap_or(0);
    let mut out = String::new();
    let mut column = 0;
    for c in text.chars() {
        match c {
            '\t' if size > 0 => {
                let spaces = size - column % size;
                out.push_str(&" ".repeat(spaces));
                column += spaces;
            }
            '\t' => {}
            c => {
                column = if matches!(c, '\n' | '\r') { 0 } else { column + 1 };
                out.push(c);
            }
        }
    }
    Ok(Value::from(out))
}
