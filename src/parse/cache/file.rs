//! The file of the cache: a line with version, fingerprint and checksum, then the renders as JSON. It is replaced as a
//! whole, so that commands side by side read the old one or the new one, and is trusted only if the checksum fits.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use super::Render;
use super::fingerprint::digest;

/// Name and version of the format.
const FORMAT: &str = "rdbt-renders 1";

/// The renders in the file; none if there is no such file, or it is not of this fingerprint, or not whole.
pub fn read(path: &Path, fingerprint: &str) -> Option<HashMap<String, Vec<Render>>> {
    let bytes = fs::read(path).ok()?;
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (header, body) = (&bytes[..end], &bytes[end + 1..]);
    if header != head(fingerprint, body).as_bytes() {
        return None;
    }
    serde_json::from_slice(body).ok()
}

/// Replaces the file.
///
/// # Errors
/// The folder cannot be made or written to.
pub fn write(path: &Path, fingerprint: &str, renders: &HashMap<String, Vec<Render>>) -> io::Result<()> {
    let body = serde_json::to_vec(renders).map_err(io::Error::from)?;
    replace(path, |file| {
        writeln!(file, "{}", head(fingerprint, &body))?;
        file.write_all(&body)
    })
}

/// Replaces a file by what `write` writes.
///
/// # Errors
/// The folder cannot be made or written to.
pub fn replace(path: &Path, write: impl FnOnce(&mut NamedTempFile) -> io::Result<()>) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut temporary = tempfile::Builder::new().prefix(".rdbt-").tempfile_in(folder)?;
    write(&mut temporary)?;
    temporary.persist(path).map(drop).map_err(|error| error.error)
}

fn head(fingerprint: &str, body: &[u8]) -> String {
    format!("{FORMAT} {fingerprint} {}", digest(&[body]))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::context::Captured;

    #[test]
    fn a_file_that_is_not_whole_is_left_aside() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("target/cache");
        let captured = Captured { sources: vec![["s".to_owned(), "t".to_owned()]], ..Captured::default() };
        let render = Render { vars: BTreeMap::from([("x".to_owned(), None)]), env: BTreeMap::new(), captured };
        write(&path, "f", &HashMap::from([("k".to_owned(), vec![render])]))?;
        let sources = |fingerprint: &str| Some(read(&path, fingerprint)?["k"][0].captured.sources.clone());
        assert_eq!(sources("f"), Some(vec![["s".to_owned(), "t".to_owned()]]));
        assert_eq!(sources("g"), None);
        let mut bytes = fs::read(&path)?;
        let last = bytes.len() - 8;
        bytes[last] ^= 1;
        fs::write(&path, &bytes)?;
        assert_eq!(sources("f"), None);
        fs::write(&path, &bytes[..last])?;
        assert_eq!(sources("f"), None);
        fs::remove_file(&path)?;
        assert_eq!(sources("f"), None);
        Ok(())
    }
}
