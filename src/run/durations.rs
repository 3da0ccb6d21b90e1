//! How long nodes took in earlier runs, and from that which of those that are ready should start first: the one that most of
//! the work waits for. Kept in a small file in the target folder; only runs on several threads read and write it, for with
//! one thread dbt's order holds.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::manifest::UniqueId;

use super::plan::Plan;
use super::results::{NodeResult, Status};

/// Seconds by unique id.
#[derive(Debug, Default)]
pub(super) struct Durations(BTreeMap<UniqueId, f64>);

fn file(target: &Path) -> PathBuf {
    target.join("rdbt_durations.json")
}

impl Durations {
    /// What earlier runs left; nothing if there is no file, or none that can be read.
    pub fn read(target: &Path) -> Durations {
        let text = std::fs::read(file(target)).unwrap_or_default();
        Durations(serde_json::from_slice(&text).unwrap_or_default())
    }

    /// Takes over what a run took, and writes the file. A file that cannot be written is done without: it only orders work.
    pub fn learn(mut self, results: &[Arc<NodeResult>], target: &Path) {
        let took = results.iter().filter(|result| matches!(result.status, Status::Success | Status::Pass));
        let took = took.map(|result| (result.resource.unique_id().to_owned(), result.execution_time));
        self.0.extend(took.filter(|(_, seconds)| seconds.is_finite()));
        let text = serde_json::to_string(&self.0).unwrap_or_default();
        let _ = std::fs::create_dir_all(target).and_then(|()| {
            let mut temporary = tempfile::Builder::new().prefix(".rdbt-").tempfile_in(target)?;
            temporary.write_all(text.as_bytes())?;
            temporary.persist(file(target)).map(drop).map_err(|error| error.error)
        });
    }

    /// For each resource of a plan the seconds from its start to the end of the longest chain below it; nothing if no
    /// durations are known. What was never timed counts as the mean of the others.
    pub fn chains(&self, plan: &Plan<'_>) -> HashMap<UniqueId, f64> {
        let known: Vec<f64> = plan.items.keys().filter_map(|id| self.0.get(id)).copied().collect();
        if known.is_empty() {
            return HashMap::new();
        }
        #[allow(clippy::cast_precision_loss)]
        let mean = known.iter().sum::<f64>() / known.len() as f64;
        let seconds = |id: &str| match plan.items.contains_key(id) {
            true => self.0.get(id).copied().unwrap_or(mean),
            false => 0.0,
        };
        plan.graph.longest_chains(seconds)
    }
}
