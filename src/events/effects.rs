//! Counts what the present thread did that reaches beyond its result: events that were sent, dice that were rolled.
//! Who remembers results asks whether doing without the work would be noticed.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// Whether anything in this process was left to chance.
static CHANCE: AtomicBool = AtomicBool::new(false);

/// Notes that a result was left to chance.
pub fn roll() {
    CHANCE.store(true, Ordering::Relaxed);
    note();
}

/// Whether any result of this process so far was left to chance.
pub fn were_rolled() -> bool {
    CHANCE.load(Ordering::Relaxed)
}

/// Notes one effect.
pub fn note() {
    COUNT.set(COUNT.get().wrapping_add(1));
}

/// Effects of this thread so far.
pub fn count() -> u64 {
    COUNT.get()
}
