//! The root object of a render: what a template sees under each name. Lookup order is dbt's: values given for this
//! render, macros of the node's package and of the root project, packages, built-in macros, then dbt's own names.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::error::NodeLabel;
use crate::events::Events;
use crate::invocation::Invocation;
use crate::jinja::value::{CLASS_KEY, Class};
use crate::jinja::{self, Engine, Enumerator, Object, ObjectRepr, Value};
use crate::manifest::{Node, NodeKind, SourceDefinition};
use crate::project::{Base, Project};

use super::builtins;
use super::capture::Capture;
use super::database::Adapter;
use super::macro_resolver::MacroResolver;
use super::reads::Reads;
use super::runtime::NodeRun;
use super::vars::Vars;

/// Under this name a scope holds a mapping of variables that `var()` finds before all others.
pub const VAR_OVERRIDES: &str = "__var_overrides__";
/// The same for `env_var()`.
pub const ENV_OVERRIDES: &str = "__env_overrides__";

/// What every render of a process run shares.
pub struct Globals {
    /// The command.
    pub invocation: Arc<Invocation>,
    /// The project.
    pub project: Arc<Project>,
    /// Templates and macros.
    pub engine: Arc<Engine>,
    /// Names of macros.
    pub macros: Arc<MacroResolver>,
    /// Where messages go.
    pub events: Arc<Events>,
    /// The database; nothing is opened before a statement runs.
    pub adapter: Arc<Adapter>,
    /// Merged variables by package, computed once.
    pub(crate) vars: Vars,
    /// The names that are the same everywhere.
    pub(crate) base: Base,
    /// What was read while parsing by all but the renders of files: names of relations, properties, tests, hooks.
    aside: Mutex<Reads>,
}

impl fmt::Debug for Globals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Globals")
    }
}

impl Globals {
    /// Puts the shared parts together.
    ///
    /// # Errors
    /// The profile's keys contradict each other, or it names another engine than DuckDB.
    pub fn new(
        invocation: Arc<Invocation>,
        project: Arc<Project>,
        engine: Arc<Engine>,
        macros: Arc<MacroResolver>,
        adapter: Arc<Adapter>,
    ) -> Arc<Globals> {
        let vars = Vars::new(&project);
        let events = adapter.events().clone();
        let base = Base::new(&invocation, &events);
        Arc::new(Globals { invocation, project, engine, macros, events, adapter, vars, base, aside: Mutex::default() })
    }

    /// Notes what was read aside from the renders of files.
    pub(crate) fn note_aside(&self, change: impl FnOnce(&mut Reads)) {
        change(&mut self.aside.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// What was read aside so far.
    pub fn read_aside(&self) -> Reads {
        self.aside.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Globals {
    /// What `var(name)` reads in a package, in a form that tells different values apart; none if there is no such
    /// variable.
    pub fn var_shown(&self, package: &str, name: &str) -> Option<String> {
        self.vars.shown(package, name)
    }

    /// Whether the value that `var(name)` gives in a package is a text with Jinja in it, which is rendered in its turn.
    pub fn is_template_var(&self, package: &str, name: &str) -> bool {
        self.vars.is_template(package, name)
    }
}

/// What is being rendered.
#[derive(Debug, Clone)]
pub enum Subject {
    /// A node: model, test, snapshot, operation.
    Node(Arc<Node>),
    /// A macro called from outside a node: `run-operation`, `generate_*_name`, macros that the adapter calls.
    Macro {
        /// Unique id.
        unique_id: String,
        /// Name.
        name: String,
        /// Package.
        package: String,
        /// The file that defines it, or what stands for it in messages.
        path: String,
    },
    /// A source, for freshness queries.
    Source(Arc<SourceDefinition>),
}

impl Subject {
    /// A macro of the project, a package or dbt.
    pub fn macro_of(globals: &Globals, unique_id: &str) -> Subject {
        let mut parts = unique_id.splitn(3, '.').skip(1).map(str::to_owned);
        let (package, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let path = globals.engine.macro_path(unique_id).unwrap_or_else(|| unique_id.to_owned());
        Subject::Macro { unique_id: unique_id.to_owned(), name, package, path }
    }

    /// The node, if it is one.
    pub fn node(&self) -> Option<&Arc<Node>> {
        match self {
            Subject::Node(node) => Some(node),
            _ => None,
        }
    }

    /// Package that names are looked up in first.
    pub fn package(&self) -> &str {
        match self {
            Subject::Node(node) => &node.package_name,
            Subject::Macro { package, .. } => package,
            Subject::Source(source) => &source.package_name,
        }
    }

    /// `model.pkg.name` and the like.
    pub fn unique_id(&self) -> &str {
        match self {
            Subject::Node(node) => &node.unique_id,
            Subject::Macro { unique_id, .. } => unique_id,
            Subject::Source(source) => &source.unique_id,
        }
    }

    /// How errors name it.
    pub fn label(&self) -> NodeLabel {
        let (resource_type, name, path) = match self {
            Subject::Node(node) => (node.resource_type.as_str(), &node.name, &node.original_file_path),
            Subject::Macro { name, path, .. } => ("macro", name, path),
            Subject::Source(source) => ("source", &source.name, &source.original_file_path),
        };
        NodeLabel { resource_type: resource_type.to_owned(), name: name.clone(), path: path.clone() }
    }
}

/// In which of dbt's phases a render happens.
#[derive(Debug, Clone)]
pub enum Phase {
    /// `execute` is false: calls are recorded, nothing reaches the database.
    Parse(Arc<Capture>),
    /// `generate_*_name` while parsing: like parsing, but configuration and variables are real.
    Names,
    /// Properties in YAML: no macros, nothing of nodes.
    Yaml,
    /// The comment in front of statements: macros, but nothing of nodes.
    Header,
    /// `execute` is true.
    Run(Arc<NodeRun>),
}

/// The root object.
pub struct Scope {
    pub(crate) globals: Arc<Globals>,
    pub(crate) subject: Subject,
    pub(crate) phase: Phase,
    /// Package of the node, or the root project for macros.
    pub(crate) search_package: String,
    /// Values given for this render; they come before everything else.
    pub(crate) extra: HashMap<String, Value>,
    /// `store_result` and `load_result`; a result is taken once.
    pub(crate) results: Mutex<HashMap<String, Option<Value>>>,
    /// The `model` variable, made once.
    pub(crate) model: OnceLock<Value>,
    /// The only macros that there are, while a generic test is parsed.
    pub(crate) test_macros: Option<Arc<TestMacros>>,
}

/// The macros that a generic test sees while it is parsed: those that it depends on, and what these call. dbt gives the
/// test's namespace no others (`TestMacroNamespace`), and finds each of them under its bare name, whatever its package.
#[derive(Debug, Default)]
pub struct TestMacros(HashMap<String, Arc<str>>, HashSet<Arc<str>>);

impl TestMacros {
    /// From unique ids; of two with the same name the later one has the bare name.
    pub fn new(unique_ids: impl IntoIterator<Item = Arc<str>>) -> TestMacros {
        let mut macros = TestMacros::default();
        for unique_id in unique_ids {
            if let Some(name) = unique_id.splitn(3, '.').nth(2) {
                macros.0.insert(name.to_owned(), unique_id.clone());
            }
            macros.1.insert(unique_id);
        }
        macros
    }

    fn bare(&self, name: &str) -> Option<&Arc<str>> {
        self.0.get(name)
    }

    fn in_package(&self, package: &str, name: &str) -> Option<&Arc<str>> {
        self.1.get(format!("macro.{package}.{name}").as_str())
    }

    fn has_package(&self, package: &str) -> bool {
        self.1.iter().any(|unique_id| unique_id.split('.').nth(1) == Some(package))
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scope({})", self.subject.unique_id())
    }
}

impl Scope {
    /// A root object for `subject`.
    pub fn new(globals: Arc<Globals>, subject: Subject, phase: Phase) -> Scope {
        let search_package = match &subject {
            Subject::Macro { .. } => globals.project.root.name.clone(),
            other => other.package().to_owned(),
        };
        Scope {
            globals,
            subject,
            phase,
            search_package,
            extra: HashMap::new(),
            results: Mutex::default(),
            model: OnceLock::new(),
            test_macros: None,
        }
    }

    /// Adds a value that this render sees under `name` before anything else.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: Value) -> Scope {
        self.extra.insert(name.into(), value);
        self
    }

    /// The value to render with.
    pub fn into_value(self: Arc<Self>) -> Value {
        Value::from_dyn_object(self)
    }

    /// The class of dbt's that makes this context.
    pub(crate) fn context_class(&self) -> &'static str {
        match (&self.subject, &self.phase) {
            (_, Phase::Yaml) if self.extra.contains_key("doc") => "DocsRuntimeContext",
            (_, Phase::Yaml) => "SchemaYamlContext",
            (_, Phase::Header) => "QueryHeaderContext",
            (Subject::Node(node), Phase::Parse(_)) if matches!(node.kind, NodeKind::GenericTest(_)) => "TestContext",
            (Subject::Node(node), _) if node.unit_test().is_some() => "UnitTestContext",
            (Subject::Node(_), _) => "ModelContext",
            (Subject::Macro { .. }, _) => "MacroContext",
            (Subject::Source(_), _) => "SourceContext",
        }
    }

    /// Whether statements run.
    pub fn executes(&self) -> bool {
        matches!(self.phase, Phase::Run(_))
    }

    /// The run, while running.
    pub fn run(&self) -> Option<&Arc<NodeRun>> {
        match &self.phase {
            Phase::Run(run) => Some(run),
            _ => None,
        }
    }

    /// A macro as a value.
    pub(crate) fn macro_by_id(&self, unique_id: &str) -> Option<Value> {
        self.globals.engine.macro_proxy(unique_id)
    }

    /// The macro or the package that `name` means, where macros are known.
    fn lookup_macro(self: &Arc<Self>, name: &str) -> Option<Value> {
        if matches!(self.phase, Phase::Yaml) {
            return None;
        }
        let macros = &self.globals.macros;
        if let Some(found) = macros.find_in_projects(&self.search_package, name) {
            return self.macro_by_id(found);
        }
        if macros.is_namespace(name) {
            return Some(Value::from_object(Namespace { scope: self.clone(), package: name.to_owned() }));
        }
        self.macro_by_id(macros.built_in(name)?)
    }

    fn lookup(self: &Arc<Self>, name: &str) -> Option<Value> {
        if name == "context" {
            self.note_read(|reads| reads.unrepeatable = true);
            return Some(self.clone().into_value());
        }
        if name == jinja::LENIENT_KEY {
            return Some(Value::from(matches!(self.phase, Phase::Parse(_))));
        }
        if let Some(value) = self.extra.get(name) {
            return Some(value.clone());
        }
        if let Some(macros) = &self.test_macros {
            return self.lookup_in_test(macros, name);
        }
        if let Some(found) = self.lookup_macro(name) {
            return Some(found);
        }
        let found = builtins::lookup(self, name);
        if found.is_some() {
            self.note_read(|reads| match &self.phase {
                Phase::Parse(_) => reads.note_name(name),
                Phase::Run(_) => reads.note_while_running(name),
                _ => reads.note_in_steps(name),
            });
        }
        found
    }

    /// Notes that something was read, wherever that is looked at.
    pub(crate) fn note_read(&self, change: impl FnOnce(&mut Reads)) {
        match &self.phase {
            Phase::Parse(capture) => capture.note(change),
            Phase::Names | Phase::Yaml | Phase::Header => self.globals.note_aside(change),
            Phase::Run(run) => run.note_read(change),
        }
    }
}

impl Scope {
    fn lookup_in_test(self: &Arc<Self>, macros: &TestMacros, name: &str) -> Option<Value> {
        if macros.has_package(name) {
            return Some(Value::from_object(Namespace { scope: self.clone(), package: name.to_owned() }));
        }
        match macros.bare(name) {
            Some(found) => self.macro_by_id(found),
            None => {
                self.note_read(|reads| reads.note_in_steps(name));
                builtins::lookup(self, name)
            }
        }
    }
}

impl Object for Scope {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.lookup(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.lookup(key)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let names = self.extra.keys().cloned().chain(builtins::names(self).map(str::to_owned));
        Enumerator::Values(names.map(Value::from).collect())
    }
}

/// The macros of a package: `dbt_utils.star`.
#[derive(Debug)]
struct Namespace {
    scope: Arc<Scope>,
    package: String,
}

impl Object for Namespace {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, name: &str) -> Option<Value> {
        if name == CLASS_KEY {
            return Some(Class::new("dbt.context.macros", "MacroNamespace").value());
        }
        let globals = &self.scope.globals;
        if let Some(overridden) = self.scope.extra.get(&format!("{}.{name}", self.package)) {
            return Some(overridden.clone());
        }
        let unique_id = match &self.scope.test_macros {
            Some(macros) => macros.in_package(&self.package, name)?,
            None => globals.macros.in_package(&self.package, name)?,
        };
        globals.engine.macro_proxy(unique_id)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let names = self.scope.globals.macros.names_in(&self.package);
        Enumerator::Values(names.into_iter().map(Value::from).collect())
    }
}
