//! `adapter.parse_index`: an entry of a model's `indexes`.

use std::fmt;
use std::sync::Arc;

use md5::{Digest, Md5};

use super::values::field;
use crate::context::errors::raise_compilation;
use crate::jinja::value::{List, py_repr, py_str, truth};
use crate::jinja::{MjError, Object, ObjectRepr, State, Value};

/// An index to create.
#[derive(Debug)]
pub(super) struct IndexConfig {
    columns: Vec<String>,
    unique: bool,
}

impl IndexConfig {
    /// Reads an entry; none stays none.
    ///
    /// # Errors
    /// It is no dict, or has no list of columns.
    pub(super) fn parse(raw: &Value) -> Result<Value, MjError> {
        if raw.is_none() {
            return Ok(raw.clone());
        }
        if raw.kind() != crate::jinja::ValueKind::Map {
            return Err(raise_compilation(format!(
                "Invalid index config:\n  Got: {}\n  Expected a dictionary with at minimum a \"columns\" key",
                py_repr(raw)
            )));
        }
        let Some(columns) = field(raw, "columns").filter(|columns| columns.kind() == crate::jinja::ValueKind::Seq)
        else {
            return Err(raise_compilation(
                "Could not parse index config: 'columns' is a required property and must be a list",
            ));
        };
        let columns = columns.try_iter()?.map(|column| py_str(&column)).collect();
        Ok(Value::from_object(IndexConfig {
            columns,
            unique: field(raw, "unique").is_some_and(|unique| truth(&unique)),
        }))
    }

    /// A name that is new each time, because the old index still exists while the new table is built.
    fn name(&self, relation: &str) -> String {
        let now = chrono::Utc::now().naive_utc().format("%Y-%m-%dT%H:%M:%S%.6f");
        let unique = if self.unique { "True" } else { "False" };
        let text = format!("{}_{relation}_{unique}_{now}", self.columns.join("_"));
        Md5::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
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

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, MjError> {
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
