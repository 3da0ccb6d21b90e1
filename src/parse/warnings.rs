//! Warnings of the parser in dbt's words. In this version of dbt each of them is an error under `--warn-error`.

use std::sync::Arc;

use crate::error::Result;
use crate::events::deprecations::{named, wrap};
use crate::events::paint::Paint;
use crate::events::{Event, Events, Level};

/// Says what the parser finds odd.
#[derive(Debug)]
pub struct Warnings {
    events: Arc<Events>,
}

impl Warnings {
    /// Warnings go to `events`.
    pub fn new(events: Arc<Events>) -> Self {
        Warnings { events }
    }

    /// Says `message` as the warning `name`.
    ///
    /// # Errors
    /// Warnings of this name are errors in this run.
    pub fn warn(&self, name: &'static str, code: &'static str, message: &str) -> Result<()> {
        let text = self.events.paint().warning_tag(message);
        self.events.warn(Event::new(name, code, Level::Warn, text).with("msg", message))
    }

    /// As [`Warnings::warn`], with lines no longer than `--printer-width`.
    ///
    /// # Errors
    /// As [`Warnings::warn`].
    pub fn warn_wrapped(&self, name: &'static str, code: &'static str, message: &str) -> Result<()> {
        let paint = self.events.paint();
        let text = wrap(&paint.warning_tag(message), paint.width);
        self.events.warn(Event::new(name, code, Level::Warn, text).with("msg", message))
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
