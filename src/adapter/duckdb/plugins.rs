//! `plugins` of a profile. In dbt-duckdb they are Python; what DuckDB itself can do of them is done here in SQL, and the
//! rest is refused with the way out, at the latest moment that does not hide the cause: a plugin that only loads or
//! stores where it is used, a module of the project, which may add functions to the database, on connecting.

use serde_json::{Map as JsonMap, Value as Json};

use super::credentials::python_text;
use crate::error::{Error, Result};

/// One entry of `plugins`.
#[derive(Debug, Clone, PartialEq)]
pub struct Plugin {
    /// What sources and models call it: its alias, or the last part of its module.
    pub name: String,
    /// A plugin of dbt-duckdb's, or a Python module.
    pub module: String,
    /// The profile's `settings`, and over them what the entry configures.
    pub config: JsonMap<String, Json>,
}

/// How a source is read that a plugin provides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginRead {
    /// Statements to run before, such as loading an extension.
    pub before: Vec<String>,
    /// The table function call that gives the rows.
    pub from: String,
    /// What the rows become unless the source says otherwise: `table` or `view`.
    pub materialization: &'static str,
}

impl Plugin {
    /// Reads the list; MotherDuck's plugin is there without being named where a MotherDuck database is.
    pub(super) fn read_all(value: Option<&Json>, settings: Option<&Json>, motherduck: bool) -> Vec<Plugin> {
        let entries = value.and_then(Json::as_array).cloned().unwrap_or_default();
        let settings = settings.and_then(Json::as_object).cloned().unwrap_or_default();
        let mut plugins: Vec<Plugin> = entries.iter().map(|entry| Plugin::read(entry, &settings)).collect();
        if motherduck && !plugins.iter().any(|plugin| plugin.module == "motherduck") {
            plugins.push(Plugin { name: "motherduck".to_owned(), module: "motherduck".to_owned(), config: settings });
        }
        plugins
    }

    /// The plugin that `glue_register` of a model asks for without the profile naming it.
    pub fn glue() -> Plugin {
        Plugin { name: "glue".to_owned(), module: "glue".to_owned(), config: JsonMap::new() }
    }

    fn read(entry: &Json, settings: &JsonMap<String, Json>) -> Plugin {
        let text = |key: &str| entry.get(key).and_then(Json::as_str).map(str::to_owned);
        let module = text("module").unwrap_or_default();
        let name = text("alias").unwrap_or_else(|| module.rsplit('.').next().unwrap_or_default().to_owned());
        let mut config = settings.clone();
        config.extend(entry.get("config").and_then(Json::as_object).cloned().unwrap_or_default());
        Plugin { name, module, config }
    }

    /// The statements that prepare a new database for the plugin.
    ///
    /// # Errors
    /// The plugin is a Python module of the project, or lacks what it needs.
    pub(super) fn prepare(&self) -> Result<Vec<String>> {
        match self.module.as_str() {
            "motherduck" => Ok(vec!["load motherduck".to_owned()]),
            "postgres" => self.attach_postgres(),
            "delta" | "excel" | "glue" | "gsheet" | "iceberg" | "sqlalchemy" => Ok(Vec::new()),
            module => Err(Error::runtime(format!(
                "The profile lists the plugin `{module}`, a Python module, and rdbt runs no Python inside the database \
                 process."
            ))
            .hint(
                "Write the functions that it registers as SQL in an on-run-start hook \
                 (`create macro`), let a Python model load its data, and remove the entry from `plugins`.",
            )),
        }
    }

    fn attach_postgres(&self) -> Result<Vec<String>> {
        let Some(dsn) = self.text("dsn").filter(|dsn| !dsn.is_empty()) else {
            return Err(Error::runtime("'dsn' is a required argument for the postgres plugin!"));
        };
        let mut statements = vec!["install postgres".to_owned(), "load postgres".to_owned()];
        for (name, value) in self.mapping("settings") {
            statements.push(format!("SET {name} = {}", sql_value(&value)));
        }
        let mut options = vec!["TYPE POSTGRES".to_owned()];
        for (option, key) in [("SCHEMA", "pg_schema"), ("SECRET", "secret")] {
            options.extend(self.text(key).map(|value| format!("{option} '{}'", escape(&value))));
        }
        let others = self.mapping("attach_options");
        options.extend(others.iter().map(|(key, value)| format!("{} {}", key.to_uppercase(), sql_value(value))));
        if self.config.get("read_only").and_then(Json::as_bool).unwrap_or(false) {
            options.push("READ_ONLY".to_owned());
        }
        let alias = self.text("duckdb_alias").unwrap_or_else(|| "postgres_db".to_owned());
        statements.push(format!("ATTACH '{}' AS {alias} ({})", escape(&dsn), options.join(", ")));
        Ok(statements)
    }

    /// How the rows of a source are read; `settings` is what the source says, with the location filled in.
    ///
    /// # Errors
    /// The plugin loads by Python, or the source lacks what the plugin needs.
    pub fn read_source(&self, settings: &JsonMap<String, Json>, location: Option<&str>) -> Result<PluginRead> {
        match self.module.as_str() {
            "excel" => self.read_excel(settings, location),
            "delta" => read_delta(settings),
            _ => Err(self.refusal("loads a source")),
        }
    }

    fn read_excel(&self, settings: &JsonMap<String, Json>, location: Option<&str>) -> Result<PluginRead> {
        let Some(location) = location else {
            return Err(Error::runtime(format!(
                "A source of the plugin `{}` has no `external_location`. Say which Excel file to read.",
                self.name
            )));
        };
        let sheet = match settings.get("sheet_name") {
            None | Some(Json::Null) => String::new(),
            Some(Json::Number(number)) if number.as_u64() == Some(0) => String::new(),
            Some(Json::String(sheet)) => format!(", sheet = '{}'", escape(sheet)),
            Some(other) => {
                return Err(Error::runtime(format!(
                    "`sheet_name: {other}` of an Excel source is not available in rdbt. Name the sheet by its text."
                )));
            }
        };
        Ok(PluginRead {
            before: vec!["install excel".to_owned(), "load excel".to_owned()],
            from: format!("read_xlsx('{}'{sheet})", escape(location.trim_matches('\''))),
            materialization: "table",
        })
    }

    /// What to say where a model asks a plugin to store it.
    pub fn cannot_store(&self) -> Error {
        self.refusal("stores a model")
    }

    fn refusal(&self, what: &str) -> Error {
        let way_out = match self.module.as_str() {
            "sqlalchemy" => {
                "Attach the database (`attach` with `type: postgres`, `mysql` or `sqlite`), or use a Python model."
            }
            "gsheet" => "Load the sheet in a Python model, or with DuckDB's community extension `gsheets`.",
            "iceberg" => {
                "Attach the catalog (`attach` with `type: iceberg`), or set `external_location: \"iceberg_scan('...')\"`."
            }
            "glue" => "Remove `glue_register` from the model, and register the written files with a tool of AWS.",
            "excel" => {
                "Write the sheet with a post-hook, `COPY ... TO 'file.xlsx' (FORMAT xlsx)`, with the extension `excel`."
            }
            _ => "Use a Python model, or an external model and a tool of your own behind it.",
        };
        Error::runtime(format!("The plugin `{}` {what} by Python code, which rdbt does not run.", self.name))
            .hint(way_out)
    }

    fn text(&self, key: &str) -> Option<String> {
        self.config.get(key).filter(|value| !value.is_null()).map(python_text)
    }

    fn mapping(&self, key: &str) -> JsonMap<String, Json> {
        self.config.get(key).and_then(Json::as_object).cloned().unwrap_or_default()
    }
}

fn read_delta(settings: &JsonMap<String, Json>) -> Result<PluginRead> {
    let Some(path) = settings.get("delta_table_path").filter(|path| !path.is_null()) else {
        return Err(Error::runtime("'delta_table_path' is a required argument for the delta table!"));
    };
    for (key, way_out) in [
        ("as_of_datetime", "Name the version with `as_of_version`."),
        ("storage_options", "Give the credentials as `secrets` in the profile."),
    ] {
        if settings.get(key).is_some_and(|value| !value.is_null()) {
            return Err(Error::runtime(format!("`{key}` of a Delta source is not available in rdbt. {way_out}")));
        }
    }
    let version = settings.get("as_of_version").and_then(Json::as_u64).filter(|version| *version > 0);
    let version = version.map_or(String::new(), |version| format!(", version = {version}"));
    Ok(PluginRead {
        before: vec!["install delta".to_owned(), "load delta".to_owned()],
        from: format!("delta_scan('{}'{version})", escape(&python_text(path))),
        materialization: "view",
    })
}

fn escape(text: &str) -> String {
    text.replace('\'', "''")
}

fn sql_value(value: &Json) -> String {
    match value {
        Json::String(text) => format!("'{}'", escape(text)),
        other => other.to_string(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A failing look-up is a failing test.
mod tests {
    use super::*;

    fn plugins(json: &str) -> Vec<Plugin> {
        Plugin::read_all(Some(&serde_json::from_str(json).unwrap()), None, false)
    }

    #[test]
    fn the_postgres_plugin_attaches_as_dbt_duckdb_does() {
        let json = r#"[{"module": "postgres", "alias": "pg", "config": {"dsn": "host=h", "pg_schema": "s",
            "read_only": true, "settings": {"pg_use_ctid_scan": false}, "attach_options": {"a": "b"}}}]"#;
        let plugin = &plugins(json)[0];
        assert_eq!(plugin.name, "pg");
        assert_eq!(
            plugin.prepare().unwrap(),
            [
                "install postgres",
                "load postgres",
                "SET pg_use_ctid_scan = false",
                "ATTACH 'host=h' AS postgres_db (TYPE POSTGRES, SCHEMA 's', A 'b', READ_ONLY)"
            ]
        );
        assert!(plugins(r#"[{"module": "postgres"}]"#)[0].prepare().unwrap_err().message.contains("'dsn'"));
    }

    #[test]
    fn excel_and_delta_are_read_by_duckdb() {
        let settings = serde_json::from_str::<JsonMap<String, Json>>(r#"{"sheet_name": "A's"}"#).unwrap();
        let excel = &plugins(r#"[{"module": "excel"}]"#)[0];
        assert_eq!(
            excel.read_source(&settings, Some("'data/x.xlsx'")).unwrap().from,
            "read_xlsx('data/x.xlsx', sheet = 'A''s')"
        );
        assert!(excel.read_source(&settings, None).is_err());
        let settings = serde_json::from_str(r#"{"delta_table_path": "d", "as_of_version": 3}"#).unwrap();
        let read = plugins(r#"[{"module": "delta"}]"#)[0].read_source(&settings, None).unwrap();
        assert_eq!((read.from.as_str(), read.materialization), ("delta_scan('d', version = 3)", "view"));
    }

    #[test]
    fn python_plugins_are_refused_with_a_way_out() {
        let error = plugins(r#"[{"module": "my.udfs"}]"#)[0].prepare().unwrap_err();
        assert!(error.message.contains("`my.udfs`"), "{error}");
        let sql = &plugins(r#"[{"module": "sqlalchemy", "alias": "sql"}]"#)[0];
        assert!(sql.prepare().unwrap().is_empty());
        assert!(sql.read_source(&JsonMap::new(), None).unwrap_err().to_string().contains("`sql` loads a source"));
    }
}
