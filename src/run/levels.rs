//! `expected_seconds` of a node: how long it may take. A number warns; `{warn: 5, error: 30}` also fails. In `config` or
//! in `config.meta`, where keys that dbt does not know are at home.

use serde_json::Value as Json;

use crate::error::{Error, Result};
use crate::events::{Events, lines};
use crate::manifest::Node;

use super::plan::{Plan, Resource};
use super::results::{NodeResult, Status};

/// The configuration.
const KEY: &str = "expected_seconds";

/// Seconds beyond which a node is too slow.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Level {
    warn: Option<f64>,
    error: Option<f64>,
}

/// Whether a node says how long it may take.
pub(super) fn applies(node: &Node) -> bool {
    said(node).is_some()
}

fn said(node: &Node) -> Option<&Json> {
    let of_meta = || node.config.get("meta").and_then(|meta| meta.get(KEY));
    node.config.get(KEY).or_else(of_meta).filter(|value| !value.is_null())
}

/// Makes sure that what the nodes of a plan say can be understood, before anything is built.
///
/// # Errors
/// A node says something else than seconds.
pub(super) fn check(plan: &Plan<'_>) -> Result<()> {
    plan.resources().filter_map(Resource::node).try_for_each(|node| level(node).map(drop))
}

fn level(node: &Node) -> Result<Level> {
    let Some(said) = said(node) else { return Ok(Level::default()) };
    let seconds = |value: &Json| value.as_f64().filter(|seconds| *seconds >= 0.0);
    let understood = match said {
        Json::Object(levels) => {
            let known = levels.keys().all(|key| matches!(key.as_str(), "warn" | "error"))
                && levels.values().all(|value| value.is_null() || seconds(value).is_some());
            let level = |key: &str| levels.get(key).and_then(seconds);
            known.then(|| Level { warn: level("warn"), error: level("error") })
        }
        value => seconds(value).map(|limit| Level { warn: Some(limit), error: None }),
    };
    understood.ok_or_else(|| {
        Error::compilation(format!("The configuration `{KEY}` of `{}` is {said}, which is no time.", node.unique_id))
            .hint(format!("Write seconds, `{KEY}: 5`, or two of them, `{KEY}: {{warn: 5, error: 30}}`."))
            .in_node(node.resource_type.as_str(), &node.name, &node.original_file_path)
    })
}

/// Warns of a node that took longer than it says, or fails it.
pub(super) fn judge(events: &Events, result: &mut NodeResult) {
    let node = match &result.resource {
        Resource::Node(node) if matches!(result.status, Status::Success | Status::Pass | Status::Warn) => node.clone(),
        _ => return,
    };
    // What cannot be understood was refused before.
    let Ok(level) = level(&node) else { return };
    let took = result.execution_time;
    let passed = |limit: Option<f64>| limit.filter(|limit| took > *limit);
    let sentence = |limit: f64| format!("`{}` took {took:.2}s, more than the {limit}s of its `{KEY}`.", node.unique_id);
    if let Some(limit) = passed(level.error) {
        fail(result, sentence(limit));
    } else if let Some(limit) = passed(level.warn) {
        let text = sentence(limit);
        match events.warn(lines::slower_than_expected(events.paint(), &node.unique_id, &text, took, limit)) {
            Ok(()) => drop(result.adapter_response.insert("rdbt_slower_than_expected".to_owned(), Json::from(text))),
            Err(_) => fail(result, text),
        }
    }
}

fn fail(result: &mut NodeResult, sentence: String) {
    result.status = Status::Error;
    result.hints = vec!["What it built is there. Make it quicker, or allow it more.".to_owned()];
    result.message = Some(sentence);
}
