//! Selection by name: qualified names (`fqn:`), and `source:`, `exposure:` and the like.

use super::matching;
use crate::error::{Error, Result};
use crate::graph::dag::NodeSet;
use crate::graph::glob;
use crate::graph::member::Member;
use crate::graph::select::Evaluator;
use crate::manifest::ResourceType;

/// Whether a qualified name, with or without its package, is meant by `value`.
pub(super) fn fqn_matches(member: Member<'_>, value: &str) -> bool {
    let fqn = member.fqn();
    let versioned = member.is_versioned();
    qualified_matches(&fqn, value, versioned) || qualified_matches(fqn.get(1..).unwrap_or_default(), value, versioned)
}

fn qualified_matches(fqn: &[&str], value: &str, versioned: bool) -> bool {
    let wanted: Vec<&str> = value.split('.').collect();
    if leaf(fqn, versioned) == Some(value) {
        return true;
    }
    // The last two parts of a versioned model are its name and its version: `model.v1` and `model_v1` both mean it.
    if versioned && last_two(fqn) == last_two(&wanted) {
        return true;
    }
    let flat: Vec<&str> = fqn.iter().flat_map(|part| part.split('.')).collect();
    if flat.len() < wanted.len() {
        return false;
    }
    for (at, part) in wanted.iter().enumerate() {
        if glob::is_pattern(part) {
            return glob::matches(&flat[at..].join("."), &wanted[at..].join("."))
                || (wanted.len() == 1 && leaf(fqn, versioned).is_some_and(|leaf| glob::matches(leaf, value)));
        }
        if flat[at] != *part {
            return false;
        }
    }
    true
}

/// The part of a qualified name that is the resource's name.
fn leaf<'a>(fqn: &[&'a str], versioned: bool) -> Option<&'a str> {
    let from_end = if versioned { 2 } else { 1 };
    fqn.len().checked_sub(from_end).map(|at| fqn[at])
}

fn last_two(parts: &[&str]) -> String {
    parts[parts.len().saturating_sub(2)..].join("_")
}

/// `source:[[package.]source.]table` or `source:source`.
pub(super) fn sources(evaluator: &Evaluator<'_>, value: &str) -> Result<NodeSet> {
    let parts: Vec<&str> = value.split('.').collect();
    let (package, source, table) = match parts.as_slice() {
        [source] => ("*", *source, "*"),
        [source, table] => ("*", *source, *table),
        [package, source, table] => (*package, *source, *table),
        _ => {
            return Err(Error::runtime(format!(
                "Invalid source selector value \"{value}\". Sources must be of the form `${{source_name}}`, \
                 `${{source_name}}.${{target_name}}`, or `${{package_name}}.${{source_name}}.${{target_name}}"
            )));
        }
    };
    Ok(matching(evaluator, |member| match member {
        Member::Source(own) => {
            glob::matches(&own.package_name, package)
                && glob::matches(&own.source_name, source)
                && glob::matches(&own.name, table)
        }
        _ => false,
    }))
}

/// `exposure:[package.]name` and the methods that work alike.
pub(super) fn of_type(evaluator: &Evaluator<'_>, value: &str, kind: ResourceType) -> Result<NodeSet> {
    let parts: Vec<&str> = value.split('.').collect();
    let (package, name) = match parts.as_slice() {
        [name] => ("*", *name),
        [package, name] => (*package, *name),
        _ => return Err(invalid(value, kind)),
    };
    Ok(matching(evaluator, |member| {
        member.resource_type() == kind
            && glob::matches(member.package_name(), package)
            && glob::matches(member.name(), name)
    }))
}

fn invalid(value: &str, kind: ResourceType) -> Error {
    let kind = kind.as_str();
    let spoken = kind.replace('_', " ");
    // dbt speaks of saved queries where unit tests are meant, too.
    let (plural, package) = match kind {
        "exposure" => ("Exposures", "exposure_package"),
        "metric" => ("Metrics", "metric_package"),
        "semantic_model" => ("Semantic models", "semantic_model_package"),
        "saved_query" => ("Saved queries", "saved_query_package"),
        _ => ("Saved queries", "unit_test_package_name"),
    };
    Error::runtime(format!(
        "Invalid {spoken} selector value \"{value}\". {plural} must be of the form ${{{kind}_name}} or \
         ${{{package}.{kind}_name}}"
    ))
}
