//! `--profile-nodes`: DuckDB's own profile of each statement of a connection, as rdbt's figures.

use std::time::Instant;

use duckdb::Connection as RawConnection;
use duckdb::profiling::ProfilingInfo;

use crate::adapter::{AdapterError, Figures, Operator, StatementProfile};

use super::errors::from_crate;

/// What DuckDB is to measure, and nothing besides: each metric costs time in every statement. Without `ALL`, it would profile
/// queries only.
const SETTINGS: &str = "PRAGMA enable_profiling = 'no_output'; SET profiling_coverage = 'ALL'; \
     SET custom_profiling_settings = '{\"CPU_TIME\": \"true\", \"ROWS_RETURNED\": \"true\", \
     \"SYSTEM_PEAK_BUFFER_MEMORY\": \"true\", \
     \"SYSTEM_PEAK_TEMP_DIR_SIZE\": \"true\", \"TOTAL_BYTES_READ\": \"true\", \"TOTAL_BYTES_WRITTEN\": \"true\", \
     \"OPERATOR_NAME\": \"true\", \"OPERATOR_TIMING\": \"true\", \"OPERATOR_CARDINALITY\": \"true\", \
     \"OPERATOR_ROWS_SCANNED\": \"true\", \"RESULT_SET_SIZE\": \"true\", \"EXTRA_INFO\": \"true\"}'";

/// Operators that take in the rows that a statement adds or changes. Their own number of rows is that of the answer: one.
const WRITERS: [&str; 9] = [
    "INSERT",
    "BATCH_INSERT",
    "CREATE_TABLE_AS",
    "BATCH_CREATE_TABLE_AS",
    "COPY_TO_FILE",
    "BATCH_COPY_TO_FILE",
    "UPDATE",
    "MERGE_INTO",
    "DUCKLAKE_INSERT",
];

/// The profiles of a connection's statements.
#[derive(Debug, Default)]
pub(super) struct Profiler {
    done: Vec<StatementProfile>,
}

impl Profiler {
    /// Begins to profile a connection.
    ///
    /// # Errors
    /// DuckDB refuses the settings.
    pub fn start(raw: &RawConnection) -> Result<Profiler, AdapterError> {
        raw.execute_batch(SETTINGS).map_err(|error| from_crate(&error))?;
        Ok(Profiler::default())
    }

    /// Notes the statement that has just ended.
    pub fn note(&mut self, raw: &RawConnection, sql: &str, began: Instant, error: Option<&AdapterError>) {
        let seconds = began.elapsed().as_secs_f64();
        // After a failure, DuckDB has the figures of no statement, or of one before.
        let figures = if error.is_none() { raw.get_profiling_info().map(|info| figures(&info)) } else { None };
        let error = error.map(|error| error.message.clone());
        self.done.push(StatementProfile { sql: sql.to_owned(), began, seconds, figures, error });
    }

    /// What was noted since this was called last.
    pub fn take(&mut self) -> Vec<StatementProfile> {
        std::mem::take(&mut self.done)
    }
}

fn figures(info: &ProfilingInfo) -> Figures {
    let mut figures = Figures {
        cpu_seconds: seconds(info, "CPU_TIME"),
        rows_returned: count(info, "ROWS_RETURNED"),
        memory_peak: count(info, "SYSTEM_PEAK_BUFFER_MEMORY"),
        temporary_peak: count(info, "SYSTEM_PEAK_TEMP_DIR_SIZE"),
        bytes_read: count(info, "TOTAL_BYTES_READ"),
        bytes_written: count(info, "TOTAL_BYTES_WRITTEN"),
        operators: info.children.iter().map(operator).collect(),
        ..Figures::default()
    };
    let (mut scanned, mut written, mut deleted) = (0, 0, 0);
    for root in &figures.operators {
        root.walk(&mut |operator| {
            scanned += operator.scanned;
            let taken_in = operator.children.first().map_or(0, |child| child.rows);
            match operator.name.as_str() {
                _ if operator.stores => written += taken_in,
                "DELETE" => deleted += taken_in,
                _ => {}
            }
        });
    }
    (figures.rows_scanned, figures.rows_written, figures.rows_deleted) = (scanned, written, deleted);
    figures
}

fn operator(info: &ProfilingInfo) -> Operator {
    let text = |key: &str| info.metrics.get(key).cloned().unwrap_or_default();
    let (name, rows) = (text("OPERATOR_NAME").trim().to_owned(), count(info, "OPERATOR_CARDINALITY"));
    // Of files DuckDB counts what its readers have looked at, the same rows several times.
    let scanned = if name.starts_with("READ_") { rows } else { count(info, "OPERATOR_ROWS_SCANNED") };
    Operator {
        stores: WRITERS.contains(&name.as_str()),
        name,
        seconds: seconds(info, "OPERATOR_TIMING"),
        rows,
        scanned,
        bytes: count(info, "RESULT_SET_SIZE"),
        details: details(&text("EXTRA_INFO")),
        children: info.children.iter().map(operator).collect(),
    }
}

fn seconds(info: &ProfilingInfo, key: &str) -> f64 {
    info.metrics.get(key).and_then(|text| text.parse().ok()).filter(|number: &f64| number.is_finite()).unwrap_or(0.0)
}

fn count(info: &ProfilingInfo, key: &str) -> u64 {
    info.metrics.get(key).and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// The pairs of a map as DuckDB writes it: `{Table=memory.main.t, Filters='i=5'}`. A value with characters that mean
/// something stands in quotes, with a backslash before quotes and backslashes.
fn details(text: &str) -> Vec<(String, String)> {
    let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or_default();
    let (mut pairs, mut key, mut word) = (Vec::new(), None, String::new());
    let (mut quoted, mut letters) = (false, inner.chars().peekable());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if quoted => word.extend(letters.next()),
            '\'' => quoted = !quoted,
            '=' if !quoted && key.is_none() => key = Some(std::mem::take(&mut word)),
            ',' if !quoted && letters.peek() == Some(&' ') => {
                letters.next();
                pairs.extend(key.take().map(|key| (key, std::mem::take(&mut word))));
            }
            _ => word.push(letter),
        }
    }
    pairs.extend(key.map(|key| (key, word)));
    pairs.into_iter().filter(|(_, value)| !value.is_empty()).map(|(key, value)| (shown(&key), value)).collect()
}

/// DuckDB's own profiles show `__estimated_cardinality__` as `Estimated Cardinality`.
fn shown(key: &str) -> String {
    let Some(inner) = key.strip_prefix("__").and_then(|rest| rest.strip_suffix("__")) else { return key.to_owned() };
    let words = inner.split('_').map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profiled(statements: &[&str]) -> Vec<StatementProfile> {
        let raw = RawConnection::open_in_memory().unwrap();
        let mut profiler = Profiler::start(&raw).unwrap();
        for sql in statements {
            let began = Instant::now();
            let error = raw.execute_batch(sql).err().map(|error| from_crate(&error));
            profiler.note(&raw, sql, began, error.as_ref());
        }
        profiler.take()
    }

    #[test]
    fn tells_rows_read_written_and_deleted() {
        let all = profiled(&[
            "create table t as select range as i, range % 10 as k from range(5000)",
            "insert into t select i + 5000, k from t where k = 3",
            "update t set k = 11 where i < 7",
            "delete from t where k = 4",
            "select k from t",
        ]);
        let figures: Vec<&Figures> = all.iter().filter_map(|one| one.figures.as_ref()).collect();
        let counts: Vec<_> = figures.iter().map(|one| (one.rows_written, one.rows_deleted)).collect();
        assert_eq!(counts, [(5000, 0), (500, 0), (7, 0), (0, 499), (0, 0)]);
        assert_eq!(figures[1].rows_scanned, 5000);
        assert_eq!((figures[4].rows_returned, figures[4].rows_scanned), (5001, 5001));
        let scan = &figures[4].operators[0];
        assert_eq!((scan.name.as_str(), scan.rows, scan.scanned), ("SEQ_SCAN", 5001, 5001));
        assert_eq!(scan.detail("Table"), Some("memory.main.t"));
    }

    #[test]
    fn rows_of_a_file_count_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.csv");
        let all = profiled(&[
            &format!("copy (select range as i from range(5000)) to '{}'", file.display()),
            &format!("select count(*) from read_csv('{}')", file.display()),
        ]);
        let figures: Vec<_> = all.iter().filter_map(|one| one.figures.as_ref()).collect();
        assert_eq!((figures[0].rows_written, figures[1].rows_scanned), (5000, 5000));
    }

    #[test]
    fn a_merge_counts_what_it_is_given() {
        let all = profiled(&[
            "create table t as select range as i, 0 as k from range(100)",
            "merge into t using (select range + 50 as i from range(80)) as s on t.i = s.i \
             when matched then update set k = 1 when not matched then insert values (s.i, 2)",
        ]);
        let merged = all[1].figures.as_ref().unwrap();
        assert_eq!((merged.rows_written, merged.rows_deleted), (80, 0));
    }

    #[test]
    fn a_failure_has_its_message_and_no_figures() {
        let all = profiled(&["select 1", "select error('no')"]);
        assert!(all[0].figures.is_some() && all[0].error.is_none());
        assert!(all[1].figures.is_none());
        assert!(all[1].error.as_ref().is_some_and(|message| message.contains("no")));
    }

    #[test]
    fn reads_details_with_what_means_something_in_them() {
        let found =
            details(r"{Table=memory.main.t, Filters='s=\'a, b=c}\'', __order_by__=t.s ASC, Projections='', A=x=y}");
        let expected = [("Table", "memory.main.t"), ("Filters", "s='a, b=c}'"), ("Order By", "t.s ASC"), ("A", "x=y")];
        assert_eq!(found, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
        let all = profiled(&[
            "create table t as select unnest(['a', '~']) as s",
            "select * from t where s = 'it''s, \\ a=b' or s = '{'",
        ]);
        let plan = &all[1].figures.as_ref().unwrap().operators;
        let mut filters = Vec::new();
        plan[0].walk(&mut |one| filters.extend(one.detail("Filters").or(one.detail("Expression")).map(str::to_owned)));
        assert!(filters.iter().any(|text| text.contains(r"it''s, \ a=b")), "{plan:?}");
    }
}
