//! What templates see in project files: dbt's base context with `var`, `env_var` and, where a profile is loaded, `target`.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use indexmap::IndexMap;
use minijinja::value::{ValueOrKwargs, from_args};

use super::base::{BASE_NAMES, Base};
use super::render::{DEFAULT_ENV_PLACEHOLDER, EnvVars, SECRET_END, SECRET_PREFIX, SECRET_START};
use super::values::{engine, from_jinja, to_jinja};
use crate::error::{Error, ErrorKind};
use crate::jinja::value::{CLASS_KEY, Class, Dict, py_str};
use crate::jinja::{self, Enumerator, Kwargs, MjError, Object, ObjectRepr, State, Value, host_error};
use crate::yaml::{self, Map};

/// Names of the dialect itself, `fromyaml` and `toyaml` among them.
static DIALECT: LazyLock<IndexMap<&'static str, Value>> = LazyLock::new(|| engine().globals().collect());

/// What the templates of a project's files read that may differ between two steps of one command under `--for`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileReads {
    /// Names given to `var()`.
    pub vars: BTreeSet<String>,
    /// Something was read that no two steps have in common: the time, the invocation, the flags.
    pub unrepeatable: bool,
}

/// Names of dbt's that are the same in all steps of a command.
const SAME_IN_ALL_STEPS: [&str; 15] = [
    "dbt_version",
    "diff_of_two_dicts",
    "env_var",
    "fromjson",
    "fromyaml",
    "local_md5",
    "return",
    "set",
    "set_strict",
    "target",
    "tojson",
    "toyaml",
    "var",
    "zip",
    "zip_strict",
];

/// The names that a template in a project file can use.
#[derive(Debug)]
pub(super) struct Names {
    base: Base,
    reads: Arc<Mutex<FileReads>>,
    var: Value,
    env_var: Value,
    target: Option<Value>,
}

impl Names {
    pub(super) fn new(base: Base, vars: Vars, mut env_var: EnvVarFunction, target: Option<Value>) -> Names {
        env_var.class = if target.is_some() { "target.TargetContext" } else { "secret.SecretContext" };
        let reads = vars.reads.clone();
        Names { base, reads, var: Value::from_object(vars), env_var: Value::from_object(env_var), target }
    }

    /// Notes the look-up of a name that differs from step to step.
    fn note(&self, name: &str) {
        if BASE_NAMES.contains(&name) && !SAME_IN_ALL_STEPS.contains(&name) {
            self.reads.lock().unwrap_or_else(PoisonError::into_inner).unrepeatable = true;
        }
    }

    fn builtin(&self, name: &str) -> Option<Value> {
        self.note(name);
        match name {
            "var" => Some(self.var.clone()),
            "env_var" => Some(self.env_var.clone()),
            "target" => self.target.clone(),
            _ => {
                let no_node = || serde_json::json!({});
                self.base.lookup(name, no_node).or_else(|| DIALECT.get(name).cloned())
            }
        }
    }
}

impl Object for Names {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "context" => Some(Value::from_dyn_object(self.clone())),
            "builtins" => Some(Value::from_object(Builtins { names: self.clone() })),
            name => self.builtin(name),
        }
    }
}

/// `builtins`.
#[derive(Debug)]
struct Builtins {
    names: Arc<Names>,
}

impl Object for Builtins {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.names.builtin(key.as_str()?)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let target = self.names.target.as_ref().map(|_| "target");
        Enumerator::Values(BASE_NAMES.into_iter().chain(target).map(Value::from).collect())
    }
}

/// `target` where no profile is loaded: every name gives an empty text, as in dbt's `clean` and `deps`.
#[derive(Debug)]
pub(super) struct EmptyTarget;

impl Object for EmptyTarget {
    fn get_value(self: &Arc<Self>, _key: &Value) -> Option<Value> {
        Some(Value::from(""))
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> std::result::Result<Value, MjError> {
        Dict::new().call_method(state, method, args)
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
pub(super) struct Vars {
    vars: Map,
    require: bool,
    reads: Arc<Mutex<FileReads>>,
}

impl Vars {
    pub(super) fn new(vars: &Map, require: bool, reads: &Arc<Mutex<FileReads>>) -> Vars {
        Vars { vars: vars.clone(), require, reads: reads.clone() }
    }

    fn find(&self, name: &Value) -> Option<&yaml::Node> {
        self.reads.lock().unwrap_or_else(PoisonError::into_inner).vars.insert(py_str(name));
        self.vars.get_node(&from_jinja(name))
    }

    const CLASS: Class = Class::callable("dbt.context.base", "Var");
}

impl Object for Vars {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            CLASS_KEY => Some(Self::CLASS.value()),
            "node_name" => Some(Value::from("<Configuration>")),
            _ => None,
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Self::CLASS.write(f, self)
    }

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, args: &[Value]) -> std::result::Result<Value, MjError> {
        let (name, default) = two_arguments(args, "var_name", "default")?;
        match (self.find(&name), default) {
            (Some(found), _) => Ok(to_jinja(&found.value)),
            (None, Some(default)) => Ok(default),
            (None, None) if !self.require => Ok(Value::from(())),
            (None, None) => Err(host_error(Box::new(missing_var(&py_str(&name), &self.vars)))),
        }
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> std::result::Result<Value, MjError> {
        match method {
            "has_var" => {
                let (name, _) = two_arguments(args, "var_name", "")?;
                Ok(Value::from(self.find(&name).is_some()))
            }
            _ => Err(MjError::from(minijinja::ErrorKind::UnknownMethod)),
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
pub(super) struct EnvVarFunction {
    secrets: bool,
    seen: EnvVars,
    /// The class of dbt's that it is a method of, for printing.
    class: &'static str,
}

impl EnvVarFunction {
    pub(super) fn new(seen: &EnvVars) -> EnvVarFunction {
        EnvVarFunction { secrets: false, seen: Arc::clone(seen), class: "base.BaseContext" }
    }

    pub(super) fn with_secrets(self) -> EnvVarFunction {
        EnvVarFunction { secrets: true, ..self }
    }
}

impl Object for EnvVarFunction {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let owner = if self.secrets { "SecretContext" } else { "BaseContext" };
        write!(f, "<bound method {owner}.env_var of <dbt.context.{} object at {:p}>>", self.class, Arc::as_ptr(self))
    }

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, args: &[Value]) -> std::result::Result<Value, MjError> {
        let (name, default) = two_arguments(args, "var", "default")?;
        let name = py_str(&name);
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
fn missing_env_var(name: &str) -> Error {
    Error::new(ErrorKind::EnvVarMissing, format!("Env var required but not provided: '{name}'"))
}
