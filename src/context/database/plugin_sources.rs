//! Sources that a plugin of the profile provides: they become a table or a view of their own before the first model
//! reads them. Mirrors dbt-duckdb's `load_source`.

use serde_json::{Map as JsonMap, Value as Json, json};

use super::adapter::{Adapter, locked};
use super::connection::NodeConnection;
use crate::adapter::Relation;
use crate::adapter::duckdb::{Plugin, PluginRead};
use crate::error::{Error, Result};

/// A source that a plugin provides.
#[derive(Debug)]
pub struct ProvidedSource {
    /// The plugin's name.
    pub plugin: String,
    /// The source's name.
    pub name: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// What it says for the plugin.
    pub settings: JsonMap<String, Json>,
    /// Its location, filled in.
    pub location: Option<String>,
}

impl Adapter {
    /// The plugin that goes by a name in the profile.
    ///
    /// # Errors
    /// The profile lists no such plugin.
    pub fn plugin(&self, name: &str) -> Result<&Plugin> {
        let plugins = &self.credentials().plugins;
        plugins.iter().find(|plugin| plugin.name == name).ok_or_else(|| {
            let known: Vec<&str> = plugins.iter().map(|plugin| plugin.name.as_str()).collect();
            Error::compilation(format!("Plugin {name} not found; known plugins are: {}", known.join(",")))
                .hint("List it under `plugins` of the profile.")
        })
    }

    /// Makes the relation of a source that a plugin provides, once in a run.
    ///
    /// # Errors
    /// There is no such plugin, it cannot read the source, or the database refuses.
    pub fn load_source(&self, connection: &NodeConnection, relation: &Relation, source: &ProvidedSource) -> Result<()> {
        let settings = &source.settings;
        let read = self.plugin(&source.plugin)?.read_source(settings, source.location.as_deref())?;
        // Held until the source is there: another model may need it at the same time.
        let mut loaded = locked(&self.loaded_sources);
        if loaded.contains(&relation.render()) {
            return Ok(());
        }
        let text = |key: &str| settings.get(key).and_then(Json::as_str);
        let keep = match text("save_mode") {
            Some("ignore") => exists(connection, relation)?,
            Some("error_if_exists") if exists(connection, relation)? => {
                return Err(Error::runtime(format!("Source {} already exists!", relation.render())));
            }
            _ => false,
        };
        if !keep {
            let read = match read {
                Some(read) => read,
                None => self.load_by_python(connection, relation, source)?,
            };
            for statement in &read.before {
                connection.query(statement)?;
            }
            connection.query(&format!("create schema if not exists {}", relation.without_identifier().render()))?;
            let kind = text("materialization").unwrap_or(&read.materialization);
            connection.query(&format!(
                "create or replace {kind} {} as select * from {}",
                relation.render(),
                read.from
            ))?;
        }
        loaded.insert(relation.render());
        Ok(())
    }

    fn load_by_python(
        &self,
        connection: &NodeConnection,
        relation: &Relation,
        source: &ProvidedSource,
    ) -> Result<PluginRead> {
        let told = json!({
            "name": source.name,
            "identifier": relation.identifier(),
            "schema": relation.schema(),
            "database": relation.database(),
            "meta": source.settings,
            "tags": source.tags,
        });
        let loaded = self.plugins().load(&source.plugin, told, &mut |sql| connection.query_plainly(sql))?;
        Ok(PluginRead { before: Vec::new(), from: loaded.query(), materialization: loaded.materialization })
    }

    /// Gives a model, whose rows are in a file, to the plugin that its configuration names.
    ///
    /// # Errors
    /// There is no such plugin, or it fails.
    pub fn store_relation(&self, connection: &NodeConnection, plugin: &str, target: Json) -> Result<()> {
        let plugin = self.plugin(plugin)?;
        self.plugins().store(&plugin.name, target, &mut |sql| connection.query_plainly(sql))
    }
}

fn exists(connection: &NodeConnection, relation: &Relation) -> Result<bool> {
    let literal = |part: Option<&str>| part.unwrap_or_default().replace('\'', "''");
    let table = connection.query(&format!(
        "select count(*) from system.information_schema.tables where table_catalog = '{}' and table_schema = '{}' \
         and table_name = '{}'",
        literal(relation.database()),
        literal(relation.schema()),
        literal(relation.identifier())
    ))?;
    Ok(table.cell(0, 0).to_string() != "0")
}
