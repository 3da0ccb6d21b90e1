//! An incremental model that replaces most of its rows does more work than one that is made anew.

use super::super::plans::{operators, scanned_table, table_of};
use super::{Advice, Database, Facts, at_most, seconds, seconds_of, share};
use crate::adapter::Operator;
use crate::manifest::Node;
use crate::run::profile::{NodeProfile, Statement};

/// Share of the rows that stood before and were replaced, in hundredths, from which a model counts as made anew.
const MOST: u64 = 50;

/// What a run did to the rows of an incremental model.
struct Change {
    /// Rows before.
    before: u64,
    /// Rows of before that were deleted or updated.
    replaced: u64,
    /// Rows after.
    after: u64,
}

pub(super) fn find(facts: &Facts<'_>, database: &mut Database<'_>) -> Vec<Advice> {
    let built = facts.built().filter(|(node, _)| is_incremental(node));
    built.filter_map(|(node, profile)| weigh(facts, database, node, profile)).collect()
}

/// The batches of a microbatch model are what somebody asked for, so they are left alone.
fn is_incremental(node: &Node) -> bool {
    node.config.materialized() == "incremental" && node.config.str("incremental_strategy") != Some("microbatch")
}

fn weigh(facts: &Facts<'_>, database: &mut Database<'_>, node: &Node, profile: &NodeProfile) -> Option<Advice> {
    let has = |statement: &Statement, name: &str| operators(statement).iter().any(|one| one.name.ends_with(name));
    let changing = seconds_of(profile, |one| has(one, "DELETE") || has(one, "MERGE_INTO"));
    let staged: f64 = seconds_of(profile, |one| has(one, "CREATE_TABLE_AS"));
    let inserting = seconds_of(profile, |one| has(one, "INSERT"));
    if !facts.matters(changing + inserting) {
        return None;
    }
    let change = change(database, node, profile)?;
    if change.replaced.saturating_mul(100) < change.before.saturating_mul(MOST) {
        return None;
    }
    let rows: u64 = profile.measured().map(|(_, figures)| figures.rows_written).max()?;
    #[allow(clippy::cast_precision_loss)]
    let anew = staged * (change.after as f64 / rows.max(1) as f64).max(1.0);
    let stake = if staged > 0.0 { changing + staged + inserting - anew } else { changing };
    let stake = at_most(stake, profile.rows_written + profile.rows_deleted);
    if !facts.matters(stake) {
        return None;
    }
    let text = format!(
        "The incremental model `{}` replaced {}% of its rows. Let it select only what has changed since the last run \
         (`is_incremental()`), or make it a table, which is written once and deletes nothing.",
        node.name,
        change.replaced.saturating_mul(100) / change.before.max(1)
    );
    let advice = Advice::new("incremental_rewrites", profile, stake, text)
        .with("rows replaced", share(change.replaced, change.before))
        .with("selecting the new rows into a table of their own", seconds(staged))
        .with("deleting and updating", seconds(changing))
        .with("inserting", seconds(inserting));
    Some(if staged > 0.0 { advice.with("making it anew as a table (estimated)", seconds(anew)) } else { advice })
}

/// What became of the rows; nothing if the model was made anew or only added to.
fn change(database: &mut Database<'_>, node: &Node, profile: &NodeProfile) -> Option<Change> {
    let table = table_of(node);
    let (mut deleted, mut inserted, mut merged, mut stood) = (0, 0, 0, None);
    for (statement, figures) in profile.measured() {
        let all = operators(statement);
        let of_target = all.iter().find(|one| scanned_table(one).as_deref() == Some(table.as_str()));
        match (all.first().map(|one| one.name.as_str()), of_target) {
            (Some("DELETE"), Some(_)) => deleted += figures.rows_deleted,
            (Some("MERGE_INTO"), Some(scan)) => {
                merged += figures.rows_written;
                stood = stood.or_else(|| rows_of(scan));
            }
            (Some("INSERT" | "BATCH_INSERT"), _) => inserted += figures.rows_written,
            _ => {}
        }
    }
    if deleted == 0 && merged == 0 {
        return None;
    }
    let after = database.count(node)?;
    let before = stood.unwrap_or_else(|| (after + deleted).saturating_sub(inserted));
    // A merge adds the rows by which the table grew, and updates the others.
    let updated = merged.saturating_sub(after.saturating_sub(before));
    Some(Change { before, replaced: deleted + updated, after })
}

/// Rows of the table that a scan without filters reads.
fn rows_of(scan: &Operator) -> Option<u64> {
    let known = scan.detail("Filters").is_none().then(|| scan.detail("Estimated Cardinality")).flatten();
    known.and_then(|text| text.parse().ok())
}
