//! dbt's functions in templates that are not macros: `ref`, `source`, `env_var`, `log`, `write` and the like, bound to
//! the scope that looked them up.

use std::fmt;
use std::sync::Arc;

use crate::jinja::value::{CLASS_KEY, Class, py_str, type_name};
use crate::jinja::{self, MjError, Object, ObjectRepr, PyError, State, Value};
use crate::manifest::ResourceType;

use super::call::Args;
use super::errors::{raise, raise_compilation};
use super::runtime_config::RuntimeConfig;
use super::scope::{Phase, Scope};
use super::signature::{Signature, Signatures};
use super::{bridge, references, results, runtime, vars};

static SIGNATURES: Signatures = Signatures::of(&[
    Signature("ProviderContext.adapter_macro(self, name, *)"),
    Signature("ProviderContext.env_var(self, var, default?)"),
    Signature("ProviderContext.load_agate_table(self)"),
    Signature("ProviderContext.load_result(self, name)"),
    Signature("ProviderContext.render(self, string)"),
    Signature("ProviderContext.store_raw_result(self, name, message?, code?, rows_affected?, agate_table?)"),
    Signature("ProviderContext.store_result(self, name, response, agate_table?)"),
    Signature("ProviderContext.submit_python_job(self, parsed_model, compiled_code)"),
    Signature("ProviderContext.try_or_compiler_error(self, message_if_exception, func, *)"),
    Signature("ProviderContext.write(self, payload)"),
]);

/// One of them.
#[derive(Debug)]
struct Function {
    scope: Arc<Scope>,
    signature: Signature,
}

/// `ref`, `source`, `metric` and `function`: objects of dbt's that can be called.
#[derive(Debug)]
struct Resolver {
    scope: Arc<Scope>,
    name: &'static str,
}

/// The function called `name`, or nothing.
pub fn lookup(scope: &Arc<Scope>, name: &str) -> Option<Value> {
    if let Some(name) = ["ref", "source", "metric", "function"].into_iter().find(|known| *known == name) {
        return Some(Value::from_object(Resolver { scope: scope.clone(), name }));
    }
    let signature = SIGNATURES.find(name)?;
    Some(Value::from_object(Function { scope: scope.clone(), signature }))
}

impl Object for Function {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = if self.signature.is_method() { "method" } else { "function" };
        (key.as_str()? == CLASS_KEY).then(|| Class::callable("", name).value())
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, MjError> {
        let args = Args::new(args)?;
        self.signature.check(&args)?;
        let scope = &self.scope;
        match self.signature.name() {
            "env_var" => vars::env_var(scope, &args),
            "render" => render(scope, &args),
            "write" => write(scope, &args),
            "store_result" => results::store(scope, &args),
            "store_raw_result" => results::store_raw(scope, &args),
            "load_result" => results::load(scope, &args),
            "load_agate_table" => bridge::load_seed_table(scope),
            "try_or_compiler_error" => try_or_compiler_error(state, &args),
            "submit_python_job" => bridge::submit_python_job(scope, &args),
            _ => Err(raise_compilation(format!(
                "The \"adapter_macro\" macro has been deprecated. Instead, use the `adapter.dispatch` method to find a \
                 macro and call the result.  For more information, see: \
                 https://docs.getdbt.com/reference/dbt-jinja-functions/dispatch) adapter_macro was called for: {}",
                args.get(0, "name").map(|name| py_str(&name)).unwrap_or_default()
            ))),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, address) = (self.signature.qualified(), Arc::as_ptr(self));
        match self.signature.is_method() {
            true => {
                let class = self.scope.context_class();
                let (module, owner) = match class {
                    "SchemaYamlContext" => ("configured", "SchemaYamlContext"),
                    "DocsRuntimeContext" => ("docs", "SchemaYamlContext"),
                    "QueryHeaderContext" => ("query_header", "BaseContext"),
                    "TestContext" | "UnitTestContext" => ("providers", class),
                    _ => ("providers", "ProviderContext"),
                };
                let name = match self.signature.name() {
                    "env_var" => format!("{owner}.env_var"),
                    _ => name.to_owned(),
                };
                write!(f, "<bound method {name} of <dbt.context.{module}.{class} object at {address:p}>>")
            }
            false => write!(f, "<function {name} at {address:p}>"),
        }
    }
}

impl Resolver {
    fn class(&self) -> Class {
        let parsing = !matches!(self.scope.phase, Phase::Run(_));
        let class = self.scope.context_class();
        let name = match (self.name, parsing) {
            ("ref", true) => "ParseRefResolver",
            ("ref", false) if class == "MacroContext" => "OperationRefResolver",
            ("ref", false) if class == "UnitTestContext" => "RuntimeUnitTestRefResolver",
            ("source", false) if class == "UnitTestContext" => "RuntimeUnitTestSourceResolver",
            ("ref", false) => "RuntimeRefResolver",
            ("source", true) => "ParseSourceResolver",
            ("source", false) => "RuntimeSourceResolver",
            ("metric", true) => "ParseMetricResolver",
            ("metric", false) => "RuntimeMetricResolver",
            (_, true) => "ParseFunctionResolver",
            (_, false) => "RuntimeFunctionResolver",
        };
        Class::callable("dbt.context.providers", name)
    }
}

impl Object for Resolver {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            CLASS_KEY => Some(self.class().value()),
            "config" => Some(RuntimeConfig::of_root(&self.scope)),
            "current_project" => Some(Value::from(self.scope.globals.project.root.name.clone())),
            _ => None,
        }
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, MjError> {
        let args = Args::new(args)?;
        match self.name {
            "ref" => references::call_ref(&self.scope, &args),
            "source" => references::call_source(&self.scope, &args),
            "metric" => references::call_named(&self.scope, ResourceType::Metric, &args),
            _ => references::call_named(&self.scope, ResourceType::Function, &args),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.class().write(f, self)
    }
}

fn render(scope: &Arc<Scope>, args: &Args) -> Result<Value, MjError> {
    let given = args.require("render", 0, "string")?;
    let Some(text) = given.as_str() else {
        return match crate::jinja::value::iterate(&given) {
            // Jinja2 compiles the text of whatever it is given.
            Err(_) => Ok(Value::from(py_str(&given))),
            Ok(_) => Err(PyError::type_error(format!("Can't compile non template nodes: {}", type_name(&given)))),
        };
    };
    let path = scope.subject.label().path;
    let rendered = scope.globals.engine.render_str(text, &path, scope.clone().into_value());
    rendered.map(Value::from).map_err(|error| raise(super::errors::from_jinja(&error, None)))
}

fn write(scope: &Scope, args: &Args) -> Result<Value, MjError> {
    let payload = args.text("write", 0, "payload")?;
    if scope.subject.node().is_none() {
        return Err(raise_compilation("cannot \"write\" macros or sources"));
    }
    write_payload(scope, &payload).map_err(raise)?;
    Ok(Value::from(""))
}

/// `write(payload)`: a node's text goes to `target/run`, while it runs.
///
/// # Errors
/// The file cannot be written.
pub fn write_payload(scope: &Scope, payload: &str) -> crate::error::Result<()> {
    let Some((node, run)) = scope.subject.node().zip(scope.run()) else { return Ok(()) };
    let project = &scope.globals.project;
    let path = project.target_path.join("run").join(runtime::write_path(node, run.batch.as_ref()));
    runtime::write_text(&path, payload)?;
    let shown = path.strip_prefix(&project.root.root).unwrap_or(&path).to_string_lossy().into_owned();
    run.shared.compiled.update(&node.unique_id, |compiled| compiled.build_path = Some(shown));
    Ok(())
}

fn try_or_compiler_error(state: &mut State<'_, '_>, args: &Args) -> Result<Value, MjError> {
    let message = args.text("try_or_compiler_error", 0, "message_if_exception")?;
    let function = args.require("try_or_compiler_error", 1, "func")?;
    let mut rest: Vec<Value> = args.positional.iter().skip(2).cloned().collect();
    if !args.keywords.is_empty() {
        rest.push(jinja::Kwargs::from_iter(args.keywords.iter().cloned()).into());
    }
    function.call(state, &rest).map_err(|_| raise_compilation(message))
}
