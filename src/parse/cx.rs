//! What all parsers share: the project, the templates and macros, the configuration trees, flags and warnings.

use std::sync::Arc;
use std::time::SystemTime;

use serde_json::Value as Json;

use super::cache::RenderCache;
use super::config::ConfigTrees;
use super::files::ReadOptions;
use super::naming::Naming;
use super::warnings::Warnings;
use crate::context::Globals;
use crate::invocation::Invocation;
use crate::project::{Package, Project};

/// Shared by reference between the threads that parse.
pub struct Cx {
    /// Templates, macros, variables.
    pub globals: Arc<Globals>,
    /// Configuration trees.
    pub trees: ConfigTrees,
    /// How nodes are named in the database.
    pub naming: Naming,
    /// Behaviour flags.
    pub flags: Flags,
    /// What renders recorded when the project was parsed before.
    pub renders: RenderCache,
    /// Warnings and deprecations.
    pub warnings: Warnings,
    /// When parsing began, in seconds since the epoch: `created_at` of everything.
    pub created_at: f64,
}

impl Cx {
    /// The project.
    pub fn project(&self) -> &Project {
        &self.globals.project
    }

    /// Name of the root project.
    pub fn root(&self) -> &str {
        &self.globals.project.root.name
    }

    /// A package by name; the root counts.
    pub fn package(&self, name: &str) -> Option<&Package> {
        self.globals.project.package(name)
    }
}

/// Seconds since the epoch.
pub fn now() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |elapsed| elapsed.as_secs_f64())
}

/// The behaviour flags that parsing heeds, with dbt's defaults.
#[derive(Debug, Clone, Copy)]
pub struct Flags {
    /// `require_generic_test_arguments_property`
    pub generic_test_arguments: bool,
    /// `validate_macro_args`
    pub validate_macro_args: bool,
    /// `require_unique_project_resource_names`
    pub unique_resource_names: bool,
    /// `require_resource_names_without_spaces`
    pub names_without_spaces: bool,
    /// `require_source_and_semantic_model_names_without_spaces`
    pub source_names_without_spaces: bool,
    /// `require_ref_searches_node_package_before_root`
    pub node_package_before_root: bool,
    /// `require_valid_schema_from_generate_schema_name`
    pub valid_schema: bool,
    /// `support_custom_ref_kwargs`
    pub custom_ref_arguments: bool,
    /// `require_corrected_analysis_fqns`
    pub corrected_analysis_fqns: bool,
    /// `require_sql_header_in_test_configs`
    pub sql_header_in_tests: bool,
    /// `state_modified_compare_more_unrendered_values`
    pub more_unrendered_values: bool,
    /// `require_nested_cumulative_type_params`
    pub nested_cumulative_params: bool,
    /// `require_yaml_configuration_for_mf_time_spines`
    pub yaml_time_spines: bool,
    /// `enable_grouped_warn_error_parser_logs`
    pub grouped_warnings: bool,
    /// `store_failures`, from the command line.
    pub store_failures: bool,
    /// `maximum_seed_size_mib` and `allow_jinja_file_extensions`.
    pub files: ReadOptions,
}

impl Flags {
    /// Reads the flags: command line and environment first, then `flags:` of the project.
    pub fn new(invocation: &Invocation, project: &Project) -> Self {
        let find = |name: &str| invocation.flags.other.get(name).or_else(|| project.flags.get(name));
        let flag = |name: &str, default: bool| find(name).and_then(Json::as_bool).unwrap_or(default);
        let mebibytes = find("maximum_seed_size_mib").and_then(Json::as_u64).unwrap_or(1);
        Flags {
            generic_test_arguments: flag("require_generic_test_arguments_property", true),
            validate_macro_args: flag("validate_macro_args", true),
            unique_resource_names: flag("require_unique_project_resource_names", false),
            names_without_spaces: flag("require_resource_names_without_spaces", true),
            source_names_without_spaces: flag("require_source_and_semantic_model_names_without_spaces", false),
            node_package_before_root: flag("require_ref_searches_node_package_before_root", false),
            valid_schema: flag("require_valid_schema_from_generate_schema_name", false),
            custom_ref_arguments: flag("support_custom_ref_kwargs", false),
            corrected_analysis_fqns: flag("require_corrected_analysis_fqns", false),
            sql_header_in_tests: flag("require_sql_header_in_test_configs", false),
            more_unrendered_values: flag("state_modified_compare_more_unrendered_values", true),
            nested_cumulative_params: flag("require_nested_cumulative_type_params", true),
            yaml_time_spines: flag("require_yaml_configuration_for_mf_time_spines", true),
            grouped_warnings: flag("enable_grouped_warn_error_parser_logs", false),
            store_failures: invocation.flags.store_failures,
            files: ReadOptions {
                maximum_seed_bytes: mebibytes * 1024 * 1024,
                jinja_extensions: flag("allow_jinja_file_extensions", false),
            },
        }
    }
}
