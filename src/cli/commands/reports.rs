//! `--junit FILE` and `--markdown FILE`: gathers what runs come to and writes it when the command ends.

use std::path::PathBuf;

use crate::artifacts::{self, Suite};
use crate::cli::workspace::Workspace;
use crate::error::Result;
use crate::invocation::Invocation;
use crate::run::RunResults;

/// The reports that a command is asked for.
#[derive(Debug, Default)]
pub struct Reports {
    command: String,
    junit: Option<PathBuf>,
    markdown: Option<PathBuf>,
    suites: Vec<Suite>,
}

impl Reports {
    /// The reports of a command, whose files can be written.
    ///
    /// # Errors
    /// They cannot: better said before anything is built.
    pub fn new(invocation: &Invocation) -> Result<Reports> {
        let path = |name: &str| invocation.flags.text(name).map(PathBuf::from);
        let reports = Reports {
            command: invocation.command.clone(),
            junit: path("junit"),
            markdown: path("markdown"),
            suites: Vec::new(),
        };
        for folder in [&reports.junit, &reports.markdown].into_iter().flatten().filter_map(|path| path.parent()) {
            artifacts::check_folder(folder)?;
        }
        Ok(reports)
    }

    /// Adds what a run came to; `label` tells it from the other runs of the command.
    pub fn add(
        &mut self,
        invocation: &Invocation,
        label: Option<&str>,
        workspace: Option<&Workspace>,
        results: &Result<RunResults>,
    ) {
        if self.junit.is_none() && self.markdown.is_none() {
            return;
        }
        let name = label.map_or_else(|| self.command.clone(), |label| format!("{} {label}", self.command));
        let at = invocation.started_at;
        self.suites.push(match (results, workspace) {
            (Ok(results), Some(workspace)) => Suite::of_results(name, at, results, &workspace.compiled),
            (Ok(results), None) => Suite::of_results(name, at, results, &Default::default()),
            (Err(error), _) => Suite::of_error(name, at, error),
        });
    }

    /// Adds what was gathered otherwise.
    pub fn push(&mut self, suite: Suite) {
        self.suites.push(suite);
    }

    /// Writes them.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self) -> Result<()> {
        if let Some(path) = &self.junit {
            artifacts::write_junit(path, &self.suites)?;
        }
        match &self.markdown {
            Some(path) => artifacts::write_markdown(path, &format!("rdbt {}", self.command), &self.suites),
            None => Ok(()),
        }
    }
}
