//! `adapter.parse_index`: an entry of a model's `indexes`.

use std::fmt;
use std::sync::Arc;

use md5::{Digest, Md5};

use super::values::field;
use crate::context::errors::{raise, raise_compilation};
use crate::error::Result;
use crate::jinja::value::{List, py_repr, py_str, truth};
use crate::jinja::{MjError, Object, ObjectRepr, State, Value, ValueKind};

/// Keys of an index that only other databases know.
const IGNORED: [&str; 2] = ["type", "where"];

/// An index to create.
#[derive(Debug)]
pub(super) struct IndexConfig {
    columns: Vec<String>,
    unique: bool,
}

impl IndexConfig {
    /// Reads an entry; none stays none. `type` and `where`, which projects written for other databases carry, mean
    /// nothing to DuckDB: they are passed over, and `warn` says so.
    ///
    /// # Errors
    /// It is no dict, or a key is missing, unknown, or of the wrong type.
    pub(super) fn parse(raw: &Value, warn: impl FnOnce(&str) -> Result<()>) -> std::result::Result<Value, MjError> {
        if raw.is_none() {
            return Ok(raw.clone());
        }
        if raw.kind() != ValueKind::Map {
            let problem = format!("{} is not of type 'object'", py_repr(raw));
            return Err(raise_compilation(format!("Could not parse index config: at path []: {problem}")));
        }
        let keys: Vec<String> = raw.try_iter()?.map(|key| py_str(&key)).collect();
        let passed_over: Vec<String> =
            keys.iter().filter(|key| IGNORED.contains(&key.as_str())).map(|key| format!("`{key}`")).collect();
        if !passed_over.is_empty() {
            let listed = passed_over.join(" and ");
            warn(&format!(
                "{listed} of an index has no meaning on DuckDB and is passed over; an index covers all rows of its columns."
            ))
            .map_err(raise)?;
        }
        let columns = check(raw, &keys)
            .map_err(|problem| raise_compilation(format!("Could not parse index config: at path {problem}")))?;
        let unique = field(raw, "unique").is_some_and(|unique| truth(&unique));
        Ok(Value::from_object(IndexConfig { columns, unique }))
    }

    /// A name that is new each time, because the old index still exists while the new table is built.
    fn name(&self, relation: &str) -> String {
        let now = chrono::Utc::now().naive_utc().format("%Y-%m-%dT%H:%M:%S%.6f");
        let unique = if self.unique { "True" } else { "False" };
        let text = format!("{}_{relation}_{unique}_{now}", self.columns.join("_"));
        Md5::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The columns of an entry that is as it should be; otherwise what is wrong, in the words of dbt's JSON schema.
fn check(raw: &Value, keys: &[String]) -> std::result::Result<Vec<String>, String> {
    let known = |key: &&String| ["columns", "unique"].contains(&key.as_str()) || IGNORED.contains(&key.as_str());
    let mut unknown: Vec<String> = keys.iter().filter(|key| !known(key)).map(|key| format!("'{key}'")).collect();
    unknown.sort();
    if !unknown.is_empty() {
        let was = if unknown.len() == 1 { "was" } else { "were" };
        let listed = unknown.join(", ");
        return Err(format!("[]: Additional properties are not allowed ({listed} {was} unexpected)"));
    }
    let columns = field(raw, "columns").ok_or("[]: 'columns' is a required property")?;
    if columns.kind() != ValueKind::Seq {
        return Err(format!("['columns']: {} is not of type 'array'", py_repr(&columns)));
    }
    let columns: Vec<Value> = columns.try_iter().map_err(|error| error.to_string())?.collect();
    if let Some(at) = columns.iter().position(|column| column.as_str().is_none()) {
        return Err(format!("['columns'][{at}]: {} is not of type 'string'", py_repr(&columns[at])));
    }
    match field(raw, "unique") {
        Some(unique) if unique.kind() != ValueKind::Bool => {
            Err(format!("['unique']: {} is not of type 'boolean'", py_repr(&unique)))
        }
        _ => Ok(columns.iter().map(py_str).collect()),
    }
}

impl Object for IndexConfig {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "columns" => Some(List::new(self.columns.iter().map(|column| Value::from(column.as_str())).collect())),
            "unique" => Some(Value::from(self.unique)),
            _ => None,
        }
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> std::result::Result<Value, MjError> {
        match (method, args) {
            ("render", [relation]) => Ok(Value::from(self.name(&py_str(relation)))),
            _ => Err(MjError::from(crate::jinja::ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns: Vec<String> = self.columns.iter().map(|column| format!("'{column}'")).collect();
        let unique = if self.unique { "True" } else { "False" };
        write!(f, "DuckDBIndexConfig(columns=[{}], unique={unique})", columns.join(", "))
    }
}
