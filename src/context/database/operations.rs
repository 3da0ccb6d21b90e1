//! What dbt's adapter does with relations and schemas: the cache first, then the macros that a project may override.

use std::fmt;
use std::sync::Arc;

use super::adapter::Adapter;
use super::column::{ColumnObject, column_of};
use super::connection::NodeConnection;
use super::relation::RelationObject;
use crate::adapter::{Column, Path, Policy, Relation, RelationType};
use crate::error::{Error, Result};
use crate::events::{Event, Level};
use crate::jinja::value::{iterate, py_str};
use crate::jinja::{MjError, State, Value};

/// Calls a macro by name, found as dbt's adapter finds it: in the root project, then in any package, then built in.
pub trait MacroCaller: fmt::Debug + Send + Sync {
    /// What the macro returns.
    ///
    /// # Errors
    /// There is no such macro, or it fails.
    fn call(&self, name: &str, args: Vec<Value>, kwargs: Vec<(String, Value)>) -> Result<Value>;
}

/// Finds the macro that `adapter.dispatch` means.
pub trait Dispatcher: fmt::Debug + Send + Sync {
    /// The macro as a value that can be called.
    ///
    /// # Errors
    /// No package has the macro; the message lists what was searched for.
    fn dispatch(
        &self,
        state: &mut State<'_, '_>,
        name: &str,
        namespace: Option<&str>,
    ) -> std::result::Result<Value, MjError>;

    /// `adapter.config`: the project's configuration.
    fn config(self: Arc<Self>) -> Value;

    /// Takes note that the database is asked, or changed: a render that does so may come to something else next time.
    fn asks_database(&self);
}

/// The adapter's operations on one node's connection.
#[derive(Debug, Clone)]
pub struct Operations {
    adapter: Arc<Adapter>,
    connection: Arc<NodeConnection>,
    macros: Arc<dyn MacroCaller>,
}

impl Operations {
    /// Operations that run on `connection` and call `macros`.
    pub fn new(connection: Arc<NodeConnection>, macros: Arc<dyn MacroCaller>) -> Self {
        Operations { adapter: connection.adapter().clone(), connection, macros }
    }

    /// The connection.
    pub fn connection(&self) -> &Arc<NodeConnection> {
        &self.connection
    }

    /// The shared part.
    pub fn adapter(&self) -> &Arc<Adapter> {
        &self.adapter
    }

    pub(super) fn call(&self, name: &str, kwargs: Vec<(&str, Value)>) -> Result<Value> {
        let kwargs = kwargs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        self.macros.call(name, Vec::new(), kwargs)
    }

    /// The relations of a schema: from the cache if the schema is known, else asked for and remembered.
    ///
    /// # Errors
    /// The query fails.
    pub fn list_relations(&self, database: Option<&str>, schema: &str) -> Result<Vec<Relation>> {
        if self.adapter.cache().contains_schema(database, schema) {
            return Ok(self.adapter.cache().relations(database, schema));
        }
        let shown = database.unwrap_or("None");
        let name = self.connection.name();
        self.emit(
            "CacheMiss",
            "E013",
            format!("On \"{name}\": cache miss for schema \"{shown}.{schema}\", this is inefficient"),
        );
        let wanted = Relation::new(database, Some(schema), None).with_quote_policy(self.adapter.quoting());
        let relations = self.list_relations_without_caching(&wanted.without_identifier())?;
        for relation in &relations {
            self.adapter.cache().add(relation.clone());
        }
        self.adapter.cache().add_schema(database, schema);
        let found: Vec<&str> = relations.iter().filter_map(Relation::identifier).collect();
        let text = format!("While listing relations in database={shown}, schema={schema}, found: {}", found.join(", "));
        self.emit("ListRelations", "E014", text);
        Ok(relations)
    }

    /// Fills the cache with the relations of some schemas of a database, as a run does before its first node: of one by the
    /// macro for that, of several by one query.
    ///
    /// # Errors
    /// A query fails.
    pub fn populate_cache(&self, schemas: &[Relation]) -> Result<()> {
        let relations = match schemas {
            [one] => self.list_relations_without_caching(&one.without_identifier())?,
            several => self.list_relations_of_several(several)?,
        };
        for relation in relations {
            self.adapter.cache().add(relation);
        }
        for schema in schemas {
            if let Some(name) = schema.schema() {
                self.adapter.cache().add_schema(schema.database(), name);
            }
        }
        Ok(())
    }

    fn list_relations_of_several(&self, schemas: &[Relation]) -> Result<Vec<Relation>> {
        let text = |part: &str| format!("'{}'", part.to_lowercase().replace('\'', "''"));
        let Some(database) = schemas.first().and_then(Relation::database) else { return Ok(Vec::new()) };
        let names: Vec<String> = schemas.iter().filter_map(Relation::schema).map(text).collect();
        let sql = format!(
            "\n    select table_name, table_schema, table_type\n    from system.information_schema.tables\n    \
             where lower(table_catalog) = {}\n      and lower(table_schema) in ({})\n  ",
            text(database),
            names.join(", ")
        );
        let (_, table) = self.connection.execute(&sql, true, true, None)?;
        let relation = |row: usize| {
            let part = |column: usize| table.cell(row, column).to_string();
            let kind = match part(2).as_str() {
                "BASE TABLE" | "LOCAL TEMPORARY" => RelationType::Table,
                "VIEW" => RelationType::View,
                _ => RelationType::External,
            };
            let path = Path { database: Some(database.to_owned()), schema: Some(part(1)), identifier: Some(part(0)) };
            Relation { path, kind: Some(kind), ..Relation::default() }
        };
        Ok((0..table.len()).map(relation).collect())
    }

    fn list_relations_without_caching(&self, schema: &Relation) -> Result<Vec<Relation>> {
        let argument = RelationObject::value(schema.clone());
        let rows = self.call("list_relations_without_caching", vec![("schema_relation", argument)])?;
        let mut relations = Vec::new();
        for row in items(&rows)? {
            let row = items(&row)?;
            let part = |index: usize| row.get(index).filter(|value| !value.is_none()).map(py_str);
            let kind = part(3).and_then(|kind| RelationType::parse(&kind)).unwrap_or(RelationType::External);
            let path = Path { database: part(0), schema: part(2), identifier: part(1) };
            relations.push(Relation { path, kind: Some(kind), quote_policy: Policy::default(), ..Relation::default() });
        }
        Ok(relations)
    }

    /// The relation of that name, if it exists.
    ///
    /// # Errors
    /// The query fails, or there is one whose name differs in case only.
    pub fn get_relation(&self, database: Option<&str>, schema: &str, identifier: &str) -> Result<Option<Relation>> {
        let cache = self.adapter.cache();
        let relations = match cache.contains_schema(database, schema) {
            true => cache.alike(database, schema, identifier),
            false => self.list_relations(database, schema)?,
        };
        let search = self.search_path(database, schema, identifier);
        let mut matches = Vec::new();
        for relation in relations {
            if relation.matches(&search).map_err(Error::compilation)? {
                matches.push(relation);
            }
        }
        if matches.len() > 1 {
            let shown: Vec<String> = matches.iter().map(|relation| format!("<DuckDBRelation {relation}>")).collect();
            return Err(Error::compilation(format!(
                "get_relation returned more than one relation with the given args. Please specify a database or \
                 schema to narrow down the result set.\n{{'identifier': '{identifier}', 'schema': '{schema}', \
                 'database': '{}'}}\n\n[{}]",
                database.unwrap_or("None"),
                shown.join(", ")
            )));
        }
        Ok(matches.pop())
    }

    /// Names that the project does not quote are looked for in lower case.
    fn search_path(&self, database: Option<&str>, schema: &str, identifier: &str) -> Path {
        let quoting = self.adapter.quoting();
        let fold = |text: &str, quoted: bool| if quoted { text.to_owned() } else { text.to_lowercase() };
        Path {
            database: database.map(|database| fold(database, quoting.database)),
            schema: Some(fold(schema, quoting.schema)),
            identifier: Some(fold(identifier, quoting.identifier)),
        }
    }

    /// The columns of a relation; none if it does not exist.
    ///
    /// # Errors
    /// The query fails.
    pub fn get_columns_in_relation(&self, relation: &Relation) -> Result<Vec<Column>> {
        let argument = RelationObject::value(relation.clone());
        match self.call("get_columns_in_relation", vec![("relation", argument)]) {
            Ok(columns) => items(&columns)?.iter().map(column_of).collect(),
            Err(error) if error.message.to_lowercase().contains("does not exist") => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Columns of a query, structs taken apart.
    ///
    /// # Errors
    /// The query is wrong.
    pub fn get_column_schema_from_query(&self, sql: &str) -> Result<Vec<Column>> {
        let table = self.connection.query(&format!("DESCRIBE ({sql})"))?;
        let columns =
            (0..table.len()).map(|row| Column::new(table.cell(row, 0).to_string(), table.cell(row, 1).to_string()));
        Ok(columns.flat_map(|column| column.flatten()).collect())
    }

    /// Columns of one relation that another lacks.
    ///
    /// # Errors
    /// A query fails.
    pub fn get_missing_columns(&self, from: &Relation, to: &Relation) -> Result<Vec<Column>> {
        let known = self.get_columns_in_relation(to)?;
        let mut columns = self.get_columns_in_relation(from)?;
        columns.retain(|column| !known.iter().any(|other| other.name == column.name));
        Ok(columns)
    }

    /// Drops a relation and forgets it.
    ///
    /// # Errors
    /// Its type is not known, or the engine refuses.
    pub fn drop_relation(&self, relation: &Relation) -> Result<()> {
        if relation.kind.is_none() {
            return Err(Error::compilation(format!("Tried to drop relation {relation}, but its type is null.")));
        }
        self.adapter.cache().drop_relation(relation);
        self.call("drop_relation", vec![("relation", RelationObject::value(relation.clone()))]).map(|_| ())
    }

    /// Empties a relation.
    ///
    /// # Errors
    /// The engine refuses.
    pub fn truncate_relation(&self, relation: &Relation) -> Result<()> {
        self.call("truncate_relation", vec![("relation", RelationObject::value(relation.clone()))]).map(|_| ())
    }

    /// Renames a relation, in the cache first.
    ///
    /// # Errors
    /// The new name is taken, or the engine refuses.
    pub fn rename_relation(&self, from: &Relation, to: &Relation) -> Result<()> {
        self.adapter.cache().rename(from, to).map_err(Error::internal)?;
        let arguments = vec![
            ("from_relation", RelationObject::value(from.clone())),
            ("to_relation", RelationObject::value(to.clone())),
        ];
        self.call("rename_relation", arguments).map(|_| ())
    }

    /// Creates a relation's schema unless it exists, and commits.
    ///
    /// # Errors
    /// The engine refuses.
    pub fn create_schema(&self, relation: &Relation) -> Result<()> {
        let schema = relation.without_identifier();
        self.emit("SchemaCreation", "E020", format!("Creating schema \"{}\"", reference(&schema)));
        self.call("create_schema", vec![("relation", RelationObject::value(schema))])?;
        self.connection.commit()
    }

    /// Drops a relation's schema and everything in it, and commits.
    ///
    /// # Errors
    /// The engine refuses.
    pub fn drop_schema(&self, relation: &Relation) -> Result<()> {
        let schema = relation.without_identifier();
        self.emit("SchemaDrop", "E021", format!("Dropping schema \"{}\".", reference(&schema)));
        self.call("drop_schema", vec![("relation", RelationObject::value(schema.clone()))])?;
        self.connection.commit()?;
        self.adapter.cache().drop_schema(schema.database(), schema.schema());
        Ok(())
    }

    /// Names of a database's schemas.
    ///
    /// # Errors
    /// The query fails.
    pub fn list_schemas(&self, database: Option<&str>) -> Result<Vec<String>> {
        let database = database.map_or(Value::from(()), Value::from);
        let rows = self.call("list_schemas", vec![("database", database)])?;
        let mut names = Vec::new();
        for row in items(&rows)? {
            names.extend(items(&row)?.first().map(py_str));
        }
        Ok(names)
    }

    /// Whether a schema exists.
    ///
    /// # Errors
    /// The query fails.
    pub fn check_schema_exists(&self, database: Option<&str>, schema: &str) -> Result<bool> {
        let information_schema = Relation::new(database, Some(schema), Some("INFORMATION_SCHEMA"))
            .with_quote_policy(self.adapter.quoting())
            .information_schema(None);
        let arguments =
            vec![("information_schema", RelationObject::value(information_schema)), ("schema", Value::from(schema))];
        let rows = self.call("check_schema_exists", arguments)?;
        let first = items(&rows)?.first().map(items).transpose()?;
        Ok(first.and_then(|row| row.first()?.as_i64()).is_some_and(|count| count > 0))
    }

    /// Whether a file can be read; what DuckDB cannot read counts as absent.
    pub fn location_exists(&self, location: &str) -> bool {
        self.connection.execute(&format!("select 1 from '{location}' where 1=0"), false, false, None).is_ok()
    }

    fn emit(&self, name: &'static str, code: &'static str, message: String) {
        self.adapter.events().emit(Event::new(name, code, Level::Debug, message));
    }
}

/// Columns as a list of values.
pub(super) fn column_list(columns: Vec<Column>) -> Value {
    crate::jinja::value::List::new(columns.into_iter().map(ColumnObject::value).collect())
}

/// The items of what a macro returned.
fn items(value: &Value) -> Result<Vec<Value>> {
    iterate(value).map_err(|error| {
        Error::runtime(format!("A macro of the adapter returned something that has no rows: {error}."))
    })
}

/// How dbt prints the name of a schema in these events.
fn reference(relation: &Relation) -> String {
    let part = |name: &str, value: Option<&str>| value.map_or(String::new(), |value| format!("{name}: \"{value}\"\n"));
    part("database", relation.database()) + &part("schema", relation.schema())
}
