//! `osi_document.json`: semantic models and metrics as an Open Semantic Interchange document, which dbt writes beside
//! `semantic_manifest.json`. Metrics become SQL expressions; what that cannot say is warned about.

mod expressions;
mod filters;
mod shapes;
mod simplify;

use serde::Deserialize;
use serde_json::{Map as JsonMap, Value as Json, json};

use crate::error::{Error, Result};
use crate::jinja::Engine;

use expressions::Expressions;
use shapes::{Element, Measure, Metric, MetricKind, SemanticModel};

/// The version of the format, and the dialect of every expression.
const VERSION: &str = "0.1.1";
const DIALECT: &str = "ANSI_SQL";

/// The document, and what could not be told in it.
#[derive(Debug, Clone)]
pub struct OsiDocument {
    /// What stands in the file.
    pub json: Json,
    /// What was left out or lost, in dbt's order.
    pub issues: Vec<Issue>,
}

/// Something that the format has no words for.
#[derive(Debug, Clone)]
pub struct Issue {
    /// Why, under dbt's name: `CONVERSION_METRIC_DROPPED`.
    pub kind: &'static str,
    /// The metric or entity.
    pub element: String,
}

/// The semantic models and metrics that `semantic_manifest.json` lists, translated.
///
/// # Errors
/// MetricFlow would refuse them: a metric lacks a part, a filter cannot be rendered.
pub(super) fn translate(semantic_models: &Json, metrics: &Json, engine: &Engine) -> Result<OsiDocument> {
    let mut models: Vec<SemanticModel> = read(semantic_models)?;
    let mut metrics: Vec<Metric> = read(metrics)?;
    simplify::simplify(&mut models, &mut metrics)?;
    let mut issues = Vec::new();
    let relationships = relationships(&models, &mut issues);
    let metrics = metrics_json(&metrics, engine, &mut issues)?;
    let model = object([
        ("name", json!("semantic_model")),
        ("datasets", models.iter().map(dataset).collect()),
        ("relationships", some(relationships)),
        ("metrics", some(metrics)),
    ]);
    let json = json!({"version": VERSION, "dialects": [DIALECT], "semantic_model": [model]});
    Ok(OsiDocument { json, issues })
}

fn read<T: for<'a> Deserialize<'a>>(value: &Json) -> Result<T> {
    T::deserialize(value).map_err(|error| {
        Error::internal(format!("semantic_manifest.json has not the shape that it should have: {error}."))
    })
}

/// An object without the fields that are null.
fn object<const N: usize>(fields: [(&str, Json); N]) -> Json {
    let told = fields.into_iter().filter(|(_, value)| !value.is_null());
    Json::Object(told.map(|(name, value)| (name.to_owned(), value)).collect::<JsonMap<_, _>>())
}

/// A list, or null if it is empty.
fn some(values: Vec<Json>) -> Json {
    if values.is_empty() { Json::Null } else { Json::Array(values) }
}

fn expression(sql: &str) -> Json {
    json!({"dialects": [{"dialect": DIALECT, "expression": sql}]})
}

fn dataset(model: &SemanticModel) -> Json {
    let of_kind = |kind: &'static str| model.entities.iter().filter(move |entity| entity.kind == kind);
    let fields = model.entities.iter().map(|entity| field(entity, false));
    let fields = fields.chain(model.dimensions.iter().map(|dimension| field(dimension, true)));
    object([
        ("name", json!(model.name)),
        ("source", json!(model.node_relation.relation_name)),
        ("primary_key", of_kind("primary").next_back().map_or(Json::Null, |entity| json!([entity.column()]))),
        ("unique_keys", some(of_kind("unique").map(|entity| json!([entity.column()])).collect())),
        ("description", json!(model.description)),
        ("fields", some(fields.chain(model.measures.iter().map(measure_field)).collect())),
    ])
}

fn field(element: &Element, is_dimension: bool) -> Json {
    let dimension = if is_dimension { json!({"is_time": element.kind == "time"}) } else { Json::Null };
    object([
        ("name", json!(element.name)),
        ("expression", expression(element.column())),
        ("dimension", dimension),
        ("datatype", datatype(element.datatype.as_deref())),
        ("label", json!(element.label)),
        ("description", json!(element.description)),
    ])
}

fn measure_field(measure: &Measure) -> Json {
    object([
        ("name", json!(measure.name)),
        ("expression", expression(measure.expr.as_deref().unwrap_or(&measure.name))),
        ("label", json!(measure.label)),
        ("description", json!(measure.description)),
    ])
}

/// The format's name of a data type; null for one that it does not have.
fn datatype(name: Option<&str>) -> Json {
    match name {
        Some("string") => json!("String"),
        Some("integer") => json!("Integer"),
        Some("decimal") => json!("Decimal"),
        Some("float") => json!("Float"),
        Some("boolean") => json!("Boolean"),
        Some("date") => json!("Date"),
        Some("time") => json!("Time"),
        Some("datetime") => json!("DateTime"),
        Some("datetime_tz") => json!("DateTimeTz"),
        Some("opaque") => json!("Opaque"),
        _ => Json::Null,
    }
}

/// One semantic model's side of a join.
struct Side<'a> {
    dataset: &'a str,
    entity: &'a Element,
}

impl Side<'_> {
    /// Whether it has each value once.
    fn is_one(&self) -> bool {
        matches!(self.entity.kind.as_str(), "primary" | "unique")
    }
}

/// Semantic models that share an entity can be joined: each two of them, for each entity in the order of first mention.
fn relationships(models: &[SemanticModel], issues: &mut Vec<Issue>) -> Vec<Json> {
    let mut entities: indexmap::IndexMap<&str, Vec<Side<'_>>> = indexmap::IndexMap::new();
    for model in models {
        for entity in &model.entities {
            if entity.kind == "natural" {
                issues.push(Issue { kind: "NATURAL_ENTITY_DROPPED", element: entity.name.clone() });
            } else {
                entities.entry(&entity.name).or_default().push(Side { dataset: &model.name, entity });
            }
        }
    }
    let mut found = Vec::new();
    for (name, sides) in &entities {
        for (at, a) in sides.iter().enumerate() {
            let others = sides[at + 1..].iter().filter(|b| a.dataset != b.dataset);
            found.extend(others.map(|b| relationship(name, a, b)));
        }
    }
    found
}

/// From the side with many rows to that with one; by name where both are of a kind.
fn relationship(entity: &str, a: &Side<'_>, b: &Side<'_>) -> Json {
    let (from, to) = match (a.is_one(), b.is_one()) {
        (true, false) => (b, a),
        (false, true) => (a, b),
        _ if a.dataset <= b.dataset => (a, b),
        _ => (b, a),
    };
    json!({
        "name": format!("{}__{}__{entity}", from.dataset, to.dataset),
        "from": from.dataset,
        "to": to.dataset,
        "from_columns": [from.entity.column()],
        "to_columns": [to.entity.column()],
    })
}

fn metrics_json(metrics: &[Metric], engine: &Engine, issues: &mut Vec<Issue>) -> Result<Vec<Json>> {
    let mut expressions = Expressions::new(metrics, engine);
    let mut told = Vec::new();
    for metric in metrics {
        let mut issue = |kind| issues.push(Issue { kind, element: metric.name.clone() });
        if metric.kind == MetricKind::Conversion {
            issue("CONVERSION_METRIC_DROPPED");
            continue;
        }
        if metric.type_params.is_private == Some(true) {
            issue("PRIVATE_METRIC_DROPPED");
            continue;
        }
        if metric.kind == MetricKind::Cumulative {
            issue("CUMULATIVE_SEMANTICS_LOSS");
        }
        told.push(object([
            ("name", json!(metric.name)),
            ("expression", expression(&expressions.of(metric)?)),
            ("datatype", datatype(metric.datatype.as_deref())),
            ("description", json!(metric.description)),
        ]));
    }
    Ok(told)
}
