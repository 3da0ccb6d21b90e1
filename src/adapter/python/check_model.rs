//! Whether a text is a Python model, asked of the interpreters that would run it: only they know their grammar and its
//! messages.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use super::interpreter::Interpreter;

const PROGRAM: &str = include_str!("check_model.py");

/// What an interpreter thinks of a model's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelCheck {
    /// It can be run.
    Fine,
    /// It is no Python; the words are Python's: message, place and the line itself.
    Syntax(String),
    /// The function `model` does not end in the return of one value.
    Returns,
}

/// Checks the text of the file `path`. It is fine where one of the interpreters finds it fine, or where none of them can be
/// asked; running the text shows what is wrong then.
pub fn check_model(profile: Option<&str>, project: &Path, path: &str, text: &str) -> ModelCheck {
    let mut first = None;
    for interpreter in Interpreter::candidates(profile, project).unwrap_or_default() {
        match ask(&interpreter, path, text) {
            Some(ModelCheck::Fine) => return ModelCheck::Fine,
            found => first = first.or(found),
        }
    }
    first.unwrap_or(ModelCheck::Fine)
}

fn ask(interpreter: &Interpreter, path: &str, text: &str) -> Option<ModelCheck> {
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
    let answer = String::from_utf8(output.stdout).ok()?;
    match answer.split_once('\n')? {
        ("fine", _) => Some(ModelCheck::Fine),
        ("returns", _) => Some(ModelCheck::Returns),
        ("syntax", message) => Some(ModelCheck::Syntax(message.to_owned())),
        _ => None,
    }
}
