//! Functions of Python that plugins make with `create_function`. DuckDB calls them by chunks of rows: the arguments go to the
//! process of the plugins in a Parquet file, the values come back in another.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::super::engine::lock;
use super::super::native::{Body, Database, Outcome, Rows, Session, Signature, Values};

/// Parts of type names that Parquet has no exact counterpart for: such values cross as text.
const AS_TEXT: [&str; 6] = ["HUGEINT", "INTERVAL", "TIME WITH TIME ZONE", "ENUM", "MAP", "UNION"];

/// Makes the values in the second file from the arguments in the first.
pub(super) type Call = Box<dyn Fn(&Path, &Path) -> Outcome<()> + Send + Sync>;

/// What one function needs to be called.
struct Exchange {
    signature: Signature,
    folder: PathBuf,
    /// Turns chunks into files and back, beside the project's database.
    workbench: Mutex<Workbench>,
    calls: AtomicUsize,
    call: Call,
}

struct Workbench {
    session: Session,
    /// The session's database.
    _database: Database,
}

/// Makes a function in `database` whose values `call` gives; files go to `folder`.
///
/// # Errors
/// DuckDB refuses the function.
pub(super) fn make(database: &Database, signature: Signature, folder: &Path, call: Call) -> Outcome<()> {
    let own = Database::open(":memory:", &[])?;
    let exchange = Exchange {
        signature: signature.clone(),
        folder: folder.to_owned(),
        workbench: Mutex::new(Workbench { session: own.session()?, _database: own }),
        calls: AtomicUsize::new(0),
        call,
    };
    let body: Body = Arc::new(move |rows, values| exchange.evaluate(rows, values));
    database.session()?.register(&signature, body)
}

impl Exchange {
    fn evaluate(&self, rows: &Rows, values: &mut Values) -> Outcome<()> {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let file = |what: &str| self.folder.join(format!("{}_{number}.{what}.parquet", self.signature.name));
        let (arguments, results) = (file("arguments"), file("results"));
        self.write(rows, &arguments)?;
        let done = (self.call)(&arguments, &results).and_then(|()| self.read(&results, values, rows.len()));
        for file in [arguments, results] {
            // The folder goes with the run; a file that stays until then does no harm.
            let _ = std::fs::remove_file(file);
        }
        done
    }

    fn write(&self, rows: &Rows, path: &Path) -> Outcome<()> {
        let workbench = lock(&self.workbench);
        let session = &workbench.session;
        let types = &self.signature.parameters;
        if types.is_empty() {
            session.query(&format!("create or replace table arguments as from range({}) as t(c0)", rows.len()))?;
        } else {
            let columns = types.iter().enumerate().map(|(index, kind)| format!("c{index} {kind}"));
            let columns = columns.collect::<Vec<_>>().join(", ");
            session.query(&format!("create or replace table arguments ({columns})"))?;
            session.append("arguments", rows)?;
        }
        let exported = types.iter().enumerate().map(|(index, kind)| exported(&format!("c{index}"), kind));
        let exported = exported.collect::<Vec<_>>().join(", ");
        let exported = if exported.is_empty() { "c0" } else { &exported };
        session.query(&format!("copy (select {exported} from arguments) to {} (format parquet)", literal(path)))?;
        Ok(())
    }

    fn read(&self, path: &Path, values: &mut Values, count: u64) -> Outcome<()> {
        let workbench = lock(&self.workbench);
        let kind = &self.signature.returns;
        let sql = format!("select cast(result as {kind}) from read_parquet({})", literal(path));
        workbench.session.query(&sql)?.write_to(values, count)
    }
}

/// A column as it crosses.
fn exported(name: &str, kind: &str) -> String {
    let kind = kind.replace("TIMESTAMP WITH TIME ZONE", "");
    match AS_TEXT.iter().any(|part| kind.contains(part)) {
        true => format!("cast({name} as varchar) as {name}"),
        false => name.to_owned(),
    }
}

fn literal(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', "''"))
}
