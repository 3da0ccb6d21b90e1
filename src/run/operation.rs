//! `run-operation`: one macro or one statement, on a connection of its own.

use std::sync::Arc;
use std::time::Instant;

use chrono::Utc;
use serde_json::{Map as JsonMap, Value as Json};

use crate::adapter::AdapterResponse;
use crate::compile::Compiler;
use crate::context::database::NodeConnection;
use crate::context::runtime::{NodeRun, RunShared};
use crate::context::{Globals, Macros};
use crate::error::{Error, Result};
use crate::events::{Level, Position, lines};
use crate::jinja::Value;
use crate::manifest::{Config, Contract, DependsOn, FileHash, Node, NodeKind, ResourceType, SharedMap};
use crate::parse::INLINE_NAME;

use super::database::Database;
use super::interrupt::Watch;
use super::plan::Resource;
use super::results::{NodeResult, RunResults, Status, Timing};
use super::session::whole_response_json;

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
    let package = name.split_once('.').map(|(package, _)| package);
    let result = measure(globals, shared, &unique_id, || {
        call(globals, shared, package, &unique_id, arguments).map(|()| AdapterResponse::default())
    });
    Ok(only(result))
}

/// Runs one statement; if it holds Jinja, `parse` makes a node of it.
pub fn run_sql(
    globals: &Arc<Globals>,
    shared: &Arc<RunShared>,
    sql: &str,
    parse: impl FnOnce(&str) -> Result<Node>,
) -> RunResults {
    let unique_id = format!("sql_operation.{}.{INLINE_NAME}", globals.project.root.name);
    let events = &globals.events;
    let paint = events.paint();
    let only_one = Some(Position { index: 1, total: 1 });
    let say = |level, text: &str, status: &str, seconds| {
        let text = format!("{text} {INLINE_NAME}");
        events.emit(lines::note(level, &paint.progress_line(&text, status, only_one, seconds)));
    };
    let result = measure(globals, shared, &unique_id, || {
        let sql = match sql.contains("{{") || sql.contains("{%") {
            true => compile(globals, shared, &Arc::new(parse(sql)?))?,
            false => Arc::from(sql),
        };
        say(Level::Info, "START executing", "RUN", None);
        execute(globals, shared, &sql)
    });
    let seconds = Some(result.execution_time);
    match (result.status, result.adapter_response.get("_message").and_then(Json::as_str)) {
        (Status::Success, message) => {
            let message = message.filter(|message| !message.is_empty()).unwrap_or("OK");
            say(Level::Info, "OK executed", &paint.green(message), seconds);
        }
        _ => say(Level::Error, "ERROR executing", &paint.red("ERROR"), seconds),
    }
    only(result)
}

fn only(result: NodeResult) -> RunResults {
    RunResults { elapsed: result.execution_time, results: vec![Arc::new(result)], ..RunResults::default() }
}

/// What an operation comes to, and how long it takes.
fn measure(
    globals: &Globals,
    shared: &RunShared,
    unique_id: &str,
    work: impl FnOnce() -> Result<AdapterResponse>,
) -> NodeResult {
    let clock = Instant::now();
    let compiled = Timing::since("compile", Utc::now());
    let began = Utc::now();
    let interrupter = shared.adapter.clone();
    // Ctrl-C ends the statement; the operation then fails, and the result says so.
    let _watch = Watch::new(move || interrupter.interrupt());
    let done = work();
    let executed = Timing::since("execute", began);
    let status = if done.is_ok() { Status::Success } else { Status::Error };
    let mut result = NodeResult::new(Resource::Node(Arc::new(operation(globals, unique_id))), status);
    match done {
        Ok(response) if !response.message.is_empty() => {
            result.adapter_response = whole_response_json(&response);
        }
        Ok(_) => {}
        Err(error) => {
            globals.events.emit(lines::operation_error(globals.events.paint(), &error));
            result = result.with_error(&error);
            result.message = result.message.map(|message| globals.events.scrubbed(message));
        }
    }
    result.failures = Some(i64::from(status == Status::Error));
    result.timing = vec![compiled, executed];
    result.execution_time = clock.elapsed().as_secs_f64();
    result
}

/// The SQL of a statement with Jinja.
fn compile(globals: &Arc<Globals>, shared: &Arc<RunShared>, node: &Arc<Node>) -> Result<Arc<str>> {
    let connection = Database::new(globals.clone(), shared.clone()).connect(&node.unique_id)?;
    let run = NodeRun::new(shared.clone(), connection.clone());
    let compiled = Compiler::new(globals.clone(), shared.clone()).compile(node, &run, &[], false);
    connection.release();
    compiled?;
    // In dbt the operation that is reported is another object than the query that was compiled.
    let compiled = shared.compiled.take(&node.unique_id);
    Ok(compiled.and_then(|compiled| compiled.code.clone()).unwrap_or_default())
}

fn execute(globals: &Arc<Globals>, shared: &Arc<RunShared>, sql: &str) -> Result<AdapterResponse> {
    let connection = Database::new(globals.clone(), shared.clone()).connect(INLINE_NAME)?;
    let executed = connection.execute(sql, true, false, None);
    connection.release();
    executed.map(|(response, _)| response)
}

fn find(globals: &Globals, name: &str) -> Result<Arc<str>> {
    let found = match name.split_once('.') {
        Some((package, rest)) => globals.macros.in_package(package, rest),
        None => globals.macros.anywhere(name),
    };
    found.cloned().ok_or_else(|| {
        let (place, bare) = match name.split_once('.') {
            Some((package, rest)) => (format!("the \"{package}\" package"), rest),
            None => ("any package".to_owned(), name),
        };
        let error = Error::runtime(format!("dbt could not find a macro with the name \"{bare}\" in {place}"));
        globals.events.emit(lines::operation_error(globals.events.paint(), &error));
        let message = format!(
            "dbt could not find a macro with the name '{bare}' in any package. This can happen when calling a macro that \
             does not exist. Check for typos and/or install package dependencies with \"dbt deps\"."
        );
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
