//! A folder of its own in which a test runs the program, with nothing of the user's environment.
#![allow(clippy::unwrap_used, dead_code)] // Each test file uses a part of it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A home folder with an empty working folder in it.
pub struct Sandbox {
    home: TempDir,
    env: Vec<(String, String)>,
}

/// What a run of the program gave, with the sandbox's folders replaced by `HOME` and `HERE`, and without the times
/// before console lines.
pub struct Outcome {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Sandbox {
    pub fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("work")).unwrap();
        Sandbox { home, env: Vec::new() }
    }

    /// The working folder.
    pub fn here(&self) -> PathBuf {
        self.home.path().join("work")
    }

    /// Sets an environment variable for the program.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Writes a file below the working folder.
    pub fn file(self, path: &str, content: &str) -> Self {
        let path = self.here().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    /// A project with a DuckDB profile.
    pub fn project(self) -> Self {
        self.file("dbt_project.yml", "name: a\nprofile: p\n")
            .file("profiles.yml", "p:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: a.duckdb}\n")
    }

    /// Runs the program in the working folder.
    pub fn run(&self, words: &[&str]) -> Outcome {
        self.run_in(&self.here(), words)
    }

    /// Runs the program in a folder.
    pub fn run_in(&self, folder: &Path, words: &[&str]) -> Outcome {
        let output = Command::new(env!("CARGO_BIN_EXE_rdbt"))
            .args(words)
            .current_dir(folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home.path())
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .output()
            .unwrap();
        let text = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes)
                .replace(self.here().to_str().unwrap(), "HERE")
                .replace(self.home.path().to_str().unwrap(), "HOME");
            text.lines().map(without_time).map(|line| format!("{line}\n")).collect::<String>()
        };
        Outcome { code: output.status.code().unwrap_or(-1), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }
}

/// A console line without `HH:MM:SS  `.
fn without_time(line: &str) -> &str {
    let is_time = line.len() >= 10
        && line.is_char_boundary(10)
        && line[..10].bytes().enumerate().all(|(index, byte)| match index {
            2 | 5 => byte == b':',
            8 | 9 => byte == b' ',
            _ => byte.is_ascii_digit(),
        });
    if is_time { &line[10..] } else { line }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit code {}\n{}{}", self.code, self.stdout, self.stderr)
    }
}
