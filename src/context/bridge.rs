//! Where scopes meet the database: the `adapter` and `api` objects of a scope, relations and tables as values, seeds,
//! Python models.

use std::sync::Arc;

use crate::adapter::{Relation, Table};
use crate::error::Error;
use crate::jinja::{MjError, Value};
use crate::manifest::ResourceType;

use super::database::{AdapterObject, ColumnClass, Operations, RelationObject, TableObject};
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

/// `submit_python_job`: rdbt has no Python of its own yet.
pub fn submit_python_job(scope: &Scope) -> MjError {
    raise(
        Error::runtime(format!(
            "The model `{}` is written in Python, which this version of rdbt does not run.",
            scope.subject.label().name
        ))
        .hint("Leave it out with --exclude, or rewrite it in SQL."),
    )
}
