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
mod sql_files;
mod static_config;
pub mod static_refs;
mod tests;
mod unit_links;
mod unrendered;
mod walk;
pub mod warnings;

use std::sync::Arc;

use crate::context::Globals;
use crate::context::database::Adapter;
use crate::error::Result;
use crate::events::{hold, say};
use crate::invocation::Invocation;
use crate::jinja::Engine;
use crate::manifest::{Disabled, Manifest, UniqueId};
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
use warnings::Warnings;

pub use inline::{INLINE_NAME, inline_node};
pub use revisit::Memory;

/// What parsing hands on.
#[derive(Debug)]
pub struct Parsed {
    /// The manifest, indexed.
    pub manifest: Manifest,
    /// What every later render shares; its engine holds all macros.
    pub globals: Arc<Globals>,
    /// What another step of the command can take over.
    pub memory: Memory,
}

/// Parses the project. `before` is what a step of the same command that was parsed before remembers. `engine` is empty and has its YAML functions; of `adapter` only the profile is looked at.
///
/// # Errors
/// The first error in dbt's order, in dbt's words: a file that cannot be read, broken YAML, a template that fails, a
/// value that a key does not allow, two resources of one name, a reference that leads nowhere.
pub fn parse(
    invocation: &Arc<Invocation>,
    project: &Arc<Project>,
    engine: Engine,
    adapter: Arc<Adapter>,
    before: Option<Memory>,
) -> Result<Parsed> {
    let events = &adapter.events().clone();
    let flags = Flags::new(invocation, project);
    let warnings = Warnings::new(events.clone(), flags.grouped_warnings);
    let all_files = files::read_packages(project.all_packages(), flags.files)?;
    let created_at = cx::now();
    let read_schemas = || -> Result<Vec<SchemaFile<'_>>> {
        let mut schemas = Vec::new();
        for files in all_files.values() {
            schemas.extend(properties::yaml_file::read(files.of(FileKind::Schema), &warnings)?);
        }
        Ok(schemas)
    };
    let load_macros = || macros::load(project, &all_files, created_at, flags.validate_macro_args, &warnings);
    let (schemas, macros) = rayon::join(read_schemas, || hold(load_macros));
    let schemas = schemas?;
    let mut all_macros = say(events, macros)?;
    let resolver = macros::register(project, &engine, &all_macros);
    macros::find_calls(&mut all_macros, &resolver)?;
    let globals = Globals::new(invocation.clone(), project.clone(), Arc::new(engine), Arc::new(resolver), adapter);
    let cache_path = project.base_target_path.join(cache::FILE_NAME);
    let fingerprint = cache::of_project(project, &all_macros);
    let renders = match before {
        Some(memory) => RenderCache::after(memory.renders, cache_path, fingerprint),
        None => RenderCache::open(cache_path, fingerprint, invocation.flags.partial_parse),
    };
    let changing = invocation.flags.step.iter().flat_map(|step| &step.values).map(|(name, _)| name.clone()).collect();
    let cx = Cx {
        renders: renders.with_changing(changing),
        trees: ConfigTrees::new(project, flags.corrected_analysis_fqns),
        naming: Naming::new(&globals.macros, project.all_packages().map(|package| package.name.as_str())),
        globals: globals.clone(),
        flags,
        warnings,
        created_at,
    };
    let none = PackageFiles::default();
    let packages: Vec<(&Package, &PackageFiles)> =
        project.all_packages().map(|package| (package, all_files.get(&package.name).unwrap_or(&none))).collect();
    let mut manifest = Manifest { macros: all_macros, project_name: project.root.name.clone(), ..Manifest::default() };
    build(&cx, &mut manifest, &packages, &schemas)?;
    cx.renders.save(events);
    cx.warnings.say_kept()?;
    let memory =
        Memory { renders_again: cx.renders.revisited(), aside: globals.read_aside(), renders: cx.renders.into_known() };
    Ok(Parsed { manifest, globals, memory })
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
