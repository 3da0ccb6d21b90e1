//! What a run says about each node: its start line, its result line, its skipping, in dbt's words.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::events::lines::{self, About};
use crate::events::{Events, NodeInfo, Paint, Position};
use crate::jinja::value::{from_json, py_str};
use crate::manifest::{Manifest, Node, ResourceType};

use super::Task;
use super::microbatch;
use super::plan::Resource;
use super::report::{Said, compiled_unit_test, group_of, result_error};
use super::results::{NodeResult, Status};

/// Says it. Silent about nodes for commands that only compile.
pub(super) struct Narrator {
    events: Arc<Events>,
    task: Task,
    default_database: String,
    manifest: Arc<Manifest>,
    uses_batches: bool,
}

impl Narrator {
    pub fn new(
        events: Arc<Events>,
        task: Task,
        default_database: &str,
        manifest: Arc<Manifest>,
        uses_batches: bool,
    ) -> Narrator {
        Narrator { events, task, default_database: default_database.to_owned(), manifest, uses_batches }
    }

    fn paint(&self) -> Paint {
        self.events.paint()
    }

    /// `node_info` of a resource before it starts.
    pub fn info(&self, resource: &Resource) -> NodeInfo {
        self.events.node_info(|| resource.node_info())
    }

    /// A batch of a model, as its lines name it.
    pub fn about_batch(&self, node: &Arc<Node>, batch: &str, position: Position, info: &NodeInfo) -> About {
        let description = format!("batch {batch} of {}", self.represent(node));
        About { description, ..self.about(&Resource::Node(node.clone()), position, info) }
    }

    /// What is said of one overload of a function.
    pub fn about_overload(&self, node: &Arc<Node>, overload: &str, position: Position, info: &NodeInfo) -> About {
        let description = format!("function {} overload {overload}", node.name);
        About { description, ..self.about(&Resource::Node(node.clone()), position, info) }
    }

    fn about(&self, resource: &Resource, position: Position, info: &NodeInfo) -> About {
        let group = resource.node().filter(|_| self.events.carry_data());
        About {
            description: self.describe(resource),
            position,
            node_info: info.to_json(),
            group: group.and_then(|node| group_of(&self.manifest, node)),
            seconds: 0.0,
        }
    }

    /// `sql view model main.stg_orders`, `seed file main.raw_orders`, `test not_null_a_id`.
    fn describe(&self, resource: &Resource) -> String {
        match resource {
            Resource::UnitTest(test) => format!("unit_test {}", unit_test_name(test)),
            Resource::Source(source) => format!("freshness of {}.{}", source.source_name, source.name),
            Resource::Exposure { name, .. } => format!("exposure {name}"),
            Resource::SavedQuery { name, .. } => format!("saved query {name}"),
            Resource::Node(node) => match node.resource_type {
                ResourceType::Seed => format!("seed file {}", self.represent(node)),
                ResourceType::Snapshot => format!("snapshot {}", self.represent(node)),
                ResourceType::Model if microbatch::applies(self.task, self.uses_batches, node) => {
                    format!("{} microbatch model {}", node.language, self.represent(node))
                }
                ResourceType::Model => {
                    format!("{} {} model {}", node.language, node.config.materialized(), self.represent(node))
                }
                ResourceType::Function => format!("function {}", self.represent(node)),
                other => format!("{} {}", other.as_str(), node.name),
            },
        }
    }

    /// The relation without quotes, its database only where it is not the default one.
    fn represent(&self, node: &Node) -> String {
        match node.database.as_deref().filter(|database| *database != self.default_database) {
            Some(database) => format!("{database}.{}.{}", node.schema, node.alias),
            None => format!("{}.{}", node.schema, node.alias),
        }
    }

    /// Whether dbt prints lines for this resource in this command.
    fn speaks(&self, resource: &Resource) -> bool {
        match self.task {
            Task::Compile | Task::Clone => false,
            Task::Show => resource.resource_type() == ResourceType::Seed,
            _ => !resource.is_ephemeral(),
        }
    }

    pub fn start(&self, resource: &Resource, position: Position, info: &NodeInfo) {
        let passed_through = matches!(resource, Resource::Exposure { .. } | Resource::SavedQuery { .. });
        if self.speaks(resource) && !passed_through {
            self.events.emit(lines::start(self.paint(), &self.about(resource, position, info)));
        }
    }

    pub fn skip(&self, resource: &Resource, position: Position, info: &NodeInfo) {
        let about = self.about(resource, position, info);
        let schema = resource.node().map(|node| node.schema.as_str()).unwrap_or_default();
        let kind = resource.resource_type().as_str();
        self.events.emit(lines::skipping(self.paint(), &about, kind, schema, resource.name()));
    }

    /// A node that cannot run because of an ephemeral model: that one has no line of its own, so its error comes here.
    pub fn skip_because(&self, resource: &Resource, position: Position, cause: &NodeResult) {
        let about = self.about(resource, position, &self.info(resource));
        let schema = resource.node().map(|node| node.schema.as_str()).unwrap_or_default();
        let status = cause.status.as_str();
        self.events.emit(lines::skip_because_error(self.paint(), &about, schema, resource.name(), status));
        let said = Said { info: self.info(&cause.resource).to_json(), group: None };
        result_error(&self.events, cause, &said, false, None);
    }

    pub fn result(&self, result: &NodeResult, position: Position, info: &NodeInfo) {
        let resource = &result.resource;
        if !self.speaks(resource) {
            return;
        }
        let mut about = self.about(resource, position, info);
        about.seconds = result.execution_time;
        if let Some(compiled) = compiled_unit_test(&self.manifest, resource) {
            about.node_info = compiled.to_json();
        }
        let paint = self.paint();
        let status = result.status.as_str();
        let message = result.message.as_deref().unwrap_or_default();
        let line = match resource {
            _ if result.status == Status::Reused => lines::reused(paint, &about),
            Resource::UnitTest(test) => lines::test_result(
                paint,
                &about,
                &unit_test_name(test),
                status,
                result.failures.unwrap_or_default(),
                None,
            ),
            Resource::Source(source) => {
                lines::freshness_result(paint, &about, status, &source.source_name, &source.name)
            }
            Resource::Exposure { .. } | Resource::SavedQuery { .. } => {
                about.seconds = 0.0;
                lines::no_op(paint, &about)
            }
            Resource::Node(node) => match node.resource_type {
                ResourceType::Seed => lines::seed_result(paint, &about, status, message, &node.schema, &node.alias),
                ResourceType::Snapshot => {
                    lines::snapshot_result(paint, &about, status, message, &self.represent(node), config_texts(node))
                }
                ResourceType::Test => {
                    let attached = node.generic_test().and_then(|test| test.attached_node.as_deref());
                    lines::test_result(paint, &about, &node.name, status, result.failures.unwrap_or_default(), attached)
                }
                ResourceType::Function => lines::function_result(paint, &about, status),
                _ if result.status == Status::Error => lines::model_result(paint, &about, status),
                _ => lines::model_result(paint, &about, message),
            },
        };
        self.events.emit(line);
    }
}

fn unit_test_name(test: &crate::manifest::UnitTest) -> String {
    match &test.version {
        Some(version) => format!("{}::{}_v{}", test.model, test.name, crate::manifest::node::version_text(version)),
        None => format!("{}::{}", test.model, test.name),
    }
}

/// A configuration with every value as Python's text, without what is null, also within what has fixed keys.
fn config_texts(node: &Node) -> Json {
    let set = node.config.0.iter().filter(|(_, value)| !value.is_null());
    let texts = set.map(|(key, value)| match (key.as_str(), value) {
        ("docs" | "snapshot_meta_column_names", Json::Object(map)) => {
            let map = map.iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (key.clone(), value.clone()));
            (key.clone(), text(&Json::Object(map.collect())))
        }
        _ => (key.clone(), text(value)),
    });
    Json::Object(texts.collect())
}

fn text(value: &Json) -> Json {
    Json::from(py_str(&from_json(value)))
}
