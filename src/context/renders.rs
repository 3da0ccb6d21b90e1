//! What nodes rendered to while they were compiled in a step of `--for`, for the steps after it: a text that read nothing but the
//! project and variables that are as they were is not rendered again. What asked the database, the clock, the graph or
//! the invocation, or sent a message, is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::reads::Reads;
use super::runtime::NodeRun;
use super::scope::Globals;
use crate::events::effects;
use crate::jinja::Rendered;
use crate::manifest::{Node, ResourceType, UniqueId};

/// The renders of one manifest's nodes, by unique id.
#[derive(Debug, Default)]
pub struct Renders {
    known: Mutex<HashMap<UniqueId, Arc<Kept>>>,
}

/// A render that holds while what it read is as it was.
#[derive(Debug)]
struct Kept {
    text: String,
    macros: Vec<Arc<str>>,
    /// Ephemeral models that it referred to.
    ctes: Vec<UniqueId>,
    /// What `var()` gave, as [`Globals::var_shown`] shows it.
    vars: Vec<(String, Option<String>)>,
    env: Vec<(String, Option<String>)>,
}

impl Renders {
    /// Whether the renders of a node are of any use in another step. Each batch of a microbatch model has a text of its own, hooks
    /// see results, and Python models get functions with what they refer to.
    fn keeps(node: &Node, run: &NodeRun) -> bool {
        let kinds = [ResourceType::Model, ResourceType::Test, ResourceType::Snapshot];
        kinds.contains(&node.resource_type)
            && node.language == "sql"
            && node.unit_test().is_none()
            && run.batch.is_none()
    }

    /// What `node` rendered to before, if rendering it now would come to the same; `run` knows the ephemeral models that it
    /// refers to, as after rendering.
    pub fn find(&self, globals: &Globals, node: &Node, run: &NodeRun) -> Option<Rendered> {
        if !Renders::keeps(node, run) {
            return None;
        }
        let kept = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&node.unique_id).cloned()?;
        let same_vars = kept.vars.iter().all(|(name, was)| globals.var_shown(&node.package_name, name) == *was);
        if !same_vars || kept.env.iter().any(|(name, was)| std::env::var(name).ok() != *was) {
            return None;
        }
        kept.ctes.iter().for_each(|id| run.add_cte(id));
        Some(Rendered { text: kept.text.clone(), macros: kept.macros.clone() })
    }

    /// Does `render`, a render of `node` in `run`, and keeps what it comes to if that can be repeated.
    ///
    /// # Errors
    /// Those of `render`.
    pub fn keep<E>(
        &self,
        globals: &Globals,
        node: &Node,
        run: &NodeRun,
        render: impl FnOnce() -> Result<Rendered, E>,
    ) -> Result<Rendered, E> {
        if !Renders::keeps(node, run) {
            return render();
        }
        let effects = effects::count();
        run.note_reads();
        let rendered = render();
        let reads = run.take_reads().unwrap_or_default();
        let repeatable = !reads.unrepeatable && effects::count() == effects;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match &rendered {
            Ok(rendered) if repeatable => {
                known.insert(node.unique_id.clone(), Arc::new(Kept::new(globals, node, run, rendered, reads)));
            }
            _ => drop(known.remove(&node.unique_id)),
        }
        rendered
    }
}

impl Kept {
    fn new(globals: &Globals, node: &Node, run: &NodeRun, rendered: &Rendered, reads: Reads) -> Kept {
        let shown = |name: String| {
            let value = globals.var_shown(&node.package_name, &name);
            (name, value)
        };
        let set = |name: String| {
            let value = std::env::var(&name).ok();
            (name, value)
        };
        Kept {
            text: rendered.text.clone(),
            macros: rendered.macros.clone(),
            ctes: run.ctes(),
            vars: reads.vars.into_iter().map(shown).collect(),
            env: reads.env.into_iter().map(set).collect(),
        }
    }
}
