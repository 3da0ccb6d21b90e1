//! Runs what was selected: schemas and hooks first, then the nodes on worker threads, then hooks again, and a result
//! for each. Artifacts and the closing report come after, from the results.

mod batch;
mod catalog;
mod database;
mod defer;
mod diff;
mod durations;
mod hook_results;
mod hooks;
mod interrupt;
mod levels;
mod limit;
mod memory;
mod microbatch;
mod narrate;
mod operation;
mod overloads;
mod plan;
mod preview;
mod profile;
mod record;
mod report;
mod results;
mod reuse;

mod scheduler;
mod session;
mod tasks;
mod warm;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, RwLock};
use std::time::Instant;

use crate::compile::Compiler;
use crate::context::Globals;
use crate::context::batch::uses_batches;
use crate::context::runtime::RunShared;
use crate::error::{Error, Result};
use crate::events::lines;
use crate::manifest::Node;

use database::Database;
use durations::Durations;
use hooks::Moment;
use interrupt::Watch;
use memory::Throttle;
use microbatch::Slots;
use narrate::Narrator;
use reuse::Reuse;
use scheduler::{Outcome, Scheduler, Stop};
use session::Session;
use tasks::direct::Direct;

pub use catalog::{CatalogRows, read_catalog};
pub use diff::unified;
pub use microbatch::read_spans;
pub use operation::{run_operation, run_sql};
pub use overloads::{overloads_json, read_overloads};
pub use plan::{Plan, Resource};
pub use preview::{grid, print_compiled, print_rows, print_seeds};
pub use profile::{Profile, report as report_profile};
pub use report::{finished, found_line, freshness_summary, summary};
pub use results::{Freshness, NodeResult, Overloads, RunResults, Status, Timing, batches_json, isoformat, moment};

/// What a command does with the nodes of its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// `run`
    Run,
    /// `build`: tests hold back what is below them.
    Build,
    /// `seed`
    Seed,
    /// `snapshot`
    Snapshot,
    /// `test`
    Test,
    /// `compile`: nothing reaches the database but what templates ask.
    Compile,
    /// `show`: queries are run, nothing is built.
    Show,
    /// `clone`: nodes come from another environment, each for itself.
    Clone,
    /// `source freshness`: when sources were loaded last.
    Freshness,
}

impl Task {
    /// Whether it builds things: then schemas are made.
    pub fn builds(self) -> bool {
        !matches!(self, Task::Compile | Task::Show)
    }

    /// Whether the project's hooks run before and after it.
    fn runs_hooks(self, globals: &Globals) -> bool {
        match self {
            Task::Compile | Task::Show | Task::Clone => false,
            Task::Freshness => behaviour_flag(globals, "source_freshness_run_project_hooks"),
            _ => true,
        }
    }
}

/// Runs a plan.
///
/// `shared.selected` is filled from the plan. The lines of dbt's console are written as the run goes; [`finished`],
/// the artifacts and [`summary`] are left to the caller, in that order.
///
/// # Errors
/// The database cannot be opened, a schema cannot be created, a hook's template fails, or, in `compile` and `show`, a
/// node fails. Failures of nodes in other commands are results, not errors.
pub fn execute(globals: &Arc<Globals>, shared: &Arc<RunShared>, task: Task, plan: &Plan<'_>) -> Result<RunResults> {
    let events = &globals.events;
    let target = &globals.project.target;
    let ids = plan.resources().map(|resource| resource.unique_id().to_owned()).collect();
    // A second run on the same shared part keeps the first one's selection: dbt has one run for a process.
    let _ = shared.selected.set(ids);
    if plan.is_empty() {
        events.warn(lines::nothing_to_do(events.paint()))?;
        return Ok(RunResults::default());
    }
    events.emit(lines::formatting(""));
    events.emit(lines::concurrency(threads(globals), &target.name, plan.announced()));
    events.emit(lines::formatting(""));
    if threads(globals) == 0 {
        return Err(Error::runtime("max_workers must be greater than 0")
            .hint("Set `threads` in the profile, or --threads, to at least 1."));
    }
    let interrupter = shared.adapter.clone();
    let watch = Watch::new(move || interrupter.interrupt());
    session(globals, shared, task, plan, watch.flag()).run_plan(plan)
}

/// What would become of each node of a plan with `--skip-unchanged`, as lines for a reader. Nothing is built.
///
/// # Errors
/// A node does not compile, its configuration means nothing, or a query fails.
pub fn explain(globals: &Arc<Globals>, shared: &Arc<RunShared>, plan: &Plan<'_>) -> Result<Vec<String>> {
    let ids = plan.resources().map(|resource| resource.unique_id().to_owned()).collect();
    let _ = shared.selected.set(ids);
    Reuse::explain(&session(globals, shared, Task::Build, plan, Arc::default()), plan)
}

/// What the nodes of a run share.
fn session(
    globals: &Arc<Globals>,
    shared: &Arc<RunShared>,
    task: Task,
    plan: &Plan<'_>,
    interrupt: Arc<AtomicBool>,
) -> Session {
    let events = &globals.events;
    let target = &globals.project.target;
    let uses_batches = uses_batches(globals);
    Session {
        globals: globals.clone(),
        shared: shared.clone(),
        compiler: Compiler::new(globals.clone(), shared.clone()),
        database: Database::new(globals.clone(), shared.clone()),
        task,
        narrator: Narrator::new(events.clone(), task, &target.database, shared.manifest.clone(), uses_batches),
        total: plan.numbered(),
        gate: RwLock::new(()),
        slots: Slots::new(threads(globals)),
        throttle: Throttle::new(shared.adapter.clone(), threads(globals)),
        uses_batches,
        interrupt,
        working: Mutex::default(),
        direct: Direct::default(),
        reuse: OnceLock::new(),
    }
}

/// `--threads`, else the profile's.
fn threads(globals: &Globals) -> usize {
    globals.invocation.flags.threads.unwrap_or(globals.project.target.threads)
}

/// Threads at work: with `--single-threaded` one, although dbt names the others on the console.
fn workers(globals: &Globals) -> usize {
    let single = globals.invocation.flags.other.get("single_threaded").and_then(serde_json::Value::as_bool);
    if single == Some(true) { 1 } else { threads(globals) }
}

/// A behaviour flag that is on unless the project says otherwise.
pub(crate) fn behaviour_flag(globals: &Globals, name: &str) -> bool {
    globals.invocation.flags.other.get(name).and_then(serde_json::Value::as_bool).unwrap_or(true)
}

impl Session {
    fn run_plan(&self, plan: &Plan<'_>) -> Result<RunResults> {
        let events = &self.globals.events;
        let clock = Instant::now();
        let watch = profile::Watch::start(self);
        let mut results = RunResults::default();
        levels::check(plan)?;
        warm::materializations(self, plan);
        self.prepare(plan)?;
        let mut started = true;
        let hooked = self.task.runs_hooks(&self.globals);
        if !hooked && self.task == Task::Freshness {
            hooks::left_out(self, Moment::Start)?;
        }
        if hooked {
            results.results = hooks::run(self, Moment::Start, &[])?;
            started =
                results.results.iter().all(|result| result.status == Status::Success) || !self.skips_after_hooks();
        }
        if started {
            if let Some(reuse) = Reuse::start(self, plan)? {
                let _ = self.reuse.set(reuse);
            }
            events.start_progress(self.total);
            let workers = workers(&self.globals);
            let target = &self.globals.project.target_path;
            let durations = (workers > 1 && self.task.builds()).then(|| Durations::read(target));
            let chains = durations.as_ref().map(|durations| durations.chains(plan)).unwrap_or_default();
            let outcome = Scheduler::new(self, plan, workers, chains).run(workers);
            if let Some(durations) = durations {
                durations.learn(&outcome.results, target);
            }
            events.end_progress();
            self.conclude(outcome, &mut results)?;
            self.reuse.get().map_or(Ok(()), |reuse| reuse.finish(self))?;
        } else {
            self.skip_all(plan, &mut results);
        }
        if hooked && !results.interrupted {
            match hooks::run(self, Moment::End, &results.results) {
                Ok(ended) => results.results.extend(ended),
                Err(error) => results.fatal = Some(error),
            }
        }
        if !hooked && self.task == Task::Freshness {
            hooks::left_out(self, Moment::End)?;
        }
        results.interrupted |= self.interrupt.load(Ordering::SeqCst);
        results.elapsed = clock.elapsed().as_secs_f64();
        record::keep(self, &results);
        results.profile = watch.map(|watch| profile::finish(self, plan, &results, &watch));
        Ok(results)
    }

    /// Schemas that must exist, and what is known to exist.
    fn prepare(&self, plan: &Plan<'_>) -> Result<()> {
        let flags = &self.globals.invocation.flags;
        if self.task == Task::Clone || flags.defer {
            defer::find(&self.globals, &self.shared)?;
        }
        let selected = plan.resources().filter_map(Resource::node).map(|node| &**node);
        let created: Vec<&Node> = selected.filter(|_| self.task.builds()).collect();
        let listed = match (flags.populate_cache, flags.cache_selected_only && self.task.builds()) {
            (false, _) => Vec::new(),
            (true, true) => created.clone(),
            (true, false) => self.shared.manifest.nodes.values().map(|node| &**node).collect(),
        };
        self.database.prepare(&created, &listed)
    }

    /// A behaviour flag: a failed `on-run-start` hook skips everything.
    fn skips_after_hooks(&self) -> bool {
        behaviour_flag(&self.globals, "skip_nodes_if_on_run_start_fails")
    }

    fn skip_all(&self, plan: &Plan<'_>, results: &mut RunResults) {
        for (index, resource) in plan.resources().enumerate() {
            let position = crate::events::Position { index: index + 1, total: self.total };
            self.narrator.skip(resource, position, &self.narrator.info(resource));
            results.results.push(Arc::new(NodeResult::new(resource.clone(), Status::Skipped)));
        }
    }

    /// Takes over what the workers did, and what they left undone.
    fn conclude(&self, outcome: Outcome, results: &mut RunResults) -> Result<()> {
        results.results.extend(outcome.results);
        match outcome.stop {
            None => {}
            Some(Stop::Interrupt) => results.interrupted = true,
            Some(Stop::Failure(failure)) if self.ends_at_first_error() => {
                return Err(Error::runtime(failure.shown_message().unwrap_or_default()));
            }
            Some(Stop::Failure(failure)) => {
                for resource in outcome.unstarted {
                    let skipped = NodeResult::new(resource, Status::Skipped).with_message("Skipping due to fail_fast");
                    results.results.push(Arc::new(skipped));
                }
                let said = report::Said { info: self.narrator.info(&failure.resource).to_json(), group: None };
                let details = report::Details::new(&self.shared, self.globals.invocation.flags.store_failures);
                report::result_error(&self.globals.events, &failure, &said, true, Some(&details));
                results.failed_fast = Some(failure);
            }
        }
        Ok(())
    }
}
