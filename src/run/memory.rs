//! How many nodes may run at a time while memory is short. DuckDB shares its memory among all of them, so a node that finds
//! too little may do well when fewer run beside it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::adapter::{Connection, Table};
use crate::context::database::Adapter;

/// How often DuckDB is asked what it holds.
const BETWEEN: Duration = Duration::from_millis(200);
/// From which part of the limit on no further node is started beside others. The rest is room for those to grow.
const FULL: f64 = 0.75;

/// What DuckDB holds that it cannot give back by reading it again: not the pages of tables and files.
const HELD: &str = "select coalesce(sum(memory_usage_bytes), 0)::bigint from duckdb_memory() \
                    where tag not in ('BASE_TABLE', 'METADATA', 'EXTERNAL_FILE_CACHE', 'PARQUET_READER')";
const LIMIT: &str = "select value from duckdb_settings() where name = 'memory_limit'";

/// The number of nodes that run at a time, lowered when memory ran out and raised again as nodes succeed.
pub(super) struct Throttle {
    adapter: Arc<Adapter>,
    most: usize,
    state: Mutex<State>,
}

struct State {
    limit: usize,
    successes: usize,
    gauge: Option<Gauge>,
    asked: Instant,
    short: bool,
}

struct Gauge {
    connection: Box<dyn Connection>,
    limit: f64,
}

impl Throttle {
    /// For a run on `most` threads.
    pub fn new(adapter: Arc<Adapter>, most: usize) -> Throttle {
        let state = State { limit: most, successes: 0, gauge: None, asked: Instant::now(), short: false };
        Throttle { adapter, most, state: Mutex::new(state) }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Memory ran out while a node ran: gives how many may run at a time from now on.
    pub fn ran_out(&self) -> usize {
        let mut state = self.state();
        state.limit = (state.limit / 2).max(1);
        state.successes = 0;
        state.limit
    }

    /// A node succeeded: after as many as run at a time, one more may.
    pub fn went_well(&self) {
        let mut state = self.state();
        state.successes += 1;
        if state.successes >= state.limit * 2 && state.limit < self.most {
            state.limit += 1;
            state.successes = 0;
        }
    }

    /// Whether a node may start beside `working` others.
    pub fn admits(&self, working: usize) -> bool {
        if working == 0 {
            return true;
        }
        let mut state = self.state();
        working < state.limit && !self.is_short(&mut state)
    }

    fn is_short(&self, state: &mut State) -> bool {
        if state.asked.elapsed() < BETWEEN {
            return state.short;
        }
        state.asked = Instant::now();
        if state.gauge.is_none() {
            state.gauge = self.gauge();
        }
        // What cannot be measured does not hold nodes back.
        state.short = state.gauge.as_mut().is_some_and(|gauge| gauge.share().is_some_and(|share| share > FULL));
        state.short
    }

    fn gauge(&self) -> Option<Gauge> {
        let mut connection = self.adapter.engine().connect("memory").ok()?;
        let limit = bytes(&text(&mut *connection, LIMIT)?)?;
        Some(Gauge { connection, limit })
    }
}

impl Gauge {
    /// The part of the limit that is held.
    fn share(&mut self) -> Option<f64> {
        Some(text(&mut *self.connection, HELD)?.parse::<f64>().ok()? / self.limit)
    }
}

/// The only value of a query.
fn text(connection: &mut dyn Connection, sql: &str) -> Option<String> {
    let (_, rows) = connection.execute(sql, true).ok()?;
    let table = Table::from_arrow(&rows?, None).ok()?;
    (!table.is_empty()).then(|| table.cell(0, 0).to_string())
}

/// DuckDB's way to write a size, `18.8 GiB`, in bytes.
fn bytes(size: &str) -> Option<f64> {
    let (number, unit) = size.split_once(' ')?;
    let factor = match unit {
        "bytes" => 1.0,
        "KiB" => 1024.0,
        "MiB" => 1024.0 * 1024.0,
        "GiB" => 1024.0 * 1024.0 * 1024.0,
        "TiB" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    Some(number.parse::<f64>().ok()? * factor).filter(|bytes| *bytes > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_sizes_as_duckdb_writes_them() {
        assert_eq!(bytes("512 bytes"), Some(512.0));
        assert_eq!(bytes("1.5 KiB"), Some(1536.0));
        assert_eq!(bytes("18.8 GiB").map(f64::round), Some(20_186_346_291.0));
        assert_eq!(bytes("unlimited"), None);
    }
}
