//! What a run leaves in `target/` for other programs, in dbt's shapes. Each file is replaced atomically: a killed run
//! leaves the previous ones readable.

mod body;
mod catalog;
mod file;
mod osi;
mod profile;
pub mod python_json;
mod reports;
mod run_results;
mod semantic_manifest;
mod site;
mod sources;
mod steps;

use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use indexmap::IndexSet;
use rayon::prelude::*;
use serde::Serialize;
use serde_json::{Map as JsonMap, Value as Json, json};

use body::{Body, Layout};

use crate::context::Globals;
use crate::error::Result;
use crate::events::{Events, lines};
use crate::graph::Summary;
use crate::invocation::Invocation;
use crate::manifest::json::{Artifact, Metadata};
use crate::manifest::{CompiledNodes, Manifest, TimeSpines, UniqueId};
use crate::project::DBT_VERSION;
use crate::run::{CatalogRows, RunResults, moment};

pub use file::{check_folder, replace};
pub use osi::OsiDocument;
pub use profile::write_profile;
pub use reports::{Case, Suite, Verdict, write_junit, write_markdown};
pub use site::{keep_last_run, write_page, write_static_page};
pub use steps::{StepRecord, StepsSummary, publish_step};

/// The semantic layer as an Open Semantic Interchange document, for [`write_manifest`]; what it cannot say is warned about.
///
/// # Errors
/// A metric or a filter is one that MetricFlow refuses.
pub fn osi_document(globals: &Globals, manifest: &Manifest) -> Result<OsiDocument> {
    let (models, metrics) = semantic_manifest::elements(manifest);
    let document = osi::translate(&models, &metrics, &globals.engine)?;
    for issue in &document.issues {
        globals.events.emit(lines::osi_issue(globals.events.paint(), issue.kind, &issue.element));
    }
    Ok(document)
}

/// Writes `manifest.json`, `semantic_manifest.json` and `osi_document.json`. `content` is a name for what the manifest holds
/// besides metadata: what is there under the same name is not put into words again.
///
/// # Errors
/// A file cannot be written.
pub fn write_manifest(
    globals: &Globals,
    manifest: &Manifest,
    compiled: &CompiledNodes,
    osi: &OsiDocument,
    content: Option<&str>,
) -> Result<()> {
    write_manifest_to(&globals.project.target_path, globals, manifest, compiled, osi, content)
}

fn write_manifest_to(
    target: &Path,
    globals: &Globals,
    manifest: &Manifest,
    compiled: &CompiledNodes,
    osi: &OsiDocument,
    content: Option<&str>,
) -> Result<()> {
    let metadata = Metadata::new(&globals.invocation, &globals.project, DBT_VERSION);
    let artifact = Artifact { metadata: &metadata, manifest, compiled };
    let path = target.join("manifest.json");
    let mut head = Vec::new();
    let head = python_json::entries(&mut head, &artifact.head()).map_err(|error| file::unwritable(&path, &error))?;
    let mut written = None;
    replace(&path, |file| {
        file.write_all(b"{")?;
        file.write_all(head)?;
        let layout = match content.and_then(|content| Body::find(&path, content)) {
            Some(body) if body.layout.plain && compiled.is_empty() => body.copy_to(file)?,
            before => write_body(file, &artifact, before)?,
        };
        written = body::stamp_of(file)?.map(|stamp| (stamp, layout));
        Ok(())
    })?;
    if let (Some(content), Some((stamp, layout))) = (content, written) {
        body::remember(&path, content, &stamp, &layout);
    }
    globals.events.emit(lines::artifact_written("WritableManifest", &path.to_string_lossy()));
    let semantic = semantic_manifest::to_json(manifest, &TimeSpines::of(manifest)?);
    put(&globals.events, &target.join("semantic_manifest.json"), "SemanticManifest", &semantic)?;
    put(&globals.events, &target.join("osi_document.json"), "OsiDocument", &osi.json)
}

/// Nodes that are put into words as one part: half a megabyte.
const NODES: usize = 128;

/// Writes what follows the metadata: the nodes, which are most of it, on all cores. What cannot differ from `before` comes from
/// there.
fn write_body(file: &mut file::Writer, artifact: &Artifact<'_>, before: Option<Body>) -> io::Result<Layout> {
    let start = file.stream_position()?;
    let width = 2 * rayon::current_num_threads();
    let (mut made, mut next): (Vec<Vec<u8>>, Vec<Vec<u8>>) = (vec![Vec::new(); width], vec![Vec::new(); width]);
    file.write_all(b", \"nodes\": {")?;
    let mut separator: &[u8] = b"";
    let mut ready = 0;
    // Some at a time: all of a large project in memory would be as large as the project. Those that are made are written
    // while the next ones are made; the last batch is empty.
    let parts = artifact.nodes(NODES);
    for batch in parts.chunks(width).chain([&[][..]]) {
        let write = || {
            made[..ready].iter().try_for_each(|text| {
                file.write_all(std::mem::replace(&mut separator, b", "))?;
                file.write_all(python_json::between_braces(text))
            })
        };
        let make = || {
            let pairs = batch.par_iter().zip(&mut next);
            pairs.try_for_each(|(part, text)| python_json::entries(text, part).map(drop))
        };
        let (written, put) = rayon::join(write, make);
        written.and(put)?;
        ready = batch.len();
        std::mem::swap(&mut made, &mut next);
    }
    file.write_all(b"}, ")?;
    let from = file.stream_position()?;
    let maps = match before {
        Some(mut before) => {
            before.copy_resources_to(file)?;
            python_json::entries(&mut next[0], &artifact.maps())
        }
        None => {
            let (resources, maps) = rayon::join(
                || python_json::entries(&mut made[0], &artifact.resources()),
                || python_json::entries(&mut next[0], &artifact.maps()),
            );
            file.write_all(resources?)?;
            maps
        }
    };
    let resources = from..file.stream_position()?;
    file.write_all(b", ")?;
    file.write_all(maps?)?;
    file.write_all(b"}")?;
    Ok(Layout { plain: artifact.compiled.is_empty(), start, resources })
}

/// Writes `graph_summary.json`: which resource comes before which. dbt says nothing about this file, and writes it even
/// with `--no-write-json`.
///
/// # Errors
/// The file cannot be written.
pub fn write_graph_summary(globals: &Globals, summary: &Summary<'_>) -> Result<()> {
    replace(&globals.project.target_path.join("graph_summary.json"), |file| python_json::write(file, summary))
}

/// Writes `run_results.json`.
///
/// # Errors
/// The file cannot be written.
pub fn write_run_results(globals: &Globals, compiled: &CompiledNodes, results: &RunResults) -> Result<()> {
    let path = globals.project.target_path.join("run_results.json");
    let kind = match globals.invocation.command.as_str() {
        "run-operation" => "RunResultsArtifact",
        _ => "RunExecutionResult",
    };
    put(&globals.events, &path, kind, &run_results::Artifact::new(&globals.invocation, compiled, results))
}

/// Writes `catalog.json` with what the database said about the `selected` resources, or about all; gives its path.
///
/// # Errors
/// The rows do not make a catalog, or the file cannot be written.
pub fn write_catalog(
    globals: &Globals,
    manifest: &Manifest,
    found: &CatalogRows,
    selected: Option<&IndexSet<UniqueId>>,
) -> Result<PathBuf> {
    let path = globals.project.target_path.join("catalog.json");
    let value = catalog::to_json(&globals.invocation, manifest, found, selected)?;
    put(&globals.events, &path, "CatalogArtifact", &value)?;
    Ok(path)
}

/// Writes the report of `source freshness` to `path`, by default `sources.json` of the target folder.
///
/// # Errors
/// The file cannot be written.
pub fn write_sources(globals: &Globals, path: Option<&Path>, results: &RunResults) -> Result<()> {
    let usual = globals.project.target_path.join("sources.json");
    let value = sources::to_json(&globals.invocation, results);
    put(&globals.events, path.unwrap_or(&usual), "FreshnessResult", &value)
}

/// The metadata of an artifact; `schema` is its name and version: `catalog/v1`.
fn metadata(invocation: &Invocation, schema: &str) -> Json {
    json!({
        "dbt_schema_version": format!("https://schemas.getdbt.com/dbt/{schema}.json"),
        "dbt_version": DBT_VERSION,
        "generated_at": moment(chrono::Utc::now()),
        "invocation_id": invocation.invocation_id,
        "invocation_started_at": moment(invocation.started_at),
        "env": custom_env(),
    })
}

fn custom_env() -> JsonMap<String, Json> {
    std::env::vars_os()
        .filter_map(|(name, value)| {
            let name = name.to_str()?.strip_prefix("DBT_ENV_CUSTOM_ENV_")?.to_owned();
            Some((name, Json::from(value.to_string_lossy().into_owned())))
        })
        .collect()
}

fn put(events: &Events, path: &Path, kind: &str, value: &impl Serialize) -> Result<()> {
    replace(path, |file| python_json::write(file, value))?;
    events.emit(lines::artifact_written(kind, &path.to_string_lossy()));
    Ok(())
}
