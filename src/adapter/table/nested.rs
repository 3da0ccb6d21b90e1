//! The text that dbt makes of values that its tables have no type for: lists and structs as JSON, times, intervals,
//! bytes. All of it in the spelling of Python's `str()` and `json.dumps()`.

use arrow::array::{Array, ArrayRef, AsArray, StructArray};
use arrow::datatypes::DataType;
use chrono::{DateTime, FixedOffset, NaiveDateTime, Timelike};

use super::Cell;
use super::arrow::{ReadError, cell_at};
use crate::jinja::value::float_repr;

/// Python's `datetime.isoformat(sep)`: microseconds only if there are any.
pub(super) fn isoformat(moment: NaiveDateTime, separator: char) -> String {
    let micros = moment.nanosecond() / 1000;
    let text = moment.format(&format!("%Y-%m-%d{separator}%H:%M:%S")).to_string();
    if micros == 0 { text } else { format!("{text}.{micros:06}") }
}

/// The same with the offset, as Python prints it.
pub(super) fn isoformat_tz(moment: &DateTime<FixedOffset>, separator: char) -> String {
    format!("{}{}", isoformat(moment.naive_local(), separator), moment.offset())
}

/// Python's `str(time)` of microseconds since midnight.
pub(super) fn time_text(micros: i64) -> String {
    let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
    let text = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if rest == 0 { text } else { format!("{text}.{rest:06}") }
}

/// Python's `str(timedelta)`; DuckDB's client counts a month as 30 days.
pub(super) fn interval_text(months: i32, days: i32, nanoseconds: i64) -> String {
    const DAY: i64 = 86_400_000_000;
    let micros = nanoseconds / 1000;
    let days = i64::from(months) * 30 + i64::from(days) + micros.div_euclid(DAY);
    let micros = micros.rem_euclid(DAY);
    let seconds = micros / 1_000_000;
    let time = format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    let time = if micros % 1_000_000 == 0 { time } else { format!("{time}.{:06}", micros % 1_000_000) };
    match days {
        0 => time,
        1 | -1 => format!("{days} day, {time}"),
        _ => format!("{days} days, {time}"),
    }
}

/// Python's `str(bytes)`.
pub(super) fn bytes_text(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut out = format!("b{quote}");
    for byte in bytes {
        match byte {
            b'"' if quote == '\'' => out.push('"'),
            b'\'' if quote == '"' => out.push('\''),
            other => out.push_str(&other.escape_ascii().to_string()),
        }
    }
    out.push(quote);
    out
}

/// DuckDB's bit strings: the first byte says how many bits of the second are padding.
pub(super) fn bits_text(bytes: &[u8]) -> String {
    let Some((padding, bits)) = bytes.split_first() else { return String::new() };
    let all: String = bits.iter().map(|byte| format!("{byte:08b}")).collect();
    all.get(usize::from(*padding)..).unwrap_or_default().to_owned()
}

/// DuckDB's numbers of any length: three bytes of header, whose first bit is set for positive numbers, and the magnitude;
/// all of it inverted for negative ones.
pub(super) fn bignum_text(bytes: &[u8]) -> String {
    let negative = bytes.first().is_some_and(|first| first & 0x80 == 0);
    let digits = bytes.iter().skip(3).map(|byte| if negative { !byte } else { *byte });
    let magnitude = num_bigint::BigUint::from_bytes_be(&digits.collect::<Vec<u8>>());
    format!("{}{magnitude}", if negative { "-" } else { "" })
}

/// Whether a value of this type becomes a JSON text.
pub(super) fn is_nested(kind: &DataType) -> bool {
    matches!(
        kind,
        DataType::List(_)
            | DataType::LargeList(_)
            | DataType::FixedSizeList(..)
            | DataType::Struct(_)
            | DataType::Map(..)
    )
}

/// `json.dumps` of the list, struct or map at `row`.
pub(super) fn json_at(array: &ArrayRef, row: usize) -> Result<String, ReadError> {
    let mut out = String::new();
    push_json(&mut out, array, row)?;
    Ok(out)
}

fn push_json(out: &mut String, array: &ArrayRef, row: usize) -> Result<(), ReadError> {
    if array.is_null(row) {
        out.push_str("null");
        return Ok(());
    }
    match array.data_type() {
        DataType::List(_) => push_list(out, &array.as_list::<i32>().value(row)),
        DataType::LargeList(_) => push_list(out, &array.as_list::<i64>().value(row)),
        DataType::FixedSizeList(..) => push_list(out, &array.as_fixed_size_list().value(row)),
        DataType::Struct(_) => push_struct(out, array.as_struct(), row),
        DataType::Map(..) => push_map(out, &array.as_map().value(row)),
        kind => {
            // Huge integers travel as the widest decimals; inside a list nothing else tells them apart.
            let engine_type = matches!(kind, DataType::Decimal128(38, 0)).then_some("HUGEINT");
            push_scalar(out, &cell_at(array, row, engine_type)?);
            Ok(())
        }
    }
}

fn push_list(out: &mut String, items: &ArrayRef) -> Result<(), ReadError> {
    out.push('[');
    for index in 0..items.len() {
        if index > 0 {
            out.push_str(", ");
        }
        push_json(out, items, index)?;
    }
    out.push(']');
    Ok(())
}

/// A struct whose fields have no names, such as `row(1, 2)`, is a tuple in Python and a list in JSON.
fn push_struct(out: &mut String, fields: &StructArray, row: usize) -> Result<(), ReadError> {
    let named = fields.column_names().iter().all(|name| !name.is_empty());
    out.push(if named { '{' } else { '[' });
    for (index, (name, values)) in fields.column_names().iter().zip(fields.columns()).enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        if named {
            push_string(out, name);
            out.push_str(": ");
        }
        push_json(out, values, row)?;
    }
    out.push(if named { '}' } else { ']' });
    Ok(())
}

fn push_map(out: &mut String, entries: &StructArray) -> Result<(), ReadError> {
    let (keys, values) = (entries.column(0), entries.column(1));
    out.push('{');
    for index in 0..entries.len() {
        if index > 0 {
            out.push_str(", ");
        }
        push_key(out, &cell_at(keys, index, None)?);
        out.push_str(": ");
        push_json(out, values, index)?;
    }
    out.push('}');
    Ok(())
}

/// Python turns keys of basic types into text.
fn push_key(out: &mut String, key: &Cell) {
    let text = match key {
        Cell::Null => "null".to_owned(),
        Cell::Bool(flag) => flag.to_string(),
        Cell::Decimal(number) => float_repr(number.to_f64()),
        other => other.to_string(),
    };
    push_string(out, &text);
}

fn push_scalar(out: &mut String, cell: &Cell) {
    match cell {
        Cell::Null => out.push_str("null"),
        Cell::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Cell::Int(number) => out.push_str(&number.to_string()),
        Cell::Decimal(number) => out.push_str(&json_float(number.to_f64())),
        Cell::DateTime(moment) => push_string(out, &isoformat(*moment, 'T')),
        Cell::DateTimeTz(moment) => push_string(out, &isoformat_tz(moment, 'T')),
        other => push_string(out, &other.to_string()),
    }
}

fn json_float(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity".to_owned() } else { "-Infinity".to_owned() }
    } else {
        float_repr(number)
    }
}

/// A JSON text in ASCII, as `json.dumps` writes it.
fn push_string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(character),
            other => {
                let mut units = [0; 2];
                for unit in other.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out.push('"');
}
