//! A plain program that sends statements to DuckDB: what rdbt is measured beside. It opens a database, as any program that
//! links the library must, and does nothing else.
//!
//! `plain DATABASE JOB [THREADS]`: the job is a JSON file with the statements of `before`, of `nodes` and of `after`. The
//! nodes are shared out over as many connections as threads, in their order; each waits for its `parents`, which are numbers
//! of earlier nodes.

use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use duckdb::Connection;

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Job {
    before: Vec<String>,
    nodes: Vec<Node>,
    after: Vec<String>,
}

#[derive(serde::Deserialize)]
struct Node {
    statements: Vec<String>,
    parents: Vec<usize>,
}

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [database, job, rest @ ..] = arguments.as_slice() else {
        return Err("usage: plain DATABASE JOB [THREADS]".into());
    };
    let threads = rest.first().map_or(Ok(1), |threads| threads.parse())?;
    let job: Job = serde_json::from_slice(&std::fs::read(job)?)?;
    let connection = Connection::open(database)?;
    send(&connection, &job.before)?;
    run_nodes(&connection, &job.nodes, threads)?;
    send(&connection, &job.after)
}

fn send(connection: &Connection, statements: &[String]) -> Result<(), Failure> {
    for statement in statements {
        connection.execute_batch(statement).map_err(|error| format!("{error}\n{statement}"))?;
    }
    Ok(())
}

/// Takes the nodes in their order, on `threads` connections. A parent comes before its child, so that none waits for a node
/// that no thread has.
fn run_nodes(connection: &Connection, nodes: &[Node], threads: usize) -> Result<(), Failure> {
    let (next, done, changed) = (AtomicUsize::new(0), Mutex::new(vec![false; nodes.len()]), Condvar::new());
    let work = |connection: Connection| {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(node) = nodes.get(number) else { return Ok::<(), Failure>(()) };
            let ready = done.lock().unwrap_or_else(PoisonError::into_inner);
            let waits = |done: &mut Vec<bool>| node.parents.iter().any(|parent| !done[*parent]);
            drop(changed.wait_while(ready, waits).unwrap_or_else(PoisonError::into_inner));
            let sent = send(&connection, &node.statements);
            done.lock().unwrap_or_else(PoisonError::into_inner)[number] = true;
            changed.notify_all();
            sent?;
        }
    };
    std::thread::scope(|scope| {
        let mut handles = Vec::new();
        for _ in 0..threads {
            let own = connection.try_clone()?;
            handles.push(scope.spawn(|| work(own)));
        }
        handles.into_iter().try_for_each(|handle| handle.join().map_err(|_| "a thread stopped")?)
    })
}
