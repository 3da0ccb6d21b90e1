//! What compiling a node adds to it. Kept beside the manifest, which does not change after parsing.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::{InjectedCte, UniqueId};

/// A node after compiling.
#[derive(Debug, Clone, Default)]
pub struct Compiled {
    /// The SQL with ephemeral models injected.
    pub code: Option<Arc<str>>,
    /// The SQL before injection, for a model that others inject.
    pub pre_injected: Option<Arc<str>>,
    /// `target/compiled/...`, relative to the project, where it was written.
    pub path: Option<String>,
    /// `target/run/...`, relative to the project, where the materialization's SQL was written.
    pub build_path: Option<String>,
    /// Injected ephemeral models.
    pub extra_ctes: Vec<InjectedCte>,
    /// Whether injection was done.
    pub extra_ctes_injected: bool,
    /// Quoted name where it differs from the parsed one (tests that store failures).
    pub relation_name: Option<String>,
    /// Unique ids of the macros that the text called when it was compiled; some calls are not made while parsing.
    pub macros: Vec<Arc<str>>,
    /// Place of a hook of the project among those that ran with it, from 1.
    pub hook_index: Option<usize>,
    /// Bodies of a function's overloads, in their order.
    pub overloads: Vec<Arc<str>>,
    /// Relations that foreign keys refer to, by the `to` of YAML.
    pub foreign_keys: HashMap<String, String>,
}

/// Compiled nodes by unique id; written by workers, read by artifacts.
#[derive(Debug, Default)]
pub struct CompiledNodes {
    nodes: RwLock<HashMap<UniqueId, Arc<Compiled>>>,
    changed: Mutex<HashSet<UniqueId>>,
}

impl CompiledNodes {
    /// What is known of a node.
    pub fn get(&self, unique_id: &str) -> Option<Arc<Compiled>> {
        self.nodes.read().unwrap_or_else(PoisonError::into_inner).get(unique_id).cloned()
    }

    /// Whether nothing is known of any node.
    pub fn is_empty(&self) -> bool {
        self.nodes.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Replaces what is known of a node.
    pub fn insert(&self, unique_id: &str, compiled: Compiled) {
        let mut nodes = self.nodes.write().unwrap_or_else(PoisonError::into_inner);
        nodes.insert(unique_id.to_owned(), Arc::new(compiled));
        self.note(unique_id);
    }

    /// Takes out what is known of a node.
    pub fn take(&self, unique_id: &str) -> Option<Arc<Compiled>> {
        self.nodes.write().unwrap_or_else(PoisonError::into_inner).remove(unique_id)
    }

    /// Changes what is known of a node, starting from nothing if nothing is.
    pub fn update(&self, unique_id: &str, change: impl FnOnce(&mut Compiled)) {
        let mut nodes = self.nodes.write().unwrap_or_else(PoisonError::into_inner);
        let mut compiled = nodes.get(unique_id).map(|known| (**known).clone()).unwrap_or_default();
        change(&mut compiled);
        nodes.insert(unique_id.to_owned(), Arc::new(compiled));
        self.note(unique_id);
    }

    /// The same with the paths of written files below `to` where they were below `from`, both relative to the project.
    #[must_use]
    pub fn moved(&self, from: &str, to: &str) -> CompiledNodes {
        let move_path = |path: &mut Option<String>| {
            if let Some(rest) = path.as_deref().and_then(|path| path.strip_prefix(from)) {
                *path = Some(format!("{to}{rest}"));
            }
        };
        let nodes = self.nodes.read().unwrap_or_else(PoisonError::into_inner);
        let moved = nodes.iter().map(|(id, compiled)| {
            let mut compiled = (**compiled).clone();
            move_path(&mut compiled.path);
            move_path(&mut compiled.build_path);
            (id.clone(), Arc::new(compiled))
        });
        CompiledNodes { nodes: RwLock::new(moved.collect()), changed: Mutex::default() }
    }

    /// The nodes that changed since this was asked last.
    pub fn take_changed(&self) -> HashSet<UniqueId> {
        std::mem::take(&mut *self.changed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, unique_id: &str) {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner).insert(unique_id.to_owned());
    }
}
