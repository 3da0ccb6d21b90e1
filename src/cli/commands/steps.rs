//! `--for`: a command run for one value after another, in one process and on one open database. Each step leaves its
//! artifacts in a folder of its own below the target folder, a summary says what became of all of them, and the last one's
//! artifacts go where those of a plain command are.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use super::reports::Reports;
use super::run::{Database, run_in};
use crate::artifacts::{StepRecord, StepsSummary};
use crate::cli::workspace::Workspace;
use crate::error::{Error, Result, did_you_mean};
use crate::events::{Events, StepTag, lines};
use crate::invocation::{Invocation, Resumed, Step};
use crate::run::{RunResults, Task};

pub fn run(invocation: &Arc<Invocation>, events: &Arc<Events>, task: Task) -> Result<bool> {
    let steps = Step::all(&invocation.flags.series);
    let clock = Instant::now();
    let mut course = Course {
        invocation,
        events,
        task,
        summary: StepsSummary::new(invocation, &steps),
        workspace: None,
        finished: false,
        reports: Reports::new(invocation)?,
        clock,
    };
    course.take_over(&steps);
    let ended = course.run_all(&steps);
    course.events.set_step(None);
    course.close(ended)
}

/// A command on its way through its steps.
struct Course<'a> {
    invocation: &'a Arc<Invocation>,
    events: &'a Arc<Events>,
    task: Task,
    summary: StepsSummary,
    /// That of the last step that began to run.
    workspace: Option<Workspace>,
    /// Whether that step has results.
    finished: bool,
    reports: Reports,
    clock: Instant,
}

impl Course<'_> {
    /// Takes over what the command that `retry` repeats has done.
    fn take_over(&mut self, steps: &[Step]) {
        let resumed: &HashMap<PathBuf, Resumed> = &self.invocation.flags.resumed;
        for (step, record) in steps.iter().zip(&mut self.summary.steps) {
            if let Some(Resumed::Done(done)) = resumed.get(&step.folder())
                && let Ok(done) = serde_json::from_value::<StepRecord>((**done).clone())
            {
                *record = done;
            }
        }
    }

    /// Runs the steps until one fails, or all of them with `--keep-going`; an error is one that ends the command.
    fn run_all(&mut self, steps: &[Step]) -> Result<()> {
        for (index, step) in steps.iter().enumerate() {
            if self.summary.steps[index].succeeded() {
                continue;
            }
            let results = self.run_step(index, step);
            let interrupted = results.as_ref().is_ok_and(|results| results.interrupted);
            let verdict = results.and_then(|results| results.verdict());
            match verdict {
                Ok(true) => {}
                Ok(false) if self.invocation.flags.keep_going => {}
                Err(error) if self.invocation.flags.keep_going && !interrupted => {
                    let paint = self.events.paint();
                    self.events.emit(lines::encountered_error(paint, &error.to_string()));
                }
                Ok(false) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn run_step(&mut self, index: usize, step: &Step) -> Result<RunResults> {
        let given = std::env::var("DBT_INVOCATION_ID").ok().filter(|id| !id.is_empty());
        let id = given.unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
        let own = Arc::new(self.invocation.at(step, id));
        self.events.set_step(Some(StepTag {
            place: format!("{}/{}", step.number, step.total),
            label: step.label(),
            invocation_id: own.invocation_id.clone(),
        }));
        self.events.emit(lines::formatting(""));
        self.events.emit(lines::step_start(step.number, step.total, &step.label()));
        let clock = Instant::now();
        let task = self.task;
        let results = self.enter(&own).and_then(|workspace| run_in(workspace, task, Database::StaysOpen));
        self.finished |= results.is_ok();
        self.reports.add(&own, Some(&step.label()), self.workspace.as_ref(), &results);
        self.summary.steps[index].note(&own, &results, clock.elapsed().as_secs_f64());
        self.write_summary("running")?;
        results
    }

    /// Loads the project for a step. Where that fails, the workspace of the step before stays.
    fn enter(&mut self, own: &Arc<Invocation>) -> Result<&Workspace> {
        let next = match &mut self.workspace {
            Some(workspace) => workspace.next_step(own)?,
            None => {
                let workspace = Workspace::open_with_database(own, self.events)?;
                self.warn_of_undeclared(&workspace)?;
                workspace
            }
        };
        self.finished = false;
        Ok(self.workspace.insert(next))
    }

    /// A variable need not be declared, but one that is not is often mistyped.
    fn warn_of_undeclared(&self, workspace: &Workspace) -> Result<()> {
        let project = &workspace.globals.project;
        for series in self.invocation.flags.series.iter().filter(|series| !project.declares_var(&series.name)) {
            let near = did_you_mean(&series.name, project.declared_vars());
            self.events.warn(lines::unknown_series(self.events.paint(), &series.name, near))?;
        }
        Ok(())
    }

    fn write_summary(&mut self, status: &str) -> Result<()> {
        let Some(workspace) = &self.workspace else { return Ok(()) };
        if !self.invocation.flags.write_json {
            return Ok(());
        }
        self.summary.elapsed_time = self.clock.elapsed().as_secs_f64();
        status.clone_into(&mut self.summary.status);
        self.summary.write(&workspace.globals.project.base_target_path)
    }

    /// Closes the database, publishes the last step, writes the summary and says what became of the steps.
    fn close(mut self, ended: Result<()>) -> Result<bool> {
        let left = match &self.workspace {
            Some(workspace) => {
                let closed = workspace.globals.adapter.engine().close().map_err(Error::from);
                closed.and(workspace.publish(self.finished))
            }
            None => Ok(()),
        };
        let steps = &self.summary.steps;
        let success = steps.iter().all(StepRecord::succeeded);
        let interrupted = steps.iter().any(|step| step.status == "interrupted");
        let summed_up = self.write_summary(match success {
            true => "success",
            false if interrupted => "interrupted",
            false => "error",
        });
        let reported = self.reports.write();
        self.report();
        ended.and(left).and(summed_up).and(reported)?;
        // What could not run ends a plain command with another code than what failed; so it does here.
        let broken = self.summary.steps.iter().filter(|step| step.error.is_some()).count();
        match broken {
            0 => Ok(success),
            _ => Err(Error::runtime(format!(
                "{broken} of {} steps could not run; each says why above, and so does the summary.",
                self.summary.steps.len()
            ))),
        }
    }

    fn report(&self) {
        let paint = self.events.paint();
        self.events.emit(lines::formatting(""));
        let seconds = self.summary.elapsed_time;
        self.events.emit(lines::formatting(&format!("{} steps in {seconds:.2}s:", self.summary.steps.len())));
        for (step, record) in Step::all(&self.invocation.flags.series).iter().zip(&self.summary.steps) {
            let counts = record.counts.iter().map(|(status, count)| format!("{count} {status}"));
            let nodes = counts.collect::<Vec<_>>().join(", ");
            let line =
                lines::step_result(paint, step.number, &step.label(), &record.status, &nodes, record.elapsed_time);
            self.events.emit(line);
        }
    }
}
