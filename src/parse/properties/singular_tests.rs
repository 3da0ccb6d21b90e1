//! Properties of singular tests, below `data_tests`.

use serde_json::Value as Json;

use super::patch::{Patch, patch_config, prepare};
use super::{File, Loader};
use crate::error::{ErrorKind, Result};

impl Loader<'_> {
    /// Describes singular tests. dbt warns where the section is not what it expects, because older projects use the key
    /// otherwise.
    ///
    /// # Errors
    /// This warning is an error in this run.
    pub(super) fn load_singular_tests(&mut self, file: &File<'_>) -> Result<()> {
        match self.describe_singular_tests(file) {
            Err(error) if error.kind == ErrorKind::Parsing => {
                let message = format!("Unable to parse 'data_tests' section of file '{}'\n{error}", file.path);
                self.cx.warnings.warn("Note", "Z050", &message)
            }
            described => described,
        }
    }

    fn describe_singular_tests(&mut self, file: &File<'_>) -> Result<()> {
        for mut entry in file.entries("data_tests")? {
            prepare(&mut entry, &file.path, "data_tests", &file.package)?;
            let patch = Patch::new(&entry, &file.path, &file.id(), "data_tests")?;
            let found = self.singular.find(&patch.name, Some(&file.package), None)?.cloned();
            let Some(unique_id) = found else {
                self.warn_no_node(&patch.name, "data_tests", &file.path)?;
                continue;
            };
            let cx = self.cx;
            let Some(node) = self.node_mut(&unique_id) else { continue };
            if !patch.config.is_empty() {
                patch_config(cx, node, &patch)?;
            }
            node.patch_path = Some(patch.file_id);
            node.description = entry.data.get("description").and_then(Json::as_str).unwrap_or_default().to_owned();
        }
        Ok(())
    }
}
