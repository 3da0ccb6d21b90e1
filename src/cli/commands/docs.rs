//! `docs generate`: compiles the project, asks the database about its relations, and writes `catalog.json` and the page
//! that shows it beside the manifest.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use indexmap::IndexSet;
use serde_json::Value as Json;

use crate::artifacts;
use crate::cli::workspace::Workspace;
use crate::context::runtime::RunShared;
use crate::error::{Error, Result};
use crate::events::{Events, lines};
use crate::graph::Graph;
use crate::invocation::Invocation;
use crate::manifest::{ResourceType, UniqueId};
use crate::run::{self, CatalogRows, Plan, Task};

pub fn run(invocation: &Arc<Invocation>, events: &Arc<Events>) -> Result<bool> {
    let flag = |name: &str| invocation.flags.other.get(name).and_then(Json::as_bool);
    let workspace = Workspace::open(invocation, events)?;
    let shared = workspace.shared();
    let compile = flag("compile").unwrap_or(true);
    let generated = generate(&workspace, &shared, compile, flag("empty_catalog") == Some(true));
    let closed = workspace.globals.adapter.engine().close();
    let generated = generated?;
    closed.map_err(Error::from)?;
    // Without compiling, the manifest of an earlier command stays: it may know compiled code.
    if compile {
        workspace.write_manifest()?;
    }
    if generated != Generated::Nothing && flag("static") == Some(true) {
        artifacts::write_static_page(&workspace.globals.project.target_path)?;
    }
    Ok(generated == Generated::Whole)
}

/// What came of the documentation.
#[derive(PartialEq, Eq)]
enum Generated {
    /// All of it.
    Whole,
    /// The database did not answer everything.
    Partly,
    /// The project does not compile.
    Nothing,
}

fn generate(workspace: &Workspace, shared: &Arc<RunShared>, compile: bool, empty: bool) -> Result<Generated> {
    let (globals, events) = (&workspace.globals, workspace.events());
    let mut selected = None;
    if compile {
        workspace.report_found();
        let graph = workspace.graph()?;
        let (success, ids) = compile_selection(workspace, shared, &graph)?;
        if !success {
            events.emit(lines::cannot_generate_docs());
            return Ok(Generated::Nothing);
        }
        selected = Some(ids);
    }
    artifacts::write_page(&globals.project.target_path)?;
    copy_assets(workspace)?;
    let found = match empty {
        true => CatalogRows::default(),
        false => run::read_catalog(globals, shared, selected.as_ref())?,
    };
    let path = artifacts::write_catalog(globals, &workspace.manifest, &found, selected.as_ref())?;
    if !found.errors.is_empty() {
        events.emit(lines::write_catalog_failure(found.errors.len()));
    }
    events.emit(lines::catalog_written(&path.to_string_lossy()));
    Ok(if found.errors.is_empty() { Generated::Whole } else { Generated::Partly })
}

/// Compiles what is selected; gives whether all went well, and what the catalog is about: that and selected sources.
fn compile_selection(
    workspace: &Workspace,
    shared: &Arc<RunShared>,
    graph: &Graph,
) -> Result<(bool, IndexSet<UniqueId>)> {
    let flags = &workspace.invocation.flags;
    let selection = workspace.select(graph)?;
    let plan = Plan::new(&workspace.manifest, graph, &selection.nodes, false)?;
    let results = run::execute(&workspace.globals, shared, Task::Compile, &plan)?;
    if flags.write_json {
        artifacts::keep_last_run(&workspace.globals.project.target_path)?;
        artifacts::write_run_results(&workspace.globals, &workspace.compiled, &results)?;
    }
    run::print_compiled(workspace.events(), flags, shared, &results);
    let mut ids = selection.nodes;
    ids.extend(workspace.select_types_too(graph, &[ResourceType::Source])?.nodes);
    Ok((results.success(), ids))
}

/// Copies the folders of `asset-paths` below the target folder, in place of what was there.
fn copy_assets(workspace: &Workspace) -> Result<()> {
    let project = &workspace.globals.project;
    for folder in &project.root.asset_paths {
        let (from, to) = (project.root.root.join(folder), project.target_path.join(folder));
        let copied = if to.exists() { fs::remove_dir_all(&to) } else { Ok(()) };
        copied.and_then(|()| if from.is_dir() { copy_folder(&from, &to) } else { Ok(()) }).map_err(|error| {
            Error::runtime(format!("Could not copy the assets in `{}` to `{}`: {error}.", from.display(), to.display()))
                .hint("Check that both folders can be read and written, or take the folder out of `asset-paths`.")
        })?;
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
