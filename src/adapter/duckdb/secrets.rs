//! `secrets` of a profile: the statements that hand credentials of object stores to DuckDB's secret manager.

use serde_json::{Map as JsonMap, Value as Json};

use super::credentials::python_text;
use crate::error::{Error, Result};

/// One entry of `secrets`.
#[derive(Debug, Clone, PartialEq)]
pub struct Secret {
    /// `s3`, `gcs`, `azure`, ...
    pub kind: String,
    /// Name in the secret manager; `_dbt_secret_N` unless given.
    pub name: String,
    /// Keep it beyond this process.
    pub persistent: bool,
    /// Everything else, in the order written: `provider`, `scope`, keys of the store.
    pub options: JsonMap<String, Json>,
}

/// Keys that DuckDB wants without quotes.
const UNQUOTED: [&str; 3] = ["type", "provider", "extra_http_headers"];

impl Secret {
    /// Reads the list, and the older `use_credential_provider`.
    ///
    /// # Errors
    /// An entry has no `type`, or the provider is unknown.
    pub fn read_all(value: Option<&Json>, provider: Option<&Json>) -> Result<Vec<Secret>> {
        let mut entries = match value {
            Some(Json::Array(entries)) => entries.clone(),
            _ => Vec::new(),
        };
        match provider.and_then(Json::as_str) {
            None | Some("") => {}
            Some("aws") => entries.push(serde_json::json!({"type": "s3", "provider": "credential_chain"})),
            Some(other) => {
                return Err(Error::runtime(format!("Unsupported value for use_credential_provider: {other}")));
            }
        }
        entries.iter().enumerate().map(|(index, entry)| Secret::read(entry, index + 1)).collect()
    }

    fn read(entry: &Json, number: usize) -> Result<Secret> {
        let mut options = entry.as_object().cloned().unwrap_or_default();
        let Some(kind) = options.shift_remove("type") else {
            return Err(Error::runtime(format!(
                "Entry {number} of `secrets` in the profile has no `type`. Say which store it is for, such as `s3`."
            )));
        };
        let name = options.shift_remove("name").filter(|name| !name.is_null());
        let persistent = options.shift_remove("persistent").and_then(|flag| flag.as_bool()).unwrap_or(false);
        options.retain(|_, value| !value.is_null());
        if options.get("scope").is_some_and(|scope| !scope.is_string() && !scope.is_array()) {
            return Err(Error::runtime(format!(
                "Field \"scope\" of entry {number} of `secrets` in the profile has an invalid value. \
                 Write a text, or a list of texts."
            )));
        }
        Ok(Secret {
            kind: python_text(&kind),
            name: name.map_or_else(|| format!("_dbt_secret_{number}"), |name| python_text(&name)),
            persistent,
            options,
        })
    }

    /// The `CREATE SECRET` statement, as dbt-duckdb writes it.
    pub fn to_sql(&self) -> String {
        let name = if self.name.is_empty() { String::new() } else { format!(" {}", self.name) };
        let replace = if name.is_empty() { "" } else { " OR REPLACE" };
        let persistent = if self.persistent { " PERSISTENT" } else { "" };
        let mut lines = vec![format!("type {}", self.kind)];
        if let Some(provider) = self.options.get("provider") {
            lines.push(option_sql("provider", provider));
        }
        let others = self.options.iter().filter(|(key, _)| *key != "provider" && *key != "scope");
        lines.extend(others.map(|(key, value)| option_sql(key, value)));
        lines.extend(self.scopes().iter().map(|scope| format!("scope '{}'", escape(scope))));
        format!("CREATE{replace}{persistent} SECRET{name} (\n    {}\n)", lines.join(",\n    "))
    }

    fn scopes(&self) -> Vec<String> {
        match self.options.get("scope") {
            Some(Json::Array(scopes)) => scopes.iter().map(python_text).collect(),
            Some(scope) => vec![python_text(scope)],
            None => Vec::new(),
        }
    }
}

fn escape(text: &str) -> String {
    text.replace('\'', "''")
}

fn option_sql(key: &str, value: &Json) -> String {
    match value {
        Json::Object(map) => {
            let items: Vec<String> =
                map.iter().map(|(k, v)| format!("'{}': '{}'", escape(k), escape(&python_text(v)))).collect();
            format!("{key} map {{{}}}", items.join(", "))
        }
        Json::Array(list) => {
            let items: Vec<String> = list.iter().map(|item| format!("'{}'", escape(&python_text(item)))).collect();
            format!("{key} array [{}]", items.join(", "))
        }
        other if UNQUOTED.contains(&key) => format!("{key} {}", python_text(other)),
        other => format!("{key} '{}'", escape(&python_text(other))),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_statement_as_dbt_duckdb_does() {
        let list = serde_json::json!([
            {"type": "s3", "key_id": "a'b", "secret": "c", "scope": ["s3://x", "s3://y"], "provider": "config"}
        ]);
        let secrets = Secret::read_all(Some(&list), None).unwrap();
        assert_eq!(
            secrets[0].to_sql(),
            "CREATE OR REPLACE SECRET _dbt_secret_1 (\n    type s3,\n    provider config,\n    key_id 'a''b',\n    \
             secret 'c',\n    scope 's3://x',\n    scope 's3://y'\n)"
        );
    }

    #[test]
    fn reads_the_older_credential_provider() {
        let secrets = Secret::read_all(None, Some(&Json::from("aws"))).unwrap();
        assert_eq!(
            secrets[0].to_sql(),
            "CREATE OR REPLACE SECRET _dbt_secret_1 (\n    type s3,\n    provider credential_chain\n)"
        );
        assert!(Secret::read_all(None, Some(&Json::from("gcp"))).is_err());
    }
}
