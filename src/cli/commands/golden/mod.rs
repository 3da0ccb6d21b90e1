//! `golden`: compares the compiled SQL of models, or of other nodes as well, with files that were approved and lie in the
//! project, so that a review shows what a change of a macro or a variable does to every model. dbt has no such command.

mod approved;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use super::reports::Reports;
use crate::artifacts::{Case, Suite, Verdict};
use crate::cli::workspace::Workspace;
use crate::context::runtime::write_path;
use crate::error::{Error, Result};
use crate::events::{Events, Paint, lines};
use crate::invocation::Invocation;
use crate::manifest::{Node, ResourceType};
use crate::run::{self, Plan, Task};
use approved::{Approved, Change};

pub fn run(invocation: &Arc<Invocation>, events: &Arc<Events>) -> Result<bool> {
    let mut reports = Reports::new(invocation)?;
    let workspace = Workspace::open(invocation, events)?;
    let approved = Approved::open(&workspace.globals.project, invocation.flags.text("golden_path"))?;
    let clock = Instant::now();
    let compiled = compile(&workspace)?;
    let flags = &invocation.flags;
    let all = flags.select.is_empty() && flags.exclude.is_empty() && flags.selector.is_none();
    let others = all.then(|| workspace.manifest.nodes.values().map(|node| path_of(node)).collect::<HashSet<String>>());
    let changes = approved.compare(&compiled, others)?;
    if flags.other.get("update").and_then(serde_json::Value::as_bool) == Some(true) {
        approved.update(&changes)?;
        report(events, &changes, &compiled, true);
        return Ok(true);
    }
    report(events, &changes, &compiled, false);
    reports.push(Suite {
        name: "golden".to_owned(),
        at: invocation.started_at,
        seconds: clock.elapsed().as_secs_f64(),
        cases: cases(&compiled, &changes),
    });
    reports.write()?;
    Ok(changes.is_empty())
}

/// A node with its compiled SQL.
pub struct CompiledNode {
    node: Node,
    sql: String,
}

impl CompiledNode {
    /// Where its approved SQL is, below the folder of approved files.
    fn path(&self) -> String {
        path_of(&self.node)
    }
}

/// Where a node's approved SQL is, below the folder of approved files.
fn path_of(node: &Node) -> String {
    write_path(node, None).to_string_lossy().replace('\\', "/")
}

/// The selected nodes, compiled.
fn compile(workspace: &Workspace) -> Result<Vec<CompiledNode>> {
    let graph = workspace.graph()?;
    workspace.report_found();
    let selection = workspace.select(&graph)?;
    let plan = Plan::new(&workspace.manifest, &graph, &selection.nodes, false)?;
    let results = run::execute(&workspace.globals, &workspace.shared(), Task::Compile, &plan);
    let closed = workspace.globals.adapter.engine().close();
    results?.verdict()?;
    closed.map_err(Error::from)?;
    let models = selection.nodes.iter().filter_map(|id| {
        let sql = workspace.compiled.get(id)?.code.as_ref()?.to_string();
        Some(CompiledNode { node: workspace.manifest.node(id)?.clone(), sql })
    });
    Ok(models.collect())
}

/// Says what differs, as unified diffs, and sums up.
fn report(events: &Events, changes: &[Change], compiled: &[CompiledNode], updated: bool) {
    let paint = events.paint();
    let count = |wanted: fn(&Change) -> bool| changes.iter().filter(|change| wanted(change)).count();
    let changed = count(|change| matches!(change, Change::Changed { .. }));
    let new = count(|change| matches!(change, Change::New { .. }));
    let removed = count(|change| matches!(change, Change::Removed { .. }));
    events.emit(lines::formatting(""));
    for change in changes {
        match change {
            Change::Changed { diff, .. } if !updated => events.emit(lines::print(&painted(paint, diff))),
            _ if !updated => events.emit(lines::print(&format!("{}: {}", change.word(), change.path()))),
            _ => events.emit(lines::formatting(&format!("{}: {}", change.word(), change.path()))),
        }
    }
    let models = compiled.iter().all(|compiled| compiled.node.resource_type == ResourceType::Model);
    let compiled = format!("{} {}", compiled.len(), if models { "models" } else { "nodes" });
    let figures = format!("{compiled}: {changed} changed, {new} new, {removed} removed");
    events.emit(lines::formatting(&match (changes.is_empty(), updated) {
        (true, _) => paint.green(&format!("{compiled} are as approved.")),
        (false, true) => paint.green(&format!("Approved. {figures}.")),
        (false, false) => paint.red(&format!("{figures}. `rdbt golden --update` approves what is compiled now.")),
    }));
}

fn painted(paint: Paint, diff: &str) -> String {
    let line = |line: &str| match line.as_bytes().first() {
        Some(b'+') => paint.green(line),
        Some(b'-') => paint.red(line),
        Some(b'@') => paint.yellow(line),
        _ => line.to_owned(),
    };
    diff.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// What reports say: a case for each node, and for each approved file without one.
fn cases(compiled: &[CompiledNode], changes: &[Change]) -> Vec<Case> {
    let case = |name: &str, class: String, change: Option<&Change>| Case {
        name: name.to_owned(),
        class,
        verdict: if change.is_some() { Verdict::Failed } else { Verdict::Passed },
        status: change.map_or("same", Change::word).to_owned(),
        seconds: 0.0,
        message: change.map(|change| format!("{}: {}", change.word(), change.path())),
        path: None,
        diff: match change {
            Some(Change::Changed { diff, .. }) => Some(diff.clone()),
            _ => None,
        },
    };
    let of_nodes = compiled.iter().map(|compiled| {
        let (path, node) = (compiled.path(), &compiled.node);
        let change = changes.iter().find(|change| change.path() == path);
        case(&node.name, format!("{}.{}", node.resource_type.as_str(), node.package_name), change)
    });
    let removed = changes.iter().filter(|change| matches!(change, Change::Removed { .. }));
    let of_files = removed.map(|change| case(change.path(), "golden".to_owned(), Some(change)));
    of_nodes.chain(of_files).collect()
}
