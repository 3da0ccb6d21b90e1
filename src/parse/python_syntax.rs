//! Python models are checked by Python before anything is read from them. The answer is remembered with the renders, so that
//! a command starts Python only for files that have changed.

use super::cx::Cx;
use crate::adapter::python::syntax_error;
use crate::error::{Error, Result};
use crate::manifest::Node;
use crate::yaml::Node as YamlNode;

/// Checks the text of a Python model.
///
/// # Errors
/// It is no Python; the text is dbt's, which is Python's.
pub fn check(cx: &Cx, node: &Node) -> Result<()> {
    if cx.renders.remembers_as_python(&node.raw_code) {
        return Ok(());
    }
    let target = &cx.project().target;
    let named = target.credentials.get("python_interpreter").and_then(YamlNode::as_str);
    match syntax_error(named, &cx.project().root.root, &node.original_file_path, &node.raw_code) {
        None => {
            cx.renders.remember_as_python(&node.raw_code);
            Ok(())
        }
        Some(complaint) => Err(Error::parsing(complaint).hint(format!("The model is in {}.", node.original_file_path))),
    }
}
