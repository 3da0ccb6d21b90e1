//! `var()` and `env_var()`: precedence command line > root project > package, and what happens when there is none.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map as JsonMap, Value as Json};

use crate::error::{Error, ErrorKind, did_you_mean};
use crate::jinja::value::{CLASS_KEY, Class, py_str, type_name};
use crate::jinja::{MjError, Object, ObjectRepr, PyError, State, Value, is_undefined};
use crate::project::Project;
use crate::project::values::to_jinja;
use crate::yaml;

use super::call::Args;
use super::errors::raise;
use super::scope::{ENV_OVERRIDES, Phase, Scope, VAR_OVERRIDES};
use super::signature::Signature;

/// Prefix of variables that may stand only in profiles.yml and packages.yml.
const SECRET_PREFIX: &str = "DBT_ENV_SECRET";

/// Merged variables by package, made on first use.
#[derive(Debug)]
pub struct Vars {
    project: Arc<Project>,
    merged: Mutex<HashMap<String, Arc<yaml::Map>>>,
}

impl Vars {
    /// For a project.
    pub fn new(project: &Arc<Project>) -> Vars {
        Vars { project: project.clone(), merged: Mutex::default() }
    }

    /// The variables that a node of `package` sees.
    pub fn of_package(&self, package: &str) -> Arc<yaml::Map> {
        let mut merged = self.merged.lock().unwrap_or_else(PoisonError::into_inner);
        merged.entry(package.to_owned()).or_insert_with(|| Arc::new(self.merge(package))).clone()
    }

    /// What `var(name)` reads in a package, in a form that tells different values apart.
    pub fn shown(&self, package: &str, name: &str) -> Option<String> {
        self.of_package(package).get(name).map(|node| format!("{:?}", node.value))
    }

    /// Whether that is a text with Jinja in it, which is rendered in its turn.
    pub fn is_template(&self, package: &str, name: &str) -> bool {
        let vars = self.of_package(package);
        let text = vars.get(name).and_then(yaml::Node::as_str);
        text.is_some_and(|text| text.contains("{{") || text.contains("{%"))
    }

    /// `--vars` alone.
    pub fn of_command_line(&self) -> Arc<yaml::Map> {
        Arc::new(self.project.cli_vars.clone())
    }

    fn merge(&self, package: &str) -> yaml::Map {
        let mut result = yaml::Map::new();
        let own = (package != self.project.root.name).then(|| self.project.packages.get(package)).flatten();
        for project in own.into_iter().chain([&self.project.root]) {
            extend(&mut result, &project.vars);
            if let Some(scoped) = project.vars.get(package).and_then(yaml::Node::as_map) {
                extend(&mut result, scoped);
            }
        }
        extend(&mut result, &self.project.cli_vars);
        result
    }
}

fn extend(into: &mut yaml::Map, from: &yaml::Map) {
    for (key, value) in from.iter() {
        into.insert(key.clone(), value.clone());
    }
}

/// The `var` of a scope.
#[derive(Debug)]
pub struct VarFunction {
    pub(crate) scope: Arc<Scope>,
}

impl VarFunction {
    /// The variable's value as it is given.
    pub(super) fn find(&self, name: &str) -> Option<Value> {
        if let Some(overridden) = self.scope.extra.get(VAR_OVERRIDES).and_then(|vars| vars.get_attr(name).ok())
            && !is_undefined(&overridden)
        {
            return Some(overridden);
        }
        self.note(name);
        self.supplied().get(name).map(|node| to_jinja(&node.value))
    }

    fn note(&self, name: &str) {
        self.scope.note_read(|reads| {
            reads.vars.insert(name.to_owned());
        });
    }

    /// The variables that count in this phase.
    fn supplied(&self) -> Arc<yaml::Map> {
        let vars = &self.scope.globals.vars;
        match self.scope.phase {
            Phase::Header => vars.of_command_line(),
            _ => vars.of_package(self.scope.subject.package()),
        }
    }

    /// In properties dbt asks for variables of the command line only.
    fn has(&self, name: &str) -> bool {
        match self.scope.phase {
            Phase::Yaml => {
                self.note(name);
                self.scope.globals.vars.of_command_line().get(name).is_some()
            }
            _ => self.find(name).is_some(),
        }
    }

    fn missing(&self, name: &str) -> MjError {
        let supplied = sorted(&yaml::to_json(&yaml::Value::Map((*self.supplied()).clone())));
        let label = self.scope.subject.label();
        let error = Error::compilation(format!(
            "Required var '{name}' not found in config:\nVars supplied to {} = {}",
            label.name,
            python_indent(&supplied)
        ));
        let known: Vec<&str> = supplied.as_object().into_iter().flatten().map(|(known, _)| known.as_str()).collect();
        raise(match did_you_mean(name, known) {
            Some(near) => error.hint(format!("Did you mean `{near}`?")),
            None => error,
        })
    }
}

impl VarFunction {
    fn class(&self) -> Class {
        let unit_test = self.scope.subject.node().is_some_and(|node| node.unit_test().is_some());
        match &self.scope.phase {
            Phase::Yaml => Class::callable("dbt.context.configured", "ConfiguredVar"),
            Phase::Header => Class::callable("dbt.context.base", "Var"),
            Phase::Parse(_) => Class::callable("dbt.context.providers", "ParseVar"),
            Phase::Run(_) if unit_test => Class::callable("dbt.context.providers", "UnitTestVar"),
            Phase::Run(_) | Phase::Names => Class::callable("dbt.context.providers", "RuntimeVar"),
        }
    }

    /// A variable's text may be a template itself.
    fn rendered(&self, value: Value) -> Result<Value, MjError> {
        match value.as_str() {
            Some(text) if (text.contains("{{") || text.contains("{%")) && !matches!(self.scope.phase, Phase::Yaml) => {
                let scope = self.scope.clone();
                let rendered = scope.globals.engine.render_str(text, "<var>", scope.clone().into_value());
                rendered.map(Value::from).map_err(|error| raise(super::errors::from_jinja(&error, None)))
            }
            _ => Ok(value),
        }
    }
}

impl Object for VarFunction {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            CLASS_KEY => Some(self.class().value()),
            "node_name" => Some(Value::from(self.scope.subject.label().name)),
            _ => None,
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.class().write(f, self)
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, MjError> {
        let args = Args::new(args)?;
        Signature("Var.__call__(self, var_name, default?)").check(&args)?;
        let name = args.get(0, "var_name").unwrap_or_default();
        let name = name.as_str().map_or_else(|| py_str(&name), str::to_owned);
        match self.find(&name) {
            Some(value) => self.rendered(value),
            None => match args.get(1, "default") {
                Some(default) => Ok(default),
                None if matches!(self.scope.phase, Phase::Parse(_)) => Ok(Value::from(())),
                None => Err(self.missing(&name)),
            },
        }
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, MjError> {
        let name = |args: &[Value]| Args::new(args)?.text(method, 0, "var_name");
        match method {
            "has_var" => Ok(Value::from(self.has(&name(args)?))),
            "get_rendered_var" => self.rendered(self.find(&name(args)?).unwrap_or_default()),
            "get_missing_var" => Err(self.missing(&name(args)?)),
            _ => Err(MjError::from(minijinja::ErrorKind::UnknownMethod)),
        }
    }
}

/// `env_var(name, default)` outside profiles.yml and packages.yml.
pub fn env_var(scope: &Scope, args: &Args) -> Result<Value, MjError> {
    let name = args.require("env_var", 0, "var")?;
    let Some(name) = name.as_str().map(str::to_owned) else {
        let message = format!("'{}' object has no attribute 'startswith'", type_name(&name));
        return Err(PyError::value_error(message));
    };
    if name.starts_with(SECRET_PREFIX) {
        return Err(raise(Error::parsing(format!(
            "Secret env vars are allowed only in profiles.yml or packages.yml. Found '{name}' referenced elsewhere."
        ))));
    }
    if let Some(overridden) = scope.extra.get(ENV_OVERRIDES).and_then(|vars| vars.get_attr(&name).ok())
        && !is_undefined(&overridden)
    {
        return Ok(overridden);
    }
    let value = std::env::var(&name).ok();
    scope.note_read(|reads| {
        reads.env.insert(name.clone());
    });
    match (value, args.get(1, "default")) {
        (Some(value), _) => Ok(Value::from(value)),
        (None, Some(default)) if !default.is_none() => Ok(default),
        _ => Err(raise(Error::new(ErrorKind::EnvVarMissing, format!("Env var required but not provided: '{name}'")))),
    }
}

fn sorted(value: &Json) -> Json {
    match value {
        Json::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            Json::Object(keys.into_iter().map(|key| (key.clone(), sorted(&map[key]))).collect::<JsonMap<_, _>>())
        }
        Json::Array(items) => Json::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// JSON as Python's `json.dumps(indent=4)` prints it.
fn python_indent(value: &Json) -> String {
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut out = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
    match serde::Serialize::serialize(value, &mut serializer) {
        Ok(()) => String::from_utf8_lossy(&out).into_owned(),
        Err(_) => value.to_string(),
    }
}
