//! `overrides:` of a unit test as the values that its model sees instead: macros, variables, environment variables.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::context::runtime::NodeRun;
use crate::context::{ENV_OVERRIDES, Globals, Phase, Scope, Subject, VAR_OVERRIDES};
use crate::jinja::value::{CLASS_KEY, Class, from_json};
use crate::jinja::{MjError, Object, ObjectRepr, State, Value, is_undefined};
use crate::manifest::Node;

/// A macro that gives one value whatever it is called with.
#[derive(Debug)]
struct Constant(Value);

impl Object for Constant {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str()? == CLASS_KEY).then(|| Class::callable("dbt.clients.jinja", "UnitTestMacroGenerator").value())
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, MjError> {
        Ok(self.0.clone())
    }
}

/// The values for the scope of `node`, later ones before earlier ones of the same name.
pub(super) fn overrides(globals: &Arc<Globals>, node: &Arc<Node>, run: &Arc<NodeRun>) -> Vec<(String, Value)> {
    let Some(test) = node.unit_test() else { return Vec::new() };
    let mut values = macro_overrides(globals, node, run);
    for (key, name) in [("vars", VAR_OVERRIDES), ("env_vars", ENV_OVERRIDES)] {
        if let Some(given) = test.overrides.get(key) {
            values.push((name.to_owned(), from_json(given)));
        }
    }
    values
}

/// Names that mean nothing in the model's scope are passed over, as dbt does. A built-in macro is reached both by its
/// name and through `dbt.`, so an override of one covers the other.
fn macro_overrides(globals: &Arc<Globals>, node: &Arc<Node>, run: &Arc<NodeRun>) -> Vec<(String, Value)> {
    let given = node.unit_test().and_then(|test| test.overrides.get("macros")).and_then(Json::as_object);
    let scope = Arc::new(Scope::new(globals.clone(), Subject::Node(node.clone()), Phase::Run(run.clone())));
    let root = scope.into_value();
    let (mut global, mut packaged) = (Vec::new(), Vec::new());
    for (written, value) in given.into_iter().flatten() {
        let value = from_json(value);
        let constant = || Value::from_object(Constant(value.clone()));
        match written.split('.').collect::<Vec<_>>().as_slice() {
            [package, name] => {
                if globals.macros.is_namespace(package) && globals.macros.in_package(package, name).is_some() {
                    packaged.push((format!("{package}.{name}"), constant()));
                    if *package == "dbt" {
                        packaged.push(((*name).to_owned(), constant()));
                    }
                }
            }
            parts => {
                let name = parts.last().copied().unwrap_or_default();
                let known = globals.macros.find(&node.package_name, name).is_some();
                let shown = if known { constant() } else { value.clone() };
                if !known && root.get_attr(name).is_ok_and(|meant| is_undefined(&meant)) {
                    continue;
                }
                if globals.macros.in_package("dbt", name).is_some() {
                    global.push((format!("dbt.{name}"), shown.clone()));
                }
                global.push((name.to_owned(), shown));
            }
        }
    }
    packaged.extend(global);
    packaged
}
