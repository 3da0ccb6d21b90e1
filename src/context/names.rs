//! `generate_database_name`, `generate_schema_name`, `generate_alias_name`: macros that projects override, called once
//! for each node while parsing.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::jinja::Value;
use crate::jinja::value::{from_json, py_str};
use crate::manifest::Node;

use super::errors::from_jinja;
use super::scope::{Globals, Phase, Scope, Subject};

/// Calls `generate_{component}_name(custom, node)`; `component` is `database`, `schema` or `alias`.
///
/// The result is trimmed, as dbt trims it; none where the macro returns none.
///
/// # Errors
/// The macro fails.
pub fn generate_name(
    globals: &Arc<Globals>,
    component: &str,
    node: &Node,
    custom: Option<&str>,
) -> Result<Option<String>> {
    let unique_id = globals
        .macros
        .generate_name(component, &node.package_name)
        .cloned()
        .ok_or_else(|| Error::internal(format!("No macro with name generate_{component}_name found")))?;
    let subject = Subject::macro_of(globals, &unique_id);
    let label = subject.label();
    let scope = Arc::new(Scope::new(globals.clone(), subject, Phase::Names));
    let custom = custom.map_or_else(|| Value::from(()), Value::from);
    let arguments = vec![custom, from_json(&node.to_context_json(None))];
    let value = globals
        .engine
        .call_macro(&unique_id, arguments, Vec::new(), scope.into_value())
        .map_err(|error| from_jinja(&error, Some(&label)))?;
    Ok((!value.is_none()).then(|| py_str(&value).trim().to_owned()))
}
