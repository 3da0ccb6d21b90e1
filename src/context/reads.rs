//! What a render read besides its own text, so that it need not be repeated while all of that is as it was. Macros,
//! the target and the behaviour flags are the same for all renders of a process; noted here is what differs from one to
//! the next: variables and environment variables by name, and whether something else was read that may change.

use std::collections::BTreeSet;

/// The names that one render read.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Reads {
    /// Names given to `var()`.
    pub vars: BTreeSet<String>,
    /// Names given to `env_var()`.
    pub env: BTreeSet<String>,
    /// Something was read whose next value nobody knows: the time, the graph, what a command was called with.
    pub unrepeatable: bool,
}

/// dbt's names that give the same on every render of a node whose text, place in the database, macros and target are
/// the same.
const REPEATABLE: [&str; 35] = [
    "adapter",
    "api",
    "column",
    "config",
    "database",
    "dbt_version",
    "dict",
    "env",
    "env_var",
    "execute",
    "fromjson",
    "fromyaml",
    "function",
    "load_result",
    "local_md5",
    "metric",
    "namespace",
    "project_name",
    "range",
    "ref",
    "return",
    "schema",
    "set",
    "set_strict",
    "source",
    "store_raw_result",
    "store_result",
    "target",
    "this",
    "tojson",
    "toyaml",
    "try_or_compiler_error",
    "var",
    "zip",
    "zip_strict",
];

impl Reads {
    /// Notes that a name of dbt's was looked up; none of a project's macros has it.
    pub fn note_name(&mut self, name: &str) {
        if !REPEATABLE.contains(&name) {
            self.unrepeatable = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_for_the_eye_and_time_is_not_among_them() {
        assert!(REPEATABLE.is_sorted());
        let mut reads = Reads::default();
        reads.note_name("ref");
        assert!(!reads.unrepeatable);
        reads.note_name("run_started_at");
        assert!(reads.unrepeatable);
    }
}
