//! Properties of user-defined functions. A function may have overloads: other signatures, whose bodies are in files of their
//! own. Those files are no functions by themselves; what they say belongs to the function that lists them.

use serde_json::{Map as JsonMap, Value as Json, json};

use super::Loader;
use super::patch::list;
use super::shape::{Check, Type, check, require};
use crate::error::{Error, Result};
use crate::manifest::{Node, NodeKind};
use crate::parse::functions;

/// Checks what an entry says of a signature.
///
/// # Errors
/// The first field that is missing or of a wrong type.
pub fn check_function(data: &JsonMap<String, Json>) -> Check {
    require(data, "", "returns")?;
    check_signature(data, "")?;
    check(data, "", "overloads", Type::Objects)?;
    for (at, overload) in list(data, "overloads").iter().filter_map(Json::as_object).enumerate() {
        let place = format!("['overloads'][{at}]");
        require(overload, &place, "defined_in")?;
        check(overload, &place, "defined_in", Type::String)?;
        check_signature(overload, &place)?;
        check(overload, &place, "description", Type::OptString)?;
    }
    Ok(())
}

fn check_signature(data: &JsonMap<String, Json>, place: &str) -> Check {
    check(data, place, "arguments", Type::Objects)?;
    for (at, argument) in list(data, "arguments").iter().filter_map(Json::as_object).enumerate() {
        let place = format!("{place}['arguments'][{at}]");
        for name in ["name", "data_type"] {
            require(argument, &place, name)?;
            check(argument, &place, name, Type::String)?;
        }
        check(argument, &place, "description", Type::OptString)?;
    }
    let Some(returns) = data.get("returns").and_then(Json::as_object) else { return Ok(()) };
    let place = format!("{place}['returns']");
    require(returns, &place, "data_type")?;
    check(returns, &place, "data_type", Type::String)
}

/// `arguments` and `returns` of a function's entry, with dbt's keys.
pub fn function_fields(data: &JsonMap<String, Json>) -> JsonMap<String, Json> {
    functions::described(arguments(data), returns(data.get("returns")))
}

fn of(value: Option<&Json>, key: &str) -> Json {
    value.and_then(|value| value.get(key)).cloned().unwrap_or(Json::Null)
}

fn arguments(data: &JsonMap<String, Json>) -> Json {
    let argument = |argument: &Json| {
        let argument = Some(argument);
        json!({
            "name": of(argument, "name"),
            "data_type": of(argument, "data_type"),
            "description": of(argument, "description"),
            "default_value": of(argument, "default_value"),
        })
    };
    list(data, "arguments").iter().map(argument).collect()
}

fn returns(given: Option<&Json>) -> Json {
    json!({"data_type": of(given, "data_type"), "description": of(given, "description")})
}

impl Loader<'_> {
    /// Takes the functions that an entry lists as overloads out of the manifest and puts them on the function that the entry
    /// describes, if it is there.
    ///
    /// # Errors
    /// A function overloads itself, or there is no file for an overload, or another function has taken it.
    pub(super) fn absorb_overloads(&mut self, data: &JsonMap<String, Json>, package: &str) -> Result<()> {
        let name = data.get("name").and_then(Json::as_str).unwrap_or_default();
        let root_id = format!("function.{package}.{name}");
        let overloads: Vec<&JsonMap<String, Json>> =
            list(data, "overloads").iter().filter_map(Json::as_object).collect();
        if overloads.is_empty() || !self.manifest.functions.contains_key(&root_id) {
            return Ok(());
        }
        let mut absorbed = Vec::new();
        for overload in overloads {
            let node = self.take_overload(name, &root_id, overload, package)?;
            absorbed.push(json!({
                "defined_in": overload.get("defined_in"),
                "arguments": arguments(overload),
                "returns": overload.get("returns").filter(|given| !given.is_null()).map(|given| returns(Some(given))),
                "description": overload.get("description"),
                "raw_body": node.raw_code,
                "compiled_body": null,
            }));
            if let Some(root) = self.manifest.functions.get_mut(&root_id) {
                merge_references(root, &node);
            }
        }
        if let Some(NodeKind::Function(fields)) = self.manifest.functions.get_mut(&root_id).map(|root| &mut root.kind) {
            fields.insert("overloads".to_owned(), Json::Array(absorbed));
        }
        Ok(())
    }

    fn take_overload(
        &mut self,
        name: &str,
        root_id: &str,
        overload: &JsonMap<String, Json>,
        package: &str,
    ) -> Result<Box<Node>> {
        let file = overload.get("defined_in").and_then(Json::as_str).unwrap_or_default();
        if file == name {
            return Err(Error::parsing(format!(
                "Function '{name}' cannot list itself in overloads (defined_in: '{file}')."
            )));
        }
        if let Some(node) = self.manifest.functions.shift_remove(&format!("function.{package}.{file}")) {
            self.overloads.insert(file.to_owned(), root_id.to_owned());
            return Ok(node);
        }
        Err(Error::parsing(match self.overloads.get(file) {
            Some(owner) => format!(
                "Function overload '{file}' (defined_in) is already used by '{owner}'. Each overload file can only belong \
                 to one root function."
            ),
            None => format!(
                "Function overload '{file}' (defined_in) not found. Expected a SQL file at functions/{file}.sql"
            ),
        }))
    }
}

/// What the body of an overload refers to has to be there before the function is made.
fn merge_references(root: &mut Node, overload: &Node) {
    fn add<T: Clone + PartialEq>(known: &mut Vec<T>, more: &[T]) {
        for one in more {
            if !known.contains(one) {
                known.push(one.clone());
            }
        }
    }
    add(&mut root.refs, &overload.refs);
    add(&mut root.sources, &overload.sources);
    add(&mut root.functions, &overload.functions);
}
