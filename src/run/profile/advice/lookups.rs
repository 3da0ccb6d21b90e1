//! Queries that read all of a table for a few rows with certain values: an index may serve them, if DuckDB would use it and
//! making it takes less time than it saves.

use std::collections::BTreeMap;

use super::super::plans::{operators, scale, scanned_table};
use super::{Advice, Facts, number, seconds};
use crate::adapter::Operator;
use crate::run::profile::NodeProfile;

/// DuckDB takes an index only for as few rows as this, or for [`SHARE`] of the table (`index_scan_max_count`).
const MOST_ROWS: u64 = 2048;

/// A row in so many may be found through an index (`index_scan_percentage`).
const SHARE: u64 = 1000;

/// Seconds of making an index for each row: of whole numbers in no order, and of texts of 32 characters. Both measured with
/// DuckDB 1.5.6 on tables of up to two million rows; on larger ones it is more.
const MAKING: (f64, f64) = (1e-6, 4e-6);

/// Lookups of one column of one table.
#[derive(Default)]
struct Lookups<'a> {
    seconds: f64,
    count: usize,
    /// Rows of the table, as far as DuckDB could not skip them.
    read: u64,
    /// The most rows that one of them found.
    found: u64,
    /// Whether values are texts.
    text: bool,
    /// The nodes that look.
    nodes: Vec<&'a str>,
}

pub(super) fn find(facts: &Facts<'_>) -> Vec<Advice> {
    let mut lookups: BTreeMap<(String, String), Lookups<'_>> = BTreeMap::new();
    for node in &facts.profile.nodes {
        for statement in &node.statements {
            for scan in operators(statement) {
                if let (Some(table), Some((column, text))) = (scanned_table(scan), looked_up(scan)) {
                    let known = lookups.entry((table, column)).or_default();
                    known.seconds += scan.seconds * scale(statement);
                    known.count += 1;
                    known.read = known.read.max(scan.scanned);
                    known.found = known.found.max(scan.rows);
                    known.text |= text;
                    if !known.nodes.contains(&node.name.as_str()) {
                        known.nodes.push(&node.name);
                    }
                }
            }
        }
    }
    lookups.iter().filter_map(|((table, column), lookups)| weigh(facts, table, column, lookups)).collect()
}

fn weigh(facts: &Facts<'_>, table: &str, column: &str, lookups: &Lookups<'_>) -> Option<Advice> {
    let made = facts.nodes.get(facts.tables.get(table)?)?;
    if lookups.count < 2 || lookups.found > MOST_ROWS.max(lookups.read / SHARE) || !is_made_anew(made) {
        return None;
    }
    let each = if lookups.text { MAKING.1 } else { MAKING.0 };
    #[allow(clippy::cast_precision_loss)]
    let making = made.rows_written as f64 * each;
    let stake = lookups.seconds - making;
    if !facts.matters(stake) {
        return None;
    }
    let text = format!(
        "{} queries look for certain values of `{column}` in `{}` and read all of it each time. An index serves them: \
         `indexes: [{{columns: [{column}]}}]` in its configuration.",
        lookups.count, made.name
    );
    Some(
        Advice::new("index_for_lookups", made, stake, text)
            .with("looking", seconds(lookups.seconds))
            .with("making the index (estimated)", seconds(making))
            .with("rows read by each", number(lookups.read))
            .with("rows found, at most", number(lookups.found))
            .with("in", lookups.nodes.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
    )
}

/// Whether a node fills its table at once. Adding rows to a table with an index takes so much longer that lookups hardly
/// make up for it: five thousand rows into five million took 0.4 s, not 0.006 s.
fn is_made_anew(node: &NodeProfile) -> bool {
    node.status == "success"
        && (node.resource_type == "seed" || node.materialized.as_deref() == Some("table"))
        && node.rows_deleted == 0
}

/// The column that a scan looks for values of, if an index on it would be used: one condition, equality with constants; and
/// whether they are texts.
fn looked_up(scan: &Operator) -> Option<(String, bool)> {
    if scan.detail("Type") != Some("Sequential Scan") {
        return None;
    }
    let filter = scan.detail("Filters")?.trim();
    let filter = filter.strip_prefix("optional: ").unwrap_or(filter);
    if filter.contains('\n') || filter.contains(" AND ") || filter.contains(" OR ") {
        return None;
    }
    let (column, values) = filter.split_once('=').or_else(|| filter.split_once(" IN ("))?;
    let plain = column.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    (plain && !column.is_empty()).then(|| (column.to_owned(), values.starts_with('\'') && !values.contains("'::")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_equality_of_one_column_is_a_lookup() {
        let scan = |filters: &str| Operator {
            details: vec![("Type".into(), "Sequential Scan".into()), ("Filters".into(), filters.into())],
            ..Operator::default()
        };
        let found = |filters: &str| looked_up(&scan(filters));
        assert_eq!(found("i=77"), Some(("i".to_owned(), false)));
        assert_eq!(found("id='a'"), Some(("id".to_owned(), true)));
        assert_eq!(found("d='2025-01-01'::DATE"), Some(("d".to_owned(), false)));
        assert_eq!(found("optional: n IN (3, 5)"), Some(("n".to_owned(), false)));
        for other in ["i>=5 AND i<=9", "i>5", "i!=5", "i=1\nk=2", "optional: i>=0 AND optional: i<=9"] {
            assert_eq!(found(other), None, "{other}");
        }
    }
}
