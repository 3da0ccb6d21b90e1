//! Freshness thresholds: the table's over the source's, field by field; null takes them away.

use serde_json::{Map as JsonMap, Value as Json, json};

/// Whether a value has the shape of thresholds: null, or `warn_after`, `error_after` and `filter` of the right types.
pub fn is_threshold(value: &Json) -> bool {
    let is_time = |time: &Json| match time {
        Json::Object(fields) => fields.iter().all(|(key, value)| match key.as_str() {
            "count" => value.is_null() || value.is_i64() || value.is_u64(),
            "period" => value.is_null() || matches!(value.as_str(), Some("minute" | "hour" | "day")),
            _ => false,
        }),
        other => other.is_null(),
    };
    match value {
        Json::Object(fields) => fields.iter().all(|(key, value)| match key.as_str() {
            "warn_after" | "error_after" => is_time(value),
            "filter" => value.is_null() || value.is_string(),
            _ => false,
        }),
        other => other.is_null(),
    }
}

/// Whether a threshold is set.
pub fn is_set(freshness: &Json) -> bool {
    time_is_set(freshness.get("warn_after")) || time_is_set(freshness.get("error_after"))
}

fn time_is_set(time: Option<&Json>) -> bool {
    let set = |key: &str| time.and_then(|time| time.get(key)).is_some_and(|value| !value.is_null());
    set("count") && set("period")
}

/// The freshness of a table; none where null was said last.
pub fn merged(
    source: &JsonMap<String, Json>,
    source_config: &JsonMap<String, Json>,
    table: &JsonMap<String, Json>,
    table_config: &JsonMap<String, Json>,
) -> Option<Json> {
    let mut places =
        [source, source_config, table, table_config].into_iter().map(|data| threshold(data.get("freshness")));
    let first = places.next().flatten();
    places.fold(first, |base, update| match (base, update) {
        (Some(base), Some(update)) => Some(merge(&base, &update)),
        (None, Some(update)) if is_set(&update) => Some(update),
        _ => None,
    })
}

/// A threshold as dbt holds it; absent is empty, null is none.
fn threshold(value: Option<&Json>) -> Option<Json> {
    match value {
        Some(Json::Null) => None,
        other => {
            let time = |key: &str| match other.and_then(|value| value.get(key)) {
                Some(Json::Null) => Json::Null,
                time => {
                    let of = |name: &str| time.and_then(|time| time.get(name)).cloned().unwrap_or(Json::Null);
                    json!({"count": of("count"), "period": of("period")})
                }
            };
            let filter = other.and_then(|value| value.get("filter")).cloned().unwrap_or(Json::Null);
            Some(json!({"warn_after": time("warn_after"), "error_after": time("error_after"), "filter": filter}))
        }
    }
}

fn merge(base: &Json, update: &Json) -> Json {
    let time = |key: &str| {
        let (base, update) = (base.get(key).unwrap_or(&Json::Null), update.get(key).unwrap_or(&Json::Null));
        match (time_is_set(Some(base)), time_is_set(Some(update))) {
            _ if update.is_null() => Json::Null,
            (true, true) => merge_fields(base, update),
            (_, true) => update.clone(),
            _ if time_is_set(Some(base)) => base.clone(),
            _ => update.clone(),
        }
    };
    let filter = update.get("filter").filter(|filter| !filter.is_null()).or_else(|| base.get("filter"));
    json!({
        "warn_after": time("warn_after"),
        "error_after": time("error_after"),
        "filter": filter.cloned().unwrap_or(Json::Null),
    })
}

fn merge_fields(base: &Json, update: &Json) -> Json {
    let of = |key: &str| {
        let value = update.get(key).filter(|value| !value.is_null()).or_else(|| base.get(key));
        value.cloned().unwrap_or(Json::Null)
    };
    json!({"count": of("count"), "period": of("period")})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_add_to_sources_and_null_takes_away() {
        let object = |value: Json| value.as_object().cloned().unwrap_or_default();
        let none = JsonMap::new();
        let source = object(json!({"freshness": {"warn_after": {"count": 1, "period": "day"}}}));
        let table = object(json!({"freshness": {"error_after": {"count": 2, "period": "hour"}, "filter": "x"}}));
        let merged_value = merged(&source, &none, &table, &none);
        let expected = json!({"warn_after": {"count": 1, "period": "day"}, "error_after": {"count": 2, "period": "hour"},
            "filter": "x"});
        assert_eq!(merged_value, Some(expected));
        assert_eq!(merged(&source, &none, &object(json!({"freshness": null})), &none), None);
        assert!(!is_set(&merged(&none, &none, &none, &none).unwrap_or_default()));
    }
}
