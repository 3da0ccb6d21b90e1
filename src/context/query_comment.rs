//! The comment in front of every statement: dbt's default, or the project's `query-comment` template.

use std::sync::Arc;

use crate::error::Result;
use crate::jinja::value::{from_json, py_str};
use crate::jinja::{Value, macros_in_file};
use crate::manifest::{Node, SourceDefinition};

use super::database::{QueryComment, default_query_comment};
use super::errors::from_jinja;
use super::scope::{Globals, Phase, Scope, Subject};
use crate::project::DBT_VERSION;

/// What sends statements.
#[derive(Debug, Clone, Copy)]
pub enum Sender<'a> {
    /// A node.
    Node(&'a Node),
    /// A source whose freshness is checked.
    Source(&'a SourceDefinition),
}

impl Sender<'_> {
    fn unique_id(&self) -> &str {
        match self {
            Sender::Node(node) => &node.unique_id,
            Sender::Source(source) => &source.unique_id,
        }
    }

    fn value(&self) -> Value {
        match self {
            Sender::Node(node) => from_json(&node.to_context_json(None)),
            Sender::Source(source) => from_json(&source.to_json()),
        }
    }
}

/// The comment of statements that `sender` sends, or of the connection called `connection_name` outside a node.
///
/// # Errors
/// The project's template fails, or what it renders would end the SQL comment.
pub fn query_comment(
    globals: &Arc<Globals>,
    connection_name: &str,
    sender: Option<Sender<'_>>,
) -> Result<QueryComment> {
    let configured = &globals.project.root.query_comment;
    let text = match &configured.comment {
        Some(template) if template.is_empty() => String::new(),
        Some(template) => render(globals, template, connection_name, sender)?,
        None => {
            let target = &globals.project.target;
            let sender = sender.as_ref().map(Sender::unique_id);
            default_query_comment(DBT_VERSION, &target.profile_name, &target.name, sender, connection_name)
        }
    };
    QueryComment::new(&text, configured.append)
}

/// The project's template is the body of a macro, so that it may end in `return()`.
fn render(globals: &Arc<Globals>, template: &str, connection_name: &str, sender: Option<Sender<'_>>) -> Result<String> {
    let package = globals.project.root.name.clone();
    let name = "query_comment_macro".to_owned();
    let unique_id = format!("macro.{package}.{name}");
    if globals.engine.macro_proxy(&unique_id).is_none() {
        let source = format!("{{%- macro {name}(connection_name, node) -%}}\n{template}\n{{% endmacro %}}");
        let found = macros_in_file(&source, "dbt_project.yml", &package).map_err(|error| from_jinja(&error, None))?;
        for mut definition in found.macros {
            definition.unique_id.clone_from(&unique_id);
            globals.engine.add_macro(Arc::new(definition));
        }
    }
    let node = sender.map_or_else(|| Value::from(()), |sender| sender.value());
    let subject = Subject::Macro { path: unique_id.clone(), unique_id: unique_id.clone(), name, package };
    let scope = Arc::new(Scope::new(globals.clone(), subject, Phase::Header));
    let arguments = vec![Value::from(connection_name), node];
    let rendered = globals.engine.call_macro(&unique_id, arguments, Vec::new(), scope.into_value());
    rendered.map(|value| py_str(&value)).map_err(|error| from_jinja(&error, None))
}
