//! What templates in YAML files see: `var`, `env_var`, `target` and dbt's helpers, but no macros, no `ref`, no
//! `config`. Descriptions see `doc()` besides. Mirrors dbt's `SchemaYamlContext` and `DocsRuntimeContext`.

use std::fmt;
use std::sync::Arc;

use crate::context::errors::{from_jinja, raise};
use crate::context::{Globals, Phase, Scope, Subject};
use crate::error::{Error, Result};
use crate::jinja::value::{CLASS_KEY, Class, py_str};
use crate::jinja::{MjError, Object, ObjectRepr, Rest, State, Value};
use crate::parse::docs::{DocLookup, has_jinja};

/// The root object for templates in YAML files of one package.
pub struct YamlScope {
    scope: Arc<Scope>,
}

impl fmt::Debug for YamlScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("YamlScope")
    }
}

impl YamlScope {
    /// A root object for `package`.
    pub fn new(globals: &Arc<Globals>, package: &str) -> Arc<Self> {
        Arc::new(YamlScope { scope: Arc::new(scope_of(globals, package)) })
    }

    /// A root object that offers `doc()` to the description of `unique_id` in `package`.
    pub fn with_docs(globals: &Arc<Globals>, package: &str, unique_id: &str, docs: &Arc<DocLookup>) -> Arc<Self> {
        let doc = DocFunction { docs: docs.clone(), package: package.to_owned(), unique_id: unique_id.to_owned() };
        let scope = scope_of(globals, package).with("doc", Value::from_object(doc));
        Arc::new(YamlScope { scope: Arc::new(scope) })
    }

    /// Renders a text natively: `{{ true }}` stays text, `{{ true | as_bool }}` is a truth value.
    ///
    /// # Errors
    /// The template fails.
    pub fn native(self: &Arc<Self>, text: &str, path: &str) -> Result<Value> {
        let engine = &self.scope.globals.engine;
        engine
            .render_native(text, path, self.scope.clone().into_value())
            .map_err(|error| without_advice(from_jinja(&error, None)))
    }

    /// Renders a text as text; what has no template in it is left as it is.
    ///
    /// # Errors
    /// The template fails.
    pub fn text(self: &Arc<Self>, text: &str, path: &str) -> Result<String> {
        if !has_jinja(text) {
            return Ok(text.to_owned());
        }
        let engine = &self.scope.globals.engine;
        engine.render_str(text, path, self.scope.clone().into_value()).map_err(|error| from_jinja(&error, None))
    }
}

/// Macros are never visible here, so the advice to look for a missing package would mislead.
fn without_advice(mut error: Error) -> Error {
    if let Some((message, _)) = error.message.split_once(". This can happen when calling a macro that does not exist") {
        error.message = message.to_owned();
    }
    error
}

fn scope_of(globals: &Arc<Globals>, package: &str) -> Scope {
    let subject = Subject::Macro {
        unique_id: "<Configuration>".to_owned(),
        name: "<Configuration>".to_owned(),
        package: package.to_owned(),
        path: "<Configuration>".to_owned(),
    };
    Scope::new(globals.clone(), subject, Phase::Yaml)
}

/// `doc('name')` and `doc('package', 'name')`.
#[derive(Debug)]
struct DocFunction {
    docs: Arc<DocLookup>,
    package: String,
    unique_id: String,
}

impl Object for DocFunction {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str()? == CLASS_KEY).then(|| Class::callable("", "method").value())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = Arc::as_ptr(self);
        write!(
            f,
            "<bound method DocsRuntimeContext.doc of <dbt.context.docs.DocsRuntimeContext object at {address:p}>>"
        )
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> std::result::Result<Value, MjError> {
        let (arguments,): (Rest<Value>,) = minijinja::value::from_args(args)?;
        let names: Vec<String> = arguments.iter().map(py_str).collect();
        let (package, name) = match names.as_slice() {
            [name] => (None, name),
            [package, name] => (Some(package.as_str()), name),
            other => {
                return Err(raise(Error::compilation(format!(
                    "doc() takes at most two arguments ({} given)",
                    other.len()
                ))));
            }
        };
        match self.docs.find(&self.package, package, name) {
            Some((_, text)) => Ok(Value::from(text.clone())),
            None => {
                let place = package.map(|package| format!("in package '{package}' ")).unwrap_or_default();
                Err(raise(Error::compilation(format!(
                    "Documentation for '{}' depends on doc '{name}' {place} which was not found",
                    self.unique_id
                ))))
            }
        }
    }
}
