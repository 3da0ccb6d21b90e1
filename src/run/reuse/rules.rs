//! What the configuration says of change detection for a node, and what rules it out whatever a query reads.

use serde_json::Value as Json;

use crate::context::runtime::NodeRun;
use crate::error::{Error, Result};
use crate::manifest::{Node, ResourceType};
use crate::run::session::Session;
use crate::run::tasks::pointer;
use crate::run::{Task, microbatch};

/// How much a node's owner wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It is always built, and nothing is noted.
    Off,
    /// It is built unless it is certain that nothing changed.
    Certain,
    /// Only the inputs that rdbt knows of count; what else there may be was left to the owner.
    KnownInputs,
}

/// Materializations of dbt's whose work is known: what they make is one table or view and follows from the query.
const KNOWN: [&str; 6] = ["incremental", "seed", "snapshot", "table", "test", "view"];

/// What holds for a node: its configuration first, then `--skip-unchanged`; `--no-skip-unchanged` turns all of it off.
///
/// # Errors
/// The configuration has a value that means nothing.
pub fn mode(flag: Option<bool>, node: &Node) -> Result<Mode> {
    if flag == Some(false) || !has_rules(node) {
        return Ok(Mode::Off);
    }
    match node.config.get("skip_unchanged") {
        None if flag == Some(true) => Ok(Mode::Certain),
        None | Some(Json::Bool(false)) => Ok(Mode::Off),
        Some(Json::Bool(true)) => Ok(Mode::Certain),
        Some(Json::String(text)) if text == "known_inputs" => Ok(Mode::KnownInputs),
        Some(other) => Err(Error::runtime(format!(
            "The configuration `skip_unchanged` of `{}` ({}) is {other}, which means nothing.",
            node.unique_id, node.original_file_path
        ))
        .hint("Set it to true, false or `known_inputs`.")),
    }
}

/// Whether change detection knows nodes of this kind.
pub fn has_rules(node: &Node) -> bool {
    use ResourceType::{Model, Seed, Snapshot, Test};
    matches!(node.resource_type, Model | Seed | Snapshot | Test) && !node.is_ephemeral()
}

/// Whether the command does anything that can be spared.
pub fn applies(task: Task) -> bool {
    matches!(task, Task::Run | Task::Build | Task::Seed | Task::Snapshot | Task::Test)
}

/// Why a node is built whatever its configuration says: phrases that go on from "it".
pub fn obstacles(session: &Session, node: &Node) -> Vec<String> {
    let flags = &session.globals.invocation.flags;
    let mut found = Vec::new();
    let mut note = |holds: bool, why: &str| found.extend(holds.then(|| why.to_owned()));
    note(flags.full_refresh, "is to be built anew (--full-refresh)");
    note(
        node.config.bool("full_refresh") == Some(true),
        "is configured to be built anew each time (`full_refresh: true`)",
    );
    let batches = node.config.str("incremental_strategy") == Some("microbatch");
    note(
        batches || microbatch::applies(session.task, session.uses_batches, node),
        "is built batch by batch, up to now",
    );
    note(pointer::is_wanted(session, node), "has a pointer to its latest version, which is made with it");
    note(crate::compile::stores_failures(node, flags.store_failures), "stores the rows that fail");
    found
}

/// Why a node is built unless its owner has taken the responsibility: phrases that go on from "it".
pub fn doubts(session: &Session, node: &Node, run: &NodeRun) -> Vec<String> {
    let mut found = Vec::new();
    let mut note = |holds: bool, why: String| found.extend(holds.then_some(why));
    note(node.language == "python", "is a Python model, which may read anything".to_owned());
    for key in ["pre-hook", "post-hook"] {
        note(!node.config.hooks(key).is_empty(), format!("has a {key}, which may do anything"));
    }
    let name = materialization(node);
    let built_in = session
        .globals
        .macros
        .materialization(name, true)
        .is_some_and(|id| id.starts_with("macro.dbt.") || id.starts_with("macro.dbt_duckdb."));
    note(!built_in || !KNOWN.contains(&name), format!("is materialized as `{name}`, whose work rdbt does not know"));
    let compiled = run.shared.compiled.get(&node.unique_id).unwrap_or_default();
    let header = compiled.macros.iter().any(|id| id.ends_with(".set_sql_header"));
    note(
        header || node.config.get("sql_header").is_some(),
        "sends statements before its query (`sql_header`)".to_owned(),
    );
    found
}

/// Whether building the node changes its own table or view and nothing else.
pub fn is_plain(node: &Node) -> bool {
    let hooks = ["pre-hook", "post-hook"].iter().any(|key| !node.config.hooks(key).is_empty());
    !hooks && node.language == "sql" && KNOWN.contains(&materialization(node))
}

/// The name of a node's materialization.
pub fn materialization(node: &Node) -> &str {
    match node.resource_type {
        ResourceType::Test => "test",
        _ => node.config.materialized(),
    }
}
