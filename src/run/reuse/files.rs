//! What is in a file, as one short text. Content decides, not size and time: an edit within the clock's grain, a checkout or
//! a copy that keeps the time would go unnoticed, and reading a file costs a fraction of what loading it does.

use std::fs::File;
use std::path::Path;

use crate::adapter::Table;
use crate::context::database::NodeConnection;

use super::reads::WrittenName;

/// The content of a file; none if it cannot be read.
pub fn digest(path: &Path) -> Option<String> {
    // A pipe gives its content once.
    if !path.metadata().ok()?.is_file() {
        return None;
    }
    let mut hasher = blake3::Hasher::new();
    std::io::copy(&mut File::open(path).ok()?, &mut hasher).ok()?;
    Some(hasher.finalize().to_hex().to_string())
}

/// The same for what stands where a table could: a bare name may be that of a file.
///
/// # Errors
/// As for [`digest_all`].
pub fn digest_table(connection: &NodeConnection, written: &WrittenName) -> Result<String, String> {
    if written.schema.is_empty() {
        return digest_all(connection, &written.name);
    }
    Err(format!("reads `{}.{}`, which does not exist", written.schema, written.name))
}

/// The content of everything that DuckDB reads under a name or pattern: paths and digests, in order.
///
/// # Errors
/// Why that cannot be known: a phrase that goes on from "it".
pub fn digest_all(connection: &NodeConnection, pattern: &str) -> Result<String, String> {
    if pattern.contains("://") || pattern.contains(":/") {
        return Err(format!("reads `{pattern}`, which is not on this machine"));
    }
    let asked = format!("select file from glob('{}') order by file", pattern.replace('\'', "''"));
    let found: Table =
        connection.query_plainly(&asked).map_err(|_| format!("reads `{pattern}`, which rdbt cannot list"))?;
    let mut hasher = blake3::Hasher::new();
    for row in 0..found.len() {
        let path = found.cell(row, 0).to_string();
        let content = digest(Path::new(&path)).ok_or_else(|| format!("reads `{path}`, which rdbt cannot read"))?;
        hasher.update(path.as_bytes());
        hasher.update(content.as_bytes());
    }
    match found.is_empty() {
        true => Err(format!("reads `{pattern}`, where there is no file")),
        false => Ok(hasher.finalize().to_hex().to_string()),
    }
}
