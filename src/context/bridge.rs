//! Where scopes meet the database: the `adapter` and `api` objects of a scope, seeds, Python models.

use std::sync::Arc;

use crate::jinja::{MjError, Value};

use super::scope::Scope;

#[derive(Debug)]
pub struct Adapter;
#[derive(Debug)]
pub struct NodeConnection;

pub fn empty_table() -> Value {
    Value::from(())
}
pub fn adapter_object(_scope: &Arc<Scope>) -> Value {
    Value::from(())
}
pub fn api(_scope: &Arc<Scope>) -> Value {
    Value::from(())
}
pub fn column_class(_scope: &Arc<Scope>) -> Value {
    Value::from(())
}
pub fn load_seed_table(_scope: &Arc<Scope>) -> Result<Value, MjError> {
    Ok(Value::from(()))
}
pub fn submit_python_job(_scope: &Arc<Scope>, _args: &super::call::Args) -> Result<Value, MjError> {
    Ok(Value::from(()))
}

pub fn relation_value(_scope: &Arc<Scope>, relation: crate::adapter::relation::Relation) -> Value {
    Value::from(relation.render_limited())
}
