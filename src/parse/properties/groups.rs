//! Groups.

use serde_json::{Map as JsonMap, Value as Json};

use super::patch::{map, text};
use super::shape::{Check, Complaint, Type, check, require};
use super::{File, Loader};
use crate::error::Result;
use crate::manifest::{Group, ResourceType};
use crate::parse::config::Said;
use crate::parse::duplicates::{Named, duplicate};
use crate::parse::nodes::fqn_prefix;

impl Loader<'_> {
    /// Adds the groups of a file.
    pub(super) fn load_groups(&mut self, file: &File<'_>) -> Result<()> {
        for entry in file.entries("groups")? {
            let complain = |complaint: Complaint| complaint.into_error(&file.path, "groups", &entry.data, entry.line);
            check_owner(&entry.data, "Group").map_err(complain)?;
            let name = text(&entry.data, "name");
            let mut fqn = fqn_prefix(&file.package, file.relative_path());
            fqn.push(name.clone());
            let config = self.cx.trees.resolve(Said {
                resource_type: ResourceType::Group,
                package: &file.package,
                fqn: &fqn,
                patch: Some(&map(&entry.data, "config")),
                call: &JsonMap::new(),
            })?;
            let group = Group {
                unique_id: format!("group.{}.{name}", file.package),
                package_name: file.package.clone(),
                path: file.relative_path().to_owned(),
                original_file_path: file.path.clone(),
                owner: owner_of(&entry.data),
                description: entry.data.get("description").and_then(Json::as_str).map(str::to_owned),
                config,
                name,
            };
            if let Some(known) = self.manifest.groups.get(&group.unique_id) {
                let named = |group: &'_ Group| (group.name.clone(), group.original_file_path.clone());
                let ((name, path), (_, known_path)) = (named(&group), named(known));
                return Err(duplicate(
                    Named::new(ResourceType::Group, &name, &group.unique_id, &path),
                    Named::new(ResourceType::Group, &name, &known.unique_id, &known_path),
                ));
            }
            self.manifest.groups.insert(group.unique_id.clone(), group);
        }
        Ok(())
    }
}

/// Checks a resource that has an owner.
///
/// # Errors
/// There is none, or it has neither name nor email.
pub fn check_owner(data: &JsonMap<String, Json>, kind: &str) -> Check {
    check(data, "", "name", Type::String)?;
    require(data, "", "owner")?;
    check(data, "", "owner", Type::Object)?;
    let has = |key: &str| data.get("owner").and_then(|owner| owner.get(key)).is_some_and(|value| !value.is_null());
    if has("name") || has("email") {
        return Ok(());
    }
    Err(Complaint::whole(format!("{kind} owner must have at least one of 'name' or 'email'.")))
}

/// The owner with dbt's keys first.
pub fn owner_of(data: &JsonMap<String, Json>) -> JsonMap<String, Json> {
    let given = map(data, "owner");
    let mut owner = JsonMap::new();
    for key in ["email", "name"] {
        owner.insert(key.to_owned(), given.get(key).cloned().unwrap_or(Json::Null));
    }
    owner.extend(given);
    owner
}
