//! Python models are checked by Python before anything is read from them. The answer is remembered with the renders, so that
//! a command starts Python only for files that have changed.

use super::cx::Cx;
use crate::adapter::python::{ModelCheck, check_model};
use crate::error::{Error, Result};
use crate::manifest::Node;
use crate::yaml::Node as YamlNode;

/// Checks the text of a Python model; gives whether the model returns one value, as it has to.
///
/// # Errors
/// It is no Python; the text is dbt's, which is Python's.
pub fn returns_one(cx: &Cx, node: &Node) -> Result<bool> {
    if cx.renders.remembers_as_python(&node.raw_code) {
        return Ok(true);
    }
    let target = &cx.project().target;
    let named = target.credentials.get("python_interpreter").and_then(YamlNode::as_str);
    match check_model(named, &cx.project().root.root, &node.original_file_path, &node.raw_code) {
        ModelCheck::Fine => {
            cx.renders.remember_as_python(&node.raw_code);
            Ok(true)
        }
        ModelCheck::Returns => Ok(false),
        ModelCheck::Syntax(complaint) => {
            Err(Error::parsing(complaint).hint(format!("The model is in {}.", node.original_file_path)))
        }
    }
}
