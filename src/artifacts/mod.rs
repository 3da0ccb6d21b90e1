//! What a run leaves in `target/` for other programs, in dbt's shapes. Each file is replaced atomically: a killed run
//! leaves the previous ones readable.

mod file;
pub mod python_json;
mod run_results;

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::context::{DBT_VERSION, Globals};
use crate::error::Result;
use crate::events::{Events, lines};
use crate::manifest::json::Metadata;
use crate::manifest::{CompiledNodes, Manifest};
use crate::run::RunResults;

pub use file::replace;

/// Writes `manifest.json`, and `semantic_manifest.json` with its companion where there is nothing semantic in it.
///
/// # Errors
/// A file cannot be written.
pub fn write_manifest(globals: &Globals, manifest: &Manifest, compiled: &CompiledNodes) -> Result<()> {
    let target = &globals.project.target_path;
    let metadata = Metadata::new(&globals.invocation, &globals.project, DBT_VERSION);
    put(&globals.events, &target.join("manifest.json"), "WritableManifest", &manifest.to_json(&metadata, compiled))?;
    if !manifest.semantic_models.is_empty() || !manifest.metrics.is_empty() || !manifest.saved_queries.is_empty() {
        return Ok(());
    }
    put(&globals.events, &target.join("semantic_manifest.json"), "SemanticManifest", &empty_semantic_manifest())?;
    put(&globals.events, &target.join("osi_document.json"), "OsiDocument", &empty_osi_document())
}

/// Writes `run_results.json`.
///
/// # Errors
/// The file cannot be written.
pub fn write_run_results(globals: &Globals, compiled: &CompiledNodes, results: &RunResults) -> Result<()> {
    let path = globals.project.target_path.join("run_results.json");
    put(&globals.events, &path, "RunExecutionResult", &run_results::to_json(&globals.invocation, compiled, results))
}

fn put(events: &Events, path: &Path, kind: &str, value: &Json) -> Result<()> {
    // In memory first: the many small pieces of JSON are cheaper to put there than through a writer behind a pointer.
    replace(path, |writer| {
        let mut bytes = Vec::new();
        python_json::write(&mut bytes, value)?;
        writer.write_all(&bytes)
    })?;
    events.emit(lines::artifact_written(kind, &path.to_string_lossy()));
    Ok(())
}

fn empty_semantic_manifest() -> Json {
    json!({
        "semantic_models": [],
        "metrics": [],
        "project_configuration": {
            "time_spine_table_configurations": [],
            "metadata": null,
            "dsi_package_version": {"major_version": "0", "minor_version": "213", "patch_version": "0"},
            "time_spines": [],
        },
        "saved_queries": [],
    })
}

fn empty_osi_document() -> Json {
    json!({
        "version": "0.1.1",
        "dialects": ["ANSI_SQL"],
        "semantic_model": [{"name": "semantic_model", "datasets": []}],
    })
}
