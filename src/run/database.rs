//! What a run asks of the database outside of templates: connections, schemas that must exist, what is known to exist,
//! and why a statement failed.

use std::sync::Arc;
use std::thread::ScopedJoinHandle;

use indexmap::IndexMap;
use serde_json::Value as Json;

use crate::adapter::{AdapterErrorKind, Policy, Relation, Table};
use crate::compile::stores_failures;
use crate::context::database::{NodeConnection, Operations};
use crate::context::runtime::{NodeRun, RunShared};
use crate::context::{Globals, Macros, Sender, query_comment};
use crate::error::Result;
use crate::events::{NodeInfo, hold, say};
use crate::jinja::STACK_SIZE;
use crate::manifest::{Node, ResourceType};

use super::plan::Resource;

/// The database of a run.
#[derive(Debug, Clone)]
pub(super) struct Database {
    globals: Arc<Globals>,
    shared: Arc<RunShared>,
}

impl Database {
    pub fn new(globals: Arc<Globals>, shared: Arc<RunShared>) -> Database {
        Database { globals, shared }
    }

    /// A connection for a node's statements; opened when the first one comes.
    ///
    /// # Errors
    /// The project's query comment cannot be rendered.
    pub fn connect_node(&self, name: &str, node: Option<&Node>, info: &NodeInfo) -> Result<Arc<NodeConnection>> {
        self.connect_sender(name, node.map(Sender::Node), info)
    }

    /// The same for a resource of the plan.
    ///
    /// # Errors
    /// The project's query comment cannot be rendered.
    pub fn connect_resource(&self, resource: &Resource, info: &NodeInfo) -> Result<Arc<NodeConnection>> {
        let sender = match resource {
            Resource::Node(node) => Some(Sender::Node(node)),
            Resource::Source(source) => Some(Sender::Source(source)),
            _ => None,
        };
        self.connect_sender(resource.unique_id(), sender, info)
    }

    fn connect_sender(&self, name: &str, sender: Option<Sender<'_>>, info: &NodeInfo) -> Result<Arc<NodeConnection>> {
        let info = match info.to_json() {
            Json::Object(map) => map,
            _ => serde_json::Map::new(),
        };
        let connection = NodeConnection::new(self.shared.adapter.clone(), name, info);
        connection.set_comment(query_comment(&self.globals, name, sender)?);
        Ok(connection)
    }

    /// The connection under the name of the next node: its session, its transaction.
    ///
    /// # Errors
    /// The project's query comment cannot be rendered.
    pub fn continue_as(
        &self,
        connection: &NodeConnection,
        resource: &Resource,
        info: &NodeInfo,
    ) -> Result<Arc<NodeConnection>> {
        let next = self.connect_resource(resource, info)?;
        next.take_over(connection);
        Ok(next)
    }

    /// A connection that belongs to no node.
    ///
    /// # Errors
    /// The project's query comment cannot be rendered.
    pub fn connect(&self, name: &str) -> Result<Arc<NodeConnection>> {
        let connection = NodeConnection::new(self.shared.adapter.clone(), name, serde_json::Map::new());
        connection.set_comment(query_comment(&self.globals, name, None)?);
        Ok(connection)
    }

    /// Why the last statement failed, where running alone may cure it.
    pub fn curable(connection: &NodeConnection) -> Option<AdapterErrorKind> {
        connection
            .last_failure()
            .filter(|kind| matches!(kind, AdapterErrorKind::TransactionConflict | AdapterErrorKind::OutOfMemory))
    }

    /// Interrupts every running statement.
    pub fn interrupt(&self) {
        self.shared.adapter.interrupt();
    }

    /// A query's rows.
    ///
    /// # Errors
    /// The engine refuses it.
    pub fn fetch(connection: &NodeConnection, sql: &str) -> Result<(crate::adapter::AdapterResponse, Table)> {
        connection.execute(sql, false, true, None)
    }

    /// Creates the schemas that nodes of `created` go to and that do not exist yet, and asks for everything that exists in the
    /// schemas of `listed`: at the same time, for neither has to know of the other where no macro of the project is in play. What is
    /// said comes in dbt's order.
    ///
    /// # Errors
    /// The engine refuses.
    pub fn prepare(&self, created: &[&Node], listed: &[&Node]) -> Result<()> {
        let mut databases: IndexMap<Option<String>, Vec<Relation>> = IndexMap::new();
        for schema in self.schemas(created) {
            databases.entry(schema.database().map(str::to_owned)).or_default().push(schema);
        }
        let mut databases = databases.into_iter();
        // The first question is asked alone: a database that cannot be opened is tried by one thread.
        let Some(first) = databases.next().map(|wanted| self.missing(wanted)).transpose()? else {
            return self.populate_cache(listed);
        };
        let create = || {
            first.into_iter().try_for_each(|schema| self.create_schema(&schema))?;
            databases.try_for_each(|wanted| {
                self.missing(wanted)?.into_iter().try_for_each(|schema| self.create_schema(&schema))
            })
        };
        if CREATING_MACROS.iter().chain(&LISTING_MACROS).any(|name| self.globals.macros.has_in_projects(name)) {
            create()?;
            return self.populate_cache(listed);
        }
        std::thread::scope(|scope| {
            let lister = std::thread::Builder::new().stack_size(STACK_SIZE);
            let lister = lister.spawn_scoped(scope, || hold(|| self.populate_cache(listed)));
            create()?;
            match lister.map(ScopedJoinHandle::join) {
                Ok(Ok(listed)) => say(&self.globals.events, listed),
                Ok(Err(panic)) => std::panic::resume_unwind(panic),
                Err(_) => self.populate_cache(listed),
            }
        })
    }

    /// Those of a database's schemas that do not exist.
    fn missing(&self, (database, schemas): (Option<String>, Vec<Relation>)) -> Result<Vec<Relation>> {
        let existing = self.existing_schemas(database.as_deref())?;
        let exists = |schema: &Relation| {
            let name = schema.schema().unwrap_or_default();
            existing.iter().any(|known| known.eq_ignore_ascii_case(name))
        };
        Ok(schemas.into_iter().filter(|schema| !exists(schema)).collect())
    }

    fn create_schema(&self, schema: &Relation) -> Result<()> {
        let (database, name) = (schema.database().unwrap_or_default(), schema.schema().unwrap_or_default());
        let connection = self.connect(&format!("create_{database}_{name}"))?;
        let created = self.operations(&connection).create_schema(schema);
        connection.release();
        created
    }

    fn existing_schemas(&self, database: Option<&str>) -> Result<Vec<String>> {
        let connection = self.connect(&database.map_or("list_schemas".to_owned(), |name| format!("list_{name}")))?;
        let policy = self.quoting();
        // dbt hands the name over as it stands in SQL, quotes included.
        let shown = database.map(|name| if policy.database { format!("\"{name}\"") } else { name.to_owned() });
        let listed = self.operations(&connection).list_schemas(shown.as_deref());
        connection.release();
        listed
    }

    /// Where dbt sends a query for each schema, this sends one for all of a database, unless the project has a macro of its own
    /// for them.
    fn populate_cache(&self, nodes: &[&Node]) -> Result<()> {
        let replaced = LISTING_MACROS.iter().any(|name| self.globals.macros.has_in_projects(name));
        let mut together: IndexMap<(Option<String>, Option<String>), Vec<Relation>> = IndexMap::new();
        for schema in self.schemas(nodes) {
            let name = schema.schema().filter(|_| replaced).map(str::to_owned);
            together.entry((schema.database().map(str::to_owned), name)).or_default().push(schema);
        }
        for schemas in together.into_values() {
            let database = schemas.first().and_then(Relation::database).unwrap_or_default();
            let connection = match schemas.as_slice() {
                [one] => self.connect(&format!("list_{database}_{}", one.schema().unwrap_or_default()))?,
                _ => self.connect(&format!("list_{database}"))?,
            };
            let listed = self.operations(&connection).populate_cache(&schemas);
            connection.release();
            listed?;
        }
        Ok(())
    }

    /// The adapter's operations on a connection.
    pub fn operations(&self, connection: &Arc<NodeConnection>) -> Operations {
        let run = NodeRun::new(self.shared.clone(), connection.clone());
        Operations::new(connection.clone(), Arc::new(Macros::new(self.globals.clone(), run)))
    }

    /// The schemas of nodes that have something in the database, each once.
    fn schemas(&self, nodes: &[&Node]) -> Vec<Relation> {
        let store = self.globals.invocation.flags.store_failures;
        let mut schemas: IndexMap<(Option<String>, String), Relation> = IndexMap::new();
        for node in nodes.iter().filter(|node| is_relational(node, store) && !node.is_ephemeral()) {
            let relation = Relation::new(node.database.as_deref(), Some(&node.schema), None)
                .with_quote_policy(self.quoting())
                .without_identifier();
            schemas.entry((node.database.clone(), node.schema.clone())).or_insert(relation);
        }
        schemas.into_values().collect()
    }

    fn quoting(&self) -> Policy {
        self.shared.adapter.quoting()
    }
}

/// What creates a schema that does not exist, by the names that a project may have it under.
const CREATING_MACROS: [&str; 6] = [
    "list_schemas",
    "duckdb__list_schemas",
    "default__list_schemas",
    "create_schema",
    "duckdb__create_schema",
    "default__create_schema",
];

/// What lists the relations of a schema, by the names that a project may have it under.
const LISTING_MACROS: [&str; 3] = [
    "list_relations_without_caching",
    "duckdb__list_relations_without_caching",
    "default__list_relations_without_caching",
];

/// Whether a node has something in the database.
pub(super) fn is_relational(node: &Node, store_failures: bool) -> bool {
    node.resource_type.is_refable()
        || node.resource_type == ResourceType::Function
        || stores_failures(node, store_failures)
}
