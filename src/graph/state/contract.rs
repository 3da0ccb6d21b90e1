//! Changes to contracts that others rely on: reported as breaking, an error where the model has versions.

use serde_json::{Map as JsonMap, Value as Json, json};

use crate::error::{Error, Result};
use crate::events::{Event, Events, Level};
use crate::manifest::Node;
use crate::parse::python;

/// Constraints that the engine enforces, so that taking one away may let in what it kept out.
const ENFORCED: [&str; 5] = ["check", "not_null", "unique", "primary_key", "foreign_key"];

/// Whether a model's contract is what it was.
///
/// # Errors
/// The change breaks the contract of a versioned model, or the warning counts as an error.
pub(super) fn is_same(old: &Json, node: &Node, events: &Events) -> Result<bool> {
    let enforced = old.pointer("/contract/enforced") == Some(&Json::Bool(true));
    if !enforced {
        return Ok(!node.contract.enforced);
    }
    let checksum = old.pointer("/contract/checksum").and_then(Json::as_str);
    if node.contract.enforced && node.contract.checksum.as_deref() == checksum {
        return Ok(true);
    }
    let new = node.to_json(None);
    let changes = breaking_changes(old, &new);
    if !changes.is_empty() {
        report(&new, changes, events)?;
    }
    Ok(false)
}

/// Reports that a model with a contract is gone; `old` is the model as it was, or as it is while disabled.
///
/// # Errors
/// The model has versions, or the warning counts as an error.
pub(super) fn check_removed(old: &Json, events: &Events) -> Result<()> {
    if old["resource_type"] != "model" || old.pointer("/contract/enforced") != Some(&Json::Bool(true)) {
        return Ok(());
    }
    let deprecated = old["deprecation_date"].as_str().and_then(|date| chrono::DateTime::parse_from_rfc3339(date).ok());
    if deprecated.is_some_and(|date| date < chrono::Utc::now()) {
        return Ok(());
    }
    let id = text(&old["unique_id"]);
    let how =
        if old.pointer("/config/enabled") == Some(&Json::Bool(false)) { "disabled" } else { "deleted or renamed" };
    report(old, vec![format!("Contracted model '{id}' was {how}.")], events)
}

fn breaking_changes(old: &Json, new: &Json) -> Vec<String> {
    let mut changes = Vec::new();
    if new.pointer("/contract/enforced") != Some(&Json::Bool(true)) {
        changes.push(
            "Contract enforcement was removed: Previously, this model had an enforced contract. It is no longer \
             configured to enforce its contract, and this is a breaking change."
                .to_owned(),
        );
    }
    let empty = JsonMap::new();
    let old_columns = old["columns"].as_object().unwrap_or(&empty);
    let new_columns = new["columns"].as_object().unwrap_or(&empty);
    let mut columns: Vec<(&String, &Json)> = old_columns.iter().collect();
    columns.sort_by_key(|(name, _)| *name);

    let (mut removed, mut types, mut column_constraints) = (Vec::new(), Vec::new(), Vec::new());
    for (key, column) in &columns {
        let Some(now) = new_columns.get(*key) else {
            removed.push(text(&column["name"]));
            continue;
        };
        if base_type(&column["data_type"]) != base_type(&now["data_type"]) {
            let (before, after) = (text(&column["data_type"]), text(&now["data_type"]));
            types.push(format!("{} ({before} -> {after})", text(&column["name"])));
        }
        if is_built(old) {
            let lost = lost_constraints(column, now);
            column_constraints
                .extend(lost.iter().map(|lost| format!("'{}' constraint on column {key}", constraint_name(lost))));
        }
    }
    let model_constraints: Vec<String> = if is_built(old) {
        let on_columns = |lost: &&Json| format!("'{}' constraint on columns {}", constraint_name(lost), list(lost));
        lost_constraints(old, new).iter().map(on_columns).collect()
    } else {
        Vec::new()
    };
    let mut add = |heading: &str, items: Vec<String>| {
        if !items.is_empty() {
            changes.push(format!("{heading}: \n    - {}", items.join("\n    - ")));
        }
    };
    add("Columns were removed", removed);
    add("Columns with data_type changes", types);
    add("Enforced column level constraints were removed", column_constraints);
    add("Enforced model level constraints were removed", model_constraints);
    let constrained = !constraints(old).is_empty() || columns.iter().any(|(_, column)| !constraints(column).is_empty());
    if is_built(old) && !is_built(new) && constrained {
        let change = format!("{} -> {}", text(&old["config"]["materialized"]), text(&new["config"]["materialized"]));
        add("Materialization changed with enforced constraints", vec![change]);
    }
    changes
}

/// Whether a model becomes a table of its own, on which constraints are enforced.
fn is_built(node: &Json) -> bool {
    matches!(node["config"]["materialized"].as_str(), Some("table" | "incremental"))
}

/// A type without size, precision and scale, which may change.
fn base_type(data_type: &Json) -> Option<String> {
    let data_type = data_type.as_str()?;
    Some(data_type.split('(').next().unwrap_or_default().trim().to_lowercase())
}

/// Constraints without keys that say nothing.
fn constraints(owner: &Json) -> Vec<JsonMap<String, Json>> {
    let all = owner["constraints"].as_array().into_iter().flatten().filter_map(Json::as_object);
    all.map(|constraint| {
        constraint
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    })
    .collect()
}

/// Enforced constraints that `old` has and `new` has not.
fn lost_constraints<'a>(old: &'a Json, new: &Json) -> Vec<&'a Json> {
    let kept = constraints(new);
    let all = old["constraints"].as_array().into_iter().flatten();
    all.zip(constraints(old))
        .filter(|(_, clean)| {
            let enforced = clean.get("type").and_then(Json::as_str).is_some_and(|kind| ENFORCED.contains(&kind));
            enforced && !kept.contains(clean)
        })
        .map(|(constraint, _)| constraint)
        .collect()
}

fn constraint_name(constraint: &Json) -> String {
    match &constraint["name"] {
        Json::Null => format!("ConstraintType.{}", text(&constraint["type"])),
        name => text(name),
    }
}

fn list(constraint: &Json) -> String {
    python::repr(constraint.get("columns").unwrap_or(&json!([])))
}

fn text(value: &Json) -> String {
    python::text(value)
}

/// Warns of a breaking change, or fails where the model has versions: there it should have been a new version.
fn report(node: &Json, changes: Vec<String>, events: &Events) -> Result<()> {
    let reasons = changes.join("\n  - ");
    let (name, path) = (text(&node["name"]), text(&node["original_file_path"]));
    if !node["version"].is_null() {
        let message = format!(
            "While comparing to previous project state, dbt detected a breaking change to an enforced contract.\n  - \
             {reasons}\nConsider making an additive (non-breaking) change instead, if possible.\nOtherwise, create a \
             new model version: https://docs.getdbt.com/docs/collaborate/govern/model-versions"
        );
        return Err(Error::runtime(message).in_node("model", &name, &path));
    }
    let message = events.paint().warning_tag(&format!(
        "Breaking change to contracted, unversioned model {name} ({path})\nWhile comparing to previous \
         project state, dbt detected a breaking change to an unversioned model.\n  - {reasons}\n"
    ));
    let event = Event::new("UnversionedBreakingChange", "I071", Level::Warn, message)
        .with("model_name", name)
        .with("model_file_path", path)
        .with("breaking_changes", changes);
    events.warn(event)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A failing look-up is a failing test.
mod tests {
    use serde_json::json;

    use super::*;
    use crate::graph::tests::load;

    const ID: &str = "/nodes/model.shop.contracted_a";

    fn change(version: Json) -> Result<bool> {
        let old = load::fixture("manifest.json").pointer(ID).unwrap().clone();
        let mut new = load::fixture("manifest_later.json").pointer(ID).unwrap().clone();
        new["version"] = version;
        is_same(&old, &load::node(&new), &Events::default())
    }

    #[test]
    fn a_broken_contract_is_an_error_in_a_versioned_model_only() {
        assert!(!change(Json::Null).unwrap());
        let error = change(json!(2)).unwrap_err();
        let reasons = "\n  - Columns were removed: \n    - name\n  - Columns with data_type changes: \n    - id (integer \
                       -> bigint)\n  - Enforced column level constraints were removed: \n    - \
                       'ConstraintType.not_null' constraint on column id\n  - Enforced model level constraints were \
                       removed: \n    - 'positive' constraint on columns []\n";
        assert!(error.message.contains(reasons), "{}", error.message);
        assert_eq!(error.node.unwrap().path, "models/marts/contracted_a.sql");
    }

    #[test]
    fn a_removed_model_is_reported_unless_it_was_deprecated() {
        let mut old = load::fixture("manifest.json").pointer("/nodes/model.shop.contracted_gone").unwrap().clone();
        assert!(check_removed(&old, &Events::default()).is_ok());
        old["version"] = json!(1);
        let error = check_removed(&old, &Events::default()).unwrap_err();
        assert!(error.message.contains("Contracted model 'model.shop.contracted_gone' was deleted or renamed."));
        old["deprecation_date"] = json!("2020-01-01T00:00:00+00:00");
        assert!(check_removed(&old, &Events::default()).is_ok());
    }
}
