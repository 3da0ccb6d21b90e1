//! Warnings of the parser in dbt's words. In this version of dbt each of them is an error under `--warn-error`.

use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Error, Result};
use crate::events::deprecations::{named, wrap};
use crate::events::paint::Paint;
use crate::events::{Event, Events, Level};

/// Warnings that dbt never keeps back.
const IMMEDIATE: [&str; 3] = ["FreshnessConfigProblem", "Note", "SpacesInResourceNameDeprecation"];

/// Says what the parser finds odd.
#[derive(Debug)]
pub struct Warnings {
    events: Arc<Events>,
    /// What is kept back until the end; none where nothing is.
    kept: Option<Mutex<Vec<Event>>>,
}

impl Warnings {
    /// Warnings go to `events`: each at once, or with `grouped` (`enable_grouped_warn_error_parser_logs`) all of them when
    /// the project is read.
    pub fn new(events: Arc<Events>, grouped: bool) -> Self {
        Warnings { events, kept: grouped.then(Mutex::default) }
    }

    /// Says what was kept back.
    ///
    /// # Errors
    /// Warnings that are errors in this run, all in one.
    pub fn say_kept(&self) -> Result<()> {
        let Some(kept) = &self.kept else { return Ok(()) };
        let kept = std::mem::take(&mut *kept.lock().unwrap_or_else(PoisonError::into_inner));
        let errors: Vec<String> =
            kept.into_iter().filter_map(|event| self.events.warn(event).err()).map(|error| error.message).collect();
        if errors.is_empty() { Ok(()) } else { Err(Error::compilation(errors.join("\n"))) }
    }

    /// Whether warnings are kept back until the project is read.
    pub fn are_kept(&self) -> bool {
        self.kept.is_some()
    }

    fn say(&self, event: Event) -> Result<()> {
        match &self.kept {
            Some(kept) if !IMMEDIATE.contains(&event.name) => {
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(event);
                Ok(())
            }
            _ => self.events.warn(event),
        }
    }

    /// Says `message` as the warning `name`.
    ///
    /// # Errors
    /// Warnings of this name are errors in this run.
    pub fn warn(&self, name: &'static str, code: &'static str, message: &str) -> Result<()> {
        let text = self.events.paint().warning_tag(message);
        self.say(Event::new(name, code, Level::Warn, text).with("msg", message))
    }

    /// As [`Warnings::warn`], with lines no longer than `--printer-width`.
    ///
    /// # Errors
    /// As [`Warnings::warn`].
    pub fn warn_wrapped(&self, name: &'static str, code: &'static str, message: &str) -> Result<()> {
        let paint = self.events.paint();
        let text = wrap(&paint.warning_tag(message), paint.width);
        self.say(Event::new(name, code, Level::Warn, text).with("msg", message))
    }

    /// Says something only the log file is told.
    pub fn debug(&self, name: &'static str, code: &'static str, message: &str) {
        self.events.emit(Event::new(name, code, Level::Debug, format!("[WARNING]: {message}")).with("msg", message));
    }

    /// Says a deprecation whose text names its event.
    ///
    /// # Errors
    /// Deprecations of this name are errors in this run.
    pub fn deprecation(&self, name: &'static str, code: &'static str, description: &str) -> Result<()> {
        self.deprecated(named(self.events.paint(), name, code, description))
    }

    /// Says a deprecation whose text is made.
    ///
    /// # Errors
    /// Deprecations of this name are errors in this run.
    pub fn deprecated(&self, event: Event) -> Result<()> {
        self.events.deprecation(event)
    }

    /// Colours and width of lines.
    pub fn paint(&self) -> Paint {
        self.events.paint()
    }
}
