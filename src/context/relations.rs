//! Relations of nodes as templates get them from `this`, `ref` and `source`. Mirrors dbt's `Relation.create_from` with
//! dbt-duckdb's external sources.

use std::sync::Arc;

use crate::adapter::{EventTimeFilter, Policy, Relation, RelationType};
use crate::jinja::{MjError, Value};
use crate::manifest::{Node, Quoting, SourceDefinition};

use super::bridge;
use super::errors::raise;
use super::event_time;
use super::external_sources;
use super::runtime::NodeRun;
use super::scope::{Scope, Subject};

/// `this`.
pub fn this(scope: &Arc<Scope>) -> Result<Value, MjError> {
    match &scope.subject {
        Subject::Node(node) => Ok(bridge::relation_value(node_relation(scope, node))),
        Subject::Source(source) => Ok(bridge::relation_value(source_relation(source).map_err(raise)?)),
        Subject::Macro { .. } => Ok(Value::from(())),
    }
}

/// The relation that `ref()` gives for a node, the CTE for an ephemeral one.
pub fn of_node(scope: &Arc<Scope>, run: &Arc<NodeRun>, node: &Node) -> Result<Value, MjError> {
    let relation = match node.is_ephemeral() {
        true => Relation::ephemeral(node.cte_name()),
        false => match deferred(scope, run, node)? {
            Some(relation) => relation,
            None => node_relation(scope, node),
        },
    };
    let filter = event_time::filter(scope, &node.config, &node.columns, None);
    Ok(bridge::relation_value(limited(scope, relation, filter)))
}

/// Where the state of `--defer` has a node: if it does not exist here, or, with `--favor-state`, if it is not built now.
fn deferred(scope: &Arc<Scope>, run: &Arc<NodeRun>, node: &Node) -> Result<Option<Relation>, MjError> {
    let flags = &scope.globals.invocation.flags;
    let Some(relation) = run.shared.deferred(&node.unique_id).filter(|_| flags.defer) else { return Ok(None) };
    scope.note_read(|reads| reads.unrepeatable = true);
    let selected = || run.shared.selected.get().is_some_and(|ids| ids.contains(&node.unique_id));
    let prefers_state = (flags.favor_state && !selected())
        || bridge::operations(scope, run)
            .get_relation(node.database.as_deref(), &node.schema, &node.alias)
            .map_err(raise)?
            .is_none();
    Ok(prefers_state.then(|| relation.clone()))
}

/// The relation that `function()` gives.
pub fn of_function(scope: &Arc<Scope>, run: &Arc<NodeRun>, node: &Node) -> Result<Value, MjError> {
    let _ = run;
    let relation = node_relation(scope, node).with_kind(Some(RelationType::Function));
    Ok(bridge::relation_value(relation))
}

/// The relation that `source()` gives.
pub fn of_source(scope: &Arc<Scope>, run: &Arc<NodeRun>, source: &SourceDefinition) -> Result<Value, MjError> {
    let relation = source_relation(source).map_err(raise)?;
    if let Some(provided) = external_sources::provided(source).map_err(raise)? {
        scope.note_read(|reads| reads.unrepeatable = true);
        scope.globals.adapter.load_source(&run.connection, &relation, &provided).map_err(raise)?;
    }
    let filter = event_time::filter(scope, &source.config, &source.columns, source.quoting.column);
    Ok(bridge::relation_value(limited(scope, relation, filter)))
}

/// `--empty` reads no rows of what a node refers to, batches and samples read some; the rows of a unit test are its own.
fn limited(scope: &Scope, mut relation: Relation, filter: Option<EventTimeFilter>) -> Relation {
    if scope.subject.node().is_some_and(|node| node.unit_test().is_some()) {
        return relation;
    }
    if scope.globals.invocation.flags.empty {
        relation.limit = Some(0);
    }
    relation.event_time_filter = filter;
    relation
}

/// A node's relation, quoted as the project says; dbt ignores what a node's own configuration says of quoting.
pub fn node_relation(scope: &Scope, node: &Node) -> Relation {
    let mut policy = Policy::default();
    apply(&mut policy, scope.globals.project.root.quoting);
    Relation::new(node.database.as_deref(), Some(&node.schema), Some(&node.alias)).with_quote_policy(policy)
}

fn apply(policy: &mut Policy, quoting: Quoting) {
    policy.database = quoting.database.unwrap_or(policy.database);
    policy.schema = quoting.schema.unwrap_or(policy.schema);
    policy.identifier = quoting.identifier.unwrap_or(policy.identifier);
}

/// A source's relation; where `external_location` is set, what is read instead of a table.
///
/// # Errors
/// The location's template names a key that the source does not have, or its `formatter` is unknown.
pub fn source_relation(source: &SourceDefinition) -> crate::error::Result<Relation> {
    let mut policy = Policy::default();
    apply(&mut policy, source.quoting);
    let mut relation = Relation::new(source.database.as_deref(), Some(&source.schema), Some(&source.identifier))
        .with_quote_policy(policy);
    relation.external = external_sources::location(source)?;
    Ok(relation)
}
