//! The pointer to the latest version of a model: a view under the model's bare name (or what
//! `generate_latest_version_pointer_alias` says), made anew behind the latest version whenever that is built. A model has
//! one where its `latest_version_pointer` says so, or the project's flag does for all.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::materialize;
use crate::adapter::Relation;
use crate::context::errors::from_jinja;
use crate::context::runtime::NodeRun;
use crate::context::{Phase, Scope, Subject};
use crate::error::{Error, Result};
use crate::jinja::Value;
use crate::jinja::value::py_str;
use crate::manifest::{Node, ResourceType};
use crate::run::behaviour_flag;
use crate::run::session::Session;

/// The macro that names the pointer.
const ALIAS_MACRO: &str = "generate_latest_version_pointer_alias";
/// What comes behind the model's unique id in the pointer's.
const SUFFIX: &str = "__latest_version_pointer";

/// Whether `node` is a latest version that is to have a pointer.
pub fn is_wanted(session: &Session, node: &Node) -> bool {
    if node.resource_type != ResourceType::Model || !node.is_latest_version() {
        return false;
    }
    let setting = node.config.get("latest_version_pointer").and_then(|pointer| pointer.get("enabled"));
    let enabled = setting.and_then(Json::as_bool);
    enabled.unwrap_or_else(|| behaviour_flag(&session.globals, "latest_version_pointer_enabled_by_default"))
}

/// Makes the pointer to `source`, where `node` was built; gives what the view's materialization made.
///
/// # Errors
/// The pointer would have the name of the model itself, or the view cannot be made.
pub fn materialize(
    session: &Session,
    node: &Arc<Node>,
    run: &Arc<NodeRun>,
    source: &Relation,
) -> Result<Vec<Relation>> {
    let alias = alias(session, node, run)?;
    if collides(source, &alias) {
        return Err(Error::runtime(format!(
            "Cannot create latest version pointer: the latest version of '{}' is already aliased to '{alias}'. Set \
             `latest_version_pointer: enabled: false` or remove the conflicting alias.",
            node.name
        )));
    }
    let pointer = pointer(node, alias, source);
    let compiled = &session.shared.compiled;
    compiled.update(&pointer.unique_id, |compiled| compiled.code = Some(pointer.raw_code.clone()));
    let own = NodeRun::new(session.shared.clone(), run.connection.clone());
    let scope = Scope::new(session.globals.clone(), Subject::Node(Arc::new(pointer.clone())), Phase::Run(own));
    let returned = materialize::call_named(session, "view", &pointer, &Arc::new(scope));
    // It is in no manifest, so nothing of it belongs into artifacts.
    compiled.take(&pointer.unique_id);
    materialize::relations(&returned?, &pointer)
}

/// The name of the pointer.
fn alias(session: &Session, node: &Arc<Node>, run: &Arc<NodeRun>) -> Result<String> {
    let setting = node.config.get("latest_version_pointer").and_then(|pointer| pointer.get("alias"));
    let custom = setting.filter(|alias| !alias.is_null()).map(|alias| match alias {
        Json::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    });
    let Some(named_by) = session.globals.macros.anywhere(ALIAS_MACRO) else {
        return Ok(custom.unwrap_or_else(|| node.name.clone()));
    };
    let subject = Subject::Node(node.clone());
    let label = subject.label();
    let root = Arc::new(Scope::new(session.globals.clone(), subject, Phase::Run(run.clone()))).into_value();
    let model = root.get_attr("model").unwrap_or_default();
    let arguments = vec![custom.map_or_else(|| Value::from(()), Value::from), model];
    let called = session.globals.engine.call_macro_tracked(named_by, arguments, Vec::new(), root);
    let (name, _) = called.map_err(|error| from_jinja(&error, Some(&label)))?;
    Ok(py_str(&name).trim().to_owned())
}

/// Quoted names collide as they are written, others whatever their case.
fn collides(source: &Relation, alias: &str) -> bool {
    let name = source.identifier().unwrap_or_default();
    match source.quote_policy.identifier {
        true => name == alias,
        false => name.eq_ignore_ascii_case(alias),
    }
}

/// The node of the view: the model with another name and text, without its hooks and descriptions.
fn pointer(node: &Node, alias: String, source: &Relation) -> Node {
    let mut pointer = node.clone();
    pointer.unique_id.push_str(SUFFIX);
    pointer.alias = alias;
    pointer.relation_name = None;
    pointer.raw_code = format!("select * from {source}").into();
    for (key, empty) in [("pre-hook", json!([])), ("post-hook", json!([])), ("persist_docs", json!({}))] {
        pointer.config.0.insert(key.to_owned(), empty);
    }
    pointer
}
