//! Configuration as written, which `state:modified` compares: values of properties before rendering.

use serde_json::{Map as JsonMap, Value as Json};

use super::cx::Cx;

/// What dbt takes for the unrendered configuration of properties: the rendered one with the written one merged into it
/// (lists follow each other, so that they stand there twice), or the rendered one alone, by flag.
pub fn merged_patch(
    cx: &Cx,
    rendered: Option<&JsonMap<String, Json>>,
    written: Option<&JsonMap<String, Json>>,
) -> Option<JsonMap<String, Json>> {
    match (rendered, written) {
        (Some(rendered), Some(written)) if cx.flags.more_unrendered_values && !written.is_empty() => {
            Some(deep_merge(rendered, written))
        }
        (rendered, _) => rendered.cloned(),
    }
}

/// dbt's `deep_merge`: mappings merge, later lists go before earlier ones, everything else is replaced.
pub fn deep_merge(earlier: &JsonMap<String, Json>, later: &JsonMap<String, Json>) -> JsonMap<String, Json> {
    let mut merged = earlier.clone();
    for (key, value) in later {
        let joined = match (merged.get(key), value) {
            (Some(Json::Object(known)), Json::Object(new)) => Json::Object(deep_merge(known, new)),
            (Some(Json::Array(known)), Json::Array(new)) => Json::Array(new.iter().chain(known).cloned().collect()),
            _ => value.clone(),
        };
        merged.insert(key.clone(), joined);
    }
    merged
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_follow_each_other() {
        let object = |value: Json| value.as_object().cloned().unwrap_or_default();
        let merged = deep_merge(&object(json!({"a": [1], "b": {"c": 1}})), &object(json!({"a": [2], "b": {"c": 2}})));
        assert_eq!(Json::Object(merged), json!({"a": [2, 1], "b": {"c": 2}}));
    }
}
