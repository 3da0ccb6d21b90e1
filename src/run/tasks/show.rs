//! `show`: the first rows of a node's query. Nothing is built.

use std::sync::Arc;

use crate::context::errors::from_jinja;
use crate::context::runtime::NodeRun;
use crate::context::{Phase, Scope, Subject};
use crate::error::{Error, Result};
use crate::jinja::Value;
use crate::jinja::value::{from_json, py_str};
use crate::manifest::Node;
use crate::run::database::Database;
use crate::run::plan::Resource;
use crate::run::results::{NodeResult, Status};
use crate::run::session::{Session, whole_response_json};

/// Runs a node's query, limited.
pub fn execute(session: &Session, node: &Arc<Node>, run: &Arc<NodeRun>) -> Result<NodeResult> {
    let sql = limited_query(session, node, run)?;
    session.shared.compiled.update(&node.unique_id, |compiled| compiled.code = Some(sql.as_str().into()));
    let (response, table) = Database::fetch(&run.connection, &sql)?;
    let mut result = NodeResult::new(Resource::Node(node.clone()), Status::Success);
    result.adapter_response = whole_response_json(&response);
    result.table = Some(Arc::new(table));
    Ok(result)
}

/// What the `get_show_sql` macro makes of the node's SQL.
fn limited_query(session: &Session, node: &Arc<Node>, run: &Arc<NodeRun>) -> Result<String> {
    let globals = &session.globals;
    let unique_id = globals
        .macros
        .anywhere("get_show_sql")
        .ok_or_else(|| Error::runtime("dbt could not find a macro with the name \"get_show_sql\" in any package"))?;
    let compiled = session.shared.compiled.get(&node.unique_id).and_then(|compiled| compiled.code.clone());
    let header = node.config.get("sql_header").map_or_else(|| Value::from(()), from_json);
    let limit = globals.invocation.flags.limit.filter(|limit| *limit >= 0);
    let arguments = vec![
        ("compiled_code".to_owned(), compiled.map_or_else(|| Value::from(()), Value::from)),
        ("sql_header".to_owned(), header),
        ("limit".to_owned(), limit.map_or_else(|| Value::from(()), Value::from)),
    ];
    let subject = Subject::Node(node.clone());
    let label = subject.label();
    let scope = Arc::new(Scope::new(globals.clone(), subject, Phase::Run(run.clone())));
    globals
        .engine
        .call_macro(unique_id, Vec::new(), arguments, scope.into_value())
        .map(|sql| py_str(&sql))
        .map_err(|error| from_jinja(&error, Some(&label)))
}
