//! The macros of a project or a package that take part in building a node: those that a materialization can come to. Which
//! macro calls which is read off their texts, any word of which that is the name of a macro counts as a call.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::context::macro_resolver::INTERNAL_PACKAGES;
use crate::manifest::{Macro, Manifest};

use super::inputs::digest;

/// What is known of one materialization.
#[derive(Debug, Clone, Default)]
pub struct Taking {
    /// Digest of each macro of the project or a package by its unique id.
    pub digests: BTreeMap<String, String>,
    /// Digest of rdbt's own macros, all together.
    pub built_in: String,
    /// Why the result may be another one although the macros are the same: phrases that go on from "it".
    pub doubts: Vec<String>,
}

/// The macros of a manifest by the name under which they are called.
pub struct BuildMacros {
    by_name: HashMap<String, Vec<Arc<Words>>>,
    known: Mutex<HashMap<String, Arc<Taking>>>,
}

struct Words {
    unique_id: String,
    foreign: bool,
    source: Arc<str>,
}

/// Names whose macros have done their work when a node's text and place are known.
const SETTLED: [&str; 4] =
    ["generate_alias_name", "generate_database_name", "generate_schema_name", "get_where_subquery"];
/// Words of templates through which a macro reads what is in no other input.
const READING: [&str; 11] = [
    "dbt_metadata_envs",
    "env_var",
    "graph",
    "invocation_args_dict",
    "invocation_id",
    "load_result",
    "modules",
    "run_query",
    "run_started_at",
    "thread_id",
    "var",
];

impl BuildMacros {
    /// The macros of `manifest`.
    pub fn new(manifest: &Manifest) -> BuildMacros {
        let mut by_name: HashMap<String, Vec<Arc<Words>>> = HashMap::new();
        for found in manifest.macros.values() {
            by_name.entry(called_name(&found.name).to_owned()).or_default().push(Arc::new(words(found)));
        }
        BuildMacros { by_name, known: Mutex::default() }
    }

    /// What takes part in a materialization.
    pub fn taking_part(&self, materialization: &str) -> Arc<Taking> {
        if let Some(known) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(materialization) {
            return known.clone();
        }
        let taking = Arc::new(self.reach(materialization));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(materialization.to_owned(), taking.clone());
        taking
    }

    fn reach(&self, materialization: &str) -> Taking {
        let mut taking = Taking::default();
        let mut seen: HashSet<&str> = SETTLED.into_iter().collect();
        let mut built_in = BTreeMap::new();
        let roots = ["default", "duckdb"].map(|adapter| format!("materialization_{materialization}_{adapter}"));
        let mut waiting: Vec<&Arc<Words>> = roots.iter().filter_map(|name| self.by_name.get(name)).flatten().collect();
        if materialization == "incremental" {
            // The adapter puts their names together from that of the strategy.
            waiting.extend(self.beginning_with("get_incremental_"));
        }
        while let Some(next) = waiting.pop() {
            match next.foreign {
                true => drop(taking.digests.insert(next.unique_id.clone(), digest(&next.source))),
                false => drop(built_in.insert(&next.unique_id, &next.source)),
            }
            for word in words_of(&next.source) {
                if next.foreign && READING.contains(&word) {
                    taking.doubts.push(format!("is built by the macro `{}`, which uses `{word}`", next.unique_id));
                }
                if let Some((name, macros)) = self.by_name.get_key_value(called_name(word))
                    && seen.insert(name)
                {
                    waiting.extend(macros);
                }
                // The beginning of a name that is put together: 'snapshot_' ~ strategy.
                if word.len() > 4 && word.ends_with('_') && seen.insert(word) {
                    waiting.extend(self.beginning_with(word));
                }
            }
        }
        taking.built_in = digest(&format!("{built_in:?}"));
        taking.doubts.sort();
        taking.doubts.dedup();
        taking
    }
}

impl BuildMacros {
    fn beginning_with<'a>(&'a self, start: &'a str) -> impl Iterator<Item = &'a Arc<Words>> {
        self.by_name.iter().filter(move |(name, _)| name.starts_with(start)).flat_map(|(_, macros)| macros)
    }
}

fn words(found: &Macro) -> Words {
    Words {
        unique_id: found.unique_id.clone(),
        foreign: !INTERNAL_PACKAGES.contains(&found.package_name.as_str()),
        source: found.definition.source.clone(),
    }
}

fn words_of(source: &str) -> impl Iterator<Item = &str> {
    source.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// The name under which `dispatch` finds a macro.
fn called_name(name: &str) -> &str {
    name.strip_prefix("duckdb__").or_else(|| name.strip_prefix("default__")).unwrap_or(name)
}
