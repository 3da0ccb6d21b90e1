//! `config.key:value`, with dots to reach into mappings: `config.meta.owner:jane`.

use serde_json::{Map as JsonMap, Value as Json};

use super::matching;
use crate::graph::dag::NodeSet;
use crate::graph::member::Member;
use crate::graph::select::Evaluator;

/// Nodes and sources whose configuration has the value, or has it in a list.
pub(super) fn search(evaluator: &Evaluator<'_>, keys: &[String], value: &Json) -> NodeSet {
    // dbt compares severities, and only those, without regard to case.
    let fold_case = keys == ["severity"];
    matching(evaluator, |member| {
        let config = match member {
            Member::Source(_) => member.config(),
            _ => member.node().and(member.config()),
        };
        match config.and_then(|config| descend(config, keys)) {
            Some(Json::Array(items)) => items.iter().any(|item| equals(value, item, fold_case)),
            Some(found) => equals(value, found, fold_case),
            None => false,
        }
    })
}

/// The value under a path of keys.
fn descend<'a>(config: &'a JsonMap<String, Json>, keys: &[String]) -> Option<&'a Json> {
    let (first, rest) = keys.split_first()?;
    rest.iter().try_fold(config.get(first)?, |value, key| value.get(key))
}

/// Python's equality, and `true` and `false` in any case for the truth values.
fn equals(wanted: &Json, found: &Json, fold_case: bool) -> bool {
    match (wanted, found) {
        (Json::String(wanted), Json::Bool(found)) => wanted.eq_ignore_ascii_case(if *found { "true" } else { "false" }),
        (Json::String(wanted), Json::String(found)) if fold_case => wanted.to_uppercase() == found.to_uppercase(),
        (Json::Bool(wanted), Json::Bool(found)) => wanted == found,
        _ => match (number(wanted), number(found)) {
            (Some(wanted), Some(found)) => wanted == found,
            _ => wanted == found,
        },
    }
}

/// A number; to Python truth values are numbers.
fn number(value: &Json) -> Option<f64> {
    match value {
        Json::Bool(flag) => Some(f64::from(u8::from(*flag))),
        other => other.as_f64(),
    }
}
