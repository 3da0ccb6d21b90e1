//! Whether a project leaves dbt's own macros as they are: what they come to is then known without running them.

use std::collections::HashSet;

use super::macro_resolver::{INTERNAL_PACKAGES, MacroResolver};
use crate::manifest::Manifest;

/// Names that dbt's macros read from their context. A macro of the project with such a name comes before it.
const CONTEXT_NAMES: [&str; 31] = [
    "adapter",
    "api",
    "builtins",
    "caller",
    "compiled_code",
    "config",
    "context",
    "database",
    "dbt",
    "exceptions",
    "execute",
    "flags",
    "graph",
    "load_result",
    "log",
    "model",
    "modules",
    "post_hooks",
    "pre_hooks",
    "render",
    "return",
    "schema",
    "selected_resources",
    "sql",
    "store_raw_result",
    "store_result",
    "submit_python_job",
    "target",
    "this",
    "var",
    "write",
];

/// Whether the macros of these unique ids are dbt's own, and no other package has a macro that could stand for one that
/// they call, directly or through others.
pub fn leaves_alone<'a>(
    macros: &'a MacroResolver,
    manifest: &'a Manifest,
    unique_ids: impl IntoIterator<Item = &'a str>,
) -> bool {
    let mut open: Vec<&str> = unique_ids.into_iter().collect();
    let mut seen: HashSet<&str> = open.iter().copied().collect();
    while let Some(id) = open.pop() {
        let mut parts = id.splitn(3, '.').skip(1);
        let (Some(package), Some(name)) = (parts.next(), parts.next()) else { return false };
        let base = name.strip_prefix("default__").or_else(|| name.strip_prefix("duckdb__")).unwrap_or(name);
        if !INTERNAL_PACKAGES.contains(&package) || macros.has_in_projects(base) {
            return false;
        }
        if ["default__", "duckdb__"].iter().any(|prefix| macros.has_in_projects(&format!("{prefix}{base}"))) {
            return false;
        }
        let Some(definition) = manifest.macros.get(id) else { return false };
        open.extend(definition.depends_on.iter().map(String::as_str).filter(|called| seen.insert(called)));
    }
    !CONTEXT_NAMES.iter().any(|name| macros.has_in_projects(name) || (*name != "dbt" && macros.is_namespace(name)))
}
