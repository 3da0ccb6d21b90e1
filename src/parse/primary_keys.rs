//! Infers the primary key of models from constraints and tests, as dbt's docs show it.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::manifest::{Disabled, FastMap, GenericTestFields, Manifest, ModelFields, Node, NodeKind};

/// The primary key of every node, in their order; empty for what has none.
pub fn infer(manifest: &Manifest) -> Vec<Vec<String>> {
    let mut tests: FastMap<&str, Vec<TestColumns<'_>>> =
        FastMap::with_capacity_and_hasher(manifest.nodes.len() / 2, Default::default());
    let disabled = manifest.disabled.values().flatten().filter_map(|disabled| match disabled {
        Disabled::Node(node) => Some(node),
        _ => None,
    });
    for test in manifest.nodes.values().chain(disabled) {
        if let Some(fields) = test.generic_test()
            && let Some(attached) = &fields.attached_node
        {
            tests.entry(attached).or_default().push(columns_of(test, fields));
        }
    }
    let key = |node: &Node| primary_key(node, tests.get(&*node.unique_id).map(Vec::as_slice).unwrap_or_default());
    manifest.nodes.values().map(|node| key(node)).collect()
}

/// Fills `primary_key` of every model with what [`infer`] found.
pub fn set(manifest: &mut Manifest, keys: Vec<Vec<String>>) {
    for (node, columns) in manifest.nodes.values_mut().zip(keys) {
        if let NodeKind::Model(model) = &mut node.kind {
            model.primary_key = columns;
        }
    }
}

/// A test's name, whether it is enabled, and the columns that it is about.
struct TestColumns<'a> {
    name: &'a str,
    enabled: bool,
    columns: Vec<&'a str>,
}

fn columns_of<'a>(test: &Node, fields: &'a GenericTestFields) -> TestColumns<'a> {
    let arguments = &fields.metadata.kwargs;
    let columns = match (arguments.get("column_name"), arguments.get("combination_of_columns")) {
        (Some(Json::String(column)), _) => vec![column.as_str()],
        (_, Some(Json::Array(columns))) => columns.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    };
    TestColumns { name: &fields.metadata.name, enabled: test.config.enabled(), columns }
}

fn primary_key(node: &Node, tests: &[TestColumns<'_>]) -> Vec<String> {
    let Some(model) = node.model() else { return Vec::new() };
    if let Some(columns) = constrained(node, model) {
        return columns;
    }
    let is_unique = |test: &TestColumns<'_>| matches!(test.name, "unique" | "unique_combination_of_columns");
    let collect = |wanted: &dyn Fn(&TestColumns<'_>) -> bool| -> BTreeSet<&str> {
        tests.iter().filter(|test| wanted(test)).flat_map(|test| test.columns.iter().copied()).collect()
    };
    let enabled = collect(&|test| is_unique(test) && test.enabled);
    let disabled = collect(&|test| is_unique(test) && !test.enabled);
    let mut both = collect(&|test| test.name == "not_null");
    both.retain(|column| enabled.contains(column) || disabled.contains(column));
    let found = [both, enabled, disabled].into_iter().find(|columns| !columns.is_empty()).unwrap_or_default();
    found.into_iter().map(str::to_owned).collect()
}

fn constrained(node: &Node, model: &ModelFields) -> Option<Vec<String>> {
    let is_key = |constraint: &&crate::manifest::Constraint| {
        constraint.get("type").and_then(Json::as_str) == Some("primary_key")
    };
    if let Some(constraint) = model.constraints.iter().find(is_key) {
        let mut columns: Vec<String> = constraint
            .get("columns")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .filter_map(|column| column.as_str().map(str::to_owned))
            .collect();
        columns.sort();
        return Some(columns);
    }
    let column = node.columns.values().find(|column| column.constraints.iter().any(|c| is_key(&c)))?;
    Some(vec![column.name.clone()])
}
