//! The difference of two tables with the same columns, as dbt shows it for a failed unit test: rows that changed,
//! appeared and went, with a row around them, and columns that tell nothing left out. Gives the result of the `daff`
//! library, whose choices (which rows belong together, what is shown) scripts and people know from dbt's output.

mod align;
mod highlight;
mod terminal;

use crate::adapter::{Cell, Table};

/// The rows of a table, its column names first.
struct Sheet(Vec<Vec<Cell>>);

impl Sheet {
    fn of(table: &Table) -> Sheet {
        let names = table.columns().iter().map(|column| Cell::text(column.name.as_str())).collect();
        let rows = table.rows().iter().map(|row| row.to_vec());
        Sheet(std::iter::once(names).chain(rows).collect())
    }

    fn height(&self) -> usize {
        self.0.len()
    }

    fn width(&self) -> usize {
        self.0.first().map_or(0, Vec::len)
    }

    fn cell(&self, row: usize, column: usize) -> &Cell {
        &self.0[row][column]
    }
}

/// A cell's text; nothing for NULL.
fn text(cell: &Cell) -> String {
    if cell.is_null() { String::new() } else { cell.to_string() }
}

/// What `actual` has instead of `expected`, or nothing if they are the same. Lines end as in CSV files.
pub fn render(expected: &Table, actual: &Table, colors: bool) -> Option<String> {
    let (expected, actual) = (Sheet::of(expected), Sheet::of(actual));
    let grid = highlight::highlight(&expected, &actual, &align::align(&expected, &actual))?;
    let rendered = terminal::render(&grid);
    Some(if colors { rendered } else { terminal::without_codes(&rendered) })
}

#[cfg(test)]
mod tests;
