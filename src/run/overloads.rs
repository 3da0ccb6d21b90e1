//! Overloads of a user-defined function: after the function itself, each is made by the same materialization with its own
//! signature and body. One that fails does not hold back the others; what needs the function is skipped then.

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value as Json, json};

use crate::context::runtime::NodeRun;
use crate::error::Result;
use crate::events::lines;
use crate::events::{NodeInfo, Position};
use crate::manifest::{Compiled, Node, NodeKind};

use super::Task;
use super::results::{NodeResult, Overloads, Status};
use super::session::Session;
use super::tasks::materialize;

/// Whether a command makes a function.
pub(super) fn applies(task: Task, node: &Node) -> bool {
    matches!(task, Task::Run | Task::Build) && matches!(node.kind, NodeKind::Function(_))
}

/// Makes a function and its overloads, but for those that a run before a `retry` has made.
///
/// # Errors
/// The function itself cannot be made. Failures of overloads are in the result.
pub(super) fn execute(session: &Session, node: &Arc<Node>, run: &Arc<NodeRun>, info: &NodeInfo) -> Result<NodeResult> {
    let mut result = materialize::execute(session, node, run)?;
    let compiled = session.shared.compiled.get(&node.unique_id).unwrap_or_default();
    let before = session.globals.invocation.flags.retried_overloads.get(&node.unique_id);
    let mut overloads = Overloads::default();
    let total = node.overloads().len();
    for (index, (overload, body)) in node.overloads().iter().zip(&compiled.overloads).enumerate() {
        let name = overload["defined_in"].as_str().unwrap_or_default().to_owned();
        let about = session.narrator.about_overload(node, &name, Position { index: index + 1, total }, info);
        if before.is_some_and(|successful| successful.contains(&name)) {
            say(session, &about, "skipped");
            overloads.successful.push(name);
            continue;
        }
        let compiled = Compiled { code: Some(body.clone()), ..(*compiled).clone() };
        match make(session, &with_signature(node, overload), compiled, run, about) {
            true => overloads.successful.push(name),
            false => overloads.failed.push(name),
        }
    }
    if !overloads.failed.is_empty() {
        result.status = Status::PartialSuccess;
        result.message = Some(format!("PARTIAL SUCCESS {}", node.name));
    }
    result.overloads = Some(overloads);
    Ok(result)
}

/// Makes one overload and says so; whether that worked.
fn make(session: &Session, node: &Arc<Node>, compiled: Compiled, run: &Arc<NodeRun>, mut about: lines::About) -> bool {
    let events = &session.globals.events;
    events.emit(lines::overload_start(events.paint(), &about));
    let clock = Instant::now();
    let shared = Arc::new(session.shared.for_batch());
    shared.compiled.insert(&node.unique_id, compiled);
    let made = materialize::execute(session, node, &NodeRun::new(shared, run.connection.clone()));
    about.seconds = clock.elapsed().as_secs_f64();
    match made {
        Ok(_) => say(session, &about, "success"),
        Err(ref error) => {
            let mut error = error.clone();
            error.node = None;
            about.description = format!("{}: {}", about.description, error.without_hints());
            say(session, &about, "error");
        }
    }
    made.is_ok()
}

fn say(session: &Session, about: &lines::About, status: &str) {
    let events = &session.globals.events;
    events.emit(lines::overload_result(events.paint(), about, status));
}

/// The function with the signature of an overload; an overload that says nothing of a return type has the function's.
fn with_signature(node: &Node, overload: &Json) -> Arc<Node> {
    let mut node = node.clone();
    if let NodeKind::Function(fields) = &mut node.kind {
        for key in ["arguments", "returns"] {
            if let Some(given) = overload.get(key).filter(|given| !given.is_null()) {
                fields.insert(key.to_owned(), given.clone());
            }
        }
    }
    Arc::new(node)
}

/// The overloads that `run_results.json` of an earlier run tells of.
pub fn read_overloads(results: &Json) -> Option<Overloads> {
    let list = |key: &str| -> Option<Vec<String>> {
        let names = results.get(key)?.as_array()?.iter();
        names.map(|name| name.as_str().map(str::to_owned)).collect()
    };
    Some(Overloads { successful: list("successful")?, failed: list("failed")? })
}

/// Overloads as `run_results.json` shows them.
pub fn overloads_json(overloads: &Overloads) -> Json {
    json!({"successful": overloads.successful, "failed": overloads.failed})
}
