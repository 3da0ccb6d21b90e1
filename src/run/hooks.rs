//! `on-run-start` and `on-run-end`: the hooks of packages first, the project's own last, one after another; after a hook
//! that fails the rest are skipped.

use std::sync::Arc;
use std::time::Instant;

use chrono::Utc;
use serde_json::Value as Json;

use crate::context::runtime::NodeRun;
use crate::error::Result;
use crate::events::deprecations::plain;
use crate::events::lines::{self, About};
use crate::events::{NodeInfo, Position};
use crate::jinja::Value;
use crate::jinja::value::{List, tuple};
use crate::manifest::{Node, NodeKind, ResourceType};

use super::database::is_relational;
use super::hook_results::result_object;
use super::plan::Resource;
use super::results::{NodeResult, Status, Timing};
use super::session::Session;

/// When hooks run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    Start,
    End,
}

impl Moment {
    fn as_str(self) -> &'static str {
        match self {
            Moment::Start => "on-run-start",
            Moment::End => "on-run-end",
        }
    }
}

/// Runs the hooks of a moment; gives their results, empty if there are none.
///
/// # Errors
/// A hook's template fails: that ends the command.
pub(super) fn run(session: &Session, moment: Moment, so_far: &[Arc<NodeResult>]) -> Result<Vec<Arc<NodeResult>>> {
    let hooks = ordered(session, moment);
    if hooks.is_empty() {
        return Ok(Vec::new());
    }
    let events = &session.globals.events;
    if moment == Moment::End {
        events.emit(lines::formatting(""));
    }
    let extra = match moment {
        Moment::Start => Vec::new(),
        Moment::End => outcome(session, so_far),
    };
    let connection = session.database.connect("master")?;
    let total = hooks.len();
    let mut results: Vec<Arc<NodeResult>> = Vec::new();
    let mut failed = false;
    for (index, hook) in hooks.into_iter().enumerate() {
        let hook = Hook { session, moment, node: Arc::new(hook), position: Position { index: index + 1, total } };
        let result = if failed {
            Ok(hook.skip())
        } else {
            hook.run(&NodeRun::new(session.shared.clone(), connection.clone()), &extra)
        };
        let compiled = &session.shared.compiled;
        compiled.update(&hook.node.unique_id, |compiled| compiled.hook_index = Some(index + 1));
        let result = result?;
        failed = failed || result.status != Status::Success;
        results.push(Arc::new(result));
    }
    connection.release();
    if moment == Moment::Start {
        events.emit(lines::formatting(""));
    }
    Ok(results)
}

/// Says that `source freshness` leaves out the hooks of a moment, if there are any, because the project wants it so.
///
/// # Errors
/// The deprecation is an error in this run.
pub(super) fn left_out(session: &Session, moment: Moment) -> Result<()> {
    if ordered(session, moment).is_empty() {
        return Ok(());
    }
    let events = &session.globals.events;
    let text = "In a future version of dbt, the `source freshness` command will start running `on-run-start` and \
                `on-run-end` hooks by default. For more information: \
                https://docs.getdbt.com/reference/global-configs/legacy-behaviors";
    events.deprecation(plain(events.paint(), "SourceFreshnessProjectHooksNotRun", "D017", text))
}

/// The hooks of a moment in the order in which they run.
fn ordered(session: &Session, moment: Moment) -> Vec<Node> {
    let root = &session.globals.project.root.name;
    let nodes = session.shared.manifest.nodes.values();
    let mut hooks: Vec<Node> = nodes
        .filter(|node| node.resource_type == ResourceType::Operation)
        .filter(|node| node.tags.iter().any(|tag| tag == moment.as_str()))
        .map(|node| (**node).clone())
        .collect();
    let index = |node: &Node| match node.kind {
        NodeKind::Operation { index } => index,
        _ => 0,
    };
    hooks.sort_by(|a, b| {
        let key = |node: &Node| (node.package_name == *root, node.package_name.clone(), index(node));
        key(a).cmp(&key(b))
    });
    hooks
}

struct Hook<'a> {
    session: &'a Session,
    moment: Moment,
    node: Arc<Node>,
    position: Position,
}

impl Hook<'_> {
    /// `shop.on-run-start.0`.
    fn name(&self) -> String {
        format!("{}.{}.{}", self.node.package_name, self.moment.as_str(), self.position.index - 1)
    }

    fn about(&self, info: &NodeInfo, seconds: f64) -> About {
        let node_info = info.to_json();
        About { description: self.name(), position: self.position, node_info, group: None, seconds }
    }

    fn run(&self, run: &Arc<NodeRun>, extra: &[(String, Value)]) -> Result<NodeResult> {
        let events = &self.session.globals.events;
        let mut info = events.node_info(|| NodeInfo::of_node(&self.node));
        run.connection.set_node_info(&info);
        let began = Utc::now();
        let clock = Instant::now();
        self.session.compiler.compile(&self.node, run, extra, true)?;
        let compiling = Timing::since("compile", began);
        info.start();
        run.connection.set_node_info(&info);
        events.emit(lines::hook_start(events.paint(), &self.about(&info, 0.0)));
        let began = Utc::now();
        let executed = self.execute(run);
        let executing = Timing::since("execute", began);
        let status = if executed.is_ok() { Status::Success } else { Status::Error };
        info.finish(status.as_str());
        let mut result = self.result(status);
        result.message = Some(match executed {
            Ok(()) => format!("{} passed", self.name()),
            Err(message) => events.scrubbed(format!("{} failed, error:\n {message}", self.name())),
        });
        result.failures = Some(i64::from(status != Status::Success));
        result.timing = vec![compiling, executing];
        result.execution_time = clock.elapsed().as_secs_f64();
        events.emit(lines::hook_end(events.paint(), &self.about(&info, result.execution_time), status.as_str()));
        Ok(result)
    }

    fn execute(&self, run: &NodeRun) -> std::result::Result<(), String> {
        let compiled = self.session.shared.compiled.get(&self.node.unique_id).unwrap_or_default();
        let sql = statement(compiled.code.as_deref().unwrap_or_default());
        if sql.trim().is_empty() {
            return Ok(());
        }
        run.connection.execute(&sql, false, false, None).map(|_| ()).map_err(|error| error.message)
    }

    fn skip(&self) -> NodeResult {
        let events = &self.session.globals.events;
        let mut info = events.node_info(|| NodeInfo::of_node(&self.node));
        info.set_status(Status::Skipped.as_str());
        let about = self.about(&info, 0.0);
        events.emit(lines::hook_end(events.paint(), &about, Status::Skipped.as_str()));
        let mut result = self.result(Status::Skipped);
        result.message = Some(format!("{} skipped", self.name()));
        result.failures = Some(1);
        result
    }

    fn result(&self, status: Status) -> NodeResult {
        let mut result = NodeResult::new(Resource::Node(self.node.clone()), status);
        result.thread_id = "main".to_owned();
        result
    }
}

/// A hook may be written as a JSON object with the key `sql`.
fn statement(rendered: &str) -> String {
    match serde_json::from_str::<Json>(rendered) {
        Ok(Json::Object(map)) => map.get("sql").and_then(Json::as_str).unwrap_or_default().to_owned(),
        _ => rendered.to_owned(),
    }
}

/// What `on-run-end` hooks see: `schemas`, `results`, `database_schemas`.
fn outcome(session: &Session, so_far: &[Arc<NodeResult>]) -> Vec<(String, Value)> {
    let store = session.globals.invocation.flags.store_failures;
    let failed = |status: Status| matches!(status, Status::Error | Status::Fail | Status::Skipped);
    let mut pairs: Vec<(Option<String>, String)> = Vec::new();
    for result in so_far.iter().filter(|result| !failed(result.status)) {
        if let Some(node) = result.resource.node().filter(|node| is_relational(node, store)) {
            let pair = (node.database.clone(), node.schema.clone());
            if !pairs.contains(&pair) {
                pairs.push(pair);
            }
        }
    }
    let mut schemas: Vec<&String> = pairs.iter().map(|(_, schema)| schema).collect();
    schemas.sort();
    schemas.dedup();
    let schemas = schemas.into_iter().map(|schema| Value::from(schema.clone())).collect();
    let results = so_far.iter().filter(|result| result.thread_id != "main" || result.status == Status::Error);
    let results = results.map(|result| result_object(session, result)).collect();
    let database = |name: &Option<String>| name.clone().map_or_else(|| Value::from(()), Value::from);
    let pairs = pairs.iter().map(|(name, schema)| tuple(vec![database(name), Value::from(schema.clone())])).collect();
    vec![
        ("schemas".to_owned(), List::new(schemas)),
        ("results".to_owned(), List::new(results)),
        ("database_schemas".to_owned(), List::new(pairs)),
    ]
}
