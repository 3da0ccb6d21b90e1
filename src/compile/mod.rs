//! From a node's template to its SQL: rendering, the arguments of generic tests, ephemeral models injected as CTEs, and
//! the copy in `target/compiled`. A node is compiled right before it runs, for its macros may query its parents.

mod foreign_keys;
mod inject;
mod plain_tests;
mod test_arguments;
mod unit_test;

use plain_tests::PlainTests;
pub use unit_test::UnitTestRun;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::adapter::{Policy, Relation};
use crate::context::batch::Batch;
use crate::context::errors::from_jinja;
use crate::context::runtime::{NodeRun, RunShared, write_path, write_text};
use crate::context::{Globals, Phase, Scope, Subject, plain_text};
use crate::error::{Error, Result};
use crate::events::{NodeInfo, lines};
use crate::jinja::{Rendered, Value};
use crate::manifest::{InjectedCte, Node, ResourceType, UniqueId};

/// Appended to a Python model's text: the functions that stand for `ref`, `source` and `config` in it.
const PYTHON_POSTFIX: &str = "{{ py_script_postfix(model) }}";

/// Compiles nodes. One for a run, shared by its workers.
#[derive(Debug)]
pub struct Compiler {
    globals: Arc<Globals>,
    shared: Arc<RunShared>,
    /// One lock for each ephemeral model, so that it is compiled once.
    ephemeral: Mutex<HashMap<UniqueId, Arc<Mutex<()>>>>,
    /// Templates are used once and not kept: in a unit test fixtures go by the unique ids of what they stand for.
    transient: bool,
    plain_tests: PlainTests,
}

impl Compiler {
    /// A compiler for the nodes of `shared`.
    pub fn new(globals: Arc<Globals>, shared: Arc<RunShared>) -> Compiler {
        Compiler { globals, shared, ephemeral: Mutex::default(), transient: false, plain_tests: PlainTests::default() }
    }

    /// Compiles `node` with the values of `extra` in its scope, remembers the result among the run's compiled nodes,
    /// and writes it to `target/compiled` if `write`.
    ///
    /// # Errors
    /// The template fails, an ephemeral model that it needs does not compile, or the file cannot be written.
    pub fn compile(&self, node: &Arc<Node>, run: &Arc<NodeRun>, extra: &[(String, Value)], write: bool) -> Result<()> {
        let rendered = self.render(node, run, extra)?;
        let code: Arc<str> = rendered.text.into();
        let relation_name = self.stored_relation_name(node);
        let overloads = self.render_overloads(node, run)?;
        let foreign_keys = foreign_keys::resolve(&self.globals, node, run)?;
        let ctes = if self.injects() { self.gather(node, run)? } else { Vec::new() };
        let injected: Arc<str> = if ctes.is_empty() { code.clone() } else { inject::inject(&code, &ctes).into() };
        let mut path = None;
        // Without injecting, dbt takes no code for finished and writes none.
        if write && self.injects() {
            path = self.write(node, &injected, run.batch.as_ref())?;
        }
        self.shared.compiled.update(&node.unique_id, |compiled| {
            compiled.pre_injected = (!ctes.is_empty()).then_some(code);
            compiled.code = Some(injected);
            compiled.macros = rendered.macros;
            compiled.extra_ctes = ctes;
            compiled.extra_ctes_injected = self.injects();
            compiled.path = path;
            compiled.relation_name = relation_name;
            compiled.foreign_keys = foreign_keys;
            compiled.overloads = overloads;
        });
        Ok(())
    }

    /// The node's text, rendered now, or what it came to in a step of `--for` before if nothing that it read has changed.
    fn render(&self, node: &Arc<Node>, run: &Arc<NodeRun>, extra: &[(String, Value)]) -> Result<Rendered> {
        // What is given for this render alone is no part of what a later step compares.
        let Some(renders) = self.shared.renders.as_ref().filter(|_| extra.is_empty() && !self.transient) else {
            return self.render_now(node, run, extra);
        };
        if let Some(rendered) = renders.find(&self.globals, node, run) {
            self.globals.events.emit(lines::render_taken_over(&node.unique_id));
            return Ok(rendered);
        }
        renders.keep(&self.globals, node, run, || self.render_now(node, run, extra))
    }

    /// Renders the node's text. What fails depends on the macros that it called until then, all the same.
    fn render_now(&self, node: &Arc<Node>, run: &Arc<NodeRun>, extra: &[(String, Value)]) -> Result<Rendered> {
        if extra.is_empty()
            && !self.transient
            && let Some(rendered) = self.plain_tests.text(&self.globals, &self.shared, node, run)
        {
            return Ok(rendered);
        }
        let mut called = Vec::new();
        let rendered = self.render_noting(node, run, extra, &mut called);
        if rendered.is_err() {
            self.shared.compiled.update(&node.unique_id, |compiled| compiled.macros.clone_from(&called));
        }
        rendered.map(|text| Rendered { text, macros: called })
    }

    fn render_noting(
        &self,
        node: &Arc<Node>,
        run: &Arc<NodeRun>,
        extra: &[(String, Value)],
        called: &mut Vec<Arc<str>>,
    ) -> Result<String> {
        let subject = Subject::Node(node.clone());
        let label = subject.label();
        let mut scope = Scope::new(self.globals.clone(), subject, Phase::Run(run.clone()));
        for (name, value) in extra {
            scope = scope.with(name.clone(), value.clone());
        }
        if let Some(arguments) = test_arguments::render(&self.globals, node, run, called)? {
            scope = scope.with(test_arguments::ARGUMENTS, arguments);
        }
        let scope = Arc::new(scope);
        let is_sql = node.language == "sql" && !self.transient && node.generic_test().is_none();
        if is_sql && let Some(text) = plain_text(&scope, &node.raw_code) {
            return Ok(text);
        }
        let root = scope.into_value();
        let engine = &self.globals.engine;
        let rendered = if node.language == "python" && node.resource_type == ResourceType::Model {
            let postfix = engine.render_str_tracked(PYTHON_POSTFIX, &node.original_file_path, root);
            postfix.map(|postfix| Rendered { text: format!("{}\n\n{}", node.raw_code, postfix.text), ..postfix })
        } else if self.transient || node.generic_test().is_some() {
            // The tests of a kind have the same few words: compiled once for all of them.
            engine.render_str_tracked(&node.raw_code, &node.original_file_path, root)
        } else {
            engine.add_template(&node.unique_id, &node.original_file_path, node.raw_code.clone());
            engine.render_tracked(&node.unique_id, root)
        };
        let rendered = rendered.map_err(|error| {
            called.extend_from_slice(&error.way.called);
            from_jinja(&error, Some(&label))
        })?;
        called.extend(rendered.macros);
        Ok(rendered.text)
    }

    /// Renders the bodies of a function's overloads, with what the function's own body sees.
    fn render_overloads(&self, node: &Arc<Node>, run: &Arc<NodeRun>) -> Result<Vec<Arc<str>>> {
        let subject = Subject::Node(node.clone());
        let label = subject.label();
        let bodies = node.overloads().iter().map(|overload| overload["raw_body"].as_str().unwrap_or_default());
        let bodies: Vec<&str> = bodies.collect();
        if bodies.is_empty() {
            return Ok(Vec::new());
        }
        let root = Arc::new(Scope::new(self.globals.clone(), subject, Phase::Run(run.clone()))).into_value();
        let render = |body: &str| {
            let rendered = self.globals.engine.render_str_tracked(body, &node.original_file_path, root.clone());
            rendered.map(|rendered| Arc::from(rendered.text)).map_err(|error| from_jinja(&error, Some(&label)))
        };
        bodies.into_iter().map(render).collect()
    }

    /// The table of a test that stores its failures only because the command line says so; any other node's name is known
    /// since parsing.
    fn stored_relation_name(&self, node: &Node) -> Option<String> {
        let flags = &self.globals.invocation.flags;
        if node.relation_name.is_some() || !stores_failures(node, flags.store_failures) {
            return node.relation_name.clone();
        }
        let quoting = self.globals.project.root.quoting;
        let policy = Policy {
            database: quoting.database.unwrap_or(true),
            schema: quoting.schema.unwrap_or(true),
            identifier: quoting.identifier.unwrap_or(true),
        };
        let relation = Relation::new(node.database.as_deref(), Some(&node.schema), Some(&node.alias));
        Some(relation.with_quote_policy(policy).to_string())
    }

    /// Whether ephemeral models are put into what refers to them: `--no-inject-ephemeral-ctes` of `compile` leaves their
    /// names alone.
    fn injects(&self) -> bool {
        let flag = self.globals.invocation.flags.other.get("inject_ephemeral_ctes");
        flag.and_then(serde_json::Value::as_bool).unwrap_or(true)
    }

    /// The CTEs of the ephemeral models that `node` has just referred to, theirs before their own.
    fn gather(&self, node: &Node, run: &Arc<NodeRun>) -> Result<Vec<InjectedCte>> {
        let mut gathered = Vec::new();
        for id in run.ctes() {
            let model = self.shared.manifest.node(&id).ok_or_else(|| {
                Error::internal(format!(
                    "`{}` refers to the ephemeral model `{id}`, which is not known.",
                    node.unique_id
                ))
            })?;
            let compiled = self.ephemeral(model, run)?;
            for cte in compiled {
                add(&mut gathered, cte);
            }
        }
        Ok(gathered)
    }

    /// Compiles an ephemeral model unless another node's compiling has done so; gives its CTEs, its own last.
    fn ephemeral(&self, model: &Node, run: &Arc<NodeRun>) -> Result<Vec<InjectedCte>> {
        let id = &model.unique_id;
        let lock = {
            let mut locks = self.ephemeral.lock().unwrap_or_else(PoisonError::into_inner);
            locks.entry(id.clone()).or_default().clone()
        };
        let _alone = lock.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.shared.compiled.get(id).is_some_and(|compiled| compiled.extra_ctes_injected) {
            let own_run = NodeRun::new(self.shared.clone(), run.connection.clone());
            self.compile(&Arc::new(model.clone()), &own_run, &[], true)?;
        }
        let compiled = self.shared.compiled.get(id).unwrap_or_default();
        let sql = compiled.pre_injected.as_ref().or(compiled.code.as_ref()).cloned().unwrap_or_default();
        let mut ctes = compiled.extra_ctes.clone();
        add(
            &mut ctes,
            InjectedCte { id: id.clone(), sql: format!(" __dbt__cte__{} as (\n{sql}\n)", model.cte_name()) },
        );
        Ok(ctes)
    }

    /// Writes to `target/compiled`; gives the path as artifacts show it.
    fn write(&self, node: &Node, code: &str, batch: Option<&Batch>) -> Result<Option<String>> {
        if node.resource_type == ResourceType::Seed {
            return Ok(None);
        }
        let events = &self.globals.events;
        let info = events.node_info(|| NodeInfo::of_node(node)).to_json();
        events.emit(lines::writing_injected_sql(&node.unique_id, info));
        if code.is_empty() {
            return Ok(None);
        }
        let project = &self.globals.project;
        let path = project.target_path.join("compiled").join(write_path(node, batch));
        write_text(&path, code)?;
        Ok(Some(path.strip_prefix(&project.root.root).unwrap_or(&path).to_string_lossy().into_owned()))
    }
}

/// Whether a test keeps its failing rows in a table: it says so, or `--store-failures` does.
pub fn stores_failures(node: &Node, flag: bool) -> bool {
    node.resource_type == ResourceType::Test && (node.config.bool("store_failures") == Some(true) || flag)
}

fn add(ctes: &mut Vec<InjectedCte>, cte: InjectedCte) {
    match ctes.iter_mut().find(|known| known.id == cte.id) {
        Some(known) => known.sql = cte.sql,
        None => ctes.push(cte),
    }
}
