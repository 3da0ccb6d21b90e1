//! Constraints of columns and models, and the checksum of a contract.

use serde_json::{Map as JsonMap, Value as Json, json};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::manifest::{Constraint, Node, RefArgs};
use crate::parse::python;
use crate::parse::static_refs::{Reference, parse_reference};

const TYPES: [&str; 6] = ["check", "not_null", "unique", "primary_key", "foreign_key", "custom"];

/// Whether the constraint has a type that dbt knows.
pub fn is_constraint_type(constraint: &Json) -> bool {
    constraint.get("type").and_then(Json::as_str).is_some_and(|name| TYPES.contains(&name))
}

/// A column's constraint with dbt's defaults, in dbt's key order.
pub fn column_constraint(constraint: &Json) -> Constraint {
    let of = |key: &str, default: Json| constraint.get(key).cloned().unwrap_or(default);
    JsonMap::from_iter([
        ("type".to_owned(), of("type", Json::Null)),
        ("name".to_owned(), of("name", Json::Null)),
        ("expression".to_owned(), of("expression", Json::Null)),
        ("warn_unenforced".to_owned(), of("warn_unenforced", json!(true))),
        ("warn_unsupported".to_owned(), of("warn_unsupported", json!(true))),
        ("to".to_owned(), of("to", Json::Null)),
        ("to_columns".to_owned(), of("to_columns", json!([]))),
    ])
}

/// A model's constraint: a column's, with the columns that it is about.
pub fn model_constraint(constraint: &Json) -> Constraint {
    let mut fields = column_constraint(constraint);
    fields.insert("columns".to_owned(), constraint.get("columns").cloned().unwrap_or_else(|| json!([])));
    fields
}

fn type_of(constraint: &Constraint) -> &str {
    constraint.get("type").and_then(Json::as_str).unwrap_or_default()
}

/// Puts `constraints` on a model after checking them, and takes over what foreign keys refer to.
///
/// # Errors
/// A constraint or a combination of them is not allowed; a contract has no columns.
pub fn patch_constraints(
    node: &mut Node,
    constraints: &[Json],
    mut warn: impl FnMut(&str) -> Result<()>,
) -> Result<()> {
    if node.contract.enforced {
        check_prerequisites(node, &mut warn)?;
        if constraints.iter().any(|constraint| !is_constraint_type(constraint)) {
            let types: Vec<String> = TYPES.iter().map(|name| format!("'{name}'")).collect();
            return Err(Error::parsing(format!(
                "Invalid constraint type on model {}: Type must be one of [{}]",
                node.name,
                types.join(", ")
            )));
        }
    }
    check_primary_keys(node, constraints)?;
    let shaped: Vec<Constraint> = constraints.iter().map(model_constraint).collect();
    let of_columns = node.columns.values().flat_map(|column| column.constraints.iter());
    let foreign: Vec<String> = shaped
        .iter()
        .chain(of_columns)
        .filter(|constraint| type_of(constraint) == "foreign_key")
        .filter_map(|constraint| constraint.get("to")?.as_str().map(str::to_owned))
        .collect();
    for to in foreign {
        match parse_reference(&to) {
            Some(Reference::Ref(reference)) => node.refs.push(reference),
            Some(Reference::Source(source, table)) => node.sources.push([source, table]),
            _ => {
                return Err(Error::parsing(format!(
                    "Invalid 'ref' or 'source' syntax on foreign key constraint 'to' on model {}: {to}.",
                    node.name
                )));
            }
        }
    }
    if let crate::manifest::NodeKind::Model(model) = &mut node.kind {
        model.constraints = shaped;
    }
    Ok(())
}

fn check_prerequisites(node: &Node, warn: &mut impl FnMut(&str) -> Result<()>) -> Result<()> {
    let unsupported = node
        .columns
        .values()
        .flat_map(|column| column.constraints.iter())
        .any(|constraint| constraint.get("warn_unsupported").is_some_and(python::truthy));
    let materialized = node.config.materialized();
    if unsupported && !matches!(materialized, "table" | "incremental") {
        warn(&format!(
            "Constraint types are not supported for {materialized} materializations and will be ignored.  Set \
             'warn_unsupported: false' on this constraint to ignore this warning."
        ))?;
    }
    let mut problems = Vec::new();
    if node.columns.is_empty() {
        problems.push("Constraints must be defined in a `yml` schema configuration file like `schema.yml`.".to_owned());
    }
    if node.language != "sql" {
        problems.push(format!("Language Error: Expected 'sql' but found '{}'", node.language));
    }
    if problems.is_empty() {
        return Ok(());
    }
    let path = &node.original_file_path;
    Err(Error::parsing(format!("Contract enforcement failed for: ({path})\n{}", problems.join("\n"))))
}

fn check_primary_keys(node: &Node, constraints: &[Json]) -> Result<()> {
    let columns: Vec<&str> = node
        .columns
        .values()
        .flat_map(|column| column.constraints.iter().map(move |constraint| (column, constraint)))
        .filter(|(_, constraint)| type_of(constraint) == "primary_key")
        .map(|(column, _)| column.name.as_str())
        .collect();
    let mut problems = Vec::new();
    if columns.len() > 1 {
        problems.push(format!(
            "Found {} columns ({}) with primary key constraints defined. Primary keys for multiple columns must be \
             defined as a model level constraint.",
            columns.len(),
            python::repr(&json!(columns))
        ));
    }
    let on_model = constraints.iter().any(|constraint| constraint.get("type") == Some(&json!("primary_key")));
    if !columns.is_empty() && on_model {
        problems.push(
            "Primary key constraints defined at the model level and the columns level. Primary keys can be defined at the \
             model level or the column level, not both."
                .to_owned(),
        );
    }
    if problems.is_empty() {
        return Ok(());
    }
    let path = &node.original_file_path;
    Err(Error::parsing(format!("Primary key constraint error: ({path})\n{}", problems.join("\n"))))
}

/// Computes the checksum of an enforced contract, unless it is known.
///
/// It is taken of the text that Python prints for the constraints, so that manifests of dbt and of rdbt compare equal.
pub fn build_contract_checksum(node: &mut Node) {
    if !node.contract.enforced || node.contract.checksum.is_some() {
        return;
    }
    let mut columns: Vec<_> = node.columns.values().collect();
    columns.sort_by(|a, b| a.name.cmp(&b.name));
    let mut state = String::new();
    for column in columns {
        state.push('|');
        state.push_str(&column.name);
        state.push_str(column.data_type.as_deref().unwrap_or("None"));
        state.push_str(&printed_list("ColumnLevelConstraint", &column.constraints));
    }
    let materialized = node.config.materialized();
    if matches!(materialized, "table" | "incremental") {
        state.push_str(materialized);
        let constraints = node.model().map(|model| model.constraints.as_slice()).unwrap_or_default();
        state.push_str(&printed_list("ModelLevelConstraint", constraints));
    }
    let mut hasher = Sha256::new();
    hasher.update(state.as_bytes());
    node.contract.checksum = Some(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
}

fn printed_list(class: &str, constraints: &[Constraint]) -> String {
    let printed: Vec<String> = constraints.iter().map(|constraint| printed(class, constraint)).collect();
    format!("[{}]", printed.join(", "))
}

fn printed(class: &str, constraint: &Constraint) -> String {
    let fields: Vec<String> = constraint
        .iter()
        .map(|(key, value)| match (key.as_str(), value.as_str()) {
            ("type", Some(name)) => format!("type=<ConstraintType.{name}: '{name}'>"),
            _ => format!("{key}={}", python::repr(value)),
        })
        .collect();
    format!("{class}({})", fields.join(", "))
}

/// A reference of the simplest kind.
pub fn plain_ref(name: &str, version: Option<Json>) -> RefArgs {
    RefArgs { name: name.to_owned(), package: None, version }
}
