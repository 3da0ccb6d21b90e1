//! What a unit test's scope sees in place of the real thing: `source`, `this`, and the test's overrides.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map as JsonMap, Value as Json};

use crate::adapter::Relation;
use crate::context::Globals;
use crate::context::database::RelationObject;
use crate::context::errors::raise_compilation;
use crate::context::runtime::NodeRun;
use crate::jinja::value::from_json;
use crate::jinja::{MjError, Object, State, Value};
use crate::manifest::{Node, UnitTest};

use super::ScopeValues;
use super::inputs::Inputs;

/// Prefix of the names of CTEs.
const CTE_PREFIX: &str = "__dbt__cte__";

/// The values.
pub fn scope_values(
    globals: &Globals,
    run: &Arc<NodeRun>,
    test: &UnitTest,
    node: &Node,
    inputs: &Inputs,
) -> ScopeValues {
    let sources = Sources {
        run: run.clone(),
        test: test.unique_id.clone(),
        ids: inputs.sources.clone(),
        names: inputs.cte_names.clone(),
    };
    let mut values = vec![("source".to_owned(), Value::from_object(sources)), ("this".to_owned(), this(run, inputs))];
    let Some(overrides) = &test.overrides else { return values };
    let part = |key: &str| overrides.get(key).and_then(Json::as_object);
    if let Some(vars) = part("vars") {
        values.push(("__var_overrides__".to_owned(), from_json(&Json::Object(vars.clone()))));
    }
    if let Some(variables) = part("env_vars") {
        values.push(("__env_overrides__".to_owned(), from_json(&Json::Object(variables.clone()))));
    }
    if let Some(macros) = part("macros") {
        values.extend(macro_overrides(globals, node, macros));
    }
    values
}

/// The tested model itself is an input like any other, and comes first.
fn this(run: &NodeRun, inputs: &Inputs) -> Value {
    match inputs.this.as_ref().and_then(|id| Some((id, inputs.cte_names.get(id)?))) {
        Some((id, name)) => {
            run.add_cte(id);
            Value::from(format!("{CTE_PREFIX}{name}"))
        }
        None => Value::from(()),
    }
}

/// A macro that is overridden returns the test's value whatever it is called with; anything else is the value itself.
fn macro_overrides(globals: &Globals, node: &Node, macros: &JsonMap<String, Json>) -> ScopeValues {
    let mut values = ScopeValues::new();
    for (written, json) in macros {
        let constant = || Value::from_object(Constant(from_json(json)));
        match written.split_once('.') {
            Some((package, name)) => {
                if globals.macros.in_package(package, name).is_some() {
                    values.push((written.clone(), constant()));
                    if package == "dbt" && !macros.contains_key(name) {
                        values.push((name.to_owned(), constant()));
                    }
                }
            }
            None if globals.macros.find(&node.package_name, written).is_some() => {
                values.push((written.clone(), constant()));
                values.push((format!("dbt.{written}"), constant()));
            }
            None => values.push((written.clone(), from_json(json))),
        }
    }
    values
}

/// A function that always returns the same.
#[derive(Debug)]
struct Constant(Value);

impl Object for Constant {
    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, MjError> {
        Ok(self.0.clone())
    }
}

/// `source()` of a unit test.
#[derive(Debug)]
struct Sources {
    run: Arc<NodeRun>,
    test: String,
    ids: HashMap<(String, String), String>,
    names: HashMap<String, String>,
}

impl Object for Sources {
    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, MjError> {
        let text = |index: usize| args.get(index).and_then(Value::as_str).unwrap_or_default().to_owned();
        let key = (text(0), text(1));
        let found = self.ids.get(&key).and_then(|id| Some((id, self.names.get(id)?)));
        let Some((id, name)) = found else {
            return Err(raise_compilation(format!(
                "Unit_test '{}' depends on a source named '{}.{}' which was not found",
                self.test, key.0, key.1
            )));
        };
        self.run.add_cte(id);
        Ok(RelationObject::value(Relation::ephemeral(name)))
    }
}
