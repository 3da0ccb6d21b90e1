//! A unit test, ready to run: the model's own text compiled against fixtures. Each test has a small manifest of its own,
//! so that `ref`, `source` and `this` find the fixtures and nothing else. Mirrors dbt's `UnitTestManifestLoader`.

mod cast;
mod overrides;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use crate::adapter::Relation;
use crate::context::runtime::{NodeRun, RunShared};
use crate::error::{Error, Result};
use crate::jinja::Value;
use crate::jinja::value::Dict;
use crate::manifest::{CompiledNodes, Node, UniqueId, UnitTest};

use super::{Compiler, PlainTests};
use cast::Cast;
use overrides::overrides;

/// A compiled unit test: what its materialization runs on.
#[derive(Debug)]
pub struct UnitTestRun {
    /// The model under test, as a node of its own.
    pub node: Arc<Node>,
    /// The run in which its names resolve.
    pub run: Arc<NodeRun>,
}

impl Compiler {
    /// Compiles the model that `test` tests against the test's fixtures, on the connection of `run`, and writes it to
    /// `target/compiled`.
    ///
    /// # Errors
    /// An input names what does not exist, the model refers to what has no fixture, or a template fails.
    pub fn compile_unit_test(&self, test: &UnitTest, run: &Arc<NodeRun>) -> Result<UnitTestRun> {
        let cast = Cast::of(&self.shared.manifest, test)?;
        let node = Arc::new(cast.node);
        let in_state = |(fixture, original): &(UniqueId, UniqueId)| {
            Some((fixture.clone(), self.shared.deferred(original)?.clone()))
        };
        let deferred: HashMap<UniqueId, Relation> = cast.originals.iter().filter_map(in_state).collect();
        let shared = Arc::new(RunShared {
            manifest: Arc::new(cast.manifest),
            compiled: Arc::new(CompiledNodes::default()),
            adapter: self.shared.adapter.clone(),
            selected: self.shared.selected.clone(),
            deferred: OnceLock::from(deferred),
            graph: OnceLock::from(Dict::new()),
            renders: None,
        });
        let compiler = Compiler {
            globals: self.globals.clone(),
            shared: shared.clone(),
            ephemeral: Mutex::default(),
            transient: true,
            plain_tests: PlainTests::default(),
        };
        let run = NodeRun::new(shared, run.connection.clone());
        let mut values = overrides(&self.globals, &node, &run);
        values.insert(0, ("this".to_owned(), this(&node, &run)?));
        compiler.compile(&node, &run, &values, true)?;
        Ok(UnitTestRun { node, run })
    }
}

/// `this` in the model under test: the name of the CTE that stands for the model's own table, as text; none without
/// such an input. dbt injects that CTE first, whether the model uses it or not.
fn this(node: &Node, run: &NodeRun) -> Result<Value> {
    let Some(input) = node.unit_test().and_then(|test| test.this_input.as_ref()) else { return Ok(Value::from(())) };
    let fixture =
        run.shared.manifest.node(input).ok_or_else(|| {
            Error::internal(format!("`{}` lost the fixture `{input}` of its own table.", node.unique_id))
        })?;
    run.add_cte(input);
    Ok(Value::from(Relation::add_ephemeral_prefix(&fixture.alias)))
}
