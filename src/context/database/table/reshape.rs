//! Methods that make a table of another shape: `join`, `merge`, `pivot` and `normalize`.

use std::sync::Arc;

use super::operations::is_function;
use super::parts::{RowObject, position};
use super::{TableObject, table_of};
use crate::adapter::table::{Row, TableColumn};
use crate::adapter::{Cell, ColumnType, Decimal, Table};
use crate::context::call::Args;
use crate::context::database::values::cell_value;
use crate::jinja::value::{iterate, py_eq, py_str, tuple, type_name};
use crate::jinja::{MjError, PyError, State, Value};

fn none(args: &Args, index: usize, name: &str) -> Option<Value> {
    args.get(index, name).filter(|value| !value.is_none())
}

fn flag(args: &Args, index: usize, name: &str) -> bool {
    args.get(index, name).is_some_and(|value| value.is_true())
}

/// The names in an argument that is a name or a sequence of names.
fn names(value: &Value) -> Result<Vec<String>, MjError> {
    match value.as_str() {
        Some(name) => Ok(vec![name.to_owned()]),
        None => Ok(iterate(value)?.iter().map(py_str).collect()),
    }
}

/// The position of a column that must be there, named or counted.
fn column(table: &Table, key: &Value) -> Result<usize, MjError> {
    let found = match key.as_str() {
        Some(name) => table.column_index(name),
        None => position(key, table.columns().len()),
    };
    found.ok_or_else(|| PyError::value_error(format!("'{}'", py_str(key))))
}

/// What each row is joined on, and the columns that it comes from.
type Keys = (Vec<Value>, Vec<usize>);

fn keys(table: &Arc<Table>, state: &mut State<'_, '_>, key: Option<&Value>) -> Result<Keys, MjError> {
    let Some(key) = key else { return Ok(((0..table.len()).map(Value::from).collect(), Vec::new())) };
    if is_function(key) && key.as_i64().is_none() {
        let rows = (0..table.len()).filter_map(|row| RowObject::value(table, row));
        return Ok((rows.map(|row| key.call(state, &[row])).collect::<Result<_, _>>()?, Vec::new()));
    }
    if key.as_str().is_some() || key.as_i64().is_some() {
        let at = column(table, key)?;
        return Ok((table.values(at).map(cell_value).collect(), vec![at]));
    }
    let columns = iterate(key)?.iter().map(|key| column(table, key)).collect::<Result<Vec<usize>, _>>()?;
    let of_row = |row: &Row| tuple(columns.iter().map(|at| cell_value(&row[*at])).collect());
    Ok((table.rows().iter().map(of_row).collect(), columns))
}

/// The columns of the right table that a join keeps.
fn kept(right: &Table, keyed: &[usize], wanted: Option<&Value>, full: bool) -> Result<Vec<usize>, MjError> {
    let all = 0..right.columns().len();
    if full {
        return Ok(all.collect());
    }
    let Some(wanted) = wanted else { return Ok(all.filter(|at| !keyed.contains(at)).collect()) };
    let wanted = names(wanted)?;
    Ok(all.filter(|at| wanted.contains(&right.columns()[*at].name)).collect())
}

impl TableObject {
    /// `join(right_table, left_key, right_key, inner, full_outer, require_match, columns)`: a left outer join unless it
    /// is told otherwise; without keys row by row.
    pub(super) fn join(&self, state: &mut State<'_, '_>, args: &Args) -> Result<Value, MjError> {
        let (inner, full) = (flag(args, 3, "inner"), flag(args, 4, "full_outer"));
        if inner && full {
            return Err(PyError::value_error("A join can not be both \"inner\" and \"full_outer\"."));
        }
        let right = args.require("join", 0, "right_table")?;
        let right = table_of(&right).cloned().ok_or_else(|| not_table(&right))?;
        let left_key = none(args, 1, "left_key");
        let right_key = left_key.as_ref().and_then(|left| none(args, 2, "right_key").or_else(|| Some(left.clone())));
        let (left_data, _) = keys(&self.table, state, left_key.as_ref())?;
        let (right_data, keyed) = keys(&right, state, right_key.as_ref())?;
        let kept = kept(&right, &keyed, none(args, 6, "columns").as_ref(), full)?;
        let joined = |left: Option<&Row>, right: Option<&Row>| -> Row {
            let blank = |count: usize| std::iter::repeat_n(Cell::Null, count);
            let mut cells: Vec<Cell> = match left {
                Some(row) => row.to_vec(),
                None => blank(self.table.columns().len()).collect(),
            };
            match right {
                Some(row) => cells.extend(kept.iter().map(|at| row[*at].clone())),
                None => cells.extend(blank(kept.len())),
            }
            Row::from(cells)
        };
        let mut rows: Vec<Row> = Vec::new();
        for (left, value) in self.table.rows().iter().zip(&left_data) {
            let before = rows.len();
            let matching = right.rows().iter().zip(&right_data).filter(|(_, other)| py_eq(value, other));
            rows.extend(matching.map(|(row, _)| joined(Some(left), Some(row))));
            if rows.len() == before && flag(args, 5, "require_match") {
                let message = format!("Left key \"{}\" does not have a matching right key.", py_str(value));
                return Err(PyError::value_error(message));
            }
            if rows.len() == before && !inner {
                rows.push(joined(Some(left), None));
            }
        }
        if full {
            let unmatched = right.rows().iter().zip(&right_data);
            let unmatched = unmatched.filter(|(_, value)| !left_data.iter().any(|left| py_eq(left, value)));
            rows.extend(unmatched.map(|(row, _)| joined(None, Some(row))));
        }
        Ok(self.derived(Table::new(joined_columns(&self.table, &right, &kept), rows)))
    }

    /// `merge(tables)`: the rows of all of them, with all their columns.
    pub(super) fn merge(&self, args: &Args) -> Result<Value, MjError> {
        let tables = iterate(&args.require("merge", 0, "tables")?)?;
        let tables = tables.iter().map(|table| table_of(table).ok_or_else(|| not_table(table)));
        let tables: Vec<&Arc<Table>> = tables.collect::<Result<_, _>>()?;
        let wanted = none(args, 2, "column_names").map(|wanted| names(&wanted)).transpose()?;
        let mut columns: Vec<TableColumn> = Vec::new();
        for column in tables.iter().flat_map(|table| table.columns()) {
            if wanted.as_ref().is_some_and(|wanted| !wanted.contains(&column.name)) {
                continue;
            }
            match columns.iter().find(|known| known.name == column.name) {
                None => columns.push(column.clone()),
                Some(known) if known.kind == column.kind => {}
                Some(_) => {
                    let message = "Tables contain columns with the same names, but different types.";
                    return Err(PyError::value_error(message));
                }
            }
        }
        let mut rows: Vec<Row> = Vec::new();
        for table in &tables {
            let from: Vec<Option<usize>> = columns.iter().map(|column| table.column_index(&column.name)).collect();
            let cells = |row: &Row| from.iter().map(|at| at.map_or(Cell::Null, |at| row[at].clone())).collect();
            rows.extend(table.rows().iter().map(cells));
        }
        Ok(self.derived(Table::new(columns, rows)))
    }

    /// `pivot(key)` and `pivot(key, pivot)`: how many rows there are of each key, and of each value of `pivot` in it.
    /// Templates have no other aggregations than this one.
    pub(super) fn pivot(&self, args: &Args) -> Result<Value, MjError> {
        let keyed = match none(args, 0, "key") {
            None => Vec::new(),
            Some(key) if key.as_str().is_some() => vec![column(&self.table, &key)?],
            Some(key) => iterate(&key)?.iter().map(|key| column(&self.table, key)).collect::<Result<_, _>>()?,
        };
        let spread = none(args, 1, "pivot").map(|key| column(&self.table, &key)).transpose()?;
        let mut groups: Vec<(Vec<Cell>, Vec<Option<i128>>)> = Vec::new();
        let mut headings: Vec<String> = if spread.is_some() { Vec::new() } else { vec!["Count".to_owned()] };
        for row in self.table.rows() {
            let key: Vec<Cell> = keyed.iter().map(|at| row[*at].clone()).collect();
            let heading = spread.map_or_else(|| "Count".to_owned(), |at| row[at].to_string());
            let at = headings.iter().position(|known| *known == heading).unwrap_or_else(|| {
                headings.push(heading);
                headings.len() - 1
            });
            let group = groups.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
                groups.push((key, Vec::new()));
                groups.len() - 1
            });
            let counts = &mut groups[group].1;
            counts.resize(counts.len().max(at + 1), None);
            counts[at] = Some(counts[at].unwrap_or(0) + 1);
        }
        // agate groups by one key after the other.
        let known: Vec<Vec<Cell>> = groups.iter().map(|(key, _)| key.clone()).collect();
        groups.sort_by_cached_key(|(key, _)| -> Vec<Option<usize>> {
            (1..=key.len()).map(|length| known.iter().position(|other| other[..length] == key[..length])).collect()
        });
        let number = |count: Option<i128>| Cell::Decimal(Decimal::from_scaled(count.unwrap_or(0), 0));
        let width = headings.len();
        let mut columns: Vec<TableColumn> = keyed.iter().map(|at| self.table.columns()[*at].clone()).collect();
        columns.extend(headings.into_iter().map(|name| TableColumn::new(name, ColumnType::Number)));
        let rows = groups.into_iter().map(|(key, mut counts)| {
            counts.resize(width, None);
            key.into_iter().chain(counts.into_iter().map(number)).collect()
        });
        Ok(self.derived(Table::new(columns, rows.collect())))
    }

    /// `normalize(key, properties, property_column, value_column)`: a row for each property of each row.
    pub(super) fn normalize(&self, args: &Args) -> Result<Value, MjError> {
        let key = names(&args.require("normalize", 0, "key")?)?;
        let properties = names(&args.require("normalize", 1, "properties")?)?;
        let find = |name: &String| column(&self.table, &Value::from(name.as_str()));
        let keyed = key.iter().map(find).collect::<Result<Vec<usize>, _>>()?;
        let spread = properties.iter().map(find).collect::<Result<Vec<usize>, _>>()?;
        let title = |index: usize, name: &str, default: &str| {
            none(args, index, name).map_or_else(|| default.to_owned(), |name| py_str(&name))
        };
        let (property, value) = (title(2, "property_column", "property"), title(3, "value_column", "value"));
        let kinds: Vec<ColumnType> = spread.iter().map(|at| self.table.columns()[*at].kind).collect();
        let kind = kinds.first().filter(|first| kinds.iter().all(|kind| kind == *first));
        let kind = kind.copied().unwrap_or(ColumnType::Text);
        let mut columns: Vec<TableColumn> = keyed.iter().map(|at| self.table.columns()[*at].clone()).collect();
        columns.extend([TableColumn::new(property, ColumnType::Text), TableColumn::new(value, kind)]);
        let mut rows: Vec<Row> = Vec::new();
        for row in self.table.rows() {
            for (name, at) in properties.iter().zip(&spread) {
                let cell = match &row[*at] {
                    Cell::Null => Cell::Null,
                    other if kind == ColumnType::Text => Cell::text(other.to_string()),
                    other => other.clone(),
                };
                let key = keyed.iter().map(|at| row[*at].clone());
                rows.push(key.chain([Cell::text(name.as_str()), cell]).collect());
            }
        }
        Ok(self.derived(Table::new(columns, rows)))
    }
}

fn not_table(value: &Value) -> MjError {
    PyError::value_error(format!("'{}' object has no attribute '_columns'", type_name(value)))
}

/// The columns of a joined table; names that the left table has too get a 2.
fn joined_columns(left: &Table, right: &Table, kept: &[usize]) -> Vec<TableColumn> {
    let mut columns = left.columns().to_vec();
    for at in kept {
        let mut column = right.columns()[*at].clone();
        if left.column_index(&column.name).is_some() {
            column.name.push('2');
        }
        columns.push(column);
    }
    columns
}
