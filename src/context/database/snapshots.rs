//! Checks on snapshot tables before a snapshot writes to them.

use super::operations::Operations;
use crate::adapter::Relation;
use crate::error::{Error, Result};

/// How a snapshot names one of its own columns, by dbt's name for it.
pub(super) type ColumnNames<'a> = &'a dyn Fn(&str) -> String;

impl Operations {
    /// Whether a table has the columns of a snapshot, under the names that the snapshot gives them.
    ///
    /// # Errors
    /// Columns are missing; or the query fails.
    pub(super) fn valid_snapshot_target(&self, relation: &Relation, names: ColumnNames<'_>) -> Result<()> {
        self.require_columns(relation, &["dbt_scd_id", "dbt_valid_from", "dbt_valid_to"], names)
    }

    /// The same, with the column that records deletions where the strategy keeps them.
    ///
    /// # Errors
    /// As for `valid_snapshot_target`.
    pub(super) fn valid_snapshot_target_given_strategy(
        &self,
        relation: &Relation,
        names: ColumnNames<'_>,
        hard_deletes: Option<&str>,
    ) -> Result<()> {
        self.valid_snapshot_target(relation, names)?;
        match hard_deletes {
            Some("new_record") => self.require_columns(relation, &["dbt_is_deleted"], names),
            _ => Ok(()),
        }
    }

    fn require_columns(&self, relation: &Relation, wanted: &[&str], names: ColumnNames<'_>) -> Result<()> {
        let known: Vec<String> =
            self.get_columns_in_relation(relation)?.into_iter().map(|column| column.name.to_lowercase()).collect();
        let missing: Vec<String> = wanted
            .iter()
            .map(|column| names(column))
            .filter(|name| !name.is_empty() && !known.contains(&name.to_lowercase()))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Error::compilation(format!(
            "Snapshot target is missing configured columns (missing \"{}\"). \
             See https://docs.getdbt.com/docs/build/snapshots#snapshot-meta-fields for more information.",
            missing.join("\", \"")
        )))
    }
}

/// What a snapshot does with rows that are gone: `ignore`, `invalidate` or `new_record`.
///
/// # Errors
/// The old and the new setting are both given, or the value is unknown.
pub(super) fn hard_deletes_behavior(invalidate: Option<bool>, hard_deletes: Option<&str>) -> Result<&'static str> {
    if invalidate.is_some() && hard_deletes.is_some() {
        return Err(Error::runtime(
            "You cannot set both the invalidate_hard_deletes and hard_deletes config properties on the same snapshot.",
        ));
    }
    match (invalidate, hard_deletes) {
        (Some(true), _) | (_, Some("invalidate")) => Ok("invalidate"),
        (_, Some("new_record")) => Ok("new_record"),
        (_, None | Some("ignore")) => Ok("ignore"),
        _ => Err(Error::runtime("Invalid setting for property hard_deletes.")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_old_and_the_new_setting() {
        assert_eq!(hard_deletes_behavior(Some(true), None).unwrap(), "invalidate");
        assert_eq!(hard_deletes_behavior(Some(false), None).unwrap(), "ignore");
        assert_eq!(hard_deletes_behavior(None, Some("new_record")).unwrap(), "new_record");
        assert!(hard_deletes_behavior(Some(true), Some("ignore")).is_err());
        assert!(hard_deletes_behavior(None, Some("other")).is_err());
    }
}
