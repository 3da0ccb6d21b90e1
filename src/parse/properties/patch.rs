//! Puts the properties of one entry on the node that it describes: description, columns, configuration. Mirrors
//! `NodePatchParser`.

use indexmap::IndexMap;
use serde_json::{Map as JsonMap, Value as Json};

use super::columns::columns_of;
use super::entries::Entry;
use super::functions;
use super::shape::{Complaint, check_described, move_to_config, rename_tests};
use super::{File, Loader};
use crate::error::{Error, Result};
use crate::manifest::{ColumnInfo, Disabled, Node, NodeKind, ResourceType, UniqueId};
use crate::parse::cx::Cx;
use crate::parse::lookups::find_disabled;
use crate::parse::nodes::{configure, invalid_access};
use crate::parse::tests::{TargetKind, TestTarget};

/// What an entry says of its node.
#[derive(Debug, Clone, Default)]
pub struct Patch {
    /// Name of the entry.
    pub name: String,
    /// Key that it stands below.
    pub key: String,
    /// File that it stands in.
    pub path: String,
    /// `package://path` of that file.
    pub file_id: String,
    /// Description, not rendered yet.
    pub description: String,
    /// Columns.
    pub columns: IndexMap<String, ColumnInfo>,
    /// `config`, rendered.
    pub config: JsonMap<String, Json>,
    /// `config` as written.
    pub written_config: JsonMap<String, Json>,
    /// `access` outside `config`.
    pub access: Option<String>,
    /// Constraints of a model.
    pub constraints: Vec<Json>,
    /// Version of a versioned model.
    pub version: Option<Json>,
    /// Latest version of a versioned model.
    pub latest_version: Option<Json>,
    /// ISO timestamp.
    pub deprecation_date: Option<String>,
    /// `time_spine`.
    pub time_spine: Option<Json>,
    /// `arguments` and `returns` of a function.
    pub function: Option<JsonMap<String, Json>>,
}

/// Attributes that belong in `config`.
const MOVED: [&str; 5] = ["meta", "docs", "group", "contract", "access"];

/// Checks an entry and brings it into shape.
///
/// # Errors
/// A field has a wrong type, or stands in two places.
pub fn prepare(entry: &mut Entry, file_path: &str, key: &str, package: &str) -> Result<()> {
    let extra = [("original_file_path", file_path), ("yaml_key", key), ("package_name", package)];
    for (name, value) in extra {
        entry.data.insert(name.to_owned(), Json::from(value));
    }
    let complain =
        |complaint: Complaint, data: &JsonMap<String, Json>| complaint.into_error(file_path, key, data, entry.line);
    check_described(&entry.data).map_err(|complaint| complain(complaint, &entry.data))?;
    move_to_config(&mut entry.data, file_path, if key == "macros" { &[] } else { &MOVED })?;
    if let Err(complaint) = rename_tests(&mut entry.data) {
        return Err(complain(complaint, &entry.data));
    }
    Ok(())
}

/// The list below `key` of an entry.
pub fn list<'d>(data: &'d JsonMap<String, Json>, key: &str) -> &'d [Json] {
    data.get(key).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The mapping below `key` of an entry.
pub fn map(data: &JsonMap<String, Json>, key: &str) -> JsonMap<String, Json> {
    data.get(key).and_then(Json::as_object).cloned().unwrap_or_default()
}

/// The text below `key` of an entry.
pub fn text(data: &JsonMap<String, Json>, key: &str) -> String {
    data.get(key).and_then(Json::as_str).unwrap_or_default().to_owned()
}

impl Patch {
    /// What a prepared entry says.
    ///
    /// # Errors
    /// A column's constraint is not allowed.
    pub fn new(entry: &Entry, path: &str, file_id: &str, key: &str) -> Result<Self> {
        let data = &entry.data;
        Ok(Patch {
            name: text(data, "name"),
            key: key.to_owned(),
            path: path.to_owned(),
            file_id: file_id.to_owned(),
            description: text(data, "description"),
            columns: columns_of(list(data, "columns"))?,
            config: map(data, "config"),
            written_config: entry.written_config.clone(),
            access: data.get("access").and_then(Json::as_str).map(str::to_owned),
            constraints: list(data, "constraints").to_vec(),
            version: None,
            latest_version: None,
            deprecation_date: data.get("deprecation_date").and_then(super::versions::iso_date),
            time_spine: data.get("time_spine").filter(|value| !value.is_null()).cloned(),
            function: None,
        })
    }
}

impl Loader<'_> {
    /// Seeds, snapshots, analyses and functions.
    pub(super) fn load_described(&mut self, file: &File<'_>, key: &str) -> Result<()> {
        for mut entry in file.entries(key)? {
            prepare(&mut entry, &file.path, key, &file.package)?;
            let mut patch = Patch::new(&entry, &file.path, &file.id(), key)?;
            if key == "functions" {
                let checked = functions::check_function(&entry.data);
                checked.map_err(|complaint| complaint.into_error(&file.path, key, &entry.data, entry.line))?;
                patch.function = Some(functions::function_fields(&entry.data));
            }
            self.apply(&patch, &file.package)?;
            if key == "functions" {
                self.absorb_overloads(&entry.data, &file.package)?;
            }
            if key == "seeds" || key == "snapshots" {
                let target = TestTarget::of_node(TargetKind::Node, &entry.data, file.package.clone(), None);
                let (columns, tests) = (list(&entry.data, "columns"), entry.data.get("data_tests"));
                self.collect_tests(target, columns, tests, &file.scope)?;
            }
        }
        Ok(())
    }

    /// Puts a patch on the node that it names; says so if there is none.
    pub(super) fn apply(&mut self, patch: &Patch, package: &str) -> Result<()> {
        match self.find_target(patch, package)? {
            Target::Node(unique_id) => self.patch_enabled(&unique_id, patch),
            Target::WrongKey => Ok(()),
            Target::None => self.patch_disabled(patch, package),
        }
    }

    fn find_target(&self, patch: &Patch, package: &str) -> Result<Target> {
        let found = match patch.key.as_str() {
            "functions" => {
                let id = format!("function.{package}.{}", patch.name);
                return Ok(if self.manifest.functions.contains_key(&id) { Target::Node(id) } else { Target::None });
            }
            "analyses" => self.analyses.find(&patch.name, None, None)?,
            _ => match self.refs.find(&patch.name, Some(package), None)? {
                Some(id) => Some(id),
                None => self.refs.find(&patch.name, None, None)?,
            },
        };
        let Some(unique_id) = found else { return Ok(Target::None) };
        let node_type = self.manifest.nodes.get(unique_id).map(|node| node.resource_type);
        match node_type {
            Some(found) if patch.key != "analyses" && found.pluralize() != patch.key => {
                self.warn_wrong_key(patch, found)?;
                Ok(Target::WrongKey)
            }
            _ => Ok(Target::Node(unique_id.clone())),
        }
    }

    fn warn_wrong_key(&self, patch: &Patch, found: ResourceType) -> Result<()> {
        let text = crate::events::deprecations::wrap(
            &format!(
                "'{}' is a {} node, but it is specified in the {} section of {}. To fix this error, place the `{}` \
                 specification under the {} key instead.",
                patch.name,
                found.as_str(),
                patch.key,
                patch.path,
                patch.name,
                found.pluralize()
            ),
            self.cx.warnings.paint().width,
        );
        self.cx.warnings.warn("WrongResourceSchemaFile", "I057", &text)
    }

    fn patch_enabled(&mut self, unique_id: &UniqueId, patch: &Patch) -> Result<()> {
        let cx = self.cx;
        let Some(node) = self.node_mut(unique_id) else { return Ok(()) };
        if let Some(existing) = &node.patch_path {
            let existing = existing.split_once("://").map_or(existing.as_str(), |(_, path)| path);
            return Err(described_twice(patch, existing));
        }
        patch_node(cx, node, patch)
    }

    fn patch_disabled(&mut self, patch: &Patch, package: &str) -> Result<()> {
        let resource_type = type_of_key(&patch.key);
        let found = find_disabled(self.manifest, &patch.name, Some(package), Some(resource_type));
        if found.is_empty() {
            return self.warn_no_node(&patch.name, &patch.key, &patch.path);
        }
        if found.len() > 1 && patch.config.get("enabled").is_some_and(crate::parse::python::truthy) {
            return Err(several_disabled(found.len(), resource_type, &patch.name));
        }
        let cx = self.cx;
        for (unique_id, index) in found {
            let disabled = self.manifest.disabled.get_mut(&unique_id).and_then(|all| all.get_mut(index));
            if let Some(Disabled::Node(node)) = disabled {
                patch_node(cx, node, patch)?;
            }
        }
        Ok(())
    }

    pub(super) fn warn_no_node(&self, name: &str, key: &str, path: &str) -> Result<()> {
        self.cx.warnings.warn(
            "NoNodeForYamlKey",
            "I058",
            &format!("Did not find matching node for patch with name '{name}' in the '{key}' section of file '{path}'"),
        )
    }
}

enum Target {
    Node(UniqueId),
    WrongKey,
    None,
}

/// The type of the resources below a key.
fn type_of_key(key: &str) -> ResourceType {
    match key {
        "seeds" => ResourceType::Seed,
        "snapshots" => ResourceType::Snapshot,
        "analyses" => ResourceType::Analysis,
        "functions" => ResourceType::Function,
        _ => ResourceType::Model,
    }
}

/// dbt's error about enabling one of several disabled nodes of a name.
pub fn several_disabled(count: usize, resource_type: ResourceType, name: &str) -> Error {
    Error::parsing(format!(
        "Found {count} matching disabled nodes for {} '{name}'. Multiple nodes for the same unique id cannot be enabled in \
         the schema file. They must be enabled in `dbt_project.yml` or in the sql files.",
        resource_type.as_str()
    ))
}

fn described_twice(patch: &Patch, existing: &str) -> Error {
    let (name, path) = (&patch.name, &patch.path);
    let fix = if path == existing {
        format!("remove one of the resource entries for {name} in this file:\n - {path}\n")
    } else {
        format!("remove the resource entry for {name} in one of these files:\n - {path}\n{existing}")
    };
    Error::compilation(format!(
        "dbt found two schema.yml entries for the same resource named {name}. Resources and their associated columns may \
         only be described a single time. To fix this, {fix}"
    ))
}

/// Configures the node anew and puts the described properties on it.
///
/// # Errors
/// A value that the patch configures is not allowed.
pub fn patch_node(cx: &Cx, node: &mut Node, patch: &Patch) -> Result<()> {
    if !patch.config.is_empty() {
        patch_config(cx, node, patch)?;
    }
    patch_properties(cx, node, patch)
}

/// Configures the node anew.
///
/// # Errors
/// A value is not allowed.
pub fn patch_config(cx: &Cx, node: &mut Node, patch: &Patch) -> Result<()> {
    if let Some(access) = patch.config.get("access") {
        check_access(&node.unique_id, access)?;
    }
    configure(cx, node, Some(&patch.config), Some(&patch.written_config))
}

fn check_access(unique_id: &str, access: &Json) -> Result<()> {
    if matches!(access.as_str(), Some("private" | "protected" | "public")) {
        return Ok(());
    }
    Err(invalid_access(unique_id, &crate::parse::python::text(access), None))
}

/// Puts description, columns and, on models, versions and constraints on the node.
///
/// # Errors
/// A constraint is not allowed.
pub fn patch_properties(cx: &Cx, node: &mut Node, patch: &Patch) -> Result<()> {
    node.patch_path = Some(patch.file_id.clone());
    node.description.clone_from(&patch.description);
    node.columns.clone_from(&patch.columns);
    node.name.clone_from(&patch.name);
    match &mut node.kind {
        NodeKind::Model(_) => super::models::patch_model(cx, node, patch),
        NodeKind::Function(fields) => {
            fields.extend(patch.function.clone().unwrap_or_default());
            Ok(())
        }
        _ => warn_model_only(cx, node, patch),
    }
}

fn warn_model_only(cx: &Cx, node: &Node, patch: &Patch) -> Result<()> {
    for (field, given) in [("access", patch.access.is_some()), ("constraints", !patch.constraints.is_empty())] {
        if given {
            let resource_type = node.resource_type.as_str();
            cx.warnings.warn(
                "ValidationWarning",
                "I009",
                &format!("Field {field} is not valid for {resource_type} ({})", patch.name),
            )?;
        }
    }
    Ok(())
}
