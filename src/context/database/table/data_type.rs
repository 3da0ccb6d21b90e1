//! The types of columns, as agate's objects: they print as Python objects do, with the class's name.

use std::fmt;
use std::sync::Arc;

use crate::adapter::ColumnType;
use crate::jinja::value::{CLASS_KEY, Class};
use crate::jinja::{Object, ObjectRepr, Value};

/// A column's type.
#[derive(Debug)]
pub(super) struct DataType(ColumnType);

impl DataType {
    /// A type as a value.
    pub(super) fn value(kind: ColumnType) -> Value {
        Value::from_object(DataType(kind))
    }

    fn class(&self) -> Class {
        match self.0 {
            ColumnType::Integer => Class::new("dbt_common.clients.agate_helper", "Integer"),
            ColumnType::Number => Class::new("dbt_common.clients.agate_helper", "Number"),
            ColumnType::Boolean => Class::new("agate.data_types.boolean", "Boolean"),
            ColumnType::Date => Class::new("agate.data_types.date", "Date"),
            ColumnType::DateTime => Class::new("agate.data_types.date_time", "DateTime"),
            ColumnType::Text => Class::new("agate.data_types.text", "Text"),
        }
    }
}

impl Object for DataType {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str()? == CLASS_KEY).then(|| self.class().value())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.class().write(f, self)
    }
}
