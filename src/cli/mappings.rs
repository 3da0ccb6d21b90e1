//! `--vars` and `--args`: a YAML or JSON mapping as dbt takes it, or plain `key=value` pairs, which dbt does not
//! take. Given several times, later ones win key by key.

use crate::yaml::{self, Map, Node, Value};

/// Merges what was typed into one mapping.
///
/// # Errors
/// A text is neither a mapping nor pairs; the error says why and holds that text.
pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Map, NotAMapping> {
    let mut merged = Map::new();
    for text in texts {
        for (key, value) in parse_one(text)? {
            merged.insert(key, value);
        }
    }
    Ok(merged)
}

/// A text that is no mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAMapping {
    /// What was typed.
    pub text: String,
    /// Why it does not do.
    pub reason: String,
}

fn parse_one(text: &str) -> Result<Map, NotAMapping> {
    let refuse = |reason: String| NotAMapping { text: text.to_owned(), reason };
    match yaml::parse(text, "<command line>") {
        Ok(Node { value: Value::Map(map), .. }) => Ok(map),
        Ok(node) => pairs(text).ok_or_else(|| {
            refuse(format!(
                "It must be a mapping such as '{{key: value}}', or key=value, but is a {}.",
                node.type_name()
            ))
        }),
        Err(error) => pairs(text).ok_or_else(|| refuse(error.to_string())),
    }
}

/// Reads `a=1 b=two words`; None if the text does not begin with a key and `=`.
fn pairs(text: &str) -> Option<Map> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for word in text.split_whitespace() {
        match split_pair(word) {
            Some((key, value)) => pairs.push((key.to_owned(), value.to_owned())),
            // A word without a key belongs to the value before it.
            None => {
                let (_, value) = pairs.last_mut()?;
                value.push(' ');
                value.push_str(word);
            }
        }
    }
    if pairs.is_empty() {
        return None;
    }
    let node = |text: &str| Node::detached(Value::Str(text.to_owned()));
    Some(pairs.iter().map(|(key, value)| (node(key), typed(value))).collect())
}

/// Key and value of `key=value`, if the word is of that shape.
pub fn split_pair(word: &str) -> Option<(&str, &str)> {
    let (key, value) = word.split_once('=')?;
    let is_key = key.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    is_key.then_some((key, value))
}

/// The value as YAML types it; text if it is not YAML.
pub(super) fn typed(value: &str) -> Node {
    let text = || Node::detached(Value::Str(value.to_owned()));
    if value.is_empty() {
        return text();
    }
    yaml::parse(value, "<command line>").unwrap_or_else(|_| text())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A failing look-up is a failing test.
mod tests {
    use super::*;

    fn json(texts: &[&str]) -> String {
        let map = parse(texts.iter().copied()).unwrap();
        yaml::to_json(&Value::Map(map)).to_string()
    }

    #[test]
    fn reads_yaml_json_and_pairs() {
        assert_eq!(json(&["{a: 1, b: [x, y]}"]), r#"{"a":1,"b":["x","y"]}"#);
        assert_eq!(json(&[r#"{"a": {"b": null}}"#]), r#"{"a":{"b":null}}"#);
        assert_eq!(json(&["simulation_year=2026"]), r#"{"simulation_year":2026}"#);
        assert_eq!(json(&["a=1 b=two words c=yes d="]), r#"{"a":1,"b":"two words","c":true,"d":""}"#);
        assert_eq!(json(&["a: 1", "b=2", "{a: 3}"]), r#"{"a":3,"b":2}"#);
    }

    #[test]
    fn refuses_the_rest() {
        for text in ["a", "[1, 2]", "", "1=2", "{a: 1"] {
            assert!(parse([text]).is_err(), "{text}");
        }
    }
}
