//! Python models are not rendered: their calls of `dbt.ref`, `dbt.source`, `dbt.config` and `dbt.config.get` are read
//! from the text, and may have literal arguments only. Mirrors `parse_python_model` of dbt.

use serde_json::{Map as JsonMap, Value as Json, json};

use super::config::join_call;
use super::cx::Cx;
use super::docs::has_jinja;
use super::nodes::{configure, in_node};
use super::python;
use super::python_check;
use super::python_literals::Scanner;
use crate::error::{Error, Result};
use crate::manifest::{Node, RefArgs};

/// A call such as `dbt.ref("a", v=1)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// `ref`, `source`, `config`, `get` or `meta_get`.
    pub function: String,
    /// Positional arguments.
    pub positional: Vec<Json>,
    /// Keyword arguments.
    pub keywords: JsonMap<String, Json>,
}

/// Reads the calls of a Python model and configures it.
///
/// # Errors
/// The file has Jinja in it, does not define exactly one `model(dbt, session)`, or calls with arguments that are no
/// literals.
pub fn parse(cx: &Cx, node: &mut Node) -> Result<()> {
    let source = node.raw_code.clone();
    if has_jinja(&source) {
        return Err(in_node(Error::parsing("No jinja in python model code is allowed"), node));
    }
    let returns_one = python_check::returns_one(cx, node)?;
    let calls = Scanner::new(&source, returns_one).and_then(Scanner::calls).map_err(|error| in_node(error, node))?;
    let mut used = KeysUsed::default();
    for call in calls {
        take_call(node, &mut used, call).map_err(|error| in_node(error, node))?;
    }
    if !used.config.is_empty() || !used.meta.is_empty() {
        join_call(&mut node.config_call, used.into_config())?;
    }
    configure(cx, node, None, None)
}

/// Keys that the model reads at run time, with their defaults; the materialization hands the values over.
#[derive(Default)]
struct KeysUsed {
    config: Vec<(Json, Json)>,
    meta: Vec<(Json, Json)>,
}

impl KeysUsed {
    fn into_config(self) -> JsonMap<String, Json> {
        let (config_keys, config_defaults): (Vec<Json>, Vec<Json>) = self.config.into_iter().unzip();
        let (meta_keys, meta_defaults): (Vec<Json>, Vec<Json>) = self.meta.into_iter().unzip();
        JsonMap::from_iter([
            ("config_keys_used".to_owned(), json!(config_keys)),
            ("config_keys_defaults".to_owned(), json!(config_defaults)),
            ("meta_keys_used".to_owned(), json!(meta_keys)),
            ("meta_keys_defaults".to_owned(), json!(meta_defaults)),
        ])
    }
}

fn take_call(node: &mut Node, used: &mut KeysUsed, call: Call) -> Result<()> {
    match call.function.as_str() {
        "ref" => node.refs.push(ref_of(&call)?),
        "source" => match call.positional.as_slice() {
            [source, table] => node.sources.push([python::text(source), python::text(table)]),
            other => {
                return Err(Error::compilation(format!(
                    "source() takes exactly two arguments ({} given)",
                    other.len()
                )));
            }
        },
        "config" => join_call(&mut node.config_call, call.keywords)?,
        reader => {
            let name = if reader == "get" { "dbt.config.get()" } else { "dbt.config.meta_get()" };
            let (key, default) = match call.positional.as_slice() {
                [] => return Err(Error::parsing(format!("{name} requires at least one argument"))),
                [key] => (key.clone(), Json::Null),
                [key, default] => (key.clone(), default.clone()),
                more => {
                    return Err(Error::parsing(format!("{name} takes at most 2 arguments ({} given)", more.len())));
                }
            };
            if reader == "get" { used.config.push((key, default)) } else { used.meta.push((key, default)) }
        }
    }
    Ok(())
}

fn ref_of(call: &Call) -> Result<RefArgs> {
    let version = call.keywords.get("version").or_else(|| call.keywords.get("v")).filter(|v| !v.is_null()).cloned();
    match call.positional.as_slice() {
        [name] => Ok(RefArgs { name: python::text(name), package: None, version }),
        [package, name] => Ok(RefArgs { name: python::text(name), package: Some(python::text(package)), version }),
        other => Err(Error::compilation(format!("ref() takes at most two arguments ({} given)", other.len()))),
    }
}
