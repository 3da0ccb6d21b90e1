//! dbt's own names in templates: functions and values that are not macros.

use std::sync::{Arc, LazyLock};

use indexmap::IndexMap;

use crate::events::{Event, Level};
use crate::jinja::value::{Dict, List, from_json, py_str, truth};
use crate::jinja::{self, MjError, Object, State, Value};
use crate::manifest::ResourceType;
use crate::project::values::to_jinja;
use crate::yaml;

use super::call::Args;
use super::config_object::ConfigObject;
use super::errors::{raise, raise_compilation};
use super::exceptions::Exceptions;
use super::scope::{Scope, Subject};
use super::vars::VarFunction;
use super::{bridge, graph, references, relations, results, runtime, vars};

/// The dbt version whose behaviour rdbt reproduces.
pub const DBT_VERSION: &str = "1.12.6";

/// Every name that [`lookup`] knows and that is not a function of the dialect.
pub const NAMES: [&str; 52] = [
    "adapter",
    "adapter_macro",
    "api",
    "builtins",
    "column",
    "compiled_code",
    "config",
    "context_macro_stack",
    "database",
    "dbt_metadata_envs",
    "dbt_version",
    "defer_relation",
    "env",
    "env_var",
    "exceptions",
    "execute",
    "flags",
    "function",
    "graph",
    "invocation_args_dict",
    "invocation_id",
    "load_agate_table",
    "load_result",
    "log",
    "metric",
    "model",
    "post_hooks",
    "pre_hooks",
    "print",
    "project_name",
    "ref",
    "render",
    "run_started_at",
    "schema",
    "selected_resources",
    "source",
    "source_node",
    "sql",
    "sql_now",
    "store_raw_result",
    "store_result",
    "submit_python_job",
    "target",
    "this",
    "thread_id",
    "try_or_compiler_error",
    "validation",
    "var",
    "write",
    "modules",
    "tojson",
    "return",
];

/// Names of the dialect itself (`return`, `tojson`, `modules`, `zip`, ...), which need nothing of dbt.
static DIALECT: LazyLock<IndexMap<&'static str, Value>> =
    LazyLock::new(|| jinja::functions::globals().into_iter().collect());

/// A function of dbt's, bound to the scope that looked it up.
#[derive(Debug)]
struct Function {
    scope: Arc<Scope>,
    name: &'static str,
}

const FUNCTIONS: [&str; 17] = [
    "adapter_macro",
    "env_var",
    "function",
    "load_agate_table",
    "load_result",
    "log",
    "metric",
    "print",
    "ref",
    "render",
    "source",
    "store_raw_result",
    "store_result",
    "submit_python_job",
    "try_or_compiler_error",
    "write",
    "otel_trace_id",
];

/// The value of one of dbt's own names, or nothing.
pub fn lookup(scope: &Arc<Scope>, name: &str) -> Option<Value> {
    if let Some(function) = FUNCTIONS.iter().find(|known| **known == name) {
        return Some(Value::from_object(Function { scope: scope.clone(), name: function }));
    }
    let value = match name {
        "execute" => Value::from(scope.executes()),
        "config" => Value::from_object(ConfigObject { scope: scope.clone() }),
        "var" => Value::from_object(VarFunction { scope: scope.clone() }),
        "exceptions" => Value::from_object(Exceptions { scope: scope.clone() }),
        "builtins" => Value::from_object(Builtins { scope: scope.clone() }),
        "target" | "env" => target(scope),
        "flags" => Value::from_object(Flags { scope: scope.clone() }),
        "adapter" => bridge::adapter_object(scope),
        "api" => bridge::api(scope),
        "column" => bridge::column_class(),
        "graph" => graph_of(scope),
        "dbt_version" => Value::from(DBT_VERSION),
        "project_name" => Value::from(scope.globals.project.root.name.clone()),
        "invocation_id" => Value::from(scope.globals.invocation.invocation_id.clone()),
        "invocation_args_dict" => Dict::from_pairs(
            scope
                .globals
                .invocation
                .flags
                .args_for_artifacts
                .iter()
                .map(|(key, value)| (key.clone(), from_json(value))),
        ),
        "dbt_metadata_envs" => metadata_envs(),
        "run_started_at" => {
            let started = scope.globals.invocation.started_at;
            Value::from(started.to_rfc3339())
        }
        "thread_id" => Value::from(std::thread::current().name().unwrap_or("MainThread").to_owned()),
        "validation" => Value::from_object(Validation),
        "context_macro_stack" => List::new(Vec::new()),
        "sql_now" => Value::from("now()"),
        "selected_resources" => selected(scope),
        _ => return subject_value(scope, name).or_else(|| DIALECT.get(name).cloned()),
    };
    Some(value)
}

/// Names whose value comes from what is being rendered.
fn subject_value(scope: &Arc<Scope>, name: &str) -> Option<Value> {
    let node = scope.subject.node();
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
        Subject::Node(node) => node.to_context_json(compiled.as_deref()),
        Subject::Source(source) => source.to_json(),
        Subject::Macro { unique_id, name, package } => serde_json::json!({
            "unique_id": unique_id, "name": name, "package_name": package, "resource_type": "macro"
        }),
    };
    let model = from_json(&json);
    if scope.subject.node().is_some_and(|node| node.resource_type == ResourceType::Model) {
        let batch = scope.run().and_then(|run| run.batch.as_ref());
        let value = batch.map_or_else(|| Value::from(()), super::batch::Batch::value);
        if let Some(entries) = model.downcast_object_ref::<Dict>() {
            // A text is always a key.
            let _ = entries.set_item(Value::from("batch"), value);
        }
    }
    model
}

fn hooks(scope: &Scope, key: &str) -> Value {
    let Some(node) = scope.subject.node() else { return Value::from(()) };
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
            shared.graph.get_or_init(|| graph::flat_graph(&shared.manifest, &shared.compiled)).clone()
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

impl Object for Function {
    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, MjError> {
        let args = Args::new(args)?;
        let scope = &self.scope;
        match self.name {
            "ref" => references::call_ref(scope, &args),
            "source" => references::call_source(scope, &args),
            "metric" => references::call_named(scope, ResourceType::Metric, &args),
            "function" => references::call_named(scope, ResourceType::Function, &args),
            "env_var" => vars::env_var(scope, &args),
            "log" => log(scope, &args),
            "print" => print(scope, &args),
            "render" => render(scope, &args),
            "write" => write(scope, &args),
            "store_result" => results::store(scope, &args),
            "store_raw_result" => results::store_raw(scope, &args),
            "load_result" => results::load(scope, &args),
            "load_agate_table" => bridge::load_seed_table(scope),
            "try_or_compiler_error" => try_or_compiler_error(state, &args),
            "submit_python_job" => bridge::submit_python_job(scope, &args),
            "otel_trace_id" => Ok(Value::from("")),
            _ => Err(raise_compilation(format!(
                "The \"adapter_macro\" macro has been deprecated. Instead, use the `adapter.dispatch` method to find a \
                 macro and call the result.  For more information, see: \
                 https://docs.getdbt.com/reference/dbt-jinja-functions/dispatch) adapter_macro was called for: {}",
                args.get(0, "name").map(|name| py_str(&name)).unwrap_or_default()
            ))),
        }
    }
}

fn log(scope: &Scope, args: &Args) -> Result<Value, MjError> {
    let message = py_str(&args.require("log", 0, "msg")?);
    let info = args.get(1, "info").is_some_and(|info| truth(&info));
    let event = match info {
        true => Event::new("JinjaLogInfo", "I062", Level::Info, message.clone()),
        false => Event::new("JinjaLogDebug", "I063", Level::Debug, message.clone()),
    };
    scope.globals.events.emit(event.with("msg", message).with("node_info", scope.node_info()));
    Ok(Value::from(""))
}

fn print(scope: &Scope, args: &Args) -> Result<Value, MjError> {
    let message = py_str(&args.require("print", 0, "msg")?);
    if scope.globals.invocation.flags.print {
        scope.globals.events.emit(Event::new("PrintEvent", "Z052", Level::Info, message.clone()).with("msg", message));
    }
    Ok(Value::from(""))
}

fn render(scope: &Arc<Scope>, args: &Args) -> Result<Value, MjError> {
    let text = args.text("render", 0, "string")?;
    let path = scope.subject.label().path;
    let rendered = scope.globals.engine.render_str(&text, &path, scope.clone().into_value());
    rendered.map(Value::from).map_err(|error| raise(super::errors::from_jinja(&error, None)))
}

fn write(scope: &Scope, args: &Args) -> Result<Value, MjError> {
    let payload = args.text("write", 0, "payload")?;
    let Some(node) = scope.subject.node() else {
        return Err(raise_compilation("cannot \"write\" macros or sources"));
    };
    let Some(run) = scope.run() else { return Ok(Value::from("")) };
    let project = &scope.globals.project;
    let path = project.target_path.join("run").join(runtime::write_path(node, run.batch.as_ref()));
    runtime::write_text(&path, &payload).map_err(raise)?;
    let shown = path.strip_prefix(&project.root.root).unwrap_or(&path).to_string_lossy().into_owned();
    run.shared.compiled.update(&node.unique_id, |compiled| compiled.build_path = Some(shown));
    Ok(Value::from(""))
}

fn try_or_compiler_error(state: &mut State<'_, '_>, args: &Args) -> Result<Value, MjError> {
    let message = args.text("try_or_compiler_error", 0, "message_if_exception")?;
    let function = args.require("try_or_compiler_error", 1, "func")?;
    let mut rest: Vec<Value> = args.positional.iter().skip(2).cloned().collect();
    if !args.keywords.is_empty() {
        rest.push(jinja::Kwargs::from_iter(args.keywords.iter().cloned()).into());
    }
    function.call(state, &rest).map_err(|_| raise_compilation(message))
}

/// `flags`: every flag, in upper or lower case; unknown ones are undefined.
#[derive(Debug)]
struct Flags {
    scope: Arc<Scope>,
}

impl Object for Flags {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?.to_lowercase();
        let flags = &self.scope.globals.invocation.flags;
        match name.as_str() {
            "full_refresh" => Some(Value::from(flags.full_refresh)),
            "store_failures" => Some(Value::from(flags.store_failures)),
            "empty" => Some(Value::from(flags.empty)),
            _ => flags.other.get(&name).or_else(|| flags.args_for_artifacts.get(&name)).map(from_json),
        }
    }
}

/// `builtins`: dbt's own functions even where a macro of the same name hides them.
#[derive(Debug)]
struct Builtins {
    scope: Arc<Scope>,
}

impl Object for Builtins {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        lookup(&self.scope, key.as_str()?)
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, MjError> {
        match lookup(&self.scope, method) {
            Some(function) => function.call(state, args),
            None => Err(MjError::from(minijinja::ErrorKind::UnknownMethod)),
        }
    }
}

/// `validation`: its validators accept everything, as dbt's do in practice: dbt calls them only where a default is given.
#[derive(Debug)]
struct Validation;

impl Object for Validation {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str()? == "any").then(|| Value::from_object(Validation))
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, MjError> {
        Ok(Value::from_object(Validation))
    }
}

impl Scope {
    /// `node_info` of events, in dbt's shape.
    pub(crate) fn node_info(&self) -> serde_json::Value {
        let Some(node) = self.subject.node() else { return serde_json::json!({}) };
        serde_json::json!({
            "node_name": node.name,
            "node_path": node.path,
            "resource_type": node.resource_type.as_str(),
            "unique_id": node.unique_id,
            "materialized": node.config.materialized(),
        })
    }
}
