//! `adapter` in templates. While parsing nothing reaches the database: methods that would ask it give what dbt's stubs
//! give.

mod behavior;
mod methods;

use std::fmt;
use std::sync::Arc;

use super::adapter::Adapter;
use super::api::RelationClass;
use super::operations::{Dispatcher, Operations};
use super::signatures;
use super::table::TableObject;
use crate::adapter::Table;
use crate::context::call::Args;
use crate::context::errors::{raise, raise_compilation};
use crate::context::signature::Signature;
use crate::jinja::value::{CLASS_KEY, Class, List, py_str, tuple, type_name};
use crate::jinja::{ErrorKind, MjError, Object, ObjectRepr, State, Value};

/// `adapter`.
#[derive(Debug, Clone)]
pub struct AdapterObject {
    adapter: Arc<Adapter>,
    /// Absent while parsing.
    operations: Option<Operations>,
    dispatcher: Arc<dyn Dispatcher>,
}

/// Methods that dbt replaces while parsing; they take any arguments.
const REPLACED: [&str; 20] = [
    "add_query",
    "already_exists",
    "assert_valid_snapshot_target_given_strategy",
    "check_schema_exists",
    "create_schema",
    "drop_relation",
    "drop_schema",
    "execute",
    "expand_target_column_types",
    "get_column_schema_from_query",
    "get_columns_in_relation",
    "get_columns_in_table",
    "get_hard_deletes_behavior",
    "get_incremental_strategy_macro",
    "get_missing_columns",
    "get_partitions_metadata",
    "get_relation",
    "rename_relation",
    "truncate_relation",
    "valid_snapshot_target",
];

/// Methods that give the same for the same arguments, whatever is in the database.
const PURE: [&str; 9] = [
    "dispatch",
    "escape_sql_string",
    "external_root",
    "is_motherduck",
    "quote",
    "quote_as_configured",
    "quote_seed_column",
    "type",
    "valid_incremental_strategies",
];

impl AdapterObject {
    /// `adapter` while parsing.
    pub fn parsing(adapter: Arc<Adapter>, dispatcher: Arc<dyn Dispatcher>) -> Self {
        AdapterObject { adapter, operations: None, dispatcher }
    }

    /// `adapter` while running.
    pub fn running(operations: Operations, dispatcher: Arc<dyn Dispatcher>) -> Self {
        AdapterObject { adapter: operations.adapter().clone(), operations: Some(operations), dispatcher }
    }

    fn invoke(&self, state: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, MjError> {
        let args = Args::new(args)?;
        let signature = signatures::ADAPTER.find(method);
        let signature = signature.ok_or_else(|| MjError::from(ErrorKind::UnknownMethod))?;
        if self.operations.is_some() || !REPLACED.contains(&method) {
            signature.check(&args)?;
        }
        if self.operations.is_some() && !PURE.contains(&method) {
            self.dispatcher.asks_database();
        }
        match method {
            "dispatch" => return self.dispatch(state, &args),
            "type" => return Ok(Value::from("duckdb")),
            _ => {}
        }
        if let Some(done) = self.without_database(method, &args) {
            return done;
        }
        match &self.operations {
            None => parse_replacement(&self.adapter, method),
            Some(operations) => methods::call(operations, state, method, &args),
        }
    }

    fn dispatch(&self, state: &mut State<'_, '_>, args: &Args) -> Result<Value, MjError> {
        let name = args.text("dispatch", 0, "macro_name")?;
        if let Some((package, name)) = name.split_once('.') {
            return Err(raise_compilation(format!(
                "In adapter.dispatch, got a macro name of \"{package}.{name}\", but \".\" is not a valid macro name \
                 component. Did you mean `adapter.dispatch(\"{name}\", macro_namespace=\"{package}\")`?"
            )));
        }
        if args.get(2, "packages").is_some_and(|packages| !packages.is_none()) {
            return Err(raise_compilation(format!(
                "        The \"packages\" argument of adapter.dispatch() has been deprecated.\n        \
                 Use the \"macro_namespace\" argument instead.\n\n        Raised during dispatch for: {name}\n\n        \
                 For more information, see:\n\n        \
                 https://docs.getdbt.com/reference/dbt-jinja-functions/dispatch\n        "
            )));
        }
        let namespace = args.get(1, "macro_namespace").filter(|namespace| !namespace.is_none());
        match &namespace {
            None => self.dispatcher.dispatch(state, &name, None),
            Some(namespace) if namespace.as_str().is_some() => {
                self.dispatcher.dispatch(state, &name, namespace.as_str())
            }
            Some(other) => Err(raise_compilation(format!(
                "In adapter.dispatch, got a {} macro_namespace argument (\"{}\"), but macro_namespace should be None or \
                 a string.",
                format_args!("<class '{}'>", type_name(other)),
                py_str(other)
            ))),
        }
    }

    /// Methods that answer without asking the database, in every phase; nothing for all others.
    fn without_database(&self, method: &str, args: &Args) -> Option<Result<Value, MjError>> {
        let credentials = self.adapter.credentials();
        let done = match method {
            "is_motherduck" => Value::from(credentials.is_motherduck()),
            "disable_transactions" => Value::from(credentials.disable_transactions),
            "external_root" => Value::from(credentials.external_root.as_str()),
            "get_binding_char" => Value::from("?"),
            // The library is newer than every version that dbt-duckdb makes an exception for.
            "use_ducklake_table_workarounds" => Value::from(false),
            "valid_incremental_strategies" => {
                List::new(["append", "delete+insert", "merge", "microbatch"].map(Value::from).into())
            }
            "build_catalog_relation" => Value::from(()),
            _ => return methods::stateless(&self.adapter, method, args),
        };
        Some(Ok(done))
    }
}

/// What dbt's stubs give while parsing.
fn parse_replacement(adapter: &Adapter, method: &str) -> Result<Value, MjError> {
    match method {
        "execute" | "get_partitions_metadata" => {
            Ok(tuple(vec![Value::from(""), TableObject::value(Table::empty(), adapter.events())]))
        }
        "add_query" => Ok(tuple(vec![Value::from(()), Value::from(())])),
        "get_columns_in_relation"
        | "get_columns_in_table"
        | "get_column_schema_from_query"
        | "get_missing_columns"
        | "existing_key_constraint_types" => Ok(List::new(Vec::new())),
        "already_exists" | "check_schema_exists" | "location_exists" | "catalog_supports_foreign_keys" => {
            Ok(Value::from(false))
        }
        _ => Ok(Value::from(())),
    }
}

impl Object for AdapterObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        match name {
            CLASS_KEY => Some(self.class().value()),
            "behavior" => Some(behavior::value(&self.adapter)),
            "Relation" => Some(Value::from_object(RelationClass { quoting: self.adapter.quoting() })),
            "config" => Some(self.dispatcher.clone().config()),
            _ => {
                let signature = signatures::ADAPTER.find(name)?;
                Some(Value::from_object(Method { adapter: self.clone(), signature }))
            }
        }
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, MjError> {
        self.invoke(state, method, args)
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.class().write(f, self)
    }
}

impl AdapterObject {
    fn class(&self) -> Class {
        let name = if self.operations.is_some() { "RuntimeDatabaseWrapper" } else { "ParseDatabaseWrapper" };
        Class::new("dbt.context.providers", name)
    }
}

/// A method that was looked up but not called yet.
#[derive(Debug)]
struct Method {
    adapter: Arc<AdapterObject>,
    signature: Signature,
}

impl Object for Method {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str()? == CLASS_KEY).then(|| Class::callable("", "method").value())
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, MjError> {
        self.adapter.invoke(state, self.signature.name(), args)
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.signature.qualified();
        write!(f, "<bound method {name} of ")?;
        match name {
            "SQLAdapter.quote"
            | "BaseAdapter.convert_type"
            | "BaseAdapter.get_hard_deletes_behavior"
            | "BaseAdapter.render_raw_columns_constraints"
            | "BaseAdapter.render_raw_model_constraints" => {
                f.write_str("<class 'dbt.adapters.duckdb.impl.DuckDBAdapter'>")?
            }
            _ if name.starts_with("BaseDatabaseWrapper") => self.adapter.class().write(f, &self.adapter)?,
            _ => Class::new("dbt.adapters.duckdb.impl", "DuckDBAdapter").write(f, &self.adapter)?,
        }
        f.write_str(">")
    }
}

/// The relation that an argument is.
///
/// # Errors
/// It is something else; the message is dbt's.
fn relation_argument(method: &str, args: &Args, index: usize, name: &str) -> Result<crate::adapter::Relation, MjError> {
    let value = args.require(method, index, name)?;
    match super::relation::RelationObject::of(&value) {
        Some(relation) => Ok(relation.clone()),
        None => Err(raise(crate::error::Error::compilation(format!(
            "'adapter.{method}' expects argument '{name}' to be of type '<class \
             'dbt.adapters.duckdb.relation.DuckDBRelation'>', instead got {} ({})",
            py_str(&value),
            match method {
                "get_missing_columns" | "expand_target_column_types" => format!("<class '{}'>", type_name(&value)),
                _ => type_name(&value).to_owned(),
            }
        )))),
    }
}
