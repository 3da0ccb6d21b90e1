//! Constraints of a contract as DDL, in dbt-duckdb's words.

use super::values::field;
use crate::error::{Error, ErrorKind, Result};
use crate::jinja::value::{py_repr, py_str};
use crate::jinja::{MjError, Value};

/// The fields of a constraint that count in DDL.
struct Constraint {
    kind: String,
    name: Option<String>,
    expression: String,
    columns: Vec<String>,
    to: Option<String>,
    to_columns: Vec<String>,
}

const KINDS: [&str; 6] = ["check", "not_null", "unique", "primary_key", "foreign_key", "custom"];

impl Constraint {
    fn read(raw: &Value) -> Result<Constraint> {
        let text = |key: &str| field(raw, key).map(|value| py_str(&value)).filter(|text| !text.is_empty());
        let kind = text("type").unwrap_or_default();
        if !KINDS.contains(&kind.as_str()) {
            return Err(Error::new(ErrorKind::Validation, format!("Could not parse constraint: {}", py_repr(raw))));
        }
        Ok(Constraint {
            kind,
            name: text("name"),
            expression: text("expression").unwrap_or_default(),
            columns: texts(raw, "columns"),
            to: text("to"),
            to_columns: texts(raw, "to_columns"),
        })
    }

    /// What a foreign key of either kind refers to; DuckDB takes no catalog there.
    fn target(&self) -> Option<String> {
        match &self.to {
            Some(to) if !self.to_columns.is_empty() => {
                let pieces: Vec<&str> = to.split('.').collect();
                let table = if pieces.len() > 2 { pieces[1..].join(".") } else { to.clone() };
                Some(format!("{table} ({})", self.to_columns.join(", ")))
            }
            _ => None,
        }
    }

    fn for_column(&self) -> Option<String> {
        let expression = &self.expression;
        let sql = match self.kind.as_str() {
            "check" if !expression.is_empty() => format!("check ({expression})"),
            "not_null" => format!("not null {expression}"),
            "unique" => format!("unique {expression}"),
            "primary_key" => format!("primary key {expression}"),
            "foreign_key" => return Some(format!("references {}", self.target().unwrap_or_else(|| self.or_none()))),
            "custom" if !expression.is_empty() => expression.clone(),
            _ => return None,
        };
        Some(sql.trim().to_owned())
    }

    fn or_none(&self) -> String {
        if self.expression.is_empty() { "None".to_owned() } else { self.expression.clone() }
    }

    fn for_model(&self) -> Option<String> {
        let prefix = self.name.as_ref().map_or(String::new(), |name| format!("constraint {name} "));
        let columns = self.columns.join(", ");
        let expression = &self.expression;
        let spaced = if expression.is_empty() { String::new() } else { format!(" {expression}") };
        match self.kind.as_str() {
            "check" if !expression.is_empty() => Some(format!("{prefix}check ({expression})")),
            "unique" => Some(format!("{prefix}unique{spaced} ({columns})")),
            "primary_key" => Some(format!("{prefix}primary key{spaced} ({columns})")),
            "foreign_key" => {
                let target = self.target().or_else(|| (!expression.is_empty()).then(|| expression.clone()))?;
                Some(format!("{prefix}foreign key ({columns}) references {target}"))
            }
            "custom" if !expression.is_empty() => Some(format!("{prefix}{expression}")),
            _ => None,
        }
    }
}

fn texts(raw: &Value, key: &str) -> Vec<String> {
    let items = field(raw, key).and_then(|list| list.try_iter().ok().map(|items| items.collect::<Vec<_>>()));
    items.unwrap_or_default().iter().map(py_str).collect()
}

/// `render_raw_columns_constraints`: each column as `name type constraint ...`.
///
/// # Errors
/// A constraint has no type that dbt knows.
pub(super) fn columns(raw_columns: &Value) -> std::result::Result<Vec<Value>, MjError> {
    let mut rendered = Vec::new();
    for key in raw_columns.try_iter()? {
        let column = raw_columns.get_item(&key)?;
        let name = field(&column, "name").map(|name| py_str(&name)).unwrap_or_default();
        let quoted = field(&column, "quote").is_some_and(|quote| quote.is_true());
        let name = if quoted { format!("\"{name}\"") } else { name };
        let data_type = field(&column, "data_type").map_or_else(|| "None".to_owned(), |kind| py_str(&kind));
        let mut parts = vec![format!("{name} {data_type}")];
        if let Some(constraints) = field(&column, "constraints") {
            for raw in constraints.try_iter()? {
                let constraint = Constraint::read(&raw).map_err(crate::context::errors::raise)?;
                parts.extend(constraint.for_column());
            }
        }
        rendered.push(Value::from(parts.join(" ")));
    }
    Ok(rendered)
}

/// `render_raw_model_constraints`: the constraints of a table as a whole.
///
/// # Errors
/// A constraint has no type that dbt knows.
pub(super) fn model(raw_constraints: &Value) -> std::result::Result<Vec<Value>, MjError> {
    let mut rendered = Vec::new();
    for raw in raw_constraints.try_iter()? {
        let constraint = Constraint::read(&raw).map_err(crate::context::errors::raise)?;
        rendered.extend(constraint.for_model().map(Value::from));
    }
    Ok(rendered)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::jinja::value::from_json;

    #[test]
    fn renders_column_constraints() {
        let raw = from_json(&serde_json::json!({
            "id": {"name": "id", "data_type": "integer", "quote": true, "constraints": [
                {"type": "not_null"}, {"type": "check", "expression": "id > 0"},
                {"type": "foreign_key", "to": "\"dev\".\"main\".\"t\"", "to_columns": ["a"]}
            ]}
        }));
        let sql = columns(&raw).unwrap();
        assert_eq!(py_str(&sql[0]), r#""id" integer not null check (id > 0) references "main"."t" (a)"#);
    }

    #[test]
    fn renders_model_constraints() {
        let raw = from_json(&serde_json::json!([
            {"type": "primary_key", "columns": ["a", "b"], "name": "pk"},
            {"type": "unique", "columns": ["c"]}, {"type": "check", "columns": []}
        ]));
        let sql: Vec<String> = model(&raw).unwrap().iter().map(py_str).collect();
        assert_eq!(sql, ["constraint pk primary key (a, b)", "unique (c)"]);
        assert!(model(&from_json(&serde_json::json!([{"type": "odd"}]))).is_err());
    }
}
