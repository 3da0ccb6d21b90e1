//! The materializations `view` and `table`: built under an intermediate name, then swapped with what had the name, which is kept as
//! a backup until the commit.

use std::sync::Arc;

use super::statements::{create_table, create_view, drop_indexes, drop_relation, rename, run_main};
use super::{compiled_code, says_nothing};
use crate::adapter::{AdapterResponse, Relation, RelationType};
use crate::context::bridge;
use crate::context::database::Operations;
use crate::context::runtime::NodeRun;
use crate::context::{Scope, node_relation};
use crate::error::Result;
use crate::manifest::{Node, ResourceType};
use crate::run::session::Session;

/// Keys of a model's configuration under which the macros would find more to do.
const MORE_TO_DO: [&str; 8] =
    ["pre-hook", "post-hook", "grants", "persist_docs", "indexes", "sql_header", "partitioned_by", "partition_by"];

/// What a model turned into.
pub(in crate::run::tasks) struct Built {
    /// What was made, under its own name.
    pub relation: Relation,
    /// What the database said of the main statement.
    pub response: AdapterResponse,
}

/// Relations that matter for a build, as they are before it.
struct Names {
    existing: Option<Relation>,
    target: Relation,
    intermediate: Relation,
    backup: Relation,
    leftovers: Vec<Relation>,
}

/// Builds a view or a table. None, with nothing done, where that takes the macros.
pub(in crate::run::tasks) fn build(
    session: &Session,
    scope: &Arc<Scope>,
    node: &Node,
    run: &Arc<NodeRun>,
) -> Result<Option<Built>> {
    let kind = match node.config.materialized() {
        "table" => RelationType::Table,
        "view" => RelationType::View,
        _ => return Ok(None),
    };
    if !is_plain(session, node, run) {
        return Ok(None);
    }
    let operations = bridge::operations(scope, run);
    let names = names(scope, node, kind, &operations)?;
    if kind == RelationType::Table && has_keys(&operations, names.existing.as_ref())? {
        return Ok(None);
    }
    let connection = &run.connection;
    for leftover in &names.leftovers {
        drop_relation(connection, leftover)?;
    }
    let code = compiled_code(session, node);
    let sql = match kind {
        RelationType::Table => create_table(&names.intermediate, &code),
        _ => create_view(&names.intermediate, &code),
    };
    let (response, _) = run_main(scope, connection, &sql, false)?;
    if let Some(existing) = &names.existing {
        if kind == RelationType::Table {
            drop_indexes(connection, existing)?;
        }
        rename(connection, existing, &names.backup)?;
    }
    rename(connection, &names.intermediate, &names.target)?;
    connection.commit()?;
    drop_relation(connection, &names.backup)?;
    Ok(Some(Built { relation: names.target, response }))
}

fn is_plain(session: &Session, node: &Node, run: &NodeRun) -> bool {
    let adapter = run.connection.adapter();
    let database = node.database.as_deref().unwrap_or_default();
    node.resource_type == ResourceType::Model
        && node.language == "sql"
        && run.batch.is_none()
        && !node.contract.enforced
        && node.config.get("contract").is_none_or(|contract| contract.get("enforced").is_none_or(|set| set == false))
        && MORE_TO_DO.iter().all(|key| says_nothing(node, key))
        && ["sorted_by", "sort_by"].iter().all(|key| node.config.get(key).is_none())
        && !adapter.credentials().ducklake_databases.contains(database)
        && session.direct.is_standard(session, node.config.materialized())
}

/// Where the new relation is built, and what an earlier run that broke off left in its way.
fn names(scope: &Scope, node: &Node, kind: RelationType, operations: &Operations) -> Result<Names> {
    let target = node_relation(scope, node);
    let find = |relation: &Relation| {
        operations.get_relation(
            relation.database(),
            relation.schema().unwrap_or_default(),
            relation.identifier().unwrap_or_default(),
        )
    };
    let existing = find(&target)?;
    let target = target.with_kind(Some(kind));
    let intermediate = with_suffix(&target, "__dbt_tmp");
    let backup_kind = existing.as_ref().map_or(Some(kind), |existing| existing.kind);
    let backup = with_suffix(&target, "__dbt_backup").with_kind(backup_kind);
    let leftovers = [find(&intermediate)?, find(&backup)?].into_iter().flatten().collect();
    Ok(Names { existing, target, intermediate, backup, leftovers })
}

fn with_suffix(relation: &Relation, suffix: &str) -> Relation {
    let mut named = relation.clone();
    named.path.identifier = named.path.identifier.map(|identifier| identifier + suffix);
    named
}

/// Whether a table has keys, which foreign keys of other tables may refer to.
fn has_keys(operations: &Operations, existing: Option<&Relation>) -> Result<bool> {
    let Some(table) = existing.filter(|existing| existing.is(RelationType::Table)) else { return Ok(false) };
    let part = |part: Option<&str>| part.unwrap_or_default().to_owned();
    let types = operations.adapter().existing_key_constraint_types(
        operations.connection(),
        &part(table.database()),
        &part(table.schema()),
        &part(table.identifier()),
    )?;
    Ok(!types.is_empty())
}
