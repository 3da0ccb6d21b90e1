//! `exceptions`: the ways in which a macro can fail or warn, in dbt's families and words.

use std::fmt;
use std::sync::Arc;

use crate::error::{Error, ErrorKind};
use crate::events::{Event, Level};
use crate::jinja::value::{CLASS_KEY, Class, py_str};
use crate::jinja::{Enumerator, MjError, Object, ObjectRepr, PyError, PyErrorKind, State, Value, is_undefined};

use super::call::Args;
use super::errors::raise;
use super::scope::Scope;
use super::signature::{Signature, Signatures};

/// Names in `exceptions`.
const NAMES: [&str; 21] = [
    "warn",
    "missing_config",
    "missing_materialization",
    "missing_relation",
    "raise_ambiguous_alias",
    "raise_ambiguous_catalog_match",
    "raise_cache_inconsistent",
    "raise_dataclass_not_dict",
    "raise_compiler_error",
    "raise_database_error",
    "raise_dep_not_found",
    "raise_dependency_error",
    "raise_duplicate_patch_name",
    "raise_duplicate_resource_name",
    "raise_invalid_property_yml_version",
    "raise_not_implemented",
    "relation_wrong_type",
    "raise_contract_error",
    "column_type_missing",
    "raise_fail_fast_error",
    "warn_snapshot_timestamp_data_types",
];

static SIGNATURES: Signatures = Signatures::of(&[
    Signature("warn(msg, node?)"),
    Signature("missing_config(model, name)"),
    Signature("missing_materialization(model, adapter_type)"),
    Signature("missing_relation(relation, model?)"),
    Signature("raise_ambiguous_alias(node_1, node_2, duped_name?)"),
    Signature("raise_ambiguous_catalog_match(unique_id, match_1, match_2)"),
    Signature("raise_cache_inconsistent(message)"),
    Signature("raise_dataclass_not_dict(obj)"),
    Signature("raise_compiler_error(msg, node?)"),
    Signature("raise_database_error(msg, node?)"),
    Signature("raise_dep_not_found(node, node_description, required_pkg)"),
    Signature("raise_dependency_error(msg)"),
    Signature("raise_duplicate_patch_name(patch_1, existing_patch_path)"),
    Signature("raise_duplicate_resource_name(node_1, node_2)"),
    Signature("raise_invalid_property_yml_version(path, issue)"),
    Signature("raise_not_implemented(msg)"),
    Signature("relation_wrong_type(relation, expected_type, model?)"),
    Signature("raise_contract_error(yaml_columns, sql_columns)"),
    Signature("column_type_missing(column_names)"),
    Signature("raise_fail_fast_error(msg, node?)"),
    Signature("warn_snapshot_timestamp_data_types(snapshot_time_data_type, updated_at_data_type)"),
]);

/// The `exceptions` of a scope.
#[derive(Debug)]
pub struct Exceptions {
    pub(crate) scope: Arc<Scope>,
}

/// One of its functions.
#[derive(Debug)]
struct Exception {
    scope: Arc<Scope>,
    name: &'static str,
}

impl Object for Exceptions {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let key = key.as_str()?;
        let name = NAMES.into_iter().find(|name| *name == key)?;
        Some(Value::from_object(Exception { scope: self.scope.clone(), name }))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&NAMES)
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, MjError> {
        match self.get_value(&Value::from(method)) {
            Some(function) => function.call(state, args),
            None => Err(MjError::from(minijinja::ErrorKind::UnknownMethod)),
        }
    }
}

impl Object for Exception {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str()? == CLASS_KEY).then(|| Class::callable("", "function").value())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<function {} at {:p}>", self.name, Arc::as_ptr(self))
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, MjError> {
        let args = Args::new(args)?;
        if let Some(signature) = SIGNATURES.find(self.name) {
            signature.check(&args)?;
        }
        match self.name {
            "warn" => self.scope.warn("JinjaLogWarning", "I061", text(&args, 0, "msg")),
            "warn_snapshot_timestamp_data_types" => self
                .scope
                .warn(
                    "SnapshotTimestampWarning",
                    "Q043",
                    format!(
                        "Data type of snapshot table timestamp columns ({}) doesn't match derived column 'updated_at' \
                     ({}). Please update snapshot config 'updated_at'.",
                        text(&args, 0, "snapshot_time_data_type"),
                        text(&args, 1, "updated_at_data_type")
                    ),
                )
                .map(|_| Value::from(())),
            // The one error of these to which dbt adds no stack of macros.
            "raise_not_implemented" => {
                Err(PyError::raise(PyErrorKind::Value, format!("ERROR: {}", text(&args, 0, "msg"))))
            }
            name => Err(raise(self.error(name, &args))),
        }
    }
}

impl Exception {
    fn error(&self, name: &str, args: &Args) -> Error {
        let label = self.scope.subject.label();
        let (kind, message) = match name {
            "raise_database_error" => (ErrorKind::Database, text(args, 0, "msg")),
            "raise_dependency_error" => (ErrorKind::Runtime, text(args, 0, "msg")),
            "raise_fail_fast_error" => (ErrorKind::Runtime, text(args, 0, "msg")),
            "raise_cache_inconsistent" => {
                (ErrorKind::Internal, format!("Cache inconsistency detected: {}", text(args, 0, "message")))
            }
            "raise_contract_error" => (ErrorKind::Compilation, contract_message(args)),
            "missing_config" => (
                ErrorKind::Compilation,
                format!(
                    "Model '{}' does not define a required config parameter '{}'.",
                    self.scope.subject.unique_id(),
                    text(args, 1, "name")
                ),
            ),
            "missing_materialization" => (ErrorKind::Compilation, self.missing_materialization()),
            "missing_relation" => {
                (ErrorKind::Compilation, format!("Relation {} not found!", text(args, 0, "relation")))
            }
            "relation_wrong_type" => (ErrorKind::Compilation, wrong_type(args)),
            "column_type_missing" => (
                ErrorKind::Compilation,
                format!(
                    "Contracted models require data_type to be defined for each column. Please ensure that the column \
                     name and data_type are defined within the YAML configuration for the {} column(s).",
                    text(args, 0, "column_names")
                ),
            ),
            "raise_dataclass_not_dict" => (
                ErrorKind::Compilation,
                format!(
                    "The object (\"{}\") was used as a dictionary. This capability has been removed from objects of \
                     this type.",
                    text(args, 0, "obj")
                ),
            ),
            "raise_dep_not_found" => (
                ErrorKind::Compilation,
                format!(
                    "Error while parsing {}.\nThe required package \"{}\" was not found. Is the package installed?\n\
                     Hint: You may need to run `dbt deps`.",
                    text(args, 1, "node_description"),
                    text(args, 2, "required_pkg")
                ),
            ),
            "raise_invalid_property_yml_version" => (
                ErrorKind::Compilation,
                format!(
                    "The yml property file at {} is invalid because {}. Please consult the documentation for more \
                     information on yml property file syntax:\n\n\
                     https://docs.getdbt.com/reference/configs-and-properties",
                    text(args, 0, "path"),
                    text(args, 1, "issue")
                ),
            ),
            "raise_ambiguous_catalog_match" => (ErrorKind::Compilation, ambiguous_match(args)),
            _ => (ErrorKind::Compilation, text(args, 0, "msg")),
        };
        Error::new(kind, message).in_node(&label.resource_type, &label.name, &label.path)
    }

    fn missing_materialization(&self) -> String {
        let materialized = self.scope.subject.node().map(|node| node.config.materialized().to_owned());
        format!(
            "No materialization '{}' was found for adapter duckdb! (searched types 'default' and 'duckdb')",
            materialized.unwrap_or_default()
        )
    }
}

fn text(args: &Args, index: usize, name: &str) -> String {
    args.get(index, name).map(|value| py_str(&value)).unwrap_or_default()
}

/// Two relations of the catalog that differ in case only.
fn ambiguous_match(args: &Args) -> String {
    let named = |index: usize, name: &str| {
        let metadata = args.get(index, name).and_then(|found| found.get_item(&Value::from("metadata")).ok());
        let part = |key: &str| {
            let found = metadata.as_ref().and_then(|metadata| metadata.get_item(&Value::from(key)).ok());
            found.filter(|part| !is_undefined(part)).map_or_else(|| "None".to_owned(), |part| py_str(&part))
        };
        format!("{}.{}", part("schema"), part("name"))
    };
    format!(
        "dbt found two relations in your warehouse with similar database identifiers. dbt\nis unable to determine which of \
         these relations was created by the model \"{}\".\nIn order for dbt to correctly generate the catalog, one of the \
         following relations must be deleted or renamed:\n\n - {}\n - {}",
        text(args, 0, "unique_id"),
        named(1, "match_1"),
        named(2, "match_2")
    )
}

fn wrong_type(args: &Args) -> String {
    let relation = args.get(0, "relation").unwrap_or_default();
    let found = relation.get_attr("type").map(|kind| py_str(&kind)).unwrap_or_default();
    let wanted = text(args, 1, "expected_type");
    format!(
        "Trying to create {wanted} {}, but it currently exists as a {found}. Either drop {} manually, or run dbt with \
         `--full-refresh` and dbt will drop it for you.",
        py_str(&relation),
        py_str(&relation)
    )
}

/// A model's contract does not fit its query: a table of both sides, as dbt prints it.
fn contract_message(args: &Args) -> String {
    let declared = columns(args, 0, "yaml_columns");
    if declared.is_empty() {
        return "This model has an enforced contract, and its 'columns' specification is missing".to_owned();
    }
    let rows = contract_rows(&declared, &columns(args, 1, "sql_columns"));
    let headings = ["column_name", "definition_type", "contract_type", "mismatch_reason"];
    let width = |column: usize| {
        rows.iter().map(|row| row[column].chars().count()).chain([headings[column].len()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let line = |cells: [&str; 4]| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        format!("| {} |\n", padded.collect::<Vec<_>>().join(" | "))
    };
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    let mut table = line(headings) + &line([&rule[0], &rule[1], &rule[2], &rule[3]]);
    for row in &rows {
        table += &line([&row[0], &row[1], &row[2], &row[3]]);
    }
    format!(
        "This model has an enforced contract that failed.\nPlease ensure the name, data_type, and number of columns in \
         your contract match the columns in your model's definition.\n\n{table}"
    )
}

/// (name, data type) of each column given to `raise_contract_error`.
fn columns(args: &Args, index: usize, name: &str) -> Vec<(String, String)> {
    let value = args.get(index, name).unwrap_or_default();
    let items = crate::jinja::value::iterate(&value).unwrap_or_default();
    let part = |item: &Value, key: &str| item.get_item(&Value::from(key)).map(|v| py_str(&v)).unwrap_or_default();
    items.iter().map(|item| (part(item, "name"), part(item, "data_type"))).collect()
}

fn contract_rows(yaml: &[(String, String)], sql: &[(String, String)]) -> Vec<[String; 4]> {
    let row = |name: &str, defined: &str, contracted: &str, reason: &str| {
        [name, defined, contracted, reason].map(str::to_owned)
    };
    let mut rows = Vec::new();
    for (name, defined) in sql {
        match yaml.iter().find(|column| column.0 == *name) {
            None => rows.push(row(name, defined, "", "missing in contract")),
            Some((_, contracted)) if contracted != defined => {
                rows.push(row(name, defined, contracted, "data type mismatch"));
            }
            Some(_) => {}
        }
    }
    for (name, contracted) in yaml.iter().filter(|column| !sql.iter().any(|(name, _)| *name == column.0)) {
        rows.push(row(name, "", contracted, "missing in definition"));
    }
    rows.sort_by(|a, b| a[0].cmp(&b[0]));
    rows
}

impl Scope {
    /// Warns; with `--warn-error` the warning is an error.
    ///
    /// # Errors
    /// Warnings of this name are errors in this run.
    pub(crate) fn warn(&self, name: &'static str, code: &'static str, message: String) -> Result<Value, MjError> {
        let text = self.globals.events.paint().warning_tag(&message);
        let event = Event::new(name, code, Level::Warn, text).with("node_info", self.node_info());
        self.globals.events.warn(event).map_err(raise)?;
        Ok(Value::from(""))
    }
}
