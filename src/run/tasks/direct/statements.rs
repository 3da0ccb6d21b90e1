//! The statements of dbt's macros, with their white space, and what the macros do beside sending them.

use crate::adapter::{AdapterResponse, Policy, Relation, Table};
use crate::context::database::NodeConnection;
use crate::context::{Scope, write_payload};
use crate::error::{Error, Result};
use crate::events::{Event, Level};

/// `statement('main')`: notes the text in the log and in `target/run`, then runs it.
pub(super) fn run_main(
    scope: &Scope,
    connection: &NodeConnection,
    sql: &str,
    fetch: bool,
) -> Result<(AdapterResponse, Table)> {
    let message = format!("Writing runtime sql for node \"{}\"", scope.subject.unique_id());
    let event = Event::new("JinjaLogDebug", "I063", Level::Debug, message.clone()).with("msg", message);
    scope.globals.events.emit(event.with("node_info", connection.node_info()));
    write_payload(scope, sql)?;
    connection.execute(sql, true, fetch, None)
}

/// What `duckdb__create_table_as` gives.
pub(super) fn create_table(relation: &Relation, code: &str) -> String {
    format!("\n    \n\n    create  table\n      {relation}\n  \n    \n    as (\n      {code}\n    );\n    \n  ")
}

/// What `duckdb__create_view_as` gives, between the line breaks of the materialization.
pub(super) fn create_view(relation: &Relation, code: &str) -> String {
    format!("\n  \n  create view {relation} as (\n    {code}\n  );\n")
}

/// The names of a relation's indexes, which DuckDB does not rename with it, and then their end.
pub(super) fn drop_indexes(connection: &NodeConnection, relation: &Relation) -> Result<()> {
    let (database, schema) = (relation.database().unwrap_or("None"), relation.schema().unwrap_or("None"));
    let identifier = relation.identifier().unwrap_or("None");
    let sql = format!(
        "\n    SELECT index_name\n    FROM duckdb_indexes()\n    WHERE database_name = '{database}'\n      \
         AND schema_name = '{schema}'\n      AND table_name = '{identifier}'\n  "
    );
    let (_, indexes) = connection.execute(&sql, false, true, None)?;
    for row in 0..indexes.len() {
        let name = indexes.cell(row, 0).to_string();
        let sql = format!("\n      DROP INDEX \"{database}\".\"{schema}\".\"{name}\"\n    ");
        connection.execute(&sql, false, false, None)?;
    }
    Ok(())
}

/// `adapter.drop_relation`.
pub(super) fn drop_relation(connection: &NodeConnection, relation: &Relation) -> Result<()> {
    let adapter = connection.adapter();
    adapter.cache().drop_relation(relation);
    let kind = kind(relation);
    connection
        .execute(&format!("\n      drop {kind} if exists {relation} cascade\n    "), false, false, None)
        .map(|_| ())
}

/// `adapter.rename_relation`.
pub(super) fn rename(connection: &NodeConnection, from: &Relation, to: &Relation) -> Result<()> {
    let adapter = connection.adapter();
    adapter.cache().rename(from, to).map_err(Error::internal)?;
    let new_name = to.identifier().unwrap_or("None");
    let new_name = if adapter.quoting().identifier { to_quoted(new_name) } else { new_name.to_owned() };
    connection.execute(&format!("alter {} {from} rename to {new_name}", kind(to)), true, false, None).map(|_| ())
}

/// `adapter.quote`.
fn to_quoted(name: &str) -> String {
    Relation::new(None, None, Some(name)).with_quote_policy(Policy::default()).to_string()
}

fn kind(relation: &Relation) -> &'static str {
    relation.kind.map_or("None", crate::adapter::RelationType::as_str)
}
