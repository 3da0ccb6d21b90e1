//! From the files of a project and its packages to a [`Manifest`]: macros first, then everything that has a text,
//! then properties (schema YAML), sources and tests, then the links between them. Mirrors dbt's `ManifestLoader`.

pub mod config;
pub mod cx;
mod docs;
mod duplicates;
pub mod files;
mod functions;
mod inline;
mod macros;
mod nodes;
pub mod python;
mod python_literals;
mod python_models;
mod sql_files;
mod static_config;
mod unrendered;
mod walk;
pub mod warnings;

use std::sync::Arc;

use crate::context::Globals;
use crate::error::Result;
use crate::events::Events;
use crate::invocation::Invocation;
use crate::jinja::Engine;
use crate::manifest::Manifest;
use crate::project::{Package, Project};
use config::ConfigTrees;
use cx::{Cx, Flags};
use files::PackageFiles;
use warnings::Warnings;

pub use inline::{INLINE_NAME, inline_node};

/// What parsing hands on.
#[derive(Debug)]
pub struct Parsed {
    /// The manifest, indexed.
    pub manifest: Manifest,
    /// What every later render shares; its engine holds all macros.
    pub globals: Arc<Globals>,
    /// Deprecations met; their summary belongs at the end of the command.
    pub warnings: Arc<Warnings>,
}

/// Parses the project. `engine` is empty and has its YAML functions.
///
/// # Errors
/// The first error in dbt's order, in dbt's words: a file that cannot be read, broken YAML, a template that fails, a
/// value that a key does not allow, two resources of one name, a reference that leads nowhere.
pub fn parse(
    invocation: &Arc<Invocation>,
    project: &Arc<Project>,
    engine: Engine,
    events: &Arc<Events>,
) -> Result<Parsed> {
    let flags = Flags::new(invocation, project);
    let all_files = files::read_packages(project.all_packages(), flags.maximum_seed_bytes)?;
    let created_at = cx::now();
    let mut all_macros = macros::load(project, &all_files, created_at, flags.validate_macro_args)?;
    let resolver = macros::register(project, &engine, &all_macros);
    macros::find_calls(&mut all_macros, &resolver);
    let globals =
        Globals::new(invocation.clone(), project.clone(), Arc::new(engine), Arc::new(resolver), events.clone())?;
    let warnings = Arc::new(Warnings::new(
        events.clone(),
        invocation.flags.show_all_deprecations,
        invocation.flags.printer_width,
    ));
    let cx = Cx {
        trees: ConfigTrees::new(project, flags.corrected_analysis_fqns),
        globals: globals.clone(),
        flags,
        warnings: warnings.clone(),
        created_at,
    };
    let none = PackageFiles::default();
    let packages: Vec<(&Package, &PackageFiles)> = project
        .all_packages()
        .map(|package| (package, all_files.get(&package.name).unwrap_or(&none)))
        .collect();
    let mut manifest =
        Manifest { macros: all_macros, project_name: project.root.name.clone(), ..Manifest::default() };
    for node in sql_files::parse(&cx, &packages)? {
        duplicates::add_node(&mut manifest, node)?;
    }
    for doc in docs::parse(&cx, &packages)? {
        if let Some(known) = manifest.docs.get(&doc.unique_id) {
            return Err(duplicates::duplicate(&doc, known));
        }
        manifest.docs.insert(doc.unique_id.clone(), doc);
    }
    manifest.index();
    Ok(Parsed { manifest, globals, warnings })
}
