//! Just enough of Python's grammar to find dbt's calls in a Python model and to read their literal arguments.

use serde_json::{Map as JsonMap, Value as Json, json};

use super::python_models::Call;
use crate::error::{Error, Result};

/// A token of Python source.
#[derive(Debug, Clone, PartialEq)]
enum Token {
    Name(String),
    Text(String),
    /// A text with a prefix whose value cannot be known here: `f"..."`.
    Formatted,
    Number(String),
    Symbol(char),
}

/// Reads a Python file token by token.
pub struct Scanner {
    tokens: Vec<Token>,
    at: usize,
}

impl Scanner {
    /// Splits `source` in tokens. That its model does not return one value is told with what else is wrong with it.
    ///
    /// # Errors
    /// A text is not closed, or there is not exactly one `def model(dbt, session)`.
    pub fn new(source: &str, returns_one: bool) -> Result<Self> {
        let scanner = Scanner { tokens: tokens(source)?, at: 0 };
        scanner.check_definition(returns_one)?;
        Ok(scanner)
    }

    fn check_definition(&self, returns_one: bool) -> Result<()> {
        let is_name = |at: usize, word: &str| matches!(self.tokens.get(at), Some(Token::Name(name)) if name == word);
        let definitions: Vec<usize> =
            (0..self.tokens.len()).filter(|at| is_name(*at, "def") && is_name(at + 1, "model")).collect();
        // dbt looks at nothing in a file without statements.
        if self.tokens.is_empty() {
            return Ok(());
        }
        let [definition] = definitions.as_slice() else {
            return Err(Error::parsing(format!(
                "dbt allows exactly one model defined per python file, found {}",
                definitions.len()
            )));
        };
        let parameters = self.parameters(definition + 3);
        let mut problems = Vec::new();
        if parameters.first().is_some_and(|first| first != "dbt") {
            problems.push("'dbt' not provided for model as the first argument");
        }
        if parameters.len() != 2 {
            problems.push("model function should have two args, `dbt` and a session to current warehouse");
        }
        if !returns_one {
            problems.push("In current version, model function should return only one dataframe object");
        }
        if problems.is_empty() { Ok(()) } else { Err(Error::parsing(problems.join("\n"))) }
    }

    /// Names of the parameters that begin at token `at`.
    fn parameters(&self, mut at: usize) -> Vec<String> {
        let mut names = Vec::new();
        let mut depth = 0;
        let mut expects_name = true;
        while let Some(token) = self.tokens.get(at) {
            match token {
                Token::Symbol(')') if depth == 0 => break,
                Token::Symbol('(' | '[' | '{') => depth += 1,
                Token::Symbol(')' | ']' | '}') => depth -= 1,
                Token::Symbol(',') if depth == 0 => expects_name = true,
                Token::Name(name) if expects_name => {
                    names.push(name.clone());
                    expects_name = false;
                }
                _ => {}
            }
            at += 1;
        }
        names
    }

    /// All calls of dbt's functions, in order.
    ///
    /// # Errors
    /// An argument is no literal.
    pub fn calls(mut self) -> Result<Vec<Call>> {
        let mut calls = Vec::new();
        while self.at < self.tokens.len() {
            match self.function_at() {
                Some((function, length)) => {
                    self.at += length;
                    calls.push(self.arguments(function)?);
                }
                None => self.at += 1,
            }
        }
        Ok(calls)
    }

    fn function_at(&self) -> Option<(String, usize)> {
        let name = |offset: usize| match self.tokens.get(self.at + offset) {
            Some(Token::Name(name)) => Some(name.as_str()),
            _ => None,
        };
        let symbol = |offset: usize| match self.tokens.get(self.at + offset) {
            Some(Token::Symbol(symbol)) => Some(*symbol),
            _ => None,
        };
        let follows_dot = self.at > 0 && self.tokens.get(self.at - 1) == Some(&Token::Symbol('.'));
        if follows_dot || name(0) != Some("dbt") || symbol(1) != Some('.') {
            return None;
        }
        match (name(2)?, symbol(3)) {
            (function @ ("ref" | "source" | "config"), Some('(')) => Some((function.to_owned(), 4)),
            ("config", Some('.')) => match (name(4)?, symbol(5)) {
                (reader @ ("get" | "meta_get"), Some('(')) => Some((reader.to_owned(), 6)),
                _ => None,
            },
            _ => None,
        }
    }

    fn arguments(&mut self, function: String) -> Result<Call> {
        let mut call = Call { function, positional: Vec::new(), keywords: JsonMap::new() };
        loop {
            if self.skip(')') {
                return Ok(call);
            }
            let keyword = match (self.tokens.get(self.at), self.tokens.get(self.at + 1)) {
                (Some(Token::Name(name)), Some(Token::Symbol('='))) => Some(name.clone()),
                _ => None,
            };
            match keyword {
                Some(name) => {
                    self.at += 2;
                    let value = self.literal()?;
                    call.keywords.insert(name, value);
                }
                None => {
                    let value = self.literal()?;
                    call.positional.push(value);
                }
            }
            if !self.skip(',') && self.tokens.get(self.at) != Some(&Token::Symbol(')')) {
                return Err(not_literal());
            }
        }
    }

    fn skip(&mut self, symbol: char) -> bool {
        let found = self.tokens.get(self.at) == Some(&Token::Symbol(symbol));
        self.at += usize::from(found);
        found
    }

    fn literal(&mut self) -> Result<Json> {
        let Some(token) = self.tokens.get(self.at).cloned() else { return Err(not_literal()) };
        self.at += 1;
        match token {
            Token::Text(mut text) => {
                while let Some(Token::Text(more)) = self.tokens.get(self.at) {
                    text.push_str(more);
                    self.at += 1;
                }
                Ok(Json::String(text))
            }
            Token::Number(digits) => number(&digits),
            Token::Symbol('-') => match self.literal()? {
                Json::Number(value) if value.is_i64() => Ok(json!(-value.as_i64().unwrap_or_default())),
                Json::Number(value) => Ok(json!(-value.as_f64().unwrap_or_default())),
                _ => Err(not_literal()),
            },
            Token::Name(name) => match name.as_str() {
                "True" => Ok(Json::Bool(true)),
                "False" => Ok(Json::Bool(false)),
                "None" => Ok(Json::Null),
                _ => Err(not_literal()),
            },
            Token::Symbol('[') => self.items(']'),
            Token::Symbol('(') => self.items(')'),
            Token::Symbol('{') => self.dict(),
            Token::Symbol(_) | Token::Formatted => Err(not_literal()),
        }
    }

    fn items(&mut self, close: char) -> Result<Json> {
        let mut items = Vec::new();
        while !self.skip(close) {
            items.push(self.literal()?);
            if !self.skip(',') && self.tokens.get(self.at) != Some(&Token::Symbol(close)) {
                return Err(not_literal());
            }
        }
        Ok(Json::Array(items))
    }

    fn dict(&mut self) -> Result<Json> {
        let mut entries = JsonMap::new();
        while !self.skip('}') {
            let key = self.literal()?;
            if !self.skip(':') {
                return Err(not_literal());
            }
            let value = self.literal()?;
            entries.insert(super::python::text(&key), value);
            if !self.skip(',') && self.tokens.get(self.at) != Some(&Token::Symbol('}')) {
                return Err(not_literal());
            }
        }
        Ok(Json::Object(entries))
    }
}

fn not_literal() -> Error {
    Error::parsing(
        "Error when trying to literal_eval an arg to dbt.ref(), dbt.source(), dbt.config() or dbt.config.get() \nmalformed \
         node or string\nhttps://docs.python.org/3/library/ast.html#ast.literal_eval\nIn dbt python model, `dbt.ref`, \
         `dbt.source`, `dbt.config`, `dbt.config.get` function args only support Python literal structures",
    )
}

fn number(digits: &str) -> Result<Json> {
    let digits = digits.replace('_', "");
    match (digits.parse::<i64>(), digits.parse::<f64>()) {
        (Ok(whole), _) => Ok(json!(whole)),
        (_, Ok(value)) => Ok(json!(value)),
        _ => Err(not_literal()),
    }
}

fn tokens(source: &str) -> Result<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = source;
    while let Some(letter) = rest.chars().next() {
        if letter == '#' {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
        } else if letter.is_whitespace() {
            rest = &rest[letter.len_utf8()..];
        } else if matches!(letter, '"' | '\'') {
            let (text, after) = text(rest, false)?;
            tokens.push(Token::Text(text));
            rest = after;
        } else if letter.is_alphabetic() || letter == '_' {
            let end = rest.find(|other: char| !(other.is_alphanumeric() || other == '_')).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            if name.len() <= 2 && after.starts_with(['"', '\'']) {
                let prefix = name.to_ascii_lowercase();
                let (text, after) = text(after, prefix.contains('r'))?;
                tokens.push(if prefix.contains(['f', 'b']) { Token::Formatted } else { Token::Text(text) });
                rest = after;
            } else {
                tokens.push(Token::Name(name.to_owned()));
                rest = after;
            }
        } else if letter.is_ascii_digit() {
            let end = rest.find(|other: char| !(other.is_alphanumeric() || matches!(other, '_' | '.')));
            let (digits, after) = rest.split_at(end.unwrap_or(rest.len()));
            tokens.push(Token::Number(digits.to_owned()));
            rest = after;
        } else {
            tokens.push(Token::Symbol(letter));
            rest = &rest[letter.len_utf8()..];
        }
    }
    Ok(tokens)
}

/// The value of the text literal that `source` begins with, and what follows it.
fn text(source: &str, raw: bool) -> Result<(String, &str)> {
    let single = &source[..1];
    let triple = single.repeat(3);
    let quote = if source.starts_with(&triple) { triple.as_str() } else { single };
    let mut value = String::new();
    let mut rest = &source[quote.len()..];
    loop {
        if let Some(after) = rest.strip_prefix(quote) {
            return Ok((value, after));
        }
        let mut letters = rest.chars();
        match letters.next() {
            Some('\\') => {
                let escaped = letters.next().unwrap_or('\\');
                match escaped {
                    _ if raw => value.extend(['\\', escaped]),
                    'n' => value.push('\n'),
                    't' => value.push('\t'),
                    '\n' => {}
                    other => value.push(other),
                }
            }
            Some(letter) => value.push(letter),
            None => return Err(Error::parsing("A text in the Python file is not closed.")),
        }
        rest = letters.as_str();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(source: &str) -> Vec<(String, Vec<Json>, Json)> {
        let found = Scanner::new(source, true).and_then(Scanner::calls).unwrap_or_default();
        found.into_iter().map(|call| (call.function, call.positional, Json::Object(call.keywords))).collect()
    }

    #[test]
    fn calls_are_found_with_their_literals() {
        let source = "def model(dbt, session):\n    # dbt.ref('no')\n    dbt.config(materialized=\"table\", \
                      tags=['a', 'b'], n=-1)\n    return dbt.ref('a', v=2).join(dbt.source('s', \"t\"))\n";
        let expected = vec![
            ("config".to_owned(), vec![], json!({"materialized": "table", "tags": ["a", "b"], "n": -1})),
            ("ref".to_owned(), vec![json!("a")], json!({"v": 2})),
            ("source".to_owned(), vec![json!("s"), json!("t")], json!({})),
        ];
        assert_eq!(calls(source), expected);
    }

    #[test]
    fn one_model_function_is_required() {
        assert!(Scanner::new("x = 1", true).is_err());
        assert!(Scanner::new("def model(session, dbt): pass", true).is_err());
    }

    #[test]
    fn arguments_must_be_literals() {
        let scanner = Scanner::new("def model(dbt, s):\n  return dbt.ref(name)", true);
        assert!(scanner.and_then(Scanner::calls).is_err());
    }
}
