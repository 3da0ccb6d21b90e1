//! Relations of nodes as templates get them from `this`, `ref` and `source`.

use std::sync::Arc;

use crate::jinja::{MjError, Value};
use crate::manifest::{Node, SourceDefinition};

use super::runtime::NodeRun;
use super::scope::Scope;

pub fn this(scope: &Arc<Scope>) -> Result<Value, MjError> {
    Ok(Value::from(scope.subject.unique_id().to_owned()))
}
pub fn of_node(_scope: &Arc<Scope>, _run: &Arc<NodeRun>, node: &Node) -> Result<Value, MjError> {
    Ok(Value::from(node.relation_name.clone()))
}
pub fn of_function(_scope: &Arc<Scope>, _run: &Arc<NodeRun>, node: &Node) -> Result<Value, MjError> {
    Ok(Value::from(node.relation_name.clone()))
}
pub fn of_source(_scope: &Arc<Scope>, _run: &Arc<NodeRun>, source: &SourceDefinition) -> Result<Value, MjError> {
    Ok(Value::from(source.relation_name.clone()))
}
