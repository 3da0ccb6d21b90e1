//! Links of metrics, semantic models and saved queries: which models and metrics they are made of, and which measures
//! a metric comes down to.

use serde_json::{Value as Json, json};

use super::cx::Cx;
use super::python::title;
use super::refs::named;
use crate::error::{Error, Result};
use crate::manifest::lookup::Found;
use crate::manifest::{Manifest, UniqueId};

/// What one of them turned out to depend on.
struct Links {
    id: UniqueId,
    nodes: Vec<UniqueId>,
    measures: Vec<Json>,
}

/// Fills `depends_on`, the measures of metrics and the relations of semantic models.
///
/// # Errors
/// A model or metric does not exist.
pub fn resolve(cx: &Cx, manifest: &mut Manifest) -> Result<()> {
    let mut found = Vec::new();
    let all = manifest.metrics.iter().chain(&manifest.semantic_models).chain(&manifest.saved_queries);
    for (id, carried) in all {
        check_inputs(carried)?;
        let nodes = nodes_of(cx, manifest, carried)?;
        let measures = measures_of(cx, manifest, carried, 0);
        found.push(Links { id: id.clone(), nodes, measures });
    }
    for links in found {
        let relation = links.nodes.first().and_then(|id| manifest.nodes.get(id)).map(|node| {
            json!({
                "alias": node.alias,
                "schema_name": node.schema,
                "database": node.database,
                "relation_name": node.relation_name,
            })
        });
        let carried = [&mut manifest.metrics, &mut manifest.semantic_models, &mut manifest.saved_queries]
            .into_iter()
            .find_map(|resources| resources.get_mut(&links.id));
        let Some(carried) = carried else { continue };
        put(carried, &["depends_on", "nodes"], json!(links.nodes));
        put(carried, &["type_params", "input_measures"], Json::Array(links.measures));
        put(carried, &["node_relation"], relation.unwrap_or(Json::Null));
    }
    Ok(())
}

/// Replaces the value at the end of `path`, where there is one.
fn put(json: &mut Json, path: &[&str], value: Json) {
    let mut place = Some(json);
    for key in path {
        place = place.and_then(|json| json.get_mut(key));
    }
    if let Some(place) = place {
        *place = value;
    }
}

fn text<'j>(json: &'j Json, key: &str) -> &'j str {
    json.get(key).and_then(Json::as_str).unwrap_or_default()
}

/// Checks that a metric says what it is made of.
fn check_inputs(metric: &Json) -> Result<()> {
    let (name, params) = (text(metric, "name"), &metric["type_params"]);
    let has = |params: &Json, key: &str| params.get(key).is_some_and(|value| !value.is_null());
    let conversion = &params["conversion_type_params"];
    let message = match text(metric, "type") {
        "simple" if !has(params, "measure") && !has(params, "metric_aggregation_params") => {
            format!("Simple metric `{name}` should have a measure or agg type defined, but it does not.")
        }
        "cumulative" if !has(params, "measure") && !has(&params["cumulative_type_params"], "metric") => {
            format!("Cumulative metric `{name}` should have a measure or input_metric defined, but it does not.")
        }
        "ratio" if !has(params, "numerator") || !has(params, "denominator") => {
            "Invalid ratio metric. Both a numerator and denominator must be specified".to_owned()
        }
        "conversion" if conversion.is_null() => {
            format!("{name} is a conversion metric and must have conversion_type_params defined.")
        }
        "conversion" if has(conversion, "base_measure") != has(conversion, "conversion_measure") => {
            format!("Conversion metric `{name}` cannot have only one of base measure and conversion measure defined.")
        }
        "conversion" if !has(conversion, "base_measure") && !has(conversion, "base_metric") => format!(
            "Depending the version of YAML being used, conversion metric `{name}` must have base and conversion measures \
             or base and conversion metrics defined."
        ),
        _ => return Ok(()),
    };
    Err(Error::parsing(message).in_node("metric", name, text(metric, "original_file_path")))
}

fn nodes_of(cx: &Cx, manifest: &Manifest, carried: &Json) -> Result<Vec<UniqueId>> {
    let package = text(carried, "package_name");
    let mut nodes: Vec<UniqueId> = Vec::new();
    let mut add = |id: UniqueId| {
        if !nodes.contains(&id) {
            nodes.push(id);
        }
    };
    for reference in carried.get("refs").and_then(Json::as_array).into_iter().flatten() {
        let name = text(reference, "name");
        let from = reference.get("package").and_then(Json::as_str);
        let version = reference.get("version").filter(|version| !version.is_null());
        match manifest.resolve_ref(package, name, from, version) {
            Found::One(target) => add(target.unique_id.clone()),
            other => {
                let reason = if matches!(other, Found::Disabled) { "is disabled" } else { "was not found" };
                return Err(Error::compilation(format!(
                    "{} '{}' ({}) depends on a node named '{name}' which {reason}",
                    title(text(carried, "resource_type")),
                    text(carried, "unique_id"),
                    text(carried, "original_file_path")
                )));
            }
        }
    }
    for measure in own_measures(carried).map(|measure| text(measure, "name")) {
        match semantic_model_of(manifest, measure) {
            Some(id) => add(id),
            None => {
                let message =
                    format!("A semantic model having a measure `{measure}` does not exist but was referenced.");
                let (name, path) = (text(carried, "name"), text(carried, "original_file_path"));
                return Err(Error::parsing(message).in_node("metric", name, path));
            }
        }
    }
    for name in input_names(carried) {
        match metric_id(cx, manifest, package, &name) {
            Some(id) => add(id),
            None => {
                let (kind, by) = (text(carried, "resource_type"), text(carried, "name"));
                let path = text(carried, "original_file_path");
                return Err(match kind {
                    "metric" => {
                        let message =
                            format!("The metric `{name}` does not exist but was referenced by metric `{by}`.");
                        Error::parsing(message).in_node(kind, by, path)
                    }
                    _ => Error::compilation(format!(
                        "Saved_Query '{}' ({path}) depends on a metric named '{name}' which was not found",
                        text(carried, "unique_id")
                    )),
                });
            }
        }
    }
    Ok(nodes)
}

/// The measure that a metric is of, or the two that a conversion compares.
fn own_measures(carried: &Json) -> impl Iterator<Item = &Json> {
    let params = carried.get("type_params");
    let conversion = params.and_then(|params| params.get("conversion_type_params"));
    [(params, "measure"), (conversion, "base_measure"), (conversion, "conversion_measure")]
        .into_iter()
        .filter_map(|(params, key)| params?.get(key).filter(|measure| !measure.is_null()))
}

/// Metrics that a metric or saved query is made of.
fn input_names(carried: &Json) -> Vec<String> {
    let params = carried.get("type_params");
    let of = |key: &str| params.and_then(|params| params.get(key));
    let conversion = of("conversion_type_params");
    let converted = ["base_metric", "conversion_metric"].into_iter().filter_map(|key| conversion?.get(key));
    let single = ["numerator", "denominator"].into_iter().filter_map(of).chain(converted);
    let many = of("metrics").or_else(|| carried.get("query_params")?.get("metrics"));
    let many = many.and_then(Json::as_array).into_iter().flatten();
    let name = |input: &Json| input.as_str().or_else(|| input.get("name")?.as_str()).map(str::to_owned);
    single.chain(many).filter_map(name).collect()
}

fn metric_id(cx: &Cx, manifest: &Manifest, package: &str, name: &str) -> Option<UniqueId> {
    named(cx, &[name.to_owned()], package, "metric", |id| manifest.metrics.contains_key(id))
}

/// The measures that a metric comes down to. Metrics that go in circles stop at a depth of fifty.
fn measures_of(cx: &Cx, manifest: &Manifest, carried: &Json, depth: usize) -> Vec<Json> {
    let mut measures: Vec<Json> = own_measures(carried).cloned().collect();
    if depth > 50 {
        return measures;
    }
    for name in input_names(carried) {
        let input = metric_id(cx, manifest, text(carried, "package_name"), &name);
        let Some(input) = input.and_then(|id| manifest.metrics.get(&id)) else { continue };
        for measure in measures_of(cx, manifest, input, depth + 1) {
            if !measures.contains(&measure) {
                measures.push(measure);
            }
        }
    }
    measures
}

fn semantic_model_of(manifest: &Manifest, measure: &str) -> Option<UniqueId> {
    let has = |model: &Json| {
        let measures = model.get("measures").and_then(Json::as_array);
        measures.into_iter().flatten().any(|one| text(one, "name") == measure)
    };
    manifest.semantic_models.iter().find(|(_, model)| has(model)).map(|(id, _)| id.clone())
}
