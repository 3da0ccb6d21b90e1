//! `plugins` of a profile. In dbt-duckdb they are Python; what DuckDB itself can do of them is done here in SQL, and the
//! rest runs in a Python process (`plugin_host/`).

use serde_json::{Map as JsonMap, Value as Json};

use super::credentials::python_text;
use crate::error::{Error, Result};

/// Plugins that are part of dbt-duckdb.
const BUILT_IN: [&str; 8] = ["delta", "excel", "glue", "gsheet", "iceberg", "motherduck", "postgres", "sqlalchemy"];

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
    pub materialization: String,
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

    /// Whether it is part of dbt-duckdb; the others are modules of the project.
    pub fn is_built_in(&self) -> bool {
        BUILT_IN.contains(&self.module.as_str())
    }

    /// Whether something of it runs in Python; the others are statements through and through.
    pub fn may_need_python(&self) -> bool {
        !matches!(self.module.as_str(), "motherduck" | "postgres")
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
    /// The plugin lacks what it needs.
    pub(super) fn prepare(&self) -> Result<Vec<String>> {
        match self.module.as_str() {
            "motherduck" => Ok(vec!["load motherduck".to_owned()]),
            "postgres" => self.attach_postgres(),
            _ => Ok(Vec::new()),
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

    /// How DuckDB reads the rows of a source; nothing where Python loads them. `settings` is what the source says, with the
    /// location filled in.
    ///
    /// # Errors
    /// The source lacks what the plugin needs.
    pub fn read_source(&self, settings: &JsonMap<String, Json>, location: Option<&str>) -> Result<Option<PluginRead>> {
        match self.module.as_str() {
            "excel" => self.read_excel(settings, location).map(Some),
            "delta" => read_delta(settings).map(Some),
            _ => Ok(None),
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
            materialization: "table".to_owned(),
        })
    }

    fn text(&self, key: &str) -> Option<String> {
        self.config.get(key).filter(|value| !value.is_null()).map(python_text)
    }

    fn mapping(&self, key: &str) -> JsonMap<String, Json> {
        self.config.get(key).and_then(Json::as_object).cloned().unwrap_or_default()
    }
}

/// What to say where a model asks to be registered with AWS Glue.
pub fn no_glue() -> Error {
    Error::runtime("The model sets `glue_register`, and rdbt does not register files with AWS Glue.")
        .hint("Remove `glue_register` from the model, and register the written files with a tool of AWS.")
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
        materialization: "view".to_owned(),
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
            excel.read_source(&settings, Some("'data/x.xlsx'")).unwrap().unwrap().from,
            "read_xlsx('data/x.xlsx', sheet = 'A''s')"
        );
        assert!(excel.read_source(&settings, None).is_err());
        let settings = serde_json::from_str(r#"{"delta_table_path": "d", "as_of_version": 3}"#).unwrap();
        let read = plugins(r#"[{"module": "delta"}]"#)[0].read_source(&settings, None).unwrap().unwrap();
        assert_eq!((read.from.as_str(), read.materialization.as_str()), ("delta_scan('d', version = 3)", "view"));
    }

    #[test]
    fn modules_and_what_duckdb_cannot_do_run_in_python() {
        let list =
            plugins(r#"[{"module": "my.udfs"}, {"module": "sqlalchemy", "alias": "sql"}, {"module": "postgres"}]"#);
        let told: Vec<_> =
            list.iter().map(|one| (one.name.as_str(), one.is_built_in(), one.may_need_python())).collect();
        assert_eq!(told, [("udfs", false, true), ("sql", true, true), ("postgres", true, false)]);
        assert_eq!(list[1].read_source(&JsonMap::new(), None).unwrap(), None);
    }
}
