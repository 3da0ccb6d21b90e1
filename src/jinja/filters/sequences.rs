//! Filters over lists, dicts and other things that can be looped over.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;

use indexmap::IndexSet;
use minijinja::Error as MjError;
use minijinja::value::{Enumerator, Object, ObjectRepr, Value, ValueKind};

use super::super::error::{PyError, PyErrorKind};
use super::super::ops;
use super::super::undefined::{Undefined, is_undefined, require_defined};
use super::super::value::{
    CallArgs, Dict, Iter, Key, List, index_arg, iterate, py_cmp, py_eq, py_repr, py_str, sort_by_keys, tuple, type_name,
};
use super::{Filter, Ran};

pub(super) const FILTERS: &[(&str, Filter)] = &[
    ("batch", |_, input, args| batch(input, args)),
    ("count", |_, input, _| length(input)),
    ("dictsort", |_, input, args| dictsort(input, args)),
    ("first", |_, input, _| first(input)),
    ("groupby", |_, input, args| groupby(input, args)),
    ("is_list", |_, input, _| Ok(Value::from(input.kind() == ValueKind::Seq && !input.is_tuple()))),
    ("items", |_, input, _| items(input)),
    ("join", |_, input, args| join(input, args)),
    ("last", |_, input, _| Ok(iterate(input)?.pop().unwrap_or_else(|| empty("last")))),
    ("length", |_, input, _| length(input)),
    ("list", |_, input, _| iterate(input).map(List::new)),
    ("max", |_, input, args| extreme(input, args, Ordering::Greater)),
    ("min", |_, input, args| extreme(input, args, Ordering::Less)),
    ("random", |_, input, _| random(input)),
    ("reverse", |_, input, _| reverse(input)),
    ("slice", |_, input, args| slice(input, args)),
    ("sort", |_, input, args| sort(input, args)),
    ("sum", |_, input, args| sum(input, args)),
    ("unique", |_, input, args| unique(input, args)),
];

fn empty(which: &str) -> Value {
    let hint = Some(format!("No {which} item, sequence was empty."));
    Undefined::value(which, hint)
}

/// Follows a path like `a.b.0` from a value; `default` stands in for what is missing.
///
/// # Errors
/// The path goes on behind something that is missing.
pub(super) fn attribute(value: &Value, path: &Value, default: Option<&Value>) -> Ran {
    let mut found = value.clone();
    let follow = |found: &Value, key: Value| -> Ran {
        require_defined(found)?;
        let next = found.get_item(&key)?;
        Ok(if is_undefined(&next) { default.cloned().unwrap_or(next) } else { next })
    };
    let Some(path) = path.as_str() else {
        return if path.is_none() { Ok(found) } else { follow(&found, path.clone()) };
    };
    for part in path.split('.') {
        let key = part.parse::<i64>().map_or_else(|_| Value::from(part), Value::from);
        found = follow(&found, key)?;
    }
    Ok(found)
}

fn flag(value: Option<Value>) -> bool {
    value.is_some_and(|value| value.is_true())
}

/// Strings compare without regard to case unless a filter was told otherwise.
fn folded(value: Value, case_sensitive: bool) -> Value {
    match value.as_str() {
        Some(text) if !case_sensitive => Value::from(text.to_lowercase()),
        _ => value,
    }
}

/// The first item; an iterator keeps the others.
fn first(input: &Value) -> Ran {
    let found = match input.downcast_object_ref::<Iter>() {
        Some(_) => input.try_iter()?.next(),
        None => iterate(input)?.into_iter().next(),
    };
    Ok(found.unwrap_or_else(|| empty("first")))
}

fn length(input: &Value) -> Ran {
    if is_undefined(input) {
        return Ok(Value::from(0));
    }
    match input.len() {
        Some(len) => Ok(Value::from(len)),
        None => Err(PyError::type_error(format!("object of type '{}' has no len()", type_name(input)))),
    }
}

fn batch(input: &Value, args: CallArgs) -> Ran {
    let [size, fill] = args.bind("batch", ["linecount", "fill_with"])?;
    let size = usize::try_from(size.map_or(Ok(1), |size| index_arg(&size))?).unwrap_or(1).max(1);
    let mut rows: Vec<Vec<Value>> = iterate(input)?.chunks(size).map(<[Value]>::to_vec).collect();
    if let (Some(last), Some(fill)) = (rows.last_mut(), fill.filter(|fill| !fill.is_none())) {
        last.resize(size, fill);
    }
    Ok(Iter::of("generator", rows.into_iter().map(List::new).collect()))
}

fn slice(input: &Value, args: CallArgs) -> Ran {
    let [slices, fill] = args.bind("slice", ["slices", "fill_with"])?;
    let slices = usize::try_from(slices.map_or(Ok(1), |count| index_arg(&count))?).unwrap_or(1).max(1);
    let items = iterate(input)?;
    let (size, extra) = (items.len() / slices, items.len() % slices);
    let mut rest = items.into_iter();
    let mut columns = Vec::new();
    for column in 0..slices {
        let wide = column < extra;
        let mut part: Vec<Value> = rest.by_ref().take(size + usize::from(wide)).collect();
        if let Some(fill) = fill.clone().filter(|fill| !fill.is_none() && !wide && extra > 0) {
            part.push(fill);
        }
        columns.push(List::new(part));
    }
    Ok(Iter::of("generator", columns))
}

fn items(input: &Value) -> Ran {
    if is_undefined(input) {
        return Ok(Iter::of("generator", Vec::new()));
    }
    if input.kind() != ValueKind::Map {
        return Err(PyError::type_error("Can only get item pairs from a mapping."));
    }
    let pairs = Dict::pairs_of(input)?.into_iter().map(|(key, value)| tuple(vec![key, value]));
    Ok(Iter::of("generator", pairs.collect()))
}

fn dictsort(input: &Value, args: CallArgs) -> Ran {
    let [case_sensitive, by, reverse] = args.bind("dictsort", ["case_sensitive", "by", "reverse"])?;
    let by_value = match by.as_ref().and_then(Value::as_str).unwrap_or("key") {
        "key" => false,
        "value" => true,
        _ => {
            let message = "You can only sort by either \"key\" or \"value\"";
            return Err(PyError::raise(PyErrorKind::Template, message));
        }
    };
    let case_sensitive = flag(case_sensitive);
    if input.kind() != ValueKind::Map {
        require_defined(input)?;
        let kind = type_name(input);
        return Err(PyError::raise(PyErrorKind::Undefined, format!("'{kind} object' has no attribute 'items'")));
    }
    let mut keyed = Vec::new();
    for (key, value) in Dict::pairs_of(input)? {
        let by = folded(if by_value { value.clone() } else { key.clone() }, case_sensitive);
        keyed.push((by, tuple(vec![key, value])));
    }
    sort_by_keys(&mut keyed, flag(reverse))?;
    Ok(List::new(keyed.into_iter().map(|(_, pair)| pair).collect()))
}

fn sort(input: &Value, args: CallArgs) -> Ran {
    let [reverse, case_sensitive, path] = args.bind("sort", ["reverse", "case_sensitive", "attribute"])?;
    let case_sensitive = flag(case_sensitive);
    let paths: Vec<Value> = match path.as_ref().and_then(Value::as_str) {
        Some(path) => path.split(',').map(Value::from).collect(),
        None => path.into_iter().filter(|path| !path.is_none()).collect(),
    };
    let mut keyed = Vec::new();
    for item in iterate(input)? {
        let key = if paths.is_empty() {
            folded(item.clone(), case_sensitive)
        } else {
            let parts: Result<Vec<Value>, MjError> =
                paths.iter().map(|path| Ok(folded(attribute(&item, path, None)?, case_sensitive))).collect();
            tuple(parts?)
        };
        keyed.push((key, item));
    }
    sort_by_keys(&mut keyed, flag(reverse))?;
    Ok(List::new(keyed.into_iter().map(|(_, item)| item).collect()))
}

fn unique(input: &Value, args: CallArgs) -> Ran {
    let [case_sensitive, path] = args.bind("unique", ["case_sensitive", "attribute"])?;
    let (case_sensitive, path) = (flag(case_sensitive), path.unwrap_or_else(|| Value::from(())));
    let mut seen = IndexSet::new();
    let mut kept = Vec::new();
    for item in iterate(input)? {
        if seen.insert(Key::new(&folded(attribute(&item, &path, None)?, case_sensitive))?) {
            kept.push(item);
        }
    }
    Ok(Iter::of("generator", kept))
}

fn extreme(input: &Value, args: CallArgs, wanted: Ordering) -> Ran {
    let [case_sensitive, path] = args.bind("min", ["case_sensitive", "attribute"])?;
    let (case_sensitive, path) = (flag(case_sensitive), path.unwrap_or_else(|| Value::from(())));
    let mut best: Option<(Value, Value)> = None;
    for item in iterate(input)? {
        let key = folded(attribute(&item, &path, None)?, case_sensitive);
        let op = if wanted == Ordering::Less { "<" } else { ">" };
        let better = match &best {
            Some((best, _)) => py_cmp(&key, best, op)? == wanted,
            None => true,
        };
        if better {
            best = Some((key, item));
        }
    }
    let none = || {
        let hint = Some("No aggregated item, sequence was empty.".to_owned());
        Undefined::value("", hint)
    };
    Ok(best.map_or_else(none, |(_, item)| item))
}

fn sum(input: &Value, args: CallArgs) -> Ran {
    let [path, start] = args.bind("sum", ["attribute", "start"])?;
    let path = path.unwrap_or_else(|| Value::from(()));
    let mut total = start.unwrap_or_else(|| Value::from(0));
    for item in iterate(input)? {
        total = ops::add(&total, &attribute(&item, &path, None)?)?;
    }
    Ok(total)
}

fn join(input: &Value, args: CallArgs) -> Ran {
    let [separator, path] = args.bind("join", ["d", "attribute"])?;
    let (separator, path) =
        (separator.map_or_else(String::new, |text| py_str(&text)), path.unwrap_or_else(|| Value::from(())));
    let mut out = String::new();
    for (index, item) in iterate(input)?.iter().enumerate() {
        if index > 0 {
            out.push_str(&separator);
        }
        out.push_str(&py_str(&attribute(item, &path, None)?));
    }
    Ok(Value::from(out))
}

fn reverse(input: &Value) -> Ran {
    if let Some(text) = input.as_str() {
        return Ok(Value::from(text.chars().rev().collect::<String>()));
    }
    let mut items = iterate(input).map_err(|_| PyError::raise(PyErrorKind::Template, "argument must be iterable"))?;
    items.reverse();
    Ok(Iter::of("list_reverseiterator", items))
}

fn random(input: &Value) -> Ran {
    let items = iterate(input)?;
    crate::events::effects::roll();
    let roll = RandomState::new().build_hasher().finish() as usize;
    Ok(if items.is_empty() { empty("random") } else { items[roll % items.len()].clone() })
}

/// What `groupby` yields: a pair whose parts also have names.
struct Group {
    grouper: Value,
    list: Value,
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}, {})", py_repr(&self.grouper), py_repr(&self.list))
    }
}

impl Object for Group {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match (key.as_str(), key.as_usize()) {
            (Some("grouper"), _) | (_, Some(0)) => Some(self.grouper.clone()),
            (Some("list"), _) | (_, Some(1)) => Some(self.list.clone()),
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(2)
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

fn groupby(input: &Value, args: CallArgs) -> Ran {
    let [path, default, case_sensitive] = args.bind("groupby", ["attribute", "default", "case_sensitive"])?;
    let (path, case_sensitive) = (path.unwrap_or_default(), flag(case_sensitive));
    let default = default.filter(|default| !default.is_none());
    let mut keyed = Vec::new();
    for item in iterate(input)? {
        let key = attribute(&item, &path, default.as_ref())?;
        keyed.push((folded(key.clone(), case_sensitive), (key, item)));
    }
    sort_by_keys(&mut keyed, false)?;
    let mut groups: Vec<(Value, Value, Vec<Value>)> = Vec::new();
    for (folded, (key, item)) in keyed {
        match groups.last_mut().filter(|(last, ..)| py_eq(last, &folded)) {
            Some((.., members)) => members.push(item),
            None => groups.push((folded, key, vec![item])),
        }
    }
    let groups =
        groups.into_iter().map(|(_, grouper, members)| Value::from_object(Group { grouper, list: List::new(members) }));
    Ok(List::new(groups.collect()))
}
