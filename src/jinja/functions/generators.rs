//! Jinja2's `cycler`, `joiner` and `lipsum`.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Error as MjError, ErrorKind, State};

use super::super::error::{PyError, PyErrorKind};
use super::super::value::{CLASS_KEY, CallArgs, Class, Function, index_arg};

const CYCLER: Class = Class::new("jinja2.utils", "Cycler");
const JOINER: Class = Class::callable("jinja2.utils", "Joiner");

pub(super) fn functions() -> Vec<(&'static str, Value)> {
    vec![
        ("cycler", Value::from_object(Maker { class: "Cycler", make: cycler })),
        ("joiner", Value::from_object(Maker { class: "Joiner", make: joiner })),
        ("lipsum", Function::new("generate_lorem_ipsum", |_, args| lipsum(args))),
    ]
}

/// A class of Jinja2's that templates call.
struct Maker {
    class: &'static str,
    make: fn(CallArgs) -> Result<Value, MjError>,
}

impl fmt::Debug for Maker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<class 'jinja2.utils.{}'>", self.class)
    }
}

impl Object for Maker {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, MjError> {
        (self.make)(CallArgs::split(args))
    }
}

fn cycler(args: CallArgs) -> Result<Value, MjError> {
    if args.pos.is_empty() {
        return Err(PyError::raise(PyErrorKind::Template, "at least one item has to be provided"));
    }
    Ok(Value::from_object(Cycler { items: args.pos, at: AtomicUsize::new(0) }))
}

/// Gives its items again and again.
#[derive(Debug)]
struct Cycler {
    items: Vec<Value>,
    at: AtomicUsize,
}

impl Cycler {
    fn current(&self) -> Value {
        self.items[self.at.load(Ordering::Relaxed) % self.items.len()].clone()
    }
}

impl Object for Cycler {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            CLASS_KEY => Some(CYCLER.value()),
            "current" => Some(self.current()),
            "pos" => Some(Value::from(self.at.load(Ordering::Relaxed) % self.items.len())),
            _ => None,
        }
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, _: &[Value]) -> Result<Value, MjError> {
        match method {
            "next" => {
                let current = self.current();
                self.at.fetch_add(1, Ordering::Relaxed);
                Ok(current)
            }
            "reset" => {
                self.at.store(0, Ordering::Relaxed);
                Ok(Value::from(()))
            }
            _ => Err(MjError::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        CYCLER.write(f, self)
    }
}

fn joiner(args: CallArgs) -> Result<Value, MjError> {
    let [separator] = args.bind("Joiner.__init__", ["sep"])?;
    let separator = separator.unwrap_or_else(|| Value::from(", "));
    Ok(Value::from_object(Joiner { separator, used: AtomicBool::new(false) }))
}

/// Gives its separator on every call but the first.
#[derive(Debug)]
struct Joiner {
    separator: Value,
    used: AtomicBool,
}

impl Object for Joiner {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            CLASS_KEY => Some(JOINER.value()),
            "sep" => Some(self.separator.clone()),
            "used" => Some(Value::from(self.used.load(Ordering::Relaxed))),
            _ => None,
        }
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, MjError> {
        let used = self.used.swap(true, Ordering::Relaxed);
        Ok(if used { self.separator.clone() } else { Value::from("") })
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        JOINER.write(f, self)
    }
}

const WORDS: &str = "a ac accumsan ad adipiscing aenean aliquam aliquet amet ante aptent arcu at auctor augue bibendum \
                     blandit class commodo condimentum congue consectetuer consequat conubia convallis cras cubilia cum \
                     curabitur cursus dapibus diam dictum dignissim dolor donec dui duis egestas eget eleifend elit enim";

/// `lipsum(n, html, min, max)`: paragraphs of so many words. Jinja2 draws its words by chance; these are drawn by a fixed
/// rule, so that the same template gives the same text.
fn lipsum(args: CallArgs) -> Result<Value, MjError> {
    let [n, html, min, max] = args.bind("generate_lorem_ipsum", ["n", "html", "min", "max"])?;
    let number = |value: Option<Value>, default: i64| value.map_or(Ok(default), |value| index_arg(&value));
    let (n, min, max) = (number(n, 5)?, number(min, 20)?, number(max, 100)?);
    let html = html.is_none_or(|html| html.is_true());
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let mut drawn = words.iter().cycle();
    let mut paragraphs = Vec::new();
    for index in 0..n {
        let length = min + (index * 37) % (max - min).max(1);
        let picked = (0..length.max(1)).filter_map(|_| drawn.nth(6));
        let mut text = picked.copied().collect::<Vec<_>>().join(" ") + ".";
        if let Some(first) = text.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        paragraphs.push(if html { format!("<p>{text}</p>") } else { text });
    }
    Ok(Value::from(paragraphs.join(if html { "\n" } else { "\n\n" })))
}
