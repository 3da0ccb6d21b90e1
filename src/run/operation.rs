//! `run-operation`: one macro, on a connection of its own.

use std::sync::Arc;
use std::time::Instant;

use chrono::Utc;
use serde_json::Map as JsonMap;

use crate::context::database::NodeConnection;
use crate::context::runtime::{NodeRun, RunShared};
use crate::context::{Globals, Macros};
use crate::error::{Error, Result};
use crate::events::lines;
use crate::jinja::Value;
use crate::manifest::{Config, Contract, DependsOn, FileHash, Node, NodeKind, ResourceType, SharedMap};

use super::database::Database;
use super::interrupt::Watch;
use super::plan::Resource;
use super::results::{NodeResult, RunResults, Status, Timing};

/// Calls the macro `name`, with a package before a point if it is not the project's own, with keyword `arguments`.
///
/// # Errors
/// No macro has the name. That the macro fails is a result, not an error.
pub fn run_operation(
    globals: &Arc<Globals>,
    shared: &Arc<RunShared>,
    name: &str,
    arguments: Vec<(String, Value)>,
) -> Result<RunResults> {
    let unique_id = find(globals, name)?;
    let clock = Instant::now();
    let compiled = Timing::since("compile", Utc::now());
    let began = Utc::now();
    let interrupter = shared.adapter.clone();
    // Ctrl-C ends the statement; the macro then fails, and the result says so.
    let _watch = Watch::new(move || interrupter.interrupt());
    let package = name.split_once('.').map(|(package, _)| package);
    let called = call(globals, shared, package, &unique_id, arguments);
    let executed = Timing::since("execute", began);
    let status = if called.is_ok() { Status::Success } else { Status::Error };
    let mut result = NodeResult::new(Resource::Node(Arc::new(operation(globals, &unique_id))), status);
    if let Err(error) = called {
        globals.events.emit(lines::operation_error(globals.events.paint(), &error));
        result = result.with_error(&error);
    }
    result.failures = Some(i64::from(status == Status::Error));
    result.timing = vec![compiled, executed];
    result.execution_time = clock.elapsed().as_secs_f64();
    Ok(RunResults { results: vec![Arc::new(result)], elapsed: clock.elapsed().as_secs_f64(), ..RunResults::default() })
}

fn find(globals: &Globals, name: &str) -> Result<Arc<str>> {
    let found = match name.split_once('.') {
        Some((package, rest)) => globals.macros.in_package(package, rest),
        None => globals.macros.anywhere(name),
    };
    found.cloned().ok_or_else(|| {
        let bare = name.split_once('.').map_or(name, |(_, rest)| rest);
        let message = format!("dbt could not find a macro with the name '{bare}' in any package");
        match globals.macros.suggestion(&globals.project.root.name, bare) {
            Some(near) => Error::compilation(message).hint(format!("Did you mean `{near}`?")),
            None => Error::compilation(message),
        }
    })
}

fn call(
    globals: &Arc<Globals>,
    shared: &Arc<RunShared>,
    package: Option<&str>,
    unique_id: &str,
    arguments: Vec<(String, Value)>,
) -> Result<()> {
    let name = unique_id.rsplit('.').next().unwrap_or(unique_id);
    let database = Database::new(globals.clone(), shared.clone());
    let connection: Arc<NodeConnection> = database.connect(&format!("macro_{name}"))?;
    let run = NodeRun::new(shared.clone(), connection.clone());
    let called = Macros::new(globals.clone(), run).call_in(package, unique_id, Vec::new(), arguments);
    connection.release();
    called.map(|_| ())
}

/// The node under which dbt reports an operation.
fn operation(globals: &Globals, unique_id: &str) -> Node {
    let target = &globals.project.target;
    let mut parts = unique_id.splitn(3, '.').skip(1);
    let package = parts.next().unwrap_or_default().to_owned();
    let name = parts.next().unwrap_or_default().to_owned();
    Node {
        resource_type: ResourceType::Operation,
        unique_id: unique_id.to_owned(),
        name: name.clone(),
        package_name: package,
        path: String::new(),
        original_file_path: String::new(),
        fqn: unique_id.split('.').map(str::to_owned).collect(),
        alias: name,
        database: Some(target.database.clone()),
        schema: target.schema.clone(),
        checksum: FileHash::default(),
        config: Config::default(),
        unrendered_config: SharedMap::default(),
        config_call: SharedMap::default(),
        tags: Vec::new(),
        description: String::new(),
        columns: indexmap::IndexMap::new(),
        meta: JsonMap::new(),
        group: None,
        docs: SharedMap::default(),
        patch_path: None,
        created_at: 0.0,
        relation_name: None,
        raw_code: Arc::from(""),
        doc_blocks: Vec::new(),
        language: "sql".to_owned(),
        refs: Vec::new(),
        sources: Vec::new(),
        metrics: Vec::new(),
        functions: Vec::new(),
        depends_on: DependsOn::default(),
        contract: Contract::default(),
        kind: NodeKind::Operation { index: 0 },
    }
}
