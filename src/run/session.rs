//! What all nodes of a run share, and the life of one node in it: start line, compiling, executing, result line; the
//! second try alone where the first failed for want of memory or through a transaction conflict.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Instant;

use chrono::Utc;
use serde_json::{Map as JsonMap, Value as Json};

use crate::adapter::{AdapterErrorKind, AdapterResponse};
use crate::compile::Compiler;
use crate::context::Globals;
use crate::context::errors::with_suggestion;
use crate::context::runtime::{NodeRun, RunShared};
use crate::error::Error;
use crate::events::lines;
use crate::events::{Level, NodeInfo, Position};
use crate::manifest::Node;

use super::database::Database;
use super::levels;
use super::limit;
use super::memory::Throttle;
use super::microbatch::{self, Slots};
use super::narrate::Narrator;
use super::overloads;
use super::plan::Resource;
use super::results::{NodeResult, Status, Timing};
use super::reuse::{self, Inputs, Look, Reuse};
use super::scheduler::SkipCause;
use super::tasks::direct::Direct;
use super::{Task, tasks};

/// The shared part of a run.
pub(super) struct Session {
    pub globals: Arc<Globals>,
    pub shared: Arc<RunShared>,
    pub compiler: Compiler,
    pub database: Database,
    pub task: Task,
    pub narrator: Narrator,
    /// Numbered nodes.
    pub total: usize,
    /// Held for reading by every node that runs, for writing by one that must run alone.
    pub gate: RwLock<()>,
    /// Threads at work.
    pub slots: Slots,
    /// Fewer nodes at a time while memory is short.
    pub throttle: Throttle,
    /// Whether microbatch models are built batch by batch.
    pub uses_batches: bool,
    /// Set by Ctrl-C.
    pub interrupt: Arc<AtomicBool>,
    /// Ids of the resources that are being worked on.
    pub working: Mutex<Vec<String>>,
    /// What needs no macros.
    pub direct: Direct,
    /// Change detection, where a node of this run wants it.
    pub reuse: OnceLock<Reuse>,
}

/// What one try of a node came to.
struct Attempt {
    result: NodeResult,
    /// Why the engine refused, where running alone may cure it.
    curable: Option<AdapterErrorKind>,
}

/// A node's steps so far.
pub(super) struct Progress {
    pub info: NodeInfo,
    pub timing: Vec<Timing>,
}

impl Session {
    /// Whether Ctrl-C was pressed.
    pub fn interrupted(&self) -> bool {
        self.interrupt.load(Ordering::SeqCst)
    }

    /// Interrupts what runs now, and says so.
    pub fn cancel(&self) {
        let events = &self.globals.events;
        for name in self.working.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            events.emit(lines::cancel(events.paint(), name));
        }
        self.database.interrupt();
    }

    fn note_working(&self, name: &str, works: bool) {
        let mut working = self.working.lock().unwrap_or_else(PoisonError::into_inner);
        match working.iter().position(|known| known == name) {
            Some(at) if !works => drop(working.remove(at)),
            None if works => working.push(name.to_owned()),
            _ => {}
        }
    }

    /// Whether a result of this status skips the node's descendants.
    pub fn marks(&self, status: Status) -> bool {
        match status {
            Status::Error | Status::PartialSuccess => true,
            Status::Fail | Status::Skipped => self.task == Task::Build,
            _ => false,
        }
    }

    /// `compile` and `show` end the command at the first error.
    pub fn ends_at_first_error(&self) -> bool {
        matches!(self.task, Task::Compile | Task::Show)
    }

    /// `compile` and `show` of a selection also show ephemeral models.
    pub fn keeps_ephemeral_results(&self) -> bool {
        let flags = &self.globals.invocation.flags;
        self.ends_at_first_error() && (!flags.select.is_empty() || flags.inline.is_some())
    }

    /// Runs one resource, or skips it.
    pub fn run(&self, resource: &Resource, position: Position, skip: Option<&SkipCause>) -> NodeResult {
        let _at_work = self.slots.enter();
        let mut progress = self.begin(resource);
        let result = match skip {
            Some(cause) => self.skip(resource, position, &mut progress, cause),
            None => self.run_unskipped(resource, position, &mut progress),
        };
        self.finished(&result, &progress);
        result
    }

    /// A resource begins.
    pub fn begin(&self, resource: &Resource) -> Progress {
        let mut progress = Progress { info: self.narrator.info(resource), timing: Vec::new() };
        progress.info.start();
        self.globals.events.emit(lines::node_start(resource.unique_id(), progress.info.to_json()));
        progress
    }

    /// A resource that ran ends: its result line.
    pub fn end(&self, result: &NodeResult, position: Position, progress: &mut Progress) {
        progress.info.finish(result.status.as_str());
        self.narrator.result(result, position, &progress.info);
        self.finished(result, progress);
    }

    fn finished(&self, result: &NodeResult, progress: &Progress) {
        let events = &self.globals.events;
        let id = result.resource.unique_id();
        let short = if events.carry_data() { result.to_message_json() } else { Json::Null };
        events.emit(lines::node_finished(id, progress.info.to_json(), short));
        events.advance(result.resource.name());
    }

    /// Does something that may run beside other nodes, but not beside one that must run alone.
    pub fn beside_others<T>(&self, work: impl FnOnce() -> T) -> T {
        let _beside_others = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        work()
    }

    fn skip(&self, resource: &Resource, position: Position, progress: &mut Progress, cause: &SkipCause) -> NodeResult {
        let result = NodeResult::new(resource.clone(), Status::Skipped);
        if resource.is_ephemeral() {
            return result;
        }
        match cause {
            Some(cause) => {
                self.narrator.skip_because(resource, position, cause);
                result.with_message(format!(
                    "Compilation Error in {}, caused by compilation error in referenced ephemeral model {}",
                    resource.unique_id(),
                    cause.resource.unique_id()
                ))
            }
            None => {
                progress.info.set_status("skipped");
                self.narrator.skip(resource, position, &progress.info);
                result
            }
        }
    }

    fn run_unskipped(&self, resource: &Resource, position: Position, progress: &mut Progress) -> NodeResult {
        self.narrator.start(resource, position, &progress.info);
        let first = self.beside_others(|| self.attempt(resource, progress));
        let mut result = match first.curable {
            Some(kind) if !self.interrupted() => self.run_alone(resource, progress, kind, first.result),
            _ => first.result,
        };
        levels::judge(&self.globals.events, &mut result);
        progress.info.finish(result.status.as_str());
        self.narrator.result(&result, position, &progress.info);
        result
    }

    /// The second try: everything else waits meanwhile.
    fn run_alone(
        &self,
        resource: &Resource,
        progress: &mut Progress,
        kind: AdapterErrorKind,
        first: NodeResult,
    ) -> NodeResult {
        let why = match kind {
            AdapterErrorKind::TransactionConflict => "a transaction conflict",
            _ => "a lack of memory",
        };
        let name = resource.unique_id();
        let text = format!(
            "`{name}` failed through {why} and runs again alone. The first error was: {}",
            first.message.as_deref().unwrap_or_default()
        );
        self.globals.events.emit(lines::note(Level::Info, &text));
        if kind == AdapterErrorKind::OutOfMemory {
            self.run_fewer();
        }
        let _alone = self.gate.write().unwrap_or_else(PoisonError::into_inner);
        let mut second = self.attempt(resource, progress).result;
        second.execution_time += first.execution_time;
        second.adapter_response.insert("rdbt_ran_again_alone".to_owned(), Json::from(text));
        second
    }

    /// Memory ran out: halves how many nodes run at a time, and says so.
    pub fn run_fewer(&self) {
        let at_a_time = self.throttle.ran_out();
        let nodes = if at_a_time == 1 { "One node runs" } else { "Fewer nodes run" };
        let text = format!("Memory is short. {nodes} at a time (at most {at_a_time}) until it is not.");
        self.globals.events.emit(lines::note(Level::Info, &text));
    }

    fn attempt(&self, resource: &Resource, progress: &mut Progress) -> Attempt {
        let started = Instant::now();
        progress.timing.clear();
        let tried = catch_unwind(AssertUnwindSafe(|| self.try_once(resource, progress)));
        let mut attempt = tried.unwrap_or_else(|_| Attempt {
            result: NodeResult::new(resource.clone(), Status::Error).with_message(
                "Exception on worker thread. This is a fault of rdbt: please report it with this project.",
            ),
            curable: None,
        });
        attempt.result.execution_time = started.elapsed().as_secs_f64();
        attempt.result.timing = std::mem::take(&mut progress.timing);
        attempt
    }

    fn try_once(&self, resource: &Resource, progress: &mut Progress) -> Attempt {
        let connection = match self.database.connect_resource(resource, &progress.info) {
            Ok(connection) => connection,
            Err(error) => return Attempt { result: self.error_result(resource, error, progress), curable: None },
        };
        let run = NodeRun::new(self.shared.clone(), connection.clone());
        self.note_working(resource.unique_id(), true);
        // The batches of a microbatch model have the limit each.
        let node = resource.node().map(|node| &**node);
        let limited = node.filter(|node| !microbatch::applies(self.task, self.uses_batches, node));
        let tried = limit::within(limited, &connection, || self.compile_and_execute(resource, &run, progress));
        self.note_working(resource.unique_id(), false);
        let curable = match &tried {
            Ok(_) => None,
            Err(_) => Database::curable(&connection),
        };
        connection.release();
        let result = match tried {
            Ok(result) => result,
            Err(error) => self.error_result(resource, error, progress),
        };
        Attempt { result, curable }
    }

    fn error_result(&self, resource: &Resource, error: Error, progress: &Progress) -> NodeResult {
        let named = with_suggestion(error, &self.globals.macros, &self.globals.project.root.name).in_node(
            resource.resource_type().as_str(),
            resource.name(),
            resource.path(),
        );
        self.globals.events.emit(lines::catchable_exception(&named.to_string(), progress.info.to_json()));
        let status = match resource {
            Resource::Source(_) => Status::RuntimeError,
            _ => Status::Error,
        };
        let mut result = NodeResult::new(resource.clone(), status).with_error(&named);
        result.message = result.message.map(|message| self.globals.events.scrubbed(message));
        result
    }

    /// Seeds have no SQL, and clones take their tables from elsewhere.
    pub fn compiles(&self, node: &Node) -> bool {
        self.task != Task::Clone && node.resource_type != crate::manifest::ResourceType::Seed
    }

    /// Compiles a resource and does with it what the command does.
    ///
    /// # Errors
    /// Its template fails, or the engine refuses.
    pub fn compile_and_execute(
        &self,
        resource: &Resource,
        run: &Arc<NodeRun>,
        progress: &mut Progress,
    ) -> Result<NodeResult, Error> {
        let events = &self.globals.events;
        if self.reuse.get().is_some() {
            run.connection.watch_statements();
        }
        progress.info.set_status("compiling");
        run.connection.set_node_info(&progress.info);
        events.emit(lines::node_compiling(resource.unique_id(), progress.info.to_json()));
        let started = Utc::now();
        let batched = resource.node().filter(|node| microbatch::applies(self.task, self.uses_batches, node));
        let compiled = match resource.node().filter(|node| self.compiles(node) && batched.is_none()) {
            Some(node) => self.compiler.compile(node, run, &[], true),
            None => Ok(()),
        };
        progress.timing.push(Timing::since("compile", started));
        compiled?;
        if resource.is_ephemeral() && self.task != Task::Show {
            return Ok(NodeResult::new(resource.clone(), Status::Success));
        }
        let look = match (self.reuse.get(), resource.node()) {
            (Some(reuse), Some(node)) => reuse.look(self, node, run)?,
            _ => Look::Build(None, Vec::new()),
        };
        let inputs = match look {
            Look::Unchanged(record) => return Ok(reuse::reused(resource, &record)),
            Look::Build(inputs, _) => inputs,
        };
        progress.info.set_status("executing");
        run.connection.set_node_info(&progress.info);
        events.emit(lines::node_executing(resource.unique_id(), progress.info.to_json()));
        let started = Utc::now();
        let result = self.execute(resource, run, progress, inputs);
        progress.timing.push(Timing::since("execute", started));
        result
    }

    /// Does with a compiled resource what the command does; notes what it was built from.
    fn execute(
        &self,
        resource: &Resource,
        run: &Arc<NodeRun>,
        progress: &Progress,
        inputs: Option<Inputs>,
    ) -> Result<NodeResult, Error> {
        let build = || match resource.node() {
            Some(node) if microbatch::applies(self.task, self.uses_batches, node) => {
                microbatch::execute(self, node, &progress.info)
            }
            Some(node) if overloads::applies(self.task, node) => overloads::execute(self, node, run, &progress.info),
            _ => tasks::execute(self, resource, run),
        };
        match (self.reuse.get(), resource.node()) {
            (Some(reuse), Some(node)) => reuse.building(node, inputs, &run.connection, build),
            _ => build(),
        }
    }
}

/// The adapter's response with null for what is not set: where dbt calls `to_dict` without leaving anything out.
pub(super) fn whole_response_json(response: &AdapterResponse) -> JsonMap<String, Json> {
    [
        ("_message", Json::from(response.message.as_str())),
        ("code", Json::from(response.code.as_deref())),
        ("rows_affected", Json::from(response.rows_affected)),
        ("query_id", Json::Null),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect()
}

/// The adapter's response as run_results shows it: what is set, in dbt's order.
pub(super) fn response_json(message: &str, code: Option<&str>, rows: Option<i64>) -> JsonMap<String, Json> {
    let mut response = JsonMap::new();
    response.insert("_message".to_owned(), Json::from(message));
    if let Some(code) = code {
        response.insert("code".to_owned(), Json::from(code));
    }
    if let Some(rows) = rows {
        response.insert("rows_affected".to_owned(), Json::from(rows));
    }
    response
}
