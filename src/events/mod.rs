//! What a person or a program reads while rdbt works: console lines, `logs/dbt.log`, JSON lines. Every other room
//! says what happened through [`Events::emit`]; only this one writes to a stream.

pub mod config;
mod console;
pub mod deprecations;
pub mod effects;
mod file;
mod format;
mod held;
pub mod lines;
mod node_info;
pub mod paint;
mod recorder;
mod secrets;
mod warnings;

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::{Mutex, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map as JsonMap, Value as Json};

use crate::error::{Error, Result};

use console::Console;
use file::LogFile;
use recorder::Recorder;
use secrets::Secrets;
use warnings::Verdict;

pub use config::{EventsConfig, secrets};
pub use format::thread_name;
pub use held::{Held, hold, in_order, say};
pub use node_info::NodeInfo;
pub use paint::{Paint, Position};
pub use recorder::Recorded;

/// Events of `clean`, which may have removed the log folder: never logged to a file.
const CLEANING: [&str; 4] = ["Z012", "Z013", "Z014", "Z015"];

/// dbt's levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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

/// Where events go. Cheap to share; every method takes `&self`. The default writes nowhere, for tests and for what
/// happens before the flags are known.
#[derive(Debug, Default)]
pub struct Events {
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    config: EventsConfig,
    console: Console,
    deprecations: deprecations::Counts,
    file: Mutex<Option<LogFile>>,
    stream: Mutex<Option<File>>,
    secrets: RwLock<Secrets>,
    recorder: Recorder,
    step: RwLock<Option<StepTag>>,
}

/// The step of `--for` that a command is at, which goes with every event of it.
#[derive(Debug, Clone)]
pub struct StepTag {
    /// `2/5`.
    pub place: String,
    /// `simulation_year=2026`.
    pub label: String,
    /// The invocation that the step is for other programs.
    pub invocation_id: String,
}

impl Events {
    /// Events written as `config` says. A log file that cannot be opened is left out: dbt's work does not depend on it.
    pub fn new(config: EventsConfig) -> Events {
        let file = config.file.as_ref().and_then(|_| LogFile::open(&config.log_file, config.max_bytes).ok());
        let stream = config.stream.as_ref().and_then(|path| OpenOptions::new().append(true).open(path).ok());
        let mut secrets = Secrets::default();
        secrets.add(config::secrets());
        Events {
            open: Some(Open {
                secrets: RwLock::new(secrets),
                console: Console::default(),
                deprecations: deprecations::Counts::default(),
                file: Mutex::new(file),
                stream: Mutex::new(stream),
                recorder: Recorder::default(),
                step: RwLock::default(),
                config,
            }),
        }
    }

    /// Writes the event to the console and the log file, each by its own level and format.
    pub fn emit(&self, event: Event) {
        effects::note();
        if let Some(open) = &self.open
            && let Some(event) = held::keep(event)
        {
            open.recorder.note(&event, None);
            if event.level != Level::Warn || open.config.warn.judge(&event) != Verdict::Silence {
                open.write(&event);
            }
        }
    }

    /// Texts that must not be shown from now on.
    pub fn keep_secret(&self, texts: Vec<String>) {
        if let Some(open) = &self.open {
            open.secrets.write().unwrap_or_else(PoisonError::into_inner).add(texts);
        }
    }

    /// `text` with a mask in place of each secret, for artifacts.
    pub fn scrubbed(&self, text: String) -> String {
        match &self.open {
            Some(open) => open.scrub(text),
            None => text,
        }
    }

    /// Whether anything would be written of events of `level`, for events that are costly to make.
    pub fn wants(&self, level: Level) -> bool {
        self.open.as_ref().is_some_and(|open| {
            let sinks = [&open.config.console, &open.config.file];
            open.config.stream.is_some() || sinks.into_iter().flatten().any(|sink| level >= sink.level)
        })
    }

    /// Whether the data of events reach anyone: lines of text have none, and making them costs as much as compiling a model.
    pub fn carry_data(&self) -> bool {
        self.open.as_ref().is_some_and(|open| {
            let sinks = [&open.config.console, &open.config.file];
            open.config.stream.is_some()
                || sinks.into_iter().flatten().any(|sink| sink.format == config::LineFormat::Json)
        })
    }

    /// What events say of a node as `make` gives it, or nothing where nobody reads it.
    pub fn node_info(&self, make: impl FnOnce() -> NodeInfo) -> NodeInfo {
        if self.carry_data() { make() } else { NodeInfo::default() }
    }

    /// Writes a warning, silences it, or makes it an error, as `--warn-error` and `--warn-error-options` say.
    ///
    /// # Errors
    /// Warnings of this name are errors in this run.
    pub fn warn(&self, event: Event) -> Result<()> {
        effects::note();
        let Some(open) = &self.open else { return Ok(()) };
        match open.config.warn.judge(&event) {
            Verdict::Error => Err(Error::compilation(event.message)),
            Verdict::Silence | Verdict::Warn => {
                self.emit(event);
                Ok(())
            }
        }
    }

    /// Whether warnings called `name` are errors in this run.
    pub fn is_error(&self, name: &str) -> bool {
        self.open.as_ref().is_some_and(|open| open.config.warn.is_error(name))
    }

    /// Colours and width of lines.
    pub fn paint(&self) -> Paint {
        self.open.as_ref().map(|open| open.config.paint).unwrap_or_default()
    }

    /// Gathers what the console is to show until [`Events::release_console`], for many lines at once: each would be a call to
    /// the system.
    pub fn hold_console(&self) {
        if let Some(open) = &self.open {
            open.console.hold();
        }
    }

    /// Shows what was kept back.
    pub fn release_console(&self) {
        if let Some(open) = &self.open {
            open.console.release();
        }
    }

    /// From here on events belong to a step of `--for`, or to none.
    pub fn set_step(&self, step: Option<StepTag>) {
        if let Some(open) = &self.open {
            *open.step.write().unwrap_or_else(PoisonError::into_inner) = step;
        }
    }

    /// Shows a progress bar for `total` nodes, if a person watches.
    pub fn start_progress(&self, total: usize) {
        if let Some(open) = self.open.as_ref().filter(|open| open.config.progress) {
            open.console.start_progress(total as u64);
        }
    }

    /// Moves the progress bar on by one node.
    pub fn advance(&self, message: &str) {
        if let Some(open) = self.open.as_ref().filter(|open| open.config.progress) {
            let step = open.step.read().unwrap_or_else(PoisonError::into_inner);
            open.console.advance(match &*step {
                Some(step) => format!("{} {}  {message}", step.place, step.label),
                None => message.to_owned(),
            });
        }
    }

    /// Takes the progress bar away.
    pub fn end_progress(&self) {
        if let Some(open) = &self.open {
            open.console.end_progress();
        }
    }

    /// Writes what is buffered to the log file.
    pub fn flush(&self) {
        if let Some(open) = &self.open
            && let Some(file) = open.file.lock().unwrap_or_else(PoisonError::into_inner).as_mut()
        {
            let _ = file.flush();
        }
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.flush();
    }
}

impl Open {
    fn warn(&self, event: &Event) -> Result<()> {
        match self.config.warn.judge(event) {
            Verdict::Error => return Err(Error::compilation(event.message.clone())),
            Verdict::Silence => {}
            Verdict::Warn => self.write(event),
        }
        Ok(())
    }

    fn scrub(&self, text: String) -> String {
        self.secrets.read().unwrap_or_else(PoisonError::into_inner).scrub(text)
    }

    fn write(&self, event: &Event) {
        let now = Utc::now();
        let step = self.step.read().unwrap_or_else(PoisonError::into_inner);
        self.write_to_stream(event, now, step.as_ref());
        if let Some(sink) = &self.config.console
            && (event.level >= sink.level || format::is_print(event))
        {
            self.console.write_line(&self.scrub(format::line(event, now, sink, &self.config, step.as_ref())));
        }
        if let Some(sink) = &self.config.file
            && (event.level >= sink.level || format::is_print(event))
            && !CLEANING.contains(&event.code)
        {
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            let line = self.scrub(format::line(event, now, sink, &self.config, step.as_ref()));
            // A full disk must not end the run for want of a log: from here on nothing is logged.
            if file.as_mut().is_some_and(|file| file.write_line(&line, event.level >= Level::Warn).is_err()) {
                *file = None;
            }
        }
    }

    /// Whoever reads the stream wants to know at once. A reader that has gone away is no error.
    fn write_to_stream(&self, event: &Event, now: DateTime<Utc>, step: Option<&StepTag>) {
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = stream.as_mut() {
            let line = self.scrub(format::stream_line(event, now, &self.config, step));
            if file.write_all(format!("{line}\n").as_bytes()).is_err() {
                *stream = None;
            }
        }
    }
}
