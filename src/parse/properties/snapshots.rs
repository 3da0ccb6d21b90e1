//! Snapshots that have no file of their own: an entry with `relation` becomes a snapshot that selects from it.

use std::sync::Arc;

use serde_json::Value as Json;

use super::{Added, File, Loader};
use crate::error::{Error, Result};
use crate::manifest::{NodeKind, ResourceType, UniqueId};
use crate::parse::duplicates::add_node;
use crate::parse::nodes::{Draft, draft_node, fqn_prefix};
use crate::parse::static_refs::{Reference, parse_reference};

impl Loader<'_> {
    /// Adds the snapshots of a file that have a `relation`.
    pub(super) fn load_yaml_snapshots(&mut self, file: &File<'_>) -> Result<()> {
        let Some(items) = file.schema.content.get("snapshots").and_then(crate::yaml::Node::as_seq) else {
            return Ok(());
        };
        let mut added = Vec::new();
        for item in items {
            let Some(relation) = item.get("relation") else { continue };
            let relation = crate::parse::python::text(&crate::yaml::to_json(&relation.value));
            let Some(name) = item.get("name").map(|name| crate::yaml::to_json(&name.value)) else {
                return Err(Error::parsing("A snapshot must define the 'name' property. "));
            };
            added.push(self.add_yaml_snapshot(file, &name, &relation)?);
        }
        for unique_id in added {
            self.learn(&unique_id);
        }
        Ok(())
    }

    fn add_yaml_snapshot(&mut self, file: &File<'_>, name: &Json, relation: &str) -> Result<UniqueId> {
        let name = crate::parse::python::text(name);
        let mut fqn = fqn_prefix(&file.package, file.relative_path());
        fqn.push(name.clone());
        let source = file.schema.file;
        let mut node = draft_node(
            self.cx,
            Draft {
                resource_type: ResourceType::Snapshot,
                path: format!("{name}.sql"),
                original_file_path: file.path.clone(),
                package: file.package.clone(),
                name,
                fqn,
                raw_code: Arc::from(format!("select * from {{{{ {relation} }}}}")),
                language: "sql",
                checksum: source.checksum.clone(),
                tags: Vec::new(),
                kind: NodeKind::Snapshot,
                id_suffix: None,
            },
        )?;
        match parse_reference(relation) {
            Some(Reference::Ref(reference)) => node.refs.push(reference),
            Some(Reference::Source(source, table)) => node.sources.push([source, table]),
            _ => {
                return Err(Error::parsing(format!("Invalid jinja expression: {relation}")).in_node(
                    "snapshot",
                    &node.name,
                    &node.original_file_path,
                ));
            }
        }
        let unique_id = node.unique_id.clone();
        self.added.push(Added::Node(unique_id.clone()));
        add_node(self.manifest, Box::new(node))?;
        Ok(unique_id)
    }
}
