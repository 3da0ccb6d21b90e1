//! Holding events back while work is done on all cores, so that they can be sent in the order in which one core would have.

use std::cell::RefCell;

use super::{Event, Events};

thread_local! {
    static HELD: RefCell<Option<Vec<Held>>> = const { RefCell::new(None) };
}

/// Something that was said and is held back.
#[derive(Debug)]
pub enum Held {
    /// An event as it is.
    Event(Event),
    /// A deprecation, of which only the first in order is shown; and what it is one of.
    Deprecation(Event, String),
}

/// What `work` gives, and the events that it sent on this thread, which nobody has seen yet.
pub fn hold<T>(work: impl FnOnce() -> T) -> (T, Vec<Held>) {
    let before = HELD.replace(Some(Vec::new()));
    let done = work();
    (done, HELD.replace(before).unwrap_or_default())
}

/// The results of work that was done on several threads with [`hold`]; before each, what was said on the way to it is sent.
pub fn in_order<T>(events: &Events, done: Vec<(T, Vec<Held>)>) -> impl Iterator<Item = T> {
    done.into_iter().map(|done| say(events, done))
}

/// The result of work that was done with [`hold`]; what was said on the way to it is sent.
pub fn say<T>(events: &Events, (result, held): (T, Vec<Held>)) -> T {
    for said in held {
        match said {
            Held::Event(event) => events.emit(event),
            // Where deprecations of its name are errors it was one where it was met, and is not held.
            Held::Deprecation(event, of) => drop(events.deprecation_of(event, &of)),
        }
    }
    result
}

/// Keeps an event if events are held on this thread, or gives it back.
pub(super) fn keep(event: Event) -> Option<Event> {
    keep_as(event, Held::Event)
}

/// As [`keep`], for a deprecation.
pub(super) fn keep_deprecation(event: Event, of: &str) -> Option<Event> {
    keep_as(event, |event| Held::Deprecation(event, of.to_owned()))
}

fn keep_as(event: Event, kind: impl FnOnce(Event) -> Held) -> Option<Event> {
    HELD.with_borrow_mut(|held| match held {
        Some(held) => {
            held.push(kind(event));
            None
        }
        None => Some(event),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::Level;

    #[test]
    fn holds_what_is_sent_while_it_works() {
        let event = || Event::new("Note", "Z050", Level::Info, "text".to_owned());
        let (kept, events) = hold(|| keep(event()).is_none());
        assert!(kept && events.len() == 1);
        assert!(keep(event()).is_some());
    }
}
