//! Microbatch models: one build for each span of time. The first batch runs alone, for it may make the table, and so does
//! the last, for its post-hooks come at the end; those between run side by side if the model allows it and threads are
//! free. A batch that fails does not hold back the others, unless it is the first.

mod slots;
mod spans;

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use serde_json::{Value as Json, json};

use crate::adapter::{Relation, RelationType};
use crate::compile::Compiler;
use crate::context::batch::{Batch, BatchSize, always};
use crate::context::runtime::NodeRun;
use crate::error::{Error, ErrorKind, Result};
use crate::events::lines;
use crate::events::{NodeInfo, Position};
use crate::invocation::{BatchSpan, BatchSpans};
use crate::jinja::static_calls::mentions_this;
use crate::jinja::{STACK_SIZE, Value};
use crate::manifest::{Node, ResourceType};

use super::Task;
use super::database::Database;
use super::limit;
use super::plan::Resource;
use super::results::{NodeResult, Status};
use super::session::Session;
use super::tasks::{materialize, pointer};

pub(super) use slots::Slots;

/// Whether a command builds a node batch by batch.
pub(super) fn applies(task: Task, uses_batches: bool, node: &Node) -> bool {
    matches!(task, Task::Run | Task::Build)
        && uses_batches
        && node.resource_type == ResourceType::Model
        && node.config.materialized() == "incremental"
        && node.config.str("incremental_strategy") == Some("microbatch")
}

/// Builds a microbatch model. Failures of batches are in the result, not errors.
///
/// # Errors
/// The batches cannot be found out.
pub(super) fn execute(session: &Session, node: &Arc<Node>, info: &NodeInfo) -> Result<NodeResult> {
    let size = node.config.str("batch_size").and_then(BatchSize::parse).ok_or_else(|| {
        Error::runtime(format!(
            "Microbatch model '{}' does not have a 'batch_size' config (one of ['hour', 'day', 'month', 'year']) \
             specificed.",
            node.name
        ))
    })?;
    let relation = relation(session, node, info)?;
    let incremental = is_incremental(session, node, relation.as_ref());
    let flags = &session.globals.invocation.flags;
    let previous = flags.retried_batches.as_ref().and_then(|retried| retried.models.get(&node.unique_id));
    let spans = match previous {
        Some(previous) => previous.failed.clone(),
        None => {
            let model = spans::Model { name: &node.name, config: &node.config, size };
            spans::spans(&session.globals.invocation, &model, incremental)?
        }
    };
    let batches = Batches { session, node, info, size, spans: &spans, alone: RwLock::new(()), done: Mutex::default() };
    // What a retry leaves out was built before: a full refresh now would lose it.
    batches.run(relation.is_some(), incremental || previous.is_some());
    let result = batches.result(previous);
    if result.status == Status::Success && pointer::is_wanted(session, node) {
        point(session, node, info)?;
    }
    Ok(result)
}

/// Makes the pointer to the latest version when all batches of it are built.
fn point(session: &Session, node: &Arc<Node>, info: &NodeInfo) -> Result<()> {
    let connection = session.database.connect_node(&node.unique_id, Some(node), info)?;
    let run = NodeRun::new(session.shared.clone(), connection.clone());
    let source = Relation::new(node.database.as_deref(), Some(&node.schema), Some(&node.alias));
    let made = pointer::materialize(session, node, &run, &source);
    connection.release();
    for relation in made? {
        session.shared.adapter.cache().add(relation);
    }
    Ok(())
}

/// The model's table, if it stands.
fn relation(session: &Session, node: &Arc<Node>, info: &NodeInfo) -> Result<Option<Relation>> {
    let connection = session.database.connect_node(&node.unique_id, Some(node), info)?;
    let operations = session.database.operations(&connection);
    let found = operations.get_relation(node.database.as_deref(), &node.schema, &node.alias);
    connection.release();
    found
}

fn is_incremental(session: &Session, node: &Node, relation: Option<&Relation>) -> bool {
    let refreshes = node.config.bool("full_refresh").unwrap_or(session.globals.invocation.flags.full_refresh);
    relation.is_some_and(|relation| relation.is(RelationType::Table)) && !refreshes
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Success,
    Error,
    Skipped,
}

/// The batches of one model in one run.
struct Batches<'a> {
    session: &'a Session,
    node: &'a Arc<Node>,
    info: &'a NodeInfo,
    size: BatchSize,
    spans: &'a [BatchSpan],
    /// Held for reading by every batch that runs, for writing by one that must run without the others.
    alone: RwLock<()>,
    done: Mutex<Vec<(BatchSpan, Outcome)>>,
}

impl Batches<'_> {
    fn run(&self, exists: bool, incremental: bool) {
        let Some(last) = self.spans.len().checked_sub(1) else { return };
        let first = self.build(0, incremental);
        let skips = first != Outcome::Success;
        let concurrent = (exists || !skips) && self.may_be_concurrent();
        std::thread::scope(|scope| {
            for index in 1..last {
                let slot = if concurrent && !skips { self.session.slots.take() } else { None };
                let Some(slot) = slot else {
                    self.build_or_skip(index, skips);
                    continue;
                };
                let name = std::thread::current().name().unwrap_or_default().to_owned();
                let worker = std::thread::Builder::new().name(name).stack_size(STACK_SIZE);
                let spawned = worker.spawn_scoped(scope, move || {
                    self.build_or_skip(index, skips);
                    drop(slot);
                });
                if spawned.is_err() {
                    self.build_or_skip(index, skips);
                }
            }
        });
        if last > 0 {
            self.build_or_skip(last, skips);
        }
    }

    /// A model that reads its own table needs its batches in order.
    fn may_be_concurrent(&self) -> bool {
        self.node.config.bool("concurrent_batches").unwrap_or_else(|| !mentions_this(&self.node.raw_code))
    }

    fn build_or_skip(&self, index: usize, skips: bool) {
        if self.session.interrupted() {
            self.note(index, Outcome::Skipped);
        } else if skips {
            self.say_result(index, "skipped", 0.0);
            self.note(index, Outcome::Skipped);
        } else {
            self.build(index, true);
        }
    }

    fn note(&self, index: usize, outcome: Outcome) {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).push((self.spans[index], outcome));
    }

    /// Builds one batch and says so.
    fn build(&self, index: usize, incremental: bool) -> Outcome {
        let clock = Instant::now();
        let events = &self.session.globals.events;
        events.emit(lines::batch_start(events.paint(), &self.about(index)));
        let tried = {
            let _beside_others = self.alone.read().unwrap_or_else(PoisonError::into_inner);
            self.attempt(index, incremental)
        };
        let built = match tried {
            Err((_, true)) if !self.session.interrupted() => {
                let _alone = self.alone.write().unwrap_or_else(PoisonError::into_inner);
                self.attempt(index, incremental)
            }
            other => other,
        };
        let (outcome, status) = match built {
            Ok(message) => (Outcome::Success, message),
            Err((mut error, _)) => {
                // The engine's errors stand without the model's name, as in dbt.
                if error.kind == ErrorKind::Runtime {
                    error.node = None;
                }
                events.emit(lines::unhandled_exception(events.paint(), &error.to_string(), self.info.to_json()));
                (Outcome::Error, "error".to_owned())
            }
        };
        self.say_result(index, &status, clock.elapsed().as_secs_f64());
        self.note(index, outcome);
        outcome
    }

    /// Compiles and runs a batch; gives the adapter's message, or the error and whether running alone may cure it.
    fn attempt(&self, index: usize, incremental: bool) -> std::result::Result<String, (Error, bool)> {
        let session = self.session;
        let node = Arc::new(self.node_of(index));
        let connection =
            session.database.connect_node(&node.unique_id, Some(&node), self.info).map_err(|error| (error, false))?;
        let shared = Arc::new(session.shared.for_batch());
        let run = NodeRun::of_batch(shared.clone(), connection.clone(), self.batch(index));
        let compiler = Compiler::new(session.globals.clone(), shared);
        let built = limit::within(Some(&node), &connection, || {
            compiler.compile(&node, &run, &[], true)?;
            materialize::execute_with(session, &node, &run, if incremental { overrides() } else { Vec::new() })
        });
        let curable = built.is_err() && Database::curable(&connection).is_some();
        connection.release();
        built.map(|result| result.message.unwrap_or_default()).map_err(|error| (error, curable))
    }

    /// The model as one batch sees it: pre-hooks belong to the first, post-hooks to the last.
    fn node_of(&self, index: usize) -> Node {
        let mut node = (**self.node).clone();
        if index > 0 {
            node.config.0.insert("pre-hook".to_owned(), json!([]));
        }
        if index + 1 < self.spans.len() {
            node.config.0.insert("post-hook".to_owned(), json!([]));
        }
        node
    }

    fn batch(&self, index: usize) -> Batch {
        let (start, end) = self.spans[index];
        Batch { start, end, size: self.size }
    }

    fn about(&self, index: usize) -> lines::About {
        let position = Position { index: index + 1, total: self.spans.len() };
        self.session.narrator.about_batch(self.node, &self.batch(index).name(), position, self.info)
    }

    fn say_result(&self, index: usize, status: &str, seconds: f64) {
        let events = &self.session.globals.events;
        let mut about = self.about(index);
        about.seconds = seconds;
        events.emit(lines::batch_result(events.paint(), &about, status));
    }

    /// The model's result. Batches that were built before a retry are in it too.
    fn result(&self, previous: Option<&BatchSpans>) -> NodeResult {
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        let mut batches = BatchSpans::default();
        for (span, outcome) in done.iter() {
            let list = if *outcome == Outcome::Success { &mut batches.successful } else { &mut batches.failed };
            list.push(*span);
        }
        let (good, bad) = (batches.successful.len(), batches.failed.len());
        let (status, message) = match (good, bad) {
            (0, 0) => (Status::Success, String::new()),
            (_, 0) => (Status::Success, "SUCCESS".to_owned()),
            (0, _) => (Status::Error, "ERROR".to_owned()),
            _ => (Status::PartialSuccess, format!("PARTIAL SUCCESS ({good}/{})", good + bad)),
        };
        batches.successful.sort_unstable();
        batches.failed.sort_unstable();
        batches.successful.extend(previous.into_iter().flat_map(|previous| previous.successful.iter().copied()));
        let mut result = NodeResult::new(Resource::Node(self.node.clone()), status).with_message(message);
        result.failures = Some(0);
        result.batches = Some(batches);
        result
    }
}

/// What the materialization of a batch sees once the table stands, whatever `--full-refresh` says.
fn overrides() -> Vec<(&'static str, Value)> {
    vec![("is_incremental", always(true)), ("should_full_refresh", always(false))]
}

/// The batches that `run_results.json` of an earlier run tells of.
pub fn read_spans(results: &Json) -> Option<BatchSpans> {
    let list = |key: &str| -> Option<Vec<BatchSpan>> {
        let spans = results.get(key)?.as_array()?.iter();
        spans.map(|span| Some((span.get(0)?.as_str()?.parse().ok()?, span.get(1)?.as_str()?.parse().ok()?))).collect()
    };
    Some(BatchSpans { successful: list("successful")?, failed: list("failed")? })
}
