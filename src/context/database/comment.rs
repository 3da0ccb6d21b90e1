//! The comment that dbt puts before or behind every statement, so that it can be traced to its node.

use crate::error::{Error, Result};

/// A rendered query comment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueryComment {
    text: String,
    append: bool,
}

impl QueryComment {
    /// A comment; an empty text means none.
    ///
    /// # Errors
    /// The text would end the SQL comment that it stands in.
    pub fn new(text: &str, append: bool) -> Result<Self> {
        if text.contains("*/") {
            return Err(Error::runtime(format!("query comment contains illegal value \"*/\": {text}")));
        }
        Ok(QueryComment { text: text.trim().to_owned(), append })
    }

    /// The statement with its comment; one that is appended goes before a final semicolon.
    pub fn add(&self, sql: &str) -> String {
        if self.text.is_empty() {
            return sql.to_owned();
        }
        if !self.append {
            return format!("/* {} */\n{sql}", self.text);
        }
        let sql = sql.trim_end();
        match sql.strip_suffix(';') {
            Some(bare) => format!("{bare}\n/* {} */;", self.text),
            None => format!("{sql}\n/* {} */", self.text),
        }
    }
}

/// dbt's default comment: a JSON object that names the program, the target, and the node or connection.
pub fn default_query_comment(
    version: &str,
    profile_name: &str,
    target_name: &str,
    node_id: Option<&str>,
    connection_name: &str,
) -> String {
    let (key, value) = match node_id {
        Some(node_id) => ("node_id", node_id),
        None => ("connection_name", connection_name),
    };
    let pairs = [
        ("app", "dbt"),
        ("dbt_version", version),
        ("profile_name", profile_name),
        ("target_name", target_name),
        (key, value),
    ];
    let items: Vec<String> =
        pairs.iter().map(|(key, value)| format!("\"{key}\": {}", serde_json::Value::from(*value))).collect();
    format!("{{{}}}", items.join(", "))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn goes_before_or_behind_the_statement() {
        assert_eq!(QueryComment::default().add("select 1"), "select 1");
        assert_eq!(QueryComment::new(" x ", false).unwrap().add("select 1"), "/* x */\nselect 1");
        assert_eq!(QueryComment::new("x", true).unwrap().add("select 1; "), "select 1\n/* x */;");
        assert_eq!(QueryComment::new("x", true).unwrap().add("select 1"), "select 1\n/* x */");
        assert!(QueryComment::new("*/ drop", false).is_err());
    }

    #[test]
    fn names_the_node() {
        assert_eq!(
            default_query_comment("1.12.6", "p", "dev", Some("model.p.a"), "x"),
            r#"{"app": "dbt", "dbt_version": "1.12.6", "profile_name": "p", "target_name": "dev", "node_id": "model.p.a"}"#
        );
    }
}
