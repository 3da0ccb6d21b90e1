//! Keeps what is said during some work, so that it can be said again by a command that is spared the work.

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Map as JsonMap, Value as Json};

use super::{Event, Events, Held, Level};

/// Something that was said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    name: String,
    code: String,
    level: Level,
    message: String,
    data: JsonMap<String, Json>,
    /// For a deprecation what it is one of.
    deprecation_of: Option<String>,
}

impl Recorded {
    fn new(event: &Event, deprecation_of: Option<&str>) -> Recorded {
        Recorded {
            name: event.name.to_owned(),
            code: event.code.to_owned(),
            level: event.level,
            message: event.message.clone(),
            data: event.data.clone(),
            deprecation_of: deprecation_of.map(str::to_owned),
        }
    }
}

impl From<Recorded> for Held {
    fn from(recorded: Recorded) -> Held {
        // Names of events are constants of the program; a command says a few recorded events at most once.
        let event = Event {
            name: recorded.name.leak(),
            code: recorded.code.leak(),
            level: recorded.level,
            message: recorded.message,
            data: recorded.data,
        };
        match recorded.deprecation_of {
            Some(of) => Held::Deprecation(event, of),
            None => Held::Event(event),
        }
    }
}

/// What is recorded, while anything is.
#[derive(Debug, Default)]
pub(super) struct Recorder(Mutex<Option<Vec<Recorded>>>);

impl Recorder {
    pub(super) fn note(&self, event: &Event, deprecation_of: Option<&str>) {
        if let Some(recorded) = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            recorded.push(Recorded::new(event, deprecation_of));
        }
    }

    fn replace(&self, by: Option<Vec<Recorded>>) -> Option<Vec<Recorded>> {
        std::mem::replace(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner), by)
    }
}

impl Events {
    /// From here on what is said is recorded, silenced warnings too.
    pub fn record(&self) {
        if let Some(open) = &self.open {
            open.recorder.replace(Some(Vec::new()));
        }
    }

    /// What was said since [`Events::record`]; none if a secret is in it, which belongs into no file.
    pub fn recorded(&self) -> Option<Vec<Recorded>> {
        let Some(open) = &self.open else { return Some(Vec::new()) };
        let recorded = open.recorder.replace(None).unwrap_or_default();
        let shown = format!("{recorded:?}");
        (recorded.is_empty() || open.scrub(shown.clone()) == shown).then_some(recorded)
    }

    /// What decides how the same event is worded and whether it is an error: where two commands agree in it, one may say again
    /// what the other said.
    pub fn manner(&self) -> String {
        let Some(open) = &self.open else { return String::new() };
        format!("{:?} {:?} {}", open.config.paint, open.config.warn, self.carry_data())
    }
}
