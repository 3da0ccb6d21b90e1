//! The arguments of a generic test, rendered right before the test is: `model: "{{ get_where_subquery(ref('a')) }}"`,
//! `values: ["{{ var('x') }}"]`, or a bare call such as `ref('b')`.

use std::sync::{Arc, LazyLock};

use fancy_regex::Regex;
use serde_json::{Map as JsonMap, Value as Json};

use crate::context::errors::from_jinja;
use crate::context::runtime::NodeRun;
use crate::context::{Globals, Phase, Scope, Subject};
use crate::error::{NodeLabel, Result};
use crate::jinja::Value;
use crate::jinja::value::{Dict, List, from_json};
use crate::manifest::Node;

/// The name under which a generic test's text finds its arguments.
pub const ARGUMENTS: &str = "_dbt_generic_test_kwargs";

/// What dbt writes around the name of a model that is tested, and the one template that stands for all such texts: compiling
/// a template for each tested model would be a tenth of what compiling a project costs.
const BEFORE_MODEL: &str = "{{ get_where_subquery(ref('";
const AFTER_MODEL: &str = "')) }}";
const TESTED_MODEL: &str = "rdbt_tested_model";
const OF_TESTED_MODEL: &str = "{{ get_where_subquery(ref(rdbt_tested_model)) }}";

static LOOKS_LIKE_CALL: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^\s*(env_var|ref|var|source|doc)\s*\(.+\)\s*$").ok());

/// The arguments of `node` as a dict; none for a node that is no generic test. The macros that they call are added to
/// `called`, also where one fails.
///
/// # Errors
/// An argument's template fails.
pub fn render(
    globals: &Arc<Globals>,
    node: &Arc<Node>,
    run: &Arc<NodeRun>,
    called: &mut Vec<Arc<str>>,
) -> Result<Option<Value>> {
    let Some(test) = node.generic_test() else { return Ok(None) };
    let subject = Subject::Node(node.clone());
    let label = subject.label();
    let mut scope = Scope::new(globals.clone(), subject, Phase::Run(run.clone()));
    if let Some(model) = test.metadata.kwargs.get("model").and_then(Json::as_str).and_then(tested_model) {
        scope = scope.with(TESTED_MODEL, Value::from(model));
    }
    let mut renderer = Renderer { globals, node, scope: Arc::new(scope), label, called };
    renderer.arguments(&test.metadata.kwargs).map(Some)
}

/// The name in `{{ get_where_subquery(ref('name')) }}`, if it stands for itself there.
pub fn tested_model(text: &str) -> Option<&str> {
    let name = text.strip_prefix(BEFORE_MODEL)?.strip_suffix(AFTER_MODEL)?;
    name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ')).then_some(name)
}

struct Renderer<'a> {
    globals: &'a Globals,
    node: &'a Node,
    scope: Arc<Scope>,
    label: NodeLabel,
    called: &'a mut Vec<Arc<str>>,
}

impl Renderer<'_> {
    fn arguments(&mut self, kwargs: &JsonMap<String, Json>) -> Result<Value> {
        let mut pairs = Vec::new();
        for (name, value) in kwargs {
            let rendered = match value {
                // dbt leaves a column's name as it is: it may look like a number.
                Json::String(column) if name == "column_name" => Value::from(column.clone()),
                Json::String(text) if name == "model" && tested_model(text).is_some() => self.text(OF_TESTED_MODEL)?,
                other => self.value(other)?,
            };
            pairs.push((name.clone(), rendered));
        }
        Ok(Dict::from_pairs(pairs))
    }

    fn value(&mut self, value: &Json) -> Result<Value> {
        match value {
            Json::String(text) => self.text(text),
            Json::Array(items) => Ok(List::new(items.iter().map(|item| self.value(item)).collect::<Result<_>>()?)),
            Json::Object(map) => {
                let pairs = map.iter().map(|(key, item)| Ok((key.clone(), self.value(item)?)));
                Ok(Dict::from_pairs(pairs.collect::<Result<Vec<_>>>()?))
            }
            other => Ok(from_json(other)),
        }
    }

    fn text(&mut self, text: &str) -> Result<Value> {
        let is_call = LOOKS_LIKE_CALL.as_ref().is_some_and(|regex| regex.is_match(text).unwrap_or(false));
        let template = if is_call { format!("{{{{ {text} }}}}") } else { text.to_owned() };
        let root = self.scope.clone().into_value();
        let rendered = self.globals.engine.render_native_tracked(&template, &self.node.original_file_path, root);
        let (value, called) = rendered.map_err(|error| {
            self.called.extend_from_slice(&error.way.called);
            from_jinja(&error, Some(&self.label))
        })?;
        self.called.extend(called);
        Ok(value)
    }
}
