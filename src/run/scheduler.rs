//! Runs a plan on worker threads: a node starts as soon as everything that it waits for is done, and what fails keeps
//! back its descendants and nothing else. Nodes that become ready together start in dbt's order.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::events::Position;
use crate::events::lines;
use crate::manifest::UniqueId;

use super::plan::{GraphView, Plan, Resource};
use super::results::{NodeResult, Status};
use super::session::Session;

/// Why a node is skipped: the failed ephemeral model that it refers to, if it is one.
pub(super) type SkipCause = Option<Arc<NodeResult>>;

struct Ticket {
    item: usize,
    /// Its number, unless it is ephemeral or is numbered when it starts.
    index: usize,
    skip: Option<SkipCause>,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Ticket>,
    waiting_for: Vec<usize>,
    remaining: usize,
    next_index: usize,
    skipped: HashMap<UniqueId, SkipCause>,
    results: Vec<Arc<NodeResult>>,
    done: Vec<bool>,
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
    /// Resources that were never started, in the plan's order.
    pub unstarted: Vec<Resource>,
}

pub(super) struct Scheduler<'a> {
    session: &'a Session,
    plan: &'a Plan,
    graph: &'a (dyn GraphView + Sync),
    state: Mutex<State>,
    changed: Condvar,
}

impl<'a> Scheduler<'a> {
    pub fn new(session: &'a Session, plan: &'a Plan, graph: &'a (dyn GraphView + Sync)) -> Scheduler<'a> {
        let state = State {
            waiting_for: plan.items.iter().map(|item| item.parents).collect(),
            remaining: plan.items.len(),
            done: vec![false; plan.items.len()],
            ..State::default()
        };
        let scheduler = Scheduler { session, plan, graph, state: Mutex::new(state), changed: Condvar::new() };
        let first = (0..plan.items.len()).filter(|item| plan.items[*item].parents == 0).collect();
        scheduler.enqueue(&mut scheduler.lock(), first);
        scheduler
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs everything on `threads` workers; returns when the last one is idle.
    pub fn run(self, threads: usize) -> Outcome {
        let workers = threads.clamp(1, self.plan.len().max(1));
        std::thread::scope(|scope| {
            for number in 1..=workers {
                let worker = std::thread::Builder::new().name(format!("Thread-{number} (worker)"));
                if worker.spawn_scoped(scope, || self.work()).is_err() && number == 1 {
                    // The system gives no threads at all: this one does the work.
                    self.work();
                }
            }
        });
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let items = self.plan.items.iter().zip(&state.done);
        let unstarted = items.filter(|(_, done)| !**done).map(|(item, _)| item.resource.clone()).collect();
        Outcome { results: state.results, stop: state.stop, unstarted }
    }

    fn work(&self) {
        while let Some(ticket) = self.next() {
            self.run_ticket(&ticket);
        }
    }

    fn next(&self) -> Option<Ticket> {
        let mut state = self.lock();
        loop {
            if self.session.interrupted() {
                state.stop = Some(Stop::Interrupt);
                self.changed.notify_all();
            }
            if state.stop.is_some() || state.remaining == 0 {
                return None;
            }
            if let Some(ticket) = state.queue.pop_front() {
                return Some(ticket);
            }
            // Woken now and then to notice Ctrl-C.
            let waited = self.changed.wait_timeout(state, std::time::Duration::from_millis(200));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn run_ticket(&self, ticket: &Ticket) {
        let item = &self.plan.items[ticket.item];
        let mut skip = ticket.skip.clone();
        for test in &item.unit_tests {
            let resource = Resource::UnitTest(test.clone());
            let position = self.number(&mut self.lock());
            let result = self.session.run(&resource, position, skip.as_ref().map(|_| &None));
            if self.session.marks(result.status) {
                skip = Some(None);
            }
            self.record(&mut self.lock(), result);
        }
        let position = match ticket.index {
            0 if !item.resource.is_ephemeral() => self.number(&mut self.lock()),
            index => Position { index, total: self.session.total },
        };
        let result = self.session.run(&item.resource, position, skip.as_ref());
        self.finish(ticket.item, result);
    }

    fn number(&self, state: &mut State) -> Position {
        state.next_index += 1;
        Position { index: state.next_index, total: self.session.total }
    }

    /// Records a result, marks descendants, and queues what waited only for this node.
    fn finish(&self, item: usize, result: NodeResult) {
        let mut state = self.lock();
        let result = self.record(&mut state, result);
        state.done[item] = true;
        state.remaining -= 1;
        self.stop_early(&mut state, &result);
        let mut ready = Vec::new();
        for child in &self.plan.items[item].children {
            state.waiting_for[*child] -= 1;
            if state.waiting_for[*child] == 0 {
                ready.push(*child);
            }
        }
        self.enqueue(&mut state, ready);
        drop(state);
        self.changed.notify_all();
    }

    fn record(&self, state: &mut State, result: NodeResult) -> Arc<NodeResult> {
        let result = Arc::new(result);
        let ephemeral = result.resource.is_ephemeral();
        if !ephemeral || self.session.keeps_ephemeral_results() {
            state.results.push(result.clone());
        }
        if self.session.marks(result.status) && !continues_on_error(&result.resource) {
            let id = result.resource.unique_id();
            let line = lines::mark_skipped_children(id, result.status.as_str(), result.message.as_deref());
            self.session.globals.events.emit(line);
            for descendant in self.graph.descendants(id) {
                let cause = ephemeral.then(|| result.clone());
                state.skipped.insert(descendant, cause);
            }
        }
        result
    }

    fn stop_early(&self, state: &mut State, result: &Arc<NodeResult>) {
        let failed = matches!(result.status, Status::Error | Status::Fail | Status::PartialSuccess);
        let fails_fast = failed && self.session.globals.invocation.flags.fail_fast;
        let ends_at_error = result.status == Status::Error && self.session.ends_at_first_error();
        if (fails_fast || ends_at_error) && state.stop.is_none() {
            state.stop = Some(Stop::Failure(result.clone()));
            self.session.cancel();
        }
    }

    fn enqueue(&self, state: &mut State, mut ready: Vec<usize>) {
        self.plan.sort(&mut ready);
        for item in ready {
            let planned = &self.plan.items[item];
            let numbered = !planned.resource.is_ephemeral() && planned.unit_tests.is_empty();
            let index = if numbered { self.number(state).index } else { 0 };
            let skip = state.skipped.remove(planned.resource.unique_id());
            state.queue.push_back(Ticket { item, index, skip });
        }
    }
}

/// A model with `on_error: continue` holds nothing back.
fn continues_on_error(resource: &Resource) -> bool {
    resource.node().is_some_and(|node| node.config.str("on_error") == Some("continue"))
}
