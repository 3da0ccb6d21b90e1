//! Resources that are not files to be built: sources, exposures, groups, macros, docs blocks, unit tests.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map as JsonMap, Value as Json};

use super::{ColumnInfo, Config, DependsOn, RefArgs, SharedMap};

/// `quoting` of a source or project; None where nothing was said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quoting {
    /// Quote the database.
    pub database: Option<bool>,
    /// Quote the schema.
    pub schema: Option<bool>,
    /// Quote the identifier.
    pub identifier: Option<bool>,
    /// Quote columns.
    pub column: Option<bool>,
}

/// A source table.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SourceDefinition {
    /// `source.package.source.table`
    pub unique_id: String,
    /// Table name in the project.
    pub name: String,
    /// Source name.
    pub source_name: String,
    /// Package.
    pub package_name: String,
    /// Path of the YAML file below the package; dbt gives the same in both.
    pub path: String,
    /// See `path`.
    pub original_file_path: String,
    /// Package, folders, source, table.
    pub fqn: Vec<String>,
    /// Database.
    pub database: Option<String>,
    /// Schema.
    pub schema: String,
    /// Identifier in the database.
    pub identifier: String,
    /// Description of the source.
    pub source_description: String,
    /// Loader.
    pub loader: String,
    /// Quoting.
    pub quoting: Quoting,
    /// Column that tells the age.
    pub loaded_at_field: Option<String>,
    /// Query that tells the age.
    pub loaded_at_query: Option<String>,
    /// Freshness thresholds in dbt's JSON shape.
    pub freshness: Option<Json>,
    /// `external`.
    pub external: Option<Json>,
    /// Description of the table.
    pub description: String,
    /// Columns by name.
    pub columns: IndexMap<String, ColumnInfo>,
    /// Meta of the table (merged).
    pub meta: JsonMap<String, Json>,
    /// Meta of the source.
    pub source_meta: JsonMap<String, Json>,
    /// Tags.
    pub tags: Vec<String>,
    /// Configuration.
    pub config: Config,
    /// YAML patch, if any.
    pub patch_path: Option<String>,
    /// Configuration as written.
    pub unrendered_config: SharedMap,
    /// Quoted name.
    pub relation_name: Option<String>,
    /// Seconds since the epoch.
    pub created_at: f64,
    /// Database as written.
    pub unrendered_database: Option<String>,
    /// Schema as written.
    pub unrendered_schema: Option<String>,
    /// Docs blocks that the description uses.
    pub doc_blocks: Vec<String>,
}

/// An exposure.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Exposure {
    /// `exposure.package.name`
    pub unique_id: String,
    /// Name.
    pub name: String,
    /// Package.
    pub package_name: String,
    /// Path of the YAML file below its resource folder.
    pub path: String,
    /// Path below the package.
    pub original_file_path: String,
    /// Package, folders, name.
    pub fqn: Vec<String>,
    /// `dashboard`, `notebook`, `analysis`, `ml`, `application`.
    pub exposure_type: String,
    /// `{name, email}` and extra keys.
    pub owner: JsonMap<String, Json>,
    /// Description.
    pub description: String,
    /// Label.
    pub label: Option<String>,
    /// `low`, `medium`, `high`.
    pub maturity: Option<String>,
    /// Meta.
    pub meta: JsonMap<String, Json>,
    /// Tags.
    pub tags: Vec<String>,
    /// Configuration.
    pub config: Config,
    /// Configuration as written.
    pub unrendered_config: SharedMap,
    /// URL.
    pub url: Option<String>,
    /// Dependencies.
    pub depends_on: DependsOn,
    /// `ref()` calls.
    pub refs: Vec<RefArgs>,
    /// `source()` calls.
    pub sources: Vec<[String; 2]>,
    /// `metric()` calls.
    pub metrics: Vec<Vec<String>>,
    /// Seconds since the epoch.
    pub created_at: f64,
}

/// A group of models.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Group {
    /// `group.package.name`
    pub unique_id: String,
    /// Name.
    pub name: String,
    /// Package.
    pub package_name: String,
    /// YAML file below its resource folder.
    pub path: String,
    /// YAML file below the package.
    pub original_file_path: String,
    /// `{name, email}` and extra keys.
    pub owner: JsonMap<String, Json>,
    /// Description.
    pub description: Option<String>,
    /// Configuration.
    pub config: Config,
}

/// An argument of a macro.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MacroArgument {
    /// Name.
    pub name: String,
    /// Type as described in YAML or annotated.
    #[serde(rename = "type")]
    pub arg_type: Option<String>,
    /// Description.
    pub description: String,
}

/// A macro.
#[derive(Debug, Clone)]
pub struct Macro {
    /// `macro.package.name`
    pub unique_id: String,
    /// dbt's name: `foo`, `test_foo`, `materialization_table_default`.
    pub name: String,
    /// Package.
    pub package_name: String,
    /// File below the package.
    pub path: String,
    /// See `path`.
    pub original_file_path: String,
    /// The definition with its text.
    pub definition: Arc<crate::jinja::MacroDef>,
    /// Macros that it calls.
    pub depends_on: Vec<String>,
    /// Description.
    pub description: String,
    /// Meta.
    pub meta: JsonMap<String, Json>,
    /// `{show, node_color}`
    pub docs: SharedMap,
    /// Configuration: `meta`, `docs`.
    pub config: SharedMap,
    /// YAML entry that describes it.
    pub patch_path: Option<String>,
    /// Arguments, from YAML or from the signature.
    pub arguments: Vec<MacroArgument>,
    /// Seconds since the epoch.
    pub created_at: f64,
    /// For materializations.
    pub supported_languages: Option<Vec<String>>,
}

/// A docs block.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Documentation {
    /// `doc.package.name`
    pub unique_id: String,
    /// Name.
    pub name: String,
    /// Package.
    pub package_name: String,
    /// File below its docs folder.
    pub path: String,
    /// File below the package.
    pub original_file_path: String,
    /// Text between the tags, trimmed as dbt trims it.
    pub block_contents: String,
}

/// A unit test.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct UnitTest {
    /// `unit_test.package.model.name`
    pub unique_id: String,
    /// Name.
    pub name: String,
    /// Model under test.
    pub model: String,
    /// Package.
    pub package_name: String,
    /// YAML file below its resource folder.
    pub path: String,
    /// YAML file below the package.
    pub original_file_path: String,
    /// Package, folders, model, name.
    pub fqn: Vec<String>,
    /// Inputs: `{input, rows, format, fixture}`.
    pub given: Vec<JsonMap<String, Json>>,
    /// Expected output: `{rows, format, fixture}`.
    pub expect: JsonMap<String, Json>,
    /// Description.
    pub description: String,
    /// `{macros, vars, env_vars}`
    pub overrides: Option<JsonMap<String, Json>>,
    /// Dependencies.
    pub depends_on: DependsOn,
    /// Configuration.
    pub config: Config,
    /// Checksum of the definition.
    pub checksum: Option<String>,
    /// Schema of the model.
    pub schema: Option<String>,
    /// Seconds since the epoch.
    pub created_at: f64,
    /// `{include, exclude}` as written.
    pub versions: Option<Json>,
    /// The version under test.
    pub version: Option<Json>,
}
