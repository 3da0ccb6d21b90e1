//! Holding events back while work is done on all cores, so that they can be sent in the order in which one core would have.

use std::cell::RefCell;

use super::Event;

thread_local! {
    static HELD: RefCell<Option<Vec<Event>>> = const { RefCell::new(None) };
}

/// What `work` gives, and the events that it sent on this thread, which nobody has seen yet.
pub fn hold<T>(work: impl FnOnce() -> T) -> (T, Vec<Event>) {
    let before = HELD.replace(Some(Vec::new()));
    let done = work();
    (done, HELD.replace(before).unwrap_or_default())
}

/// Keeps an event if events are held on this thread, or gives it back.
pub(super) fn keep(event: Event) -> Option<Event> {
    HELD.with_borrow_mut(|held| match held {
        Some(held) => {
            held.push(event);
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
