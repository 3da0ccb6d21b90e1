//! The parts of a table: its rows and columns as sequences that can also be asked by name.

use std::fmt;
use std::sync::Arc;

use super::data_type::DataType;
use crate::adapter::{Cell, Table};
use crate::context::call::Args;
use crate::context::database::values::cell_value;
use crate::jinja::value::{BoundMethod, CLASS_KEY, Class, Dict, List, py_repr, tuple};
use crate::jinja::{Enumerator, ErrorKind, MjError, Object, ObjectRepr, State, Value};

const SEQUENCE: Class = Class::new("agate.mapped_sequence", "MappedSequence");

/// The position that an index means in a sequence of `length`; negative ones count from the end.
pub(super) fn position(key: &Value, length: usize) -> Option<usize> {
    let index = key.as_i64()?;
    let length = i64::try_from(length).ok()?;
    let index = if index < 0 { index + length } else { index };
    (0..length).contains(&index).then(|| usize::try_from(index).ok()).flatten()
}

/// What rows, columns and the like have in common: agate's `MappedSequence`.
trait Mapped {
    fn names(&self) -> Vec<Value>;
    fn items(&self) -> Vec<Value>;

    fn mapped_method(&self, method: &str, args: &Args) -> Result<Value, MjError> {
        match method {
            "keys" => Ok(tuple(self.names())),
            "values" => Ok(tuple(self.items())),
            "items" => {
                let pairs = self.names().into_iter().zip(self.items());
                Ok(tuple(pairs.map(|(name, item)| tuple(vec![name, item])).collect()))
            }
            "get" => {
                let key = args.require("get", 0, "key")?;
                let at = self.names().iter().position(|name| *name == key);
                let found = at.and_then(|at| self.items().into_iter().nth(at));
                Ok(found.unwrap_or_else(|| args.get(1, "default").unwrap_or_else(|| Value::from(()))))
            }
            "dict" => {
                let dict = Dict::ordered();
                for (name, item) in self.names().into_iter().zip(self.items()) {
                    dict.set_item(name, item)?;
                }
                Ok(Value::from_object(dict))
            }
            _ => Err(MjError::from(ErrorKind::UnknownMethod)),
        }
    }
}

/// How agate prints a sequence: the first five items.
fn sample(f: &mut fmt::Formatter<'_>, class: &str, items: &[Value]) -> fmt::Result {
    let shown: Vec<String> = items.iter().take(5).map(py_repr).collect();
    let more = if items.len() > 5 { ", ..." } else { "" };
    write!(f, "<agate.{class}: ({}{more})>", shown.join(", "))
}

fn column_names(table: &Table) -> Vec<Value> {
    table.columns().iter().map(|column| Value::from(column.name.as_str())).collect()
}

/// `table.rows`.
#[derive(Debug)]
pub(super) struct Rows(pub(super) Arc<Table>);

impl Mapped for Rows {
    fn names(&self) -> Vec<Value> {
        Vec::new()
    }

    fn items(&self) -> Vec<Value> {
        (0..self.0.len()).filter_map(|row| RowObject::value(&self.0, row)).collect()
    }
}

/// The methods of rows and of sequences with names, and those of a column.
const MAPPED: [&str; 5] = ["dict", "get", "items", "keys", "values"];
const OF_VALUES: [&str; 6] =
    ["keys", "values", "values_distinct", "values_sorted", "values_without_nulls", "values_without_nulls_sorted"];

impl Object for Rows {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        if key.as_str() == Some(CLASS_KEY) {
            return Some(SEQUENCE.value());
        }
        let method = || BoundMethod::among(&MAPPED, || Value::from_dyn_object(self.clone()), key.as_str()?);
        position(key, self.0.len()).and_then(|at| RowObject::value(&self.0, at)).or_else(method)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.len())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.0.len())
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, MjError> {
        match method {
            // Rows have no names.
            "keys" => Ok(Value::from(())),
            _ => self.mapped_method(method, &Args::new(args)?),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        sample(f, "MappedSequence", &self.items())
    }
}

/// One row.
#[derive(Debug)]
pub(super) struct RowObject {
    table: Arc<Table>,
    row: usize,
}

impl RowObject {
    /// The row at `row`; nothing beyond the last.
    pub(super) fn value(table: &Arc<Table>, row: usize) -> Option<Value> {
        (row < table.len()).then(|| Value::from_object(RowObject { table: table.clone(), row }))
    }
}

impl Mapped for RowObject {
    fn names(&self) -> Vec<Value> {
        column_names(&self.table)
    }

    fn items(&self) -> Vec<Value> {
        self.table.rows().get(self.row).map(|row| row.iter().map(cell_value).collect()).unwrap_or_default()
    }
}

impl Object for RowObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let width = self.table.columns().len();
        let column = match key.as_str() {
            Some(CLASS_KEY) => return Some(Class::new("agate.rows", "Row").value()),
            Some(name) => match self.table.column_index(name) {
                Some(column) => column,
                None => return BoundMethod::among(&MAPPED, || Value::from_dyn_object(self.clone()), name),
            },
            None => position(key, width)?,
        };
        Some(cell_value(&self.table.cell(self.row, column)))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.items())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.table.columns().len())
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, MjError> {
        self.mapped_method(method, &Args::new(args)?)
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        sample(f, "Row", &self.items())
    }
}

/// `table.columns`.
#[derive(Debug)]
pub(super) struct Columns(pub(super) Arc<Table>);

impl Mapped for Columns {
    fn names(&self) -> Vec<Value> {
        column_names(&self.0)
    }

    fn items(&self) -> Vec<Value> {
        (0..self.0.columns().len()).map(|index| TableColumnObject::value(&self.0, index)).collect()
    }
}

impl Object for Columns {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let index = match key.as_str() {
            Some(CLASS_KEY) => return Some(SEQUENCE.value()),
            Some(name) => match self.0.column_index(name) {
                Some(index) => index,
                None => return BoundMethod::among(&MAPPED, || Value::from_dyn_object(self.clone()), name),
            },
            None => position(key, self.0.columns().len())?,
        };
        Some(TableColumnObject::value(&self.0, index))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.items())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.0.columns().len())
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, MjError> {
        self.mapped_method(method, &Args::new(args)?)
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        sample(f, "MappedSequence", &self.items())
    }
}

/// One column: a sequence of its values.
#[derive(Debug)]
pub(super) struct TableColumnObject {
    table: Arc<Table>,
    index: usize,
}

impl TableColumnObject {
    fn value(table: &Arc<Table>, index: usize) -> Value {
        Value::from_object(TableColumnObject { table: table.clone(), index })
    }

    fn cells(&self, sorted: bool) -> Vec<Cell> {
        let cells = |table: &Table| table.values(self.index).cloned().collect();
        if sorted { cells(&self.table.sorted(&[self.index], false)) } else { cells(&self.table) }
    }
}

fn cell_tuple(cells: impl IntoIterator<Item = Cell>) -> Value {
    tuple(cells.into_iter().map(|cell| cell_value(&cell)).collect())
}

impl Object for TableColumnObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let Some(name) = key.as_str() else {
            return Some(cell_value(&self.table.cell(position(key, self.table.len())?, self.index)));
        };
        let column = self.table.columns().get(self.index)?;
        match name {
            "name" => Some(Value::from(column.name.as_str())),
            CLASS_KEY => Some(Class::new("agate.columns", "Column").value()),
            "index" => Some(Value::from(self.index)),
            "data_type" => Some(DataType::value(column.kind)),
            name => BoundMethod::among(&OF_VALUES, || Value::from_dyn_object(self.clone()), name),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.cells(false).iter().map(cell_value).collect())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.table.len())
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, _: &[Value]) -> Result<Value, MjError> {
        let present = |cells: Vec<Cell>| cell_tuple(cells.into_iter().filter(|cell| !cell.is_null()));
        match method {
            "values" => Ok(cell_tuple(self.cells(false))),
            "values_sorted" => Ok(List::new(self.cells(true).iter().map(cell_value).collect())),
            "values_without_nulls" => Ok(present(self.cells(false))),
            "values_without_nulls_sorted" => {
                let cells = self.cells(true);
                Ok(List::new(cells.iter().filter(|cell| !cell.is_null()).map(cell_value).collect()))
            }
            "values_distinct" => {
                let distinct = self.table.distinct(&[self.index]);
                Ok(cell_tuple(distinct.values(self.index).cloned().collect::<Vec<_>>()))
            }
            "keys" => Ok(Value::from(())),
            _ => Err(MjError::from(ErrorKind::UnknownMethod)),
        }
    }
    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let items: Vec<Value> = self.cells(false).iter().map(cell_value).collect();
        sample(f, "Column", &items)
    }
}
