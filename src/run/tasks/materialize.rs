//! Models, seeds and snapshots: the materialization's macro does the work; what it returns goes to the relation cache,
//! what its `main` statement left behind is the result.

use std::sync::Arc;

use serde_json::{Map as JsonMap, Value as Json};

use super::{direct, pointer};
use crate::adapter::{AdapterResponse, Relation};
use crate::context::database::{RelationObject, ResponseObject, table_of};
use crate::context::errors::from_jinja;
use crate::context::results;
use crate::context::runtime::NodeRun;
use crate::context::{Phase, Scope, Subject};
use crate::error::{Error, Result, did_you_mean};
use crate::jinja::Value;
use crate::jinja::value::{iterate, py_repr, py_str, to_json};
use crate::manifest::{Node, ResourceType};
use crate::project::deprecations;
use crate::run::plan::Resource;
use crate::run::results::{NodeResult, Status};
use crate::run::session::{Session, response_json};

/// Builds one node.
pub fn execute(session: &Session, node: &Arc<Node>, run: &Arc<NodeRun>) -> Result<NodeResult> {
    execute_with(session, node, run, Vec::new())
}

/// The same with values that macros see before all others.
pub fn execute_with(
    session: &Session,
    node: &Arc<Node>,
    run: &Arc<NodeRun>,
    extra: Vec<(&'static str, Value)>,
) -> Result<NodeResult> {
    let replaces_values = !extra.is_empty();
    let scope = scope(session, node, run, extra);
    let _turn = session.shared.adapter.foreign_key_turn(&run.connection, node)?;
    if !replaces_values && let Some(built) = direct::build(session, &scope, node, run)? {
        return built_directly(session, node, run, built);
    }
    let returned = call_materialization(session, node, &scope)?;
    let made = with_pointer(session, node, run, relations(&returned, node)?)?;
    for relation in made {
        session.shared.adapter.cache().add(relation);
    }
    let main =
        results::peek(&scope, "main").ok_or_else(|| Error::runtime("main is not being called during running model"))?;
    let response = main.get_attr("response").unwrap_or_default();
    let mut result = NodeResult::new(Resource::Node(node.clone()), Status::Success).with_message(message(&response));
    result.adapter_response = adapter_response(&response);
    if node.resource_type == ResourceType::Seed
        && let Some(stored) = results::peek(&scope, "agate_table")
    {
        result.table = stored.get_attr("table").ok().as_ref().and_then(table_of).cloned();
    }
    Ok(result)
}

fn built_directly(session: &Session, node: &Arc<Node>, run: &Arc<NodeRun>, built: direct::Built) -> Result<NodeResult> {
    for relation in with_pointer(session, node, run, vec![built.relation])? {
        session.shared.adapter.cache().add(relation);
    }
    let AdapterResponse { message, code, rows_affected } = &built.response;
    let mut result = NodeResult::new(Resource::Node(node.clone()), Status::Success).with_message(message);
    result.adapter_response = response_json(message, code.as_deref(), *rows_affected);
    Ok(result)
}

/// Makes the pointer to the latest version, where the node is to have one, and adds what that made.
fn with_pointer(
    session: &Session,
    node: &Arc<Node>,
    run: &Arc<NodeRun>,
    mut made: Vec<Relation>,
) -> Result<Vec<Relation>> {
    if run.batch.is_none()
        && pointer::is_wanted(session, node)
        && let Some(source) = made.first()
    {
        made.extend(pointer::materialize(session, node, run, source)?);
    }
    Ok(made)
}

/// Brings one node from the state's environment into this one.
pub fn clone(session: &Session, node: &Arc<Node>, run: &Arc<NodeRun>) -> Result<NodeResult> {
    let scope = scope(session, node, run, Vec::new());
    let returned = call_named(session, "clone", node, &scope)?;
    for relation in relations(&returned, node)? {
        session.shared.adapter.cache().add(relation);
    }
    let mut result = NodeResult::new(Resource::Node(node.clone()), Status::Success).with_message("No-op");
    if let Some(main) = results::peek(&scope, "main") {
        let response = main.get_attr("response").unwrap_or_default();
        result.message = Some(message(&response));
        result.adapter_response = adapter_response(&response);
    }
    Ok(result)
}

fn scope(session: &Session, node: &Arc<Node>, run: &Arc<NodeRun>, extra: Vec<(&'static str, Value)>) -> Arc<Scope> {
    let scope = Scope::new(session.globals.clone(), Subject::Node(node.clone()), Phase::Run(run.clone()));
    Arc::new(extra.into_iter().fold(scope, |scope, (name, value)| scope.with(name, value)))
}

/// Calls the macro that `materialized` names, in `scope`.
pub fn call_materialization(session: &Session, node: &Node, scope: &Arc<Scope>) -> Result<Value> {
    let name = match node.resource_type {
        ResourceType::Test => "test",
        _ => node.config.materialized(),
    };
    call_named(session, name, node, scope)
}

/// Calls the materialization `name` for `node`.
pub(super) fn call_named(session: &Session, name: &str, node: &Node, scope: &Arc<Scope>) -> Result<Value> {
    let globals = &session.globals;
    let flag = "require_explicit_package_overrides_for_builtin_materializations";
    let packages_may_override = !crate::run::behaviour_flag(globals, flag);
    if packages_may_override && let Some(package) = globals.macros.overriding_package(name) {
        deprecations::overridden_materialization(&globals.events, package, name)?;
    }
    let unique_id = globals.macros.materialization(name, packages_may_override).ok_or_else(|| {
        let error = Error::compilation(format!(
            "No materialization '{name}' was found for adapter duckdb! (searched types 'default' and 'duckdb')"
        ));
        let known = ["view", "table", "incremental", "ephemeral", "external"];
        match did_you_mean(name, known) {
            Some(near) => error.hint(format!("Did you mean `{near}`?")),
            None => error,
        }
    })?;
    check_language(session, node, unique_id)?;
    let label = Subject::Node(Arc::new(node.clone())).label();
    let root = scope.clone().into_value();
    let returned = globals.engine.call_macro_tracked(unique_id, Vec::new(), Vec::new(), root);
    // What the materialization of a test or a function calls counts among the macros that it depends on, as dbt notes it.
    if matches!(node.resource_type, ResourceType::Test | ResourceType::Function) {
        let called = returned.as_ref().map_or_else(|error| &error.way.called, |(_, called)| called).clone();
        if node.resource_type == ResourceType::Test && returned.is_ok() {
            direct::note_called(session, node, &called);
        }
        session.shared.compiled.update(&node.unique_id, |compiled| compiled.macros.extend(called));
    }
    returned.map(|(value, _)| value).map_err(|error| from_jinja(&error, Some(&label)))
}

fn check_language(session: &Session, node: &Node, unique_id: &str) -> Result<()> {
    let known = session.shared.manifest.macros.get(unique_id);
    let Some(supported) = known.and_then(|definition| definition.supported_languages.as_ref()) else { return Ok(()) };
    if supported.contains(&node.language) {
        return Ok(());
    }
    let name = unique_id.rsplit('.').next().unwrap_or(unique_id);
    let languages: Vec<String> = supported.iter().map(|language| format!("'{language}'")).collect();
    Err(Error::runtime(format!(
        "Materialization \"{name}\" only supports languages [{}]; got \"{}\"",
        languages.join(", "),
        node.language
    )))
}

/// The relations that a materialization says it made.
pub(super) fn relations(returned: &Value, node: &Node) -> Result<Vec<Relation>> {
    if returned.as_str().is_some() {
        return Err(Error::compilation(format!(
            "The materialization (\"{}\") did not explicitly return a list of relations to add to the cache.",
            node.config.materialized()
        )));
    }
    let invalid = |what: String| Error::compilation(format!("Invalid return value from materialization, {what}"));
    let Some(list) = returned.get_attr("relations").ok().filter(|list| !crate::jinja::is_undefined(list)) else {
        return Err(match iterate(returned) {
            Ok(keys) => {
                let keys: Vec<String> = keys.iter().map(py_repr).collect();
                invalid(format!("\"relations\" not found, got keys: [{}]", keys.join(", ")))
            }
            Err(_) => invalid(format!("expected a dict with key \"relations\", got: {}", py_str(returned))),
        });
    };
    let items = iterate(&list).map_err(|_| invalid(format!("\"relations\" not a list, got: {}", py_str(&list))))?;
    items
        .iter()
        .map(|item| {
            RelationObject::of(item)
                .cloned()
                .ok_or_else(|| invalid(format!("\"relations\" contains non-Relation: {}", py_str(item))))
        })
        .collect()
}

/// `str(response)`.
fn message(response: &Value) -> String {
    match plain_response(response) {
        Some(map) => map.get("_message").and_then(Json::as_str).unwrap_or_default().to_owned(),
        None => py_str(response),
    }
}

/// The response as run_results shows it, without what is not set.
pub fn adapter_response(response: &Value) -> JsonMap<String, Json> {
    if let Some(known) = ResponseObject::of(response) {
        return response_json(&known.message, known.code.as_deref(), known.rows_affected);
    }
    plain_response(response).unwrap_or_default()
}

/// A response that `store_raw_result` was given, as a map.
fn plain_response(response: &Value) -> Option<JsonMap<String, Json>> {
    if ResponseObject::of(response).is_some() {
        return None;
    }
    match to_json(response).ok()? {
        Json::Object(map) if map.contains_key("_message") => {
            Some(map.into_iter().filter(|(_, value)| !value.is_null()).collect())
        }
        _ => None,
    }
}
