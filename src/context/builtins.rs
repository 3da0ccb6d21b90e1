//! dbt's own names in templates: functions and values that are not macros.

use std::sync::Arc;

use crate::adapter::Column;
use crate::jinja::Value;
use crate::jinja::value::{Dict, List, from_json};
use crate::manifest::ResourceType;
use crate::project::BASE_NAMES;
use crate::project::values::to_jinja;
use crate::yaml;

use super::config_object::ConfigObject;
use super::exceptions::Exceptions;
use super::objects::{self, Builtins, MacroStack};
use super::scope::{Phase, Scope, Subject};
use super::vars::VarFunction;
use super::{bridge, functions, graph, relations, results};

/// dbt's own names behind those of the base context, in the order in which `builtins` lists them.
pub(crate) const NAMES: [&str; 40] = [
    "target",
    "project_name",
    "context_macro_stack",
    "dbt_metadata_envs",
    "invocation_args_dict",
    "_sql_results",
    "load_result",
    "store_result",
    "store_raw_result",
    "validation",
    "write",
    "render",
    "try_or_compiler_error",
    "load_agate_table",
    "ref",
    "source",
    "metric",
    "function",
    "config",
    "execute",
    "exceptions",
    "database",
    "schema",
    "adapter",
    "api",
    "column",
    "env",
    "graph",
    "model",
    "pre_hooks",
    "post_hooks",
    "sql",
    "sql_now",
    "adapter_macro",
    "selected_resources",
    "submit_python_job",
    "compiled_code",
    "this",
    "defer_relation",
    "source_node",
];

/// The names above that templates in properties see.
const OF_YAML: [&str; 2] = ["target", "project_name"];
/// The names above that the query comment sees.
const OF_HEADER: [&str; 3] = ["target", "project_name", "context_macro_stack"];

/// What only nodes have that are rendered for themselves, unlike macros, sources and the arguments of tests.
const OF_MODELS: [&str; 2] = ["compiled_code", "defer_relation"];

/// All of dbt's own names that a scope knows, in order.
pub(crate) fn names(scope: &Arc<Scope>) -> impl Iterator<Item = &'static str> {
    let known = |name: &&str| lookup(scope, name).is_some();
    BASE_NAMES.into_iter().chain(NAMES).filter(known).chain(scope.extra.contains_key("doc").then_some("doc"))
}

/// Whether the phase of a scope offers one of dbt's own names.
fn offers(scope: &Scope, name: &str) -> bool {
    match scope.phase {
        Phase::Yaml => name == "builtins" || BASE_NAMES.contains(&name) || OF_YAML.contains(&name),
        Phase::Header => name == "builtins" || BASE_NAMES.contains(&name) || OF_HEADER.contains(&name),
        _ => true,
    }
}

/// The value of one of dbt's own names, or nothing.
pub fn lookup(scope: &Arc<Scope>, name: &str) -> Option<Value> {
    if !offers(scope, name) {
        return None;
    }
    let own = functions::lookup(scope, name).or_else(|| scope.globals.base.lookup(name, || scope.node_info()));
    own.or_else(|| value(scope, name)).or_else(|| scope.globals.engine.global(name))
}

fn value(scope: &Arc<Scope>, name: &str) -> Option<Value> {
    let value = match name {
        "execute" => Value::from(scope.executes()),
        "config" => Value::from_object(ConfigObject { scope: scope.clone() }),
        "var" => Value::from_object(VarFunction { scope: scope.clone() }),
        "exceptions" => Value::from_object(Exceptions { scope: scope.clone() }),
        "builtins" => Value::from_object(Builtins { scope: scope.clone() }),
        "target" | "env" => target(scope),
        "adapter" => bridge::adapter_object(scope),
        "api" => bridge::api(scope),
        "column" => bridge::column_class(),
        "graph" => graph_of(scope),
        "project_name" => Value::from(scope.globals.project.root.name.clone()),
        "invocation_args_dict" => scope.globals.base.arguments(),
        "dbt_metadata_envs" => metadata_envs(),
        "validation" => objects::validation(),
        "context_macro_stack" => Value::from_object(MacroStack),
        "_sql_results" => results::stored(scope),
        "sql_now" => Value::from("now()"),
        "selected_resources" => selected(scope),
        _ => return subject_value(scope, name),
    };
    Some(value)
}

/// Names whose value comes from what is being rendered.
fn subject_value(scope: &Arc<Scope>, name: &str) -> Option<Value> {
    let node = scope.subject.node();
    if OF_MODELS.contains(&name) && !matches!(scope.context_class(), "ModelContext" | "UnitTestContext") {
        return None;
    }
    let target = &scope.globals.project.target;
    Some(match name {
        "model" => scope.model.get_or_init(|| model(scope)).clone(),
        "database" => Value::from(node.map_or(Some(&target.database), |node| node.database.as_ref()).cloned()),
        "schema" => Value::from(node.map_or(&target.schema, |node| &node.schema).clone()),
        "this" => this(scope)?,
        "pre_hooks" => hooks(scope, "pre-hook"),
        "post_hooks" => hooks(scope, "post-hook"),
        "compiled_code" => compiled_code(scope),
        "sql" => match node.is_some_and(|node| node.language == "sql") {
            true => compiled_code(scope),
            false => Value::from(()),
        },
        "defer_relation" => deferred(scope),
        "source_node" => match &scope.subject {
            Subject::Source(source) => from_json(&source.to_json()),
            _ => return None,
        },
        _ => return None,
    })
}

fn this(scope: &Arc<Scope>) -> Option<Value> {
    match &scope.subject {
        _ if scope.context_class() == "TestContext" => None,
        Subject::Macro { .. } => None,
        Subject::Node(node) if node.resource_type == ResourceType::Operation => Some(Value::from(())),
        _ => relations::this(scope).ok(),
    }
}

/// The node's relation in the state, or none.
fn deferred(scope: &Scope) -> Value {
    let relation = scope.run().and_then(|run| run.shared.deferred(scope.subject.unique_id()));
    relation.cloned().map_or_else(|| Value::from(()), bridge::relation_value)
}

fn model(scope: &Scope) -> Value {
    let compiled = scope.run().and_then(|run| run.shared.compiled.get(scope.subject.unique_id()));
    let json = match &scope.subject {
        Subject::Node(node) => {
            let mut json = node.to_context_json(compiled.as_deref());
            if node.contract.alias_types {
                translate_types(&mut json);
            }
            json
        }
        Subject::Source(source) => without_nulls(source.to_json()),
        Subject::Macro { unique_id, name, package, .. } => {
            let known = scope.run().and_then(|run| run.shared.manifest.macros.get(unique_id));
            known.map_or_else(
                || {
                    serde_json::json!({
                        "unique_id": unique_id, "name": name, "package_name": package, "resource_type": "macro"
                    })
                },
                |found| without_nulls(found.to_json()),
            )
        }
    };
    let model = from_json(&json);
    if let Some(entries) = model.downcast_object_ref::<Dict>() {
        // A text is always a key.
        if let Some(code) = compiled.as_deref().and_then(|compiled| compiled.code.as_deref()) {
            let _ = entries.set_item(Value::from("compiled_sql"), Value::from(code));
        }
        if let Some(batch) = scope.run().and_then(|run| run.batch.as_ref()) {
            let _ = entries.set_item(Value::from("batch"), batch.value());
        }
    }
    model
}

/// dbt's `to_dict(omit_none=True)`, as deep as the keys of the resource and of its documentation go.
fn without_nulls(mut json: serde_json::Value) -> serde_json::Value {
    if let Some(fields) = json.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
        if let Some(docs) = fields.get_mut("docs").and_then(serde_json::Value::as_object_mut) {
            docs.retain(|_, value| !value.is_null());
        }
    }
    json
}

/// Gives the columns of a node the engine's names of their types.
fn translate_types(node: &mut serde_json::Value) {
    let columns = node.get_mut("columns").and_then(serde_json::Value::as_object_mut);
    for column in columns.into_iter().flat_map(|columns| columns.values_mut()) {
        if let Some(serde_json::Value::String(name)) = column.get_mut("data_type") {
            *name = Column::translate_type(name);
        }
    }
}

fn hooks(scope: &Scope, key: &str) -> Value {
    let tested = scope.context_class() == "TestContext";
    let Some(node) = scope.subject.node().filter(|_| !tested) else { return Value::from(()) };
    let none = matches!(node.resource_type, ResourceType::Source | ResourceType::Test | ResourceType::UnitTest);
    let hooks = node.config.hooks(key).into_iter().enumerate().map(|(index, (sql, transaction))| {
        let index = i64::try_from(index).unwrap_or_default();
        Dict::from_pairs([
            ("sql", Value::from(sql)),
            ("transaction", Value::from(transaction)),
            ("index", Value::from(index)),
        ])
    });
    if none { List::new(Vec::new()) } else { List::new(hooks.collect()) }
}

/// The node's SQL; `clone` reads the node of the state instead.
fn compiled_code(scope: &Scope) -> Value {
    let cloned = scope.run().filter(|_| scope.globals.invocation.command == "clone");
    if let Some(original) = cloned.and_then(|run| run.shared.deferred(scope.subject.unique_id())) {
        return Value::from(format!("select * from {original}"));
    }
    let compiled = scope.run().and_then(|run| run.shared.compiled.get(scope.subject.unique_id()));
    match compiled.and_then(|compiled| compiled.code.clone()) {
        Some(code) => Value::from(code),
        None => Value::from(()),
    }
}

/// `target`: the output of profiles.yml, with `name`, `target_name`, `profile_name` and without passwords.
pub fn target(scope: &Scope) -> Value {
    to_jinja(&yaml::Value::Map(scope.globals.project.target.jinja_dict()))
}

fn graph_of(scope: &Scope) -> Value {
    match scope.run() {
        Some(run) => {
            let shared = &run.shared;
            let changed = shared.compiled.take_changed();
            match shared.graph.get() {
                Some(known) => graph::renew(known, &changed, &shared.manifest, &shared.compiled),
                None => {
                    shared.graph.get_or_init(|| graph::flat_graph(&shared.manifest, &shared.compiled));
                }
            }
            shared.graph.get().cloned().unwrap_or_else(Dict::new)
        }
        None => Dict::new(),
    }
}

fn selected(scope: &Scope) -> Value {
    let ids = scope.run().and_then(|run| run.shared.selected.get());
    List::new(ids.map(|ids| ids.iter().map(|id| Value::from(id.clone())).collect()).unwrap_or_default())
}

/// `DBT_ENV_CUSTOM_ENV_*`, without the prefix.
fn metadata_envs() -> Value {
    let envs = std::env::vars_os().filter_map(|(name, value)| {
        let name = name.to_str()?.strip_prefix("DBT_ENV_CUSTOM_ENV_")?.to_owned();
        Some((name, Value::from(value.to_string_lossy().into_owned())))
    });
    Dict::from_pairs(envs)
}

impl Scope {
    /// `node_info` of events, in dbt's shape; empty while nothing runs.
    pub(crate) fn node_info(&self) -> serde_json::Value {
        match &self.phase {
            Phase::Run(run) => serde_json::Value::Object(run.connection.node_info()),
            _ => serde_json::json!({}),
        }
    }
}
