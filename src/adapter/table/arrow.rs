//! From Arrow record batches to result tables, with the types and values that dbt gets from DuckDB's Python client.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, DurationMicrosecondType, Float16Type, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, IntervalMonthDayNanoType, IntervalUnit, Time64MicrosecondType,
    Time64NanosecondType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow::util::display::array_value_to_string;

use super::decimal::Decimal;
use super::nested::{bignum_text, bits_text, bytes_text, interval_text, is_nested, json_at, time_text};
use super::temporal::{date, moment};
use super::{Cell, ColumnType, Row, Table, TableColumn};
use crate::adapter::{AdapterError, AdapterErrorKind, ArrowTable, ENGINE_TYPE};

/// A value that cannot be read; says its type.
#[derive(Debug)]
pub(super) struct ReadError(String);

impl Table {
    /// The rows of a statement, at most `limit` of them.
    ///
    /// # Errors
    /// A column has a type that cannot be read; the message names the column.
    pub fn from_arrow(table: &ArrowTable, limit: Option<usize>) -> Result<Table, AdapterError> {
        let width = table.schema.fields().len();
        let mut rows: Vec<Vec<Cell>> = Vec::new();
        for batch in &table.batches {
            let room = limit.map_or(usize::MAX, |limit| limit.saturating_sub(rows.len()));
            let wanted = batch.num_rows().min(room);
            let start = rows.len();
            rows.extend((0..wanted).map(|_| Vec::with_capacity(width)));
            for (column, field) in batch.columns().iter().zip(table.schema.fields()) {
                let engine_type = field.metadata().get(ENGINE_TYPE).map(String::as_str);
                for row in 0..wanted {
                    let cell = cell_at(column, row, engine_type).map_err(|error| unreadable(field.name(), &error))?;
                    rows[start + row].push(cell);
                }
            }
        }
        let rows: Vec<Row> = rows.into_iter().map(Row::from).collect();
        let columns = table.schema.fields().iter().enumerate().map(|(index, field)| {
            let values = rows.iter().filter_map(|row| row.get(index));
            TableColumn::new(field.name(), column_type(values))
        });
        let columns = columns.collect();
        Ok(Table::new(columns, rows))
    }
}

fn unreadable(column: &str, error: &ReadError) -> AdapterError {
    AdapterError::new(
        AdapterErrorKind::Statement,
        format!("Column `{column}` of the result has the type {}, which cannot be read.", error.0),
    )
    .with_hint(format!("Cast `{column}` to VARCHAR in the query."))
}

/// The type that dbt infers from a column's values: whole numbers if there are none.
fn column_type<'a>(values: impl Iterator<Item = &'a Cell>) -> ColumnType {
    let mut found = ColumnType::Integer;
    let mut any = false;
    for value in values.filter(|value| !value.is_null()) {
        let kind = match value {
            Cell::Null | Cell::Int(_) => ColumnType::Integer,
            Cell::Decimal(_) => ColumnType::Number,
            Cell::Bool(_) => ColumnType::Boolean,
            Cell::Date(_) => ColumnType::Date,
            Cell::DateTime(_) | Cell::DateTimeTz(_) => ColumnType::DateTime,
            Cell::Text(_) => ColumnType::Text,
        };
        if any && kind != found {
            return ColumnType::Text;
        }
        (found, any) = (kind, true);
    }
    found
}

/// The value at `row`; `engine_type` tells what Arrow's type leaves open.
pub(super) fn cell_at(array: &ArrayRef, row: usize, engine_type: Option<&str>) -> Result<Cell, ReadError> {
    if array.is_null(row) {
        return Ok(Cell::Null);
    }
    match engine_type {
        Some("BIT") => return Ok(Cell::text(bits_text(array.as_binary::<i32>().value(row)))),
        Some("HUGEINT" | "UHUGEINT") => return Ok(Cell::Int(array.as_primitive::<Decimal128Type>().value(row))),
        Some("BIGNUM") => return Ok(Cell::text(bignum_text(array.as_binary::<i32>().value(row)))),
        Some(lossy @ "TIME WITH TIME ZONE") => return Err(ReadError(lossy.to_owned())),
        _ => {}
    }
    if is_nested(array.data_type()) {
        return json_at(array, row).map(Cell::text);
    }
    match array.data_type() {
        DataType::Utf8 => Ok(Cell::text(array.as_string::<i32>().value(row))),
        DataType::LargeUtf8 => Ok(Cell::text(array.as_string::<i64>().value(row))),
        DataType::Utf8View => Ok(Cell::text(array.as_string_view().value(row))),
        DataType::Boolean => Ok(Cell::Bool(array.as_boolean().value(row))),
        kind if kind.is_integer() => integer(array, row),
        kind if kind.is_floating() || matches!(kind, DataType::Decimal128(..)) => number(array, row),
        kind if kind.is_temporal() => temporal(array, row),
        DataType::Binary => Ok(Cell::text(bytes_text(array.as_binary::<i32>().value(row)))),
        DataType::Union(..) => union_member(array, row),
        DataType::Dictionary(..) => {
            array_value_to_string(array, row).map(Cell::text).map_err(|_| ReadError(array.data_type().to_string()))
        }
        other => Err(ReadError(other.to_string())),
    }
}

fn union_member(array: &ArrayRef, row: usize) -> Result<Cell, ReadError> {
    let union = array.as_union();
    cell_at(union.child(union.type_id(row)), union.value_offset(row), None)
}

fn integer(array: &ArrayRef, row: usize) -> Result<Cell, ReadError> {
    let value = match array.data_type() {
        DataType::Int8 => i128::from(array.as_primitive::<Int8Type>().value(row)),
        DataType::Int16 => i128::from(array.as_primitive::<Int16Type>().value(row)),
        DataType::Int32 => i128::from(array.as_primitive::<Int32Type>().value(row)),
        DataType::Int64 => i128::from(array.as_primitive::<Int64Type>().value(row)),
        DataType::UInt8 => i128::from(array.as_primitive::<UInt8Type>().value(row)),
        DataType::UInt16 => i128::from(array.as_primitive::<UInt16Type>().value(row)),
        DataType::UInt32 => i128::from(array.as_primitive::<UInt32Type>().value(row)),
        DataType::UInt64 => i128::from(array.as_primitive::<UInt64Type>().value(row)),
        other => return Err(ReadError(other.to_string())),
    };
    Ok(Cell::Int(value))
}

fn number(array: &ArrayRef, row: usize) -> Result<Cell, ReadError> {
    let value = match array.data_type() {
        DataType::Float16 => Decimal::from_f64(array.as_primitive::<Float16Type>().value(row).to_f64()),
        DataType::Float32 => Decimal::from_f64(f64::from(array.as_primitive::<Float32Type>().value(row))),
        DataType::Float64 => Decimal::from_f64(array.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal128(_, scale) => {
            Decimal::from_scaled(array.as_primitive::<Decimal128Type>().value(row), i32::from(*scale))
        }
        other => return Err(ReadError(other.to_string())),
    };
    Ok(Cell::Decimal(value))
}

fn temporal(array: &ArrayRef, row: usize) -> Result<Cell, ReadError> {
    Ok(match array.data_type() {
        DataType::Date32 => date(array.as_primitive::<Date32Type>().value(row)),
        DataType::Time64(TimeUnit::Microsecond) => {
            Cell::text(time_text(array.as_primitive::<Time64MicrosecondType>().value(row)))
        }
        DataType::Time64(TimeUnit::Nanosecond) => {
            Cell::text(time_text(array.as_primitive::<Time64NanosecondType>().value(row) / 1000))
        }
        DataType::Timestamp(unit, zone) => moment(timestamp_micros(array, row, *unit), zone.as_deref()),
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            let value = array.as_primitive::<IntervalMonthDayNanoType>().value(row);
            Cell::text(interval_text(value.months, value.days, value.nanoseconds))
        }
        DataType::Duration(TimeUnit::Microsecond) => {
            let micros = array.as_primitive::<DurationMicrosecondType>().value(row);
            Cell::text(interval_text(0, 0, micros.saturating_mul(1000)))
        }
        other => return Err(ReadError(other.to_string())),
    })
}

fn timestamp_micros(array: &ArrayRef, row: usize, unit: TimeUnit) -> i64 {
    let infinite = |value: i64| value == i64::MAX || value == -i64::MAX;
    let (value, micros) = match unit {
        TimeUnit::Second => {
            let value = array.as_primitive::<TimestampSecondType>().value(row);
            (value, value.saturating_mul(1_000_000))
        }
        TimeUnit::Millisecond => {
            let value = array.as_primitive::<TimestampMillisecondType>().value(row);
            (value, value.saturating_mul(1000))
        }
        TimeUnit::Microsecond => {
            let value = array.as_primitive::<TimestampMicrosecondType>().value(row);
            (value, value)
        }
        TimeUnit::Nanosecond => {
            let value = array.as_primitive::<TimestampNanosecondType>().value(row);
            (value, value.div_euclid(1000))
        }
    };
    if infinite(value) { value } else { micros }
}
