//! Which rows of the two sides belong together: rows that agree in a combination of columns which no other row has,
//! combinations with few columns first; then neighbours of such rows.

use std::collections::{BTreeSet, HashMap};

use super::{Sheet, text};

/// More columns than these are too many to try all combinations; those with the most distinct values are taken.
const MOST_COLUMNS: usize = 5;

/// A row of either side, or of both. Row 0 is the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair {
    pub left: Option<usize>,
    pub right: Option<usize>,
}

/// The rows in the order in which they are shown.
#[derive(Debug)]
pub(super) struct Alignment {
    pub rows: Vec<Pair>,
    /// Columns that rows were recognised by.
    pub key_columns: BTreeSet<usize>,
}

/// What rows are known by under some columns.
struct Index {
    keys: Vec<String>,
    rows: HashMap<String, Vec<usize>>,
}

impl Index {
    fn new(sheet: &Sheet, columns: &[usize]) -> Index {
        let keys: Vec<String> = (0..sheet.height()).map(|row| key(sheet, row, columns)).collect();
        let mut rows: HashMap<String, Vec<usize>> = HashMap::new();
        for (row, key) in keys.iter().enumerate() {
            rows.entry(key.clone()).or_default().push(row);
        }
        Index { keys, rows }
    }

    fn most_frequent(&self) -> usize {
        self.rows.values().map(Vec::len).max().unwrap_or_default()
    }

    /// The only row that has the key.
    fn only(&self, key: &str) -> Option<usize> {
        match self.rows.get(key)?.as_slice() {
            [row] if !key.is_empty() => Some(*row),
            _ => None,
        }
    }
}

/// The header's key is marked, so that it is no data row's.
fn key(sheet: &Sheet, row: usize, columns: &[usize]) -> String {
    let values = columns.iter().map(|column| match text(sheet.cell(row, *column)) {
        empty if matches!(empty.as_str(), "null" | "undefined") => String::new(),
        value => value,
    });
    let mark = if row == 0 { "_" } else { "" };
    format!("{mark}{}", values.collect::<Vec<_>>().join(" // "))
}

/// The partner of each row, by side.
struct Matches {
    of_left: Vec<Option<usize>>,
    of_right: Vec<Option<usize>>,
}

impl Matches {
    fn link(&mut self, left: usize, right: usize) {
        self.of_left[left] = Some(right);
        self.of_right[right] = Some(left);
    }

    fn complete(&self) -> bool {
        self.of_left.iter().all(Option::is_some)
    }
}

/// Brings the rows of two sheets with the same columns together.
pub(super) fn align(left: &Sheet, right: &Sheet) -> Alignment {
    let mut matches = Matches { of_left: vec![None; left.height()], of_right: vec![None; right.height()] };
    let columns = distinctive_columns(left, right);
    let mut key_columns = BTreeSet::new();
    let combinations = 1_usize << columns.len();
    let mut everything = None;
    let mut useful = 0;
    for combination in 1..combinations {
        if matches.complete() {
            break;
        }
        let chosen: Vec<usize> =
            (0..columns.len()).filter(|at| combination & (1 << at) != 0).map(|at| columns[at]).collect();
        key_columns.extend(chosen.iter().copied());
        let (of_left, of_right) = (Index::new(left, &chosen), Index::new(right, &chosen));
        let last = combination == combinations - 1;
        let ambiguous = is_ambiguous(&of_left, &of_right, left.height().max(right.height()));
        if !ambiguous || (last && useful == 0) {
            useful += 1;
            link_unique(&mut matches, &of_left, &of_right);
        }
        if last {
            everything = Some((of_left, of_right));
        }
    }
    if let Some((of_left, of_right)) = everything {
        extend(&of_left.keys, &of_right.keys, &mut matches.of_left, &mut matches.of_right);
        extend(&of_right.keys, &of_left.keys, &mut matches.of_right, &mut matches.of_left);
    }
    matches.link(0, 0);
    Alignment { rows: in_order(&matches), key_columns }
}

/// A key that many rows share recognises nothing.
#[allow(clippy::cast_precision_loss)]
fn is_ambiguous(left: &Index, right: &Index, height: usize) -> bool {
    let most = left.most_frequent().max(right.most_frequent()) as f64;
    most / (height.max(1) + 20) as f64 >= 0.1
}

fn distinctive_columns(left: &Sheet, right: &Sheet) -> Vec<usize> {
    let mut columns: Vec<usize> = (0..left.width()).collect();
    if columns.len() > MOST_COLUMNS {
        let distinct = |sheet: &Sheet, column: usize| {
            let values: BTreeSet<String> = (0..sheet.height()).map(|row| text(sheet.cell(row, column))).collect();
            values.len()
        };
        columns.sort_by_key(|column| std::cmp::Reverse(distinct(left, *column) + distinct(right, *column)));
        columns.truncate(MOST_COLUMNS);
    }
    columns
}

fn link_unique(matches: &mut Matches, left: &Index, right: &Index) {
    for row in 0..left.keys.len() {
        let key = &left.keys[row];
        if matches.of_left[row].is_none()
            && left.only(key).is_some()
            && let Some(partner) = right.only(key)
            && matches.of_right[partner].is_none()
        {
            matches.link(row, partner);
        }
    }
}

/// Equal rows that follow or precede a pair are a pair too: once down the sheet, once up.
fn extend(keys: &[String], others: &[String], of: &mut [Option<usize>], of_others: &mut [Option<usize>]) {
    for down in [true, false] {
        let next = |row: usize| if down { Some(row + 1).filter(|row| *row < others.len()) } else { row.checked_sub(1) };
        let mut candidate = if down { None } else { others.len().checked_sub(1) };
        for step in 0..keys.len() {
            let row = if down { step } else { keys.len() - 1 - step };
            match (of[row], candidate) {
                (Some(partner), _) => candidate = next(partner),
                (None, Some(other)) if keys[row] == others[other] && of_others[other].is_none() => {
                    of[row] = Some(other);
                    of_others[other] = Some(row);
                    candidate = next(other);
                }
                _ => continue,
            }
            if candidate.is_none() {
                break;
            }
        }
    }
}

/// The right side's order, rows that only the left side has put where they were on it.
fn in_order(matches: &Matches) -> Vec<Pair> {
    let mut gone = (0..matches.of_left.len()).filter(|row| matches.of_left[*row].is_none()).peekable();
    let mut rows = Vec::new();
    for (right, left) in matches.of_right.iter().enumerate() {
        while let Some(row) = gone.next_if(|row| left.is_some_and(|left| left > *row)) {
            rows.push(Pair { left: Some(row), right: None });
        }
        rows.push(Pair { left: *left, right: Some(right) });
    }
    rows.extend(gone.map(|row| Pair { left: Some(row), right: None }));
    rows
}
