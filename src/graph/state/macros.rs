//! Which macros have changed since an earlier state, and what uses them.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::PreviousState;
use crate::graph::member::Member;
use crate::manifest::{DependsOn, Manifest};

/// Packages whose macros come with the program. They change with its version and not with the project, so their
/// changes, and their differing from dbt's own, modify nothing.
const BUILT_IN: [&str; 2] = ["dbt", "dbt_duckdb"];

/// The macros that are new, gone or different.
pub(super) struct ChangedMacros<'a> {
    manifest: &'a Manifest,
    changed: HashSet<&'a str>,
}

impl<'a> ChangedMacros<'a> {
    pub fn find(manifest: &'a Manifest, state: &'a PreviousState) -> Self {
        let earlier = state.manifest.as_ref().and_then(|manifest| manifest.get("macros")?.as_object());
        let text = |id: &str| earlier.and_then(|macros| macros.get(id)?.get("macro_sql")?.as_str());
        let own = manifest.macros.values().filter(|found| !BUILT_IN.contains(&found.package_name.as_str()));
        let mut changed: HashSet<&str> = own
            .filter(|found| text(&found.unique_id) != Some(&found.definition.source))
            .map(|found| found.unique_id.as_str())
            .collect();
        let gone = earlier.into_iter().flat_map(|macros| macros.keys());
        changed.extend(gone.map(String::as_str).filter(|id| !manifest.macros.contains_key(*id)));
        ChangedMacros { manifest, changed }
    }

    /// Whether a resource uses a changed macro, directly or through others.
    pub fn reach(&self, member: Member<'_>) -> bool {
        if self.changed.is_empty() {
            return false;
        }
        let mut open: Vec<&str> = used(member);
        let mut seen: HashSet<&str> = open.iter().copied().collect();
        while let Some(id) = open.pop() {
            if self.changed.contains(id) {
                return true;
            }
            let next = self.manifest.macros.get(id).into_iter().flat_map(|found| &found.depends_on);
            open.extend(next.map(String::as_str).filter(|id| seen.insert(*id)));
        }
        false
    }
}

fn used<'a>(member: Member<'a>) -> Vec<&'a str> {
    match member {
        Member::Node(node) => names(&node.depends_on),
        Member::Exposure(exposure) => names(&exposure.depends_on),
        Member::UnitTest(test) => names(&test.depends_on),
        Member::Source(_) => Vec::new(),
        Member::Carried(_, json) => {
            let macros = json.pointer("/depends_on/macros").and_then(Json::as_array);
            macros.into_iter().flatten().filter_map(Json::as_str).collect()
        }
    }
}

fn names(depends_on: &DependsOn) -> Vec<&str> {
    depends_on.macros.iter().map(String::as_str).collect()
}
