//! The `manifest.json` of a project that is as it was differs from the one before in its metadata only. What follows that is
//! copied by the system then: putting it into words again takes longer than all else that `ls` does.

use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::file::Writer;
use super::replace;

/// Beside the manifest: what was written last, and what the file was like then.
const FILE_NAME: &str = "rdbt_manifest.written";
/// Version of that file.
const FORMAT: &str = "rdbt-written 1";

/// The body of a manifest that was written before.
pub(super) struct Body {
    file: File,
    /// Where it begins.
    start: u64,
    /// How long the whole file is.
    length: u64,
}

impl Body {
    /// The body in the manifest at `path`, if that is what rdbt wrote there last and it holds `content`.
    pub(super) fn find(path: &Path, content: &str) -> Option<Body> {
        let noted = fs::read_to_string(note(path)).ok()?;
        let (rest, start) = noted.strip_suffix('\n')?.rsplit_once(' ')?;
        let file = File::open(path).ok()?;
        let same = rest == format!("{FORMAT} {content} {}", stamp(&file)?);
        let (start, length) = (start.parse().ok()?, file.metadata().ok()?.len());
        same.then_some(Body { file, start, length })
    }

    /// Copies it to the end of `to`, whole or not at all: somebody may cut the file meanwhile.
    pub(super) fn copy_to(mut self, to: &mut Writer) -> io::Result<()> {
        to.flush()?;
        self.file.seek(SeekFrom::Start(self.start))?;
        let copied = io::copy(&mut self.file, to.get_mut().as_file_mut())?;
        let whole = Some(copied) == self.length.checked_sub(self.start);
        if whole { Ok(()) } else { Err(io::Error::other("the file that is there changed while it was read")) }
    }
}

/// What tells the file that was written to, once all of it is there, from any other that will be in its place.
pub(super) fn stamp_of(written: &mut Writer) -> io::Result<Option<String>> {
    written.flush()?;
    Ok(stamp(written.get_ref().as_file()))
}

/// Notes that the manifest at `path`, if it has this stamp, holds `content`, with a body that begins at `start`. It is a
/// convenience: where it cannot be written, the next command does without.
pub(super) fn remember(path: &Path, content: &str, stamp: &str, start: usize) {
    drop(replace(&note(path), |file| writeln!(file, "{FORMAT} {content} {stamp} {start}")));
}

fn note(manifest: &Path) -> PathBuf {
    manifest.with_file_name(FILE_NAME)
}

/// What tells a file from one that another program has put in its place or written into.
#[cfg(unix)]
fn stamp(file: &File) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let found = file.metadata().ok()?;
    Some(format!("{}:{}:{}:{}:{}", found.dev(), found.ino(), found.len(), found.mtime(), found.mtime_nsec()))
}

/// Without a number of the file, size and time alone do not tell.
#[cfg(not(unix))]
fn stamp(_: &File) -> Option<String> {
    None
}
