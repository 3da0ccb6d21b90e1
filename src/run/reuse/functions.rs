//! Which of DuckDB's functions give the same for the same arguments. DuckDB says so itself of those that are its own; a
//! function that a project or a person has made, or that an extension of unknown ways brings, may do anything.

use std::collections::HashMap;

use crate::context::database::NodeConnection;
use crate::error::Result;

use super::reads::Reads;

/// What a function is to change detection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The same for the same arguments.
    Steady,
    /// Of the moment, the session or chance.
    Volatile,
    /// Not one of DuckDB's own.
    Foreign,
}

/// The functions and types of a database.
#[derive(Debug, Default)]
pub struct Functions {
    kinds: HashMap<String, Kind>,
    types: Vec<String>,
    /// An extension whose functions are not known to be steady.
    foreign_extension: Option<String>,
}

/// Steady by what they say of themselves, yet read the session.
const SESSION: [&str; 3] = ["current_setting", "getvariable", "stats"];
/// Extensions of DuckDB's makers whose functions say truly whether they are steady, and read nothing behind a query's back.
const EXTENSIONS: [&str; 13] = [
    "autocomplete",
    "core_functions",
    "delta",
    "excel",
    "fts",
    "httpfs",
    "icu",
    "inet",
    "jemalloc",
    "json",
    "parquet",
    "spatial",
    "vss",
];
/// Calls that are no functions of the catalog.
const SYNTAX: [&str; 2] = ["unnest", "columns"];

impl Functions {
    /// Asks the database.
    ///
    /// # Errors
    /// A query of DuckDB's catalog fails.
    pub fn load(connection: &NodeConnection) -> Result<Functions> {
        let mut functions = Functions::default();
        let listed = connection.query_plainly(
            "select distinct lower(function_name), function_type, coalesce(stability, ''), internal, \
             lower(coalesce(macro_definition, '')) from duckdb_functions()",
        )?;
        let mut macros = Vec::new();
        for row in 0..listed.len() {
            let cell = |column: usize| listed.cell(row, column).to_string();
            let (name, internal) = (cell(0), cell(3).eq_ignore_ascii_case("true"));
            let kind = match (internal, cell(1).as_str(), cell(2).as_str()) {
                (false, _, _) => Kind::Foreign,
                (_, "macro", _) => {
                    macros.push((name, cell(4)));
                    continue;
                }
                (_, "scalar" | "aggregate", "CONSISTENT") if !SESSION.contains(&name.as_str()) => Kind::Steady,
                (_, "scalar" | "aggregate", _) => Kind::Volatile,
                _ => continue,
            };
            functions.add(&name, kind);
        }
        functions.add_macros(macros);
        let types = connection.query_plainly("select distinct lower(type_name) from duckdb_types() where internal")?;
        functions.types = (0..types.len()).map(|row| types.cell(row, 0).to_string()).collect();
        let loaded = connection.query_plainly("select extension_name from duckdb_extensions() where loaded")?;
        let mut loaded = (0..loaded.len()).map(|row| loaded.cell(row, 0).to_string());
        functions.foreign_extension = loaded.find(|name| !EXTENSIONS.contains(&name.as_str()));
        Ok(functions)
    }

    /// Of several functions of a name the least steady one counts.
    fn add(&mut self, name: &str, kind: Kind) {
        let known = self.kinds.entry(name.to_owned()).or_insert(kind);
        if *known == Kind::Steady || kind == Kind::Foreign {
            *known = kind;
        }
    }

    /// DuckDB's own macros are as steady as what they are made of.
    fn add_macros(&mut self, mut macros: Vec<(String, String)>) {
        let words = |text: &str| -> Vec<String> {
            text.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned).collect()
        };
        loop {
            let before = macros.len();
            macros.retain(|(name, definition)| {
                let unsteady = words(definition).iter().any(|word| {
                    word == "select" || word == "current_timestamp" || self.kinds.get(word) == Some(&Kind::Volatile)
                });
                if unsteady {
                    self.add(name, Kind::Volatile);
                }
                !unsteady
            });
            if macros.len() == before {
                break;
            }
        }
        for (name, _) in macros {
            self.add(&name, Kind::Steady);
        }
    }

    /// Why a query may give something else next time although its tables and files are the same: phrases that go on from
    /// "it".
    pub fn doubts(&self, reads: &Reads) -> Vec<String> {
        let mut doubts: Vec<String> = reads.unknown.iter().cloned().collect();
        if let Some(extension) = &self.foreign_extension {
            doubts.push(format!("may use the extension `{extension}`, of whose functions rdbt knows nothing"));
        }
        for name in &reads.functions {
            if name == "age/1" {
                doubts.push("calls `age()` with one argument, which reads the clock".to_owned());
            }
            if name.contains("/1") || SYNTAX.contains(&name.as_str()) {
                continue;
            }
            match self.kinds.get(name) {
                Some(Kind::Steady) => {}
                Some(Kind::Volatile) => doubts.push(format!("calls `{name}()`, which gives something else each time")),
                _ => doubts.push(format!("calls `{name}()`, which is not one of DuckDB's own functions")),
            }
        }
        let foreign = reads.types.iter().filter(|name| !self.types.contains(name));
        doubts.extend(foreign.map(|name| format!("uses the type `{name}`, which is not one of DuckDB's own")));
        doubts
    }
}
