//! Brings configuration values into the shape that the manifest shows, and complains in dbt's words about values
//! that a key does not allow.

use serde_json::{Map as JsonMap, Value as Json, json};

use super::colors::is_color;
use super::fields::{Field, Kind};
use super::invalid;
use crate::error::{Error, ErrorKind, Result};
use crate::manifest::ResourceType;
use crate::parse::python;

/// Normalizes every known key of `config` in place.
///
/// # Errors
/// A value is not allowed for its key.
pub fn normalize(resource_type: ResourceType, fields: &[Field], config: &mut JsonMap<String, Json>) -> Result<()> {
    for field in fields {
        let Some(value) = config.get_mut(field.name) else { continue };
        let taken = value.take();
        *value = shape(resource_type, field, taken)?;
    }
    match resource_type {
        ResourceType::Test => finish_test(config),
        ResourceType::Model => finish_model(config),
        _ => Ok(()),
    }
}

fn shape(resource_type: ResourceType, field: &Field, value: Json) -> Result<Json> {
    let name = field.name;
    match field.kind {
        Kind::Any => Ok(value),
        Kind::Bool => expect(value.is_boolean(), name, &value, "is not of type 'boolean'").map(|()| value),
        Kind::OptBool => {
            expect(value.is_null() || value.is_boolean(), name, &value, "is not valid under any of the given schemas")
                .map(|()| value)
        }
        Kind::Str => Ok(if value.is_null() { field.default_value() } else { text(value) }),
        Kind::OptStr | Kind::StaticAnalysis => Ok(if value.is_null() { value } else { text(value) }),
        Kind::OptInt => optional_int(name, value),
        Kind::OptStrOrList => Ok(match value {
            Json::Null => Json::Null,
            Json::Array(items) => Json::Array(items.into_iter().map(text).collect()),
            other => text(other),
        }),
        Kind::StrOrList | Kind::StrList => string_list(name, value),
        Kind::Map => expect(value.is_object(), name, &value, "is not of type 'object'").map(|()| value),
        Kind::Hooks => hooks(resource_type, name, value),
        Kind::Docs => docs(value),
        Kind::Contract => contract(name, value),
        Kind::LatestVersionPointer => Ok(latest_version_pointer(value)),
        Kind::SnowflakeFunction => snowflake_function(name, value),
        Kind::Freshness => Ok(freshness(resource_type, value)),
        Kind::SnapshotColumns => Ok(snapshot_columns(value)),
        Kind::Enum(words) => one_of(resource_type, name, words, value),
        Kind::OptEnum(words) if !value.is_null() => one_of(resource_type, name, words, value),
        Kind::OptEnum(_) => Ok(value),
        Kind::Severity => severity(value),
    }
}

fn expect(holds: bool, name: &str, value: &Json, complaint: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(invalid(&format!("['{name}']"), &format!("{} {complaint}", python::repr(value)))) }
}

/// dbt turns anything into text where text is expected.
fn text(value: Json) -> Json {
    match value {
        Json::String(_) => value,
        other => Json::String(python::text(&other)),
    }
}

fn optional_int(name: &str, value: Json) -> Result<Json> {
    if let Some(number) = value.as_str().and_then(|text| text.trim().parse::<i64>().ok()) {
        return Ok(json!(number));
    }
    expect(value.is_null() || value.is_i64(), name, &value, "is not valid under any of the given schemas")
        .map(|()| value)
}

fn string_list(name: &str, value: Json) -> Result<Json> {
    match value {
        Json::Array(items) => Ok(Json::Array(items.into_iter().map(text).collect())),
        Json::String(_) => Ok(value),
        other => Err(invalid(
            &format!("['{name}']"),
            &format!("{} is not valid under any of the given schemas", python::repr(&other)),
        )),
    }
}

fn hooks(resource_type: ResourceType, name: &str, value: Json) -> Result<Json> {
    let items = super::merge::listify(&value);
    let mut shaped = Vec::with_capacity(items.len());
    for item in &items {
        let hook = hook_fields(item);
        let Some(sql) = hook.as_ref().and_then(|hook| hook.get("sql")) else {
            return Err(invalid_field(resource_type, &name.replace('-', "_"), "List[Hook]", &value));
        };
        let of = |key: &str, default: Json| hook.as_ref().and_then(|hook| hook.get(key)).cloned().unwrap_or(default);
        shaped.push(json!({
            "sql": python::text(sql),
            "transaction": of("transaction", json!(true)),
            "index": of("index", Json::Null),
        }));
    }
    Ok(Json::Array(shaped))
}

/// A hook is a text, a text that holds a JSON mapping, or a mapping.
fn hook_fields(item: &Json) -> Option<JsonMap<String, Json>> {
    match item {
        Json::Object(fields) => Some(fields.clone()),
        Json::String(text) => match serde_json::from_str(text) {
            Ok(Json::Object(fields)) => Some(fields),
            _ => json!({ "sql": text }).as_object().cloned(),
        },
        _ => None,
    }
}

fn docs(value: Json) -> Result<Json> {
    let Json::Object(given) = value else {
        return Err(invalid("['docs']", &format!("{} is not of type 'object'", python::repr(&value))));
    };
    let show = given.get("show").cloned().unwrap_or(Json::Bool(true));
    if !show.is_boolean() {
        let complaint = format!("{} is not of type 'boolean'", python::repr(&show));
        return Err(invalid("['docs']['show']", &complaint));
    }
    let color = given.get("node_color").cloned().unwrap_or(Json::Null);
    if let Some(color) = color.as_str().filter(|color| !color.is_empty() && !is_color(color)) {
        return Err(Error::new(
            ErrorKind::Validation,
            format!(
                "Invalid color name for docs.node_color: {color}. It is neither a valid HTML color name nor a valid \
                 HEX code."
            ),
        ));
    }
    Ok(json!({"show": show, "node_color": color}))
}

fn contract(name: &str, value: Json) -> Result<Json> {
    let given = value.as_object().cloned().unwrap_or_default();
    let mut shaped = JsonMap::new();
    for (key, default) in [("enforced", false), ("alias_types", true)] {
        let value = given.get(key).cloned().unwrap_or(Json::Bool(default));
        if !value.is_boolean() {
            let complaint = format!("{} is not of type 'boolean'", python::repr(&value));
            return Err(invalid(&format!("['{name}']['{key}']"), &complaint));
        }
        shaped.insert(key.to_owned(), value);
    }
    Ok(Json::Object(shaped))
}

fn latest_version_pointer(value: Json) -> Json {
    match value {
        Json::Bool(enabled) => json!({"enabled": enabled, "alias": null}),
        other => json!({
            "enabled": other.get("enabled").cloned().unwrap_or(Json::Null),
            "alias": other.get("alias").cloned().unwrap_or(Json::Null),
        }),
    }
}

/// What only Snowflake heeds of a function.
fn snowflake_function(name: &str, value: Json) -> Result<Json> {
    expect(value.is_object(), name, &value, "is not of type 'object'")?;
    Ok(json!({"quote_args": value.get("quote_args").and_then(Json::as_bool).unwrap_or(true)}))
}

/// A model's freshness counts only with `build_after`; a source's shows both thresholds.
fn freshness(resource_type: ResourceType, value: Json) -> Json {
    let Json::Object(given) = value else { return Json::Null };
    if resource_type != ResourceType::Source {
        let Some(build_after) = given.get("build_after").and_then(Json::as_object) else { return Json::Null };
        let of = |key: &str, default: Json| build_after.get(key).cloned().unwrap_or(default);
        return json!({"build_after": {
            "count": of("count", Json::Null),
            "period": of("period", Json::Null),
            "updates_on": of("updates_on", json!("any")),
        }});
    }
    let threshold = |key: &str| match given.get(key) {
        Some(Json::Null) => Json::Null,
        other => {
            let of = |name: &str| other.and_then(|value| value.get(name)).cloned().unwrap_or(Json::Null);
            json!({"count": of("count"), "period": of("period")})
        }
    };
    json!({
        "warn_after": threshold("warn_after"),
        "error_after": threshold("error_after"),
        "filter": given.get("filter").cloned().unwrap_or(Json::Null),
    })
}

fn snapshot_columns(value: Json) -> Json {
    let names = ["dbt_valid_to", "dbt_valid_from", "dbt_scd_id", "dbt_updated_at", "dbt_is_deleted"];
    let of = |name: &str| value.get(name).cloned().unwrap_or(Json::Null);
    Json::Object(names.into_iter().map(|name| (name.to_owned(), of(name))).collect())
}

fn one_of(resource_type: ResourceType, name: &str, words: &[&str], value: Json) -> Result<Json> {
    if value.as_str().is_some_and(|word| words.contains(&word)) {
        return Ok(value);
    }
    let type_name = match name {
        "on_configuration_change" => "OnConfigurationChangeOption",
        "on_error" => "Optional[ModelOnErrorOptions]",
        _ => "str",
    };
    Err(invalid_field(resource_type, name, type_name, &value))
}

fn invalid_field(resource_type: ResourceType, name: &str, type_name: &str, value: &Json) -> Error {
    let class = match resource_type {
        ResourceType::Model => "ModelConfig",
        ResourceType::Seed => "SeedConfig",
        ResourceType::Snapshot => "SnapshotConfig",
        ResourceType::Test => "TestConfig",
        ResourceType::Source => "SourceConfig",
        _ => "NodeConfig",
    };
    Error::parsing(format!("Field \"{name}\" of type {type_name} in {class} has invalid value {}", python::repr(value)))
}

fn severity(value: Json) -> Result<Json> {
    let word = python::text(&value);
    if word.eq_ignore_ascii_case("warn") || word.eq_ignore_ascii_case("error") {
        return Ok(Json::String(word));
    }
    Err(invalid("[]", &format!("Severity must be either 'warn' or 'error'. Got '{word}'")))
}

/// `store_failures_as` decides over `store_failures`; where it is silent it follows from it.
fn finish_test(config: &mut JsonMap<String, Json>) -> Result<()> {
    if config.get("materialized").and_then(Json::as_str).is_some_and(|materialized| materialized != "test") {
        return Err(invalid("[]", "A test must have a materialized value of 'test'"));
    }
    let stored_as = config.get("store_failures_as").and_then(Json::as_str).map(str::to_owned);
    match (stored_as, config.get("store_failures").and_then(Json::as_bool)) {
        (Some(stored_as), _) => {
            config.insert("store_failures".to_owned(), json!(stored_as != "ephemeral"));
        }
        (None, Some(stored)) => {
            let stored_as = if stored { "table" } else { "ephemeral" };
            config.insert("store_failures_as".to_owned(), json!(stored_as));
        }
        (None, None) => {}
    }
    Ok(())
}

fn finish_model(config: &JsonMap<String, Json>) -> Result<()> {
    let str_of = |key: &str| config.get(key).and_then(Json::as_str).unwrap_or_default();
    let access = config.get("access").cloned().unwrap_or(Json::Null);
    if !matches!(access.as_str(), Some("private" | "protected" | "public")) {
        return Err(invalid_field(ResourceType::Model, "access", "AccessType", &access));
    }
    let enforced = config.get("contract").and_then(|contract| contract.get("enforced")) == Some(&json!(true));
    let on_schema_change = str_of("on_schema_change");
    if enforced && str_of("materialized") == "incremental" && !matches!(on_schema_change, "append_new_columns" | "fail")
    {
        return Err(invalid(
            "[]",
            &format!(
                "Invalid value for on_schema_change: {on_schema_change}. Models materialized as incremental with \
                 contracts enabled must set on_schema_change to 'append_new_columns' or 'fail'"
            ),
        ));
    }
    let build_after = config.get("freshness").and_then(|freshness| freshness.get("build_after"));
    let of = |key: &str| build_after.and_then(|value| value.get(key)).is_some_and(|value| !value.is_null());
    match (of("period"), of("count")) {
        (true, false) => {
            Err(invalid("[]", "`freshness.build_after` must have a value for `count` if a `period` is provided"))
        }
        (false, true) => {
            Err(invalid("[]", "`freshness.build_after` must have a value for `period` if a `count` is provided"))
        }
        _ => Ok(()),
    }
}
