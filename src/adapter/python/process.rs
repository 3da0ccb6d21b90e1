//! One Python process: started with a program, spoken to in lines, ended with the run if the run is interrupted.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value as Json;

use super::interpreter::Interpreter;
use super::{Python, locked};
use crate::adapter::Interrupter;
use crate::error::{Error, Result};

/// What every program begins with.
const CHANNEL: &str = include_str!("channel.py");
/// Gives the program's frames a name by which tracebacks leave them out.
const START: &str = "import sys; exec(compile(sys.argv[1], '<rdbt>', 'exec'))";
/// How long to wait between two looks at a process that ends.
const PATIENCE: Duration = Duration::from_millis(5);

/// One process. Dropping it ends it.
#[derive(Debug)]
pub struct Process {
    child: Arc<Mutex<Child>>,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    python: Arc<Python>,
    interpreter: Interpreter,
}

impl Process {
    /// Starts the program, which stands below the file with the channel.
    ///
    /// # Errors
    /// The interpreter cannot be started.
    pub(super) fn start(interpreter: &Interpreter, python: &Arc<Python>, program: &str) -> Result<Process> {
        let mut command = Command::new(&interpreter.path);
        command.args(["-c", START, &format!("{CHANNEL}\n\n{program}")]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let failed = |reason: String| {
            Error::runtime(format!("{interpreter}, could not be started: {reason}."))
                .hint("Check that the file is a Python interpreter and that you may execute it.")
        };
        let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let output = output.ok_or_else(|| failed("it has no standard output".to_owned()))?;
        let child = Arc::new(Mutex::new(child));
        locked(&python.running).push(child.clone());
        let (python, interpreter) = (python.clone(), interpreter.clone());
        Ok(Process { child, input, output: BufReader::new(output), python, interpreter })
    }

    /// What runs it.
    pub fn interpreter(&self) -> &Interpreter {
        &self.interpreter
    }

    /// What ends the process, from any thread.
    pub fn stopper(&self) -> Interrupter {
        let child = self.child.clone();
        // One that has ended by itself needs no end.
        Arc::new(move || drop(locked(&child).kill()))
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
            "The Python process ended before its work was done ({how}); it ran with {}.",
            self.interpreter
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

impl Drop for Process {
    fn drop(&mut self) {
        self.input = None;
        let _ = locked(&self.child).kill();
        let _ = self.wait();
        locked(&self.python.running).retain(|child| !Arc::ptr_eq(child, &self.child));
    }
}
