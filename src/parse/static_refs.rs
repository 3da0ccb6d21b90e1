//! Reads an expression that is one call of `ref`, `source`, `metric` or `function` with literal arguments: what a YAML
//! snapshot's `relation`, a foreign key's `to`, a unit test's `input` and an exposure's `depends_on` hold.

use serde_json::Value as Json;

use crate::manifest::RefArgs;

/// What the expression refers to.
#[derive(Debug, Clone, PartialEq)]
pub enum Reference {
    /// `ref('a')`, `ref('package', 'a', v=1)`
    Ref(RefArgs),
    /// `source('a', 'b')`
    Source(String, String),
    /// `metric('a')`, `metric('package', 'a')`
    Metric(Vec<String>),
}

/// The reference, or nothing if the text is anything else.
pub fn parse_reference(text: &str) -> Option<Reference> {
    let text = text.trim();
    let (function, rest) = text.split_once('(')?;
    let arguments = rest.strip_suffix(')')?;
    let (positional, keywords) = arguments_of(arguments)?;
    let version = keywords.into_iter().find(|(name, _)| name == "v" || name == "version").map(|(_, value)| value);
    match (function.trim(), positional.as_slice()) {
        ("ref", [name]) => Some(Reference::Ref(RefArgs { name: name.clone(), package: None, version })),
        ("ref", [package, name]) => {
            Some(Reference::Ref(RefArgs { name: name.clone(), package: Some(package.clone()), version }))
        }
        ("source", [source, table]) => Some(Reference::Source(source.clone(), table.clone())),
        ("metric", [_] | [_, _]) => Some(Reference::Metric(positional)),
        _ => None,
    }
}

type Arguments = (Vec<String>, Vec<(String, Json)>);

fn arguments_of(text: &str) -> Option<Arguments> {
    let mut positional = Vec::new();
    let mut keywords = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, value) = match rest.find(|letter: char| !(letter.is_alphanumeric() || letter == '_')) {
            Some(end) if end > 0 && rest[end..].trim_start().starts_with('=') => {
                (Some(rest[..end].to_owned()), rest[end..].trim_start()[1..].trim_start())
            }
            _ => (None, rest),
        };
        let (value, after) = literal(value)?;
        match (name, value) {
            (Some(name), value) => keywords.push((name, value)),
            (None, Json::String(text)) => positional.push(text),
            (None, _) => return None,
        }
        rest = after.trim_start();
        match rest.strip_prefix(',') {
            Some(after) => rest = after.trim_start(),
            None if rest.is_empty() => break,
            None => return None,
        }
    }
    Some((positional, keywords))
}

fn literal(text: &str) -> Option<(Json, &str)> {
    let first = text.chars().next()?;
    if matches!(first, '\'' | '"') {
        let end = text[1..].find(first)? + 1;
        return Some((Json::from(&text[1..end]), &text[end + 1..]));
    }
    let end = text.find([',', ')']).unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    let number = number.trim();
    let value = match (number.parse::<i64>(), number.parse::<f64>()) {
        (Ok(whole), _) => Json::from(whole),
        (_, Ok(value)) => Json::from(value),
        _ => return None,
    };
    Some((value, rest))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references() {
        let plain = |name: &str, package: Option<&str>, version: Option<Json>| {
            Some(Reference::Ref(RefArgs { name: name.to_owned(), package: package.map(str::to_owned), version }))
        };
        assert_eq!(parse_reference(" ref('a') "), plain("a", None, None));
        assert_eq!(parse_reference("ref(\"p\", 'a', v=2)"), plain("a", Some("p"), Some(json!(2))));
        assert_eq!(parse_reference("ref('a', version='x')"), plain("a", None, Some(json!("x"))));
        assert_eq!(parse_reference("source('a','b')"), Some(Reference::Source("a".to_owned(), "b".to_owned())));
        assert_eq!(parse_reference("metric('m')"), Some(Reference::Metric(vec!["m".to_owned()])));
        assert_eq!(parse_reference("this"), None);
        assert_eq!(parse_reference("ref(name)"), None);
        assert_eq!(parse_reference("source('a')"), None);
    }
}
