//! Columns as templates see them.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use super::signatures;
use crate::adapter::Column;
use crate::context::call::Args;
use crate::context::errors::raise;
use crate::context::signature::Signature;
use crate::error::{Error, Result};
use crate::jinja::value::{CLASS_KEY, Class, List, py_str, str_repr};
use crate::jinja::{DynObject, ErrorKind, MjError, Object, ObjectRepr, State, Value};

/// A [`Column`] as a value.
#[derive(Debug)]
pub struct ColumnObject(pub Column);

impl ColumnObject {
    /// A column as a value.
    pub fn value(column: Column) -> Value {
        Value::from_object(ColumnObject(column))
    }

    fn attribute(&self, name: &str) -> Option<Value> {
        let column = &self.0;
        match name {
            CLASS_KEY => Some(Class::new("dbt.adapters.duckdb.column", "DuckDBColumn").value()),
            "name" | "column" => Some(Value::from(column.name.as_str())),
            "dtype" => Some(Value::from(column.dtype.as_str())),
            "char_size" => Some(number(column.char_size)),
            "numeric_precision" => Some(number(column.numeric_precision)),
            "numeric_scale" => Some(number(column.numeric_scale)),
            "quoted" => Some(Value::from(column.quoted())),
            "data_type" | "expanded_data_type" => Some(Value::from(column.data_type())),
            "fields" => Some(list(column.fields())),
            _ => None,
        }
    }
}

/// The column that a value is.
///
/// # Errors
/// It is something else.
pub(super) fn column_of(value: &Value) -> Result<Column> {
    match value.downcast_object_ref::<ColumnObject>() {
        Some(object) => Ok(object.0.clone()),
        None => Err(Error::runtime(format!(
            "A macro that gives columns returned `{}`, which is no column. Make columns with `api.Column`.",
            py_str(value)
        ))),
    }
}

fn number(value: Option<i64>) -> Value {
    value.map_or_else(|| Value::from(()), Value::from)
}

fn list(columns: Vec<Column>) -> Value {
    List::new(columns.into_iter().map(ColumnObject::value).collect())
}

impl Object for ColumnObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        let bound = || signatures::bound(&signatures::COLUMN, || Value::from_dyn_object(self.clone()), name);
        self.attribute(name).or_else(bound)
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> std::result::Result<Value, MjError> {
        let args = Args::new(args)?;
        if let Some(signature) = signatures::COLUMN.find(method) {
            signature.check(&args)?;
        }
        let column = &self.0;
        match method {
            "is_string" => Ok(Value::from(column.is_string())),
            "is_number" => Ok(Value::from(column.is_number())),
            "is_float" => Ok(Value::from(column.is_float())),
            "is_integer" => Ok(Value::from(column.is_integer())),
            "is_numeric" => Ok(Value::from(column.is_numeric())),
            "is_struct" => Ok(Value::from(column.is_struct())),
            "string_size" => column.string_size().map(Value::from).map_err(raise),
            "can_expand_to" => {
                let other = column_of(&args.require(method, 0, "other_column")?).map_err(raise)?;
                Ok(Value::from(column.can_expand_to(&other)))
            }
            "literal" => Ok(Value::from(column.literal(&py_str(&args.require(method, 0, "value")?)))),
            "flatten" => Ok(list(column.flatten())),
            other => class_method(other, &args),
        }
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        let other = other.downcast_ref::<ColumnObject>()?;
        if self.0 == other.0 {
            return Some(Ordering::Equal);
        }
        Some(self.0.name.cmp(&other.0.name).then(Ordering::Less))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = &self.0;
        let size = |value: Option<i64>| value.map_or("None".to_owned(), |value| value.to_string());
        let fields: Vec<String> =
            column.fields().into_iter().map(|field| py_str(&ColumnObject::value(field))).collect();
        write!(
            f,
            "DuckDBColumn(column={}, dtype={}, char_size={}, numeric_precision={}, numeric_scale={}, fields=[{}])",
            str_repr(&column.name),
            str_repr(&column.dtype),
            size(column.char_size),
            size(column.numeric_precision),
            size(column.numeric_scale),
            fields.join(", ")
        )
    }
}

/// What `api.Column` and every column have in common.
pub(super) fn class_method(name: &str, args: &Args) -> std::result::Result<Value, MjError> {
    let int = |index, key: &str| args.get(index, key).and_then(|value| value.as_i64());
    match name {
        "create" => {
            let dtype = args.text(name, 1, "label_or_dtype")?;
            Ok(ColumnObject::value(Column::create(&args.text(name, 0, "name")?, &dtype)))
        }
        "translate_type" => Ok(Value::from(Column::translate_type(&args.text(name, 0, "dtype")?))),
        "string_type" => Ok(Value::from(Column::string_type(int(0, "size").unwrap_or_default()))),
        "numeric_type" => {
            let dtype = args.text(name, 0, "dtype")?;
            Ok(Value::from(Column::numeric_type(&dtype, int(1, "precision"), int(2, "scale"))))
        }
        "from_description" => {
            let raw = args.text(name, 1, "raw_data_type")?;
            let column = Column::from_description(&args.text(name, 0, "name")?, &raw);
            column.map(ColumnObject::value).map_err(raise)
        }
        _ => Err(MjError::from(ErrorKind::UnknownMethod)),
    }
}

const CONSTRUCTOR: Signature =
    Signature("DuckDBColumn.__init__(self, column, dtype, char_size?, numeric_precision?, numeric_scale?, fields?)");

/// `api.Column(column, dtype, char_size, numeric_precision, numeric_scale)`.
pub(super) fn construct(args: &Args) -> std::result::Result<Value, MjError> {
    CONSTRUCTOR.check(args)?;
    let int = |index, key: &str| args.get(index, key).and_then(|value| value.as_i64());
    Ok(ColumnObject::value(Column {
        name: py_str(&args.require("Column", 0, "column")?),
        dtype: py_str(&args.require("Column", 1, "dtype")?),
        char_size: int(2, "char_size"),
        numeric_precision: int(3, "numeric_precision"),
        numeric_scale: int(4, "numeric_scale"),
    }))
}
