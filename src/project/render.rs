//! Renders the values of project files: `dbt_project.yml`, `profiles.yml`, `packages.yml`, `selectors.yml`. What
//! Jinja sees there is small (dbt's base, target and secret contexts) and known before any macro is.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;
use minijinja::value::{ValueOrKwargs, from_args};

use super::Target;
use super::values::{engine, from_jinja, to_jinja};
use crate::error::{Error, ErrorKind, Result};
use crate::jinja::{self, Engine, JinjaErrorKind, Kwargs, MjError, Object, State, Value, host_error};
use crate::yaml::{self, Map, Node};

/// Variables with this prefix are secret: they may stand in `profiles.yml` and `packages.yml` only.
pub const SECRET_PREFIX: &str = "DBT_ENV_SECRET";
/// What the parse cache keeps for a variable that was taken from its default.
pub const DEFAULT_ENV_PLACEHOLDER: &str = "DBT_DEFAULT_PLACEHOLDER";
/// The dbt version whose behaviour rdbt reproduces; what `dbt_version` says in Jinja and in artifacts.
pub const DBT_VERSION: &str = "1.12.6";

const SECRET_START: &str = "$$$DBT_SECRET_START$$$";
const SECRET_END: &str = "$$$DBT_SECRET_END$$$";

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
}

impl Renderer {
    /// For `dbt_project.yml` and `selectors.yml`; `target` is absent for commands that load no profile. With
    /// `require_vars` an unknown variable is an error, else it renders as None (dbt's `deps`).
    pub fn for_project(vars: &Map, target: Option<&Target>, require_vars: bool) -> Self {
        let target = match target {
            Some(target) => to_jinja(&yaml::Value::Map(target.jinja_dict())),
            None => Value::from_object(EmptyTarget),
        };
        Renderer::new(vars, Some(target), require_vars, false)
    }

    /// For `profiles.yml` and `packages.yml`, where secret environment variables are allowed.
    pub fn for_secrets(vars: &Map) -> Self {
        Renderer::new(vars, None, true, true)
    }

    fn new(vars: &Map, target: Option<Value>, require_vars: bool, secrets: bool) -> Self {
        let env_vars = EnvVars::default();
        let names = Names::new(vars, target, require_vars, secrets, &env_vars);
        Renderer { engine: engine(), root: Value::from_object(names), secrets, env_vars }
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

/// The names that a template in a project file can use.
#[derive(Debug)]
struct Names {
    values: IndexMap<&'static str, Value>,
}

impl Names {
    fn new(vars: &Map, target: Option<Value>, require_vars: bool, secrets: bool, env_vars: &EnvVars) -> Self {
        let mut values: IndexMap<&'static str, Value> = jinja::functions::globals().into_iter().collect();
        values.insert("dbt_version", Value::from(DBT_VERSION));
        values.insert("var", Value::from_object(VarFunction { vars: vars.clone(), require: require_vars }));
        values.insert("env_var", Value::from_object(EnvVarFunction { secrets, seen: Arc::clone(env_vars) }));
        if let Some(target) = target {
            values.insert("target", target);
        }
        Names { values }
    }
}

impl Object for Names {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.values.get(key.as_str()?).cloned()
    }
}

/// `target` where no profile is loaded: every name gives an empty text, as in dbt's `clean` and `deps`.
#[derive(Debug)]
struct EmptyTarget;

impl Object for EmptyTarget {
    fn get_value(self: &Arc<Self>, _key: &Value) -> Option<Value> {
        Some(Value::from(""))
    }
}

/// A call's first two arguments by position or name.
fn two_arguments(args: &[Value], first: &str, second: &str) -> std::result::Result<(Value, Option<Value>), MjError> {
    let (positional, kwargs): (&[Value], Kwargs) = from_args(args)?;
    let named = |index: usize, name: &str| match positional.get(index) {
        Some(value) => Some(value.clone()),
        None => kwargs.get::<ValueOrKwargs>(name).ok().map(ValueOrKwargs::into_value),
    };
    let name = named(0, first)
        .ok_or_else(|| jinja::PyError::type_error(format!("missing 1 required positional argument: '{first}'")))?;
    Ok((name, named(1, second)))
}

/// `var(name, default)`: `--vars` and `vars.yml` only.
#[derive(Debug)]
struct VarFunction {
    vars: Map,
    require: bool,
}

impl Object for VarFunction {
    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, args: &[Value]) -> std::result::Result<Value, MjError> {
        let (name, default) = two_arguments(args, "var_name", "default")?;
        let key = from_jinja(&name);
        match (self.vars.get_node(&key), default) {
            (Some(found), _) => Ok(to_jinja(&found.value)),
            (None, Some(default)) => Ok(default),
            (None, None) if !self.require => Ok(Value::from(())),
            (None, None) => Err(host_error(Box::new(missing_var(&jinja::value::py_str(&name), &self.vars)))),
        }
    }
}

/// dbt's error for a variable that is neither given nor defaulted in a project file.
fn missing_var(name: &str, vars: &Map) -> Error {
    let mut sorted: Vec<_> = vars.iter().map(|(key, value)| (key, yaml::to_json(&value.value))).collect();
    sorted.sort_by(|a, b| a.0.as_str().cmp(&b.0.as_str()));
    let object: serde_json::Map<_, _> =
        sorted.into_iter().map(|(key, value)| (key.as_str().unwrap_or_default().to_owned(), value)).collect();
    let pretty = if object.is_empty() { "{}".to_owned() } else { pretty_json(&serde_json::Value::Object(object)) };
    Error::compilation(format!(
        "Required var '{name}' not found in config:\nVars supplied to <Configuration> = {pretty}"
    ))
}

/// JSON with an indentation of four, as Python prints it with `indent=4`.
fn pretty_json(value: &serde_json::Value) -> String {
    let mut buffer = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut buffer, formatter);
    match serde::Serialize::serialize(value, &mut serializer) {
        Ok(()) => String::from_utf8_lossy(&buffer).into_owned(),
        Err(_) => value.to_string(),
    }
}

/// `env_var(name, default)`.
#[derive(Debug)]
struct EnvVarFunction {
    secrets: bool,
    seen: EnvVars,
}

impl Object for EnvVarFunction {
    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, args: &[Value]) -> std::result::Result<Value, MjError> {
        let (name, default) = two_arguments(args, "var", "default")?;
        let name = jinja::value::py_str(&name);
        let secret = name.starts_with(SECRET_PREFIX);
        if secret && !self.secrets {
            return Err(host_error(Box::new(Error::parsing(format!(
                "Secret env vars are allowed only in profiles.yml or packages.yml. Found '{name}' referenced elsewhere."
            )))));
        }
        let found = std::env::var(&name).ok();
        if secret && found.is_some() {
            return Ok(Value::from(format!("{SECRET_START}{name}{SECRET_END}")));
        }
        let default = default.filter(|value| !value.is_none());
        let (value, remembered) = match (found, default) {
            (Some(value), _) => (Value::from(value.as_str()), value),
            (None, Some(default)) => (default, DEFAULT_ENV_PLACEHOLDER.to_owned()),
            (None, None) => return Err(host_error(Box::new(missing_env_var(&name)))),
        };
        if !secret {
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(name, remembered);
        }
        Ok(value)
    }
}

/// dbt's error for an environment variable that is neither set nor defaulted.
pub fn missing_env_var(name: &str) -> Error {
    Error::new(ErrorKind::EnvVarMissing, format!("Env var required but not provided: '{name}'"))
}
