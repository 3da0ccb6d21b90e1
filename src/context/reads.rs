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
    /// Something was read that another command may see otherwise, though all steps of this one see the same.
    pub of_command: bool,
    /// Something was said, or left to chance.
    pub effects: bool,
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

/// dbt's names whose value may differ between two steps of one command under `--for`, where macros, target, behaviour flags
/// and all variables but those of `--for` are the same.
const VARYING: [&str; 12] = [
    "flags",
    "graph",
    "invocation_args_dict",
    "invocation_id",
    "log",
    "modules",
    "otel_span_id",
    "otel_trace_id",
    "print",
    "run_started_at",
    "selected_resources",
    "thread_id",
];

impl Reads {
    /// As [`Reads::note_name`], where steps of one command are told from other commands.
    pub fn note_in_steps(&mut self, name: &str) {
        self.unrepeatable |= VARYING.contains(&name);
        self.of_command |= !is_repeatable(name);
    }

    /// As [`Reads::note_name`] for a node that is compiled: steps of one command have the same flags, of which templates see
    /// none that holds variables.
    pub fn note_while_running(&mut self, name: &str) {
        if name != "flags" {
            self.note_name(name);
        }
    }

    /// Adds what another render read.
    pub fn join(&mut self, other: Reads) {
        self.vars.extend(other.vars);
        self.env.extend(other.env);
        self.unrepeatable |= other.unrepeatable;
        self.of_command |= other.of_command;
        self.effects |= other.effects;
    }

    /// Whether other commands may rely on what was read, if its variables are the same.
    pub fn hold_elsewhere(&self) -> bool {
        !self.unrepeatable && !self.of_command
    }

    /// Notes that a name of dbt's was looked up; none of a project's macros has it.
    pub fn note_name(&mut self, name: &str) {
        self.unrepeatable |= !is_repeatable(name);
    }
}

fn is_repeatable(name: &str) -> bool {
    REPEATABLE.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_for_the_eye_and_time_is_not_among_them() {
        assert!(REPEATABLE.is_sorted() && VARYING.is_sorted());
        assert!(!REPEATABLE.iter().any(|name| VARYING.contains(name)));
        let mut reads = Reads::default();
        reads.note_name("ref");
        assert!(!reads.unrepeatable);
        reads.note_name("run_started_at");
        assert!(reads.unrepeatable);
    }
}
