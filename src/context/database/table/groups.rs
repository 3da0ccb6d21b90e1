//! `table.group_by(key)`: agate's set of tables, one for each value of the key, in the order of their first rows.

use std::fmt;
use std::sync::Arc;

use super::TableObject;
use super::operations::is_function;
use super::parts::{RowObject, position};
use crate::adapter::Table;
use crate::context::call::Args;
use crate::context::database::values::cell_value;
use crate::events::{Event, Events, Level};
use crate::jinja::value::{CLASS_KEY, Class, py_eq, py_str, tuple};
use crate::jinja::{Enumerator, ErrorKind, MjError, Object, ObjectRepr, PyError, State, Value};

/// The tables with the values that they stand for.
#[derive(Debug)]
struct Groups {
    key_name: String,
    tables: Vec<(Value, Value, usize)>,
    /// Where what is printed goes.
    events: Arc<Events>,
}

/// Groups the rows of a table by a column, or by what a macro gives for each row, as text.
///
/// # Errors
/// There is no such column, or the macro fails.
pub(super) fn group(
    table: &Arc<Table>,
    state: &mut State<'_, '_>,
    key: &Value,
    name: Option<String>,
    events: &Arc<Events>,
) -> Result<Value, MjError> {
    let column = table.column_index(&py_str(key));
    if column.is_none() && !is_function(key) {
        return Err(PyError::value_error(format!("'{}'", py_str(key))));
    }
    let mut groups: Vec<(Value, Vec<_>)> = Vec::new();
    for (index, row) in table.rows().iter().enumerate() {
        let value = match column {
            Some(column) => cell_value(&table.cell(index, column)),
            None => {
                let found = key.call(state, &[RowObject::value(table, index).unwrap_or_default()])?;
                Value::from(py_str(&found))
            }
        };
        match groups.iter_mut().find(|(known, _)| py_eq(known, &value)) {
            Some((_, rows)) => rows.push(row.clone()),
            None => groups.push((value, vec![row.clone()])),
        }
    }
    let named = column.map(|column| table.columns()[column].name.clone());
    let tables = groups.into_iter().map(|(value, rows)| {
        let count = rows.len();
        (value, TableObject::value(table.with_rows(rows), events), count)
    });
    let key_name = name.or(named).unwrap_or_else(|| "group".to_owned());
    Ok(Value::from_object(Groups { key_name, tables: tables.collect(), events: events.clone() }))
}

impl Groups {
    /// The values with the numbers of their rows.
    fn structure(&self) -> String {
        let mut text = String::new();
        let rows = self.tables.iter().map(|(value, _, count)| [py_str(value), count.to_string()]);
        let rows: Vec<[String; 2]> = [["table".to_owned(), "rows".to_owned()]].into_iter().chain(rows).collect();
        let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or_default();
        let (left, right) = (width(0), width(1));
        for (index, [table, count]) in rows.iter().enumerate() {
            text.push_str(&format!("| {table:<left$} | {count:<right$} |\n"));
            if index == 0 {
                text.push_str(&format!("| {} | {} |\n", "-".repeat(left), "-".repeat(right)));
            }
        }
        text
    }
}

impl Object for Groups {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let at = match key.as_str() {
            Some(CLASS_KEY) => return Some(Class::new("agate.tableset", "TableSet").value()),
            Some("key_name") => return Some(Value::from(self.key_name.as_str())),
            Some(_) => self.tables.iter().position(|(value, ..)| py_eq(value, key))?,
            None => position(key, self.tables.len())?,
        };
        self.tables.get(at).map(|(_, table, _)| table.clone())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.tables.iter().map(|(_, table, _)| table.clone()).collect())
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, MjError> {
        let args = Args::new(args)?;
        match method {
            "print_structure" => {
                let text = self.structure();
                let text = text.trim_end();
                self.events.emit(Event::new("PrintEvent", "Z052", Level::Info, text).with("msg", text));
                Ok(Value::from(()))
            }
            "keys" => Ok(tuple(self.tables.iter().map(|(value, ..)| value.clone()).collect())),
            "values" => Ok(tuple(self.tables.iter().map(|(_, table, _)| table.clone()).collect())),
            "items" => {
                let pairs = self.tables.iter().map(|(value, table, _)| tuple(vec![value.clone(), table.clone()]));
                Ok(tuple(pairs.collect()))
            }
            "get" => {
                let key = args.require("get", 0, "key")?;
                let found =
                    self.tables.iter().find(|(value, ..)| py_eq(value, &key)).map(|(_, table, _)| table.clone());
                Ok(found.unwrap_or_else(|| args.get(1, "default").unwrap_or_else(|| Value::from(()))))
            }
            _ => Err(MjError::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.structure())
    }
}
