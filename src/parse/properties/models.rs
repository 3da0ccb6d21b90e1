//! Properties that only models have: constraints, versions, access, time spines.

use serde_json::Value as Json;

use super::constraints::{build_contract_checksum, patch_constraints};
use super::patch::Patch;
use crate::error::{Error, Result};
use crate::manifest::{Node, NodeKind};
use crate::parse::cx::Cx;
use crate::parse::nodes::{in_node, invalid_access};
use crate::parse::python;

/// Puts what only models have on a model.
///
/// # Errors
/// The access is unknown, a constraint is not allowed, or the time spine names columns that are not there.
pub fn patch_model(cx: &Cx, node: &mut Node, patch: &Patch) -> Result<()> {
    let unique_id = node.unique_id.clone();
    let NodeKind::Model(model) = &mut node.kind else { return Ok(()) };
    model.version.clone_from(&patch.version);
    model.latest_version.clone_from(&patch.latest_version);
    model.deprecation_date.clone_from(&patch.deprecation_date);
    model.time_spine = patch.time_spine.as_ref().map(time_spine);
    if let Some(spine) = &model.time_spine {
        check_time_spine(spine, patch)?;
    }
    if let Some(access) = &patch.access {
        if !matches!(access.as_str(), "private" | "protected" | "public") {
            return Err(invalid_access(&unique_id, access, None));
        }
        model.access.clone_from(access);
    }
    apply_constraints(cx, node, patch)?;
    build_contract_checksum(node);
    Ok(())
}

/// Puts the constraints of a patch on a model.
///
/// # Errors
/// A constraint is not allowed.
pub fn apply_constraints(cx: &Cx, node: &mut Node, patch: &Patch) -> Result<()> {
    let warn = |message: &str| cx.warnings.warn_wrapped("UnsupportedConstraintMaterialization", "I068", message);
    patch_constraints(node, &patch.constraints, warn).map_err(|error| in_node(error, node))
}

/// dbt's messages about columns that a time spine names.
fn check_time_spine(spine: &Json, patch: &Patch) -> Result<()> {
    let text = |value: &Json, key: &str| value.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
    let names =
        || python::repr(&serde_json::json!(patch.columns.values().map(|column| &column.name).collect::<Vec<_>>()));
    let known = |name: &str| patch.columns.values().find(|column| column.name == name);
    let standard = text(spine, "standard_granularity_column");
    match known(&standard) {
        None => {
            return Err(Error::parsing(format!(
                "Time spine standard granularity column must be defined on the model. Got invalid column name '{standard}' \
                 for model '{}'. Valid names: {}.",
                patch.name,
                names()
            )));
        }
        Some(column) if column.granularity.is_none() => {
            return Err(Error::parsing(format!(
                "Time spine standard granularity column must have a granularity defined. Please add one for column \
                 '{standard}' in model '{}'.",
                patch.name
            )));
        }
        Some(_) => {}
    }
    let custom = spine.get("custom_granularities").and_then(Json::as_array).into_iter().flatten();
    let columns = custom.map(|one| match text(one, "column_name") {
        named if named.is_empty() => text(one, "name"),
        named => named,
    });
    let lacking: Vec<String> = columns.filter(|name| known(name).is_none()).collect();
    match lacking.is_empty() {
        true => Ok(()),
        false => Err(Error::parsing(format!(
            "Time spine custom granularity columns do not exist in the model. Columns not found: {}; Available columns: {}",
            python::repr(&serde_json::json!(lacking)),
            names()
        ))),
    }
}

fn time_spine(given: &Json) -> Json {
    let of = |value: &Json, key: &str| value.get(key).cloned().unwrap_or(Json::Null);
    let custom: Vec<Json> = given
        .get("custom_granularities")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .map(|one| serde_json::json!({"name": of(one, "name"), "column_name": of(one, "column_name")}))
        .collect();
    serde_json::json!({
        "standard_granularity_column": of(given, "standard_granularity_column"),
        "custom_granularities": custom,
    })
}
