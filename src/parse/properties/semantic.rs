//! Metrics, semantic models and saved queries: rdbt does not compute them, it carries them into the manifest so that
//! selection and exposures find them.

use serde_json::{Map as JsonMap, Value as Json, json};

use super::patch::{list, map, text};
use super::shape::require;
use super::{File, Loader, semantic_shape};
use crate::error::Result;
use crate::manifest::{Disabled, ResourceType};
use crate::parse::config::Said;
use crate::parse::duplicates::{Named, add_disabled, duplicate};
use crate::parse::nodes::fqn_prefix;
use crate::parse::python;
use crate::parse::static_refs::{Reference, parse_reference};

impl Loader<'_> {
    /// Adds the metrics, semantic models or saved queries of a file.
    pub(super) fn load_carried(&mut self, file: &File<'_>, resource_type: ResourceType) -> Result<()> {
        for entry in file.entries(&resource_type.pluralize())? {
            if resource_type == ResourceType::Metric {
                require(&entry.data, "", "type")
                    .and_then(|()| semantic_shape::check_metric_name(&text(&entry.data, "name")))
                    .map_err(|complaint| complaint.into_error(&file.path, "metrics", &entry.data, entry.line))?;
            }
            if resource_type == ResourceType::Metric {
                semantic_shape::check_windows(&entry.data, &file.path)?;
            }
            let carried = self.carried(file, resource_type, &entry.data)?;
            let config = map(carried.as_object().unwrap_or(&JsonMap::new()), "config");
            self.insert_carried(resource_type, carried)?;
            if resource_type == ResourceType::SemanticModel {
                self.add_metrics_of_measures(file, &entry.data, &config)?;
            }
        }
        Ok(())
    }

    fn insert_carried(&mut self, resource_type: ResourceType, carried: Json) -> Result<()> {
        if carried.get("config").and_then(|config| config.get("enabled")) == Some(&json!(false)) {
            add_disabled(self.manifest, Disabled::Other(carried));
            return Ok(());
        }
        let of = |json: &Json, key: &str| json.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
        let unique_id = of(&carried, "unique_id");
        let resources = match resource_type {
            ResourceType::Metric => &mut self.manifest.metrics,
            ResourceType::SemanticModel => &mut self.manifest.semantic_models,
            _ => &mut self.manifest.saved_queries,
        };
        if let Some(known) = resources.get(&unique_id) {
            let (path, known_path) = (of(&carried, "original_file_path"), of(known, "original_file_path"));
            let name = of(&carried, "name");
            return Err(duplicate(
                Named::new(resource_type, &name, &unique_id, &path),
                Named::new(resource_type, &name, &unique_id, &known_path),
            ));
        }
        resources.insert(unique_id, carried);
        Ok(())
    }

    /// A measure with `create_metric: true` is a metric too, on and off with its semantic model, whose `meta` it has.
    fn add_metrics_of_measures(
        &mut self,
        file: &File<'_>,
        data: &JsonMap<String, Json>,
        config: &JsonMap<String, Json>,
    ) -> Result<()> {
        for measure in list(data, "measures").iter().filter_map(Json::as_object) {
            if measure.get("create_metric") != Some(&json!(true)) {
                continue;
            }
            let name = text(measure, "name");
            let label = measure.get("label").cloned().unwrap_or_else(|| json!(name));
            let described = measure.get("description").filter(|text| python::truthy(text)).cloned();
            let expr = measure.get("expr").filter(|expr| python::truthy(expr)).map(python::text);
            let metric = json!({
                "name": name,
                "type": "simple",
                "label": label,
                "description": described.unwrap_or_else(|| json!(format!("Metric created from measure {name}"))),
                "type_params": {"measure": {"name": name}, "expr": expr.unwrap_or_else(|| name.clone())},
                "config": {"enabled": config.get("enabled"), "meta": config.get("meta")},
            });
            let carried = self.carried(file, ResourceType::Metric, metric.as_object().unwrap_or(&JsonMap::new()))?;
            self.insert_carried(ResourceType::Metric, carried)?;
        }
        Ok(())
    }

    fn carried(&self, file: &File<'_>, resource_type: ResourceType, data: &JsonMap<String, Json>) -> Result<Json> {
        let name = text(data, "name");
        let mut fqn = fqn_prefix(&file.package, file.relative_path());
        fqn.push(name.clone());
        let mut given = map(data, "config");
        if let Some(meta) = data.get("meta").filter(|meta| python::truthy(meta)) {
            given.entry("meta").or_insert_with(|| meta.clone());
        }
        let none = JsonMap::new();
        let said = Said { resource_type, package: &file.package, fqn: &fqn, patch: Some(&given), call: &none };
        let mut config = self.cx.trees.resolve(said)?;
        if let Some(Json::Object(cache)) = config.0.get_mut("cache") {
            cache.entry("enabled").or_insert(Json::Bool(false));
        }
        let mut carried = JsonMap::from_iter([
            ("name".to_owned(), json!(name)),
            ("resource_type".to_owned(), json!(resource_type.as_str())),
            ("package_name".to_owned(), json!(file.package)),
            ("path".to_owned(), json!(file.relative_path())),
            ("original_file_path".to_owned(), json!(file.path)),
            ("unique_id".to_owned(), json!(format!("{}.{}.{name}", resource_type.as_str(), file.package))),
            ("fqn".to_owned(), json!(fqn)),
        ]);
        let target = &self.cx.project().target;
        let meta = map(&config.0, "meta");
        carried.extend(match resource_type {
            ResourceType::Metric => semantic_shape::metric(data),
            ResourceType::SemanticModel => semantic_shape::semantic_model(data, &meta),
            _ => semantic_shape::saved_query(data, &target.database, &target.schema),
        });
        let refs = references(resource_type, data);
        for (key, value) in [
            ("config", Json::Object((*config.0).clone())),
            ("unrendered_config", Json::Object(self.cx.trees.resolve_unrendered(said).into())),
            ("depends_on", json!({"macros": [], "nodes": []})),
            ("refs", refs),
            ("created_at", json!(self.cx.created_at)),
            ("group", config.get("group").cloned().unwrap_or(Json::Null)),
        ] {
            carried.insert(key.to_owned(), value);
        }
        if resource_type == ResourceType::Metric {
            carried.insert("sources".to_owned(), json!([]));
            carried.insert("metrics".to_owned(), json!([]));
            carried.insert("meta".to_owned(), Json::Object(meta));
        }
        match resource_type {
            // Those of `config` stay there.
            ResourceType::Metric => carried.insert("tags".to_owned(), json!(super::columns::own_tags(data))),
            ResourceType::SavedQuery => carried.insert("tags".to_owned(), json!(super::columns::column_tags(data))),
            _ => None,
        };
        Ok(Json::Object(carried))
    }
}

/// The model that a semantic model is about.
fn references(resource_type: ResourceType, data: &JsonMap<String, Json>) -> Json {
    let mut refs = Vec::new();
    if resource_type == ResourceType::SemanticModel
        && let Some(Reference::Ref(reference)) = parse_reference(&text(data, "model"))
    {
        refs.push(json!({"name": reference.name, "package": reference.package, "version": reference.version}));
    }
    Json::Array(refs)
}
