//! `api.Relation` and `api.Column`: the classes that macros make relations and columns with.

use std::fmt;
use std::sync::Arc;

use super::{column, relation};
use crate::adapter::Policy;
use crate::context::call::Args;
use crate::jinja::{MjError, Object, ObjectRepr, State, Value};

/// `api`.
#[derive(Debug)]
pub struct Api {
    /// How the project quotes names that a macro says nothing about.
    pub quoting: Policy,
}

impl Object for Api {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "Relation" => Some(Value::from_object(RelationClass { quoting: self.quoting })),
            "Column" => Some(Value::from_object(ColumnClass)),
            _ => None,
        }
    }
}

/// `api.Relation`.
#[derive(Debug)]
pub struct RelationClass {
    /// How the project quotes names.
    pub quoting: Policy,
}

impl Object for RelationClass {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        relation::class_attribute(key.as_str()?)
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, MjError> {
        let args = Args::new(args)?;
        match method {
            "create" => relation::create(self.quoting, &args).map(relation::RelationObject::value),
            other => relation::class_method(other, &args),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<class 'dbt.adapters.duckdb.relation.DuckDBRelation'>")
    }
}

/// `api.Column`; calling it makes a column.
#[derive(Debug)]
pub struct ColumnClass;

impl Object for ColumnClass {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, MjError> {
        column::construct(&Args::new(args)?)
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, MjError> {
        column::class_method(method, &Args::new(args)?)
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<class 'dbt.adapters.duckdb.column.DuckDBColumn'>")
    }
}
