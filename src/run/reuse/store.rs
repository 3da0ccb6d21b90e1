//! The fingerprints of what was built, in a table beside the data, so that they come and go with them: one row for each node,
//! in the database that the node is in. The schema is rdbt's own: no node is ever in it, so neither the catalog of
//! `docs generate` nor a clean-up of a project's schemas shows or touches it.

use std::collections::HashMap;

use crate::adapter::Table;
use crate::context::database::NodeConnection;
use crate::error::Result;

use super::inputs::Inputs;

/// The schema of rdbt's own tables.
pub const SCHEMA: &str = "rdbt_internal";

/// What is known of a node as it was built last.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record {
    /// Everything that the result depended on.
    pub inputs: Inputs,
    /// What came out: the version of the table, the definition of the view, `pass`.
    pub output: String,
    /// When, in UTC, as text.
    pub built_at: String,
}

/// The records of one database.
#[derive(Debug, Default)]
pub struct Records(HashMap<String, Record>);

impl Records {
    /// Reads what is there; nothing if there is no such table yet.
    ///
    /// # Errors
    /// A query fails.
    pub fn load(connection: &NodeConnection, database: &str) -> Result<Records> {
        let there = connection.query_plainly(&format!(
            "select 1 from duckdb_tables() where database_name = {} and schema_name = '{SCHEMA}' \
             and table_name = 'fingerprints'",
            literal(database)
        ))?;
        if there.is_empty() {
            return Ok(Records::default());
        }
        let columns = "node, inputs, output, cast(built_at as varchar)";
        let rows = connection.query_plainly(&format!("select {columns} from {}", table(database)))?;
        Ok(Records(
            (0..rows.len()).filter_map(|row| Some((rows.cell(row, 0).to_string(), record(&rows, row)?))).collect(),
        ))
    }

    /// The record of a node.
    pub fn get(&self, node: &str) -> Option<&Record> {
        self.0.get(node)
    }
}

/// A record that cannot be read counts as none.
fn record(rows: &Table, row: usize) -> Option<Record> {
    let inputs = serde_json::from_str(&rows.cell(row, 1).to_string()).ok()?;
    Some(Record { inputs, output: rows.cell(row, 2).to_string(), built_at: rows.cell(row, 3).to_string() })
}

/// Makes the schema and the table unless they are there.
///
/// # Errors
/// The database cannot be written to.
pub fn prepare(connection: &NodeConnection, database: &str) -> Result<()> {
    connection.run_plainly(&format!(
        "create schema if not exists {}.{SCHEMA}; \
         create table if not exists {} (node varchar, inputs varchar, output varchar, built_at timestamp)",
        quoted(database),
        table(database)
    ))
}

/// Writes the record of a node in place of an older one, within the transaction that is open.
///
/// # Errors
/// The engine refuses.
pub fn save(connection: &NodeConnection, database: &str, node: &str, inputs: &Inputs, output: &str) -> Result<()> {
    let json = serde_json::to_string(inputs).unwrap_or_default();
    let moment = chrono::Utc::now().format("%Y-%m-%d %H:%M:%S");
    connection.run_plainly(&format!(
        "delete from {0} where node = {1}; insert into {0} values ({1}, {2}, {3}, '{moment}')",
        table(database),
        literal(node),
        literal(&json),
        literal(output),
    ))
}

fn table(database: &str) -> String {
    format!("{}.{SCHEMA}.fingerprints", quoted(database))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
