//! Exposures.

use serde_json::{Map as JsonMap, Value as Json, json};

use super::groups::{check_owner, owner_of};
use super::patch::{list, map, text};
use super::shape::{Check, Complaint, Type, check, require};
use super::{File, Loader};
use crate::error::Result;
use crate::events::deprecations::unnamed;
use crate::manifest::{Disabled, Exposure, ResourceType};
use crate::parse::config::Said;
use crate::parse::duplicates::{add_disabled, duplicate};
use crate::parse::nodes::fqn_prefix;
use crate::parse::python;
use crate::parse::static_refs::{Reference, parse_reference};

impl Loader<'_> {
    /// Adds the exposures of a file.
    pub(super) fn load_exposures(&mut self, file: &File<'_>) -> Result<()> {
        for entry in file.entries("exposures")? {
            let complain =
                |complaint: Complaint| complaint.into_error(&file.path, "exposures", &entry.data, entry.line);
            check_exposure(&entry.data).map_err(complain)?;
            let mut exposure = self.exposure_of(file, &entry.data)?;
            self.warn_name(&exposure.name)?;
            for expression in list(&entry.data, "depends_on") {
                refer(&mut exposure, &python::text(expression));
            }
            if !exposure.config.enabled() {
                add_disabled(self.manifest, Disabled::Exposure(Box::new(exposure)));
                continue;
            }
            if let Some(known) = self.manifest.exposures.get(&exposure.unique_id) {
                return Err(duplicate(&exposure, known));
            }
            self.manifest.exposures.insert(exposure.unique_id.clone(), exposure);
        }
        Ok(())
    }

    fn warn_name(&self, name: &str) -> Result<()> {
        if name.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-')) {
            return Ok(());
        }
        let text = format!(
            "Starting in v1.3, the 'name' of an exposure should contain only letters, numbers, and underscores. \
             Exposures support a new property, 'label', which may contain spaces, capital letters, and special characters. \
             {name} does not follow this pattern. Please update the 'name', and use the 'label' property for a \
             human-friendly title. This will raise an error in a future version of dbt-core."
        );
        self.cx.warnings.deprecated(unnamed(self.cx.warnings.paint(), "ExposureNameDeprecation", "D007", &text))
    }

    fn exposure_of(&self, file: &File<'_>, data: &JsonMap<String, Json>) -> Result<Exposure> {
        let name = text(data, "name");
        let mut fqn = fqn_prefix(&file.package, file.relative_path());
        fqn.push(name.clone());
        let given = map(data, "config");
        let none = JsonMap::new();
        let said = Said {
            resource_type: ResourceType::Exposure,
            package: &file.package,
            fqn: &fqn,
            patch: Some(&given),
            call: &none,
        };
        let mut config = self.cx.trees.resolve(said)?;
        let unrendered_config = self.cx.trees.resolve_unrendered(said);
        let tree = self.cx.trees.tree(&file.package, ResourceType::Exposure);
        let mut tags = tree.map(super::columns::column_tags).unwrap_or_default();
        tags.extend(super::columns::column_tags(data));
        tags.extend(config.strings("tags"));
        tags.sort();
        tags.dedup();
        let mut meta = tree.map(|tree| map(tree, "meta")).unwrap_or_default();
        meta.extend(map(data, "meta"));
        meta.extend(map(&config.0, "meta"));
        config.0.insert("tags".to_owned(), json!(tags));
        config.0.insert("meta".to_owned(), Json::Object(meta.clone()));
        let optional = |key: &str| data.get(key).and_then(Json::as_str).map(str::to_owned);
        Ok(Exposure {
            unique_id: format!("exposure.{}.{name}", file.package),
            name,
            package_name: file.package.clone(),
            path: file.relative_path().to_owned(),
            original_file_path: file.path.clone(),
            fqn,
            exposure_type: text(data, "type"),
            owner: owner_of(data),
            description: text(data, "description"),
            label: optional("label"),
            maturity: optional("maturity"),
            meta,
            tags,
            config,
            unrendered_config,
            url: optional("url"),
            created_at: self.cx.created_at,
            ..Exposure::default()
        })
    }
}

fn check_exposure(data: &JsonMap<String, Json>) -> Check {
    require(data, "", "type")?;
    for (name, expected) in [
        ("type", Type::String),
        ("description", Type::String),
        ("label", Type::OptString),
        ("url", Type::OptString),
        ("meta", Type::Object),
        ("tags", Type::Strings),
        ("depends_on", Type::Strings),
        ("config", Type::Object),
    ] {
        check(data, "", name, expected)?;
    }
    check_owner(data, "Exposure")?;
    one_of(data, "type", &["dashboard", "notebook", "analysis", "ml", "application"])?;
    one_of(data, "maturity", &["low", "medium", "high"])
}

fn one_of(data: &JsonMap<String, Json>, key: &str, words: &[&str]) -> Check {
    match data.get(key) {
        Some(Json::String(word)) if !words.contains(&word.as_str()) => {
            let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
            Err(Complaint::field(key, format!("'{word}' is not one of [{}]", words.join(", "))))
        }
        _ => Ok(()),
    }
}

/// Notes what an expression refers to. dbt renders it, so that anything else than a reference says nothing.
fn refer(exposure: &mut Exposure, expression: &str) {
    match parse_reference(expression) {
        Some(Reference::Ref(reference)) => exposure.refs.push(reference),
        Some(Reference::Source(source, table)) => exposure.sources.push([source, table]),
        Some(Reference::Metric(names)) => exposure.metrics.push(names),
        None => {}
    }
}
