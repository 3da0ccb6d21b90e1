//! When the last checkpoint should rewrite tables. DuckDB's checkpoints join row groups that are not full; after a parallel
//! load they join all of them, so that a table of a million rows is compressed and written twice, and its file keeps the room
//! of both. Joining is worth that where rows were deleted, for it takes their place back.

use std::sync::atomic::{AtomicBool, Ordering};

/// The setting that says how many row groups a checkpoint may join.
pub(super) const SETTING: &str = "max_vacuum_tasks";

/// Words of statements that delete rows; an update may be a deletion and an insertion.
const DELETING: [&str; 4] = ["delete", "update", "merge", "truncate"];

/// Whether a statement of this process may have deleted rows.
#[derive(Debug, Default)]
pub(super) struct Deletions(AtomicBool);

impl Deletions {
    /// Takes note of statements that are sent. A word in a comment or a name counts, too: that costs what DuckDB's own way
    /// would.
    pub(super) fn note(&self, sql: &str) {
        if !self.are_possible() && may_delete(sql) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    pub(super) fn are_possible(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

fn may_delete(sql: &str) -> bool {
    let words = sql.as_bytes().split(|byte| !byte.is_ascii_alphabetic());
    words.into_iter().any(|word| DELETING.iter().any(|deleting| word.eq_ignore_ascii_case(deleting.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deletions_are_told_from_loads() {
        for sql in
            ["DELETE from a", "with b as (select 1) delete from a", "create table a;\nTruncate a", "merge into a"]
        {
            assert!(may_delete(sql), "{sql}");
        }
        for sql in ["create table a as (select updated_at, deleted from b)", "copy a from 'b.csv'", "drop table a", ""]
        {
            assert!(!may_delete(sql), "{sql}");
        }
    }
}
