//! How many threads work: a batch may have one of its own while fewer do than the run is given.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The threads of a run.
#[derive(Debug)]
pub(in crate::run) struct Slots {
    busy: AtomicUsize,
    limit: usize,
}

/// A thread at work, until it is dropped.
#[derive(Debug)]
pub(in crate::run) struct Slot<'a>(&'a Slots);

impl Slots {
    /// For a run on `limit` threads.
    pub fn new(limit: usize) -> Slots {
        Slots { busy: AtomicUsize::new(0), limit }
    }

    /// A worker takes up a node.
    pub fn enter(&self) -> Slot<'_> {
        self.busy.fetch_add(1, Ordering::SeqCst);
        Slot(self)
    }

    /// A place for one more thread, if there is one.
    pub fn take(&self) -> Option<Slot<'_>> {
        let more = |busy: usize| (busy < self.limit).then_some(busy + 1);
        let taken = self.busy.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).is_ok();
        // Not `then_some`: a slot that was never taken must not be made, for dropping it gives one back.
        taken.then(|| Slot(self))
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_gets_a_thread_only_while_one_is_left() {
        let slots = Slots::new(2);
        let node = slots.enter();
        let batch = slots.take();
        assert!(batch.is_some());
        // A refusal gives nothing back: it is refused again.
        assert!(slots.take().is_none());
        assert!(slots.take().is_none());
        drop(node);
        assert!(slots.take().is_some());
    }
}
