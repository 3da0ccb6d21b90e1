//! What the foreign keys of a model refer to: `to: ref('customers')` in YAML becomes the relation when the model is
//! compiled, for the DDL and for the manifest.

use std::collections::HashMap;
use std::sync::Arc;

use crate::context::errors::from_jinja;
use crate::context::runtime::NodeRun;
use crate::context::{Globals, Phase, Scope, Subject};
use crate::error::Result;
use crate::manifest::Node;

/// The relation of each `to` of a foreign key, by its text in YAML.
///
/// # Errors
/// The expression refers to what does not exist.
pub(super) fn resolve(globals: &Arc<Globals>, node: &Arc<Node>, run: &Arc<NodeRun>) -> Result<HashMap<String, String>> {
    let Some(model) = node.model() else { return Ok(HashMap::new()) };
    let of_columns = node.columns.values().flat_map(|column| &column.constraints);
    let foreign = of_columns.chain(&model.constraints).filter(|constraint| constraint["type"] == "foreign_key");
    let mut resolved = HashMap::new();
    for to in foreign.filter_map(|constraint| constraint.get("to")?.as_str()).filter(|to| !to.is_empty()) {
        if resolved.contains_key(to) {
            continue;
        }
        let subject = Subject::Node(node.clone());
        let label = subject.label();
        let scope = Arc::new(Scope::new(globals.clone(), subject, Phase::Run(run.clone())));
        // The name alone, whatever `--empty` makes of references.
        let template = format!("{{{{ ({to}).render() }}}}");
        let rendered = globals.engine.render_str(&template, &node.original_file_path, scope.into_value());
        resolved.insert(to.to_owned(), rendered.map_err(|error| from_jinja(&error, Some(&label)))?);
    }
    Ok(resolved)
}
