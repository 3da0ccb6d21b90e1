//! Where scopes meet the database: the `adapter` and `api` objects of a scope, relations and tables as values, seeds,
//! Python models.

use std::sync::Arc;

use crate::adapter::{Relation, Table};
use crate::jinja::value::py_str;
use crate::jinja::{MjError, Value};
use crate::manifest::ResourceType;

use super::call::Args;
use super::database::{
    AdapterObject, ColumnClass, Operations, PythonJob, RelationObject, ResponseObject, TableObject, run_python_model,
};
use super::errors::{raise, raise_compilation};
use super::macros::Macros;
use super::runtime::NodeRun;
use super::scope::{Phase, Scope};

/// The table of a statement that gave no rows.
pub fn empty_table(scope: &Scope) -> Value {
    TableObject::value(Table::empty(), &scope.globals.events)
}

/// `adapter`.
pub fn adapter_object(scope: &Arc<Scope>) -> Value {
    let object = match &scope.phase {
        Phase::Run(run) => AdapterObject::running(operations(scope, run), scope.clone()),
        _ => AdapterObject::parsing(scope.globals.adapter.clone(), scope.clone()),
    };
    Value::from_object(object)
}

/// The adapter's operations on a node's connection.
pub fn operations(scope: &Scope, run: &Arc<NodeRun>) -> Operations {
    let macros = Macros::new(scope.globals.clone(), run.clone());
    Operations::new(run.connection.clone(), Arc::new(macros))
}

/// `api`.
pub fn api(scope: &Scope) -> Value {
    super::database::api(scope.globals.adapter.quoting())
}

/// `column`, dbt's old name of `api.Column`.
pub fn column_class() -> Value {
    Value::from_object(ColumnClass)
}

/// A relation as templates see it.
pub fn relation_value(relation: Relation) -> Value {
    RelationObject::value(relation)
}

/// `load_agate_table()`: the rows of the seed that is being built.
pub fn load_seed_table(scope: &Scope) -> Result<Value, MjError> {
    let Some(node) = scope.subject.node().filter(|node| node.resource_type == ResourceType::Seed) else {
        let kind = scope.subject.label().resource_type;
        return Err(raise_compilation(format!("can only load_agate_table for seeds (got a {kind})")));
    };
    let table = super::seeds::load(&scope.globals, node).map_err(raise)?;
    Ok(TableObject::value(table, &scope.globals.events))
}

/// `submit_python_job(model, compiled_code)`: runs a Python model, and gives the adapter's response.
pub fn submit_python_job(scope: &Scope, args: &Args) -> Result<Value, MjError> {
    let model = args.require("submit_python_job", 0, "parsed_model")?;
    let code = args.text("submit_python_job", 1, "compiled_code")?;
    let Some(run) = scope.run() else { return Ok(Value::from(())) };
    let name = model.get_attr("alias").map(|alias| py_str(&alias))?;
    let path = scope.subject.label().path;
    let job = PythonJob { code: &code, path: &path, name: &name, project: &scope.globals.project.root.root };
    run_python_model(&run.connection, &job).map(ResponseObject::value).map_err(raise)
}
