//! Between cells of result tables and the values that templates work with.

use crate::adapter::{Cell, Decimal};
use crate::jinja::value::dates::{Date, DateTime, Zone};
use crate::jinja::value::{self, py_str};
use crate::jinja::{MjError, Value, is_undefined};

/// A cell as a template sees it.
pub(super) fn cell_value(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::from(()),
        Cell::Bool(flag) => Value::from(*flag),
        Cell::Int(number) => int_value(*number),
        Cell::Decimal(number) => value::Decimal::value(&number.to_string()),
        Cell::Date(date) => Date(*date).value(),
        Cell::DateTime(moment) => DateTime::new(*moment, None).value(),
        Cell::DateTimeTz(moment) => {
            let zone = match moment.offset().local_minus_utc() {
                0 => Zone::Utc,
                seconds => Zone::Fixed(seconds),
            };
            DateTime::new(moment.naive_local(), Some(zone)).value()
        }
        Cell::Text(text) => Value::from(text.clone()),
    }
}

fn int_value(number: i128) -> Value {
    match i64::try_from(number) {
        Ok(small) => Value::from(small),
        Err(_) => Value::from(number),
    }
}

/// What a dict, row or object has under a key; nothing for keys that are not there.
pub(super) fn entry(value: &Value, key: &str) -> Option<Value> {
    value.get_item(&Value::from(key)).ok().filter(|found| !is_undefined(found))
}

/// The same, with none counting as absent.
pub(super) fn field(value: &Value, key: &str) -> Option<Value> {
    entry(value, key).filter(|found| !found.is_none())
}

/// A template's value as a cell, for bindings.
pub(super) fn value_cell(value: &Value) -> Result<Cell, MjError> {
    if value.is_none() || is_undefined(value) {
        return Ok(Cell::Null);
    }
    if let Some(text) = value.as_str() {
        return Ok(Cell::text(text));
    }
    if value.kind() == crate::jinja::ValueKind::Bool {
        return Ok(Cell::Bool(value.is_true()));
    }
    if value.is_integer() {
        return Ok(Cell::Int(i128::try_from(value.clone())?));
    }
    if let Some(decimal) = Decimal::parse(&py_str(value)) {
        return Ok(Cell::Decimal(decimal));
    }
    Ok(Cell::text(py_str(value)))
}

/// Puts literals in place of a statement's question marks, those in quotes and comments left alone.
pub(super) fn bind_literals(sql: &str, bindings: &[Cell]) -> String {
    let mut out = String::with_capacity(sql.len() + bindings.len() * 8);
    let mut values = bindings.iter();
    let mut quote = None;
    for character in sql.chars() {
        match (quote, character) {
            (None, '?') => match values.next() {
                Some(cell) => out.push_str(&literal(cell)),
                None => out.push('?'),
            },
            (None, '\'' | '"') => {
                quote = Some(character);
                out.push(character);
            }
            (Some(open), close) if open == close => {
                quote = None;
                out.push(close);
            }
            (_, other) => out.push(other),
        }
    }
    out
}

fn literal(cell: &Cell) -> String {
    match cell {
        Cell::Null => "NULL".to_owned(),
        Cell::Bool(flag) => flag.to_string(),
        Cell::Int(number) => number.to_string(),
        Cell::Decimal(number) => number.to_string(),
        other => format!("'{}'", other.to_string().replace('\'', "''")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn binds_outside_of_quotes_only() {
        let cells = [Cell::text("it's"), Cell::Null];
        assert_eq!(
            bind_literals("insert into \"a?\" values (?, '?', ?)", &cells),
            "insert into \"a?\" values ('it''s', '?', NULL)"
        );
    }
}
