//! `config`: a call that records while parsing and does nothing while running, and a reader of the node's
//! configuration while running.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map as JsonMap, Value as Json};

use crate::error::Error;
use crate::jinja::value::{CLASS_KEY, Class, Dict, from_json, to_json};
use crate::jinja::{MjError, Object, ObjectRepr, State, Value};
use crate::project::values::from_jinja;

use super::call::Args;
use super::errors::{raise, raise_compilation};
use super::scope::{Phase, Scope, Subject};
use super::signature::{Signature, Signatures};

/// The `config` of a scope.
#[derive(Debug)]
pub struct ConfigObject {
    pub(crate) scope: Arc<Scope>,
}

impl ConfigObject {
    fn record(&self, options: JsonMap<String, Json>) -> Result<Value, MjError> {
        if let Phase::Parse(capture) = &self.scope.phase {
            let mut renamed = JsonMap::new();
            for (key, value) in options {
                let new = match key.as_str() {
                    "pre_hook" => "pre-hook".to_owned(),
                    "post_hook" => "post-hook".to_owned(),
                    _ => key.clone(),
                };
                if renamed.contains_key(&new) {
                    return Err(raise_compilation(format!(
                        "Invalid config, has conflicting keys \"{}\" and \"{new}\"",
                        new.replace('-', "_")
                    )));
                }
                renamed.insert(new, value);
            }
            capture.record(|captured| captured.config_calls.push(renamed));
        }
        Ok(Value::from(""))
    }

    fn call_config(&self, args: &Args) -> Result<Value, MjError> {
        let mut options = JsonMap::new();
        match (args.positional.as_slice(), args.keywords.is_empty()) {
            ([single], true) => match to_json(single)? {
                Json::Object(map) => options = map,
                _ => return Err(raise_compilation("Invalid inline model config")),
            },
            ([], false) => {
                for (name, value) in &args.keywords {
                    options.insert(name.clone(), config_json(value)?);
                }
            }
            _ => return Err(raise_compilation("Invalid inline model config")),
        }
        self.record(options)
    }

    pub(crate) fn config(&self) -> Option<&JsonMap<String, Json>> {
        match &self.scope.subject {
            Subject::Node(node) => Some(&*node.config.0),
            Subject::Source(source) => Some(&*source.config.0),
            Subject::Macro { .. } => None,
        }
    }

    /// The value under `key` as macros read it; JSON null is a value (`none`).
    fn lookup(&self, key: &str) -> Option<Value> {
        let config = self.config()?;
        let key = match key {
            "pre_hook" => "pre-hook",
            "post_hook" => "post-hook",
            // Attributes of dbt's configuration have underscores.
            "pre-hook" | "post-hook" => return None,
            "snapshot_table_column_names" => return snapshot_columns(config),
            other => other,
        };
        config.get(key).map(from_json)
    }

    fn lookup_meta(&self, key: &str) -> Option<Value> {
        self.config()?.get("meta")?.get(key).map(from_json)
    }

    fn get(&self, args: &Args, found: Option<Value>) -> Value {
        found.unwrap_or_else(|| args.get(1, "default").unwrap_or_else(|| Value::from(())))
    }

    fn require(&self, name: &str, found: Option<Value>) -> Result<Value, MjError> {
        found.ok_or_else(|| {
            raise(Error::compilation(format!(
                "Model '{}' does not define a required config parameter '{name}'.",
                self.scope.subject.unique_id()
            )))
        })
    }

    fn persists(&self, what: &str) -> Result<Value, MjError> {
        match self.config().and_then(|config| config.get("persist_docs")) {
            None | Some(Json::Null) => Ok(Value::from(false)),
            Some(Json::Object(map)) => Ok(map.get(what).map_or_else(|| Value::from(false), from_json)),
            Some(other) => Err(raise_compilation(format!(
                "Invalid value provided for 'persist_docs'. Expected dict but received {}",
                crate::jinja::value::type_name(&from_json(other))
            ))),
        }
    }
}

/// The names of a snapshot's own columns: those of `snapshot_meta_column_names`, dbt's for the others.
fn snapshot_columns(config: &JsonMap<String, Json>) -> Option<Value> {
    let renamed = config.get("snapshot_meta_column_names")?;
    let names = ["dbt_valid_from", "dbt_valid_to", "dbt_scd_id", "dbt_updated_at", "dbt_is_deleted"];
    Some(Dict::from_pairs(names.map(|name| {
        let shown = renamed.get(name).and_then(Json::as_str).filter(|shown| !shown.is_empty());
        (name, Value::from(shown.unwrap_or(name)))
    })))
}

/// A configuration value as JSON. What JSON cannot hold (a macro's undefined result, a date) becomes its text.
fn config_json(value: &Value) -> Result<Json, MjError> {
    if crate::jinja::is_undefined(value) {
        return Ok(Json::Null);
    }
    Ok(to_json(value).unwrap_or_else(|_| crate::yaml::to_json(&from_jinja(value))))
}

static SIGNATURES: Signatures = Signatures::of(&[
    Signature("RuntimeConfigObject.get(self, name, default?, validator?)"),
    Signature("RuntimeConfigObject.meta_get(self, name, default?, validator?)"),
    Signature("RuntimeConfigObject.meta_require(self, name, validator?)"),
    Signature("RuntimeConfigObject.persist_column_docs(self)"),
    Signature("RuntimeConfigObject.persist_relation_docs(self)"),
    Signature("RuntimeConfigObject.require(self, name, validator?)"),
    Signature("RuntimeConfigObject.set(self, name, value)"),
]);

/// Lets a caller's check look at a value; after a look-up with a default it is asked only if that is given.
fn validated(state: &mut State<'_, '_>, args: &Args, optional: bool, value: Value) -> Result<Value, MjError> {
    let validator = args.get(if optional { 2 } else { 1 }, "validator").filter(|validator| !validator.is_none());
    let asked = !optional || args.get(1, "default").is_some_and(|default| !default.is_none());
    if let Some(validator) = validator.filter(|_| asked) {
        validator.call(state, std::slice::from_ref(&value))?;
    }
    Ok(value)
}

impl ConfigObject {
    fn class(&self) -> Class {
        let name = match &self.scope.phase {
            Phase::Parse(_) => "ParseConfigObject",
            _ => "RuntimeConfigObject",
        };
        Class::callable("dbt.context.providers", name)
    }
}

impl Object for ConfigObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            CLASS_KEY => Some(self.class().value()),
            "model" => super::builtins::lookup(&self.scope, "model"),
            _ => None,
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.class().write(f, self)
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, MjError> {
        if matches!(self.scope.phase, Phase::Parse(_)) {
            self.call_config(&Args::new(args)?)
        } else {
            Ok(Value::from(""))
        }
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, MjError> {
        let args = Args::new(args)?;
        if let Some(signature) = SIGNATURES.find(method) {
            signature.check(&args)?;
        }
        let parsing = matches!(self.scope.phase, Phase::Parse(_));
        match method {
            "set" => {
                let name = args.text("set", 0, "name")?;
                let value = args.require("set", 1, "value")?;
                self.record(JsonMap::from_iter([(name, config_json(&value)?)]))
            }
            "get" | "require" | "meta_get" | "meta_require" if parsing => Ok(Value::from("")),
            "persist_relation_docs" | "persist_column_docs" if parsing => Ok(Value::from(false)),
            "get" => {
                let name = args.text("get", 0, "name")?;
                validated(state, &args, true, self.get(&args, self.lookup(&name)))
            }
            "meta_get" => {
                let name = args.text("meta_get", 0, "name")?;
                validated(state, &args, true, self.get(&args, self.lookup_meta(&name)))
            }
            "require" => {
                let name = args.text("require", 0, "name")?;
                validated(state, &args, false, self.require(&name, self.lookup(&name))?)
            }
            "meta_require" => {
                let name = args.text("meta_require", 0, "name")?;
                validated(state, &args, false, self.require(&name, self.lookup_meta(&name))?)
            }
            "persist_relation_docs" => self.persists("relation"),
            "persist_column_docs" => self.persists("columns"),
            _ => Err(MjError::from(minijinja::ErrorKind::UnknownMethod)),
        }
    }
}
