//! Rows between the project's database and the Python process.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::super::connection::NodeConnection;
use crate::adapter::{Cell, Connection, Table};
use crate::error::{Error, Result};

/// Parts of type names that Parquet has no exact counterpart for: such columns cross as text.
const AS_TEXT: [&str; 3] = ["HUGEINT", "INTERVAL", "TIME WITH TIME ZONE"];

/// The exchange of one model.
pub(super) struct Exchange {
    connection: Arc<NodeConnection>,
    folder: PathBuf,
    /// Holds the files with results attached: attaching is no part of the model's transaction.
    attacher: Option<Box<dyn Connection>>,
    /// Name that the model's statements know, and catalog, of each result.
    results: Vec<(String, String)>,
    files: usize,
}

impl Exchange {
    /// An exchange whose files go to `folder`.
    pub fn new(connection: Arc<NodeConnection>, folder: PathBuf) -> Exchange {
        Exchange { connection, folder, attacher: None, results: Vec::new(), files: 0 }
    }

    /// Catalog and schema of names that say nothing else.
    ///
    /// # Errors
    /// The engine refuses.
    pub fn current(&self) -> Result<(String, String)> {
        let row = self.connection.query_plainly("select current_database(), current_schema()")?;
        Ok((row.cell(0, 0).to_string(), row.cell(0, 1).to_string()))
    }

    /// The catalogs.
    ///
    /// # Errors
    /// The engine refuses.
    pub fn databases(&self) -> Result<Vec<String>> {
        let rows = self.connection.query_plainly("select database_name from duckdb_databases() where not internal")?;
        Ok((0..rows.len()).map(|row| rows.cell(row, 0).to_string()).collect())
    }

    /// Catalog, schema and name of the relations that these names mean; null for a name that means none.
    ///
    /// # Errors
    /// The engine refuses.
    pub fn find(&self, names: &[Vec<String>]) -> Result<Vec<Json>> {
        let (database, schema) = self.current()?;
        names.iter().map(|name| self.find_one(name, &database, &schema)).collect()
    }

    fn find_one(&self, name: &[String], database: &str, schema: &str) -> Result<Json> {
        let candidates = match name {
            [name] => vec![["temp", "main", name], [database, schema, name]],
            [first, name] => vec![[database, first, name], [first, "main", name]],
            [database, schema, name] => vec![[database.as_str(), schema, name]],
            _ => Vec::new(),
        };
        for candidate in candidates {
            let [database, schema, name] = candidate.map(literal);
            let same = |column: &str, text: &str| format!("lower({column}) = lower({text})");
            let select = |kind: &str| {
                format!(
                    "select database_name, schema_name, {kind}_name from duckdb_{kind}s() where {} and {} and {}",
                    same("database_name", &database),
                    same("schema_name", &schema),
                    same(&format!("{kind}_name"), &name)
                )
            };
            let found = self.connection.query_plainly(&format!("{} union all {}", select("table"), select("view")))?;
            if !found.is_empty() {
                return Ok(json!([text(&found, 0, 0), text(&found, 0, 1), text(&found, 0, 2)]));
            }
        }
        Ok(Json::Null)
    }

    /// Writes the rows of a query to a file; gives its path and the query's columns with their types.
    ///
    /// # Errors
    /// The engine refuses.
    pub fn load(&mut self, query: &str) -> Result<Json> {
        let described = self.connection.query_plainly(&format!("describe {query}"))?;
        let columns: Vec<[String; 2]> =
            (0..described.len()).map(|row| [text(&described, row, 0), text(&described, row, 1)]).collect();
        let path = self.new_file("parquet");
        let names: Vec<String> = (0..columns.len()).map(|index| format!("c{index}")).collect();
        let exported = columns.iter().zip(&names).map(|([_, kind], name)| {
            let exact = !AS_TEXT.iter().any(|part| kind.replace("TIMESTAMP WITH TIME ZONE", "").contains(part));
            if exact { name.clone() } else { format!("cast({name} as varchar) as {name}") }
        });
        let exported = exported.collect::<Vec<_>>().join(", ");
        let file = literal(&path);
        let copy =
            format!("copy (select {exported} from ({query}) as t({})) to {file} (format parquet)", names.join(", "));
        self.connection.run_plainly(&copy)?;
        Ok(json!({"path": path, "columns": columns}))
    }

    /// Runs a statement of the model's.
    ///
    /// # Errors
    /// The engine refuses.
    pub fn execute(&self, sql: &str) -> Result<()> {
        self.connection.run_plainly(sql)
    }

    /// Makes the rows of a DuckDB file known to the model's statements as `name`.
    ///
    /// # Errors
    /// The engine refuses.
    pub fn register(&mut self, name: &str, path: &str) -> Result<()> {
        self.files += 1;
        let catalog = format!("__rdbt_python_{}_{}", std::process::id(), uuid::Uuid::new_v4().simple());
        self.attach(&format!("attach {} as {} (read_only)", literal(path), quoted(&catalog)))?;
        let view = format!(
            "create or replace temporary view {} as select * from {}.main.result",
            quoted(name),
            quoted(&catalog)
        );
        self.results.push((name.to_owned(), catalog));
        self.connection.run_plainly(&view)
    }

    /// Forgets what was registered as `name`.
    ///
    /// # Errors
    /// The engine refuses.
    pub fn unregister(&mut self, name: &str) -> Result<()> {
        let Some(index) = self.results.iter().position(|(known, _)| known == name) else { return Ok(()) };
        let (_, catalog) = self.results.swap_remove(index);
        self.connection.run_plainly(&format!("drop view if exists {}", quoted(name)))?;
        self.attach(&format!("detach {}", quoted(&catalog)))
    }

    fn attach(&mut self, sql: &str) -> Result<()> {
        if self.attacher.is_none() {
            let name = format!("{} (python)", self.connection.name());
            self.attacher = Some(self.connection.adapter().engine().connect(&name).map_err(Error::from)?);
        }
        match &mut self.attacher {
            Some(attacher) => attacher.execute(sql, false).map(|_| ()).map_err(Error::from),
            None => Ok(()),
        }
    }

    fn new_file(&mut self, end: &str) -> String {
        self.files += 1;
        self.folder.join(format!("rows_{}.{end}", self.files)).to_string_lossy().into_owned()
    }
}

impl Drop for Exchange {
    /// A model that failed in between leaves no view and no catalog behind.
    fn drop(&mut self) {
        for (name, catalog) in std::mem::take(&mut self.results) {
            let _ = self.connection.run_plainly(&format!("drop view if exists {}", quoted(&name)));
            let _ = self.attach(&format!("detach {}", quoted(&catalog)));
        }
    }
}

fn text(table: &Table, row: usize, column: usize) -> String {
    match table.cell(row, column) {
        Cell::Text(text) => text.to_string(),
        other => other.to_string(),
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
