//! What a table or view holds, as one short text, its version: the same text means the same rows of the same types in the
//! same order. It is taken from the data themselves, so that whatever changed them is noticed: a person, another program, a
//! backup that was played back. A view has the version of its definition and of everything that it reads.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::adapter::Table;
use crate::context::database::NodeConnection;
use crate::error::Result;

use super::files;
use super::functions::Functions;
use super::reads::{self, Reads, WrittenName};

/// Where a relation is; in lower case, as DuckDB compares names.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    database: String,
    schema: String,
    name: String,
}

/// What is known of a relation.
#[derive(Debug, Clone)]
enum Kind {
    Table,
    /// With its statement.
    View(String),
}

/// A version, or why there is none: a phrase that goes on from "it".
pub type Version = std::result::Result<String, String>;

#[derive(Debug, Default)]
struct Known {
    kinds: HashMap<Name, Kind>,
    versions: HashMap<Name, String>,
    shapes: HashMap<Name, String>,
    reads: HashMap<String, Reads>,
    /// Definitions of views in one spelling.
    spelled: HashMap<String, String>,
    /// Counts what was forgotten: a version that was taken meanwhile must not be remembered.
    epoch: u64,
}

/// The relations of the databases at hand.
#[derive(Debug)]
pub struct Versions {
    functions: Functions,
    /// Databases whose tables can be read and compared cheaply: files of DuckDB and memory.
    databases: Vec<String>,
    current: String,
    known: Mutex<Known>,
}

/// Views upon views end somewhere.
const DEEPEST: usize = 60;

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.database, self.schema, self.name)
    }
}

impl Name {
    /// From its parts.
    pub fn new(database: &str, schema: &str, name: &str) -> Name {
        Name { database: database.to_lowercase(), schema: schema.to_lowercase(), name: name.to_lowercase() }
    }

    /// As it stands in SQL.
    fn sql(&self) -> String {
        [&self.database, &self.schema, &self.name].map(|part| quoted(part)).join(".")
    }
}

impl Versions {
    /// Asks what exists.
    ///
    /// # Errors
    /// A query of DuckDB's catalog fails.
    pub fn load(connection: &NodeConnection) -> Result<Versions> {
        let databases = connection.query_plainly(
            "select lower(database_name) from duckdb_databases() where type = 'duckdb' and not internal",
        )?;
        let databases = (0..databases.len()).map(|row| databases.cell(row, 0).to_string()).collect();
        let current = connection.query_plainly("select lower(current_database())")?.cell(0, 0).to_string();
        let functions = Functions::load(connection)?;
        let known = Known { kinds: kinds(connection)?, ..Known::default() };
        Ok(Versions { functions, databases, current, known: Mutex::new(known) })
    }

    /// What DuckDB's functions are.
    pub fn functions(&self) -> &Functions {
        &self.functions
    }

    /// Whether the data of a database can be compared.
    pub fn covers(&self, database: &str) -> bool {
        self.databases.iter().any(|known| known.eq_ignore_ascii_case(database))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A relation was built: nothing that was known of it holds. `version` is its new one, if it was taken.
    pub fn built(&self, name: &Name, version: Option<String>) {
        let mut known = self.known();
        known.epoch += 1;
        known.kinds.remove(name);
        known.versions.remove(name);
        known.shapes.clear();
        if let Some(version) = version {
            known.versions.insert(name.clone(), version);
        }
    }

    /// Anything may have changed.
    pub fn forget_all(&self, connection: &NodeConnection) {
        let kinds = kinds(connection).unwrap_or_default();
        let mut known = self.known();
        known.epoch += 1;
        known.kinds = kinds;
        known.versions.clear();
        known.shapes.clear();
    }

    /// Which relation a query means; a file if there is none of that name.
    pub fn resolve(&self, connection: &NodeConnection, written: &WrittenName) -> Option<Name> {
        let candidates = match (written.database.as_str(), written.schema.as_str()) {
            ("", "") => vec![Name::new("temp", "main", &written.name), Name::new(&self.current, "main", &written.name)],
            ("", schema) => {
                vec![Name::new(&self.current, schema, &written.name), Name::new(schema, "main", &written.name)]
            }
            (database, schema) => vec![Name::new(database, schema, &written.name)],
        };
        let mut found = candidates.into_iter().filter(|name| self.kind(connection, name).is_some());
        // Of two that it may mean it is not known which.
        found.next().filter(|_| found.next().is_none())
    }

    fn kind(&self, connection: &NodeConnection, name: &Name) -> Option<Kind> {
        let known = self.known();
        let epoch = known.epoch;
        if let Some(kind) = known.kinds.get(name) {
            return Some(kind.clone());
        }
        drop(known);
        let kind = kind(connection, name)?;
        let mut known = self.known();
        if known.epoch == epoch && !connection.transaction_open() {
            known.kinds.insert(name.clone(), kind.clone());
        }
        Some(kind)
    }

    /// The definition of a view, or the version of a table: what a node that was built can be recognized by.
    pub fn output(&self, connection: &NodeConnection, name: &Name) -> Version {
        match self.kind(connection, name).ok_or_else(|| missing(name))? {
            Kind::View(sql) => Ok(self.definition(connection, &sql)),
            Kind::Table => self.version(connection, name),
        }
    }

    /// The same asked anew, within a transaction that has changed the relation.
    pub fn fresh_output(&self, connection: &NodeConnection, name: &Name) -> Version {
        match kind(connection, name) {
            Some(Kind::View(sql)) => Ok(self.definition(connection, &sql)),
            Some(Kind::Table) => content(connection, name),
            None => Err(missing(name)),
        }
    }

    /// The definition of a view. DuckDB writes some types otherwise while the database in which the view was made is open,
    /// and gives one spelling for both when it has parsed the text.
    fn definition(&self, connection: &NodeConnection, sql: &str) -> String {
        if let Some(spelled) = self.known().spelled.get(sql) {
            return spelled.clone();
        }
        let query = query_of(sql).unwrap_or(sql);
        let asked = format!("select json_deserialize_sql(json_serialize_sql('{}'))", query.replace('\'', "''"));
        let spelled = connection.query_plainly(&asked).map(|rows| rows.cell(0, 0).to_string());
        let spelled = format!("view:{}", short(&spelled.unwrap_or_else(|_| query.to_owned())));
        self.known().spelled.insert(sql.to_owned(), spelled.clone());
        spelled
    }

    /// The version of a relation.
    pub fn version(&self, connection: &NodeConnection, name: &Name) -> Version {
        self.version_at(connection, name, 0)
    }

    fn version_at(&self, connection: &NodeConnection, name: &Name, depth: usize) -> Version {
        if !self.covers(&name.database) {
            return Err(format!("reads `{name}`, which is in no database of DuckDB's own"));
        }
        let known = self.known();
        let epoch = known.epoch;
        if let Some(version) = known.versions.get(name) {
            return Ok(version.clone());
        }
        drop(known);
        match self.kind(connection, name).ok_or_else(|| missing(name))? {
            Kind::Table => {
                let version = content(connection, name)?;
                let mut known = self.known();
                // A transaction that is open sees the table as it was when it began.
                if known.epoch == epoch && !connection.transaction_open() {
                    known.versions.insert(name.clone(), version.clone());
                }
                Ok(version)
            }
            Kind::View(sql) => self.view_version(connection, name, &sql, depth),
        }
    }

    fn view_version(&self, connection: &NodeConnection, name: &Name, sql: &str, depth: usize) -> Version {
        let vague = |why: String| format!("reads the view `{name}`, and that {why}");
        let query = query_of(sql).ok_or_else(|| vague("has a definition that rdbt cannot read".to_owned()))?;
        if depth > DEEPEST {
            return Err(vague("reads other views without end".to_owned()));
        }
        let reads = self.reads(connection, query);
        if let Some(doubt) = self.functions.doubts(&reads).into_iter().next() {
            return Err(vague(doubt));
        }
        let mut parts = vec![self.definition(connection, sql)];
        for written in &reads.tables {
            match self.resolve(connection, written) {
                Some(read) => parts.push(self.version_at(connection, &read, depth + 1).map_err(vague)?),
                None => parts.push(files::digest_table(connection, written).map_err(vague)?),
            }
        }
        for pattern in &reads.files {
            parts.push(files::digest_all(connection, pattern).map_err(vague)?);
        }
        Ok(short(&parts.join("\0")))
    }

    /// What a query reads; asked once for each.
    pub fn reads(&self, connection: &NodeConnection, sql: &str) -> Reads {
        if let Some(reads) = self.known().reads.get(sql) {
            return reads.clone();
        }
        let reads = reads::of_query(connection, sql);
        self.known().reads.insert(sql.to_owned(), reads.clone());
        reads
    }

    /// The columns of a relation and their types: what the definition of a view depends on.
    pub fn shape(&self, connection: &NodeConnection, name: &Name) -> Version {
        let known = self.known();
        let epoch = known.epoch;
        if let Some(shape) = known.shapes.get(name) {
            return Ok(shape.clone());
        }
        drop(known);
        let shape = shape_of(&columns(connection, name).map_err(|_| missing(name))?);
        let mut known = self.known();
        if known.epoch == epoch && !connection.transaction_open() {
            known.shapes.insert(name.clone(), shape.clone());
        }
        Ok(shape)
    }
}

fn missing(name: &Name) -> String {
    format!("reads `{name}`, which does not exist")
}

/// All tables and views.
fn kinds(connection: &NodeConnection) -> Result<HashMap<Name, Kind>> {
    let mut all = listed(connection, TABLES)?;
    all.extend(listed(connection, VIEWS)?);
    Ok(all)
}

/// One table or view. DuckDB lists views with its own definitions of many, so they are asked for last.
fn kind(connection: &NodeConnection, name: &Name) -> Option<Kind> {
    let word = name.name.replace('\'', "''");
    let table = listed(connection, &format!("{TABLES} and lower(table_name) = '{word}'")).ok()?.remove(name);
    table.or_else(|| listed(connection, &format!("{VIEWS} and lower(view_name) = '{word}'")).ok()?.remove(name))
}

const TABLES: &str = "select database_name, schema_name, table_name, null from duckdb_tables() where not internal";
const VIEWS: &str = "select database_name, schema_name, view_name, sql from duckdb_views() where not internal";

fn listed(connection: &NodeConnection, query: &str) -> Result<HashMap<Name, Kind>> {
    let listed = connection.query_plainly(query)?;
    let rows = (0..listed.len()).map(|row| {
        let cell = |column: usize| listed.cell(row, column).to_string();
        let kind = if listed.cell(row, 3).is_null() { Kind::Table } else { Kind::View(cell(3)) };
        (Name::new(&cell(0), &cell(1), &cell(2)), kind)
    });
    Ok(rows.collect())
}

/// The rows of a table: how many, and two sums of their hashes, each with its place and without.
fn content(connection: &NodeConnection, name: &Name) -> Version {
    let columns = columns(connection, name).map_err(|_| missing(name))?;
    let hashed = columns.iter().map(|(column, kind)| hashed(&quoted(column), kind));
    let asked = format!(
        "select concat_ws(':', count(*), coalesce(sum(h), 0), coalesce(bit_xor(h), 0)), \
         concat_ws(':', coalesce(sum(r), 0), coalesce(bit_xor(r), 0)) from \
         (select r, hash(row_number() over (), r) as h from (select hash({}) as r from {}))",
        hashed.collect::<Vec<_>>().join(", "),
        name.sql()
    );
    let rows =
        connection.query_plainly(&asked).map_err(|_| format!("reads `{name}`, whose rows rdbt cannot compare"))?;
    let shape = shape_of(&columns);
    Ok(format!("{} {}:{}", rows.cell(0, 0), rows.cell(0, 1), &shape[..16]))
}

/// The part of a table's version that is the same for the same rows in another order.
pub fn without_order(version: &str) -> &str {
    version.split_once(' ').map_or(version, |(_, rows)| rows)
}

/// What of a column goes into the hash of a row: DuckDB's hash takes `30 days` for `1 month`, 0.0 for -0.0, and moments of
/// different zones for the same, so that of some types the text counts too.
fn hashed(column: &str, kind: &str) -> String {
    let plain = [
        "BIGINT",
        "BLOB",
        "BOOLEAN",
        "DATE",
        "HUGEINT",
        "INTEGER",
        "SMALLINT",
        "TIME",
        "TINYINT",
        "UBIGINT",
        "UHUGEINT",
        "UINTEGER",
        "USMALLINT",
        "UTINYINT",
        "UUID",
        "VARCHAR",
    ];
    match kind {
        "DOUBLE" | "FLOAT" => format!("{column}, signbit({column})"),
        kind if plain.contains(&kind) => column.to_owned(),
        kind if kind.ends_with(']') => format!("{column}, {column}::varchar"),
        kind if kind.starts_with("TIMESTAMP") || kind.starts_with("DECIMAL(") => column.to_owned(),
        _ => format!("{column}, {column}::varchar"),
    }
}

/// Names and types of a relation's columns.
fn columns(connection: &NodeConnection, name: &Name) -> Result<Vec<(String, String)>> {
    let asked = format!("select name, type from pragma_table_info('{}')", name.sql().replace('\'', "''"));
    let listed: Table = connection.query_plainly(&asked)?;
    Ok((0..listed.len()).map(|row| (listed.cell(row, 0).to_string(), listed.cell(row, 1).to_string())).collect())
}

fn shape_of(columns: &[(String, String)]) -> String {
    let lines: BTreeSet<String> =
        columns.iter().enumerate().map(|(index, (name, kind))| format!("{index:05} {name}\0{kind}")).collect();
    short(&lines.into_iter().collect::<Vec<_>>().join("\n"))
}

fn quoted(part: &str) -> String {
    format!("\"{}\"", part.replace('"', "\"\""))
}

fn short(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

/// The query of a `CREATE VIEW` statement, which names and columns stand before.
fn query_of(statement: &str) -> Option<&str> {
    let (mut quoted, mut depth) = (false, 0_usize);
    for (at, c) in statement.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            ' ' if !quoted && depth == 0 => {
                if let Some(query) = statement[at..].strip_prefix(" AS ") {
                    return Some(query.trim_end().trim_end_matches(';'));
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_query_behind_names_and_columns() {
        assert_eq!(query_of("CREATE VIEW a AS SELECT 1;"), Some("SELECT 1"));
        assert_eq!(query_of("CREATE VIEW \"x AS y\".b (\"c AS d\", e) AS SELECT 1 AS f;"), Some("SELECT 1 AS f"));
        assert_eq!(query_of("CREATE TABLE a(b INTEGER);"), None);
    }

    #[test]
    fn what_the_hash_takes_for_the_same_counts_as_text_too() {
        assert_eq!(hashed("a", "INTEGER"), "a");
        assert_eq!(hashed("a", "DECIMAL(10,2)"), "a");
        assert_eq!(hashed("a", "DECIMAL(10,2)[]"), "a, a::varchar");
        assert_eq!(hashed("a", "INTERVAL"), "a, a::varchar");
        assert_eq!(hashed("a", "DOUBLE"), "a, signbit(a)");
    }
}
