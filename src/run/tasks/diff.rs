//! How actual rows differ from expected ones, in the layout that dbt prints: a column of marks (`+++` only actual, `---`
//! only expected, `→` changed), one row of context around each difference, `...` for what is left out.

/// Rows as texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// Names.
    pub columns: Vec<String>,
    /// Cells, as many in each row as there are columns.
    pub rows: Vec<Vec<String>>,
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Line {
    Same(Vec<String>),
    Added(Vec<String>),
    Removed(Vec<String>),
    Changed(Vec<String>),
}

impl Line {
    fn mark(&self) -> &'static str {
        match self {
            Line::Same(_) => "",
            Line::Added(_) => "+++",
            Line::Removed(_) => "---",
            Line::Changed(_) => "→",
        }
    }

    fn cells(&self) -> &[String] {
        match self {
            Line::Same(cells) | Line::Added(cells) | Line::Removed(cells) | Line::Changed(cells) => cells,
        }
    }
}

/// The difference as text, each line ended as dbt ends it; none if the rows are the same. Both sides come sorted.
pub fn difference(expected: &Grid, actual: &Grid) -> Option<String> {
    if expected.rows == actual.rows {
        return None;
    }
    let lines = compare(&expected.rows, &actual.rows);
    let mut shown: Vec<Vec<String>> = vec![row("@@", &expected.columns)];
    let mut left_out = false;
    for (index, line) in lines.iter().enumerate() {
        let near = |other: Option<&Line>| other.is_some_and(|line| !matches!(line, Line::Same(_)));
        let previous = index.checked_sub(1).and_then(|index| lines.get(index));
        if near(Some(line)) || near(previous) || near(lines.get(index + 1)) {
            shown.push(row(line.mark(), line.cells()));
            left_out = false;
        } else if !left_out {
            shown.push(vec!["...".to_owned(); expected.columns.len() + 1]);
            left_out = true;
        }
    }
    Some(lay_out(&shown))
}

fn row(mark: &str, cells: &[String]) -> Vec<String> {
    std::iter::once(mark.to_owned()).chain(cells.iter().cloned()).collect()
}

/// Columns under each other, the last one ragged.
fn lay_out(rows: &[Vec<String>]) -> String {
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..rows.first().map_or(0, Vec::len)).map(|column| width(column).unwrap_or(0)).collect();
    let mut out = String::new();
    for row in rows {
        for (column, cell) in row.iter().enumerate() {
            out.push_str(cell);
            if column + 1 < row.len() {
                out.push_str(&" ".repeat(widths[column] - cell.chars().count()));
                out.push(',');
            }
        }
        out.push_str("\r\n");
    }
    out
}

/// Aligns the sides along what they have in common, then pairs what is left between by likeness.
fn compare(expected: &[Vec<String>], actual: &[Vec<String>]) -> Vec<Line> {
    let mut lines = Vec::new();
    let (mut from, mut to) = (0, 0);
    for (left, right) in common(expected, actual) {
        pair(&expected[from..left], &actual[to..right], &mut lines);
        lines.push(Line::Same(actual[right].clone()));
        (from, to) = (left + 1, right + 1);
    }
    pair(&expected[from..], &actual[to..], &mut lines);
    lines
}

/// Positions of the rows that both sides have, in order: both are sorted, so merging finds them.
fn common(expected: &[Vec<String>], actual: &[Vec<String>]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut to = 0;
    for (from, row) in expected.iter().enumerate() {
        if let Some(offset) = actual[to..].iter().position(|other| other == row) {
            found.push((from, to + offset));
            to += offset + 1;
        }
    }
    found
}

/// Each expected row with the actual row that it shares at least half of its cells with.
fn pair(expected: &[Vec<String>], actual: &[Vec<String>], lines: &mut Vec<Line>) {
    let mut taken = vec![false; actual.len()];
    for row in expected {
        let alike = |other: &[String]| row.iter().zip(other).filter(|(a, b)| a == b).count();
        let best = (0..actual.len())
            .filter(|position| !taken[*position] && alike(&actual[*position]) * 2 >= row.len().max(1))
            .max_by_key(|position| (alike(&actual[*position]), usize::MAX - position));
        match best {
            Some(position) => {
                taken[position] = true;
                let changed = row.iter().zip(&actual[position]);
                let changed = changed.map(|(old, new)| if old == new { old.clone() } else { format!("{old}→{new}") });
                lines.push(Line::Changed(changed.collect()));
            }
            None => lines.push(Line::Removed(row.clone())),
        }
    }
    let left = actual.iter().zip(&taken).filter(|(_, taken)| !**taken);
    lines.extend(left.map(|(row, _)| Line::Added(row.clone())));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(rows: &[[&str; 2]]) -> Grid {
        let texts = |cells: &[&str; 2]| cells.iter().map(|cell| (*cell).to_owned()).collect();
        Grid { columns: vec!["id".to_owned(), "name".to_owned()], rows: rows.iter().map(texts).collect() }
    }

    #[test]
    fn equal_rows_have_no_difference() {
        assert_eq!(difference(&grid(&[["1", "a"]]), &grid(&[["1", "a"]])), None);
    }

    #[test]
    fn shows_rows_of_one_side_with_context() {
        let expected = grid(&[["2", "X"], ["3", "NULL"], ["9", "ZZ"]]);
        let actual = grid(&[["2", "X"], ["3", "NULL"]]);
        assert_eq!(
            difference(&expected, &actual).as_deref(),
            Some("@@ ,id ,name\r\n...,...,...\r\n   ,3  ,NULL\r\n---,9  ,ZZ\r\n")
        );
    }

    #[test]
    fn shows_changed_cells() {
        let text = difference(&grid(&[["1", "a"]]), &grid(&[["1", "b"]]));
        assert_eq!(text.as_deref(), Some("@@,id,name\r\n→ ,1 ,a→b\r\n"));
    }
}
