//! Compiles macros ahead: opening a database takes some 20 ms, for which a command with little to parse waits. What the plan's
//! materializations may call is compiled meanwhile.

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexSet;

use super::plan::{Plan, Resource};
use super::session::Session;
use crate::manifest::Manifest;

/// Begins to compile the macros that the plan's materializations can reach, but for materializations that are not going to be
/// evaluated (see [`super::tasks::direct`]). A macro that cannot be compiled says so where it is called.
pub(super) fn materializations(session: &Session, plan: &Plan<'_>) {
    if !session.task.builds() {
        return;
    }
    let nodes = plan.resources().filter_map(Resource::node);
    let names: HashSet<&str> = nodes.map(|node| node.config.materialized()).collect();
    let evaluated = names.into_iter().filter(|name| !session.direct.is_standard(session, name));
    let found = evaluated.filter_map(|name| session.globals.macros.materialization(name, true));
    let macros = reachable(&session.shared.manifest, found);
    let engine = session.globals.engine.clone();
    rayon::spawn(move || macros.iter().for_each(|unique_id| drop(engine.compile(unique_id))));
}

/// The macros of these unique ids and all that they name, directly or through others; what is called first comes early.
fn reachable<'a>(manifest: &'a Manifest, first: impl Iterator<Item = &'a Arc<str>>) -> IndexSet<String> {
    let mut seen: IndexSet<&str> = first.map(|id| &**id).collect();
    let mut next = 0;
    while let Some(id) = seen.get_index(next).copied() {
        next += 1;
        let called = manifest.macros.get(id).into_iter().flat_map(|found| &found.depends_on);
        seen.extend(called.map(String::as_str));
    }
    seen.into_iter().map(str::to_owned).collect()
}
