//! Filters on text.

use minijinja::Error as MjError;
use minijinja::value::{Value, ValueKind};

use super::super::error::PyError;
use super::super::undefined::is_undefined;
use super::super::value::{BoundMethod, CallArgs, Dict, index_arg, is_space, percent, py_repr, py_str, tuple};
use super::{Filter, Ran};

pub(super) const FILTERS: &[(&str, Filter)] = &[
    ("attr", |_, input, args| attr(input, args)),
    ("capitalize", |_, input, _| Ok(Value::from(capitalized(&py_str(input))))),
    ("center", |_, input, args| center(input, args)),
    ("d", |_, input, args| default(input, args)),
    ("default", |_, input, args| default(input, args)),
    ("format", |_, input, args| format(input, args)),
    ("indent", |_, input, args| indent(input, args)),
    ("lower", |_, input, _| Ok(Value::from(py_str(input).to_lowercase()))),
    ("pprint", |_, input, _| Ok(Value::from(py_repr(input)))),
    ("replace", |_, input, args| replace(input, args)),
    ("safe", |_, input, _| Ok(if input.as_str().is_some() { input.clone() } else { Value::from(py_str(input)) })),
    ("string", |_, input, _| Ok(if input.as_str().is_some() { input.clone() } else { Value::from(py_str(input)) })),
    ("title", |_, input, _| Ok(Value::from(title(&py_str(input))))),
    ("trim", |_, input, args| trim(input, args)),
    ("truncate", |_, input, args| truncate(input, args)),
    ("upper", |_, input, _| Ok(Value::from(py_str(input).to_uppercase()))),
    ("wordcount", |_, input, _| Ok(Value::from(word_count(&py_str(input))))),
    ("wordwrap", |_, input, args| word_wrap(input, args)),
];

fn int(value: Option<Value>, default: i64) -> Result<usize, MjError> {
    let number = value.map_or(Ok(default), |value| index_arg(&value))?;
    Ok(usize::try_from(number).unwrap_or(0))
}

fn flag(value: Option<Value>, default: bool) -> bool {
    value.map_or(default, |value| value.is_true())
}

fn text(value: Option<Value>, default: &str) -> String {
    value.filter(|value| !value.is_none()).map_or_else(|| default.to_owned(), |value| py_str(&value))
}

fn attr(input: &Value, args: CallArgs) -> Ran {
    let [name] = args.bind("attr", ["name"])?;
    let name = text(name, "");
    if let Some(method) = BoundMethod::find(input, &name) {
        return Ok(method);
    }
    let is_plain_data = input.downcast_object_ref::<Dict>().is_some() || input.as_object().is_none();
    if is_plain_data { Ok(Value::UNDEFINED) } else { input.get_attr(&name) }
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(chars.as_str().to_lowercase().chars()).collect())
}

/// Jinja2's own title case: words are cut at spaces, hyphens and opening brackets only.
fn title(text: &str) -> String {
    let is_cut = |c: char| c.is_whitespace() || matches!(c, '-' | '(' | '{' | '[' | '<');
    text.split_inclusive(is_cut).map(capitalized).collect()
}

fn center(input: &Value, args: CallArgs) -> Ran {
    let [width] = args.bind("center", ["width"])?;
    let (input, width) = (py_str(input), int(width, 80)?);
    let missing = width.saturating_sub(input.chars().count());
    let left = missing / 2 + (missing & width & 1);
    Ok(Value::from(format!("{}{input}{}", " ".repeat(left), " ".repeat(missing - left))))
}

fn default(input: &Value, args: CallArgs) -> Ran {
    let [default, boolean] = args.bind("default", ["default_value", "boolean"])?;
    let replaced = is_undefined(input) || (flag(boolean, false) && !input.is_true());
    Ok(if replaced { default.unwrap_or_else(|| Value::from("")) } else { input.clone() })
}

fn format(input: &Value, args: CallArgs) -> Ran {
    if !args.pos.is_empty() && !args.named.is_empty() {
        return Err(PyError::type_error("can't handle positional and keyword arguments at the same time"));
    }
    let values = if args.named.is_empty() { tuple(args.pos) } else { Dict::from_pairs(args.named) };
    percent(&py_str(input), &values)
}

fn indent(input: &Value, args: CallArgs) -> Ran {
    let [width, first, blank] = args.bind("indent", ["width", "first", "blank"])?;
    let pad = match width.as_ref().filter(|width| width.kind() == ValueKind::String) {
        Some(pad) => py_str(pad),
        None => " ".repeat(int(width, 4)?),
    };
    let (first, blank) = (flag(first, false), flag(blank, false));
    let source = py_str(input) + "\n";
    let lines: Vec<&str> = source.split('\n').collect();
    let lines = &lines[..lines.len() - 1];
    let mut out = String::new();
    for (index, line) in lines.iter().enumerate() {
        let padded = if index == 0 { first } else { blank || !line.is_empty() };
        out.push_str(if index > 0 { "\n" } else { "" });
        out.push_str(if padded { &pad } else { "" });
        out.push_str(line);
    }
    Ok(Value::from(out))
}

fn replace(input: &Value, args: CallArgs) -> Ran {
    let [old, new, count] = args.bind("replace", ["old", "new", "count"])?;
    let (Some(old), Some(new)) = (old, new) else {
        return Err(PyError::type_error("do_replace() missing required positional arguments: 'old' and 'new'"));
    };
    let (input, old, new) = (py_str(input), py_str(&old), py_str(&new));
    Ok(Value::from(match count.filter(|count| !count.is_none()) {
        Some(count) => match usize::try_from(index_arg(&count)?) {
            Ok(count) => input.replacen(&old, &new, count),
            Err(_) => input.replace(&old, &new),
        },
        None => input.replace(&old, &new),
    }))
}

fn trim(input: &Value, args: CallArgs) -> Ran {
    let [chars] = args.bind("trim", ["chars"])?;
    let input = py_str(input);
    let set: Option<Vec<char>> = chars.filter(|chars| !chars.is_none()).map(|chars| py_str(&chars).chars().collect());
    let drop = |c: char| set.as_ref().map_or_else(|| is_space(c), |set| set.contains(&c));
    Ok(Value::from(input.trim_matches(drop)))
}

fn truncate(input: &Value, args: CallArgs) -> Ran {
    let [length, kill_words, end, leeway] = args.bind("truncate", ["length", "killwords", "end", "leeway"])?;
    let (length, leeway) = (int(length, 255)?, int(leeway.filter(|value| !value.is_none()), 5)?);
    let (input, end) = (py_str(input), text(end, "..."));
    if input.chars().count() <= length + leeway {
        return Ok(Value::from(input));
    }
    let kept: String = input.chars().take(length.saturating_sub(end.chars().count())).collect();
    if flag(kill_words, false) {
        return Ok(Value::from(kept + &end));
    }
    let whole = kept.rsplit_once(' ').map_or(kept.as_str(), |(left, _)| left);
    Ok(Value::from(whole.to_owned() + &end))
}

fn word_count(text: &str) -> usize {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).count()
}

fn word_wrap(input: &Value, args: CallArgs) -> Ran {
    let names = ["width", "break_long_words", "wrapstring", "break_on_hyphens"];
    let [width, break_long, wrap, _] = args.bind("wordwrap", names)?;
    let (width, break_long, wrap) = (int(width, 79)?.max(1), flag(break_long, true), text(wrap, "\n"));
    let input = py_str(input);
    let lines: Vec<String> = input.lines().map(|line| wrap_line(line, width, break_long).join(&wrap)).collect();
    Ok(Value::from(lines.join(&wrap)))
}

fn wrap_line(line: &str, width: usize, break_long: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let mut current = String::new();
    for word in line.split(' ') {
        let mut word = word.to_owned();
        let joined = current.chars().count() + usize::from(!current.is_empty()) + word.chars().count();
        if joined <= width {
            if !current.is_empty() {
                current.push(' ');
            }
            current.push_str(&word);
            continue;
        }
        if !current.is_empty() {
            lines.push(std::mem::take(&mut current));
        }
        while break_long && word.chars().count() > width {
            lines.push(word.chars().take(width).collect());
            word = word.chars().skip(width).collect();
        }
        current = word;
    }
    if !current.is_empty() {
        lines.push(current);
    }
    lines
}
