//! Replacing a file atomically: a temporary file in the same folder, then a rename.

use std::fs;
use std::io::{self, BufWriter};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::error::{Error, Result};

/// What is written through: a type of its own and no `dyn Write`, because JSON comes in many small pieces.
pub type Writer = BufWriter<NamedTempFile>;

/// Bytes that are gathered before the system is asked to write them.
const BUFFER: usize = 128 * 1024;

/// Replaces `path` by what `write` writes, making its folder if needed. Whoever reads meanwhile sees the old file.
///
/// # Errors
/// The folder or the file cannot be written; the old file is untouched then.
pub fn replace(path: &Path, write: impl FnOnce(&mut Writer) -> io::Result<()>) -> Result<()> {
    put(path, write).map_err(|error| unwritable(path, &error))
}

/// Makes a folder if need be and tries whether a file can be put into it.
///
/// # Errors
/// It cannot: the path is a file, or the system forbids it.
pub fn check_folder(folder: &Path) -> Result<()> {
    let tried = fs::create_dir_all(folder).and_then(|()| tempfile::Builder::new().prefix(".rdbt-").tempfile_in(folder));
    tried.map(drop).map_err(|error| unwritable(folder, &error))
}

/// Says that a file could not be written, and why.
pub fn unwritable(path: &Path, error: &io::Error) -> Error {
    Error::runtime(format!("Could not write `{}`: {error}.", path.display()))
        .hint("Check that the folder exists, is writable and has space left, or choose another with --target-path.")
}

fn put(path: &Path, write: impl FnOnce(&mut Writer) -> io::Result<()>) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let temporary = readable(&mut tempfile::Builder::new()).prefix(".rdbt-").tempfile_in(folder)?;
    let mut writer = BufWriter::with_capacity(BUFFER, temporary);
    write(&mut writer)?;
    let temporary = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
    temporary.persist(path).map(|_| ()).map_err(|error| error.error)
}

/// Temporary files are private by default; artifacts are as readable as the user's other files.
#[cfg(unix)]
fn readable<'a, 'b>(builder: &'a mut tempfile::Builder<'b, 'b>) -> &'a mut tempfile::Builder<'b, 'b> {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(fs::Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn readable<'a, 'b>(builder: &'a mut tempfile::Builder<'b, 'b>) -> &'a mut tempfile::Builder<'b, 'b> {
    builder
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn keeps_the_old_file_when_writing_fails() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("target/a.json");
        let text = |text: &'static str| move |writer: &mut Writer| writer.write_all(text.as_bytes());
        assert!(replace(&path, text("old")).is_ok());
        assert!(replace(&path, |_| Err(io::Error::other("no space"))).is_err());
        assert_eq!(fs::read_to_string(&path)?, "old");
        assert!(replace(&path, text("new")).is_ok());
        assert_eq!(fs::read_to_string(&path)?, "new");
        assert_eq!(fs::read_dir(folder.path().join("target"))?.count(), 1);
        Ok(())
    }
}
