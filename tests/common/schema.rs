//! The part of JSON Schema (draft 2020-12) that dbt's schemas of artifacts use. A keyword that is not known here fails the
//! test: nothing passes because it was not looked at.
#![allow(clippy::unwrap_used)] // A schema that cannot be read fails the test.

use serde_json::{Map, Value as Json};

/// Says of what is in a schema without asking anything of a value.
const REMARKS: [&str; 6] = ["$schema", "$id", "title", "description", "default", "format"];

/// What is wrong with a value, one complaint each; `path` is where the value stands.
pub fn complaints(schema: &Json, value: &Json, path: &str) -> Vec<String> {
    let rules = match schema {
        Json::Bool(true) => return Vec::new(),
        Json::Bool(false) => return vec![format!("{path}: nothing is allowed here")],
        other => other.as_object().unwrap(),
    };
    let judged = rules.iter().flat_map(|(keyword, rule)| judge(rules, keyword, rule, value, path));
    judged.collect()
}

fn judge(rules: &Map<String, Json>, keyword: &str, rule: &Json, value: &Json, path: &str) -> Vec<String> {
    let fits = |schema: &Json| complaints(schema, value, path).is_empty();
    let unless =
        |holds: bool| if holds { Vec::new() } else { vec![format!("{path}: {value} breaks {keyword} {rule}")] };
    let length = value.as_array().map_or(0, Vec::len) as u64;
    match keyword {
        "type" => unless(is_a(value, rule.as_str().unwrap())),
        "enum" => unless(rule.as_array().unwrap().contains(value)),
        "const" => unless(rule == value),
        "anyOf" => unless(rule.as_array().unwrap().iter().any(fits)),
        "pattern" => {
            let pattern = fancy_regex::Regex::new(rule.as_str().unwrap()).unwrap();
            unless(value.as_str().is_none_or(|text| pattern.is_match(text).unwrap()))
        }
        "minItems" => unless(!value.is_array() || length >= rule.as_u64().unwrap()),
        "maxItems" => unless(!value.is_array() || length <= rule.as_u64().unwrap()),
        "required" => {
            let missing =
                |name: &&Json| value.as_object().is_some_and(|fields| !fields.contains_key(name.as_str().unwrap()));
            rule.as_array().unwrap().iter().filter(missing).map(|name| format!("{path}: {name} is missing")).collect()
        }
        "items" | "prefixItems" => of_items(rules, keyword, rule, value, path),
        "properties" | "additionalProperties" | "propertyNames" => of_fields(rules, keyword, rule, value, path),
        _ => {
            assert!(REMARKS.contains(&keyword), "the schema has the keyword `{keyword}`, which is not known here");
            Vec::new()
        }
    }
}

fn of_items(rules: &Map<String, Json>, keyword: &str, rule: &Json, value: &Json, path: &str) -> Vec<String> {
    let before = rules.get("prefixItems").and_then(Json::as_array).map_or(0, Vec::len);
    let items = value.as_array().into_iter().flatten().enumerate();
    let judged = items.flat_map(|(at, item)| match (keyword, at < before) {
        ("items", false) => complaints(rule, item, &format!("{path}/{at}")),
        ("prefixItems", true) => complaints(&rule[at], item, &format!("{path}/{at}")),
        _ => Vec::new(),
    });
    judged.collect()
}

fn of_fields(rules: &Map<String, Json>, keyword: &str, rule: &Json, value: &Json, path: &str) -> Vec<String> {
    let known = rules.get("properties").and_then(Json::as_object);
    let fields = value.as_object().into_iter().flatten();
    let judged = fields.flat_map(|(name, field)| {
        let own = known.and_then(|known| known.get(name));
        let path = format!("{path}/{name}");
        match (keyword, own) {
            ("properties", Some(own)) => complaints(own, field, &path),
            ("additionalProperties", None) => complaints(rule, field, &path),
            ("propertyNames", _) => complaints(rule, &Json::from(name.as_str()), &path),
            _ => Vec::new(),
        }
    });
    judged.collect()
}

fn is_a(value: &Json, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        other => panic!("the schema has the type `{other}`, which is not known here"),
    }
}
