//! `store_result`, `load_result` and `store_raw_result`: how `statement` blocks hand rows to macros.

use std::fmt;
use std::sync::{Arc, PoisonError};

use crate::jinja::value::{Dict, List, iterate, py_repr, tuple};
use crate::jinja::{Enumerator, MjError, Object, ObjectRepr, Value};

use super::call::Args;
use super::errors::raise_compilation;
use super::scope::Scope;

/// What a statement left behind: `response`, `table`, and `data` (rows as tuples), made when asked for.
#[derive(Debug)]
pub struct StoredResult {
    /// The adapter's response.
    pub response: Value,
    /// The rows, with agate's interface.
    pub table: Value,
}

impl Object for StoredResult {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "response" => Some(self.response.clone()),
            "table" => Some(self.table.clone()),
            "data" => Some(matrix(&self.table)),
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&["response", "data", "table"])
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (response, table) = (py_repr(&self.response), py_repr(&self.table));
        write!(f, "{{'response': {response}, 'data': {}, 'table': {table}}}", py_repr(&matrix(&self.table)))
    }
}

fn matrix(table: &Value) -> Value {
    let rows = table.get_attr("rows").unwrap_or_default();
    let as_tuple = |row: &Value| tuple(iterate(row).unwrap_or_default());
    List::new(iterate(&rows).unwrap_or_default().iter().map(as_tuple).collect())
}

/// `store_result(name, response, agate_table=none)`.
pub fn store(scope: &Scope, args: &Args) -> Result<Value, MjError> {
    let name = args.text("store_result", 0, "name")?;
    let response = args.require("store_result", 1, "response")?;
    let table = args.get(2, "agate_table").filter(|table| !table.is_none());
    put(scope, name, response, table.unwrap_or_else(|| super::bridge::empty_table(scope)));
    Ok(Value::from(""))
}

/// `store_raw_result(name, message, code, rows_affected, agate_table)`.
pub fn store_raw(scope: &Scope, args: &Args) -> Result<Value, MjError> {
    let name = args.text("store_raw_result", 0, "name")?;
    let part = |index: usize, name: &str| args.get(index, name).unwrap_or_else(|| Value::from(()));
    let response = Dict::from_pairs([
        ("_message", part(1, "message")),
        ("code", part(2, "code")),
        ("rows_affected", part(3, "rows_affected")),
    ]);
    let table = args.get(4, "agate_table").filter(|table| !table.is_none());
    put(scope, name, response, table.unwrap_or_else(|| super::bridge::empty_table(scope)));
    Ok(Value::from(""))
}

/// Keeps a result under a name.
pub fn put(scope: &Scope, name: String, response: Value, table: Value) {
    let stored = Value::from_object(StoredResult { response, table });
    scope.results.lock().unwrap_or_else(PoisonError::into_inner).insert(name, Some(stored));
}

/// The result under `name`, left where it is. For `main`, which the run itself reads.
pub fn peek(scope: &Scope, name: &str) -> Option<Value> {
    scope.results.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned().flatten()
}

/// `_sql_results`: all results that are stored.
pub fn stored(scope: &Scope) -> Value {
    let results = scope.results.lock().unwrap_or_else(PoisonError::into_inner);
    Dict::from_pairs(
        results.iter().map(|(name, value)| (name.clone(), value.clone().unwrap_or_else(|| Value::from(())))),
    )
}

/// `load_result(name)`: a result can be loaded once, except `main`.
pub fn load(scope: &Scope, args: &Args) -> Result<Value, MjError> {
    let name = args.text("load_result", 0, "name")?;
    let mut results = scope.results.lock().unwrap_or_else(PoisonError::into_inner);
    match results.get_mut(&name) {
        None => Ok(Value::from(())),
        Some(stored) if name == "main" => Ok(stored.clone().unwrap_or_default()),
        Some(stored) => stored.take().ok_or_else(|| {
            raise_compilation(format!("The 'statement' result named '{name}' has already been loaded into a variable"))
        }),
    }
}
