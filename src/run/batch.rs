//! Seeds that are ready together load as one batch: on one connection of the worker that takes them, in one transaction.
//! If anything in it fails, all of it is undone and each seed is loaded by itself, so that the good ones land and the
//! bad one gets its own error. Seeds that a project's own macros may load differently are never batched.

use std::sync::Arc;
use std::time::Instant;

use crate::adapter::{AdapterErrorKind, Relation};
use crate::context::Globals;
use crate::context::database::NodeConnection;
use crate::context::macro_resolver::INTERNAL_PACKAGES;
use crate::context::runtime::NodeRun;
use crate::error::{Error, Result};
use crate::events::lines;
use crate::events::{Level, Position};
use crate::manifest::{Node, ResourceType};

use super::Task;
use super::database::Database;
use super::levels;
use super::plan::{Plan, Resource};
use super::results::NodeResult;
use super::session::{Progress, Session};

/// Parts of the names of macros that have to do with loading seeds.
const SEED_MACROS: [&str; 8] =
    ["seed", "csv", "statement", "run_hooks", "create_indexes", "apply_grants", "persist_docs", "get_binding_char"];

/// How many seeds a worker takes together; 1 means that they are not batched.
pub(super) fn size(session: &Session, plan: &Plan<'_>, threads: usize) -> usize {
    let seeds = plan.resources().filter(|resource| fits(resource)).count();
    let transactions = !session.shared.adapter.credentials().disable_transactions;
    if session.task == Task::Show || !transactions || seeds < 2 || overridden(&session.globals) {
        return 1;
    }
    seeds.div_ceil(threads.max(1))
}

/// Whether a resource is a seed that nothing but the built-in macros touches.
pub(super) fn fits(resource: &Resource) -> bool {
    let Some(node) = resource.node().filter(|node| node.resource_type == ResourceType::Seed) else { return false };
    let hooks = ["pre-hook", "post-hook"].iter().any(|key| !node.config.hooks(key).is_empty());
    let constraints = node.columns.values().any(|column| !column.constraints.is_empty());
    let limited = node.config.get("timeout").is_some() || levels::applies(node);
    !hooks && !constraints && !limited && node.config.materialized() == "seed"
}

/// Whether the project or a package has a macro that may change how seeds load.
fn overridden(globals: &Globals) -> bool {
    let packages = globals.project.all_packages().map(|package| package.name.as_str());
    packages.filter(|package| !INTERNAL_PACKAGES.contains(package)).any(|package| {
        let names = globals.macros.names_in(package);
        names.iter().any(|name| SEED_MACROS.iter().any(|part| name.contains(part)))
    })
}

/// Loads `seeds` in one transaction and says so; nothing is left behind and nothing is said if that fails.
pub(super) fn load(session: &Session, seeds: &[(&Resource, Position)]) -> Option<Vec<NodeResult>> {
    let before: Vec<Option<Relation>> = seeds.iter().map(|(seed, _)| known(session, seed)).collect();
    let tried = session.beside_others(|| transaction(session, seeds));
    match tried {
        Ok(loaded) => Some(announce(session, seeds, loaded)),
        Err((error, curable)) => {
            for ((seed, _), relation) in seeds.iter().zip(before) {
                restore(session, seed, relation);
            }
            let text = format!(
                "Loading {} seeds as one batch failed, so each is loaded by itself. The error was: {error}",
                seeds.len()
            );
            // A bad seed gets its own error; what is not a seed's fault is news.
            let level = if curable.is_some() { Level::Info } else { Level::Debug };
            session.globals.events.emit(lines::note(level, &text));
            if curable == Some(AdapterErrorKind::OutOfMemory) {
                session.run_fewer();
            }
            None
        }
    }
}

/// Why a batch failed, and what kind of refusal of the engine's it was, where fewer at a time may do better.
type Failure = (Error, Option<AdapterErrorKind>);

/// The results of the seeds, all or none.
fn transaction(
    session: &Session,
    seeds: &[(&Resource, Position)],
) -> std::result::Result<Vec<(NodeResult, Progress)>, Failure> {
    let mut connection = session.database.connect("seed_batch").map_err(|error| (error, None))?;
    connection.hold_commits();
    let loaded = load_all(session, seeds, &mut connection).and_then(|loaded| {
        connection.commit_held()?;
        Ok(loaded)
    });
    let curable = Database::curable(&connection);
    connection.release();
    loaded.map_err(|error| (error, curable))
}

fn load_all(
    session: &Session,
    seeds: &[(&Resource, Position)],
    connection: &mut Arc<NodeConnection>,
) -> Result<Vec<(NodeResult, Progress)>> {
    let mut loaded = Vec::new();
    for (seed, _) in seeds {
        let clock = Instant::now();
        let mut progress = session.begin(seed);
        *connection = session.database.continue_as(connection, seed, &progress.info)?;
        let run = NodeRun::new(session.shared.clone(), connection.clone());
        let mut result = session.compile_and_execute(seed, &run, &mut progress)?;
        result.execution_time = clock.elapsed().as_secs_f64();
        result.timing = std::mem::take(&mut progress.timing);
        loaded.push((result, progress));
    }
    Ok(loaded)
}

/// Start and result of each seed, in the order and the words of seeds that load one after another.
fn announce(
    session: &Session,
    seeds: &[(&Resource, Position)],
    loaded: Vec<(NodeResult, Progress)>,
) -> Vec<NodeResult> {
    let mut results = Vec::new();
    for ((seed, position), (result, mut progress)) in seeds.iter().zip(loaded) {
        session.narrator.start(seed, *position, &progress.info);
        session.end(&result, *position, &mut progress);
        results.push(result);
    }
    results
}

/// What the relation cache knows of a seed's table.
fn known(session: &Session, seed: &Resource) -> Option<Relation> {
    let node: &Arc<Node> = seed.node()?;
    let relations = session.shared.adapter.cache().alike(node.database.as_deref(), &node.schema, &node.alias);
    relations
        .into_iter()
        .find(|relation| relation.identifier().is_some_and(|identifier| identifier.eq_ignore_ascii_case(&node.alias)))
}

fn restore(session: &Session, seed: &Resource, before: Option<Relation>) {
    let cache = session.shared.adapter.cache();
    if let Some(now) = known(session, seed) {
        cache.drop_relation(&now);
    }
    if let Some(before) = before {
        cache.add(before);
    }
}
