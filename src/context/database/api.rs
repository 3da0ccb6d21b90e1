//! `api.Relation` and `api.Column`: the classes that macros make relations and columns with.

use std::fmt;
use std::sync::Arc;

use super::{column, relation, signatures};
use crate::adapter::Policy;
use crate::context::call::Args;
use crate::jinja::value::{CLASS_KEY, Class, Dict};
use crate::jinja::{MjError, Object, ObjectRepr, State, Value};

/// `api`; `quoting` is how the project quotes names that a macro says nothing about.
pub fn api(quoting: Policy) -> Value {
    Dict::from_pairs([
        ("Relation", Value::from_object(RelationClass { quoting })),
        ("Column", Value::from_object(ColumnClass)),
    ])
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
        match key.as_str()? {
            CLASS_KEY => Some(RELATION_PROXY.value()),
            name => {
                let bound = || signatures::bound(&signatures::RELATION, || Value::from_dyn_object(self.clone()), name);
                relation::class_attribute(name).or_else(bound)
            }
        }
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, MjError> {
        let args = Args::new(args)?;
        if let Some(signature) = signatures::RELATION.find(method) {
            signature.check(&args)?;
        }
        match method {
            "create" => relation::create(self.quoting, &args).map(relation::RelationObject::value),
            other => relation::class_method(other, &args),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        RELATION_PROXY.write(f, self)
    }
}

const RELATION_PROXY: Class = Class::new("dbt.context.providers", "RelationProxy");

/// `api.Column`; calling it makes a column.
#[derive(Debug)]
pub struct ColumnClass;

impl Object for ColumnClass {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            CLASS_KEY => Some(Class::callable("", "type").value()),
            "TYPE_LABELS" => Some(Dict::from_pairs([("STRING", Value::from("TEXT"))])),
            name => signatures::bound(&signatures::COLUMN, || Value::from_dyn_object(self.clone()), name),
        }
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
