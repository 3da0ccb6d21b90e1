//! Infers the primary key of models from constraints and tests, as dbt's docs show it.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value as Json;

use crate::manifest::{Disabled, GenericTestFields, Manifest, ModelFields, Node, NodeKind, UniqueId};

/// Fills `primary_key` of every model.
pub fn infer(manifest: &mut Manifest) {
    let mut tests: HashMap<UniqueId, Vec<TestColumns>> = HashMap::new();
    let disabled = manifest.disabled.values().flatten().filter_map(|disabled| match disabled {
        Disabled::Node(node) => Some(&**node),
        _ => None,
    });
    for test in manifest.nodes.values().chain(disabled) {
        if let Some(fields) = test.generic_test()
            && let Some(attached) = &fields.attached_node
        {
            tests.entry(attached.clone()).or_default().push(columns_of(test));
        }
    }
    for (id, node) in &mut manifest.nodes {
        let columns = primary_key(node, tests.get(id).map(Vec::as_slice).unwrap_or_default());
        if let NodeKind::Model(model) = &mut node.kind {
            model.primary_key = columns;
        }
    }
}

/// A test's name, whether it is enabled, and the columns that it is about.
#[derive(Default)]
struct TestColumns {
    name: String,
    enabled: bool,
    columns: Vec<String>,
}

fn columns_of(test: &Node) -> TestColumns {
    let Some(GenericTestFields { metadata, .. }) = test.generic_test() else { return TestColumns::default() };
    let columns = match (metadata.kwargs.get("column_name"), metadata.kwargs.get("combination_of_columns")) {
        (Some(Json::String(column)), _) => vec![column.clone()],
        (_, Some(Json::Array(columns))) => {
            columns.iter().filter_map(|column| column.as_str().map(str::to_owned)).collect()
        }
        _ => Vec::new(),
    };
    TestColumns { name: metadata.name.clone(), enabled: test.config.enabled(), columns }
}

fn primary_key(node: &Node, tests: &[TestColumns]) -> Vec<String> {
    let Some(model) = node.model() else { return Vec::new() };
    if let Some(columns) = constrained(node, model) {
        return columns;
    }
    let is_unique = |test: &&TestColumns| matches!(test.name.as_str(), "unique" | "unique_combination_of_columns");
    let collect = |wanted: &dyn Fn(&&TestColumns) -> bool| -> BTreeSet<&String> {
        tests.iter().filter(|test| wanted(test)).flat_map(|test| &test.columns).collect()
    };
    let enabled = collect(&|test| is_unique(test) && test.enabled);
    let disabled = collect(&|test| is_unique(test) && !test.enabled);
    let not_null = collect(&|test| test.name == "not_null");
    let both: Vec<String> =
        not_null.into_iter().filter(|column| enabled.contains(column) || disabled.contains(column)).cloned().collect();
    [both, enabled.into_iter().cloned().collect(), disabled.into_iter().cloned().collect()]
        .into_iter()
        .find(|columns| !columns.is_empty())
        .unwrap_or_default()
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
