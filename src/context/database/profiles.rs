//! `--profile-nodes`: what the engine tells of the statements of a run, by the connection that sent them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::adapter::locked;
use crate::adapter::{Connection, StatementProfile};

/// A statement with the connection that sent it: for a node's own, the node's unique id.
#[derive(Debug, Clone)]
pub struct SentStatement {
    /// The connection's name.
    pub connection: String,
    /// The statement.
    pub profile: StatementProfile,
}

/// The statements of a run; off unless asked for, and then connections that are open already stay as they are.
#[derive(Debug, Default)]
pub struct Profiles {
    on: AtomicBool,
    sent: Mutex<Vec<SentStatement>>,
}

impl Profiles {
    /// Begins anew, with nothing gathered.
    pub fn start(&self) {
        locked(&self.sent).clear();
        self.on.store(true, Ordering::Relaxed);
    }

    /// Ends, and gives what was gathered, in the order in which the statements ended.
    pub fn finish(&self) -> Vec<SentStatement> {
        self.on.store(false, Ordering::Relaxed);
        std::mem::take(&mut *locked(&self.sent))
    }

    /// Whether statements are profiled.
    pub(super) fn are_wanted(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    /// Takes over what a connection has done.
    pub(super) fn take(&self, name: &str, connection: &mut dyn Connection) {
        let done = connection.take_profiles().into_iter();
        let done = done.map(|profile| SentStatement { connection: name.to_owned(), profile });
        locked(&self.sent).extend(done);
    }
}
