//! Result tables with the content and the types that dbt's tables (agate's) have, whatever engine they come from.

mod arrow;
mod decimal;
mod nested;
mod print;
mod temporal;

use std::cmp::Ordering;
use std::fmt;
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime};

pub use decimal::Decimal;
pub use print::PrintOptions;

/// What a column holds: agate's data types under dbt's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// Whole numbers; also a column without any value.
    Integer,
    /// Any other numbers.
    Number,
    /// Truth values.
    Boolean,
    /// Dates.
    Date,
    /// Points in time.
    DateTime,
    /// Everything else, as text.
    Text,
}

impl ColumnType {
    /// The name that `print_structure` shows.
    pub fn as_str(self) -> &'static str {
        match self {
            ColumnType::Integer => "Integer",
            ColumnType::Number => "Number",
            ColumnType::Boolean => "Boolean",
            ColumnType::Date => "Date",
            ColumnType::DateTime => "DateTime",
            ColumnType::Text => "Text",
        }
    }
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// NULL
    Null,
    /// Truth value.
    Bool(bool),
    /// Whole number.
    Int(i128),
    /// Any other number.
    Decimal(Decimal),
    /// Date.
    Date(NaiveDate),
    /// Point in time without a zone.
    DateTime(NaiveDateTime),
    /// Point in time in the session's zone.
    DateTimeTz(DateTime<FixedOffset>),
    /// Text, and everything that dbt turns into text: lists and structs as JSON, times, intervals, UUIDs.
    Text(Arc<str>),
}

impl Cell {
    /// A text.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Cell::Text(text.into())
    }

    /// Whether it is NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, Cell::Null)
    }

    /// Order of two values of one column; NULL last.
    fn order(&self, other: &Cell) -> Ordering {
        match (self, other) {
            (Cell::Null, Cell::Null) => Ordering::Equal,
            (Cell::Null, _) => Ordering::Greater,
            (_, Cell::Null) => Ordering::Less,
            (Cell::Bool(a), Cell::Bool(b)) => a.cmp(b),
            (Cell::Int(a), Cell::Int(b)) => a.cmp(b),
            (Cell::Decimal(a), Cell::Decimal(b)) => a.to_f64().total_cmp(&b.to_f64()),
            (Cell::Date(a), Cell::Date(b)) => a.cmp(b),
            (Cell::DateTime(a), Cell::DateTime(b)) => a.cmp(b),
            (Cell::DateTimeTz(a), Cell::DateTimeTz(b)) => a.cmp(b),
            (a, b) => a.to_string().cmp(&b.to_string()),
        }
    }
}

impl fmt::Display for Cell {
    /// Python's `str()` of the value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cell::Null => f.write_str("None"),
            Cell::Bool(true) => f.write_str("True"),
            Cell::Bool(false) => f.write_str("False"),
            Cell::Int(number) => write!(f, "{number}"),
            Cell::Decimal(number) => write!(f, "{number}"),
            Cell::Date(date) => write!(f, "{date}"),
            Cell::DateTime(moment) => f.write_str(&nested::isoformat(*moment, ' ')),
            Cell::DateTimeTz(moment) => f.write_str(&nested::isoformat_tz(moment, ' ')),
            Cell::Text(text) => f.write_str(text),
        }
    }
}

/// A row.
pub type Row = Arc<[Cell]>;

/// Name and type of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableColumn {
    /// Name; unique within its table.
    pub name: String,
    /// What it holds.
    pub kind: ColumnType,
    /// Whether a number in it has digits behind the point; decides between an integer and a float seed column.
    pub fractional: bool,
}

impl TableColumn {
    /// A column.
    pub fn new(name: impl Into<String>, kind: ColumnType) -> Self {
        TableColumn { name: name.into(), kind, fractional: false }
    }
}

/// Reads rows when they are first asked for.
type Loader = Box<dyn Fn() -> Vec<Row> + Send + Sync>;

/// A table. Its rows may be read from their file only when somebody looks at them: a seed's seldom are.
pub struct Table {
    columns: Vec<TableColumn>,
    count: usize,
    rows: OnceLock<Vec<Row>>,
    loader: Option<Loader>,
}

impl Table {
    /// A table of rows. Names that occur twice are numbered, as dbt does.
    pub fn new(columns: Vec<TableColumn>, rows: Vec<Row>) -> Self {
        let count = rows.len();
        Table { columns: number_duplicates(columns), count, rows: OnceLock::from(rows), loader: None }
    }

    /// A table of `count` rows that `loader` reads when they are needed.
    pub fn lazy(columns: Vec<TableColumn>, count: usize, loader: Loader) -> Self {
        Table { columns: number_duplicates(columns), count, rows: OnceLock::new(), loader: Some(loader) }
    }

    /// A table without columns and rows: what dbt gives for a statement whose rows were not asked for.
    pub fn empty() -> Self {
        Table::new(Vec::new(), Vec::new())
    }

    /// Columns in order.
    pub fn columns(&self) -> &[TableColumn] {
        &self.columns
    }

    /// Rows in order.
    pub fn rows(&self) -> &[Row] {
        self.rows.get_or_init(|| self.loader.as_ref().map(|load| load()).unwrap_or_default())
    }

    /// Number of rows; does not read them.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Position of a column.
    pub fn column_index(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// A value; NULL beyond the edges.
    pub fn cell(&self, row: usize, column: usize) -> Cell {
        self.rows().get(row).and_then(|row| row.get(column)).cloned().unwrap_or(Cell::Null)
    }

    /// The values of a column.
    pub fn values(&self, column: usize) -> impl Iterator<Item = &Cell> {
        self.rows().iter().filter_map(move |row| row.get(column))
    }

    /// Whether a number of the column has digits behind the point. A seed knows without its rows; what a query gives has
    /// whole numbers as decimals too, so that its values decide.
    pub fn has_fractions(&self, column: usize) -> bool {
        let known = self.columns.get(column).is_some_and(|column| column.fractional);
        let fraction = |cell: &Cell| match cell {
            Cell::Decimal(number) => number.places().is_some_and(|(_, behind)| behind > 0),
            _ => false,
        };
        known || self.loader.is_none() && self.values(column).any(fraction)
    }

    /// A table of the columns at `positions`, in that order.
    #[must_use]
    pub fn project(&self, positions: &[usize]) -> Table {
        let columns = positions.iter().filter_map(|at| self.columns.get(*at).cloned()).collect();
        let rows = self.rows().iter().map(|row| positions.iter().filter_map(|at| row.get(*at).cloned()).collect());
        Table::new(columns, rows.collect())
    }

    /// The same rows under other column names.
    #[must_use]
    pub fn renamed(&self, rename: impl Fn(&str) -> String) -> Table {
        let columns = self.columns.iter().map(|column| TableColumn { name: rename(&column.name), ..column.clone() });
        Table::new(columns.collect(), self.rows().to_vec())
    }

    /// Other rows under the same columns.
    #[must_use]
    pub fn with_rows(&self, rows: Vec<Row>) -> Table {
        Table::new(self.columns.clone(), rows)
    }

    /// The rows sorted by the columns at `positions`; rows that are equal there keep their order.
    #[must_use]
    pub fn sorted(&self, positions: &[usize], reverse: bool) -> Table {
        let mut rows = self.rows().to_vec();
        rows.sort_by(|a, b| {
            let orders = positions.iter().filter_map(|at| Some(a.get(*at)?.order(b.get(*at)?)));
            let order = orders.fold(Ordering::Equal, Ordering::then);
            if reverse { order.reverse() } else { order }
        });
        self.with_rows(rows)
    }

    /// The first row of each distinct combination of the columns at `positions`.
    #[must_use]
    pub fn distinct(&self, positions: &[usize]) -> Table {
        let mut seen = std::collections::HashSet::new();
        let key =
            |row: &Row| positions.iter().filter_map(|at| row.get(*at).map(|c| format!("{c:?}"))).collect::<Vec<_>>();
        let rows = self.rows().iter().filter(|row| seen.insert(key(row))).cloned();
        self.with_rows(rows.collect())
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("columns", &self.columns).field("rows", &self.count).finish()
    }
}

/// `a, a, a` become `a, a_2, a_3`.
fn number_duplicates(columns: Vec<TableColumn>) -> Vec<TableColumn> {
    let mut taken: Vec<TableColumn> = Vec::with_capacity(columns.len());
    for (index, mut column) in columns.into_iter().enumerate() {
        if column.name.is_empty() {
            column.name = letter_name(index);
        }
        let plain = column.name.clone();
        let mut number = 2;
        while taken.iter().any(|known| known.name == column.name) {
            column.name = format!("{plain}_{number}");
            number += 1;
        }
        taken.push(column);
    }
    taken
}

/// The name of a column that has none: `a`, `b`, ... `z`, `aa`, `bb`.
fn letter_name(index: usize) -> String {
    let letter = char::from(b'a' + u8::try_from(index % 26).unwrap_or(0));
    letter.to_string().repeat(index / 26 + 1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn table() -> Table {
        let columns = vec![TableColumn::new("n", ColumnType::Integer), TableColumn::new("n", ColumnType::Text)];
        let row = |n: i128, text: &str| Row::from([Cell::Int(n), Cell::text(text)]);
        Table::new(columns, vec![row(2, "b"), row(1, "a"), row(2, "c")])
    }

    #[test]
    fn numbers_columns_of_the_same_name() {
        let names: Vec<String> = table().columns().iter().map(|column| column.name.clone()).collect();
        assert_eq!(names, ["n", "n_2"]);
        assert_eq!(letter_name(27), "bb");
    }

    #[test]
    fn sorts_selects_and_deduplicates() {
        let sorted = table().sorted(&[0], false);
        assert_eq!(sorted.values(1).map(Cell::to_string).collect::<String>(), "abc");
        assert_eq!(table().distinct(&[0]).len(), 2);
        assert_eq!(table().project(&[1]).columns().len(), 1);
        assert_eq!(table().cell(9, 9), Cell::Null);
    }
}
