//! A folder of its own in which a test runs the program, with nothing of the user's environment.
//!
//! `RDBT_TEST_EXE=/path/to/dbt cargo test --test 'run_*'` runs the same projects with another program. The expectations of
//! those files were recorded from dbt 1.12 in this way.
#![allow(clippy::unwrap_used, dead_code)] // Each test file uses a part of it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use duckdb::types::Value;
use fancy_regex::Regex;
use serde_json::Value as Json;
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

    /// A copy of a folder of `tests/data`, each file's text changed by `change`.
    pub fn copy_of(name: &str, change: impl Fn(String) -> String) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
        let mut sandbox = Sandbox::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let below = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                sandbox = sandbox.file(&below, &change(std::fs::read_to_string(&path).unwrap()));
            }
        }
        sandbox
    }

    /// A copy of a project in which what Jinja sees was recorded, with the environment of then.
    pub fn recorded(name: &str, change: impl Fn(String) -> String) -> Self {
        Sandbox::copy_of(name, change)
            .env("PROBE_SET", "set")
            .env("PROBE_NUM", "41")
            .env("DBT_ENV_SECRET_X", "hidden")
            .env("DBT_ENV_CUSTOM_ENV_TEAM", "data")
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
        let output = self.command(words).current_dir(folder).output().unwrap();
        self.outcome(&output)
    }

    /// The program with its words and environment, not yet started.
    pub fn command(&self, words: &[&str]) -> Command {
        let other = std::env::var_os("RDBT_TEST_EXE");
        let mut command = Command::new(other.unwrap_or_else(|| env!("CARGO_BIN_EXE_rdbt").into()));
        command
            .args(words)
            .current_dir(self.here())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home.path())
            .env("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
            .env("DBT_USE_COLORS", "false")
            .envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    /// What a run of [`Sandbox::command`] gave.
    fn outcome(&self, output: &std::process::Output) -> Outcome {
        let text = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes)
                .replace(self.here().to_str().unwrap(), "HERE")
                .replace(self.home.path().to_str().unwrap(), "HOME");
            text.lines().map(without_time).map(|line| format!("{line}\n")).collect::<String>()
        };
        Outcome { code: output.status.code().unwrap_or(-1), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// Status of each node in `run_results.json`, one a line, without package and hashes.
    pub fn statuses(&self) -> String {
        let results = self.json("target/run_results.json");
        let line = |result: &Json| {
            let id = result["unique_id"].as_str().unwrap();
            let parts: Vec<&str> = id.split('.').collect();
            format!("{} {}: {}\n", parts[0], parts[2], result["status"].as_str().unwrap())
        };
        results["results"].as_array().unwrap().iter().map(line).collect()
    }

    /// A JSON file below the working folder.
    pub fn json(&self, path: &str) -> Json {
        serde_json::from_str(&self.read(path)).unwrap()
    }

    /// A file below the working folder.
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.here().join(path)).unwrap()
    }

    /// Opens the project's database.
    pub fn database(&self) -> duckdb::Connection {
        duckdb::Connection::open(self.here().join("a.duckdb")).unwrap()
    }

    /// The rows of a query on the project's database: one a line, values between bars.
    pub fn rows(&self, sql: &str) -> String {
        let database = self.database();
        let mut statement = database.prepare(sql).unwrap();
        let mut rows = statement.query([]).unwrap();
        let mut text = String::new();
        while let Some(row) = rows.next().unwrap() {
            let columns = row.as_ref().column_count();
            let cells: Vec<String> = (0..columns).map(|index| cell(row.get(index).unwrap())).collect();
            text.push_str(&format!("{}\n", cells.join(" | ")));
        }
        text
    }

    /// Schema, name and kind of every table and view.
    pub fn relations(&self) -> String {
        self.rows("select table_schema, table_name, table_type from information_schema.tables order by all")
    }

    /// Every file below the working folder except logs, sorted.
    pub fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        let mut folders = vec![self.here()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(self.here()).unwrap().to_string_lossy().into_owned();
                match path.is_dir() {
                    true if name != "logs" => folders.push(path),
                    true => {}
                    false => files.push(name),
                }
            }
        }
        files.sort();
        files
    }
}

impl Outcome {
    /// The exit code and what scripts read on the console: without versions and counts at the beginning, without blank
    /// lines, with times redacted.
    pub fn console(&self) -> String {
        let seconds = Regex::new(r"\d+\.\d\ds").unwrap();
        let elapsed = Regex::new(r"\d+ hours \d+ minutes and \S+ seconds").unwrap();
        let opening = ["Running with dbt=", "Registered adapter: ", "Unable to do partial parsing", "Found "];
        let mut text = format!("exit code {}\n", self.code);
        for line in self.stdout.lines().chain(self.stderr.lines()) {
            if line.is_empty() || opening.iter().any(|words| line.starts_with(words)) {
                continue;
            }
            let line = elapsed.replace_all(line, "TIME");
            text.push_str(&format!("{}\n", seconds.replace_all(&line, "N.NNs")));
        }
        text
    }
}

/// The text without what changes from run to run: addresses, unique ids, the working folder `here`.
pub fn steady(text: &str, here: &str) -> String {
    let text = text.replace(here, "HERE");
    let text = Regex::new(r"\b0x[0-9a-f]+").unwrap().replace_all(&text, "0x").into_owned();
    Regex::new(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b").unwrap().replace_all(&text, "UUID").into_owned()
}

/// A value of the database as text.
fn cell(value: Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::BigInt(value) => value.to_string(),
        Value::HugeInt(value) => value.to_string(),
        Value::Double(value) => value.to_string(),
        Value::Text(value) => value,
        other => format!("{other:?}"),
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
