//! What the result of a node depends on, part by part, so that two builds can be compared and the difference be named.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::reads::Reads;

/// Everything that the result of one build depended on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Inputs {
    /// The compiled text; none for seeds.
    pub sql: Option<String>,
    /// What the text reads. It follows from the text and is kept to spare the asking.
    pub reads: Reads,
    /// rdbt, the engine and its settings, as a digest for each setting.
    pub engine: BTreeMap<String, String>,
    /// Digest of each key of the configuration.
    pub config: BTreeMap<String, String>,
    /// Digest of each thing that YAML says and that building regards: columns, constraints, descriptions.
    pub properties: BTreeMap<String, String>,
    /// Options of the command that change what is built.
    pub options: BTreeMap<String, String>,
    /// Digest of each macro of the project or of a package that takes part in building.
    pub macros: BTreeMap<String, String>,
    /// Digest of the statements that templates sent while the text was compiled.
    pub statements: Option<String>,
    /// Versions of the tables and views that it reads; for a view, their columns.
    pub relations: BTreeMap<String, String>,
    /// Digests of the files that it reads, by name or pattern; that of a seed, too.
    pub files: BTreeMap<String, String>,
    /// The version of the node's own table before it was built, where that counts: incremental models and snapshots.
    pub own: Option<String>,
}

/// A part of the inputs that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The compiled text, before and now.
    Sql {
        /// Before.
        before: String,
        /// Now.
        now: String,
    },
    /// Keys of a part that were added, taken away or changed: `config`, `files`, ...
    Keys {
        /// The part.
        part: &'static str,
        /// The keys.
        keys: Vec<String>,
    },
    /// Statements that templates sent while compiling.
    Statements,
    /// The node's own table was another one before the last build than it is now.
    Own,
}

impl Inputs {
    /// What differs between `self`, which was, and `now`.
    pub fn changes(&self, now: &Inputs) -> Vec<Change> {
        let mut changes = Vec::new();
        if self.sql != now.sql {
            let text = |sql: &Option<String>| sql.clone().unwrap_or_default();
            changes.push(Change::Sql { before: text(&self.sql), now: text(&now.sql) });
        }
        let parts = [
            ("engine", &self.engine, &now.engine),
            ("config", &self.config, &now.config),
            ("properties", &self.properties, &now.properties),
            ("options", &self.options, &now.options),
            ("macros", &self.macros, &now.macros),
            ("relations", &self.relations, &now.relations),
            ("files", &self.files, &now.files),
        ];
        for (part, before, after) in parts {
            let keys = differing(before, after);
            if !keys.is_empty() {
                changes.push(Change::Keys { part, keys });
            }
        }
        if self.statements != now.statements {
            changes.push(Change::Statements);
        }
        if self.own != now.own {
            changes.push(Change::Own);
        }
        changes
    }
}

fn differing(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<String> {
    let mut keys: Vec<String> =
        before.keys().chain(after.keys()).filter(|key| before.get(*key) != after.get(*key)).cloned().collect();
    keys.sort();
    keys.dedup();
    keys
}

/// A short text for a long one.
pub fn digest(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..32].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_differs() {
        let map = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let before = Inputs { config: map(&[("a", "1"), ("b", "1")]), sql: Some("x".to_owned()), ..Inputs::default() };
        let now = Inputs { config: map(&[("b", "2"), ("c", "1")]), own: Some("v".to_owned()), ..before.clone() };
        let keys = ["a", "b", "c"].map(str::to_owned).to_vec();
        assert_eq!(before.changes(&now), [Change::Keys { part: "config", keys }, Change::Own]);
        assert_eq!(before.changes(&before), []);
    }
}
