//! Unit tests: the model's template rendered in a small world of its own, where every input is an ephemeral model made
//! of the test's rows, and where the test's overrides hide macros, variables and environment variables.

mod inputs;
mod overrides;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use serde_json::{Map as JsonMap, Value as Json, json};

use crate::context::Globals;
use crate::context::database::NodeConnection;
use crate::context::runtime::{NodeRun, RunShared};
use crate::error::{Error, Result};
use crate::jinja::Value;
use crate::manifest::node::version_text;
use crate::manifest::{Compiled, Config, FileHash, Manifest, Node, NodeKind, ResourceType, UnitTest};

use super::Compiler;
use inputs::Inputs;

/// A unit test ready to run: its node, and the run that sees nothing but its inputs.
#[derive(Debug)]
pub struct UnitTestRun {
    /// The node that stands for the test; it has the SQL of the tested model.
    pub node: Arc<Node>,
    /// Its run.
    pub run: Arc<NodeRun>,
}

impl UnitTestRun {
    /// What compiling gave.
    pub fn compiled(&self) -> Compiled {
        self.run.shared.compiled.get(&self.node.unique_id).map(|known| (*known).clone()).unwrap_or_default()
    }
}

/// Builds and compiles a unit test.
///
/// # Errors
/// The tested model or an input is not known, or a template fails.
pub fn compile(
    globals: &Arc<Globals>,
    shared: &Arc<RunShared>,
    connection: &Arc<NodeConnection>,
    test: &UnitTest,
) -> Result<UnitTestRun> {
    let tested = tested_model(&shared.manifest, test)?;
    let inputs = Inputs::new(&shared.manifest, tested, test)?;
    let node = Arc::new(test_node(tested, test, &inputs));
    let run = NodeRun::new(private_part(shared, tested, &node, &inputs), connection.clone());
    let extra = overrides::scope_values(globals, &run, test, &node, &inputs);
    let compiler = Compiler::with_cte_names(globals.clone(), run.shared.clone(), inputs.cte_names);
    compiler.compile(&node, &run, &extra, true)?;
    Ok(UnitTestRun { node, run })
}

fn tested_model<'a>(manifest: &'a Manifest, test: &UnitTest) -> Result<&'a Node> {
    let id = test.depends_on.nodes.first().map(String::as_str).unwrap_or_default();
    manifest.node(id).ok_or_else(|| {
        Error::parsing(format!(
            "Unable to find model '{}.{}' for unit test '{}' in {}",
            test.package_name, test.model, test.name, test.original_file_path
        ))
    })
}

fn test_node(tested: &Node, test: &UnitTest, inputs: &Inputs) -> Node {
    let version = tested.model().and_then(|model| model.version.as_ref());
    let name = match version {
        Some(version) => format!("{}_v{}", test.name, version_text(version)),
        None => test.name.clone(),
    };
    let folder = test.original_file_path.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
    let mut node = tested.clone();
    node.resource_type = ResourceType::UnitTest;
    node.unique_id.clone_from(&test.unique_id);
    node.package_name.clone_from(&test.package_name);
    node.path = format!("{folder}{name}.sql");
    node.original_file_path.clone_from(&test.original_file_path);
    node.fqn = test.unique_id.split('.').map(str::to_owned).collect();
    node.alias.clone_from(&name);
    node.name = name;
    node.checksum = FileHash { name: "none".to_owned(), checksum: String::new() };
    node.config = Config(expectation(&test.expect));
    node.relation_name = None;
    node.depends_on.nodes = inputs.nodes.iter().map(|input| input.unique_id.clone()).collect();
    node.depends_on.nodes.extend(tested.depends_on.nodes.iter().filter(|id| id.starts_with("function.")).cloned());
    node.kind = NodeKind::SqlOperation;
    node
}

/// The configuration that the `unit` materialization reads.
fn expectation(expect: &JsonMap<String, Json>) -> JsonMap<String, Json> {
    let rows = expect.get("rows").cloned().unwrap_or(Json::Null);
    let is_sql = expect.get("format").and_then(Json::as_str) == Some("sql");
    let (rows, sql) = if is_sql { (json!([]), rows) } else { (rows, Json::Null) };
    JsonMap::from_iter([
        ("materialized".to_owned(), json!("unit")),
        ("enabled".to_owned(), json!(true)),
        ("expected_rows".to_owned(), rows),
        ("expected_sql".to_owned(), sql),
    ])
}

/// A manifest of the test and its inputs alone: what the test does not give does not exist.
fn private_part(shared: &RunShared, tested: &Node, node: &Node, inputs: &Inputs) -> Arc<RunShared> {
    let mut manifest = Manifest { project_name: shared.manifest.project_name.clone(), ..Manifest::default() };
    for member in inputs.nodes.iter().chain([node]) {
        manifest.nodes.insert(member.unique_id.clone(), member.clone());
    }
    for id in &tested.depends_on.nodes {
        if let Some(function) = shared.manifest.functions.get(id) {
            manifest.functions.insert(id.clone(), function.clone());
        }
    }
    manifest.index();
    Arc::new(RunShared {
        manifest: Arc::new(manifest),
        compiled: Arc::default(),
        adapter: shared.adapter.clone(),
        selected: OnceLock::new(),
        deferred: OnceLock::new(),
        graph: OnceLock::new(),
    })
}

/// Names of CTEs by unique id.
type CteNames = HashMap<String, String>;

/// Values that the test's scope sees before everything else.
type ScopeValues = Vec<(String, Value)>;
