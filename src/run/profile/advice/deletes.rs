//! A delete that reads all of a large table to find a few rows.

use super::super::plans::{operators, scanned_table, table_of};
use super::{Advice, Database, Facts, at_most, number, seconds, share};
use crate::manifest::Node;
use crate::run::profile::NodeProfile;

/// Share of the rows that a delete may remove, in hundredths: of a larger one, reading is not the greater part.
const FEW: u64 = 10;

/// Share of the rows that a delete reads, in hundredths, from which DuckDB skipped nothing worth speaking of.
const ALL: u64 = 90;

pub(super) fn find(facts: &Facts<'_>, database: &mut Database<'_>) -> Vec<Advice> {
    let built = facts.built().filter(|(node, _)| {
        node.config.materialized() == "incremental"
            && node
                .config
                .get("incremental_predicates")
                .or(node.config.get("predicates"))
                .is_none_or(serde_json::Value::is_null)
    });
    built.filter_map(|(node, profile)| weigh(facts, database, node, profile)).collect()
}

fn weigh(facts: &Facts<'_>, database: &mut Database<'_>, node: &Node, profile: &NodeProfile) -> Option<Advice> {
    let table = table_of(node);
    let (mut took, mut read, mut deleted) = (0.0, 0, 0);
    for (statement, figures) in profile.measured() {
        let all = operators(statement);
        if all.first().is_none_or(|one| one.name != "DELETE") {
            continue;
        }
        let scan = all.iter().find(|one| scanned_table(one).as_deref() == Some(table.as_str()));
        if let Some(scan) = scan {
            took += statement.seconds;
            read = read.max(scan.scanned);
            deleted += figures.rows_deleted;
        }
    }
    let stake = at_most(took, read);
    if !facts.matters(stake) || deleted.saturating_mul(100) > read.saturating_mul(FEW) {
        return None;
    }
    let rows = database.count(node)?;
    if read.saturating_mul(100) < rows.saturating_mul(ALL) {
        return None;
    }
    // An index serves a delete of at most 50 keys and makes every insert slower; `merge` reads as much and takes longer.
    let text = format!(
        "Deleting what `{}` replaces reads its whole table. Where the rows to replace lie in a range of a column in whose \
         order the table grows, as a date, name that range in `incremental_predicates`: DuckDB then skips the rest. An index \
         on the key would not be used, and `merge` reads as much.",
        node.name
    );
    Some(
        Advice::new("delete_reads_all", profile, stake, text)
            .with("deleting", seconds(took))
            .with("rows read to delete", number(read))
            .with("rows deleted", share(deleted, rows)),
    )
}
