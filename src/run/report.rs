//! The end of a run in words: what ran, how long it took, each error and warning in full, the totals.

use indexmap::IndexMap;
use serde_json::{Map as JsonMap, Value as Json, json};

use crate::compile::stores_failures;
use crate::context::runtime::RunShared;
use crate::events::lines::{self, Heading};
use crate::events::paint::count;
use crate::events::{Events, NodeInfo};
use crate::jinja::value::{from_json, py_str};
use crate::manifest::{Manifest, Node, ResourceType};

use super::plan::Resource;
use super::results::{NodeResult, RunResults, Status};

/// `5 models, 3 seeds, 20 data tests, 511 macros`.
pub fn found_line(manifest: &Manifest) -> String {
    let mut counts: IndexMap<ResourceType, usize> = IndexMap::new();
    // Tests that are disabled stay in the manifest and are not counted, as in dbt.
    let counted = |node: &Node| node.resource_type != ResourceType::Test || node.config.enabled();
    for node in manifest.nodes.values().filter(|node| counted(node)) {
        *counts.entry(node.resource_type).or_default() += 1;
    }
    let others = [
        (ResourceType::Source, manifest.sources.len()),
        (ResourceType::Exposure, manifest.exposures.len()),
        (ResourceType::Metric, manifest.metrics.len()),
        (ResourceType::Macro, manifest.macros.len()),
        (ResourceType::Group, manifest.groups.len()),
        (ResourceType::SemanticModel, manifest.semantic_models.len()),
        (ResourceType::SavedQuery, manifest.saved_queries.len()),
        (ResourceType::UnitTest, manifest.unit_tests.len()),
    ];
    for (kind, number) in others {
        *counts.entry(kind).or_default() += number;
    }
    let parts = counts.iter().filter(|(_, number)| **number > 0).map(|(kind, number)| count(*number, &word(*kind)));
    parts.collect::<Vec<_>>().join(", ")
}

fn word(kind: ResourceType) -> String {
    kind.as_str().replace('_', " ")
}

/// `3 seeds, 2 table models, 20 data tests`.
fn ran_line(results: &RunResults) -> String {
    let mut counts: IndexMap<String, usize> = IndexMap::new();
    for result in &results.results {
        let kind = result.resource.resource_type();
        let name = match (&result.resource, kind) {
            (Resource::Node(node), ResourceType::Model) => format!("{} model", node.config.materialized()),
            (_, ResourceType::Operation) => "project hook".to_owned(),
            _ => kind.as_str().to_owned(),
        };
        *counts.entry(name).or_default() += 1;
    }
    counts.sort_keys();
    counts.iter().map(|(name, number)| count(*number, &name.replace('_', " "))).collect::<Vec<_>>().join(", ")
}

/// `Finished running 3 seeds, ... in 0 hours 0 minutes and 2.25 seconds (2.25s).`
pub fn finished(events: &Events, results: &RunResults) {
    events.emit(lines::formatting(""));
    events.emit(lines::finished_running(&ran_line(results), results.elapsed));
}

/// The summary: how many errors and warnings, each in full, the totals.
pub fn summary(events: &Events, shared: &RunShared, store_failures: bool, results: &RunResults) {
    let is_error = |result: &NodeResult| match result.status {
        Status::Error | Status::Fail | Status::RuntimeError => true,
        Status::Skipped => result.message.is_some() && !matches!(result.resource, Resource::Exposure { .. }),
        _ => false,
    };
    let errors: Vec<&NodeResult> = results.results.iter().map(|result| &**result).filter(|r| is_error(r)).collect();
    let with = |status: Status| results.results.iter().map(|result| &**result).filter(move |r| r.status == status);
    let (warnings, partial) = (with(Status::Warn).count(), with(Status::PartialSuccess).count());
    events.emit(lines::formatting(""));
    events.emit(lines::end_of_run_summary(events.paint(), errors.len(), warnings, partial, results.interrupted));
    let details = Details::new(shared, store_failures);
    for result in errors.into_iter().chain(with(Status::Warn)) {
        let group = result.resource.node().and_then(|node| group_of(&shared.manifest, node));
        result_error(events, result, &Said { info: info_of(&shared.manifest, result), group }, true, Some(&details));
    }
    events.emit(lines::formatting(""));
    events.emit(lines::stats_line(&results.stats()));
}

/// The end of `source freshness`: each source that is stale or could not be asked.
pub fn freshness_summary(events: &Events, results: &RunResults) {
    for result in &results.results {
        if matches!(result.status, Status::Error | Status::RuntimeError) {
            let said = Said { info: result.resource.node_info().to_json(), group: None };
            result_error(events, result, &said, true, None);
        }
    }
    events.emit(lines::freshness_check_complete());
}

/// What the events of a result say of its node, besides its message.
pub(super) struct Said {
    /// `node_info`.
    pub info: Json,
    /// Its group.
    pub group: Option<Json>,
}

/// `node_info` of a result: the run is over, so the node has no state.
fn info_of(manifest: &Manifest, result: &NodeResult) -> Json {
    let resource = &result.resource;
    compiled_unit_test(manifest, resource).unwrap_or_else(|| resource.node_info()).to_json()
}

/// What the results of a unit test say of it.
pub(super) fn compiled_unit_test(manifest: &Manifest, resource: &Resource) -> Option<NodeInfo> {
    let Resource::UnitTest(test) = resource else { return None };
    let tested = test.depends_on.nodes.first().and_then(|id| manifest.node(id))?;
    Some(NodeInfo::of_unit_test_node(test, tested))
}

/// The group of a node as events show it: name, package, owner.
pub(super) fn group_of(manifest: &Manifest, node: &Node) -> Option<Json> {
    let name = node.group.as_ref()?;
    let group = manifest.groups.values().find(|group| group.name == *name)?;
    let text = |value: &Json| Json::from(py_str(&from_json(value)));
    let owner: JsonMap<String, Json> = group.owner.iter().map(|(key, value)| (key.clone(), text(value))).collect();
    Some(json!({"name": group.name, "package_name": group.package_name, "owner": owner}))
}

/// Where the text and the failing rows of a node are.
pub(super) struct Details<'a> {
    shared: &'a RunShared,
    store_failures: bool,
}

/// One error or warning in full.
pub(super) fn result_error(
    events: &Events,
    result: &NodeResult,
    said: &Said,
    newline: bool,
    details: Option<&Details<'_>>,
) {
    let (info, group) = (&said.info, said.group.as_ref());
    let warning = result.status == Status::Warn;
    let blank = |events: &Events| events.emit(lines::formatting(""));
    let shown = result.shown_message().unwrap_or_default();
    match (result.status, &result.message) {
        (Status::Fail | Status::Error | Status::Warn, message) => {
            if newline {
                blank(events);
            }
            let heading = Heading {
                resource_type: result.resource.resource_type().as_str(),
                name: result.resource.name(),
                path: result.resource.path(),
                node_info: info.clone(),
                group: group.cloned(),
            };
            let paint = events.paint();
            events.emit(if warning {
                lines::result_warning(paint, &heading)
            } else {
                lines::result_failure(paint, &heading)
            });
            events.emit(match message {
                Some(message) if warning => lines::result_warning_message(paint, message, info.clone()),
                Some(message) => lines::result_error(message, &shown, info.clone(), group),
                None => lines::result_error_no_message(result.status.as_str(), info.clone()),
            });
            if let Some(details) = details {
                details.print(events, result, info);
            }
        }
        (Status::Skipped, Some(message)) => {
            events.emit(lines::skipped_reason(message));
        }
        (_, Some(message)) => {
            if newline {
                blank(events);
            }
            events.emit(lines::result_error(message, &shown, info.clone(), group));
        }
        (_, None) => {}
    }
}

impl<'a> Details<'a> {
    pub fn new(shared: &'a RunShared, store_failures: bool) -> Details<'a> {
        Details { shared, store_failures }
    }

    fn print(&self, events: &Events, result: &NodeResult, info: &Json) {
        let compiled = self.shared.compiled.get(result.resource.unique_id()).unwrap_or_default();
        if let Some(path) = &compiled.path {
            events.emit(lines::formatting(""));
            events.emit(lines::compiled_path(path, info.clone()));
        }
        let Some(node) = result.resource.node() else { return };
        if stores_failures(node, self.store_failures) {
            let relation = compiled.relation_name.as_ref().or(node.relation_name.as_ref());
            events.emit(lines::formatting(""));
            events.emit(lines::see_test_failures(relation.map(String::as_str).unwrap_or("None"), info.clone()));
        }
    }
}
