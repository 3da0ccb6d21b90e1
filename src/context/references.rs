//! `ref`, `source`, `metric` and `function`: recorded while parsing, resolved to relations while running.

use std::sync::Arc;

use crate::error::{Error, ErrorKind};
use crate::events::{Event, Level};
use crate::jinja::value::{to_json, type_name};
use crate::jinja::{MjError, Value};
use crate::manifest::lookup::Found;
use crate::manifest::node::version_text;
use crate::manifest::{Node, RefArgs, ResourceType};

use super::call::Args;
use super::errors::{raise, raise_compilation};
use super::relations;
use super::runtime::NodeRun;
use super::scope::{Phase, Scope, Subject};

/// `ref(name)`, `ref(package, name)`, with `version=` or `v=`.
pub fn call_ref(scope: &Arc<Scope>, args: &Args) -> Result<Value, MjError> {
    let reference = ref_args(args)?;
    match &scope.phase {
        Phase::Parse(capture) => {
            capture.record(|captured| captured.refs.push(reference));
            relations::this(scope)
        }
        Phase::Names | Phase::Yaml | Phase::Header => relations::this(scope),
        Phase::Run(run) => resolve_ref(scope, run, &reference),
    }
}

fn ref_args(args: &Args) -> Result<RefArgs, MjError> {
    let (package, name) = match args.positional.as_slice() {
        [name] => (None, name.clone()),
        [package, name] => (Some(package.clone()), name.clone()),
        other => {
            return Err(raise_compilation(format!("ref() takes at most two arguments ({} given)", other.len())));
        }
    };
    let Some(name) = name.as_str().map(str::to_owned) else {
        return Err(raise_compilation(format!(
            "The name argument to ref() must be a string, got <class '{}'>",
            type_name(&name)
        )));
    };
    let package = match package {
        None => None,
        Some(value) if value.is_none() => None,
        Some(value) => Some(value.as_str().map(str::to_owned).ok_or_else(|| {
            raise_compilation(format!(
                "The package argument to ref() must be a string or None, got <class '{}'>",
                type_name(&value)
            ))
        })?),
    };
    let version = args
        .keyword("version")
        .filter(|value| value.is_true())
        .or_else(|| args.keyword("v"))
        .filter(|value| value.is_true())
        .map(|value| to_json(&value))
        .transpose()?;
    Ok(RefArgs { name, package, version })
}

fn resolve_ref(scope: &Arc<Scope>, run: &Arc<NodeRun>, reference: &RefArgs) -> Result<Value, MjError> {
    let manifest = &run.shared.manifest;
    let found = manifest.resolve_ref(
        scope.subject.package(),
        &reference.name,
        reference.package.as_deref(),
        reference.version.as_ref(),
    );
    let target = match found {
        Found::One(node) => node,
        Found::Ambiguous(ids) => return Err(ambiguous(&reference.name, &ids)),
        Found::Disabled => return Err(not_found(scope, "node", reference, true)),
        Found::Missing => return Err(not_found(scope, "node", reference, false)),
    };
    check_access(scope, target)?;
    check_declared(scope, target, reference)?;
    if reference.version.is_none() {
        tell_of_prerelease(scope, run, target);
    }
    if target.is_ephemeral() {
        if matches!(scope.subject, Subject::Macro { .. }) || is_operation(scope) {
            return Err(raise_compilation(format!(
                "Operations can not ref() ephemeral nodes, but {} is ephemeral",
                target.name
            )));
        }
        run.add_cte(&target.unique_id);
    }
    relations::of_node(scope, run, target)
}

/// Says that a name without a version stands for one that is not the newest.
fn tell_of_prerelease(scope: &Scope, run: &NodeRun, target: &Node) {
    let Some(version) = target.model().and_then(|model| model.version.as_ref()) else { return };
    let (Some(node), Some(newest)) = (scope.subject.node(), run.shared.manifest.prerelease(target)) else { return };
    if node.resource_type == ResourceType::SqlOperation {
        return;
    }
    let (name, package) = (&target.name, &target.package_name);
    let (version, newest) = (version_text(version), version_text(newest));
    let message = format!(
        "While compiling '{}':\nFound an unpinned reference to versioned model '{name}' in project '{package}'.\nResolving \
         to latest version: {name}.v{version}\nA prerelease version {newest} is available. It has not yet been marked \
         'latest' by its maintainer.\nWhen that happens, this reference will resolve to {name}.v{newest} instead.\n\n  Try \
         out v{newest}: {{{{ ref('{package}', '{name}', v='{newest}') }}}}\n  Pin to  v{version}: {{{{ ref('{package}', \
         '{name}', v='{version}') }}}}\n",
        node.name
    );
    let event = Event::new("UnpinnedRefNewVersionAvailable", "I064", Level::Info, message)
        .with("node_info", scope.node_info())
        .with("ref_node_name", name.as_str())
        .with("ref_node_package", package.as_str())
        .with("ref_node_version", version)
        .with("ref_max_version", newest);
    scope.globals.events.emit(event);
}

fn is_operation(scope: &Scope) -> bool {
    scope.subject.node().is_some_and(|node| node.resource_type == ResourceType::Operation)
}

/// dbt refuses a `ref()` at run time that it did not see while parsing: the graph would lack the edge.
fn check_declared(scope: &Scope, target: &Node, reference: &RefArgs) -> Result<(), MjError> {
    let Some(node) = scope.subject.node() else { return Ok(()) };
    let unchecked = matches!(node.resource_type, ResourceType::Operation | ResourceType::SqlOperation);
    if unchecked || node.depends_on.nodes.contains(&target.unique_id) {
        return Ok(());
    }
    let quoted = reference.package.iter().chain([&reference.name]).map(|part| format!("'{part}'"));
    let mut written = quoted.collect::<Vec<_>>().join(", ");
    if let Some(version) = &reference.version {
        written.push_str(&format!(",version='{}'", version_text(version)));
    }
    Err(raise_compilation(format!(
        "dbt was unable to infer all dependencies for the model \"{0}\".\nThis typically happens when ref() is placed \
         within a conditional block.\n\nTo fix this, add the following hint to the top of the model \"{0}\":\n\n-- \
         depends_on: {{{{ ref({written}) }}}}",
        node.name
    )))
}

fn check_access(scope: &Scope, target: &Node) -> Result<(), MjError> {
    let (Some(node), Some(model)) = (scope.subject.node(), target.model()) else { return Ok(()) };
    if node.resource_type == ResourceType::SqlOperation {
        return Ok(());
    }
    let foreign = node.package_name != target.package_name
        && scope.globals.project.packages.get(&target.package_name).is_some_and(|package| package.restrict_access);
    let private = model.access == "private" && (node.group.is_none() || node.group != target.group || foreign);
    let protected = model.access == "protected" && foreign;
    if !private && !protected {
        return Ok(());
    }
    let (access, owner, kind) = if private {
        ("private", target.group.clone().unwrap_or_default(), "group")
    } else {
        ("protected", target.package_name.clone(), "package")
    };
    Err(raise(Error::new(
        ErrorKind::Parsing,
        format!(
            "Node {} attempted to reference node {}, which is not allowed because the referenced node is {access} to \
             the '{owner}' {kind}.",
            node.unique_id, target.unique_id
        ),
    )))
}

fn ambiguous(name: &str, ids: &[String]) -> MjError {
    let packages: Vec<&str> = ids.iter().map(|id| id.split('.').nth(1).unwrap_or_default()).collect();
    raise_compilation(format!(
        "When referencing '{name}', dbt found nodes in multiple packages: '{}'\nTo fix this, use two-argument 'ref', \
         with the package name first: '{}'",
        ids.join("', '"),
        packages.join("' or '")
    ))
}

/// A type of resource as dbt's messages begin with it: `Model`, `Sql_Operation`.
fn titled(resource_type: &str) -> String {
    let words = resource_type.split('_').map(|word| {
        let mut word = word.to_owned();
        if let Some(first) = word.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        word
    });
    words.collect::<Vec<_>>().join("_")
}

fn not_found(scope: &Scope, kind: &str, reference: &RefArgs, disabled: bool) -> MjError {
    let label = scope.subject.label();
    let title = titled(&label.resource_type);
    let version = reference.version.as_ref().map(|version| format!("with version '{}' ", version_text(version)));
    let package = reference.package.as_ref().map(|package| format!("in package or project '{package}' "));
    raise_compilation(format!(
        "{title} '{}' ({}) depends on a {kind} named '{}' {}{}which {}",
        scope.subject.unique_id(),
        label.path,
        reference.name,
        version.unwrap_or_default(),
        package.unwrap_or_default(),
        if disabled { "is disabled" } else { "was not found" }
    ))
}

/// `source(source_name, table_name)`.
pub fn call_source(scope: &Arc<Scope>, args: &Args) -> Result<Value, MjError> {
    let [source_name, table] = args.positional.as_slice() else {
        return Err(raise_compilation(format!(
            "source() takes exactly two arguments ({} given)",
            args.positional.len()
        )));
    };
    let (Some(source_name), Some(table)) = (source_name.as_str(), table.as_str()) else {
        let (which, bad) = match source_name.as_str() {
            None => ("source name (first)", source_name),
            Some(_) => ("table name (second)", table),
        };
        return Err(raise_compilation(format!(
            "The {which} argument to source() must be a string, got <class '{}'>",
            type_name(bad)
        )));
    };
    match &scope.phase {
        Phase::Parse(capture) => {
            capture.record(|captured| captured.sources.push([source_name.to_owned(), table.to_owned()]));
            relations::this(scope)
        }
        Phase::Names | Phase::Yaml | Phase::Header => relations::this(scope),
        Phase::Run(run) => match run.shared.manifest.resolve_source(scope.subject.package(), source_name, table) {
            Found::One(source) => match fixture_of(scope, run, &source.unique_id) {
                Some(fixture) => {
                    run.add_cte(&fixture.unique_id);
                    relations::of_node(scope, run, fixture)
                }
                None => relations::of_source(scope, run, source),
            },
            other => {
                let disabled = matches!(other, Found::Disabled);
                let reference = RefArgs { name: format!("{source_name}.{table}"), ..RefArgs::default() };
                Err(not_found(scope, "source", &reference, disabled))
            }
        },
    }
}

/// What stands for a source in a unit test.
fn fixture_of<'a>(scope: &Scope, run: &'a NodeRun, source: &str) -> Option<&'a Node> {
    scope.subject.node()?.unit_test()?;
    run.shared.manifest.nodes.get(source).map(|fixture| &**fixture)
}

/// `metric(name)` and `function(name)`, each also with a package before the name.
pub fn call_named(scope: &Arc<Scope>, kind: ResourceType, args: &Args) -> Result<Value, MjError> {
    let word = kind.as_str();
    let parts = names(word, args)?;
    match &scope.phase {
        Phase::Parse(capture) => {
            capture.record(|captured| match kind {
                ResourceType::Metric => captured.metrics.push(parts.clone()),
                _ => captured.functions.push(parts.clone()),
            });
            relations::this(scope)
        }
        Phase::Names | Phase::Yaml | Phase::Header => relations::this(scope),
        Phase::Run(run) if kind == ResourceType::Function => {
            let name = parts.last().cloned().unwrap_or_default();
            let wanted = (parts.len() == 2).then(|| parts[0].clone());
            let found =
                run.shared.manifest.functions.values().find(|node| {
                    node.name == name && wanted.as_ref().is_none_or(|package| *package == node.package_name)
                });
            match found {
                Some(node) => relations::of_function(scope, run, node),
                None => Err(not_found(scope, word, &RefArgs { name, package: wanted, version: None }, false)),
            }
        }
        Phase::Run(run) => {
            let name = parts.last().cloned().unwrap_or_default();
            let package = (parts.len() == 2).then(|| parts[0].clone());
            let known = run.shared.manifest.metrics.values().any(|metric| {
                metric["name"] == name.as_str()
                    && package.as_ref().is_none_or(|wanted| metric["package_name"] == wanted.as_str())
            });
            match known {
                true => Ok(Value::from(name)),
                false => Err(metric_not_found(scope, &name)),
            }
        }
    }
}

fn metric_not_found(scope: &Scope, name: &str) -> MjError {
    let label = scope.subject.label();
    raise_compilation(format!(
        "{} '{}' ({}) depends on a metric named '{name}' which was not found or is disabled",
        titled(&label.resource_type),
        scope.subject.unique_id(),
        label.path
    ))
}

/// A name, or a package and a name. dbt's message for a wrong number of arguments speaks of `ref()` for functions too.
fn names(word: &str, args: &Args) -> Result<Vec<String>, MjError> {
    let given = args.positional.as_slice();
    if !matches!(given.len(), 1 | 2) {
        let called = if word == "function" { "ref" } else { word };
        return Err(raise_compilation(format!("{called}() takes at most two arguments ({} given)", given.len())));
    }
    let wrong = |what: &str, must: &str, value: &Value| {
        let kind = type_name(value);
        raise_compilation(format!("The {what} argument to {word}() must be {must}, got <class '{kind}'>"))
    };
    let (package, name) = given.split_at(given.len() - 1);
    let mut parts = Vec::new();
    for package in package.iter().filter(|package| !package.is_none()) {
        parts.push(package.as_str().ok_or_else(|| wrong("package", "a string or None", package))?.to_owned());
    }
    for name in name {
        parts.push(name.as_str().ok_or_else(|| wrong("name", "a string", name))?.to_owned());
    }
    Ok(parts)
}
