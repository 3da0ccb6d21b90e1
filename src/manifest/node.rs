//! The nodes of the graph that have a file or a test of their own: models, seeds, snapshots, tests, analyses,
//! operations, functions. One struct with dbt's common fields, and `NodeKind` for what only one type has.

use std::cmp::Ordering;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map as JsonMap, Value as Json};

use super::{Config, SharedMap};

/// dbt's resource types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ResourceType {
    /// `model`
    Model,
    /// `seed`
    Seed,
    /// `snapshot`
    Snapshot,
    /// `test`
    Test,
    /// `unit_test`
    UnitTest,
    /// `analysis`
    Analysis,
    /// `operation`: an on-run-start or on-run-end hook
    Operation,
    /// `sql_operation`: `--inline` of compile and show
    SqlOperation,
    /// `source`
    Source,
    /// `exposure`
    Exposure,
    /// `metric`
    Metric,
    /// `semantic_model`
    SemanticModel,
    /// `saved_query`
    SavedQuery,
    /// `function`
    Function,
    /// `macro`
    Macro,
    /// `doc`
    Doc,
    /// `group`
    Group,
}

impl ResourceType {
    /// dbt's name.
    pub fn as_str(self) -> &'static str {
        match self {
            ResourceType::Model => "model",
            ResourceType::Seed => "seed",
            ResourceType::Snapshot => "snapshot",
            ResourceType::Test => "test",
            ResourceType::UnitTest => "unit_test",
            ResourceType::Analysis => "analysis",
            ResourceType::Operation => "operation",
            ResourceType::SqlOperation => "sql_operation",
            ResourceType::Source => "source",
            ResourceType::Exposure => "exposure",
            ResourceType::Metric => "metric",
            ResourceType::SemanticModel => "semantic_model",
            ResourceType::SavedQuery => "saved_query",
            ResourceType::Function => "function",
            ResourceType::Macro => "macro",
            ResourceType::Doc => "doc",
            ResourceType::Group => "group",
        }
    }

    /// Whether `ref()` can name it.
    pub fn is_refable(self) -> bool {
        matches!(self, ResourceType::Model | ResourceType::Seed | ResourceType::Snapshot)
    }

    /// The plural in dbt's folder and message words: `models`, `analyses`.
    pub fn pluralize(self) -> String {
        match self {
            ResourceType::Analysis => "analyses".to_owned(),
            ResourceType::SavedQuery => "saved_queries".to_owned(),
            ResourceType::Test => "data_tests".to_owned(),
            other => format!("{}s", other.as_str()),
        }
    }
}

/// A checksum of a file: `sha256` of its text, `path` for large seeds, `none`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileHash {
    /// Kind of checksum.
    pub name: String,
    /// Its value in hexadecimal.
    pub checksum: String,
}

/// The arguments of a `ref()` call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RefArgs {
    /// Name of the node.
    pub name: String,
    /// Package, if named.
    pub package: Option<String>,
    /// Version, if given: a JSON number or text.
    pub version: Option<Json>,
}

/// What a node needs before it can run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DependsOn {
    /// Unique ids of macros, in the order of use.
    pub macros: Vec<String>,
    /// Unique ids of nodes and sources, in the order of use.
    pub nodes: Vec<String>,
}

impl DependsOn {
    /// Adds a node unless it is there.
    pub fn add_node(&mut self, unique_id: impl Into<String> + AsRef<str>) {
        if !self.nodes.iter().any(|known| known == unique_id.as_ref()) {
            self.nodes.push(unique_id.into());
        }
    }

    /// Adds a macro unless it is there.
    pub fn add_macro(&mut self, unique_id: &str) {
        if !self.macros.iter().any(|known| known == unique_id) {
            self.macros.push(unique_id.to_owned());
        }
    }
}

/// A constraint on a column or a model, as JSON fields in dbt's order (`type`, `name`, `expression`, ...).
pub type Constraint = JsonMap<String, Json>;

/// A column described in YAML.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ColumnInfo {
    /// Name as written.
    pub name: String,
    /// Description, rendered.
    pub description: String,
    /// `meta`.
    pub meta: JsonMap<String, Json>,
    /// `data_type`.
    pub data_type: Option<String>,
    /// `constraints`.
    pub constraints: Vec<Constraint>,
    /// `quote`.
    pub quote: Option<bool>,
    /// `config`: `meta` and `tags`.
    pub config: JsonMap<String, Json>,
    /// `tags`.
    pub tags: Vec<String>,
    /// `granularity`, `dimension`, `entity`.
    pub granularity: Option<Json>,
    /// See `granularity`.
    pub dimension: Option<Json>,
    /// See `granularity`.
    pub entity: Option<Json>,
    /// Unique ids of docs blocks that the description uses.
    pub doc_blocks: Vec<String>,
    /// Keys that dbt does not know, kept as they are.
    pub extra: JsonMap<String, Json>,
}

/// `contract` of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    /// Whether it is enforced.
    pub enforced: bool,
    /// Whether data types are translated for the engine.
    pub alias_types: bool,
    /// sha256 of the sorted column types; only when enforced.
    pub checksum: Option<String>,
}

impl Default for Contract {
    fn default() -> Self {
        Contract { enforced: false, alias_types: true, checksum: None }
    }
}

/// An ephemeral model that was injected as a CTE.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InjectedCte {
    /// Unique id of the ephemeral model.
    pub id: String,
    /// The CTE's text, ` __dbt__cte__name as (...)`.
    pub sql: String,
}

/// What makes a generic test generic.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TestMetadata {
    /// Name of the test: `unique`.
    pub name: String,
    /// Arguments after removing configuration, `model` and `column_name` included.
    pub kwargs: JsonMap<String, Json>,
    /// Package of the test macro, if named.
    pub namespace: Option<String>,
}

/// Fields of a model only.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelFields {
    /// `private`, `protected`, `public`.
    pub access: String,
    /// Constraints on the whole model.
    pub constraints: Vec<Constraint>,
    /// This version: number or text.
    pub version: Option<Json>,
    /// The latest version of the model.
    pub latest_version: Option<Json>,
    /// ISO timestamp.
    pub deprecation_date: Option<String>,
    /// Columns inferred from constraints and tests.
    pub primary_key: Vec<String>,
    /// `time_spine`.
    pub time_spine: Option<Json>,
}

/// Fields of a generic test only.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GenericTestFields {
    /// Column, for a column test.
    pub column_name: Option<String>,
    /// `models.customers`: where the test was declared.
    pub file_key_name: Option<String>,
    /// Unique id of the node that the test is on.
    pub attached_node: Option<String>,
    /// Name, arguments, package.
    pub metadata: TestMetadata,
}

/// Fields of a model under a unit test only.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct UnitTestFields {
    /// Unique id of the model.
    pub tested_node: String,
    /// Unique id of the fixture that stands for the model's own table, if the test gives one.
    pub this_input: Option<String>,
    /// `{macros, vars, env_vars}` that hold while the model compiles.
    pub overrides: JsonMap<String, Json>,
}

/// What only one type of node has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum NodeKind {
    /// A model.
    Model(Box<ModelFields>),
    /// A seed; `root_path` is its package's folder.
    Seed {
        /// Absolute folder of the package.
        root_path: String,
    },
    /// A snapshot.
    Snapshot,
    /// A test in a file of its own.
    SingularTest,
    /// A test declared in YAML.
    GenericTest(Box<GenericTestFields>),
    /// An analysis.
    Analysis,
    /// A hook of the project.
    Operation {
        /// Position in the list of hooks.
        index: usize,
    },
    /// An inline query.
    SqlOperation,
    /// A user-defined function, with its particular fields.
    Function(JsonMap<String, Json>),
    /// A model under a unit test.
    UnitTest(Box<UnitTestFields>),
    /// What stands for a source while a unit test runs: an ephemeral model of the fixture's rows.
    SourceFixture {
        /// Name of the source.
        source_name: String,
    },
}

/// A node. Field names and meanings are dbt's (manifest v12). What serde makes of it is for snapshots (`parse/snapshot/`), which
/// keep shared objects aside; the artifact's form is `json::node`'s.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Resource type.
    pub resource_type: ResourceType,
    /// `model.package.name`
    pub unique_id: String,
    /// Name.
    pub name: String,
    /// Package.
    pub package_name: String,
    /// Path below the resource folder: `staging/stg_a.sql`.
    pub path: String,
    /// Path below the package: `models/staging/stg_a.sql`.
    pub original_file_path: String,
    /// Package, folders, name.
    pub fqn: Vec<String>,
    /// Identifier in the database.
    pub alias: String,
    /// Database; None where the engine has none.
    pub database: Option<String>,
    /// Schema.
    pub schema: String,
    /// Checksum of the file.
    pub checksum: FileHash,
    /// Resolved configuration.
    #[serde(skip)]
    pub config: Config,
    /// Configuration as written, before rendering.
    #[serde(skip)]
    pub unrendered_config: SharedMap,
    /// What `config()` calls in the file said; internal.
    #[serde(skip)]
    pub config_call: SharedMap,
    /// Tags.
    pub tags: Vec<String>,
    /// Description, rendered.
    pub description: String,
    /// Columns by name.
    pub columns: IndexMap<String, ColumnInfo>,
    /// Meta.
    pub meta: JsonMap<String, Json>,
    /// Group.
    pub group: Option<String>,
    /// `{show, node_color}`
    #[serde(skip)]
    pub docs: SharedMap,
    /// `package://models/schema.yml` of the YAML entry that describes it.
    pub patch_path: Option<String>,
    /// Seconds since the epoch.
    pub created_at: f64,
    /// Quoted name in the database; None for ephemeral models, analyses and tests that store nothing.
    pub relation_name: Option<String>,
    /// The file's text.
    pub raw_code: Arc<str>,
    /// Unique ids of docs blocks that the description uses.
    pub doc_blocks: Vec<String>,
    /// `sql` or `python`.
    pub language: String,
    /// `ref()` calls, in order.
    pub refs: Vec<RefArgs>,
    /// `source()` calls, in order.
    pub sources: Vec<[String; 2]>,
    /// `metric()` calls, in order.
    pub metrics: Vec<Vec<String>>,
    /// `function()` calls, in order.
    pub functions: Vec<Vec<String>>,
    /// Dependencies.
    pub depends_on: DependsOn,
    /// Contract.
    pub contract: Contract,
    /// What only this type has.
    pub kind: NodeKind,
}

/// A node at the place in memory where it was made: it is large, and is handed on and sorted by the thousand.
pub type NodeBox = Box<Node>;

impl Node {
    /// Model fields, for models.
    pub fn model(&self) -> Option<&ModelFields> {
        match &self.kind {
            NodeKind::Model(fields) => Some(fields),
            _ => None,
        }
    }

    /// Overloads of a function: for each its signature, its body and the file that it is in.
    pub fn overloads(&self) -> &[Json] {
        let NodeKind::Function(fields) = &self.kind else { return &[] };
        fields.get("overloads").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    /// Generic test fields, for generic tests.
    pub fn generic_test(&self) -> Option<&GenericTestFields> {
        match &self.kind {
            NodeKind::GenericTest(fields) => Some(fields),
            _ => None,
        }
    }

    /// Whether it is materialized as ephemeral.
    pub fn is_ephemeral(&self) -> bool {
        self.config.materialized() == "ephemeral"
    }

    /// Unit test fields, for a model under a unit test.
    pub fn unit_test(&self) -> Option<&UnitTestFields> {
        match &self.kind {
            NodeKind::UnitTest(fields) => Some(fields),
            _ => None,
        }
    }

    /// What its CTE is named after when it is ephemeral: the alias; for a source's fixture the source and the table,
    /// for tables of two sources may share a name.
    pub fn cte_name(&self) -> &str {
        match &self.kind {
            NodeKind::SourceFixture { .. } => self.unique_id.rsplit('.').next().unwrap_or(&self.name),
            _ => &self.alias,
        }
    }

    /// The name that `ref()` finds it under: `name`, or `name.v2` for a versioned model. A source's fixture is out of
    /// its reach.
    pub fn search_name(&self) -> String {
        if let NodeKind::SourceFixture { source_name } = &self.kind {
            return format!("{source_name}.{}", self.name);
        }
        match self.model().and_then(|model| model.version.as_ref()) {
            Some(version) => format!("{}.v{}", self.name, version_text(version)),
            None => self.name.clone(),
        }
    }

    /// Whether it is versioned and the latest version of its model.
    pub fn is_latest_version(&self) -> bool {
        self.model().is_some_and(|model| model.version.is_some() && model.version == model.latest_version)
    }
}

/// Versions compare as numbers where both are numbers, else as text.
pub fn compare_versions(a: &Json, b: &Json) -> Ordering {
    let number = |version: &Json| version_text(version).parse::<f64>().ok();
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        _ => version_text(a).cmp(&version_text(b)),
    }
}

/// A version as it stands in names: `2`, `1.5`, `beta`.
pub fn version_text(version: &Json) -> String {
    match version {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}
