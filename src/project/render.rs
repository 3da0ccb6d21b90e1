//! Renders the values of project files: `dbt_project.yml`, `profiles.yml`, `packages.yml`, `selectors.yml`. What
//! Jinja sees there is small (dbt's base, target and secret contexts) and known before any macro is.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;

use super::Target;
use super::base::Base;
use super::names::{EmptyTarget, EnvVarFunction, FileReads, Names, Vars};
use super::values::{engine, from_jinja, to_jinja};
use crate::error::{Error, ErrorKind, Result};
use crate::jinja::{self, Engine, JinjaErrorKind, Value};
use crate::yaml::{self, Map, Node};

/// Variables with this prefix are secret: they may stand in `profiles.yml` and `packages.yml` only.
pub const SECRET_PREFIX: &str = "DBT_ENV_SECRET";
/// What the parse cache keeps for a variable that was taken from its default.
pub const DEFAULT_ENV_PLACEHOLDER: &str = "DBT_DEFAULT_PLACEHOLDER";

pub(super) const SECRET_START: &str = "$$$DBT_SECRET_START$$$";
pub(super) const SECRET_END: &str = "$$$DBT_SECRET_END$$$";

/// Environment variables read while rendering, with their values; secrets are left out.
pub type EnvVars = Arc<Mutex<IndexMap<String, String>>>;

/// One step of the way from a file's root to a value: a key or a list index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<'a> {
    /// A mapping's key.
    Key(&'a str),
    /// A list's index.
    Index(usize),
}

/// Decides by its path whether a value is rendered.
pub type ShouldRender<'a> = &'a dyn Fn(&[Step<'_>]) -> bool;

/// Renders YAML values with the names that dbt offers in project files.
pub struct Renderer {
    engine: Engine,
    root: Value,
    secrets: bool,
    env_vars: EnvVars,
    reads: Arc<Mutex<FileReads>>,
}

impl Renderer {
    /// For `dbt_project.yml` and `selectors.yml`; `target` is absent for commands that load no profile. With
    /// `require_vars` an unknown variable is an error, else it renders as None (dbt's `deps`).
    pub fn for_project(base: Base, vars: &Map, target: Option<&Target>, require_vars: bool) -> Self {
        let target = match target {
            Some(target) => to_jinja(&yaml::Value::Map(target.jinja_dict())),
            None => Value::from_object(EmptyTarget),
        };
        Renderer::new(|env, reads| Names::new(base, Vars::new(vars, require_vars, reads), env, Some(target)))
    }

    /// For `profiles.yml` and `packages.yml`, where secret environment variables are allowed.
    pub fn for_secrets(base: Base, vars: &Map) -> Self {
        let renderer =
            Renderer::new(|env, reads| Names::new(base, Vars::new(vars, true, reads), env.with_secrets(), None));
        Renderer { secrets: true, ..renderer }
    }

    fn new(names: impl FnOnce(EnvVarFunction, &Arc<Mutex<FileReads>>) -> Names) -> Self {
        let env_vars = EnvVars::default();
        let reads = Arc::default();
        let names = names(EnvVarFunction::new(&env_vars), &reads);
        Renderer { engine: engine(), root: Value::from_object(names), secrets: false, env_vars, reads }
    }

    /// Adds what was read so far to `reads`.
    pub fn add_reads(&self, reads: &mut FileReads) {
        let own = self.reads.lock().unwrap_or_else(PoisonError::into_inner);
        reads.vars.extend(own.vars.iter().cloned());
        reads.unrepeatable |= own.unrepeatable;
    }

    /// The environment variables that were read so far.
    pub fn env_vars(&self) -> IndexMap<String, String> {
        self.env_vars.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Renders every text of a tree for which `should_render` holds; dates become ISO text as in dbt.
    ///
    /// # Errors
    /// A template does not parse or fails; a required variable is missing.
    pub fn render(&self, node: &Node, should_render: ShouldRender<'_>) -> Result<Node> {
        self.render_at(node, should_render, &mut Vec::new())
    }

    /// Renders a whole tree.
    ///
    /// # Errors
    /// See [`Renderer::render`].
    pub fn render_all(&self, node: &Node) -> Result<Node> {
        self.render(node, &|_| true)
    }

    fn render_at<'a>(&self, node: &'a Node, should: ShouldRender<'_>, path: &mut Vec<Step<'a>>) -> Result<Node> {
        let value = match &node.value {
            yaml::Value::Map(map) => yaml::Value::Map(self.render_map(map, should, path)?),
            yaml::Value::Seq(items) => {
                let mut rendered = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    path.push(Step::Index(index));
                    rendered.push(self.render_at(item, should, path)?);
                    path.pop();
                }
                yaml::Value::Seq(rendered)
            }
            _ if !should(path) => node.value.clone(),
            yaml::Value::Str(text) => {
                let lenient = self.secrets && path.contains(&Step::Key("password"));
                match self.render_str(text) {
                    Err(_) if lenient => node.value.clone(),
                    other => other.map_err(|error| error.hint_line(node.span.line))?,
                }
            }
            yaml::Value::Date(_) | yaml::Value::DateTime(..) => yaml::from_json(yaml::to_json(&node.value)),
            other => other.clone(),
        };
        Ok(Node { value, span: node.span })
    }

    fn render_map<'a>(&self, map: &'a Map, should: ShouldRender<'_>, path: &mut Vec<Step<'a>>) -> Result<Map> {
        let mut rendered = Map::new();
        for (key, value) in map {
            path.push(Step::Key(key.as_str().unwrap_or_default()));
            let value = self.render_at(value, should, path)?;
            path.pop();
            rendered.insert(key.clone(), value);
        }
        Ok(rendered)
    }

    /// Renders one text to a value, native types where the template asks for them.
    ///
    /// # Errors
    /// See [`Renderer::render`].
    pub fn render_str(&self, text: &str) -> Result<yaml::Value> {
        if !has_jinja(text) {
            return Ok(yaml::Value::Str(text.strip_suffix('\n').unwrap_or(text).to_owned()));
        }
        let rendered = self
            .engine
            .render_native(text, "<template>", self.root.clone())
            .map_err(|error| render_error(text, error))?;
        match from_jinja(&rendered) {
            yaml::Value::Str(value) if self.secrets => Ok(yaml::Value::Str(reveal_secrets(&value))),
            value => Ok(value),
        }
    }
}

impl fmt::Debug for Renderer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renderer").field("secrets", &self.secrets).finish_non_exhaustive()
    }
}

/// Whether a text can be anything but itself after rendering.
pub fn has_jinja(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

fn render_error(text: &str, error: jinja::JinjaError) -> Error {
    match error.host::<Error>() {
        Some(host) if host.kind != ErrorKind::Compilation => host.clone(),
        Some(host) => Error::compilation(format!("Could not render {text}: {}", host.message)),
        None => {
            let line = match (error.kind, error.line) {
                (JinjaErrorKind::Syntax, Some(line)) if !error.message.contains("\n  line ") => {
                    format!("\n  line {line}\n    {}", text.lines().nth(line as usize - 1).unwrap_or_default())
                }
                _ => String::new(),
            };
            Error::compilation(format!("Could not render {text}: {}{line}", error.message))
        }
    }
}

/// Puts the values of secret variables where rendering has left their placeholders.
fn reveal_secrets(text: &str) -> String {
    let mut revealed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(SECRET_START) {
        let Some((name, tail)) = after.split_once(SECRET_END) else { break };
        revealed.push_str(before);
        revealed.push_str(&std::env::var(name).unwrap_or_default());
        rest = tail;
    }
    revealed + rest
}
