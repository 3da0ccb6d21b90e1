//! Seeds: what types the columns of a CSV file have, by the rules of dbt's reader, in one pass over the file. The rows
//! themselves are loaded by the engine's own CSV reader and are only read here if a template looks at them.

mod csv;
mod infer;
mod iso;

use std::path::Path;
use std::sync::Arc;

use csv::{Fields, Reader};
use infer::Hypotheses;
use rayon::prelude::*;

use super::table::{Cell, ColumnType, Row, Table, TableColumn};
use crate::error::{Error, Result};

/// Bytes that a thread should at least have to read, so that its start is worth it.
const PART: usize = 256 * 1024;

/// Reads a seed: names and types of its columns, number of rows. Columns named in `text_columns` stay text.
///
/// # Errors
/// The file cannot be read, is not UTF-8, has no header, or has a row with more values than the header has names.
pub fn read(path: &Path, text_columns: &[String], delimiter: &str) -> Result<Table> {
    let delimiter = single_character(delimiter, path)?;
    let text = load(path)?;
    let shown = path.display().to_string();
    let (columns, count) = infer_types(&text, text_columns, delimiter, &shown)?;
    let kinds: Vec<ColumnType> = columns.iter().map(|column| column.kind).collect();
    let loader = move || cells(&text, delimiter, &kinds);
    Ok(Table::lazy(columns, count, Box::new(loader)))
}

/// The engine's type for a column of a table, as dbt-duckdb writes it in DDL.
pub fn database_type(column: &TableColumn) -> &'static str {
    match column.kind {
        ColumnType::Integer => "integer",
        ColumnType::Number if column.fractional => "float8",
        ColumnType::Number => "integer",
        ColumnType::Boolean => "boolean",
        ColumnType::Date => "date",
        ColumnType::DateTime => "timestamp without time zone",
        ColumnType::Text => "text",
    }
}

/// The statement that loads a seed's file into its table, as dbt-duckdb's `load_csv_rows` macro writes it.
pub fn copy_statement(relation: &str, path: &str, delimiter: &str) -> String {
    let escape = |text: &str| text.replace('\'', "''");
    format!("COPY {relation} FROM '{}' (FORMAT CSV, HEADER TRUE, DELIMITER '{}')", escape(path), escape(delimiter))
}

fn single_character(delimiter: &str, path: &Path) -> Result<char> {
    let mut characters = delimiter.chars();
    match (characters.next(), characters.next()) {
        (Some(character), None) => Ok(character),
        _ => Err(Error::compilation(format!(
            "The `delimiter` of the seed `{}` must be a single character, but it is `{delimiter}`.",
            path.display()
        ))),
    }
}

fn load(path: &Path) -> Result<Arc<String>> {
    let bytes = std::fs::read(path)
        .map_err(|error| Error::runtime(format!("The seed file `{}` cannot be read: {error}.", path.display())))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Arc::new(text)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
            Err(Error::runtime(format!(
                "The seed file `{}` is not UTF-8: line {line} holds a byte that cannot be read.",
                path.display()
            ))
            .hint("Save the file with UTF-8 encoding."))
        }
    }
}

fn infer_types(text: &str, text_columns: &[String], delimiter: char, path: &str) -> Result<(Vec<TableColumn>, usize)> {
    let mut reader = Reader::new(text, delimiter);
    let mut fields = Fields::default();
    if !reader.next_row(&mut fields) {
        return Err(Error::runtime(format!("The seed file `{path}` is empty."))
            .hint("Give it a first line with the names of its columns."));
    }
    let names: Vec<String> = fields.iter().map(str::to_owned).collect();
    // Some for each core: one that others keep busy leaves its share to the rest.
    let parts = reader.into_parts((text.len() / PART).min(4 * rayon::current_num_threads()));
    let nothing: Vec<Hypotheses> = names.iter().map(|name| Hypotheses::new(text_columns.contains(name))).collect();
    let seen: Vec<Seen> = parts.into_par_iter().map(|part| see(part, delimiter, nothing.clone())).collect();
    let (mut hypotheses, mut count) = (nothing, 0);
    for part in seen {
        count += part.rows;
        if let Some(values) = part.too_long {
            return Err(Error::compilation(format!(
                "Row {count} has {values} values, but Table only has {} columns.",
                names.len()
            ))
            .hint(format!(
                "Check that row of `{path}` for a stray delimiter or a missing quote. Rows below the header are counted \
                 from 0."
            )));
        }
        hypotheses.iter_mut().zip(&part.hypotheses).for_each(|(all, seen)| all.merge(seen));
    }
    let columns = names.into_iter().zip(hypotheses).map(|(name, seen)| TableColumn {
        name,
        kind: seen.kind(),
        fractional: seen.fractional(),
    });
    Ok((columns.collect(), count))
}

/// What the rows of a part of a file say.
struct Seen {
    hypotheses: Vec<Hypotheses>,
    /// Rows read; those before the one that is too long, if there is one.
    rows: usize,
    /// How many values a row has that has more than there are columns.
    too_long: Option<usize>,
}

fn see(part: &str, delimiter: char, mut hypotheses: Vec<Hypotheses>) -> Seen {
    let mut reader = Reader::within(part, delimiter);
    let mut fields = Fields::default();
    let mut rows = 0;
    while reader.next_row(&mut fields) {
        if fields.len() > hypotheses.len() {
            return Seen { too_long: Some(fields.len()), rows, hypotheses };
        }
        for (value, hypothesis) in fields.iter().zip(&mut hypotheses) {
            hypothesis.see(value);
        }
        rows += 1;
    }
    Seen { hypotheses, rows, too_long: None }
}

fn cells(text: &str, delimiter: char, kinds: &[ColumnType]) -> Vec<Row> {
    let mut reader = Reader::new(text, delimiter);
    let mut fields = Fields::default();
    let mut rows = Vec::new();
    reader.next_row(&mut fields);
    while reader.next_row(&mut fields) {
        let values = fields.iter().map(Some).chain(std::iter::repeat(None));
        let row = kinds.iter().zip(values).map(|(kind, value)| match value {
            Some(value) => infer::cell(value, *kind),
            None => Cell::Null,
        });
        rows.push(row.collect());
    }
    rows
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn types(text: &str) -> Vec<&'static str> {
        let (columns, _) = infer_types(text, &["forced".to_owned()], ',', "seed.csv").unwrap();
        columns.iter().map(database_type).collect()
    }

    #[test]
    fn infers_what_dbt_infers() {
        assert_eq!(types("a,b,c\n1,1.5,x\n2,2,y\n"), ["integer", "float8", "text"]);
        assert_eq!(types("a,b\n2024-01-01,2024-01-01 10:00:00\n,null\n"), ["date", "timestamp without time zone"]);
        assert_eq!(types("a,b\ntrue,FALSE\n,\n"), ["boolean", "boolean"]);
        assert_eq!(types("a,b,c\n-0,-1.,.5\n-7,-2,0.50\n"), ["integer", "integer", "float8"]);
        assert_eq!(types("a,b,c\n1.2.3,.,-\n"), ["text", "text", "text"]);
        assert_eq!(types("a,b\n,1.0\nnull,2.00\n"), ["integer", "integer"]);
        assert_eq!(types("a\n2024-01-01\n2024-01-01 10:00:00\n"), ["text"]);
        assert_eq!(types("a,forced\n007,1\n\"$1,200%\",2"), ["integer", "text"]);
    }

    #[test]
    fn parts_of_a_large_file_are_seen_as_one() {
        let rows: String = (0..100_000).map(|row| format!("{row},{}.5\n", row % 10)).collect();
        assert!(rows.len() > 2 * PART);
        assert_eq!(types(&format!("a,b\n{rows}")), ["integer", "float8"]);
        assert_eq!(types(&format!("a,b\n{rows}x,1\n")), ["text", "float8"]);
        let error = infer_types(&format!("a,b\n{rows}1,2,3\n"), &[], ',', "seed.csv").unwrap_err();
        assert_eq!(error.message, "Row 100000 has 3 values, but Table only has 2 columns.");
    }
}
