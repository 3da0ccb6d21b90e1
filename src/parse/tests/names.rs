//! Names of generic tests, as dbt puts them together from the test, its target and its arguments.

use md5::{Digest, Md5};
use serde_json::{Map as JsonMap, Value as Json};

use crate::jinja::value::str_repr;
use crate::parse::python;

/// md5 in hexadecimal.
pub fn md5_hex(text: &str) -> String {
    let mut hasher = Md5::new();
    hasher.update(text.as_bytes());
    python::hex(&hasher.finalize())
}

/// The short name (for the file and the alias; hashed when long) and the full name of a test.
pub fn synthesize(test: &str, target: &str, arguments: &JsonMap<String, Json>) -> (String, String) {
    let mut names: Vec<&String> = arguments.keys().filter(|name| *name != "model").collect();
    names.sort();
    let mut parts = Vec::new();
    for name in names {
        match &arguments[name] {
            Json::Object(entries) => parts.extend(entries.values().map(python::text)),
            Json::Array(items) => parts.extend(items.iter().map(python::text)),
            other => parts.push(python::text(other)),
        }
    }
    let clean: Vec<String> = parts.iter().map(|part| clean(part)).collect();
    let identifier = format!("{test}_{target}");
    let full = format!("{identifier}_{}", clean.join("__"));
    if full.chars().count() < 64 {
        return (full.clone(), full);
    }
    let start: String = identifier.chars().take(30).collect();
    (format!("{start}_{}", md5_hex(&full)), full)
}

/// Runs of characters that do not belong in names become `_`.
fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut in_run = false;
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() || letter == '_' {
            clean.push(letter);
            in_run = false;
        } else if !in_run {
            clean.push('_');
            in_run = true;
        }
    }
    clean
}

/// The ten characters that make the unique ids of equally named tests differ.
pub fn metadata_hash(name: &str, metadata: &Json) -> String {
    let mut text = name.to_owned();
    push_hashable(&mut text, metadata);
    let digest = md5_hex(&text);
    digest[digest.len() - 10..].to_owned()
}

/// The `repr` of the value with mappings sorted by key and everything that is no list or mapping as text.
fn push_hashable(out: &mut String, value: &Json) {
    match value {
        Json::Object(entries) => {
            let mut entries: Vec<(&String, &Json)> = entries.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (index, (key, value)) in entries.into_iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                out.push_str(&str_repr(key));
                out.push_str(": ");
                push_hashable(out, value);
            }
            out.push('}');
        }
        Json::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                push_hashable(out, item);
            }
            out.push(']');
        }
        Json::String(text) => out.push_str(&str_repr(text)),
        other => out.push_str(&str_repr(&python::text(other))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Json) -> JsonMap<String, Json> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn short_names_stay() {
        let arguments = object(json!({"column_name": "id", "model": "x", "values": [1, 2], "quote": false}));
        let (short, full) = synthesize("accepted_values", "m", &arguments);
        assert_eq!(
            (short.as_str(), full.as_str()),
            ("accepted_values_m_id__False__1__2", "accepted_values_m_id__False__1__2")
        );
    }

    #[test]
    fn long_names_are_hashed() {
        let arguments = object(
            json!({"column_name": "status", "values": ["placed", "shipped", "completed", "return_pending", "returned"]}),
        );
        let (short, full) = synthesize("accepted_values", "orders", &arguments);
        assert_eq!(full, "accepted_values_orders_status__placed__shipped__completed__return_pending__returned");
        assert_eq!(short, "accepted_values_orders_1ce6ab157c285f7cd2ac656013faf758");
    }

    #[test]
    fn the_hash_is_dbts() {
        let metadata = json!({"namespace": null, "name": "unique", "kwargs": {
            "column_name": "customer_id", "model": "{{ get_where_subquery(ref('customers')) }}"}});
        assert_eq!(metadata_hash("unique_customers_customer_id", &metadata), "c5af1ff4b1");
    }
}
