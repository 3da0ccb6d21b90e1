//! `modules.re`: Python's regular expressions over fancy-regex.

mod flags;
mod found;
mod pattern;
mod translate;

use std::sync::Arc;

use minijinja::value::Value;
use minijinja::{Error as MjError, State};

use super::super::error::PyError;
use super::super::value::{CallArgs, ClassObject, Dict, Function, py_str, required, text_of, type_name};
use pattern::{METHODS, Pattern};

type Ran = Result<Value, MjError>;

const FLAG_NAMES: [&str; 15] = [
    "A",
    "I",
    "L",
    "M",
    "S",
    "X",
    "U",
    "ASCII",
    "IGNORECASE",
    "LOCALE",
    "MULTILINE",
    "DOTALL",
    "VERBOSE",
    "UNICODE",
    "NOFLAG",
];

pub(super) fn module() -> Value {
    let mut members: Vec<(&'static str, Value)> = Vec::new();
    for name in METHODS {
        members.push((name, Function::new(name, move |state, args| call(state, name, args))));
    }
    members.push(("compile", Function::new("compile", |_, args| compile("compile", args))));
    members.push(("purge", Function::new("purge", |_, _| Ok(Value::from(())))));
    members.push(("template", Function::new("template", |_, args| compile("template", args))));
    members.push((
        "escape",
        Function::new("escape", |_, args| {
            let [text] = args.bind("escape", ["pattern"])?;
            let text = required(text, "escape", "pattern")?;
            let text = text_of(&text).ok_or_else(|| not_text(&text))?;
            Ok(Value::from(escape(text)))
        }),
    ));
    members.extend([
        ("error", ClassObject::value("re.error")),
        ("Pattern", ClassObject::value("re.Pattern")),
        ("Match", ClassObject::value("re.Match")),
    ]);
    members.extend(FLAG_NAMES.into_iter().filter_map(|name| Some((name, flags::named(name)?))));
    members.push(("RegexFlag", Value::from_object(FlagClass)));
    Dict::from_pairs(members)
}

/// The class of the flags, which prints unlike other classes.
#[derive(Debug)]
struct FlagClass;

impl minijinja::value::Object for FlagClass {
    fn repr(self: &Arc<Self>) -> minijinja::value::ObjectRepr {
        minijinja::value::ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<flag 'RegexFlag'>")
    }
}

fn not_text(value: &Value) -> MjError {
    PyError::type_error(format!("decoding to str: need a bytes-like object, {} found", type_name(value)))
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

fn compile(name: &str, args: CallArgs) -> Ran {
    let [pattern, flags] = args.bind(name, ["pattern", "flags"])?;
    let pattern = required(pattern, name, "pattern")?;
    let compiled = Pattern::of(&pattern, flags.as_ref())?;
    let template = name == "template";
    Ok(Value::from_dyn_object(if template { Arc::new(compiled.as_template()) } else { compiled }))
}

/// Calls a function of the module: the pattern is its first argument, the flags are its last.
fn call(state: &mut State<'_, '_>, name: &'static str, args: CallArgs) -> Ran {
    let params: &[&str] = match name {
        "split" => &["pattern", "string", "maxsplit", "flags"],
        "sub" | "subn" => &["pattern", "repl", "string", "count", "flags"],
        _ => &["pattern", "string", "flags"],
    };
    let needed = params.len() - usize::from(params.len() > 3) - 1;
    let mut bound = bind(name, params, needed, args)?;
    let flags = bound.pop().flatten();
    let pattern = Pattern::of(&bound.remove(0).unwrap_or_default(), flags.as_ref())?;
    let named = params[1..].iter().zip(bound);
    let named = named.filter_map(|(param, value)| Some((Arc::from(*param), value?))).collect();
    pattern.run(state, name, CallArgs { pos: Vec::new(), named })
}

/// The arguments in the order of `params`, the first `needed` of which must be given.
fn bind(name: &str, params: &[&str], needed: usize, args: CallArgs) -> Result<Vec<Option<Value>>, MjError> {
    if args.pos.len() > params.len() {
        let (most, given) = (params.len(), args.pos.len());
        let message = format!("{name}() takes from {needed} to {most} positional arguments but {given} were given");
        return Err(PyError::type_error(message));
    }
    let mut bound: Vec<Option<Value>> = args.pos.into_iter().map(Some).collect();
    bound.resize(params.len(), None);
    for (key, value) in args.named {
        let Some(at) = params.iter().position(|param| **param == *key) else {
            return Err(PyError::type_error(format!("{name}() got an unexpected keyword argument '{key}'")));
        };
        if bound[at].is_some() {
            return Err(PyError::type_error(format!("{name}() got multiple values for argument '{key}'")));
        }
        bound[at] = Some(value);
    }
    let missing: Vec<String> =
        (0..needed).filter(|at| bound[*at].is_none()).map(|at| format!("'{}'", params[at])).collect();
    match missing.split_last() {
        None => Ok(bound),
        Some((last, [])) => {
            Err(PyError::type_error(format!("{name}() missing 1 required positional argument: {last}")))
        }
        Some((last, others)) => {
            let count = missing.len();
            let comma = if others.len() > 1 { "," } else { "" };
            let others = others.join(", ");
            let message = format!("{name}() missing {count} required positional arguments: {others}{comma} and {last}");
            Err(PyError::type_error(message))
        }
    }
}

/// The text of a match's replacement, for values that a function gave.
fn replacement_text(value: &Value) -> Result<String, MjError> {
    if value.is_none() { Ok(String::new()) } else { Ok(py_str(value)) }
}
