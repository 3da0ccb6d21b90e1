//! The Python process: started with our runner, spoken to in lines, ended with the run if the run is interrupted.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value as Json;

use super::super::adapter::locked;
use super::interpreter::Interpreter;
use crate::error::{Error, Result};

/// The program that runs in the process. It needs Python's library and the package `duckdb`.
const RUNNER: &str = include_str!("runner.py");
/// Gives the runner's frames a name by which tracebacks leave them out.
const START: &str = "import sys; exec(compile(sys.argv[1], '<rdbt>', 'exec'))";
/// How long to wait between two looks at a process that ends.
const PATIENCE: Duration = Duration::from_millis(5);

/// The Python processes that run, so that Ctrl-C and fail-fast can end them.
#[derive(Debug, Default)]
pub struct Processes(Mutex<Vec<Arc<Mutex<Child>>>>);

impl Processes {
    /// Ends them all; their models fail.
    pub fn interrupt(&self) {
        for child in locked(&self.0).iter() {
            // One that has ended by itself needs no end.
            let _ = locked(child).kill();
        }
    }
}

/// One process. Dropping it ends it.
pub(super) struct Process<'a> {
    child: Arc<Mutex<Child>>,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    running: &'a Processes,
    name: String,
}

impl<'a> Process<'a> {
    /// Starts the runner.
    ///
    /// # Errors
    /// The interpreter cannot be started.
    pub fn start(interpreter: &Interpreter, running: &'a Processes) -> Result<Process<'a>> {
        let mut command = Command::new(&interpreter.path);
        command.args(["-c", START, RUNNER]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let failed = |reason: String| {
            Error::runtime(format!("{interpreter}, could not be started: {reason}."))
                .hint("Check that the file is a Python interpreter and that you may execute it.")
        };
        let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let output = output.ok_or_else(|| failed("it has no standard output".to_owned()))?;
        let child = Arc::new(Mutex::new(child));
        locked(&running.0).push(child.clone());
        Ok(Process { child, input, output: BufReader::new(output), running, name: interpreter.to_string() })
    }

    /// Sends a line. A process that is gone is noticed by the next [`Process::read`].
    pub fn send(&mut self, message: &Json) {
        if let Some(input) = &mut self.input {
            let _ = writeln!(input, "{message}").and_then(|()| input.flush());
        }
    }

    /// The next line from the process.
    ///
    /// # Errors
    /// The process ended before it said that it was done.
    pub fn read(&mut self) -> Result<String> {
        let mut line = String::new();
        match self.output.read_line(&mut line) {
            Ok(read) if read > 0 => Ok(line),
            _ => Err(self.ended()),
        }
    }

    fn ended(&mut self) -> Error {
        self.input = None;
        let how = match self.wait() {
            Some(status) => status.to_string(),
            None => "unknown status".to_owned(),
        };
        Error::runtime(format!(
            "The Python process of the model ended before the model was done ({how}); it ran with {}.",
            self.name
        ))
        .hint("What it wrote to standard error stands above; a signal may mean that memory ran out.")
    }

    /// Waits without keeping others from ending the process.
    fn wait(&self) -> Option<ExitStatus> {
        loop {
            match locked(&self.child).try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) => {}
                Err(_) => return None,
            }
            std::thread::sleep(PATIENCE);
        }
    }
}

impl Drop for Process<'_> {
    fn drop(&mut self) {
        self.input = None;
        let _ = locked(&self.child).kill();
        let _ = self.wait();
        locked(&self.running.0).retain(|child| !Arc::ptr_eq(child, &self.child));
    }
}
