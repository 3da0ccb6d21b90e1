//! What the database says about the relations of the project, for `docs generate`. The macros `get_catalog` and
//! `get_catalog_relations` ask, once for each database; a project may override them.

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use serde_json::{Map as JsonMap, Value as Json};

use crate::adapter::{Cell, Relation, Table};
use crate::context::database::{MacroCaller, RelationObject, table_of};
use crate::context::runtime::{NodeRun, RunShared};
use crate::context::{Globals, Macros};
use crate::error::{Error, Result};
use crate::events::lines;
use crate::jinja::Value;
use crate::jinja::value::List;
use crate::manifest::UniqueId;

use super::database::{Database, is_relational};

/// More relations than this are asked for by schema, as dbt does.
const MOST_RELATIONS: usize = 100;

/// Columns that are text whatever a macro gives.
const TEXT_COLUMNS: [&str; 9] = [
    "table_database",
    "table_schema",
    "table_name",
    "table_type",
    "table_comment",
    "table_owner",
    "column_name",
    "column_type",
    "column_comment",
];

/// What the database said.
#[derive(Debug, Clone, Default)]
pub struct CatalogRows {
    /// A row for each column of each relation, by the names of the macro's columns.
    pub rows: Vec<JsonMap<String, Json>>,
    /// Why databases could not be asked.
    pub errors: Vec<String>,
}

/// Database, schema and name of a relation in lower case.
type Key = (Option<String>, String, String);

/// Reads the catalog of the `selected` resources, or of everything in the schemas of the project.
///
/// # Errors
/// The project's query comment cannot be rendered, or the warning about a failed query counts as an error.
pub fn read_catalog(
    globals: &Arc<Globals>,
    shared: &Arc<RunShared>,
    selected: Option<&IndexSet<UniqueId>>,
) -> Result<CatalogRows> {
    let reader = Reader { globals, shared, database: Database::new(globals.clone(), shared.clone()) };
    globals.events.emit(lines::building_catalog());
    let wanted = selected.map(|ids| reader.relations(|id| ids.contains(id)));
    let mut found = match &wanted {
        Some(relations) if relations.len() <= MOST_RELATIONS => reader.by_relations(relations)?,
        _ => reader.by_schemas(&reader.relations(|_| true))?,
    };
    if let Some(relations) = wanted.filter(|relations| !relations.is_empty()) {
        let keys: HashSet<Key> = relations.iter().map(key_of).collect();
        found.rows.retain(|row| keys.contains(&row_key(row)));
    }
    Ok(found)
}

struct Reader<'a> {
    globals: &'a Arc<Globals>,
    shared: &'a Arc<RunShared>,
    database: Database,
}

impl Reader<'_> {
    /// The relations of nodes and sources that `wanted` names.
    fn relations(&self, wanted: impl Fn(&str) -> bool) -> Vec<Relation> {
        let manifest = &self.shared.manifest;
        let nodes = manifest.nodes.values();
        let nodes = nodes.filter(|node| wanted(&node.unique_id) && is_relational(node, false) && !node.is_ephemeral());
        let quoting = self.shared.adapter.quoting();
        let relation = |database: Option<&str>, schema: &str, name: &str| {
            Relation::new(database, Some(schema), Some(name)).with_quote_policy(quoting)
        };
        let mut relations: Vec<Relation> =
            nodes.map(|node| relation(node.database.as_deref(), &node.schema, &node.alias)).collect();
        let sources = manifest.sources.values().filter(|source| wanted(&source.unique_id));
        relations
            .extend(sources.map(|source| relation(source.database.as_deref(), &source.schema, &source.identifier)));
        let mut seen = HashSet::new();
        relations.retain(|relation| seen.insert(relation.to_string()));
        relations
    }

    fn by_relations(&self, relations: &[Relation]) -> Result<CatalogRows> {
        let mut databases: IndexMap<Option<String>, Vec<Relation>> = IndexMap::new();
        for relation in relations {
            databases.entry(relation.database().map(str::to_owned)).or_default().push(relation.clone());
        }
        let mut found = CatalogRows::default();
        for (database, relations) in databases {
            let relations = relations.into_iter().map(RelationObject::value).collect();
            self.ask("get_catalog_relations", database.as_deref(), ("relations", relations), &mut found)?;
        }
        Ok(found)
    }

    fn by_schemas(&self, relations: &[Relation]) -> Result<CatalogRows> {
        let mut databases: IndexMap<Option<String>, IndexSet<String>> = IndexMap::new();
        for relation in relations {
            let schemas = databases.entry(relation.database().map(str::to_owned)).or_default();
            schemas.extend(relation.schema().map(str::to_lowercase));
        }
        let mut found = CatalogRows::default();
        for (database, schemas) in databases {
            let schemas = schemas.into_iter().map(Value::from).collect();
            self.ask("get_catalog", database.as_deref(), ("schemas", schemas), &mut found)?;
        }
        Ok(found)
    }

    /// Asks one database, and keeps of what it says the rows of the project's schemas.
    fn ask(
        &self,
        name: &str,
        database: Option<&str>,
        argument: (&str, Vec<Value>),
        found: &mut CatalogRows,
    ) -> Result<()> {
        let connection = self.database.connect(&format!("{}.information_schema", database.unwrap_or("None")))?;
        let macros = Macros::new(self.globals.clone(), NodeRun::new(self.shared.clone(), connection.clone()));
        let schema = Relation::new(database, None, None)
            .with_quote_policy(self.shared.adapter.quoting())
            .information_schema(None);
        let arguments = vec![
            ("information_schema".to_owned(), RelationObject::value(schema)),
            (argument.0.to_owned(), List::new(argument.1)),
        ];
        let answer = macros.call(name, Vec::new(), arguments).and_then(|answer| rows_of(name, &answer));
        connection.release();
        match answer {
            Ok(rows) => {
                let used = self.used_schemas();
                found.rows.extend(rows.into_iter().filter(|row| {
                    let (database, schema, _) = row_key(row);
                    database.is_some_and(|database| used.contains(&(database, schema)))
                }));
            }
            Err(error) => {
                let error = error.to_string();
                self.globals.events.warn(lines::catalog_generation_error(&error))?;
                found.errors.push(error);
            }
        }
        Ok(())
    }

    fn used_schemas(&self) -> HashSet<(String, String)> {
        let manifest = &self.shared.manifest;
        let nodes = manifest.nodes.values().map(|node| (&node.database, &node.schema));
        let sources = manifest.sources.values().map(|source| (&source.database, &source.schema));
        let known = nodes.chain(sources).filter_map(|(database, schema)| Some((database.as_ref()?, schema)));
        known.map(|(database, schema)| (database.to_lowercase(), schema.to_lowercase())).collect()
    }
}

fn key_of(relation: &Relation) -> Key {
    let lower = |part: Option<&str>| part.map(str::to_lowercase);
    (
        lower(relation.database()),
        lower(relation.schema()).unwrap_or_default(),
        lower(relation.identifier()).unwrap_or_default(),
    )
}

fn row_key(row: &JsonMap<String, Json>) -> Key {
    let lower = |name: &str| row.get(name).and_then(Json::as_str).map(str::to_lowercase);
    (lower("table_database"), lower("table_schema").unwrap_or_default(), lower("table_name").unwrap_or_default())
}

fn rows_of(name: &str, answer: &Value) -> Result<Vec<JsonMap<String, Json>>> {
    let table = table_of(answer).ok_or_else(|| {
        Error::runtime(format!("The macro `{name}` did not return a table."))
            .hint("It has to end with `return(run_query(...))`, as the built-in macro does.")
    })?;
    Ok((0..table.len()).map(|row| row_json(table, row)).collect())
}

fn row_json(table: &Table, row: usize) -> JsonMap<String, Json> {
    let cells = table.columns().iter().enumerate().map(|(index, column)| {
        let cell = table.cell(row, index);
        let text = TEXT_COLUMNS.contains(&column.name.as_str());
        (column.name.clone(), if text { text_json(&cell) } else { cell_json(&cell) })
    });
    cells.collect()
}

/// Also an empty text is a text here: the comment of a column that was described with nothing.
fn text_json(cell: &Cell) -> Json {
    if cell.is_null() { Json::Null } else { Json::from(cell.to_string()) }
}

fn cell_json(cell: &Cell) -> Json {
    match cell {
        Cell::Null => Json::Null,
        Cell::Bool(value) => Json::from(*value),
        Cell::Int(number) => i64::try_from(*number).map_or_else(|_| Json::from(number.to_string()), Json::from),
        Cell::Decimal(number) => Json::from(number.to_f64()),
        other => Json::from(other.to_string()),
    }
}
