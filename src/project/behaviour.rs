//! `flags:` of `dbt_project.yml` (and the old `config:` of `profiles.yml`): defaults of command-line flags, and
//! dbt's behaviour flags, which only the project can set.

use std::path::Path;

use serde_json::{Map as JsonMap, Value as Json};

use super::file;
use super::profile::read_profiles;
use crate::error::{Error, Result};
use crate::yaml::{self, Map, Node, Value};

/// dbt's behaviour flags with their defaults in 1.12.
pub const BEHAVIOUR_FLAGS: [(&str, bool); 23] = [
    ("require_batched_execution_for_custom_microbatch_strategy", true),
    ("require_explicit_package_overrides_for_builtin_materializations", true),
    ("require_resource_names_without_spaces", true),
    ("source_freshness_run_project_hooks", true),
    ("skip_nodes_if_on_run_start_fails", true),
    ("state_modified_compare_more_unrendered_values", true),
    ("state_modified_compare_vars", false),
    ("require_yaml_configuration_for_mf_time_spines", true),
    ("require_nested_cumulative_type_params", true),
    ("validate_macro_args", true),
    ("require_all_warnings_handled_by_warn_error", true),
    ("require_generic_test_arguments_property", true),
    ("require_unique_project_resource_names", false),
    ("require_ref_searches_node_package_before_root", false),
    ("require_valid_schema_from_generate_schema_name", false),
    ("allow_jinja_file_extensions", false),
    ("require_sql_header_in_test_configs", false),
    ("support_custom_ref_kwargs", false),
    ("require_corrected_analysis_fqns", false),
    ("require_source_and_semantic_model_names_without_spaces", false),
    ("enable_grouped_warn_error_parser_logs", false),
    ("use_catalogs_v2", false),
    ("latest_version_pointer_enabled_by_default", false),
];

/// What a setting must be for dbt to take the project's flags at all.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Bool,
    Int,
    Text,
    /// Texts and lists of texts by their names.
    Lists,
}

/// The command-line flags for which the project may set the default; `flags:` may name others, to no effect.
const SETTINGS: [(&str, Kind); 26] = [
    ("cache_selected_only", Kind::Bool),
    ("debug", Kind::Bool),
    ("fail_fast", Kind::Bool),
    ("hints_enabled", Kind::Bool),
    ("indirect_selection", Kind::Text),
    ("log_format", Kind::Text),
    ("log_format_file", Kind::Text),
    ("log_level", Kind::Text),
    ("log_level_file", Kind::Text),
    ("maximum_seed_size_mib", Kind::Int),
    ("partial_parse", Kind::Bool),
    ("populate_cache", Kind::Bool),
    ("printer_width", Kind::Int),
    ("require_event_names_in_deprecations", Kind::Bool),
    ("send_anonymous_usage_stats", Kind::Bool),
    ("snowflake_projects_otel", Kind::Bool),
    ("static_parser", Kind::Bool),
    ("use_colors", Kind::Bool),
    ("use_colors_file", Kind::Bool),
    ("use_experimental_parser", Kind::Bool),
    ("use_v2_parser", Kind::Bool),
    ("v2_parser", Kind::Text),
    ("version_check", Kind::Bool),
    ("warn_error", Kind::Bool),
    ("warn_error_options", Kind::Lists),
    ("write_json", Kind::Bool),
];

/// The same of options that dbt does not have. dbt passes over them, and over what type their values have.
const OWN_SETTINGS: [(&str, Kind); 3] =
    [("golden_path", Kind::Text), ("profile_nodes", Kind::Bool), ("record_runs", Kind::Bool)];

/// Settings that null does not leave to the default.
const NEVER_NULL: [&str; 2] = ["send_anonymous_usage_stats", "require_event_names_in_deprecations"];

impl Kind {
    fn takes(self, value: &Json) -> bool {
        let texts = |value: &Json| match value {
            Json::Array(items) => items.iter().all(Json::is_string),
            other => other.is_string() || other.is_null(),
        };
        match self {
            Kind::Bool => value.is_boolean(),
            Kind::Int => value.is_i64() || value.is_u64(),
            Kind::Text => value.is_string(),
            Kind::Lists => value.as_object().is_some_and(|map| map.values().all(texts)),
        }
    }
}

/// Whether dbt would take these settings. One value of the wrong type, and it goes on without any of them.
fn are_valid(settings: &Map) -> bool {
    let value = |name: &str| settings.get(name).map(|node| yaml::to_json(&node.value));
    let fits = |name: &str, kind: Kind, nullable: bool| {
        value(name).is_none_or(|value| (nullable && value.is_null()) || kind.takes(&value))
    };
    SETTINGS.iter().all(|(name, kind)| fits(name, *kind, !NEVER_NULL.contains(name)))
        && BEHAVIOUR_FLAGS.iter().all(|(name, _)| fits(name, Kind::Bool, false))
}

/// What the project sets, and where it was found.
#[derive(Debug, Clone, Default)]
pub struct ProjectFlags {
    /// The settings as written; nothing is rendered here.
    pub settings: Map,
    /// They stand in `profiles.yml`, where dbt no longer wants them.
    pub from_profiles: bool,
}

/// Reads the project's flags. A file that cannot be read gives none: its error comes when the project is loaded.
///
/// # Errors
/// Both files set flags, or `flags` is not a mapping.
pub fn read(project_dir: &Path, profiles_dir: &Path) -> Result<ProjectFlags> {
    let project = file::read_project(project_dir).unwrap_or_default();
    let flags = project.get("flags").cloned().unwrap_or_default();
    let profiles = read_profiles(profiles_dir).unwrap_or_default();
    let config = profiles.get("config").cloned().unwrap_or_default();
    if flags.value.is_truthy() && config.value.is_truthy() {
        return Err(Error::runtime(
            "Do not specify both 'config' in profiles.yml and 'flags' in dbt_project.yml. Using 'config' in \
             profiles.yml is deprecated.",
        ));
    }
    let from_profiles = config.value.is_truthy();
    let node = if from_profiles { config } else { flags };
    match node.value {
        Value::Map(settings) if !are_valid(&settings) => Ok(ProjectFlags { from_profiles, ..ProjectFlags::default() }),
        Value::Map(settings) => Ok(ProjectFlags { settings, from_profiles }),
        value if !value.is_truthy() => Ok(ProjectFlags::default()),
        other => Err(Error::runtime(format!(
            "The key `flags` of dbt_project.yml must be a mapping of flags to values, but is a {}.",
            other.type_name()
        ))),
    }
}

impl ProjectFlags {
    /// Every behaviour flag with its value.
    pub fn behaviour(&self) -> JsonMap<String, Json> {
        BEHAVIOUR_FLAGS
            .iter()
            .map(|(name, default)| {
                let value = self.settings.get(name).and_then(Node::as_bool).unwrap_or(*default);
                ((*name).to_owned(), Json::Bool(value))
            })
            .collect()
    }

    /// A setting that stands for a command-line flag; None if it is absent, null, or not for the project to set.
    pub fn setting(&self, name: &str) -> Option<Json> {
        let value = self.settings.get(name).map(|node| yaml::to_json(&node.value)).filter(|value| !value.is_null())?;
        let own = OWN_SETTINGS.iter().any(|(known, kind)| *known == name && kind.takes(&value));
        (own || SETTINGS.iter().any(|(known, _)| *known == name)).then_some(value)
    }
}

/// The behaviour flags among resolved flags; the rest keeps its default.
pub fn resolve(flags: &JsonMap<String, Json>) -> JsonMap<String, Json> {
    BEHAVIOUR_FLAGS
        .iter()
        .map(|(name, default)| ((*name).to_owned(), flags.get(*name).cloned().unwrap_or(Json::Bool(*default))))
        .collect()
}
