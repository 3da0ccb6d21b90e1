//! Counts what the present thread did that reaches beyond its result: events that were sent, dice that were rolled.
//! Who remembers results asks whether doing without the work would be noticed.

use std::cell::Cell;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// Notes one effect.
pub fn note() {
    COUNT.set(COUNT.get().wrapping_add(1));
}

/// Effects of this thread so far.
pub fn count() -> u64 {
    COUNT.get()
}
