//! `adapter.config` and `ref.config` (mostly written `builtins.ref.config`): dbt's `RuntimeConfig`, through which packages learn about the
//! project, its variables and the versions of what is installed.

use std::sync::Arc;

use crate::jinja::value::{CLASS_KEY, Class, Dict, from_json};
use crate::jinja::{MjError, Object, ObjectRepr, State, Value};
use crate::project::Package;
use crate::project::values::to_jinja;
use crate::yaml;

use super::errors::raise_compilation;
use super::scope::Scope;

/// The configuration of one package: the root project, or one of its `dependencies`.
#[derive(Debug)]
pub struct RuntimeConfig {
    scope: Arc<Scope>,
    /// The package's name; None is the root project.
    package: Option<String>,
}

impl RuntimeConfig {
    /// The configuration of the root project.
    pub fn of_root(scope: &Arc<Scope>) -> Value {
        // All variables can be reached through it.
        scope.note_read(|reads| reads.unrepeatable = true);
        Value::from_object(RuntimeConfig { scope: scope.clone(), package: None })
    }

    fn package(&self) -> &Package {
        let project = &self.scope.globals.project;
        self.package.as_ref().and_then(|name| project.packages.get(name)).unwrap_or(&project.root)
    }

    /// The root project and the installed packages by name.
    fn dependencies(&self) -> Value {
        let project = &self.scope.globals.project;
        let root = (project.root.name.clone(), RuntimeConfig::of_root(&self.scope));
        let installed = project.packages.keys().map(|name| {
            let config = RuntimeConfig { scope: self.scope.clone(), package: Some(name.clone()) };
            (name.clone(), Value::from_object(config))
        });
        Dict::from_pairs(std::iter::once(root).chain(installed))
    }
}

impl Object for RuntimeConfig {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let (package, globals) = (self.package(), &self.scope.globals);
        let target = &globals.project.target;
        if matches!(key.as_str()?, "cli_vars" | "args") {
            self.scope.note_read(|reads| reads.unrepeatable = true);
        }
        Some(match key.as_str()? {
            CLASS_KEY => Class::new("dbt.config.runtime", "RuntimeConfig").value(),
            "project_name" => Value::from(package.name.clone()),
            "version" => package.version.clone().map_or(Value::from(()), Value::from),
            "project_root" => Value::from(package.root.to_string_lossy().into_owned()),
            "profile_name" => Value::from(target.profile_name.clone()),
            "target_name" => Value::from(target.name.clone()),
            "threads" => Value::from(target.threads),
            "quoting" => {
                let quoting = globals.adapter.quoting();
                Dict::from_pairs([
                    ("database", Value::from(quoting.database)),
                    ("schema", Value::from(quoting.schema)),
                    ("identifier", Value::from(quoting.identifier)),
                ])
            }
            "credentials" => {
                let credentials = globals.adapter.credentials();
                Dict::from_pairs([
                    ("database", Value::from(credentials.database.as_str())),
                    ("schema", Value::from(credentials.schema.as_str())),
                    ("path", Value::from(credentials.path.as_str())),
                    ("type", Value::from("duckdb")),
                ])
            }
            "cli_vars" => of_yaml(&globals.project.cli_vars),
            "vars" => Value::from_object(VarProvider(package.vars.clone())),
            "args" => from_json(&globals.invocation.flags.args_for_artifacts.clone().into()),
            "dependencies" => self.dependencies(),
            _ => return None,
        })
    }
}

/// `vars` of a package as `dbt_project.yml` has them.
#[derive(Debug)]
struct VarProvider(yaml::Map);

impl Object for VarProvider {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str()? == "vars").then(|| of_yaml(&self.0))
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, _: &[Value]) -> Result<Value, MjError> {
        match method {
            "to_dict" => Ok(of_yaml(&self.0)),
            other => Err(raise_compilation(format!("'VarProvider' object has no attribute '{other}'"))),
        }
    }
}

fn of_yaml(map: &yaml::Map) -> Value {
    to_jinja(&yaml::Value::Map(map.clone()))
}
