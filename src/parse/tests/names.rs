//! Names of generic tests, as dbt puts them together from the test, its target and its arguments.

use md5::{Digest, Md5};
use serde_json::{Map as JsonMap, Value as Json};

use crate::jinja::value::push_str_repr;
use crate::manifest::TestMetadata;
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
    let mut full = format!("{test}_{target}");
    let identifier = full.len();
    for (index, part) in parts.iter().enumerate() {
        full.push_str(if index == 0 { "_" } else { "__" });
        push_clean(&mut full, part);
    }
    full.push_str(if parts.is_empty() { "_" } else { "" });
    if full.chars().count() < 64 {
        return (full.clone(), full);
    }
    let start: String = full[..identifier].chars().take(30).collect();
    (format!("{start}_{}", md5_hex(&full)), full)
}

/// Runs of characters that do not belong in names become `_`.
fn push_clean(out: &mut String, text: &str) {
    let mut in_run = false;
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() || letter == '_' {
            out.push(letter);
            in_run = false;
        } else if !in_run {
            out.push('_');
            in_run = true;
        }
    }
}

/// The ten characters that make the unique ids of equally named tests differ.
pub fn metadata_hash(name: &str, metadata: &TestMetadata) -> String {
    let mut text = String::with_capacity(256);
    text.push_str(name);
    text.push_str("{'kwargs': ");
    push_hashable_map(&mut text, &metadata.kwargs);
    text.push_str(", 'name': ");
    push_str_repr(&mut text, &metadata.name);
    text.push_str(", 'namespace': ");
    push_str_repr(&mut text, metadata.namespace.as_deref().unwrap_or("None"));
    text.push('}');
    let digest = md5_hex(&text);
    digest[digest.len() - 10..].to_owned()
}

fn push_hashable_map(out: &mut String, entries: &JsonMap<String, Json>) {
    let mut entries: Vec<(&String, &Json)> = entries.iter().collect();
    entries.sort_by_key(|(key, _)| *key);
    out.push('{');
    for (index, (key, value)) in entries.into_iter().enumerate() {
        out.push_str(if index > 0 { ", " } else { "" });
        push_str_repr(out, key);
        out.push_str(": ");
        push_hashable(out, value);
    }
    out.push('}');
}

/// The `repr` of the value with mappings sorted by key and everything that is no list or mapping as text.
fn push_hashable(out: &mut String, value: &Json) {
    match value {
        Json::Object(entries) => push_hashable_map(out, entries),
        Json::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                push_hashable(out, item);
            }
            out.push(']');
        }
        Json::String(text) => push_str_repr(out, text),
        other => push_str_repr(out, &python::text(other)),
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
        let kwargs =
            object(json!({"column_name": "customer_id", "model": "{{ get_where_subquery(ref('customers')) }}"}));
        let metadata = TestMetadata { name: "unique".to_owned(), kwargs, namespace: None };
        assert_eq!(metadata_hash("unique_customers_customer_id", &metadata), "c5af1ff4b1");
    }
}
