//! Whether a text is Python, asked of the interpreters that would run it: only they know their grammar and its messages.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use super::interpreter::Interpreter;

/// Reads the text and writes what is wrong with it, which is nothing for a good one.
const PROGRAM: &str = "import ast, sys
try:
    ast.parse(sys.stdin.buffer.read().decode(), filename=sys.argv[1])
except SyntaxError as error:
    sys.stdout.buffer.write(f'{error}\\n{error.text}'.encode())";

/// What is wrong with the text of the file `path`, in the words of Python: message, place and the line itself. None where
/// one of the interpreters can read it, or where none of them can be asked; running the text shows what is wrong then.
pub fn syntax_error(profile: Option<&str>, project: &Path, path: &str, text: &str) -> Option<String> {
    let mut first = None;
    for interpreter in Interpreter::candidates(profile, project).ok()? {
        match complaint(&interpreter, path, text) {
            Some(complaint) if complaint.is_empty() => return None,
            Some(complaint) => first = first.or(Some(complaint)),
            None => {}
        }
    }
    first
}

fn complaint(interpreter: &Interpreter, path: &str, text: &str) -> Option<String> {
    let mut child = Command::new(&interpreter.path)
        .args(["-I", "-S", "-W", "ignore", "-c", PROGRAM, path])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    // What cannot be written shows in how the process ends.
    let _ = child.stdin.take()?.write_all(text.as_bytes());
    let output = child.wait_with_output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}
