//! Python's `ast.literal_eval`, for what people write in YAML: numbers, strings, lists, tuples, dicts and sets.

use minijinja::value::Value;

use super::syntax::{float_len, integer, string_len, unescape};
use super::value::{Dict, List, Num, Set, tuple};

/// The value of a Python literal; nothing when the text is none.
pub(super) fn literal_eval(text: &str) -> Option<Value> {
    let mut reader = Reader { rest: text.trim_start_matches([' ', '\t']) };
    let value = reader.tuple_or_value()?;
    reader.rest.trim().is_empty().then_some(value)
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn skip(&mut self, token: &str) -> bool {
        self.space();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn take(&mut self, len: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(len);
        self.rest = rest;
        taken
    }

    /// Values with commas between them, outside of any brackets.
    fn tuple_or_value(&mut self) -> Option<Value> {
        let first = self.value()?;
        if !self.skip(",") {
            return Some(first);
        }
        let mut items = vec![first];
        while !self.rest.trim().is_empty() {
            items.push(self.value()?);
            if !self.skip(",") {
                break;
            }
        }
        Some(tuple(items))
    }

    fn value(&mut self) -> Option<Value> {
        self.space();
        match self.rest.chars().next()? {
            '(' => self.parentheses(),
            '[' => {
                self.take(1);
                self.items("]").map(|(items, _)| List::new(items))
            }
            '{' => self.braces(),
            '\'' | '"' => self.strings(),
            '-' | '+' => {
                let negative = self.take(1) == "-";
                let number = Num::of(&self.number()?)?;
                Some(if negative { number.neg() } else { number }.into_value())
            }
            c if c.is_ascii_digit() || c == '.' => self.number(),
            _ => self.constant(),
        }
    }

    fn constant(&mut self) -> Option<Value> {
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(self.rest.len());
        match self.take(end) {
            "True" => Some(Value::from(true)),
            "False" => Some(Value::from(false)),
            "None" => Some(Value::from(())),
            _ => None,
        }
    }

    fn number(&mut self) -> Option<Value> {
        self.space();
        if let Some(len) = float_len(self.rest) {
            return self.take(len).replace('_', "").parse::<f64>().ok().map(Value::from);
        }
        let (len, digits) = integer(self.rest)?;
        self.take(len);
        let ends = !self.rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        if !ends {
            return None;
        }
        if self.rest.starts_with('.') {
            self.take(1);
            return digits.parse::<f64>().ok().map(Value::from);
        }
        Num::parse(&digits).map(Num::into_value)
    }

    fn strings(&mut self) -> Option<Value> {
        let mut text = String::new();
        while self.rest.starts_with(['\'', '"']) {
            let literal = self.take(string_len(self.rest)?);
            if literal.contains('\n') {
                return None;
            }
            text.push_str(&unescape(&literal[1..literal.len() - 1]).ok()?);
            self.space();
        }
        Some(Value::from(text))
    }

    /// Items up to a closing bracket, and whether a comma stood behind the last one.
    fn items(&mut self, close: &str) -> Option<(Vec<Value>, bool)> {
        let mut items = Vec::new();
        let mut comma = false;
        while !self.skip(close) {
            if !items.is_empty() && !comma {
                return None;
            }
            items.push(self.value()?);
            comma = self.skip(",");
        }
        Some((items, comma))
    }

    fn parentheses(&mut self) -> Option<Value> {
        self.take(1);
        let (mut items, comma) = self.items(")")?;
        if items.len() == 1 && !comma { items.pop() } else { Some(tuple(items)) }
    }

    fn braces(&mut self) -> Option<Value> {
        self.take(1);
        if self.skip("}") {
            return Some(Dict::new());
        }
        let first = self.value()?;
        if !self.skip(":") {
            let comma = self.skip(",");
            let mut items = vec![first];
            if comma {
                items.extend(self.items("}")?.0);
            } else if !self.skip("}") {
                return None;
            }
            return Set::new(items).ok();
        }
        let mut pairs = vec![(first, self.value()?)];
        while !self.skip("}") {
            if !self.skip(",") {
                return None;
            }
            if self.skip("}") {
                break;
            }
            let key = self.value()?;
            if !self.skip(":") {
                return None;
            }
            pairs.push((key, self.value()?));
        }
        Dict::from_values(pairs).ok()
    }
}
