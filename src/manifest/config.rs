//! A node's configuration: an ordered JSON object in dbt's key order, with typed readers for the keys that rdbt
//! itself acts on. Kept as JSON because users add keys of their own and macros read any of them.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::SharedMap;

/// The resolved configuration of one resource, with dbt's defaults filled in by `parse`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Config(pub SharedMap);

impl Config {
    /// The value under `key`; JSON null counts as absent.
    pub fn get(&self, key: &str) -> Option<&Json> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    /// A text value.
    pub fn str(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Json::as_str)
    }

    /// A boolean value.
    pub fn bool(&self, key: &str) -> Option<bool> {
        self.get(key).and_then(Json::as_bool)
    }

    /// A list of texts; a single text counts as a list of one, as dbt reads `tags`.
    pub fn strings(&self, key: &str) -> Vec<String> {
        match self.get(key) {
            Some(Json::String(one)) => vec![one.clone()],
            Some(Json::Array(many)) => many.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect(),
            _ => Vec::new(),
        }
    }

    /// `materialized`, or an empty text where the resource has none.
    pub fn materialized(&self) -> &str {
        self.str("materialized").unwrap_or_default()
    }

    /// `enabled`; true unless it says false.
    pub fn enabled(&self) -> bool {
        self.bool("enabled").unwrap_or(true)
    }

    /// `pre-hook` or `post-hook`: each as (sql, transaction).
    pub fn hooks(&self, key: &str) -> Vec<(String, bool)> {
        let Some(Json::Array(hooks)) = self.get(key) else { return Vec::new() };
        hooks
            .iter()
            .filter_map(|hook| {
                let sql = hook.get("sql")?.as_str()?.to_owned();
                Some((sql, hook.get("transaction").and_then(Json::as_bool).unwrap_or(true)))
            })
            .collect()
    }
}
