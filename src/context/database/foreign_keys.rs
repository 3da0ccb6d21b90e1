//! Models that are bound together by foreign keys must not be built at the same time: creating either table alters the
//! other in DuckDB's catalog, and the transactions would collide.

use std::collections::{BTreeSet, HashMap};
use std::sync::MutexGuard;

use super::adapter::{Adapter, KeyConstraints, locked};
use super::connection::NodeConnection;
use crate::error::Result;
use crate::manifest::Node;

/// Held while a model of a foreign key relationship is built.
#[derive(Debug)]
pub struct ForeignKeyGuard<'a>(#[expect(dead_code, reason = "held for its drop")] MutexGuard<'a, ()>);

impl Adapter {
    /// Whether tables of a database can refer to each other; asked once for all databases.
    ///
    /// # Errors
    /// The query fails.
    pub fn catalog_supports_foreign_keys(&self, connection: &NodeConnection, database: &str) -> Result<bool> {
        let types = match self.catalog_types.get() {
            Some(types) => types,
            None => {
                let table = connection.query("select database_name, type from duckdb_databases()")?;
                let pairs = (0..table.len()).map(|row| {
                    (table.cell(row, 0).to_string().to_lowercase(), table.cell(row, 1).to_string().to_lowercase())
                });
                self.catalog_types.get_or_init(|| pairs.collect())
            }
        };
        Ok(matches!(types.get(&database.to_lowercase()).map(String::as_str), Some("duckdb" | "motherduck")))
    }

    /// Kinds of key constraints (`primary_key`, `unique`, `foreign_key`) that a table had before this run, sorted.
    ///
    /// # Errors
    /// The query fails.
    pub fn existing_key_constraint_types(
        &self,
        connection: &NodeConnection,
        database: &str,
        schema: &str,
        identifier: &str,
    ) -> Result<BTreeSet<String>> {
        if !self.catalog_supports_foreign_keys(connection, database)? {
            return Ok(BTreeSet::new());
        }
        let key = (database.to_lowercase(), schema.to_lowercase());
        let mut known = locked(&self.key_constraints);
        if !known.contains_key(&key) {
            let found = key_constraints(connection, database, schema)?;
            known.insert(key.clone(), found);
        }
        let types = known.get(&key).and_then(|tables| tables.get(&identifier.to_lowercase()));
        Ok(types.cloned().unwrap_or_default())
    }

    /// Waits for its turn if a model declares a foreign key or is referred to by one. Call before a model is built and
    /// drop the guard after its transaction has ended.
    ///
    /// # Errors
    /// A query fails.
    pub fn foreign_key_turn(&self, connection: &NodeConnection, node: &Node) -> Result<Option<ForeignKeyGuard<'_>>> {
        let Some(database) = node.database.as_deref() else { return Ok(None) };
        if !self.catalog_supports_foreign_keys(connection, database)? {
            return Ok(None);
        }
        let mut types = declared_types(node);
        if types.is_empty() {
            types = self.existing_key_constraint_types(connection, database, &node.schema, &node.alias)?;
            if types.is_empty() {
                return Ok(None);
            }
        }
        // What refers to the table shows only once the model that declares it has committed.
        let guard = locked(&self.foreign_keys);
        types.extend(self.existing_key_constraint_types(connection, database, &node.schema, &node.alias)?);
        if types.contains("foreign_key") || is_referred_to(connection, database, &node.schema, &node.alias)? {
            return Ok(Some(ForeignKeyGuard(guard)));
        }
        Ok(None)
    }
}

fn declared_types(node: &Node) -> BTreeSet<String> {
    if !node.contract.enforced {
        return BTreeSet::new();
    }
    let model = node.model().into_iter().flat_map(|model| &model.constraints);
    let columns = node.columns.values().flat_map(|column| &column.constraints);
    let types = model.chain(columns).filter_map(|constraint| constraint.get("type")?.as_str());
    types.filter(|kind| ["primary_key", "unique", "foreign_key"].contains(kind)).map(str::to_owned).collect()
}

fn literal(text: &str) -> String {
    format!("lower('{}')", text.replace('\'', "''"))
}

fn key_constraints(connection: &NodeConnection, database: &str, schema: &str) -> Result<KeyConstraints> {
    let table = connection.query(&format!(
        "select table_name, constraint_type from duckdb_constraints() where lower(database_name) = {} \
         and lower(schema_name) = {} and constraint_type in ('PRIMARY KEY', 'UNIQUE', 'FOREIGN KEY')",
        literal(database),
        literal(schema)
    ))?;
    let mut found: KeyConstraints = HashMap::new();
    for row in 0..table.len() {
        let kind = table.cell(row, 1).to_string().to_lowercase().replace(' ', "_");
        found.entry(table.cell(row, 0).to_string().to_lowercase()).or_default().insert(kind);
    }
    Ok(found)
}

fn is_referred_to(connection: &NodeConnection, database: &str, schema: &str, identifier: &str) -> Result<bool> {
    let table = connection.query(&format!(
        "select 1 from duckdb_constraints() where constraint_type = 'FOREIGN KEY' and lower(database_name) = {} \
         and lower(schema_name) = {} and lower(referenced_table) = {} and lower(table_name) <> lower(referenced_table) \
         limit 1",
        literal(database),
        literal(schema),
        literal(identifier)
    ))?;
    Ok(!table.is_empty())
}
