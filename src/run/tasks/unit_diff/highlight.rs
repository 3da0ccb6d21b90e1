//! The table that shows a difference: the first column says what happened to a row, rows and columns far from any
//! change give way to dots.

use super::align::{Alignment, Pair};
use super::{Sheet, text};
use crate::adapter::Cell;

/// Marks the row of column names.
pub(super) const HEADER: &str = "@@";
/// Marks a row that only the right side has.
pub(super) const ADDED: &str = "+++";
/// Marks a row that only the left side has.
pub(super) const REMOVED: &str = "---";
/// Marks what is left out.
pub(super) const GAP: &str = "...";
/// Stands between the old and the new value, longer where the values hold it themselves.
pub(super) const ARROW: &str = "->";

/// How much of a row or column is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Not,
    Dots,
    Context,
    Changed,
}

struct Row {
    mark: String,
    cells: Vec<Cell>,
}

/// The rows to show, the header first; nothing if the sides are the same.
pub(super) fn highlight(left: &Sheet, right: &Sheet, alignment: &Alignment) -> Option<Vec<Vec<Cell>>> {
    let arrow = arrow(left, right);
    let mut columns: Vec<Shown> = (0..left.width())
        .map(|column| if alignment.key_columns.contains(&column) { Shown::Changed } else { Shown::Not })
        .collect();
    let rows: Vec<Row> = alignment.rows.iter().map(|pair| compare(left, right, *pair, &arrow, &mut columns)).collect();
    if rows.iter().all(|row| row.mark.is_empty()) {
        return None;
    }
    let mut shown: Vec<Shown> =
        rows.iter().map(|row| if row.mark.is_empty() { Shown::Not } else { Shown::Changed }).collect();
    spread(&mut shown);
    spread(&mut columns);
    let names = right.0.first().cloned().unwrap_or_default();
    let mut grid = vec![line(HEADER, &names, &columns)];
    let mut dotted = false;
    // The header is one of the pairs, and has been shown.
    for (row, shown) in rows.iter().zip(shown).skip(1) {
        match shown {
            Shown::Not => {}
            Shown::Dots if dotted => {}
            Shown::Dots => {
                dotted = true;
                grid.push(line(GAP, &vec![Cell::text(GAP); names.len()], &columns));
            }
            Shown::Context | Shown::Changed => {
                dotted = false;
                grid.push(line(&row.mark, &row.cells, &columns));
            }
        }
    }
    Some(grid)
}

/// Compares a pair, and notes in `columns` where it differs.
fn compare(left: &Sheet, right: &Sheet, pair: Pair, arrow: &str, columns: &mut [Shown]) -> Row {
    let mut row = Row { mark: String::new(), cells: Vec::with_capacity(columns.len()) };
    for (at, column) in columns.iter_mut().enumerate() {
        row.cells.push(match (pair.left, pair.right) {
            (Some(old), Some(new)) => {
                let (old, new) = (left.cell(old, at), right.cell(new, at));
                if old.to_string() == new.to_string() {
                    old.clone()
                } else {
                    *column = Shown::Changed;
                    arrow.clone_into(&mut row.mark);
                    Cell::text(format!("{}{arrow}{}", quoted(old), quoted(new)))
                }
            }
            (None, Some(new)) => {
                *column = Shown::Changed;
                ADDED.clone_into(&mut row.mark);
                right.cell(new, at).clone()
            }
            (Some(old), None) => {
                REMOVED.clone_into(&mut row.mark);
                left.cell(old, at).clone()
            }
            (None, None) => Cell::Null,
        });
    }
    row
}

/// NULL, told from the text `NULL` by an underscore before the latter.
fn quoted(cell: &Cell) -> String {
    let value = cell.to_string();
    match value.as_str() {
        "None" => "NULL".to_owned(),
        other if other.trim_start_matches('_') == "NULL" => format!("_{other}"),
        _ => value,
    }
}

/// An arrow that no value has in it.
fn arrow(left: &Sheet, right: &Sheet) -> String {
    let mut arrow = ARROW.to_owned();
    for cell in left.0.iter().chain(&right.0).flatten() {
        let value = text(cell);
        while value.contains(&arrow) {
            arrow.insert(0, '-');
        }
    }
    arrow
}

/// Shows one neighbour on either side of what changed, and dots beyond it. The place before the first one counts as
/// changed: dbt's library begins to count there.
fn spread(shown: &mut [Shown]) {
    let count = shown.len();
    let upwards = (0..count).rev();
    for (order, start) in [((0..count).collect::<Vec<_>>(), 2), (upwards.collect(), 3)] {
        let mut distance = start;
        for at in order {
            match shown[at] {
                Shown::Changed => distance = 0,
                Shown::Not | Shown::Dots if distance == 1 => shown[at] = Shown::Context,
                Shown::Not | Shown::Dots if distance == 2 => shown[at] = Shown::Dots,
                _ => {}
            }
            distance += 1;
        }
    }
}

/// One line of the result. Of columns next to each other that are not shown, the first is dots and the others go.
fn line(mark: &str, cells: &[Cell], columns: &[Shown]) -> Vec<Cell> {
    let mut line = vec![Cell::text(mark)];
    let mut dotted = false;
    for (cell, shown) in cells.iter().zip(columns) {
        let hidden = matches!(shown, Shown::Not | Shown::Dots);
        if !hidden {
            line.push(cell.clone());
        } else if !dotted {
            line.push(Cell::text(GAP));
        }
        dotted = hidden;
    }
    line
}
