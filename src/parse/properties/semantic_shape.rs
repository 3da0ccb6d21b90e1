//! The shapes that dbt gives metrics, semantic models and saved queries in the manifest: every key is there, in order,
//! and short forms are written out.

use serde_json::{Map as JsonMap, Value as Json, json};

use super::patch::{list, map};
use super::shape::{Check, Complaint};
use crate::error::{Error, Result};
use crate::manifest::time_spines::GRANULARITIES;
use crate::parse::python;

type Object = JsonMap<String, Json>;

/// `data` with exactly these keys; what is not given has its default.
fn shaped<const N: usize>(data: &Object, keys: [(&str, Json); N]) -> Object {
    let value = |key: &str, default: Json| data.get(key).filter(|value| !value.is_null()).cloned().unwrap_or(default);
    keys.into_iter().map(|(key, default)| (key.to_owned(), value(key, default))).collect()
}

fn named(value: &Json) -> Object {
    match value {
        Json::Object(fields) => fields.clone(),
        name => JsonMap::from_iter([("name".to_owned(), name.clone())]),
    }
}

/// Filters as dbt holds them: a list of templates.
fn filter(value: Option<&Json>) -> Json {
    let templates = match value {
        None | Some(Json::Null) => return Json::Null,
        Some(Json::Array(filters)) => filters.clone(),
        Some(one) => vec![one.clone()],
    };
    let filters: Vec<Json> = templates.into_iter().map(|text| json!({"where_sql_template": text})).collect();
    json!({ "where_filters": filters })
}

/// `1 month` as count and granularity. Only of MetricFlow's own granularities the plural is another word for the same.
fn window(value: Option<&Json>) -> Json {
    let Some(text) = value.and_then(Json::as_str).map(str::to_lowercase) else { return Json::Null };
    let Some((count, written)) = text.split_once(' ') else { return Json::Null };
    let granularity = written.strip_suffix('s').filter(|one| GRANULARITIES.contains(one)).unwrap_or(written);
    json!({"count": count.parse::<i64>().ok(), "granularity": granularity})
}

/// Checks that the windows of a metric in the file at `path` are a count and a granularity.
///
/// # Errors
/// The first that is not.
pub fn check_windows(data: &Object, path: &str) -> Result<()> {
    let params = data.get("type_params");
    let of = |key: &str| params.and_then(|params| params.get(key));
    let nested = ["cumulative_type_params", "conversion_type_params"].into_iter().filter_map(of);
    let own = params.into_iter().chain(nested).filter_map(|params| params.get("window"));
    let inputs = of("metrics").and_then(Json::as_array).into_iter().flatten();
    let inputs = inputs.chain(["numerator", "denominator"].into_iter().filter_map(of));
    let mut windows = own.chain(inputs.filter_map(|input| input.get("offset_window"))).filter_map(Json::as_str);
    windows.try_for_each(|window| check_window(window, path))
}

fn check_window(window: &str, path: &str) -> Result<()> {
    let lower = window.to_lowercase();
    let parts: Vec<&str> = lower.split(' ').collect();
    let complaint = match parts.as_slice() {
        [count, _] if !count.is_empty() && count.chars().all(char::is_numeric) => return Ok(()),
        [count, _] => format!("Invalid count ({count}) in cumulative/conversion metric window string: ({window})"),
        _ => format!(
            "Invalid window ({window}) in cumulative/conversion metric. Should be of the form `<count> <granularity>`, \
             e.g., `28 days`"
        ),
    };
    let shown = python::repr(&json!({"window": window}));
    Err(Error::parsing(format!("Invalid window config given in {path} @ window: {shown} - {complaint}")))
}

fn with_filter(mut fields: Object, given: &Object) -> Json {
    fields.insert("filter".to_owned(), filter(given.get("filter")));
    Json::Object(fields)
}

fn measure_input(value: Option<&Json>) -> Json {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Json::Null };
    let given = named(value);
    let keys = [
        ("name", Json::Null),
        ("filter", Json::Null),
        ("alias", Json::Null),
        ("join_to_timespine", json!(false)),
        ("fill_nulls_with", Json::Null),
    ];
    with_filter(shaped(&given, keys), &given)
}

fn metric_input(value: Option<&Json>) -> Json {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Json::Null };
    let given = named(value);
    let keys = [
        ("name", Json::Null),
        ("filter", Json::Null),
        ("alias", Json::Null),
        ("offset_window", Json::Null),
        ("offset_to_grain", Json::Null),
    ];
    let mut fields = shaped(&given, keys);
    fields.insert("offset_window".to_owned(), window(given.get("offset_window")));
    with_filter(fields, &given)
}

/// Checks that a metric's name can be a column's in any database.
///
/// # Errors
/// Everything that is wrong with it.
pub fn check_metric_name(name: &str) -> Check {
    let letters: Vec<char> = name.chars().collect();
    let wrong: Vec<&str> = [
        (name.contains(' '), "cannot contain spaces"),
        (letters.len() > 250, "cannot contain more than 250 characters"),
        (!letters.first().is_some_and(char::is_ascii_alphabetic), "must begin with a letter"),
        (
            letters.is_empty() || !letters.iter().all(|letter| letter.is_alphanumeric() || *letter == '_'),
            "must contain only letters, numbers and underscores",
        ),
    ]
    .into_iter()
    .filter_map(|(is_wrong, text)| is_wrong.then_some(text))
    .collect();
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(Complaint::whole(format!("The metric name '{name}' is invalid.  It {}", wrong.join(", ")))),
    }
}

/// The keys of a metric after its names.
pub fn metric(data: &Object) -> Object {
    let kind = data.get("type").map_or_else(|| json!("simple"), lower);
    let params = map(data, "type_params");
    let mut fields = JsonMap::new();
    fields.insert("description".to_owned(), data.get("description").cloned().unwrap_or_else(|| json!("")));
    fields.insert("label".to_owned(), data.get("label").cloned().unwrap_or(Json::Null));
    fields.insert("type".to_owned(), kind.clone());
    fields.insert("type_params".to_owned(), Json::Object(type_params(&kind, &params)));
    fields.insert("filter".to_owned(), filter(data.get("filter")));
    fields.insert("metadata".to_owned(), Json::Null);
    fields.insert("time_granularity".to_owned(), data.get("time_granularity").cloned().unwrap_or(Json::Null));
    fields
}

fn type_params(kind: &Json, params: &Object) -> Object {
    let of = |key: &str| params.get(key).cloned().unwrap_or(Json::Null);
    let inputs: Vec<Json> = list(params, "metrics").iter().map(|input| metric_input(Some(input))).collect();
    let cumulative = map(params, "cumulative_type_params");
    let cumulative = (kind == "cumulative").then(|| {
        let given = |key: &str| cumulative.get(key).or_else(|| params.get(key));
        json!({
            "window": window(given("window")),
            "grain_to_date": given("grain_to_date").cloned().unwrap_or(Json::Null),
            "period_agg": cumulative.get("period_agg").cloned().unwrap_or_else(|| json!("first")),
            "metric": metric_input(cumulative.get("metric")),
        })
    });
    JsonMap::from_iter([
        ("measure".to_owned(), measure_input(params.get("measure"))),
        ("input_measures".to_owned(), json!([])),
        ("numerator".to_owned(), metric_input(params.get("numerator"))),
        ("denominator".to_owned(), metric_input(params.get("denominator"))),
        ("expr".to_owned(), of("expr")),
        ("window".to_owned(), window(params.get("window"))),
        ("grain_to_date".to_owned(), of("grain_to_date")),
        ("metrics".to_owned(), Json::Array(inputs)),
        ("conversion_type_params".to_owned(), conversion(params.get("conversion_type_params"))),
        ("cumulative_type_params".to_owned(), cumulative.unwrap_or(Json::Null)),
        ("metric_aggregation_params".to_owned(), Json::Null),
        ("fill_nulls_with".to_owned(), Json::Null),
        ("join_to_timespine".to_owned(), json!(false)),
        ("is_private".to_owned(), Json::Null),
    ])
}

fn conversion(value: Option<&Json>) -> Json {
    let Some(Json::Object(given)) = value else { return Json::Null };
    json!({
        "base_measure": measure_input(given.get("base_measure")),
        "conversion_measure": measure_input(given.get("conversion_measure")),
        "base_metric": metric_input(given.get("base_metric")),
        "conversion_metric": metric_input(given.get("conversion_metric")),
        "entity": given.get("entity"),
        "calculation": given.get("calculation").cloned().unwrap_or_else(|| json!("conversion_rate")),
        "window": window(given.get("window")),
        "constant_properties": given.get("constant_properties"),
    })
}

/// The keys of a semantic model after its names; what it is made of has its `meta` too.
pub fn semantic_model(data: &Object, meta: &Object) -> Object {
    let each = |key: &str, shape: fn(&Object) -> Object| -> Json {
        let given = list(data, key).iter().filter_map(Json::as_object);
        given.map(|one| Json::Object(with_meta(shape(one), meta))).collect()
    };
    let of = |key: &str| data.get(key).cloned().unwrap_or(Json::Null);
    JsonMap::from_iter([
        ("model".to_owned(), of("model")),
        ("node_relation".to_owned(), Json::Null),
        ("description".to_owned(), of("description")),
        ("label".to_owned(), of("label")),
        ("defaults".to_owned(), of("defaults")),
        ("entities".to_owned(), each("entities", entity)),
        ("measures".to_owned(), each("measures", measure)),
        ("dimensions".to_owned(), each("dimensions", dimension)),
        ("metadata".to_owned(), Json::Null),
        ("primary_entity".to_owned(), of("primary_entity")),
    ])
}

fn with_meta(mut fields: Object, inherited: &Object) -> Object {
    let mut meta = inherited.clone();
    meta.extend(fields.get("config").and_then(Json::as_object).map(|config| map(config, "meta")).unwrap_or_default());
    fields.insert("config".to_owned(), json!({ "meta": meta }));
    fields
}

/// A word that dbt reads without regard to case, and keeps in lower case.
fn lower(word: &Json) -> Json {
    word.as_str().map_or_else(|| word.clone(), |text| Json::String(text.to_lowercase()))
}

/// The same for one key of an object.
fn with_lower(mut fields: Object, key: &str) -> Object {
    if let Some(word) = fields.get_mut(key) {
        *word = lower(word);
    }
    fields
}

fn entity(data: &Object) -> Object {
    let fields = shaped(
        data,
        [
            ("name", Json::Null),
            ("type", Json::Null),
            ("description", Json::Null),
            ("label", Json::Null),
            ("role", Json::Null),
            ("expr", Json::Null),
            ("config", json!({})),
        ],
    );
    with_lower(fields, "type")
}

/// dbt keeps no `create_metric` here: the metric stands beside.
fn measure(data: &Object) -> Object {
    let mut fields = shaped(
        data,
        [
            ("name", Json::Null),
            ("agg", Json::Null),
            ("description", Json::Null),
            ("label", Json::Null),
            ("create_metric", json!(false)),
            ("expr", Json::Null),
            ("agg_params", Json::Null),
            ("non_additive_dimension", Json::Null),
            ("agg_time_dimension", Json::Null),
            ("config", json!({})),
        ],
    );
    if let Some(expr) = data.get("expr").filter(|expr| !expr.is_null()) {
        fields.insert("expr".to_owned(), Json::String(python::text(expr)));
    }
    fields.insert("create_metric".to_owned(), json!(false));
    if let Some(Json::Object(params)) = data.get("agg_params") {
        let no = || json!(false);
        let keys =
            [("percentile", Json::Null), ("use_discrete_percentile", no()), ("use_approximate_percentile", no())];
        fields.insert("agg_params".to_owned(), Json::Object(shaped(params, keys)));
    }
    with_lower(fields, "agg")
}

fn dimension(data: &Object) -> Object {
    let mut fields = shaped(
        data,
        [
            ("name", Json::Null),
            ("type", Json::Null),
            ("description", Json::Null),
            ("label", Json::Null),
            ("is_partition", json!(false)),
            ("type_params", Json::Null),
            ("expr", Json::Null),
            ("metadata", Json::Null),
            ("config", json!({})),
            ("datatype", Json::Null),
        ],
    );
    if let Some(Json::Object(params)) = data.get("type_params") {
        let params = shaped(params, [("time_granularity", Json::Null), ("validity_params", Json::Null)]);
        fields.insert("type_params".to_owned(), Json::Object(with_lower(params, "time_granularity")));
    }
    with_lower(fields, "type")
}

/// The keys of a saved query after its names; exports go to `schema` of `database` unless they say otherwise.
pub fn saved_query(data: &Object, database: &str, schema: &str) -> Object {
    let params = map(data, "query_params");
    let mut query = shaped(
        &params,
        [
            ("metrics", json!([])),
            ("group_by", json!([])),
            ("where", Json::Null),
            ("order_by", json!([])),
            ("limit", Json::Null),
        ],
    );
    query.insert("where".to_owned(), filter(params.get("where")));
    let export = |export: &Object| {
        let config = map(export, "config");
        let of =
            |key: &str, default: Json| config.get(key).filter(|value| !value.is_null()).cloned().unwrap_or(default);
        let name = export.get("name").cloned().unwrap_or(Json::Null);
        json!({
            "name": name,
            "config": {
                "export_as": of("export_as", Json::Null),
                "schema_name": of("schema", json!(schema)),
                "alias": of("alias", name.clone()),
                "database": of("database", json!(database)),
            },
            "unrendered_config": config,
        })
    };
    let exports: Vec<Json> = list(data, "exports").iter().filter_map(Json::as_object).map(export).collect();
    JsonMap::from_iter([
        ("query_params".to_owned(), Json::Object(query)),
        ("exports".to_owned(), Json::Array(exports)),
        ("description".to_owned(), data.get("description").cloned().unwrap_or(Json::Null)),
        ("label".to_owned(), data.get("label").cloned().unwrap_or(Json::Null)),
        ("metadata".to_owned(), Json::Null),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_are_written_out() {
        let data = json!({"name": "m", "type": "derived", "type_params": {"metrics": ["a", {"name": "b", "offset_window": "1 month"}]}});
        let shaped = metric(data.as_object().unwrap_or(&JsonMap::new()));
        let inputs = &shaped["type_params"]["metrics"];
        assert_eq!(inputs[0]["name"], json!("a"));
        assert_eq!(inputs[1]["offset_window"], json!({"count": 1, "granularity": "month"}));
    }

    #[test]
    fn filters_are_lists_of_templates() {
        assert_eq!(filter(Some(&json!("x"))), json!({"where_filters": [{"where_sql_template": "x"}]}));
        assert_eq!(filter(None), Json::Null);
    }
}
