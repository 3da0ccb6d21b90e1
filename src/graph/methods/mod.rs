//! Selector methods: what `tag:x`, `path:x` and the others find before relatives and tests are added.

mod config;
mod names;
mod paths;
mod results;
mod selector;
mod tests;
mod versions;

use petgraph::graph::NodeIndex;
use serde_json::Value as Json;

use super::dag::NodeSet;
use super::filter;
use super::glob;
use super::member::Member;
use super::select::Evaluator;
use super::spec::{Criterion, Method};
use crate::error::{Error, Result};
use crate::manifest::{Node, ResourceType};

/// Positions of what a criterion matches by itself.
///
/// # Errors
/// The value means nothing to the method, or the method needs a state that was not given.
pub(super) fn search(evaluator: &Evaluator<'_>, criterion: &Criterion) -> Result<NodeSet> {
    match criterion.method {
        Method::Config => return Ok(config::search(evaluator, &criterion.arguments, &criterion.value)),
        Method::Selector => return selector::search(evaluator, text(criterion)?),
        _ => {}
    }
    let value = text(criterion)?;
    match criterion.method {
        Method::Path => paths::search(evaluator, value),
        Method::State => super::state::search(evaluator, value),
        Method::Result => results::by_status(evaluator, value),
        Method::SourceStatus => results::by_source_status(evaluator, value),
        Method::TestType => tests::by_type(evaluator, value),
        Method::Version => versions::search(evaluator, value),
        Method::Source => names::sources(evaluator, value),
        Method::Exposure => names::of_type(evaluator, value, ResourceType::Exposure),
        Method::Metric => names::of_type(evaluator, value, ResourceType::Metric),
        Method::SemanticModel => names::of_type(evaluator, value, ResourceType::SemanticModel),
        Method::SavedQuery => names::of_type(evaluator, value, ResourceType::SavedQuery),
        Method::UnitTest => names::of_type(evaluator, value, ResourceType::UnitTest),
        Method::ResourceType => by_resource_type(evaluator, value),
        other => Ok(by_property(evaluator, other, value)),
    }
}

/// The methods that look at one resource at a time and accept any value.
fn by_property(evaluator: &Evaluator<'_>, method: Method, value: &str) -> NodeSet {
    let project = &evaluator.request.manifest.project_name;
    matching(evaluator, |member| match method {
        Method::Fqn => member.resource_type() != ResourceType::Source && names::fqn_matches(member, value),
        Method::Tag => member.tags().iter().any(|tag| glob::matches(tag, value)),
        Method::Group => group(member).is_some_and(|group| glob::matches(group, value)),
        Method::Access => member.node().and_then(Node::model).is_some_and(|model| model.access == value),
        Method::File => paths::file_matches(member, value),
        Method::Package => glob::matches(member.package_name(), if value == "this" { project } else { value }),
        Method::TestName => tests::name_matches(member, value),
        _ => false,
    })
}

fn by_resource_type(evaluator: &Evaluator<'_>, value: &str) -> Result<NodeSet> {
    let Some(wanted) = filter::named(value) else {
        let error = Error::runtime(format!("Invalid resource_type selector \"{value}\""));
        return Err(filter::unknown(error, value));
    };
    Ok(matching(evaluator, |member| member.resource_type() == wanted))
}

/// The group of a node or metric; other resources have none here.
fn group(member: Member<'_>) -> Option<&str> {
    let groupable = member.node().is_some() || member.resource_type() == ResourceType::Metric;
    let config = if groupable { member.config() } else { None };
    config?.get("group")?.as_str().filter(|group| !group.is_empty())
}

/// Positions of the resources that a test accepts.
fn matching(evaluator: &Evaluator<'_>, accepts: impl Fn(Member<'_>) -> bool) -> NodeSet {
    let accepted = |(position, member): (NodeIndex, Member<'_>)| accepts(member).then_some(position);
    evaluator.members().filter_map(accepted).collect()
}

/// The value as text, which every method but `config` needs.
fn text(criterion: &Criterion) -> Result<&str> {
    match &criterion.value {
        Json::String(text) => Ok(text),
        other => Err(Error::runtime(format!(
            "The selector method `{}` looks for text, but its value in {} is {other}.",
            criterion.method.name(),
            criterion.raw
        ))
        .hint("Put the value in quotes.")),
    }
}

/// Positions of the resources among these unique ids.
fn matching_ids(evaluator: &Evaluator<'_>, ids: &std::collections::HashSet<&str>) -> NodeSet {
    ids.iter().filter_map(|id| evaluator.request.graph.find(id)).collect()
}
