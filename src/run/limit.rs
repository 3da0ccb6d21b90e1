//! The time limit of a node: the configuration `timeout`, in seconds. When it has passed, the node's statement is interrupted
//! and its Python process ended, and the node fails with a message that says so. dbt has no such limit.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::context::database::NodeConnection;
use crate::error::{Error, Result};
use crate::manifest::Node;

/// How long a statement may run that begins after the limit.
const AGAIN: Duration = Duration::from_millis(20);

/// The limit of a node, if it has one.
///
/// # Errors
/// The configuration is no number of seconds above zero.
pub(super) fn of(node: &Node) -> Result<Option<Duration>> {
    let Some(value) = node.config.get("timeout") else { return Ok(None) };
    let seconds = value.as_f64().filter(|seconds| *seconds > 0.0);
    match seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
        Some(limit) => Ok(Some(limit)),
        None => Err(Error::runtime(format!(
            "The configuration `timeout` of `{}` ({}) is {value}, which is no time.",
            node.unique_id, node.original_file_path
        ))
        .hint("Set it to a number of seconds above 0, as in `timeout: 60`.")),
    }
}

/// Does a node's work on its connection, and interrupts it when the limit of the node has passed.
///
/// # Errors
/// The work fails, or is stopped; the configuration is no time.
pub(super) fn within<T>(
    node: Option<&Node>,
    connection: &NodeConnection,
    work: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let Some((node, limit)) = node.map(|node| of(node).map(|limit| Some((node, limit?)))).transpose()?.flatten() else {
        return work();
    };
    let stopped = AtomicBool::new(false);
    let (done, end) = channel::<()>();
    let flag = &stopped;
    let result = std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut wait = limit;
            // The channel closes when the work is over.
            while end.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                flag.store(true, Ordering::SeqCst);
                connection.interrupt();
                wait = AGAIN;
            }
        });
        let result = work();
        drop(done);
        result
    });
    match result {
        Err(_) if stopped.load(Ordering::SeqCst) => Err(Error::runtime(format!(
            "It was stopped, for it took longer than its `timeout` of {} seconds.",
            limit.as_secs_f64()
        ))
        .hint(format!(
            "Find out why it takes that long, or raise `timeout` in the configuration of `{}`.",
            node.unique_id
        ))),
        result => result,
    }
}
