//! The configuration keys that dbt knows for each type of resource: their order (that of the manifest), their
//! defaults, how values from several places merge, and which values are allowed.

use serde_json::{Map as JsonMap, Value as Json, json};

use crate::manifest::ResourceType;

/// How a value joins the value that a less specific place gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merge {
    /// Replaces it.
    Clobber,
    /// Both become lists and follow each other.
    Append,
    /// Keys of the later mapping win.
    Update,
    /// As `Update`, each value a list; a key with `+` in front extends the list.
    DictKeyAppend,
}

/// The values that a key allows, in dbt's terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Anything.
    Any,
    /// A truth value.
    Bool,
    /// A truth value or null.
    OptBool,
    /// Text.
    Str,
    /// Text or null.
    OptStr,
    /// A whole number or null.
    OptInt,
    /// Text, a list of texts, or null.
    OptStrOrList,
    /// Text or a list of texts.
    StrOrList,
    /// A list of texts.
    StrList,
    /// A mapping.
    Map,
    /// A list of hooks, each a mapping with `sql`.
    Hooks,
    /// `{show, node_color}`
    Docs,
    /// `{enforced, alias_types}`
    Contract,
    /// `{enabled, alias}`, or just the value of `enabled`.
    LatestVersionPointer,
    /// Options of a function that only Snowflake heeds.
    SnowflakeFunction,
    /// Freshness of a source or model.
    Freshness,
    /// Names of the columns that snapshots add.
    SnapshotColumns,
    /// `on` or `off`, which YAML reads as truth values.
    StaticAnalysis,
    /// One of these words.
    Enum(&'static [&'static str]),
    /// One of these words, or null.
    OptEnum(&'static [&'static str]),
    /// `warn` or `error` in any case.
    Severity,
}

/// A default that a `const` can hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Default {
    /// null
    Null,
    /// A truth value.
    Bool(bool),
    /// A number.
    Int(i64),
    /// Text.
    Str(&'static str),
    /// `[]`
    List,
    /// `{}`
    Map,
}

/// One key.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Name, as the manifest shows it.
    pub name: &'static str,
    /// How values merge.
    pub merge: Merge,
    /// What is allowed.
    pub kind: Kind,
    /// What holds when nothing is said.
    pub default: Default,
}

impl Field {
    /// The default as JSON.
    pub fn default_value(&self) -> Json {
        match self.default {
            Default::Null => Json::Null,
            Default::Bool(value) => Json::Bool(value),
            Default::Int(value) => json!(value),
            Default::Str(value) => json!(value),
            Default::List => json!([]),
            Default::Map => Json::Object(JsonMap::new()),
        }
    }
}

const fn field(name: &'static str, merge: Merge, kind: Kind, default: Default) -> Field {
    Field { name, merge, kind, default }
}

const ENABLED: Field = field("enabled", Merge::Clobber, Kind::Bool, Default::Bool(true));
const ALIAS: Field = field("alias", Merge::Clobber, Kind::OptStr, Default::Null);
const SCHEMA: Field = field("schema", Merge::Clobber, Kind::OptStr, Default::Null);
const DATABASE: Field = field("database", Merge::Clobber, Kind::OptStr, Default::Null);
const TAGS: Field = field("tags", Merge::Append, Kind::StrOrList, Default::List);
const META: Field = field("meta", Merge::Update, Kind::Map, Default::Map);
const GROUP: Field = field("group", Merge::Clobber, Kind::OptStr, Default::Null);
const STATIC_ANALYSIS: Field = field("static_analysis", Merge::Clobber, Kind::StaticAnalysis, Default::Null);

/// The keys between `materialized` and the particular ones of a type.
const NODE_TAIL: [Field; 19] = [
    field("incremental_strategy", Merge::Clobber, Kind::OptStr, Default::Null),
    field("batch_size", Merge::Clobber, Kind::Any, Default::Null),
    field("lookback", Merge::Clobber, Kind::Any, Default::Int(1)),
    field("begin", Merge::Clobber, Kind::Any, Default::Null),
    field("persist_docs", Merge::Clobber, Kind::Map, Default::Map),
    field("post-hook", Merge::Append, Kind::Hooks, Default::List),
    field("pre-hook", Merge::Append, Kind::Hooks, Default::List),
    field("quoting", Merge::Update, Kind::Map, Default::Map),
    field("column_types", Merge::Update, Kind::Map, Default::Map),
    field("full_refresh", Merge::Clobber, Kind::OptBool, Default::Null),
    field("unique_key", Merge::Clobber, Kind::OptStrOrList, Default::Null),
    field("on_schema_change", Merge::Clobber, Kind::OptStr, Default::Str("ignore")),
    field("on_configuration_change", Merge::Clobber, Kind::Enum(&["apply", "continue", "fail"]), Default::Str("apply")),
    field("grants", Merge::DictKeyAppend, Kind::Map, Default::Map),
    field("packages", Merge::Append, Kind::StrList, Default::List),
    field("docs", Merge::Update, Kind::Docs, Default::Map),
    field("contract", Merge::Update, Kind::Contract, Default::Map),
    field("event_time", Merge::Clobber, Kind::Any, Default::Null),
    field("concurrent_batches", Merge::Clobber, Kind::Any, Default::Null),
];

const NODE_HEAD: [Field; 8] = [ENABLED, ALIAS, SCHEMA, DATABASE, TAGS, META, GROUP, STATIC_ANALYSIS];

const MODEL_EXTRA: [Field; 4] = [
    field("access", Merge::Clobber, Kind::Any, Default::Str("protected")),
    field("freshness", Merge::Clobber, Kind::Freshness, Default::Null),
    field("on_error", Merge::Clobber, Kind::OptEnum(&["skip_children", "continue"]), Default::Null),
    field("latest_version_pointer", Merge::Update, Kind::LatestVersionPointer, Default::Map),
];

const SEED_EXTRA: [Field; 2] = [
    field("delimiter", Merge::Clobber, Kind::Str, Default::Str(",")),
    field("quote_columns", Merge::Clobber, Kind::OptBool, Default::Null),
];

const SNAPSHOT_EXTRA: [Field; 7] = [
    field("strategy", Merge::Clobber, Kind::OptStr, Default::Null),
    field("target_schema", Merge::Clobber, Kind::OptStr, Default::Null),
    field("target_database", Merge::Clobber, Kind::OptStr, Default::Null),
    field("updated_at", Merge::Clobber, Kind::OptStr, Default::Null),
    field("check_cols", Merge::Clobber, Kind::OptStrOrList, Default::Null),
    field("snapshot_meta_column_names", Merge::Clobber, Kind::SnapshotColumns, Default::Map),
    field("dbt_valid_to_current", Merge::Clobber, Kind::OptStr, Default::Null),
];

const TEST: [Field; 18] = [
    ENABLED,
    ALIAS,
    field("schema", Merge::Clobber, Kind::OptStr, Default::Str("dbt_test__audit")),
    DATABASE,
    TAGS,
    META,
    GROUP,
    STATIC_ANALYSIS,
    field("materialized", Merge::Clobber, Kind::Str, Default::Str("test")),
    field("severity", Merge::Clobber, Kind::Severity, Default::Str("ERROR")),
    field("store_failures", Merge::Clobber, Kind::OptBool, Default::Null),
    field("store_failures_as", Merge::Clobber, Kind::OptStr, Default::Null),
    field("sql_header", Merge::Clobber, Kind::Any, Default::Null),
    field("where", Merge::Clobber, Kind::OptStr, Default::Null),
    field("limit", Merge::Clobber, Kind::OptInt, Default::Null),
    field("fail_calc", Merge::Clobber, Kind::Str, Default::Str("count(*)")),
    field("warn_if", Merge::Clobber, Kind::Str, Default::Str("!= 0")),
    field("error_if", Merge::Clobber, Kind::Str, Default::Str("!= 0")),
];

const SOURCE: [Field; 8] = [
    ENABLED,
    field("event_time", Merge::Clobber, Kind::Any, Default::Null),
    field("freshness", Merge::Clobber, Kind::Freshness, Default::Map),
    field("loaded_at_field", Merge::Clobber, Kind::OptStr, Default::Null),
    field("loaded_at_query", Merge::Clobber, Kind::OptStr, Default::Null),
    META,
    field("tags", Merge::Clobber, Kind::StrList, Default::List),
    STATIC_ANALYSIS,
];

const EXPOSURE: [Field; 3] = [
    ENABLED,
    field("tags", Merge::Clobber, Kind::StrList, Default::List),
    field("meta", Merge::Clobber, Kind::Map, Default::Map),
];

const UNIT_TEST: [Field; 4] = [TAGS, META, ENABLED, STATIC_ANALYSIS];

const GROUP_FIELDS: [Field; 1] = [META];

const METRIC: [Field; 3] = [ENABLED, GROUP, META];

const SAVED_QUERY: [Field; 6] = [
    ENABLED,
    GROUP,
    META,
    field("export_as", Merge::Clobber, Kind::Any, Default::Null),
    SCHEMA,
    field("cache", Merge::Clobber, Kind::Map, Default::Map),
];

const FUNCTION_EXTRA: [Field; 5] = [
    field("type", Merge::Clobber, Kind::Any, Default::Str("scalar")),
    field("volatility", Merge::Clobber, Kind::Any, Default::Null),
    field("runtime_version", Merge::Clobber, Kind::OptStr, Default::Null),
    field("entry_point", Merge::Clobber, Kind::OptStr, Default::Null),
    field("snowflake", Merge::Clobber, Kind::SnowflakeFunction, Default::Map),
];

fn node_fields(materialized: &'static str, extra: &[Field]) -> Vec<Field> {
    let mut fields = NODE_HEAD.to_vec();
    fields.push(field("materialized", Merge::Clobber, Kind::Str, Default::Str(materialized)));
    fields.extend(NODE_TAIL);
    fields.extend(extra);
    fields
}

/// The keys of a type of resource, in dbt's order.
pub fn fields(resource_type: ResourceType) -> Vec<Field> {
    match resource_type {
        ResourceType::Model => node_fields("view", &MODEL_EXTRA),
        ResourceType::Seed => node_fields("seed", &SEED_EXTRA),
        ResourceType::Snapshot => node_fields("snapshot", &SNAPSHOT_EXTRA),
        ResourceType::Function => node_fields("function", &FUNCTION_EXTRA),
        ResourceType::Test => TEST.to_vec(),
        ResourceType::Source => SOURCE.to_vec(),
        ResourceType::Exposure => EXPOSURE.to_vec(),
        ResourceType::UnitTest => UNIT_TEST.to_vec(),
        ResourceType::Group => GROUP_FIELDS.to_vec(),
        ResourceType::Metric | ResourceType::SemanticModel => METRIC.to_vec(),
        ResourceType::SavedQuery => SAVED_QUERY.to_vec(),
        ResourceType::Analysis
        | ResourceType::Operation
        | ResourceType::SqlOperation
        | ResourceType::Macro
        | ResourceType::Doc => node_fields("view", &[]),
    }
}
