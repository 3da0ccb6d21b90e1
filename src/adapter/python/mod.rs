//! Python processes: for what only Python can do, such as Python models and plugins of the profile. rdbt has no Python
//! inside; it starts the interpreter of the project and speaks with it in lines of JSON.

mod check_model;
mod interpreter;
mod process;

use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Deserialize;

use crate::error::{Error, Result};

pub use check_model::{ModelCheck, check_model};
pub use interpreter::Interpreter;
pub use process::Process;

/// The Python of a run and its processes, so that Ctrl-C and fail-fast can end them.
#[derive(Debug, Default)]
pub struct Python {
    /// `python_interpreter` of the profile.
    named: Option<String>,
    /// The interpreter that was found to have `duckdb`.
    chosen: Mutex<Option<Interpreter>>,
    running: Mutex<Vec<Arc<Mutex<Child>>>>,
}

/// What a process says first.
#[derive(Debug, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
enum Greeting {
    Ready,
    Failed { trace: String, missing: Option<String> },
}

impl Python {
    /// The Python that the profile names, or one that is found when it is needed.
    pub fn new(named: Option<String>) -> Arc<Python> {
        Arc::new(Python { named, ..Python::default() })
    }

    /// Ends every process; what waits for one fails.
    pub fn interrupt(&self) {
        for child in locked(&self.running).iter() {
            // One that has ended by itself needs no end.
            let _ = locked(child).kill();
        }
    }

    /// Starts a program in the first interpreter that has the package `duckdb`. `project` is the folder in which a virtual
    /// environment may lie.
    ///
    /// # Errors
    /// There is no interpreter, or none has the package.
    pub fn start(self: &Arc<Self>, program: &str, project: &Path) -> Result<Process> {
        let chosen = locked(&self.chosen).clone();
        let candidates = match chosen {
            Some(interpreter) => vec![interpreter],
            None => Interpreter::candidates(self.named.as_deref(), project)?,
        };
        let mut first = None;
        for interpreter in candidates {
            match self.try_start(program, &interpreter) {
                Ok(process) => {
                    *locked(&self.chosen) = Some(interpreter);
                    return Ok(process);
                }
                Err(error) => first = first.or(Some(error)),
            }
        }
        Err(first.unwrap_or_else(interpreter::none_found))
    }

    fn try_start(self: &Arc<Self>, program: &str, interpreter: &Interpreter) -> Result<Process> {
        let mut process = Process::start(interpreter, self, program)?;
        let line = process.read()?;
        match serde_json::from_str(&line) {
            Ok(Greeting::Ready) => Ok(process),
            Ok(Greeting::Failed { missing: Some(package), .. }) => Err(lacking(interpreter, &package)),
            Ok(Greeting::Failed { trace, .. }) => Err(Error::runtime(format!("{interpreter}, failed:\n{trace}"))),
            Err(error) => {
                Err(Error::runtime(format!("{interpreter}, wrote something before it was asked: {error}.")).hint(
                    "Check that the file is a Python interpreter, and that no `sitecustomize` of it prints to standard output.",
                ))
            }
        }
    }
}

/// That a package is missing.
fn lacking(interpreter: &Interpreter, package: &str) -> Error {
    Error::runtime(format!("The package `{package}` is not installed for {interpreter}."))
        .hint(interpreter.way_to_install(package))
}

/// The folder in which a process works.
///
/// # Errors
/// None can be made.
pub fn temporary_folder() -> Result<tempfile::TempDir> {
    tempfile::Builder::new().prefix("rdbt_python_").tempdir().map_err(|error| {
        Error::runtime(format!("No temporary folder could be made for a Python process: {error}."))
            .hint("Check that the folder for temporary files exists and has space left, or set TMPDIR to another.")
    })
}

/// Names of the program below a virtual environment's folder.
const IN_ENVIRONMENT: [&str; 2] = ["bin/python", "Scripts/python.exe"];

fn in_environment(folder: &Path) -> Option<PathBuf> {
    IN_ENVIRONMENT.iter().map(|name| folder.join(name)).find(|path| path.is_file())
}

/// A thread that panicked leaves data that is whole enough to go on with.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
