//! Where the state of `--defer-state` or `--state` says that nodes are: `clone` copies from there, and with `--defer` a
//! reference to what is not built here means what is there.

use std::collections::HashMap;

use serde_json::Value as Json;

use crate::adapter::Relation;
use crate::context::Globals;
use crate::context::runtime::RunShared;
use crate::error::{Error, Result};
use crate::graph::PreviousState;

/// Fills `shared.deferred` from the state's manifest: every model, seed and snapshot of both that is not ephemeral
/// there.
///
/// # Errors
/// No state is given, it has no manifest, or the manifest cannot be read.
pub(super) fn find(globals: &Globals, shared: &RunShared) -> Result<()> {
    let flags = &globals.invocation.flags;
    let Some(state) = flags.defer_state.as_ref().or(flags.state.as_ref()) else {
        return Err(Error::runtime("--state or --defer-state are required for deferral, but neither was provided")
            .hint(
                "Give the folder that holds the manifest.json of the other environment: --state path/to/artifacts.",
            ));
    };
    let previous = PreviousState::load(&flags.project_dir.join(state), &globals.project.target_path)?;
    let manifest = previous
        .manifest
        .ok_or_else(|| Error::runtime(format!("Could not find manifest in --state path: \"{}\"", state.display())))?;
    let nodes = manifest.get("nodes").and_then(Json::as_object);
    let known =
        nodes.into_iter().flatten().filter(|(id, node)| shared.manifest.nodes.contains_key(*id) && counts(node));
    let relations: HashMap<String, Relation> = known.map(|(id, node)| (id.clone(), relation(shared, node))).collect();
    // A second run on the same shared part keeps the first one's state: dbt has one run for a process.
    let _ = shared.deferred.set(relations);
    Ok(())
}

fn counts(node: &Json) -> bool {
    let refable = matches!(node["resource_type"].as_str(), Some("model" | "seed" | "snapshot"));
    refable && node["config"]["materialized"] != "ephemeral"
}

fn relation(shared: &RunShared, node: &Json) -> Relation {
    let part = |name: &str| node[name].as_str();
    let mut policy = shared.adapter.quoting();
    let quoting = &node["config"]["quoting"];
    policy.database = quoting["database"].as_bool().unwrap_or(policy.database);
    policy.schema = quoting["schema"].as_bool().unwrap_or(policy.schema);
    policy.identifier = quoting["identifier"].as_bool().unwrap_or(policy.identifier);
    Relation::new(part("database"), part("schema"), part("alias")).with_quote_policy(policy)
}
