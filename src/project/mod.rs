//! A project as it stands on disk: `dbt_project.yml`, `profiles.yml`, installed packages, variables. Hands on a
//! [`Project`]; knows nothing of nodes.

pub mod base;
pub mod behaviour;
pub mod catalogs;
mod contract;
mod credential_shapes;
pub mod credentials;
pub(crate) mod deprecations;
pub mod file;
mod load;
mod names;
mod package;
pub mod packages;
pub mod profile;
mod profile_secrets;
pub mod render;
#[cfg(test)]
mod tests;
pub mod values;
pub mod version;

pub use base::{BASE_NAMES, Base, DBT_VERSION};
pub use contract::is_identifier;
pub use deprecations::{
    install_path as warn_install_path, package_redirect as warn_package_redirect,
    project_flags_moved as warn_project_flags_moved,
};
pub use load::{ProjectWithoutProfile, load, load_without_profile, project_name};
pub use names::FileReads;
pub use render::Renderer;

use std::path::PathBuf;

use indexmap::IndexMap;
use serde_json::{Map as JsonMap, Value as Json};

use crate::invocation::Invocation;
use crate::yaml;

/// The root project with its packages and the connection to use.
#[derive(Debug, Clone)]
pub struct Project {
    /// The root package.
    pub root: Package,
    /// Installed packages by name, in dbt's loading order, the root excluded, the built-in ones excluded.
    pub packages: IndexMap<String, Package>,
    /// The connection.
    pub target: Target,
    /// `--vars`.
    pub cli_vars: yaml::Map,
    /// Artifacts' folder, absolute; that of the step under `--for`.
    pub target_path: PathBuf,
    /// The target folder itself, absolute, which all steps share.
    pub base_target_path: PathBuf,
    /// Logs' folder, absolute.
    pub log_path: PathBuf,
    /// `packages-install-path`, absolute.
    pub packages_install_path: PathBuf,
    /// Behaviour flags of `flags:`.
    pub flags: JsonMap<String, Json>,
    /// `selectors.yml`, as read.
    pub selectors: Option<yaml::Node>,
    /// Names of environment variables read while loading, with their values, for the parse cache. Secrets excluded.
    pub env_vars: IndexMap<String, String>,
    /// What else was read while loading.
    pub reads: FileReads,
}

/// One `dbt_project.yml`, rendered.
#[derive(Debug, Clone)]
pub struct Package {
    /// `name`.
    pub name: String,
    /// `version`, as text.
    pub version: Option<String>,
    /// Folder, absolute.
    pub root: PathBuf,
    /// `profile`.
    pub profile: Option<String>,
    /// `model-paths` (default `models`).
    pub model_paths: Vec<String>,
    /// `macro-paths`.
    pub macro_paths: Vec<String>,
    /// `seed-paths`.
    pub seed_paths: Vec<String>,
    /// `test-paths`.
    pub test_paths: Vec<String>,
    /// `analysis-paths`.
    pub analysis_paths: Vec<String>,
    /// `docs-paths` (default: all of the others).
    pub docs_paths: Vec<String>,
    /// `asset-paths`.
    pub asset_paths: Vec<String>,
    /// `snapshot-paths`.
    pub snapshot_paths: Vec<String>,
    /// `function-paths`.
    pub function_paths: Vec<String>,
    /// `clean-targets`.
    pub clean_targets: Vec<String>,
    /// `quoting`.
    pub quoting: crate::manifest::Quoting,
    /// `models`, `seeds`, `snapshots`, `data_tests`, `sources`, `exposures`, ... : configuration trees, rendered,
    /// by resource key (`models`, `tests`, `unit_tests`, ...).
    pub configs: IndexMap<String, yaml::Node>,
    /// The same before rendering, for `unrendered_config`.
    pub unrendered_configs: IndexMap<String, yaml::Node>,
    /// `vars`, as read (global and by package).
    pub vars: yaml::Map,
    /// `dispatch`: macro namespace → search order.
    pub dispatch: IndexMap<String, Vec<String>>,
    /// `on-run-start`, unrendered.
    pub on_run_start: Vec<String>,
    /// `on-run-end`, unrendered.
    pub on_run_end: Vec<String>,
    /// `query-comment`.
    pub query_comment: QueryComment,
    /// `require-dbt-version`, as written.
    pub require_dbt_version: Vec<String>,
    /// `restrict-access`.
    pub restrict_access: bool,
    /// Whole file, rendered, for anything else.
    pub raw: yaml::Node,
}

/// `query-comment`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueryComment {
    /// Template; None means dbt's default comment, an empty text means none.
    pub comment: Option<String>,
    /// Put it behind the statement.
    pub append: bool,
    /// BigQuery's job labels; carried, unused.
    pub job_label: bool,
}

/// The chosen output of `profiles.yml`.
#[derive(Debug, Clone)]
pub struct Target {
    /// Profile name.
    pub profile_name: String,
    /// Target (output) name.
    pub name: String,
    /// Engine: `duckdb`.
    pub adapter_type: String,
    /// Worker threads.
    pub threads: usize,
    /// Default database (for DuckDB: named after the file).
    pub database: String,
    /// Default schema.
    pub schema: String,
    /// Every key of the output, rendered; what Jinja's `target` shows (without secrets dbt hides).
    pub credentials: yaml::Map,
}

impl Project {
    /// A package by name; the root counts.
    pub fn package(&self, name: &str) -> Option<&Package> {
        if self.root.name == name { Some(&self.root) } else { self.packages.get(name) }
    }

    /// The project at another step of the same command, if loading it anew would come to the same: nothing that was read
    /// while loading is among the variables of the step.
    pub fn at_step(&self, invocation: &Invocation) -> Option<Project> {
        let step = invocation.flags.step.as_ref()?;
        let reads = |name: &str| self.reads.vars.contains(name);
        if self.reads.unrepeatable || step.values.iter().any(|(name, _)| reads(name)) {
            return None;
        }
        let target_path = self.base_target_path.join(step.folder());
        Some(Project { cli_vars: invocation.flags.vars.clone(), target_path, ..self.clone() })
    }

    /// Whether another step of the same command works on the same database, in the same way.
    pub fn same_database(&self, other: &Project) -> bool {
        let (one, two) = (&self.target, &other.target);
        let names =
            |target: &'_ Target| [target.profile_name.clone(), target.name.clone(), target.adapter_type.clone()];
        names(one) == names(two)
            && one.database == two.database
            && one.credentials == two.credentials
            && self.root.quoting == other.root.quoting
            && self.flags == other.flags
    }

    /// Whether the project or one of its packages declares a variable.
    pub fn declares_var(&self, name: &str) -> bool {
        self.declared_vars().any(|known| known == name)
    }

    /// The variables that the project and its packages declare, for all packages or for one.
    pub fn declared_vars(&self) -> impl Iterator<Item = &str> {
        self.all_packages().flat_map(|package| {
            let scoped =
                package.vars.iter().filter(|(key, _)| key.as_str().is_some_and(|key| self.package(key).is_some()));
            let scoped = scoped.filter_map(|(_, value)| value.as_map()).flat_map(yaml::Map::str_entries);
            package.vars.str_entries().chain(scoped).map(|(key, _)| key)
        })
    }

    /// All packages, the root first.
    pub fn all_packages(&self) -> impl Iterator<Item = &Package> {
        std::iter::once(&self.root).chain(self.packages.values())
    }
}
