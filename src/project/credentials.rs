//! The connection of a DuckDB output in `profiles.yml`: which keys there are, their defaults, and which database
//! and schema follow from them.

use super::values::{repr, text};
use crate::error::{Error, Result};
use crate::yaml::{Map, Node, Value};

/// The keys that dbt shows: in `dbt debug`, and as `target` in Jinja. In dbt's order.
pub const SHOWN_KEYS: [&str; 13] = [
    "database",
    "schema",
    "path",
    "config_options",
    "extensions",
    "settings",
    "external_root",
    "use_credential_provider",
    "attach",
    "filesystems",
    "remote",
    "plugins",
    "disable_transactions",
];

/// The type that a key's value must have.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Bool,
    Dict,
    List,
}

impl Kind {
    fn fits(self, value: &Value) -> bool {
        matches!(
            (self, value),
            (Kind::Text, Value::Str(_))
                | (Kind::Bool, Value::Bool(_))
                | (Kind::Dict, Value::Map(_))
                | (Kind::List, Value::Seq(_))
        )
    }

    fn json_name(self) -> &'static str {
        match self {
            Kind::Text => "string",
            Kind::Bool => "boolean",
            Kind::Dict => "object",
            Kind::List => "array",
        }
    }
}

/// Keys with their types; the flag tells whether the key may be null.
const KEYS: [(&str, Kind, bool); 20] = [
    ("database", Kind::Text, false),
    ("schema", Kind::Text, false),
    ("path", Kind::Text, false),
    ("config_options", Kind::Dict, true),
    ("extensions", Kind::List, true),
    ("settings", Kind::Dict, true),
    ("secrets", Kind::List, true),
    ("external_root", Kind::Text, false),
    ("use_credential_provider", Kind::Text, true),
    ("attach", Kind::List, true),
    ("filesystems", Kind::List, true),
    ("remote", Kind::Dict, true),
    ("plugins", Kind::List, true),
    ("disable_transactions", Kind::Bool, false),
    ("keep_open", Kind::Bool, false),
    ("module_paths", Kind::List, true),
    ("retries", Kind::Dict, true),
    ("flights", Kind::Dict, true),
    ("is_ducklake", Kind::Bool, true),
    ("motherduck_token", Kind::Text, true),
];

/// Checks an output's keys and fills in what dbt-duckdb fills in: every key is present afterwards, `database` is
/// derived from `path`.
///
/// # Errors
/// A value has the wrong type, or `database` contradicts `path`; the message is the part that dbt prints after
/// `Credentials in profile "p", target "t" invalid: `.
pub fn complete(output: &Map) -> Result<Map> {
    let mut credentials = Map::new();
    for (key, kind, optional) in KEYS {
        let Some(given) = output.get(key) else {
            credentials.insert(text(key), default_of(key));
            continue;
        };
        if !(kind.fits(&given.value) || optional && given.is_null()) {
            return Err(wrong_type(&given.value, kind, optional));
        }
        credentials.insert(text(key), given.clone());
    }
    // Other keys are kept although dbt drops them from `target`: a plugin may look for its own.
    for (key, value) in output {
        if key.as_str().is_none_or(|name| credentials.get(name).is_none() && name != "type" && name != "threads") {
            credentials.insert(key.clone(), value.clone());
        }
    }
    let database = database_name(output)?;
    credentials.insert(text("database"), text(&database));
    if credentials.get("settings").is_some_and(Node::is_null) {
        credentials.insert(text("settings"), Node::detached(Value::Map(Map::new())));
    }
    Ok(credentials)
}

fn default_of(key: &str) -> Node {
    match key {
        "database" | "schema" => text("main"),
        "path" => text(":memory:"),
        "external_root" => text("."),
        "disable_transactions" => Node::detached(Value::Bool(false)),
        "keep_open" => Node::detached(Value::Bool(true)),
        _ => Node::default(),
    }
}

fn wrong_type(value: &Value, kind: Kind, optional: bool) -> Error {
    Error::runtime(if optional {
        format!("{} is not valid under any of the given schemas", repr(value))
    } else {
        format!("{} is not of type '{}'", repr(value), kind.json_name())
    })
}

/// The database of an output: the name that DuckDB gives to the file in `path`.
fn database_name(output: &Map) -> Result<String> {
    let path = output.get("path").and_then(Node::as_str);
    let derived = database_of_path(path);
    if derived.is_empty() {
        return Err(nested("Unable to determine target database name from 'path' field in profile"));
    }
    let Some(database) = output.get("database").and_then(Node::as_str) else { return Ok(derived) };
    let attached = output
        .get("attach")
        .and_then(Node::as_seq)
        .unwrap_or_default()
        .iter()
        .any(|item| item.get("alias").and_then(Node::as_str) == Some(database));
    let remote = output.get("remote").is_some_and(|node| node.value.is_truthy());
    if database == derived || attached || remote {
        return Ok(database.to_owned());
    }
    Err(nested(format!(
        "Inconsistency detected between 'path' and 'database' fields in profile; the 'database' property must be set \
         to '{derived}' to match the 'path'"
    )))
}

/// An error whose text stands with its header inside another error's text, as dbt prints it.
fn nested(message: impl Into<String>) -> Error {
    Error::runtime(Error::runtime(message).to_string())
}

/// The name that DuckDB gives to the database in a file: its base name up to the first dot.
pub fn database_of_path(path: Option<&str>) -> String {
    let Some(path) = path.filter(|path| *path != ":memory:") else { return "memory".to_owned() };
    let (scheme, rest) = match path.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_ascii_lowercase(), rest),
        _ => (String::new(), path),
    };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let base = match rest.strip_prefix("//") {
        // What follows `//` up to the next slash is the host.
        Some(url) if !scheme.is_empty() => url.split_once('/').map_or("", |(_, path)| path),
        _ => rest,
    };
    let base = base.rsplit('/').next().unwrap_or_default();
    let stem = base.rsplit_once('.').map_or(base, |(stem, _)| if stem.is_empty() { base } else { stem });
    match scheme.as_str() {
        "md" | "motherduck" if stem.is_empty() => "my_db".to_owned(),
        "md" | "motherduck" => stem.to_owned(),
        "ducklake" => stem.split_once(':').map_or(stem, |(_, name)| name).to_owned(),
        _ => base.trim_start_matches('.').split('.').next().unwrap_or_default().to_owned(),
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A failing look-up is a failing test.
mod tests {
    use super::*;

    #[test]
    fn names_databases_as_duckdb_does() {
        for (path, name) in [
            (":memory:", "memory"),
            ("my.db.duckdb", "my"),
            ("/a/b/.hidden.duckdb", "hidden"),
            ("dir.x/plain", "plain"),
            ("md:", "my_db"),
            ("md:sales", "sales"),
            ("motherduck:sales?motherduck_token=x", "sales"),
            ("ducklake:meta.ducklake", "meta"),
            ("ducklake:sqlite:meta.sqlite", "meta"),
            ("s3://bucket/dir/file.duckdb", "file"),
        ] {
            assert_eq!(database_of_path(Some(path)), name, "{path}");
        }
    }

    fn output(yaml: &str) -> Map {
        crate::yaml::parse(yaml, "profiles.yml").unwrap().as_map().unwrap().clone()
    }

    #[test]
    fn fills_in_defaults() {
        let done = complete(&output("{type: duckdb, path: dir/a.duckdb}")).unwrap();
        assert_eq!(done.get("database").unwrap().as_str(), Some("a"));
        assert_eq!(done.get("schema").unwrap().as_str(), Some("main"));
        assert!(done.get("settings").unwrap().as_map().unwrap().is_empty());
    }

    #[test]
    fn refuses_what_dbt_refuses() {
        let message = |yaml: &str| complete(&output(yaml)).unwrap_err().message;
        assert_eq!(message("{path: 1}"), "1 is not of type 'string'");
        assert!(message("{path: a.duckdb, database: b}").contains("must be set to 'a' to match the 'path'"));
        assert!(complete(&output("{path: a.duckdb, database: b, attach: [{path: b.db, alias: b}]}")).is_ok());
    }
}
