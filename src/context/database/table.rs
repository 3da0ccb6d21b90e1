//! Result tables as templates see them, with the interface of agate's: rows and columns by position and by name,
//! printing, and the few operations that need no Python function.

mod data_type;
mod groups;
mod operations;
mod parts;
mod reshape;

use std::fmt;
use std::sync::Arc;

use crate::adapter::table::PrintOptions;
use crate::adapter::{Cell, ColumnType, Table};
use crate::events::{Event, Events, Level};
use crate::jinja::value::{BoundMethod, CLASS_KEY, Class, tuple};
use crate::jinja::{Enumerator, MjError, Object, ObjectRepr, State, Value};

use data_type::DataType;
use parts::{Columns, RowObject, Rows, position};

/// A [`Table`] as a value.
#[derive(Debug)]
pub struct TableObject {
    table: Arc<Table>,
    /// Where printed tables go.
    events: Arc<Events>,
}

impl TableObject {
    /// A table as a value; what it prints goes to `events`.
    pub fn value(table: Table, events: &Arc<Events>) -> Value {
        Value::from_object(TableObject { table: Arc::new(table), events: events.clone() })
    }

    fn derived(&self, table: Table) -> Value {
        TableObject::value(table, &self.events)
    }

    fn print(&self, text: &str) {
        let text = text.trim_end_matches('\n');
        self.events.emit(Event::new("PrintEvent", "Z052", Level::Info, text).with("msg", text));
    }
}

/// The table that a value is, if it is one.
pub fn table_of(value: &Value) -> Option<&Arc<Table>> {
    value.downcast_object_ref::<TableObject>().map(|object| &object.table)
}

/// Points in time as text, for statements that bind values.
pub(super) fn datetimes_as_text(table: &Table) -> Table {
    let as_text = |cell: &Cell, kind: ColumnType| match kind {
        ColumnType::DateTime if !cell.is_null() => Cell::text(cell.to_string()),
        _ => cell.clone(),
    };
    let columns = table.columns().iter().cloned().map(|mut column| {
        if column.kind == ColumnType::DateTime {
            column.kind = ColumnType::Text;
        }
        column
    });
    let rows = table
        .rows()
        .iter()
        .map(|row| row.iter().zip(table.columns()).map(|(cell, column)| as_text(cell, column.kind)).collect());
    Table::new(columns.collect(), rows.collect())
}

impl Object for TableObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let table = &self.table;
        let Some(name) = key.as_str() else {
            return RowObject::value(table, position(key, table.len())?);
        };
        match name {
            CLASS_KEY => Some(Class::new("agate.table", "Table").value()),
            "__repr__" => Some(Value::from(format!("<agate.table.Table object at {:p}>", Arc::as_ptr(self)))),
            "rows" => Some(Value::from_object(Rows(table.clone()))),
            "columns" => Some(Value::from_object(Columns(table.clone()))),
            "column_names" => Some(tuple(table.columns().iter().map(|c| Value::from(c.name.as_str())).collect())),
            "column_types" => Some(tuple(table.columns().iter().map(|c| DataType::value(c.kind)).collect())),
            "row_names" => Some(Value::from(())),
            name => BoundMethod::among(&operations::NAMES, || Value::from_dyn_object(self.clone()), name),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.table.len())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.table.len())
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, MjError> {
        self.method(state, method, args)
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = PrintOptions { max_rows: None, max_column_width: None, ..PrintOptions::default() };
        f.write_str(&self.table.structure().to_grid(&options))
    }
}
