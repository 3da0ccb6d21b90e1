//! From the files of a project and its packages to a [`Manifest`]: macros first, then everything that has a text,
//! then properties (schema YAML), sources and tests, then the links between them. Mirrors dbt's `ManifestLoader`.

mod cache;
mod checks;
pub mod config;
pub mod cx;
mod descriptions;
mod docs;
mod duplicates;
pub mod files;
mod fixtures;
mod functions;
mod inline;
mod lookups;
mod macros;
mod microbatch;
mod naming;
mod nodes;
mod primary_keys;
mod properties;
pub mod python;
mod python_check;
mod python_literals;
mod python_models;
mod refs;
mod revisit;
mod semantic_checks;
mod semantic_links;
mod snapshot;
mod sql_files;
mod static_config;
pub mod static_refs;
mod tests;
mod unit_links;
mod unrendered;
mod walk;
pub mod warnings;

use std::sync::Arc;

use indexmap::IndexMap;

use crate::context::Globals;
use crate::context::database::Adapter;
use crate::error::Result;
use crate::events::{hold, say};
use crate::invocation::Invocation;
use crate::jinja::Engine;
use crate::manifest::{Disabled, IdMap, Macro, Manifest, UniqueId};
use crate::project::{Package, Project};
use cache::RenderCache;
use config::ConfigTrees;
use cx::{Cx, Flags};
use files::{FileKind, PackageFiles};
use fixtures::Fixtures;
use lookups::NodeLookup;
use naming::Naming;
use properties::yaml_file::SchemaFile;
use properties::{Added, Loader};
use snapshot::Snapshot;
use warnings::Warnings;

pub use cache::digest;
pub use inline::{INLINE_NAME, inline_node};
pub use revisit::Memory;
pub use snapshot::NewSnapshot;

/// What parsing hands on.
#[derive(Debug)]
pub struct Parsed {
    /// The manifest, indexed.
    pub manifest: Manifest,
    /// What every later render shares; its engine holds all macros.
    pub globals: Arc<Globals>,
    /// What another step of the command can take over.
    pub memory: Memory,
    /// What the next command can take the manifest from, once it is saved.
    pub snapshot: Option<NewSnapshot>,
    /// A name for the manifest: the same one in each command that takes it over unchanged.
    pub name: Option<String>,
}

/// Parses the project, or takes it over from the last command where that comes to the same. `before` is what a step of
/// the same command that was parsed before remembers. `engine` makes an empty engine with its YAML functions; of
/// `adapter` only the profile is looked at.
///
/// # Errors
/// The first error in dbt's order, in dbt's words: a file that cannot be read, broken YAML, a template that fails, a
/// value that a key does not allow, two resources of one name, a reference that leads nowhere.
pub fn parse(
    invocation: &Arc<Invocation>,
    project: &Arc<Project>,
    engine: impl Fn() -> Engine,
    adapter: Arc<Adapter>,
    before: Option<Memory>,
) -> Result<Parsed> {
    let flags = Flags::new(invocation, project);
    let files = files::read_packages(project.all_packages(), flags.files)?;
    let start = Start { invocation, project, files: &files, flags, adapter };
    let snapshot = Snapshot::of(invocation, project, &flags, &files);
    if invocation.flags.partial_parse
        && let Some(snapshot) = &snapshot
        && let Some(parsed) = start.restored(snapshot, &engine)
    {
        return Ok(parsed);
    }
    start.parsed(snapshot, engine(), before)
}

/// What is there once files are read.
struct Start<'a> {
    invocation: &'a Arc<Invocation>,
    project: &'a Arc<Project>,
    files: &'a IndexMap<String, PackageFiles>,
    flags: Flags,
    adapter: Arc<Adapter>,
}

impl Start<'_> {
    fn macros(&self, created_at: f64, warnings: &Warnings) -> Result<IdMap<Macro>> {
        macros::load(self.project, self.files, created_at, self.flags.validate_macro_args, warnings)
    }

    /// What later renders share, with these macros.
    fn globals(&self, engine: Engine, macros: &IdMap<Macro>) -> Arc<Globals> {
        let resolver = macros::register(self.project, &engine, macros);
        let (invocation, project) = (self.invocation.clone(), self.project.clone());
        Globals::new(invocation, project, Arc::new(engine), Arc::new(resolver), self.adapter.clone())
    }

    /// The project as the last command left it; none if parsing it would come to something else now.
    fn restored(&self, snapshot: &Snapshot<'_>, engine: impl Fn() -> Engine) -> Option<Parsed> {
        let (events, engine) = (self.adapter.events(), engine());
        let (stored, circumstances, differences) = snapshot.find(self.project, events)?;
        // What is said now was recorded with all else, or ends this attempt.
        let warnings = Warnings::new(events.clone(), false);
        let prepare = || {
            let (macros, _) = hold(|| self.macros(circumstances.created_at, &warnings));
            let macros = macros.ok()?;
            let globals = self.globals(engine, &macros);
            circumstances.repeat(&globals).then_some((macros, globals))
        };
        let (prepared, content) = rayon::join(prepare, || stored.content());
        let (macros, globals) = prepared?;
        let mut manifest = content?.with_macros(macros)?;
        let (mut renewed, mut name) = (None, Some(circumstances.name.clone()));
        if !differences.is_empty() {
            let cx = self.cx(globals.clone(), RenderCache::default(), warnings, cx::now());
            renewed = snapshot.brought_up_to_date(&cx, &mut manifest, &circumstances, &differences)?;
            name = renewed.as_ref().map(|snapshot: &NewSnapshot| snapshot.name().to_owned());
        }
        circumstances.say_again(events, differences.count());
        Some(Parsed { manifest, globals, memory: Memory::default(), snapshot: renewed, name })
    }

    fn cx(&self, globals: Arc<Globals>, renders: RenderCache, warnings: Warnings, created_at: f64) -> Cx {
        let packages = self.project.all_packages().map(|package| package.name.as_str());
        Cx {
            renders,
            trees: ConfigTrees::new(self.project, self.flags.corrected_analysis_fqns),
            naming: Naming::new(&globals.macros, packages),
            globals,
            flags: self.flags,
            warnings,
            created_at,
        }
    }

    fn parsed(self, snapshot: Option<Snapshot<'_>>, engine: Engine, before: Option<Memory>) -> Result<Parsed> {
        let events = &self.adapter.events().clone();
        let created_at = cx::now();
        let warnings = Warnings::new(events.clone(), self.flags.grouped_warnings);
        events.record();
        let read_schemas = || -> Result<Vec<SchemaFile<'_>>> {
            let mut schemas = Vec::new();
            for files in self.files.values() {
                schemas.extend(properties::yaml_file::read(files.of(FileKind::Schema), &warnings)?);
            }
            Ok(schemas)
        };
        let (schemas, macros) = rayon::join(read_schemas, || hold(|| self.macros(created_at, &warnings)));
        let schemas = schemas?;
        let mut macros = say(events, macros)?;
        let globals = self.globals(engine, &macros);
        macros::find_calls(&mut macros, &globals.macros)?;
        let cx = self.cx(globals.clone(), self.renders(&macros, before), warnings, created_at);
        let none = PackageFiles::default();
        let packages: Vec<(&Package, &PackageFiles)> = cx
            .project()
            .all_packages()
            .map(|package| (package, self.files.get(&package.name).unwrap_or(&none)))
            .collect();
        let mut manifest = Manifest { macros, project_name: cx.root().to_owned(), ..Manifest::default() };
        build(&cx, &mut manifest, &packages, &schemas)?;
        cx.warnings.say_kept()?;
        let said = events.recorded();
        cx.renders.save(events);
        let (renders_again, aside) = (cx.renders.revisited(), globals.read_aside());
        let snapshot = snapshot.and_then(|snapshot| snapshot.renewed(&cx, &manifest, &renders_again, said));
        let memory = Memory { renders_again, aside, renders: cx.renders.into_known() };
        let name = snapshot.as_ref().map(|snapshot| snapshot.name().to_owned());
        Ok(Parsed { manifest, globals, memory, snapshot, name })
    }

    /// What the renders of other parses recorded.
    fn renders(&self, macros: &IdMap<Macro>, before: Option<Memory>) -> RenderCache {
        let path = self.project.base_target_path.join(cache::FILE_NAME);
        let fingerprint = cache::of_project(self.project, macros);
        let flags = &self.invocation.flags;
        let renders = match before {
            Some(memory) => RenderCache::after(memory.renders, path, fingerprint),
            None => RenderCache::open(path, fingerprint, flags.partial_parse),
        };
        let changing = flags.step.iter().flat_map(|step| &step.values).map(|(name, _)| name.clone()).collect();
        renders.with_changing(changing)
    }
}

/// Everything after macros, in dbt's order.
fn build(
    cx: &Cx,
    manifest: &mut Manifest,
    packages: &[(&Package, &PackageFiles)],
    schemas: &[SchemaFile<'_>],
) -> Result<()> {
    let nodes = sql_files::parse(cx, packages)?;
    manifest.nodes.reserve(nodes.len());
    for node in nodes {
        duplicates::add_node(manifest, node)?;
    }
    for doc in docs::parse(cx, packages)? {
        if let Some(known) = manifest.docs.get(&doc.unique_id) {
            return Err(duplicates::duplicate(&doc, known));
        }
        manifest.docs.insert(doc.unique_id.clone(), doc);
    }
    let fixtures = Fixtures::read(packages)?;
    let mut loader = Loader::new(cx, manifest, &fixtures);
    loader.load_all(schemas)?;
    let mut collected = loader.finish();
    add_collected(cx, manifest, &mut collected)?;
    move_disabled(manifest)?;
    let source_tests = properties::sources::construct(cx, manifest, collected.tables, &collected.overrides)?;
    add_tests(cx, manifest, source_tests)?;
    manifest.index();
    refs::resolve(cx, manifest)?;
    semantic_links::resolve(cx, manifest)?;
    unit_links::resolve(manifest)?;
    descriptions::render(cx, manifest)?;
    let (checked, keys) = rayon::join(|| checks::run(cx, manifest), || primary_keys::infer(manifest));
    primary_keys::set(manifest, keys);
    checked?;
    microbatch::settle_begins(cx, manifest);
    Ok(())
}

/// Adds the tests that properties define, and brings what properties added into dbt's order.
fn add_collected(cx: &Cx, manifest: &mut Manifest, collected: &mut properties::Collected) -> Result<()> {
    let refs = NodeLookup::of(manifest, |node| node.resource_type.is_refable());
    let mut tests = tests::build(cx, manifest, &refs, std::mem::take(&mut collected.tests))?.into_iter();
    manifest.nodes.reserve(tests.len());
    for added in &collected.added {
        match added {
            Added::Node(id) => {
                if let Some(node) = manifest.nodes.shift_remove(id) {
                    manifest.nodes.insert(id.clone(), node);
                }
            }
            Added::Tests(count) => {
                for node in tests.by_ref().take(*count) {
                    duplicates::add_node(manifest, node)?;
                }
            }
        }
    }
    Ok(())
}

fn add_tests(cx: &Cx, manifest: &mut Manifest, specs: Vec<tests::TestSpec>) -> Result<()> {
    if specs.is_empty() {
        return Ok(());
    }
    let refs = NodeLookup::of(manifest, |node| node.resource_type.is_refable());
    for node in tests::build(cx, manifest, &refs, specs)? {
        duplicates::add_node(manifest, node)?;
    }
    Ok(())
}

/// Properties may have disabled nodes, or enabled disabled ones.
fn move_disabled(manifest: &mut Manifest) -> Result<()> {
    let ids: Vec<UniqueId> =
        manifest.nodes.iter().filter(|(_, node)| !node.config.enabled()).map(|(id, _)| id.clone()).collect();
    for id in ids {
        if let Some(node) = manifest.nodes.shift_remove(&id) {
            duplicates::add_disabled(manifest, Disabled::Node(node));
        }
    }
    let mut enabled = Vec::new();
    for all in manifest.disabled.values_mut() {
        let (now_enabled, still): (Vec<Disabled>, Vec<Disabled>) = std::mem::take(all)
            .into_iter()
            .partition(|disabled| matches!(disabled, Disabled::Node(node) if node.config.enabled()));
        *all = still;
        enabled.extend(now_enabled);
    }
    manifest.disabled.retain(|_, all| !all.is_empty());
    for disabled in enabled {
        if let Disabled::Node(node) = disabled {
            duplicates::add_node(manifest, node)?;
        }
    }
    Ok(())
}
