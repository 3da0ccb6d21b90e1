//! What all nodes of a run share of the database: the engine, what is known to exist in it, how names are quoted.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::{Map as JsonMap, Value as Json};

use super::profiles::Profiles;
use crate::adapter::duckdb::{DuckDbCredentials, DuckDbEngine, PluginHost};
use crate::adapter::python::Python;
use crate::adapter::{Engine, Policy, RelationCache};
use crate::error::{Error, Result};
use crate::events::{Event, Events, Level};
use crate::project::Project;

/// Key constraints by table, of one schema.
pub(super) type KeyConstraints = HashMap<String, BTreeSet<String>>;

/// The database of a run, shared by its nodes.
pub struct Adapter {
    engine: Arc<dyn Engine>,
    credentials: DuckDbCredentials,
    cache: RelationCache,
    quoting: Policy,
    events: Arc<Events>,
    flags: JsonMap<String, Json>,
    warned: Mutex<HashSet<String>>,
    /// Suffixes of temporary tables by model, one for each run.
    pub(super) temporary_names: Mutex<HashMap<String, String>>,
    /// Catalog types by lower-case name, asked once.
    pub(super) catalog_types: OnceLock<HashMap<String, String>>,
    /// Constraints that stood before this run, by lower-case database and schema.
    pub(super) key_constraints: Mutex<HashMap<(String, String), KeyConstraints>>,
    plugins: Arc<PluginHost>,
    /// Sources that plugins have provided in this run, as they are written in SQL.
    pub(super) loaded_sources: Mutex<HashSet<String>>,
    /// Held while a model of a foreign key relationship is built.
    pub(super) foreign_keys: Mutex<()>,
    profiles: Profiles,
}

impl Adapter {
    /// The adapter that a project's profile names. Opens nothing yet.
    ///
    /// # Errors
    /// The profile names another engine than DuckDB, or its keys contradict each other.
    pub fn new(project: &Project, events: Arc<Events>) -> Result<Arc<Adapter>> {
        if project.target.adapter_type != "duckdb" {
            return Err(Error::runtime(format!(
                "The profile `{}` has the type `{}`, which rdbt does not support.",
                project.target.profile_name, project.target.adapter_type
            ))
            .hint("Set `type: duckdb` in profiles.yml."));
        }
        let credentials = DuckDbCredentials::from_target(&project.target)?;
        let engine = Arc::new(DuckDbEngine::new(credentials.clone()));
        let plugins = engine.plugins().clone();
        let quoting = &project.root.quoting;
        let policy = Policy {
            database: quoting.database.unwrap_or(true),
            schema: quoting.schema.unwrap_or(true),
            identifier: quoting.identifier.unwrap_or(true),
        };
        let adapter = Adapter::with_engine(engine, credentials, policy, events);
        Ok(Arc::new(Adapter { flags: project.flags.clone(), plugins, ..adapter }))
    }

    /// An adapter over an engine that exists already.
    pub fn with_engine(
        engine: Arc<dyn Engine>,
        credentials: DuckDbCredentials,
        quoting: Policy,
        events: Arc<Events>,
    ) -> Adapter {
        Adapter {
            engine,
            plugins: Arc::new(PluginHost::new(Python::new(credentials.python_interpreter.clone()), &credentials)),
            credentials,
            cache: RelationCache::default(),
            quoting,
            events,
            flags: JsonMap::new(),
            warned: Mutex::default(),
            temporary_names: Mutex::default(),
            catalog_types: OnceLock::new(),
            key_constraints: Mutex::default(),
            loaded_sources: Mutex::default(),
            foreign_keys: Mutex::default(),
            profiles: Profiles::default(),
        }
    }

    /// Forgets what holds for one run only, while the database stays open: what exists in it is asked anew, as a command
    /// of its own would.
    pub fn begin_another_run(&self) {
        self.cache.clear();
        locked(&self.warned).clear();
        locked(&self.temporary_names).clear();
        locked(&self.key_constraints).clear();
        locked(&self.loaded_sources).clear();
    }

    /// The engine.
    pub fn engine(&self) -> &dyn Engine {
        &*self.engine
    }

    /// Interrupts every running statement and ends every Python model.
    pub fn interrupt(&self) {
        self.plugins.python().interrupt();
        self.engine.interrupt();
    }

    /// The Python of this run and its processes.
    pub(super) fn python(&self) -> &Arc<Python> {
        self.plugins.python()
    }

    /// The plugins that are Python code.
    pub(super) fn plugins(&self) -> &PluginHost {
        &self.plugins
    }

    /// What the profile says.
    pub fn credentials(&self) -> &DuckDbCredentials {
        &self.credentials
    }

    /// Relations known to exist.
    pub fn cache(&self) -> &RelationCache {
        &self.cache
    }

    /// What the engine tells of each statement, if it is asked.
    pub fn profiles(&self) -> &Profiles {
        &self.profiles
    }

    /// How the project quotes names that nothing else is said about.
    pub fn quoting(&self) -> Policy {
        self.quoting
    }

    /// Where messages go.
    pub fn events(&self) -> &Arc<Events> {
        &self.events
    }

    /// Whether a behaviour flag is set in `dbt_project.yml`; those of adapters are off by default.
    pub(super) fn behavior(&self, flag: &str) -> Option<bool> {
        let known = ["require_batched_execution_for_custom_microbatch_strategy", "enable_truthy_nulls_equals_macro"];
        known.contains(&flag).then(|| self.flags.get(flag).and_then(Json::as_bool).unwrap_or(false))
    }

    /// Prefixes of macros that `dispatch` tries, in order.
    pub fn macro_prefixes(&self) -> [&'static str; 2] {
        ["duckdb", "default"]
    }

    /// Writes a debug line of the adapter, as dbt prefixes it.
    pub(super) fn debug(&self, message: &str) {
        let text = format!("DuckDB adapter: {message}");
        self.events.emit(Event::new("AdapterEventDebug", "E001", Level::Debug, text).with("base_msg", message));
    }

    /// Writes a warning once in a run.
    ///
    /// # Errors
    /// Warnings are errors in this run.
    pub fn warn_once(&self, message: &str) -> Result<()> {
        if !locked(&self.warned).insert(message.to_owned()) {
            return Ok(());
        }
        let text = format!("DuckDB adapter: {message}");
        self.events.warn(Event::new("AdapterEventWarning", "E003", Level::Warn, text).with("base_msg", message))
    }
}

impl fmt::Debug for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Adapter({})", self.credentials.path)
    }
}

/// A lock whose data stays usable after another thread has panicked with it.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
