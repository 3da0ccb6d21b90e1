//! What `--for` leaves: `for/summary.json` in the target folder, which says what became of each step, and the artifacts
//! of the last step in the target folder itself, where other programs look for them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map as JsonMap, Value as Json};

use super::{OsiDocument, file, write_manifest_to};
use crate::context::Globals;
use crate::error::{Error, Result};
use crate::invocation::{Invocation, Step};
use crate::manifest::{CompiledNodes, Manifest};
use crate::run::{RunResults, moment};

/// Where the summary is, below the target folder.
const SUMMARY: &str = "for/summary.json";

/// What became of a command that ran for several values.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StepsSummary {
    /// When this was written, as artifacts write moments.
    pub generated_at: String,
    /// The invocation of the command; each step has one of its own.
    pub invocation_id: String,
    /// `build`, `run`, ...
    pub command: String,
    /// The options of the command, in dbt's names.
    pub args: JsonMap<String, Json>,
    /// `running`, `success`, `error`, `interrupted`.
    pub status: String,
    /// Seconds from the begin of the command.
    pub elapsed_time: f64,
    /// The steps in their order.
    pub steps: Vec<StepRecord>,
}

/// What became of one step.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StepRecord {
    /// Its place, from 1.
    pub number: usize,
    /// Variables with their values.
    pub values: Json,
    /// Where its artifacts are, below the target folder.
    pub folder: String,
    /// `not run`, `success`, `error`, `interrupted`.
    pub status: String,
    /// The invocation that its artifacts name.
    pub invocation_id: Option<String>,
    /// When it began.
    pub started_at: Option<String>,
    /// Seconds that it took.
    pub elapsed_time: f64,
    /// Nodes by status.
    pub counts: BTreeMap<String, usize>,
    /// Why it did not come to its end, where that was not for a node.
    pub error: Option<String>,
}

impl StepsSummary {
    /// The summary of a command none of whose steps has run.
    pub fn new(invocation: &Invocation, steps: &[Step]) -> StepsSummary {
        StepsSummary {
            generated_at: String::new(),
            invocation_id: invocation.invocation_id.clone(),
            command: invocation.command.clone(),
            args: invocation.flags.args_for_artifacts.clone(),
            status: "running".to_owned(),
            elapsed_time: 0.0,
            steps: steps.iter().map(StepRecord::new).collect(),
        }
    }

    /// Reads the summary of a target folder; none if there is none, or it is not whole.
    pub fn read(target: &Path) -> Option<StepsSummary> {
        serde_json::from_slice(&fs::read(target.join(SUMMARY)).ok()?).ok()
    }

    /// Writes it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&mut self, target: &Path) -> Result<()> {
        self.generated_at = moment(chrono::Utc::now());
        file::replace(&target.join(SUMMARY), |writer| {
            serde_json::to_writer_pretty(writer, self).map_err(io::Error::from)
        })
    }
}

impl StepRecord {
    fn new(step: &Step) -> StepRecord {
        StepRecord {
            number: step.number,
            values: crate::yaml::to_json(&crate::yaml::Value::Map(step.vars())),
            folder: step.folder().to_string_lossy().into_owned(),
            status: "not run".to_owned(),
            invocation_id: None,
            started_at: None,
            elapsed_time: 0.0,
            counts: BTreeMap::new(),
            error: None,
        }
    }

    /// Whether everything in it went well.
    pub fn succeeded(&self) -> bool {
        self.status == "success"
    }

    /// Notes what its run came to.
    pub fn note(&mut self, invocation: &Invocation, results: &Result<RunResults>, seconds: f64) {
        self.invocation_id = Some(invocation.invocation_id.clone());
        self.started_at = Some(moment(invocation.started_at));
        self.elapsed_time = seconds;
        self.counts.clear();
        for result in results.iter().flat_map(|results| &results.results) {
            *self.counts.entry(result.status.as_str().to_owned()).or_default() += 1;
        }
        let verdict = results.as_ref().map_err(Clone::clone).and_then(RunResults::verdict);
        let interrupted = results.as_ref().is_ok_and(|results| results.interrupted);
        self.status = match verdict {
            _ if interrupted => "interrupted",
            Ok(true) => "success",
            Ok(false) | Err(_) => "error",
        }
        .to_owned();
        self.error = verdict.err().map(|error| error.to_string());
    }
}

/// Puts what a step has written into the target folder too, as if its command had been the last one there. The
/// manifest names the copies; `run_results.json` comes last, and only with `results`.
///
/// # Errors
/// A file cannot be copied.
pub fn publish_step(
    globals: &Globals,
    manifest: &Manifest,
    compiled: &CompiledNodes,
    osi: Option<&OsiDocument>,
    results: bool,
) -> Result<()> {
    let project = &globals.project;
    let (from, to) = (&project.target_path, &project.base_target_path);
    for folder in ["compiled", "run"] {
        copy_folder(&from.join(folder), &to.join(folder)).map_err(|error| {
            Error::runtime(format!(
                "The files of the last step could not be copied from `{}` to `{}`: {error}.",
                from.display(),
                to.display()
            ))
            .hint("Everything is built, and the files are whole in the step's own folder. Check the space on the disk.")
        })?;
    }
    for name in ["graph_summary.json", "profile.json", "profile.html"] {
        copy_file(&from.join(name), &to.join(name))?;
    }
    let Some(osi) = osi else { return Ok(()) };
    let shown = |path: &Path| path.strip_prefix(&project.root.root).unwrap_or(path).to_string_lossy().into_owned();
    write_manifest_to(to, globals, manifest, &compiled.moved(&shown(from), &shown(to)), osi, None)?;
    match results {
        true => copy_file(&from.join("run_results.json"), &to.join("run_results.json")),
        false => Ok(()),
    }
}

fn copy_file(from: &Path, to: &Path) -> Result<()> {
    match fs::read(from) {
        Ok(bytes) => file::replace(to, |writer| writer.write_all(&bytes)),
        Err(_) => Ok(()),
    }
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    fs::create_dir_all(to)?;
    for entry in entries {
        let entry = entry?;
        let copy = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy_folder(&entry.path(), &copy)?,
            false => drop(fs::copy(entry.path(), copy)?),
        }
    }
    Ok(())
}
