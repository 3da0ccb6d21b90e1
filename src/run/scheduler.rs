//! Runs a plan on worker threads: a node starts as soon as everything that it waits for is done, and what fails keeps
//! back its descendants and nothing else. Nodes that become ready together start in dbt's order.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value as Json;

use crate::events::Position;
use crate::events::lines;
use crate::graph::Queue;
use crate::jinja::STACK_SIZE;
use crate::manifest::{UniqueId, UnitTest};

use super::batch;
use super::plan::{Plan, Resource};
use super::results::{NodeResult, Status};
use super::session::Session;

/// How long an idle worker sleeps before it looks for Ctrl-C.
const PATIENCE: Duration = Duration::from_millis(200);

/// Why a node is skipped: the failed ephemeral model that it refers to, if it is one.
pub(super) type SkipCause = Option<Arc<NodeResult>>;

/// A resource that a worker has taken.
struct Ticket<'a> {
    resource: &'a Resource,
    unit_tests: &'a [Arc<UnitTest>],
    position: Position,
    skip: Option<SkipCause>,
}

/// Microseconds of the longest chain of work that begins with a resource; nought where dbt's order holds.
type Urgency = Reverse<u64>;

struct State<'a> {
    queue: Queue,
    /// Ready, in line for a worker: what most of the work waits for first, then what was ready first.
    pending: BTreeMap<(Urgency, usize), Ticket<'a>>,
    /// How many have been lined up.
    lined_up: usize,
    next_index: usize,
    skipped: HashMap<UniqueId, SkipCause>,
    /// Workers at work.
    working: usize,
    results: Vec<Arc<NodeResult>>,
    done: HashSet<UniqueId>,
    stop: Option<Stop>,
}

/// Why no further node is started.
#[derive(Debug, Clone)]
pub(super) enum Stop {
    /// `--fail-fast`, or a command that ends at the first error.
    Failure(Arc<NodeResult>),
    /// Ctrl-C.
    Interrupt,
}

/// What the workers leave behind.
pub(super) struct Outcome {
    pub results: Vec<Arc<NodeResult>>,
    pub stop: Option<Stop>,
    /// Resources that were never started, in the plan's order, and ephemeral models, which never have a result: dbt
    /// takes those for left out when a run ends early.
    pub unstarted: Vec<Resource>,
}

pub(super) struct Scheduler<'a> {
    session: &'a Session,
    plan: &'a Plan<'a>,
    state: Mutex<State<'a>>,
    /// Seeds that a worker takes together.
    batch_size: usize,
    /// Seconds of the longest chain of work that begins with each resource; empty where dbt's order holds.
    chains: HashMap<UniqueId, f64>,
    changed: Condvar,
}

impl<'a> Scheduler<'a> {
    pub fn new(
        session: &'a Session,
        plan: &'a Plan<'a>,
        threads: usize,
        chains: HashMap<UniqueId, f64>,
    ) -> Scheduler<'a> {
        let state = State {
            queue: plan.queue(),
            pending: BTreeMap::new(),
            lined_up: 0,
            next_index: 0,
            skipped: HashMap::new(),
            working: 0,
            results: Vec::new(),
            done: HashSet::new(),
            stop: None,
        };
        let batch_size = batch::size(session, plan, threads);
        let (state, changed) = (Mutex::new(state), Condvar::new());
        let scheduler = Scheduler { session, plan, state, batch_size, chains, changed };
        scheduler.line_up(&mut scheduler.lock());
        scheduler
    }

    fn lock(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs everything on `threads` workers; returns when the last one is idle.
    pub fn run(self, threads: usize) -> Outcome {
        let workers = threads.clamp(1, self.plan.len().max(1));
        std::thread::scope(|scope| {
            for number in 1..=workers {
                let worker =
                    std::thread::Builder::new().name(format!("Thread-{number} (worker)")).stack_size(STACK_SIZE);
                if worker.spawn_scoped(scope, || self.work()).is_err() && number == 1 {
                    // The system gives no threads at all: this one does the work.
                    self.work();
                }
            }
        });
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let left_out = |resource: &&Resource| resource.is_ephemeral() || !state.done.contains(resource.unique_id());
        let unstarted = self.plan.resources().filter(left_out).cloned().collect();
        Outcome { results: state.results, stop: state.stop, unstarted }
    }

    fn work(&self) {
        while let Some(tickets) = self.next() {
            let seeds: Vec<_> = tickets.iter().map(|ticket| (ticket.resource, ticket.position)).collect();
            let batch = if seeds.len() > 1 { batch::load(self.session, &seeds) } else { None };
            match batch {
                Some(results) => results.into_iter().for_each(|result| self.finish(result)),
                None => tickets.into_iter().for_each(|ticket| self.run_ticket(ticket)),
            }
            self.lock().working -= 1;
            self.changed.notify_all();
        }
    }

    /// The next resource to run, or several seeds that load together; none when this worker's work is over.
    fn next(&self) -> Option<Vec<Ticket<'a>>> {
        let mut state = self.lock();
        loop {
            if self.session.interrupted() {
                state.stop = Some(Stop::Interrupt);
                self.changed.notify_all();
            }
            if state.stop.is_some() || state.queue.is_finished() {
                return None;
            }
            if !state.pending.is_empty()
                && self.session.throttle.admits(state.working)
                && let Some((_, ticket)) = state.pending.pop_first()
            {
                state.working += 1;
                return Some(self.with_more_seeds(&mut state, ticket));
            }
            // Woken now and then to notice Ctrl-C, and memory that is free again.
            let waited = self.changed.wait_timeout(state, PATIENCE);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn urgency(&self, id: &str) -> Urgency {
        let seconds = self.chains.get(id).copied().unwrap_or_default();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Reverse((seconds * 1e6) as u64)
    }

    /// Lines up what has become ready. Numbers and skips are settled here, as dbt settles them, not when a worker is free.
    fn line_up(&self, state: &mut State<'a>) {
        while let Some(id) = state.queue.take() {
            match self.ticket(state, &id) {
                Some(ticket) => {
                    state.lined_up += 1;
                    state.pending.insert((self.urgency(&id), state.lined_up), ticket);
                }
                None => {
                    state.queue.done(&id);
                }
            }
        }
    }

    /// A seed brings along those that are next in line, up to the size of a batch.
    fn with_more_seeds(&self, state: &mut State<'a>, first: Ticket<'a>) -> Vec<Ticket<'a>> {
        let fits = |ticket: &Ticket<'a>| ticket.skip.is_none() && batch::fits(ticket.resource);
        let mut tickets = vec![first];
        while tickets.len() < self.batch_size && fits(&tickets[0]) {
            let Some(next) = state.pending.first_entry().filter(|next| fits(next.get())) else { break };
            tickets.push(next.remove());
        }
        tickets
    }

    fn ticket(&self, state: &mut State<'a>, id: &str) -> Option<Ticket<'a>> {
        let resource = self.plan.items.get(id)?;
        let unit_tests = self.plan.unit_tests.get(id).map(Vec::as_slice).unwrap_or_default();
        let unnumbered = resource.is_ephemeral() || !unit_tests.is_empty();
        let position = if unnumbered { Position { index: 0, total: 0 } } else { self.number(state) };
        Some(Ticket { resource, unit_tests, position, skip: state.skipped.remove(id) })
    }

    fn number(&self, state: &mut State<'a>) -> Position {
        state.next_index += 1;
        Position { index: state.next_index, total: self.session.total }
    }

    fn run_ticket(&self, mut ticket: Ticket<'a>) {
        for test in ticket.unit_tests {
            let resource = Resource::UnitTest(test.clone());
            let position = self.number(&mut self.lock());
            let result = self.session.run(&resource, position, ticket.skip.as_ref().map(|_| &None));
            if self.session.marks(result.status) {
                ticket.skip = Some(None);
            }
            self.record(&mut self.lock(), result);
        }
        if !ticket.unit_tests.is_empty() && !ticket.resource.is_ephemeral() {
            ticket.position = self.number(&mut self.lock());
        }
        let result = self.session.run(ticket.resource, ticket.position, ticket.skip.as_ref());
        if result.status == Status::Success {
            self.session.throttle.went_well();
        }
        self.finish(result);
    }

    /// Records a result, marks descendants, and lets go what waited only for this node.
    fn finish(&self, result: NodeResult) {
        let mut state = self.lock();
        let result = self.record(&mut state, result);
        let id = result.resource.unique_id();
        state.done.insert(id.to_owned());
        self.stop_early(&mut state, &result);
        state.queue.done(id);
        self.line_up(&mut state);
        drop(state);
        self.changed.notify_all();
    }

    fn record(&self, state: &mut State<'a>, result: NodeResult) -> Arc<NodeResult> {
        let result = Arc::new(result);
        let ephemeral = result.resource.is_ephemeral();
        if !ephemeral || self.session.keeps_ephemeral_results() {
            state.results.push(result.clone());
        }
        if self.session.marks(result.status) && !continues_on_error(&result.resource) {
            let id = result.resource.unique_id();
            let events = &self.session.globals.events;
            let short = if events.carry_data() { result.to_message_json() } else { Json::Null };
            let (status, reason) = (result.status.as_str(), result.message.as_deref());
            events.emit(lines::mark_skipped_children(id, status, reason, short));
            // What is marked already has all that follows it marked: of many failures, each is passed over once.
            let marked = |id: &str| !ephemeral && matches!(state.skipped.get(id), Some(None));
            for descendant in self.plan.graph.dependents(id, marked) {
                let cause = ephemeral.then(|| result.clone());
                state.skipped.insert(descendant.to_owned(), cause);
            }
        }
        result
    }

    fn stop_early(&self, state: &mut State<'a>, result: &Arc<NodeResult>) {
        let failed = matches!(result.status, Status::Error | Status::Fail | Status::PartialSuccess);
        let fails_fast = failed && self.session.globals.invocation.flags.fail_fast;
        let ends_at_error = result.status == Status::Error && self.session.ends_at_first_error();
        if (fails_fast || ends_at_error) && state.stop.is_none() {
            state.stop = Some(Stop::Failure(result.clone()));
            self.session.cancel();
        }
    }
}

/// A model with `on_error: continue` holds nothing back.
fn continues_on_error(resource: &Resource) -> bool {
    resource.node().is_some_and(|node| node.config.str("on_error") == Some("continue"))
}
