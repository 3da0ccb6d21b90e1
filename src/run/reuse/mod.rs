//! Change detection (`--skip-unchanged`): a node whose inputs are what they were, and whose table is still what was built
//! from them, is reused instead of built.
//!
//! The rule is one comparison. When a node is built, its record says what it was built from (compiled text, configuration,
//! macros, engine, versions of everything that the text reads) and what came out (the version of its table). It is reused
//! if all of that is the same now. Versions are taken from the data, so nothing depends on who changed them or when: a table
//! that was edited, dropped, rebuilt by dbt or restored from a backup has another version or none. A node that was built
//! from its own earlier state (incremental models, snapshots) counts that state among its inputs, so it is reused only when
//! its last build changed nothing. Where an input is not known for certain, the node is built.

mod explain;
mod files;
mod functions;
mod inputs;
mod macros;
mod reads;
mod rules;
mod store;
mod versions;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use crate::context::database::{BeforeCommit, NodeConnection, Statements};
use crate::context::runtime::NodeRun;
use crate::context::seed_path;
use crate::error::{Error, Result};
use crate::manifest::{Manifest, Node, ResourceType};

use super::plan::{Plan, Resource};
use super::results::{NodeResult, Status};
use super::session::Session;

pub use inputs::Inputs;
use inputs::digest;
use macros::BuildMacros;
use reads::WrittenName;
use rules::Mode;
use store::{Record, Records};
use versions::{Name, Versions};

/// Change detection in one run.
pub struct Reuse {
    /// `--skip-unchanged`.
    flag: Option<bool>,
    versions: Arc<Versions>,
    macros: BuildMacros,
    engine: BTreeMap<String, String>,
    records: HashMap<String, Records>,
    /// Tests that passed: their records are written together at the end.
    passed: Mutex<Vec<(String, String, Inputs)>>,
}

/// What is to become of a node.
pub enum Look {
    /// It is as it would be if it were built; when it was.
    Unchanged(Record),
    /// It has to be built, for these reasons.
    Build(Option<Inputs>, Vec<Reason>),
}

/// Why a node is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Something that rdbt cannot know may have changed: a phrase that goes on from "it".
    Doubt(String),
    /// It was never built with change detection, or its record is gone.
    NoRecord,
    /// An input changed.
    Changed(inputs::Change),
    /// Its table or view is not what was built.
    Output {
        /// Whether there is one.
        exists: bool,
    },
}

impl Reuse {
    /// Looks at the databases of the nodes that may be reused; none if there are no such nodes.
    ///
    /// # Errors
    /// A node's configuration means nothing, or a query fails.
    pub fn start(session: &Session, plan: &Plan<'_>) -> Result<Option<Reuse>> {
        let flag = session.globals.invocation.flags.skip_unchanged;
        let mut databases: Vec<&str> = Vec::new();
        for node in plan.resources().filter_map(Resource::node) {
            let database = node.database.as_deref().unwrap_or_default();
            if rules::mode(flag, node)? != Mode::Off && !databases.contains(&database) {
                databases.push(database);
            }
        }
        if databases.is_empty() || !rules::applies(session.task) {
            return Ok(None);
        }
        Reuse::open(session, &databases, true).map(Some)
    }

    /// Reads what is known of the nodes in some databases, and makes room for more if `prepare`.
    fn open(session: &Session, databases: &[&str], prepare: bool) -> Result<Reuse> {
        let connection = session.database.connect("skip_unchanged")?;
        let opened = Reuse::load(session, &connection, databases, prepare);
        connection.release();
        opened
    }

    fn load(session: &Session, connection: &NodeConnection, databases: &[&str], prepare: bool) -> Result<Reuse> {
        let versions = Versions::load(connection)?;
        let mut records = HashMap::new();
        for database in databases.iter().filter(|database| versions.covers(database)) {
            if prepare {
                store::prepare(connection, database).map_err(unwritable)?;
            }
            records.insert((*database).to_owned(), Records::load(connection, database)?);
        }
        Ok(Reuse {
            flag: session.globals.invocation.flags.skip_unchanged,
            versions: Arc::new(versions),
            macros: BuildMacros::new(&session.shared.manifest),
            engine: engine(connection)?,
            records,
            passed: Mutex::default(),
        })
    }

    /// What is to become of a node that is compiled, and not yet built. What its record needs is noted on its connection.
    ///
    /// # Errors
    /// The node's configuration means nothing.
    pub fn look(&self, session: &Session, node: &Arc<Node>, run: &Arc<NodeRun>) -> Result<Look> {
        let mode = rules::mode(self.flag, node)?;
        let statements = run.connection.watched_statements();
        if statements.may_write {
            self.versions.forget_all(&run.connection);
        }
        match mode {
            Mode::Off => Ok(Look::Build(None, Vec::new())),
            mode => Ok(self.compare(session, node, run, mode, &statements)),
        }
    }

    fn compare(
        &self,
        session: &Session,
        node: &Arc<Node>,
        run: &Arc<NodeRun>,
        mode: Mode,
        statements: &Statements,
    ) -> Look {
        let doubtful = |doubts: Vec<String>| Look::Build(None, doubts.into_iter().map(Reason::Doubt).collect());
        let obstacles = rules::obstacles(session, node);
        if !obstacles.is_empty() {
            return doubtful(obstacles);
        }
        let Some(records) = self.records.get(node.database.as_deref().unwrap_or_default()) else {
            return doubtful(vec!["is in a database that is no file of DuckDB's, or cannot be written to".to_owned()]);
        };
        let record = records.get(&key(node));
        let mut doubts = rules::doubts(session, node, run);
        if statements.may_write {
            doubts.push("sends statements while it is compiled that may change something".to_owned());
        }
        let mut inputs = self.inputs(session, node, run, record, &mut doubts);
        inputs.statements = Some(statements.texts()).filter(|texts| !texts.is_empty()).map(digest);
        if !doubts.is_empty() && mode == Mode::Certain {
            return doubtful(doubts);
        }
        let mut reasons = match record {
            None => vec![Reason::NoRecord],
            Some(record) => record.inputs.changes(&inputs).into_iter().map(Reason::Changed).collect(),
        };
        if let Some(record) = record {
            reasons.extend(self.output_differs(node, &run.connection, record));
            if reasons.is_empty() {
                return Look::Unchanged(record.clone());
            }
        }
        Look::Build(Some(inputs), reasons)
    }

    fn output_differs(&self, node: &Node, connection: &NodeConnection, record: &Record) -> Option<Reason> {
        if node.resource_type == ResourceType::Test {
            return None;
        }
        match self.versions.output(connection, &name_of(node)) {
            Ok(output) if output == record.output => None,
            output => Some(Reason::Output { exists: output.is_ok() }),
        }
    }

    fn inputs(
        &self,
        session: &Session,
        node: &Node,
        run: &NodeRun,
        record: Option<&Record>,
        doubts: &mut Vec<String>,
    ) -> Inputs {
        let taking = self.macros.taking_part(rules::materialization(node));
        doubts.extend(taking.doubts.iter().cloned());
        let overridden = !taking.digests.is_empty();
        let mut engine = self.engine.clone();
        engine.insert("macros of rdbt".to_owned(), taking.built_in.clone());
        let mut inputs = Inputs {
            engine,
            config: config(node, overridden),
            properties: properties(node, overridden),
            options: options(session),
            macros: taking.digests.clone(),
            ..Inputs::default()
        };
        if node.resource_type == ResourceType::Seed {
            let path = seed_path(&session.globals, node);
            match files::digest(&path) {
                Some(content) => drop(inputs.files.insert(node.original_file_path.clone(), content)),
                None => doubts.push(format!("is loaded from `{}`, which cannot be read", path.display())),
            }
            return inputs;
        }
        let compiled = run.shared.compiled.get(&node.unique_id).unwrap_or_default();
        let sql = compiled.code.as_deref().unwrap_or_default().to_owned();
        let same =
            record.filter(|record| record.inputs.sql.as_deref() == Some(&sql) && record.inputs.engine == inputs.engine);
        inputs.reads = match same {
            Some(record) => record.inputs.reads.clone(),
            None => self.versions.reads(&run.connection, &sql),
        };
        if !inputs.reads.unknown.is_empty() {
            // The owner may leave out of account what is not known, but not what the project says.
            inputs.reads.tables.extend(parents(&session.shared.manifest, node));
        }
        inputs.sql = Some(sql);
        self.add_read(node, run, &mut inputs, doubts);
        inputs
    }

    /// Versions of what the text reads. A view follows from its text and the columns of what it reads.
    fn add_read(&self, node: &Node, run: &NodeRun, inputs: &mut Inputs, doubts: &mut Vec<String>) {
        let connection = &run.connection;
        let view = node.config.materialized() == "view" && node.resource_type == ResourceType::Model;
        let own = name_of(node);
        let stateful = matches!(node.config.materialized(), "incremental" | "snapshot");
        if !view {
            doubts.extend(self.versions.functions().doubts(&inputs.reads));
        }
        let (mut versions, mut reads_itself) = (BTreeMap::new(), false);
        for written in &inputs.reads.tables {
            let read = match self.versions.resolve(connection, written) {
                Some(name) if name == own && stateful => {
                    reads_itself = true;
                    continue;
                }
                Some(name) if view => (name.to_string(), self.versions.shape(connection, &name)),
                Some(name) => (name.to_string(), self.versions.version(connection, &name)),
                None => (written.name.clone(), files::digest_table(connection, written)),
            };
            match read.1 {
                Ok(version) => drop(versions.insert(read.0, version)),
                Err(why) => doubts.push(why),
            }
        }
        for pattern in &inputs.reads.files {
            match files::digest_all(connection, pattern) {
                Ok(content) => drop(inputs.files.insert(pattern.clone(), content)),
                Err(why) => doubts.push(why),
            }
        }
        inputs.relations = versions;
        if stateful {
            // What replaces rows by key does not see in which order they lie.
            let version = self.versions.output(connection, &own).ok();
            inputs.own = version.map(|version| match reads_itself {
                true => version,
                false => versions::without_order(&version).to_owned(),
            });
        }
    }

    /// Builds a node, and makes the record of `inputs` and result a part of its transactions.
    ///
    /// # Errors
    /// Those of `build`, or the record cannot be written.
    pub fn building(
        &self,
        node: &Arc<Node>,
        inputs: Option<Inputs>,
        connection: &NodeConnection,
        build: impl FnOnce() -> Result<NodeResult>,
    ) -> Result<NodeResult> {
        if node.resource_type == ResourceType::Test {
            let result = build()?;
            if let Some(inputs) = inputs.filter(|_| result.status == Status::Pass) {
                self.passed(node, inputs);
            }
            return Ok(result);
        }
        let noted = inputs.map(|inputs| self.note(node, inputs, connection));
        let mut result = build();
        if connection.adapter().credentials().disable_transactions
            && result.is_ok()
            && let Some(noted) = &noted
        {
            result = (noted.write)(connection).and(result);
        }
        connection.before_commit(None);
        self.built(node, noted.as_ref(), connection);
        result
    }

    /// Makes the record of a node a part of the transactions that build it; gives what to ask when it is built.
    fn note(&self, node: &Arc<Node>, inputs: Inputs, connection: &NodeConnection) -> Noted {
        let output = Arc::new(Mutex::new(None));
        let (seen, versions, node) = (output.clone(), self.versions.clone(), node.clone());
        let write: BeforeCommit = Arc::new(move |connection: &NodeConnection| {
            let Ok(output) = versions.fresh_output(connection, &name_of(&node)) else { return Ok(()) };
            let database = node.database.as_deref().unwrap_or_default();
            store::save(connection, database, &key(&node), &inputs, &output).map_err(unwritable)?;
            *seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(output);
            Ok(())
        });
        connection.before_commit(Some(write.clone()));
        Noted { output, write }
    }

    /// A node was built: what was known of its table does not hold any longer.
    fn built(&self, node: &Node, noted: Option<&Noted>, connection: &NodeConnection) {
        let known = noted.and_then(Noted::output);
        let overridden = !self.macros.taking_part(rules::materialization(node)).digests.is_empty();
        match rules::is_plain(node) && !overridden {
            true => self.versions.built(&name_of(node), known.filter(|version| !version.starts_with("view:"))),
            false => self.versions.forget_all(connection),
        }
    }

    /// A test passed on these inputs.
    fn passed(&self, node: &Node, inputs: Inputs) {
        let database = node.database.clone().unwrap_or_default();
        self.passed.lock().unwrap_or_else(PoisonError::into_inner).push((database, key(node), inputs));
    }

    /// Writes what is left to write.
    ///
    /// # Errors
    /// The engine refuses.
    pub fn finish(&self, session: &Session) -> Result<()> {
        let passed = std::mem::take(&mut *self.passed.lock().unwrap_or_else(PoisonError::into_inner));
        if passed.is_empty() {
            return Ok(());
        }
        let connection = session.database.connect("skip_unchanged")?;
        let written = passed
            .iter()
            .try_for_each(|(database, key, inputs)| store::save(&connection, database, key, inputs, "pass"));
        connection.release();
        written.map_err(unwritable)
    }
}

/// The note of a node that is being built.
struct Noted {
    /// The version of what was built, when it is known.
    output: Arc<Mutex<Option<String>>>,
    /// Takes the version and writes the record.
    write: BeforeCommit,
}

impl Noted {
    fn output(&self) -> Option<String> {
        self.output.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The result of a node that was not built.
pub fn reused(resource: &Resource, record: &Record) -> NodeResult {
    let mut result = NodeResult::new(resource.clone(), Status::Reused);
    result.failures = (resource.resource_type() == ResourceType::Test).then_some(0);
    result.with_message(format!("REUSED: nothing that it depends on has changed since {} UTC", record.built_at))
}

/// The tables that a node reads by what the project says, through ephemeral models too.
fn parents(manifest: &Manifest, node: &Node) -> BTreeSet<WrittenName> {
    let written = |database: Option<&str>, schema: &str, name: &str| WrittenName {
        database: database.unwrap_or_default().to_owned(),
        schema: schema.to_owned(),
        name: name.to_owned(),
    };
    let mut found = BTreeSet::new();
    for id in &node.depends_on.nodes {
        if let Some(source) = manifest.sources.get(id) {
            found.insert(written(source.database.as_deref(), &source.schema, &source.identifier));
        }
        match manifest.nodes.get(id) {
            Some(parent) if parent.is_ephemeral() => found.extend(parents(manifest, parent)),
            Some(parent) => drop(found.insert(written(parent.database.as_deref(), &parent.schema, &parent.alias))),
            None => {}
        }
    }
    found
}

/// Under which name the record of a node stands: nodes of two targets may be in one database.
fn key(node: &Node) -> String {
    format!("{} in {}", node.unique_id, name_of(node))
}

fn name_of(node: &Node) -> Name {
    Name::new(node.database.as_deref().unwrap_or_default(), &node.schema, &node.alias)
}

fn unwritable(error: Error) -> Error {
    let message = format!("What was built cannot be noted for change detection: {}", error.message);
    Error { message, ..error }.hint("Run the command with --no-skip-unchanged, which needs no notes.")
}

/// Keys of the configuration that change nothing in the database.
const UNREGARDED: [&str; 10] = [
    "access",
    "docs",
    "enabled",
    "event_time",
    "expected_seconds",
    "group",
    "on_error",
    "skip_unchanged",
    "tags",
    "timeout",
];

fn config(node: &Node, all: bool) -> BTreeMap<String, String> {
    let ignored = |key: &str| {
        matches!(key, "skip_unchanged" | "timeout") || !all && UNREGARDED.contains(&key) || !all && key == "meta"
    };
    let kept = node.config.0.iter().filter(|(key, value)| !value.is_null() && !ignored(key));
    kept.map(|(key, value)| (key.clone(), digest(&value.to_string()))).collect()
}

/// What YAML says beside the configuration, as far as building regards it.
fn properties(node: &Node, all: bool) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let documented = all || node.config.get("persist_docs").is_some_and(|value| value != &serde_json::json!({}));
    for (name, column) in &node.columns {
        let said = format!("{:?} {:?} {:?}", column.data_type, column.constraints, column.quote);
        found.insert(format!("column {name}"), digest(&said));
        if documented {
            found.insert(format!("description of {name}"), digest(&column.description));
        }
    }
    if documented {
        found.insert("description".to_owned(), digest(&node.description));
    }
    if let Some(model) = node.model() {
        found.insert("constraints".to_owned(), digest(&format!("{:?} {:?}", model.constraints, node.contract)));
    }
    found
}

fn options(session: &Session) -> BTreeMap<String, String> {
    let flags = &session.globals.invocation.flags;
    let sample = flags.sample.map(|window| format!("{} to {}", window.start, window.end));
    let empty = flags.empty.then(|| "true".to_owned());
    let given = [("--empty", empty), ("--sample", sample)];
    given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// Settings that are named when they change; the others count together.
const NAMED: [&str; 12] = [
    "Calendar",
    "TimeZone",
    "binary_as_string",
    "default_collation",
    "default_null_order",
    "default_order",
    "file_search_path",
    "ieee_floating_point_ops",
    "integer_division",
    "old_implicit_casting",
    "preserve_insertion_order",
    "schema",
];

/// rdbt, DuckDB and every setting but those that say how, not what, DuckDB computes.
fn engine(connection: &NodeConnection) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::from([("rdbt".to_owned(), env!("CARGO_PKG_VERSION").to_owned())]);
    let version = connection.query_plainly("select version()")?;
    found.insert("duckdb".to_owned(), version.cell(0, 0).to_string());
    let settings = connection.query_plainly(
        "select name, coalesce(value, '') from duckdb_settings() where not regexp_matches(name, \
         '(memory|thread|temp|directory|progress|profil|log|http|secret|cache|prefetch|checkpoint|debug|flush|\
         connection_id|duckdb_api|user_agent|allocator|vacuum|extension|storage|wal_|threshold|password|username|^user$)') \
         order by name",
    )?;
    let mut others = String::new();
    for row in 0..settings.len() {
        let (name, value) = (settings.cell(row, 0).to_string(), settings.cell(row, 1).to_string());
        match NAMED.contains(&name.as_str()) {
            true => drop(found.insert(name, value)),
            false => others.push_str(&format!("{name}={value}\n")),
        }
    }
    found.insert("other settings".to_owned(), digest(&others));
    Ok(found)
}
