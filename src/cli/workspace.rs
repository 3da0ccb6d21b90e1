//! What most commands begin with: the project loaded and parsed, the graph built, the selection made.

use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};

use crate::artifacts::{self, OsiDocument};
use crate::context::database::Adapter;
use crate::context::errors::raise;
use crate::context::runtime::RunShared;
use crate::context::{Globals, Renders};
use crate::error::{Error, ErrorKind, Result};
use crate::events::deprecations::named;
use crate::events::{Events, lines};
use crate::graph::{self, Filter, Graph, PreviousState, Request, Selection, Selectors, Summary, select};
use crate::invocation::Invocation;
use crate::jinja::Engine;
use crate::manifest::{CompiledNodes, Manifest, Node, ResourceType, UniqueId};
use crate::project::{self, Project, values};
use crate::{parse, run};

use super::DBT_DUCKDB_VERSION;

/// A parsed project.
pub struct Workspace {
    /// The command.
    pub invocation: Arc<Invocation>,
    /// Project, templates, macros, database.
    pub globals: Arc<Globals>,
    /// Everything that was parsed.
    pub manifest: Arc<Manifest>,
    /// What is compiled, filled while running.
    pub compiled: Arc<CompiledNodes>,
    /// The semantic layer for `osi_document.json`; none with `--no-write-json`.
    osi: Option<Arc<OsiDocument>>,
    /// What parsing remembers for the next step of `--for`.
    memory: Option<parse::Memory>,
    /// A name for what `manifest.json` holds when nothing is compiled, if commands to come may find the same.
    content: Option<String>,
    /// The thread that saves the snapshot of what was parsed.
    saving: Option<JoinHandle<()>>,
    /// What nodes rendered to, for the next step of `--for`.
    renders: Option<Arc<Renders>>,
    /// The command ends with it.
    is_last: bool,
}

/// The engine of the project's templates, which says that calls of `modules.itertools` are deprecated.
fn engine(events: &Arc<Events>) -> Engine {
    let events = events.clone();
    values::engine().with_itertools(
        &(Arc::new(move || {
            let text = "Usage of itertools modules is deprecated. Please use the built-in functions instead.";
            let event = named(events.paint(), "ModulesItertoolsUsageDeprecation", "D034", text);
            events.deprecation(event).map_err(raise)
        }) as _),
    )
}

/// Where the steps of `--for` keep what nodes rendered to. A sample is cut relative to the time of its step.
fn renders_of(invocation: &Invocation) -> Option<Arc<Renders>> {
    let flags = &invocation.flags;
    (flags.step.is_some() && flags.sample.is_none()).then(Arc::default)
}

/// The project's database, which opens while the project is parsed.
fn open_ahead(project: &Project, events: &Arc<Events>) -> Result<Arc<Adapter>> {
    let adapter = Adapter::new(project, events.clone())?;
    adapter.engine().open_ahead();
    Ok(adapter)
}

/// A command ends with the process: giving back the memory of a large project piece by piece would take a tenth of the
/// time that parsing it took. Everything that has to be closed is; only memory is left to the system.
impl Drop for Workspace {
    fn drop(&mut self) {
        self.finish_saving();
        if !self.is_last {
            return;
        }
        std::mem::forget(self.manifest.clone());
        std::mem::forget(self.globals.engine.clone());
    }
}

impl Workspace {
    /// Loads and parses the project, and says so.
    ///
    /// # Errors
    /// See [`project::load`] and [`parse::parse`].
    pub fn open(invocation: &Arc<Invocation>, events: &Arc<Events>) -> Result<Workspace> {
        Workspace::load(invocation, events, None, |project| Adapter::new(project, events.clone()))
    }

    /// The same for a command that is sure to use the database, which opens meanwhile. The library is loaded since before flags
    /// were resolved where `commands::opens_database` names the command.
    ///
    /// # Errors
    /// As for [`Workspace::open`]; those of the database come with the first connection.
    pub fn open_with_database(invocation: &Arc<Invocation>, events: &Arc<Events>) -> Result<Workspace> {
        Workspace::load(invocation, events, None, |project| open_ahead(project, events))
    }

    /// The workspace of the next step of `--for`. What its values do not touch is taken over; the database stays open,
    /// unless the profile now names another.
    ///
    /// # Errors
    /// As for [`Workspace::open`]; the database that is left cannot be closed.
    pub fn next_step(&mut self, invocation: &Arc<Invocation>) -> Result<Workspace> {
        self.is_last = false;
        self.globals.adapter.begin_another_run();
        if let Some(same) = self.unchanged_at(invocation) {
            return Ok(same);
        }
        let (globals, events) = (self.globals.clone(), self.events().clone());
        Workspace::load(invocation, &events, self.memory.take(), |project| {
            if globals.project.same_database(project) {
                return Ok(globals.adapter.clone());
            }
            globals.adapter.engine().close().map_err(Error::from)?;
            open_ahead(project, &events)
        })
    }

    /// The same project at another step, if nothing of what was read or parsed differs there.
    fn unchanged_at(&mut self, invocation: &Arc<Invocation>) -> Option<Workspace> {
        let old = &self.globals;
        let project = Arc::new(old.project.at_step(invocation)?);
        let (engine, macros, adapter) = (old.engine.clone(), old.macros.clone(), old.adapter.clone());
        let globals = Globals::new(invocation.clone(), project, engine, macros, adapter);
        if !self.memory.as_ref()?.holds(invocation.flags.step.as_ref()?, &globals) {
            return None;
        }
        Some(Workspace {
            invocation: invocation.clone(),
            globals,
            manifest: self.manifest.clone(),
            compiled: Arc::default(),
            osi: self.osi.clone(),
            memory: self.memory.take(),
            content: None,
            saving: None,
            renders: self.renders.clone(),
            is_last: true,
        })
    }

    fn load(
        invocation: &Arc<Invocation>,
        events: &Arc<Events>,
        before: Option<parse::Memory>,
        adapter: impl FnOnce(&Project) -> Result<Arc<Adapter>>,
    ) -> Result<Workspace> {
        let project = Arc::new(project::load(invocation, events)?);
        let unsupported = project::catalogs::unsupported(&project.root.root, &project.root.name)?;
        events.emit(lines::adapter_registered("duckdb", DBT_DUCKDB_VERSION));
        if let Some(error) = unsupported {
            return Err(error);
        }
        // dbt reads the selectors with the project: a mistake in one ends every command.
        Selectors::read(project.selectors.as_ref(), &invocation.flags)?;
        let adapter = adapter(&project)?;
        // On a thread of the pool, which works through the files itself instead of waiting for two others.
        let parsed = rayon::scope(|_| parse::parse(invocation, &project, || engine(events), adapter, before))?;
        let write = invocation.flags.write_json;
        let osi = write.then(|| artifacts::osi_document(&parsed.globals, &parsed.manifest)).transpose()?.map(Arc::new);
        let mut manifest = parsed.manifest;
        manifest.selectors = graph::selectors_json(project.selectors.as_ref());
        let selectors = format!("{:?}", manifest.selectors);
        let content = parsed.name.map(|name| format!("{name}:{}", parse::digest(&[selectors.as_bytes()])));
        let manifest = Arc::new(manifest);
        let kept = manifest.clone();
        // These do little but parse, and are what is run after every change of a file.
        let at_once = !matches!(invocation.command.as_str(), "parse" | "ls" | "list");
        let saving = parsed.snapshot.map(|snapshot| thread::spawn(move || snapshot.save(&kept, at_once)));
        Ok(Workspace {
            invocation: invocation.clone(),
            globals: parsed.globals,
            manifest,
            saving,
            compiled: Arc::default(),
            osi,
            memory: Some(parsed.memory),
            content,
            renders: renders_of(invocation),
            is_last: true,
        })
    }

    /// Puts the artifacts of this step of `--for` where those of a plain command are; with `results` its
    /// `run_results.json` too.
    ///
    /// # Errors
    /// A file cannot be copied.
    pub fn publish(&self, results: bool) -> Result<()> {
        artifacts::publish_step(&self.globals, &self.manifest, &self.compiled, self.osi.as_deref(), results)
    }

    /// Parses a query that belongs to no file.
    ///
    /// # Errors
    /// The query does not parse, or refers to what does not exist.
    pub fn parse_query(&self, sql: &str) -> Result<Node> {
        parse::inline_node(&self.globals, &self.manifest, sql, parse::cx::now())
    }

    /// Adds the query of `--inline` to what was parsed.
    ///
    /// # Errors
    /// The query does not parse, or refers to what does not exist: why is said before.
    pub fn add_inline_query(&mut self) -> Result<()> {
        let Some(sql) = &self.invocation.flags.inline else { return Ok(()) };
        let node = match self.manifest_first(self.parse_query(sql)) {
            Err(error) if error.kind == ErrorKind::Compilation => {
                self.events().emit(lines::inline_error(self.events().paint(), &error));
                return Err(Error::new(ErrorKind::Plain, "Error parsing inline query"));
            }
            parsed => parsed?,
        };
        self.finish_saving();
        self.content = None;
        if let Some(manifest) = Arc::get_mut(&mut self.manifest) {
            manifest.nodes.insert(node.unique_id.clone(), Box::new(node));
        }
        Ok(())
    }

    /// Waits for the snapshot. It is a convenience: whatever became of it, the command goes on.
    fn finish_saving(&mut self) {
        if let Some(saving) = self.saving.take() {
            drop(saving.join());
        }
    }

    /// Where messages go.
    pub fn events(&self) -> &Arc<Events> {
        &self.globals.events
    }

    /// `Found 5 models, 3 seeds, ...`
    pub fn report_found(&self) {
        self.events().emit(lines::found_stats(&run::found_line(&self.manifest)));
    }

    /// The dependency graph, noted in `graph_summary.json`; for `build` with the edges that hold models back until
    /// tests are done.
    ///
    /// # Errors
    /// Resources need each other in a circle, or the note cannot be written.
    pub fn graph(&self) -> Result<Graph> {
        let graph = Graph::new(&self.manifest)?;
        let build = self.invocation.command == "build";
        let all = Graph::with_disabled(&self.manifest)?;
        let all = all.as_ref().unwrap_or(&graph);
        let summary = Summary::new(all, &self.manifest, &self.invocation.invocation_id, build);
        artifacts::write_graph_summary(&self.globals, &summary)?;
        Ok(if build { graph.with_test_edges(&self.manifest) } else { graph })
    }

    /// What the flags select of what the command works on.
    ///
    /// # Errors
    /// See [`select`].
    pub fn select(&self, graph: &Graph) -> Result<Selection> {
        let flags = &self.invocation.flags;
        if let Some(only) = &flags.only {
            return self.retried(only);
        }
        self.manifest_first(
            Filter::for_command(&self.invocation.command, flags)
                .and_then(|filter| self.select_kept(graph, &filter, self.events())),
        )
    }

    /// What the flags select of some types, after another selection, which said what there is to say of the flags.
    ///
    /// # Errors
    /// See [`select`].
    pub fn select_types_too(&self, graph: &Graph, types: &[ResourceType]) -> Result<Selection> {
        self.manifest_first(self.select_kept(graph, &Filter::of_types(types), &Events::default()))
    }

    /// The resources that `retry` runs again.
    fn retried(&self, only: &[UniqueId]) -> Result<Selection> {
        let manifest = &self.manifest;
        let known = |id: &str| {
            manifest.node(id).is_some() || manifest.unit_tests.contains_key(id) || manifest.exposures.contains_key(id)
        };
        match only.iter().find(|id| !known(id) && !manifest.saved_queries.contains_key(*id)) {
            Some(id) => Err(Error::runtime(format!("Couldn't find model '{id}' -- does it exist or is it disabled?"))),
            None => Ok(Selection { nodes: only.iter().cloned().collect(), ..Selection::default() }),
        }
    }

    fn select_kept(&self, graph: &Graph, filter: &Filter, events: &Events) -> Result<Selection> {
        let flags = &self.invocation.flags;
        let project = &self.globals.project;
        let selectors = Selectors::read(project.selectors.as_ref(), flags)?;
        // dbt has written the manifest by now: a state in the target folder is what was just parsed.
        if flags.state.as_ref().is_some_and(|state| flags.project_dir.join(state) == project.target_path) {
            self.write_parsed_manifest()?;
        }
        let state = PreviousState::from_flags(flags, &project.target_path, events)?;
        let request =
            Request { manifest: &self.manifest, graph, flags, selectors: &selectors, state: state.as_ref(), events };
        select(&request, filter)
    }

    /// What nodes share while running.
    pub fn shared(&self) -> Arc<RunShared> {
        Arc::new(RunShared {
            manifest: self.manifest.clone(),
            compiled: self.compiled.clone(),
            adapter: self.globals.adapter.clone(),
            selected: OnceLock::new(),
            graph: OnceLock::new(),
            deferred: OnceLock::new(),
            renders: self.renders.clone(),
        })
    }

    /// Makes sure that artifacts can be written, before anything is done that they report.
    ///
    /// # Errors
    /// The target folder cannot be made or written to.
    pub fn check_target_folder(&self) -> Result<()> {
        match self.invocation.flags.write_json {
            true => artifacts::check_folder(&self.globals.project.target_path),
            false => Ok(()),
        }
    }

    /// Writes `manifest.json`, unless `--no-write-json`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_manifest(&self) -> Result<()> {
        self.write(&self.compiled)
    }

    /// Writes `manifest.json` as parsing left it: where a command breaks off, dbt writes nothing of what it compiled.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_parsed_manifest(&self) -> Result<()> {
        self.write(&CompiledNodes::default())
    }

    fn write(&self, compiled: &CompiledNodes) -> Result<()> {
        match &self.osi {
            Some(osi) => {
                artifacts::write_manifest(&self.globals, &self.manifest, compiled, osi, self.content.as_deref())
            }
            None => Ok(()),
        }
    }

    /// Passes a result on. When it is an error, which ends the command, the manifest is written first: dbt writes it as
    /// soon as the project is parsed.
    ///
    /// # Errors
    /// The error itself, or the file cannot be written.
    pub fn manifest_first<T>(&self, result: Result<T>) -> Result<T> {
        result.or_else(|error| self.write_parsed_manifest().and(Err(error)))
    }
}
