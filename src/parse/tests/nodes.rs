//! Makes nodes of tests: renders their arguments and the test macro with `execute` false to learn what they refer to.

use std::sync::Arc;

use indexmap::IndexSet;
use rayon::prelude::*;
use serde_json::{Map as JsonMap, Value as Json};

use super::builder::TestSpec;
use super::names::metadata_hash;
use super::{TargetKind, TestTarget};
use crate::context::{TestMacros, render_native_while_parsing, render_while_parsing};
use crate::error::Result;
use crate::jinja::Value;
use crate::jinja::value::{Dict, List, from_json};
use crate::manifest::{FileHash, GenericTestFields, Manifest, Node, NodeBox, NodeKind, ResourceType, TestMetadata};
use crate::parse::config::join_call;
use crate::parse::cx::Cx;
use crate::parse::lookups::{NodeLookup, find_disabled};
use crate::parse::nodes::{Draft, configure, configure_unrendered, draft_node, fqn_prefix, in_node, take_calls};
use crate::parse::properties::constraints::plain_ref;
use crate::parse::python;
use crate::parse::revisit::Revisited;

/// The variable under which a test macro's arguments are handed to the template.
const ARGUMENTS_NAME: &str = "_dbt_generic_test_kwargs";

/// The nodes of `specs`, in order.
///
/// # Errors
/// The first error in that order.
pub fn build(cx: &Cx, manifest: &Manifest, refs: &NodeLookup, specs: Vec<TestSpec>) -> Result<Vec<NodeBox>> {
    let one = |spec| build_one(cx, manifest, refs, spec).map(Box::new);
    let built: Vec<Result<NodeBox>> = specs.into_par_iter().map(one).collect();
    built.into_iter().collect()
}

fn build_one(cx: &Cx, manifest: &Manifest, refs: &NodeLookup, spec: TestSpec) -> Result<Node> {
    let target = &spec.target;
    let raw_code = raw_code(&spec);
    let below = target.path.split_once('/').map_or(target.path.as_str(), |(_, rest)| rest);
    let mut fqn = fqn_prefix(&target.package, below);
    fqn.push(spec.name.clone());
    let metadata = TestMetadata { name: spec.test, kwargs: spec.arguments, namespace: spec.namespace };
    let id_suffix = Some(metadata_hash(&spec.name, &metadata));
    let mut node = draft_node(
        cx,
        Draft {
            resource_type: ResourceType::Test,
            name: spec.name,
            package: target.package.clone(),
            path: format!("{}.sql", spec.short_name),
            original_file_path: target.path.clone(),
            fqn,
            raw_code: Arc::from(raw_code),
            language: "sql",
            checksum: FileHash { name: "none".to_owned(), checksum: String::new() },
            tags: spec.tags,
            kind: NodeKind::GenericTest(Box::new(GenericTestFields {
                column_name: spec.column,
                file_key_name: Some(target.file_key_name.clone()),
                attached_node: None,
                metadata,
            })),
            id_suffix,
        },
    )?;
    node.description = spec.description;
    if !spec.config.is_empty() {
        node.config_call = spec.config.into();
    }
    render(cx, manifest, &mut node, target)?;
    attach(manifest, refs, &mut node, target)?;
    Ok(node)
}

/// `{{ test_unique(**_dbt_generic_test_kwargs) }}{{ config(severity="warn") }}`
fn raw_code(spec: &TestSpec) -> String {
    let options: Vec<String> = spec
        .config
        .iter()
        .map(|(key, value)| match value {
            Json::String(text) => format!("{key}=\"{}\"", text.replace('"', "\\\"")),
            other => format!("{key}={}", python::text(other)),
        })
        .collect();
    let config = if options.is_empty() { String::new() } else { format!("{{{{ config({}) }}}}", options.join(",")) };
    let namespace = spec.namespace.as_ref().map(|name| format!("{name}.")).unwrap_or_default();
    format!("{{{{ {namespace}test_{}(**{ARGUMENTS_NAME}) }}}}{config}", spec.test)
}

/// The macro of the test. dbt looks in the package of the test first, even where the definition names another one.
fn test_macro<'c>(cx: &'c Cx, node: &Node) -> Option<&'c Arc<str>> {
    let test = &node.generic_test()?.metadata.name;
    cx.globals.macros.find_statically(&node.package_name, &format!("test_{test}"))
}

fn render(cx: &Cx, manifest: &Manifest, node: &mut Node, target: &TestTarget) -> Result<()> {
    let found = test_macro(cx, node).cloned();
    if let Some(unique_id) = &found {
        node.depends_on.add_macro(unique_id);
    }
    if matches!(found.as_deref(), Some("macro.dbt.test_not_null" | "macro.dbt.test_unique")) {
        configure_unrendered(cx, node)?;
        refer_to_target(node, target);
        return Ok(());
    }
    let macros = Some(visible_macros(cx, manifest, node));
    let arguments = node.generic_test().map(|test| test.metadata.kwargs.clone()).unwrap_or_default();
    let arguments = rendered_arguments(cx, node, &arguments, macros.as_ref())?;
    let extra = vec![(ARGUMENTS_NAME.to_owned(), arguments)];
    let (captured, reads) = render_while_parsing(&cx.globals, node, extra.clone(), macros.clone())?;
    cx.renders.revisit(&reads, || Revisited { node: node.clone(), extra, macros, captured: captured.clone() });
    let calls = captured.config_calls.clone();
    for call in calls {
        join_call(&mut node.config_call, call).map_err(|error| in_node(error, node))?;
    }
    take_calls(node, crate::context::Captured { config_calls: Vec::new(), ..captured })?;
    configure(cx, node, None, None)
}

/// What the text of a test sees while it is parsed: the macros that it depends on and `get_where_subquery`, with all that
/// these call, directly or not; with `support_custom_ref_kwargs` also a project's own `ref` and `source`.
fn visible_macros(cx: &Cx, manifest: &Manifest, node: &Node) -> Arc<TestMacros> {
    let macros = &cx.globals.macros;
    let mut waiting: Vec<Arc<str>> = macros.by_name("get_where_subquery").cloned().into_iter().collect();
    waiting.extend(node.depends_on.macros.iter().map(|unique_id| Arc::from(&**unique_id)));
    if cx.flags.custom_ref_arguments {
        waiting.extend(["ref", "source"].into_iter().filter_map(|name| macros.by_name(name).cloned()));
    }
    let mut visible: IndexSet<Arc<str>> = IndexSet::new();
    waiting.reverse();
    while let Some(unique_id) = waiting.pop() {
        if let Some(found) = manifest.macros.get(&*unique_id) {
            let called = found.depends_on.iter().rev().map(|called| Arc::from(called.as_str()));
            waiting.extend(called.filter(|called: &Arc<str>| !visible.contains(called)));
        }
        visible.insert(unique_id);
    }
    Arc::new(TestMacros::new(visible))
}

fn refer_to_target(node: &mut Node, target: &TestTarget) {
    match (&target.source, target.kind) {
        (Some(source), TargetKind::Source) => node.sources.push(source.clone()),
        _ => node.refs.push(plain_ref(&target.name, target.version.clone())),
    }
}

/// Renders the arguments natively, recording what they call.
fn rendered_arguments(
    cx: &Cx,
    node: &mut Node,
    arguments: &JsonMap<String, Json>,
    macros: Option<&Arc<TestMacros>>,
) -> Result<Value> {
    let mut pairs = Vec::with_capacity(arguments.len());
    for (name, value) in arguments {
        let rendered = match (name.as_str(), value) {
            ("column_name", Json::String(_)) => from_json(value),
            _ => rendered_argument(cx, node, value, macros)?,
        };
        pairs.push((name.clone(), rendered));
    }
    Ok(Dict::from_pairs(pairs))
}

fn rendered_argument(cx: &Cx, node: &mut Node, value: &Json, macros: Option<&Arc<TestMacros>>) -> Result<Value> {
    match value {
        Json::String(text) => {
            let wrapped = if looks_like_call(text) { format!("{{{{ {text} }}}}") } else { text.clone() };
            if !crate::parse::docs::has_jinja(&wrapped) {
                return Ok(from_json(value));
            }
            let (rendered, captured) = render_native_while_parsing(&cx.globals, node, &wrapped, macros.cloned())?;
            take_calls(node, captured)?;
            Ok(rendered)
        }
        Json::Array(items) => {
            let items: Result<Vec<Value>> =
                items.iter().map(|item| rendered_argument(cx, node, item, macros)).collect();
            Ok(List::new(items?))
        }
        Json::Object(entries) => {
            let mut pairs = Vec::with_capacity(entries.len());
            for (key, value) in entries {
                pairs.push((key.clone(), rendered_argument(cx, node, value, macros)?));
            }
            Ok(Dict::from_pairs(pairs))
        }
        other => Ok(from_json(other)),
    }
}

/// `ref('a')` as an argument is a call even without braces.
pub fn looks_like_call(text: &str) -> bool {
    let text = text.trim();
    let Some((function, rest)) = text.split_once('(') else { return false };
    matches!(function.trim_end(), "env_var" | "ref" | "var" | "source" | "doc") && rest.len() > 1 && rest.ends_with(')')
}

/// Notes the node that the test is on, and takes over its group.
fn attach(manifest: &Manifest, refs: &NodeLookup, node: &mut Node, target: &TestTarget) -> Result<()> {
    if target.kind == TargetKind::Source {
        return Ok(());
    }
    let found = refs.find(&target.name, Some(&target.package), target.version.as_ref())?;
    let attached = match found.and_then(|id| manifest.node(id)) {
        Some(attached) => Some(attached),
        None => find_disabled(manifest, &target.name, None, None).first().and_then(|(id, index)| {
            match manifest.disabled.get(id)?.get(*index)? {
                crate::manifest::Disabled::Node(node) => Some(&**node),
                _ => None,
            }
        }),
    };
    if let Some(attached) = attached {
        if let NodeKind::GenericTest(fields) = &mut node.kind {
            fields.attached_node = Some(attached.unique_id.clone());
        }
        node.group.clone_from(&attached.group);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_recognised_without_braces() {
        assert!(looks_like_call("ref('a')"));
        assert!(looks_like_call(" source('a', 'b') "));
        assert!(!looks_like_call("references(a)"));
        assert!(!looks_like_call("ref()"));
    }
}
