//! The connection of a DuckDB output in `profiles.yml`: which keys there are, their defaults, and which database
//! and schema follow from them.

use super::credential_shapes::KEYS;
use super::values::text;
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

/// Checks an output's keys and fills in what dbt-duckdb fills in: every key is present afterwards, `database` is
/// derived from `path`.
///
/// # Errors
/// A value has the wrong type, or `database` contradicts `path`; the message is the part that dbt prints after
/// `Credentials in profile "p", target "t" invalid: `.
pub fn complete(output: &Map) -> Result<Map> {
    let mut credentials = Map::new();
    for (key, shape) in KEYS {
        let Some(given) = output.get(key) else {
            credentials.insert(text(key), default_of(key));
            continue;
        };
        shape
            .check(&given.value)
            .map_err(|error| error.hint(format!("This is the value of the key `{key}`.")).hint_line(given.span.line))?;
        credentials.insert(text(key), given.clone());
    }
    // Other keys are kept although dbt drops them from `target`: a plugin may look for its own.
    for (key, value) in output {
        if key.as_str().is_none_or(|name| credentials.get(name).is_none() && name != "type" && name != "threads") {
            credentials.insert(key.clone(), value.clone());
        }
    }
    check_tokens(output)?;
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

/// MotherDuck's token may stand in two places, but not with two values.
fn check_tokens(output: &Map) -> Result<()> {
    let token = output.get("motherduck_token").and_then(Node::as_str).filter(|token| !token.is_empty());
    let among_settings = output.get("settings").and_then(|settings| settings.get("motherduck_token"));
    match (token, among_settings.filter(|setting| !setting.is_null())) {
        (Some(token), Some(setting)) if setting.as_str() != Some(token) => {
            Err(nested("Conflicting values for motherduck_token found in the profile; please set it in only one place"))
        }
        _ => Ok(()),
    }
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
        assert_eq!(
            message("{attach: [{path: b.db, read_only: 'yes'}]}"),
            "[{'path': 'b.db', 'read_only': 'yes'}] is not valid under any of the given schemas"
        );
        assert_eq!(message("{retries: {tries: 1}}"), "{'tries': 1} is not valid under any of the given schemas");
        assert_eq!(message("{extensions: [1]}"), "[1] is not valid under any of the given schemas");
        assert_eq!(message("{plugins: [excel]}"), "['excel'] is not valid under any of the given schemas");
        assert_eq!(message("{keep_open: 1}"), "1 is not of type 'boolean'");
        assert!(complete(&output("{extensions: [json, {name: h3, repo: community}], attach: null}")).is_ok());
        assert!(complete(&output("{path: a.duckdb, database: b, attach: [{path: b.db, alias: b}]}")).is_ok());
    }
}
