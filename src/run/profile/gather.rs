//! Puts results and statements together to one profile.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use super::advice;
use super::chain;
use super::{NodeProfile, Profile, Statement, Totals, Worker};
use crate::context::database::SentStatement;
use crate::manifest::ResourceType;
use crate::run::plan::{Plan, Resource};
use crate::run::results::{NodeResult, RunResults, moment};
use crate::run::session::Session;

/// Version of `profile.json`; it changes when a field goes or means something else.
const VERSION: u32 = 1;

/// Characters of a statement that are kept: what is longer is rows of a seed or values of a test.
const LONGEST_SQL: usize = 20_000;

/// The begin of a run that is profiled.
pub(in crate::run) struct Watch {
    began: Instant,
    at: DateTime<Utc>,
}

impl Watch {
    /// Begins to profile, if that is wanted.
    pub fn start(session: &Session) -> Option<Watch> {
        let wanted = session.globals.invocation.flags.other.get("profile_nodes").and_then(Json::as_bool);
        if wanted != Some(true) || !session.task.builds() {
            return None;
        }
        session.shared.adapter.profiles().start();
        Some(Watch { began: Instant::now(), at: Utc::now() })
    }

    /// Seconds from the begin to a moment.
    fn since(&self, at: DateTime<Utc>) -> f64 {
        (at - self.at).num_microseconds().map_or(0.0, |micros| {
            #[allow(clippy::cast_precision_loss)]
            let micros = micros as f64;
            (micros / 1e6).max(0.0)
        })
    }
}

/// The profile of a run that has ended.
pub(in crate::run) fn finish(session: &Session, plan: &Plan<'_>, results: &RunResults, watch: &Watch) -> Arc<Profile> {
    let sent = session.shared.adapter.profiles().finish();
    let mut nodes: Vec<NodeProfile> =
        results.results.iter().map(|result| node_profile(session, plan, result, watch)).collect();
    let own_statements = share_out(session, &mut nodes, sent, watch);
    nodes.iter_mut().for_each(sum_up);
    // What was not run has no begin, and comes last.
    nodes.sort_by(|a, b| a.started.unwrap_or(f64::MAX).total_cmp(&b.started.unwrap_or(f64::MAX)));
    let critical_path = chain::find(plan, &mut nodes);
    let invocation = &session.globals.invocation;
    let mut profile = Profile {
        profile_version: VERSION,
        rdbt_version: env!("CARGO_PKG_VERSION"),
        invocation_id: invocation.invocation_id.clone(),
        command: invocation.command.clone(),
        step: invocation.flags.step.as_ref().map(|step| step.label()),
        started_at: moment(watch.at),
        seconds: results.elapsed,
        threads: crate::run::workers(&session.globals),
        totals: totals(&nodes, &own_statements),
        workers: workers(&nodes),
        critical_path,
        advice: Vec::new(),
        nodes,
        own_statements,
    };
    profile.advice = advice::find(session, plan, &profile);
    Arc::new(profile)
}

fn node_profile(session: &Session, plan: &Plan<'_>, result: &NodeResult, watch: &Watch) -> NodeProfile {
    let resource = &result.resource;
    let id = resource.unique_id();
    let materialized = resource.node().filter(|node| node.resource_type == ResourceType::Model);
    let step = |name: &str| result.timing.iter().find(|timing| timing.name == name);
    let seconds = |name: &str| {
        let timing = step(name);
        timing.map_or(0.0, |timing| watch.since(timing.completed_at) - watch.since(timing.started_at))
    };
    let ran: Vec<String> = match resource {
        Resource::Node(node) => node.depends_on.nodes.clone(),
        Resource::UnitTest(test) => test.depends_on.nodes.clone(),
        _ => Vec::new(),
    };
    let known = |parent: &String| plan.items.contains_key(parent) && session.shared.manifest.node(parent).is_some();
    NodeProfile {
        unique_id: id.to_owned(),
        name: resource.name().to_owned(),
        resource_type: resource.resource_type().as_str(),
        materialized: materialized.map(|node| node.config.materialized().to_owned()),
        status: result.status.as_str(),
        worker: result.thread_id.clone(),
        started: result.timing.first().map(|timing| watch.since(timing.started_at)),
        seconds: result.execution_time,
        compile_seconds: seconds("compile"),
        depends_on: ran.into_iter().filter(known).collect(),
        ..NodeProfile::default()
    }
}

/// Gives each node the statements of its connections, and gives back those of no node. Hooks of the project share a
/// connection, so theirs are told apart by time.
fn share_out(session: &Session, nodes: &mut [NodeProfile], sent: Vec<SentStatement>, watch: &Watch) -> Vec<Statement> {
    let places: HashMap<String, usize> =
        nodes.iter().enumerate().map(|(place, node)| (node.unique_id.clone(), place)).collect();
    let hooks: Vec<(usize, f64, f64)> = (nodes.iter().enumerate())
        .filter(|(_, node)| node.resource_type == ResourceType::Operation.as_str())
        .filter_map(|(place, node)| node.started.map(|start| (place, start, start + node.seconds)))
        .collect();
    let mut others = Vec::new();
    for one in sent {
        let statement = statement(session, one, watch);
        let during = |(_, start, end): &&(usize, f64, f64)| (*start..=*end).contains(&statement.started);
        let hook = || hooks.iter().find(during).filter(|_| statement.connection == "master").map(|(place, ..)| *place);
        match places.get(&statement.connection).copied().or_else(hook) {
            Some(place) => nodes[place].statements.push(statement),
            None => others.push(statement),
        }
    }
    others
}

fn statement(session: &Session, one: SentStatement, watch: &Watch) -> Statement {
    let profile = one.profile;
    let mut sql = session.globals.events.scrubbed(profile.sql);
    if let Some((end, _)) = sql.char_indices().nth(LONGEST_SQL) {
        sql.truncate(end);
        sql.push_str(" ... (cut)");
    }
    Statement {
        connection: one.connection,
        started: profile.began.saturating_duration_since(watch.began).as_secs_f64(),
        seconds: profile.seconds,
        sql,
        error: profile.error.map(|error| session.globals.events.scrubbed(error)),
        figures: profile.figures.map(|mut figures| {
            figures.operators.iter_mut().for_each(|operator| scrub(session, operator));
            figures
        }),
    }
}

/// Filters hold values of the statement, and so perhaps a secret.
fn scrub(session: &Session, operator: &mut crate::adapter::Operator) {
    for (_, value) in &mut operator.details {
        *value = session.globals.events.scrubbed(std::mem::take(value));
    }
    operator.children.iter_mut().for_each(|child| scrub(session, child));
}

/// Sums over the statements of a node.
fn sum_up(node: &mut NodeProfile) {
    let first = node.statements.iter().find_map(|statement| statement.figures.as_ref());
    // Both peaks are those of the connection so far: the first tells what there was before.
    let temporary_before = first.map_or(0, |figures| figures.temporary_peak);
    let mut sums = Totals::default();
    node.statements.iter().for_each(|statement| add(&mut sums, statement));
    node.database_seconds = sums.database_seconds;
    node.cpu_seconds = sums.cpu_seconds;
    node.rows_read = sums.rows_read;
    node.rows_written = sums.rows_written;
    node.rows_deleted = sums.rows_deleted;
    node.memory_peak_bytes = sums.memory_peak_bytes;
    node.spilled_bytes = sums.spilled_bytes.saturating_sub(temporary_before);
    // A node that ran twice began with the first try, of which only the statements are left.
    let began = node.statements.iter().map(|statement| statement.started).reduce(f64::min);
    node.started = match (node.started, began) {
        (Some(started), Some(began)) => Some(started.min(began)),
        (started, began) => started.or(began),
    };
}

fn add(sums: &mut Totals, statement: &Statement) {
    sums.statements += 1;
    sums.database_seconds += statement.seconds;
    let Some(figures) = &statement.figures else { return };
    sums.cpu_seconds += figures.cpu_seconds;
    sums.rows_read += figures.rows_scanned;
    sums.rows_written += figures.rows_written;
    sums.rows_deleted += figures.rows_deleted;
    sums.memory_peak_bytes = sums.memory_peak_bytes.max(figures.memory_peak);
    sums.spilled_bytes = sums.spilled_bytes.max(figures.temporary_peak);
}

fn totals(nodes: &[NodeProfile], own: &[Statement]) -> Totals {
    let mut sums = Totals { node_seconds: nodes.iter().map(|node| node.seconds).sum(), ..Totals::default() };
    nodes.iter().flat_map(|node| &node.statements).chain(own).for_each(|statement| add(&mut sums, statement));
    sums
}

fn workers(nodes: &[NodeProfile]) -> Vec<Worker> {
    let mut workers: Vec<Worker> = Vec::new();
    for node in nodes.iter().filter(|node| node.started.is_some()) {
        let place = workers.iter().position(|worker| worker.name == node.worker).unwrap_or_else(|| {
            workers.push(Worker { name: node.worker.clone(), nodes: 0, busy_seconds: 0.0 });
            workers.len() - 1
        });
        workers[place].nodes += 1;
        workers[place].busy_seconds += node.seconds;
    }
    workers.sort_by(|a, b| (a.name.len(), &a.name).cmp(&(b.name.len(), &b.name)));
    workers
}
