//! Macros called from outside a template: by the adapter's operations, by dispatch, by `run-operation`.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::jinja::{MjError, State, Value};

use super::database::{Dispatcher, MacroCaller};
use super::errors::{from_jinja, raise, with_suggestion};
use super::runtime::NodeRun;
use super::runtime_config::RuntimeConfig;
use super::scope::{Globals, Phase, Scope, Subject};

/// Calls macros on the connection of a node, each in a scope of its own, as dbt's `execute_macro` does.
#[derive(Debug, Clone)]
pub struct Macros {
    globals: Arc<Globals>,
    run: Arc<NodeRun>,
}

impl Macros {
    /// For one node's run.
    pub fn new(globals: Arc<Globals>, run: Arc<NodeRun>) -> Macros {
        Macros { globals, run }
    }

    /// Calls the macro with that unique id.
    ///
    /// # Errors
    /// It fails.
    pub fn call_id(&self, unique_id: &str, args: Vec<Value>, kwargs: Vec<(String, Value)>) -> Result<Value> {
        self.call_in(None, unique_id, args, kwargs)
    }

    /// As [`Macros::call_id`]; bare names mean macros of `package_searched` before those of the root project.
    ///
    /// # Errors
    /// It fails.
    pub fn call_in(
        &self,
        package_searched: Option<&str>,
        unique_id: &str,
        args: Vec<Value>,
        kwargs: Vec<(String, Value)>,
    ) -> Result<Value> {
        let subject = Subject::macro_of(&self.globals, unique_id);
        let search_package = &subject.package().to_owned();
        let mut scope = Scope::new(self.globals.clone(), subject, Phase::Run(self.run.clone()));
        if let Some(package) = package_searched {
            package.clone_into(&mut scope.search_package);
        }
        let scope = Arc::new(scope);
        self.globals
            .engine
            .call_macro(unique_id, args, kwargs, scope.into_value())
            .map_err(|error| with_suggestion(from_jinja(&error, None), &self.globals.macros, search_package))
    }
}

impl MacroCaller for Macros {
    fn call(&self, name: &str, args: Vec<Value>, kwargs: Vec<(String, Value)>) -> Result<Value> {
        let Some(unique_id) = self.globals.macros.anywhere(name) else {
            let message = format!("dbt could not find a macro with the name \"{name}\" in any package");
            return Err(Error::runtime(message));
        };
        self.call_id(unique_id, args, kwargs)
    }
}

impl Dispatcher for Scope {
    fn dispatch(
        &self,
        _: &mut State<'_, '_>,
        name: &str,
        namespace: Option<&str>,
    ) -> std::result::Result<Value, MjError> {
        let macros = &self.globals.macros;
        let found = match &self.test_macros {
            Some(_) => macros.dispatch_statically(name, namespace),
            None => macros.dispatch(&self.search_package, name, namespace),
        };
        let unique_id = found.map_err(raise)?;
        self.macro_by_id(unique_id).ok_or_else(|| {
            raise(Error::internal(format!("The macro `{unique_id}` was found by dispatch but is not registered.")))
        })
    }

    fn config(self: Arc<Self>) -> Value {
        RuntimeConfig::of_root(&self)
    }

    fn asks_database(&self) {
        self.note_read(|reads| reads.unrepeatable = true);
    }
}
