//! `attach` of a profile: other databases beside the main one, and the statement that attaches each.

use serde_json::{Map as JsonMap, Value as Json};

use super::credentials::{is_motherduck_path, python_text};
use crate::error::{Error, Result};

/// One entry of `attach`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attachment {
    /// File or URL.
    pub path: String,
    /// `TYPE` of the database: `sqlite`, `postgres`.
    pub kind: Option<String>,
    /// Catalog name.
    pub alias: Option<String>,
    /// Name of a secret.
    pub secret: Option<String>,
    /// Attach for reading only.
    pub read_only: bool,
    /// Any other option of `ATTACH`.
    pub options: JsonMap<String, Json>,
    /// The database is a DuckLake catalog although its path does not say so.
    pub is_ducklake: bool,
}

impl Attachment {
    /// Reads the list.
    ///
    /// # Errors
    /// An entry has no `path`, or names an option twice.
    pub fn read_all(value: Option<&Json>) -> Result<Vec<Attachment>> {
        let Some(Json::Array(entries)) = value else { return Ok(Vec::new()) };
        entries.iter().map(Attachment::read).collect()
    }

    fn read(entry: &Json) -> Result<Attachment> {
        let text = |key: &str| entry.get(key).filter(|value| !value.is_null()).map(python_text);
        let flag = |key: &str| entry.get(key).and_then(Json::as_bool).unwrap_or(false);
        let Some(path) = text("path") else {
            return Err(Error::runtime(format!(
                "An entry of `attach` in the profile has no `path`: {entry}. Say which file or URL to attach."
            )));
        };
        let attachment = Attachment {
            path,
            kind: text("type"),
            alias: text("alias"),
            secret: text("secret"),
            read_only: flag("read_only"),
            options: entry.get("options").and_then(Json::as_object).cloned().unwrap_or_default(),
            is_ducklake: flag("is_ducklake"),
        };
        attachment.check_conflicts()?;
        Ok(attachment)
    }

    fn check_conflicts(&self) -> Result<()> {
        let given = [("type", self.kind.is_some()), ("secret", self.secret.is_some()), ("read_only", self.read_only)];
        let twice: Vec<String> = given
            .into_iter()
            .filter(|(key, given)| *given && self.options.contains_key(*key))
            .map(|(key, _)| format!("'{key}'"))
            .collect();
        if twice.is_empty() {
            return Ok(());
        }
        Err(Error::runtime(format!(
            "Attachment option(s) [{}] specified in both direct fields and options dict. \
             Please specify each option in only one location.",
            twice.join(", ")
        )))
    }

    /// The `ATTACH` statement, as dbt-duckdb writes it.
    pub fn to_sql(&self) -> String {
        let path = match self.path.split_once('?') {
            Some((before, _)) if is_motherduck_path(&self.path) => before,
            _ => self.path.as_str(),
        };
        let mut sql = format!("ATTACH IF NOT EXISTS '{}'", path.replace('\'', "''"));
        if let Some(alias) = &self.alias {
            sql.push_str(&format!(" AS {alias}"));
        }
        let options = self.option_list();
        if !options.is_empty() {
            sql.push_str(&format!(" ({})", options.join(", ")));
        }
        sql
    }

    fn option_list(&self) -> Vec<String> {
        let mut list = Vec::new();
        let option = |key: &str| self.options.get(key).map(python_text);
        if let Some(kind) = self.kind.clone().or_else(|| option("type")) {
            list.push(format!("TYPE {kind}"));
        }
        if let Some(secret) = self.secret.clone().or_else(|| option("secret")) {
            list.push(format!("SECRET {secret}"));
        }
        if self.read_only || self.options.get("read_only").and_then(Json::as_bool).unwrap_or(false) {
            list.push("READ_ONLY".to_owned());
        }
        let others = self.options.iter().filter(|(key, _)| !["type", "secret", "read_only"].contains(&key.as_str()));
        list.extend(others.filter_map(|(key, value)| option_sql(&key.to_uppercase(), value)));
        list
    }
}

fn option_sql(key: &str, value: &Json) -> Option<String> {
    match value {
        Json::Null | Json::Bool(false) => None,
        Json::Bool(true) => Some(key.to_owned()),
        Json::String(text) if is_quoted(text.trim()) => Some(format!("{key} {text}")),
        Json::String(text) => Some(format!("{key} '{}'", text.replace('\'', "''"))),
        other => Some(format!("{key} {}", python_text(other))),
    }
}

fn is_quoted(text: &str) -> bool {
    text.len() >= 2 && ['\'', '"'].iter().any(|quote| text.starts_with(*quote) && text.ends_with(*quote))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn sql(json: &str) -> String {
        Attachment::read(&serde_json::from_str(json).unwrap()).unwrap().to_sql()
    }

    #[test]
    fn writes_the_statement_as_dbt_duckdb_does() {
        assert_eq!(sql(r#"{"path": "a'b.db"}"#), "ATTACH IF NOT EXISTS 'a''b.db'");
        assert_eq!(
            sql(r#"{"path": "x.sqlite", "alias": "s", "type": "sqlite", "read_only": true}"#),
            "ATTACH IF NOT EXISTS 'x.sqlite' AS s (TYPE sqlite, READ_ONLY)"
        );
        assert_eq!(
            sql(r#"{"path": "d", "options": {"data_path": "s3://x", "encrypted": true, "n": 3, "off": false}}"#),
            "ATTACH IF NOT EXISTS 'd' (DATA_PATH 's3://x', ENCRYPTED, N 3)"
        );
    }

    #[test]
    fn refuses_an_option_given_twice() {
        let entry = serde_json::json!({"path": "d", "type": "sqlite", "options": {"type": "duckdb"}});
        assert!(Attachment::read(&entry).unwrap_err().message.contains("['type']"));
    }
}
