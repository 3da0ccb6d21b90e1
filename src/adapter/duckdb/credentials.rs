//! What a DuckDB output of `profiles.yml` says, with dbt-duckdb's keys, defaults and checks.

use std::collections::BTreeSet;

use serde_json::{Map as JsonMap, Value as Json};

use super::attach::Attachment;
use super::motherduck::MotherDuck;
use super::plugins::Plugin;
use super::secrets::Secret;
use crate::error::{Error, Result};
use crate::project::Target;
use crate::yaml;

/// The connection part of a DuckDB output.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DuckDbCredentials {
    /// Catalog that models land in; named after the file unless it is an attached one.
    pub database: String,
    /// Default schema.
    pub schema: String,
    /// File, `:memory:`, or `md:` name.
    pub path: String,
    /// Options that have to be set before the database opens.
    pub config_options: Vec<(String, String)>,
    /// Extensions to install and load, in order.
    pub extensions: Vec<Extension>,
    /// `SET` on every connection, in order.
    pub settings: Vec<(String, String)>,
    /// Secrets to create.
    pub secrets: Vec<Secret>,
    /// Folder for external materializations.
    pub external_root: String,
    /// Databases to attach.
    pub attach: Vec<Attachment>,
    /// Run every statement in its own transaction.
    pub disable_transactions: bool,
    /// Retries on opening and on statements.
    pub retries: Option<Retries>,
    /// Names of databases that are DuckLake catalogs.
    pub ducklake_databases: BTreeSet<String>,
    /// The Python that runs Python models, if the profile names one; a key of rdbt's own, which dbt-duckdb ignores.
    pub python_interpreter: Option<String>,
    /// Folders in which Python models find modules.
    pub module_paths: Vec<String>,
    /// Plugins by the names that sources and models use.
    pub plugins: Vec<Plugin>,
    /// What MotherDuck is told; only where one of its databases is named.
    pub motherduck: Option<MotherDuck>,
    /// Keys that rdbt reads but cannot serve (`remote`, `filesystems`), for a clear message.
    pub unsupported: Vec<String>,
}

/// One entry of `extensions`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Name.
    pub name: String,
    /// Repository it is installed from, if one is named.
    pub repo: Option<String>,
}

/// `retries` of a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retries {
    /// Attempts to open the database.
    pub connect_attempts: u32,
    /// Attempts at a statement.
    pub query_attempts: Option<u32>,
    /// DuckDB's exception names that are worth another attempt.
    pub retryable_exceptions: Vec<String>,
}

impl DuckDbCredentials {
    /// Whether the profile gives DuckDB's setting `name` a value.
    pub fn sets(&self, name: &str) -> bool {
        self.settings.iter().chain(&self.config_options).any(|(key, _)| key.eq_ignore_ascii_case(name))
    }

    /// Reads the chosen output.
    ///
    /// # Errors
    /// A key has a value of the wrong shape, or `database` contradicts `path`.
    pub fn from_target(target: &Target) -> Result<Self> {
        let keys = match yaml::to_json(&yaml::Value::Map(target.credentials.clone())) {
            Json::Object(keys) => keys,
            _ => JsonMap::new(),
        };
        Self::from_json(&keys)
    }

    /// Reads the keys of an output.
    ///
    /// # Errors
    /// As for [`DuckDbCredentials::from_target`].
    pub fn from_json(keys: &JsonMap<String, Json>) -> Result<Self> {
        let path = text(keys, "path").unwrap_or_else(|| ":memory:".to_owned());
        let attach = Attachment::read_all(keys.get("attach"))?;
        let mut settings = pairs(keys, "settings")?;
        add_motherduck_token(keys, &mut settings);
        let mut config_options = pairs(keys, "config_options")?;
        let motherduck = is_motherduck_path(&path) || attach.iter().any(|entry| is_motherduck_path(&entry.path));
        let plugins = Plugin::read_all(keys.get("plugins"), keys.get("settings"), motherduck);
        let motherduck = plugins
            .iter()
            .any(|plugin| plugin.module == "motherduck")
            .then(|| MotherDuck::take(&path, &attach, &plugins, &mut settings, &mut config_options));
        let mut credentials = DuckDbCredentials {
            database: resolve_database(keys, &path, &attach)?,
            schema: text(keys, "schema").unwrap_or_else(|| "main".to_owned()),
            config_options,
            extensions: extensions(keys.get("extensions"))?,
            settings,
            secrets: Secret::read_all(keys.get("secrets"), keys.get("use_credential_provider"))?,
            external_root: text(keys, "external_root").unwrap_or_else(|| ".".to_owned()),
            attach,
            disable_transactions: flag(keys, "disable_transactions"),
            retries: retries(keys.get("retries")),
            ducklake_databases: BTreeSet::new(),
            python_interpreter: text(keys, "python_interpreter"),
            module_paths: texts(keys, "module_paths"),
            plugins,
            motherduck,
            unsupported: unsupported(keys),
            path,
        };
        credentials.find_ducklakes(flag(keys, "is_ducklake"));
        Ok(credentials)
    }

    /// Whether the database lives in this process's memory only.
    pub fn in_memory(&self) -> bool {
        self.path.is_empty() || self.path == ":memory:" || self.path.starts_with(":memory:")
    }

    /// Whether the path or an attached database is a MotherDuck one.
    pub fn is_motherduck(&self) -> bool {
        is_motherduck_path(&self.path) || self.attach.iter().any(|attached| is_motherduck_path(&attached.path))
    }

    fn find_ducklakes(&mut self, flagged: bool) {
        if flagged || self.path.to_lowercase().contains("ducklake:") {
            self.ducklake_databases.insert(database_name(&self.path));
        }
        for attached in &self.attach {
            if attached.is_ducklake || attached.path.to_lowercase().contains("ducklake:") {
                let name = attached.alias.clone().unwrap_or_else(|| database_name(&attached.path));
                self.ducklake_databases.insert(name);
            }
        }
    }
}

/// The name that DuckDB gives the catalog of a database at `path`: the first part of the file's name, `memory` for
/// `:memory:`, `my_db` for MotherDuck's default.
pub fn database_name(path: &str) -> String {
    if path == ":memory:" || path.is_empty() {
        return "memory".to_owned();
    }
    let (scheme, rest) = split_scheme(path);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let file = rest.rsplit(['/', std::path::MAIN_SEPARATOR]).next().unwrap_or_default();
    if is_motherduck_scheme(scheme) {
        let stem = file_stem(file);
        return if stem.is_empty() { "my_db".to_owned() } else { stem.to_owned() };
    }
    if scheme.eq_ignore_ascii_case("ducklake") {
        return split_scheme(file_stem(file)).1.to_owned();
    }
    file.trim_start_matches('.').split('.').next().unwrap_or_default().to_owned()
}

/// Whether a path names a MotherDuck database.
pub(super) fn is_motherduck_path(path: &str) -> bool {
    is_motherduck_scheme(split_scheme(path).0)
}

fn is_motherduck_scheme(scheme: &str) -> bool {
    scheme == "md" || scheme == "motherduck"
}

/// The scheme of a URL-like path and what follows it; a Windows drive letter is no scheme.
fn split_scheme(path: &str) -> (&str, &str) {
    match path.split_once(':') {
        Some((scheme, rest)) if scheme.len() > 1 && scheme.chars().all(|c| c.is_ascii_alphanumeric() || c == '+') => {
            (scheme, rest)
        }
        _ => ("", path),
    }
}

fn file_stem(file: &str) -> &str {
    match file.rfind('.') {
        Some(at) if at > 0 => &file[..at],
        _ => file,
    }
}

fn resolve_database(keys: &JsonMap<String, Json>, path: &str, attach: &[Attachment]) -> Result<String> {
    let from_path = database_name(path);
    if from_path.is_empty() {
        return Err(Error::runtime("Unable to determine target database name from 'path' field in profile"));
    }
    let Some(asked) = text(keys, "database") else { return Ok(from_path) };
    let attached = attach.iter().any(|entry| entry.alias.as_deref() == Some(asked.as_str()));
    if asked != from_path && !attached && !keys.contains_key("remote") {
        return Err(Error::runtime(format!(
            "Inconsistency detected between 'path' and 'database' fields in profile; \
             the 'database' property must be set to '{from_path}' to match the 'path'"
        )));
    }
    Ok(asked)
}

/// The token counts as a setting; that the two agree has been checked with the profile.
fn add_motherduck_token(keys: &JsonMap<String, Json>, settings: &mut Vec<(String, String)>) {
    if let Some(token) = text(keys, "motherduck_token")
        && settings.iter().all(|(key, _)| key != "motherduck_token")
    {
        settings.push(("motherduck_token".to_owned(), token));
    }
}

fn unsupported(keys: &JsonMap<String, Json>) -> Vec<String> {
    ["remote", "filesystems"]
        .into_iter()
        .filter(|key| match keys.get(*key) {
            None | Some(Json::Null) => false,
            Some(Json::Array(entries)) => !entries.is_empty(),
            Some(_) => true,
        })
        .map(str::to_owned)
        .collect()
}

fn extensions(value: Option<&Json>) -> Result<Vec<Extension>> {
    let Some(Json::Array(entries)) = value else { return Ok(Vec::new()) };
    entries.iter().map(extension).collect()
}

fn extension(entry: &Json) -> Result<Extension> {
    if let Some(name) = entry.as_str() {
        return Ok(Extension { name: name.to_owned(), repo: None });
    }
    match (entry.get("name").and_then(Json::as_str), entry.get("repo").and_then(Json::as_str)) {
        (Some(name), Some(repo)) => Ok(Extension { name: name.to_owned(), repo: Some(repo.to_owned()) }),
        _ => Err(Error::runtime(format!(
            "Failed to parse extension: {entry} in `extensions` of the profile. \
             Write a name, or a mapping with `name` and `repo`."
        ))),
    }
}

fn retries(value: Option<&Json>) -> Option<Retries> {
    let keys = value?.as_object()?;
    let number = |key: &str| keys.get(key).and_then(Json::as_u64).and_then(|number| u32::try_from(number).ok());
    let exceptions = match keys.get("retryable_exceptions") {
        Some(Json::Array(names)) => names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect(),
        _ => vec!["IOException".to_owned()],
    };
    Some(Retries {
        connect_attempts: number("connect_attempts").unwrap_or(1),
        query_attempts: number("query_attempts"),
        retryable_exceptions: exceptions,
    })
}

fn pairs(keys: &JsonMap<String, Json>, key: &str) -> Result<Vec<(String, String)>> {
    match keys.get(key) {
        None | Some(Json::Null) => Ok(Vec::new()),
        Some(Json::Object(map)) => Ok(map.iter().map(|(name, value)| (name.clone(), python_text(value))).collect()),
        Some(other) => Err(Error::runtime(format!(
            "`{key}` of the profile must be a mapping of option names to values, but it is {other}."
        ))),
    }
}

/// A value as Python's `str()` prints it: that is how dbt-duckdb puts settings into SQL.
pub(super) fn python_text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => "None".to_owned(),
        Json::Bool(true) => "True".to_owned(),
        Json::Bool(false) => "False".to_owned(),
        other => other.to_string(),
    }
}

/// A list of texts; empty where the key is missing or no list.
fn texts(keys: &JsonMap<String, Json>, key: &str) -> Vec<String> {
    keys.get(key).and_then(Json::as_array).map(|items| items.iter().map(python_text).collect()).unwrap_or_default()
}

fn text(keys: &JsonMap<String, Json>, key: &str) -> Option<String> {
    keys.get(key).filter(|value| !value.is_null()).map(python_text)
}

fn flag(keys: &JsonMap<String, Json>, key: &str) -> bool {
    keys.get(key).and_then(Json::as_bool).unwrap_or(false)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<DuckDbCredentials> {
        DuckDbCredentials::from_json(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn names_the_database_after_the_file() {
        let cases = [
            (":memory:", "memory"),
            ("/tmp/jaffle_shop.duckdb", "jaffle_shop"),
            ("my.db.duckdb", "my"),
            (".hidden.duckdb", "hidden"),
            ("md:", "my_db"),
            ("md:sales?x=1", "sales"),
            ("motherduck:sales", "sales"),
            ("ducklake:lake.ducklake", "lake"),
            ("target/dev", "dev"),
        ];
        for (path, name) in cases {
            assert_eq!(database_name(path), name, "{path}");
        }
    }

    #[test]
    fn refuses_a_database_that_is_not_the_path() {
        let error = read(r#"{"path": "a.duckdb", "database": "b"}"#).unwrap_err();
        assert!(error.message.contains("must be set to 'a'"));
        assert!(read(r#"{"path": "a.duckdb", "database": "b", "attach": [{"path": "x", "alias": "b"}]}"#).is_ok());
    }

    #[test]
    fn reads_settings_as_python_prints_them() {
        let credentials = read(r#"{"settings": {"threads": 2, "x": true}, "extensions": ["json"]}"#).unwrap();
        assert_eq!(credentials.settings, [("threads".into(), "2".into()), ("x".into(), "True".into())]);
        assert_eq!(credentials.database, "memory");
        assert_eq!(credentials.extensions.len(), 1);
    }
}
