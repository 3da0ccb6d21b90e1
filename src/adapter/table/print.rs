//! Tables on the console: the grid that `dbt show` and `table.print_table()` print, and their CSV and JSON forms.

use serde_json::{Map as JsonMap, Number, Value as Json};

use super::{Cell, ColumnType, Table};

const ELLIPSIS: &str = "...";

/// How much of a table is printed; agate's defaults.
#[derive(Debug, Clone, Copy)]
pub struct PrintOptions {
    /// Rows; None for all.
    pub max_rows: Option<usize>,
    /// Columns; None for all.
    pub max_columns: Option<usize>,
    /// Characters in a column; None for any number.
    pub max_column_width: Option<usize>,
    /// Digits behind the point; None for all.
    pub max_precision: Option<usize>,
}

impl Default for PrintOptions {
    fn default() -> Self {
        PrintOptions { max_rows: Some(20), max_columns: Some(6), max_column_width: Some(20), max_precision: Some(3) }
    }
}

/// One column as it is printed.
struct Printed {
    cells: Vec<String>,
    left: bool,
}

impl Table {
    /// The grid, each line with its line break.
    pub fn to_grid(&self, options: &PrintOptions) -> String {
        let rows = options.max_rows.unwrap_or(usize::MAX).min(self.len());
        let shown = options.max_columns.unwrap_or(usize::MAX).min(self.columns().len());
        let mut columns: Vec<Printed> = (0..shown).map(|column| self.print_column(column, rows, options)).collect();
        if let Some(next) = self.columns().get(shown) {
            let left = next.kind == ColumnType::Text;
            columns.push(Printed { cells: vec![ELLIPSIS.to_owned(); rows + 1], left });
        }
        let widths: Vec<usize> =
            columns.iter().map(|column| column.cells.iter().map(|cell| length(cell)).max().unwrap_or(0)).collect();
        let mut out = String::new();
        for line in 0..=rows {
            push_line(&mut out, &columns, &widths, |column| column.cells.get(line).map_or("", String::as_str));
            if line == 0 {
                let dashes: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
                out.push_str(&format!("| {} |\n", dashes.join(" | ")));
            }
        }
        if rows < self.len() {
            push_line(&mut out, &columns, &widths, |_| ELLIPSIS);
        }
        out
    }

    /// A column's name and cells, cut to the width.
    fn print_column(&self, column: usize, rows: usize, options: &PrintOptions) -> Printed {
        let Some(info) = self.columns().get(column) else { return Printed { cells: Vec::new(), left: true } };
        let format = (info.kind == ColumnType::Number).then(|| self.number_format(column, rows, options));
        let mut cells = vec![cut(&info.name, options.max_column_width)];
        for cell in self.values(column).take(rows) {
            let text = match (cell, format) {
                (Cell::Null, _) => String::new(),
                (Cell::Decimal(number), Some((places, suffix))) if number.places().is_some() => {
                    number.grouped(places) + suffix
                }
                (cell, _) => cell.to_string(),
            };
            cells.push(cut(&text, options.max_column_width));
        }
        Printed { cells, left: info.kind == ColumnType::Text }
    }

    /// How many digits the column's numbers get, and the mark that some were cut.
    fn number_format(&self, column: usize, rows: usize, options: &PrintOptions) -> (usize, &'static str) {
        let places = self.values(column).take(rows).filter_map(|cell| match cell {
            Cell::Decimal(number) => number.places().map(|(_, behind)| behind),
            _ => None,
        });
        let places = usize::try_from(places.max().unwrap_or(0)).unwrap_or(0);
        match options.max_precision {
            Some(most) if places > most => (most, "…"),
            _ => (places, ""),
        }
    }

    /// The rows as a JSON list of objects.
    pub fn to_json(&self) -> Json {
        let rows = self.rows().iter().map(|row| {
            let pairs = self.columns().iter().zip(row.iter());
            Json::Object(pairs.map(|(column, cell)| (column.name.clone(), json_cell(cell))).collect::<JsonMap<_, _>>())
        });
        Json::Array(rows.collect())
    }

    /// The rows as CSV with a header.
    pub fn to_csv(&self) -> String {
        let header = self.columns().iter().map(|column| csv_field(&column.name)).collect::<Vec<_>>().join(",");
        let mut out = header + "\n";
        for row in self.rows() {
            let fields: Vec<String> = row.iter().map(|cell| csv_field(&csv_cell(cell))).collect();
            out.push_str(&fields.join(","));
            out.push('\n');
        }
        out
    }

    /// A table of the columns' names and types: what `print_structure` shows.
    #[must_use]
    pub fn structure(&self) -> Table {
        let rows = self
            .columns()
            .iter()
            .map(|column| super::Row::from([Cell::text(column.name.as_str()), Cell::text(column.kind.as_str())]));
        let columns = ["column", "data_type"].map(|name| super::TableColumn::new(name, ColumnType::Text));
        Table::new(columns.into(), rows.collect())
    }
}

fn push_line<'a>(out: &mut String, columns: &'a [Printed], widths: &[usize], cell: impl Fn(&'a Printed) -> &'a str) {
    for (column, width) in columns.iter().zip(widths) {
        let text = cell(column);
        let padding = " ".repeat(width.saturating_sub(length(text)));
        out.push_str(&if column.left { format!("| {text}{padding} ") } else { format!("| {padding}{text} ") });
    }
    out.push_str("|\n");
}

fn length(text: &str) -> usize {
    text.chars().count()
}

fn cut(text: &str, width: Option<usize>) -> String {
    match width {
        Some(width) if length(text) > width => {
            text.chars().take(width.saturating_sub(ELLIPSIS.len())).chain(ELLIPSIS.chars()).collect()
        }
        _ => text.to_owned(),
    }
}

fn json_cell(cell: &Cell) -> Json {
    match cell {
        Cell::Null => Json::Null,
        Cell::Bool(flag) => Json::Bool(*flag),
        Cell::Int(number) => match i64::try_from(*number) {
            Ok(small) => Json::from(small),
            Err(_) => Number::from_f64(*number as f64).map_or(Json::Null, Json::Number),
        },
        Cell::Decimal(number) => Number::from_f64(number.to_f64()).map_or(Json::Null, Json::Number),
        other => Json::String(csv_cell(other)),
    }
}

/// A value as agate writes it to files: points in time in ISO form.
fn csv_cell(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::DateTime(moment) => super::nested::isoformat(*moment, 'T'),
        Cell::DateTimeTz(moment) => super::nested::isoformat_tz(moment, 'T'),
        other => other.to_string(),
    }
}

fn csv_field(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
