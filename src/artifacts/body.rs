//! The `manifest.json` of a project that is as it was differs from the one before in its metadata, and where nodes were compiled
//! in these. What is the same is copied by the system: putting it into words again takes longer than all else that `ls` does.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::file::Writer;
use super::replace;

/// Beside the manifest: what was written last, and what the file was like then.
const FILE_NAME: &str = "rdbt_manifest.written";
/// Version of that file.
const FORMAT: &str = "rdbt-written 2";

/// Where the parts of a manifest lie in its file, which ends with the last of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// Whether no node has compiled code: then all that follows the metadata is as parsing left it.
    pub plain: bool,
    /// Where the metadata ends.
    pub start: u64,
    /// What stands between the nodes and the maps; nothing in it comes from compiling.
    pub resources: Range<u64>,
}

/// The manifest that was written before.
pub(super) struct Body {
    file: File,
    pub layout: Layout,
    length: u64,
}

impl Body {
    /// The manifest at `path`, if it is what rdbt wrote there last and it holds `content`.
    pub(super) fn find(path: &Path, content: &str) -> Option<Body> {
        let noted = fs::read_to_string(note(path)).ok()?;
        let (rest, places) = noted.strip_suffix('\n')?.rsplit_once(' ')?;
        let file = File::open(path).ok()?;
        let same = rest == format!("{FORMAT} {content} {}", stamp(&file)?);
        let length = file.metadata().ok()?.len();
        let layout = Layout::read(places).filter(|layout| same && layout.resources.end <= length)?;
        Some(Body { file, layout, length })
    }

    /// Copies all that follows the metadata to the end of `to`; gives the layout of what is there then.
    pub(super) fn copy_to(mut self, to: &mut Writer) -> io::Result<Layout> {
        let (before, start) = (self.layout.clone(), to.stream_position()?);
        self.copy(before.start..self.length, to)?;
        let moved = |place: u64| place - before.start + start;
        Ok(Layout { start, resources: moved(before.resources.start)..moved(before.resources.end), ..before })
    }

    /// Copies what stands between the nodes and the maps to the end of `to`.
    pub(super) fn copy_resources_to(&mut self, to: &mut Writer) -> io::Result<()> {
        self.copy(self.layout.resources.clone(), to)
    }

    /// Copies a part, whole or not at all: somebody may cut the file meanwhile.
    fn copy(&mut self, part: Range<u64>, to: &mut Writer) -> io::Result<()> {
        to.flush()?;
        self.file.seek(SeekFrom::Start(part.start))?;
        let length = part.end - part.start;
        let copied = io::copy(&mut (&self.file).take(length), to.get_mut().as_file_mut())?;
        let whole = copied == length;
        if whole { Ok(()) } else { Err(io::Error::other("the file that is there changed while it was read")) }
    }
}

impl Layout {
    fn words(&self) -> String {
        let Layout { plain, start, resources } = self;
        format!("{}:{start}:{}:{}", u8::from(*plain), resources.start, resources.end)
    }

    fn read(words: &str) -> Option<Layout> {
        let numbers: Option<Vec<u64>> = words.split(':').map(|word| word.parse().ok()).collect();
        let &[plain, start, from, to] = numbers?.as_slice() else { return None };
        (start <= from && from <= to).then_some(Layout { plain: plain == 1, start, resources: from..to })
    }
}

/// What tells the file that was written to, once all of it is there, from any other that will be in its place.
pub(super) fn stamp_of(written: &mut Writer) -> io::Result<Option<String>> {
    written.flush()?;
    Ok(stamp(written.get_ref().as_file()))
}

/// Notes that the manifest at `path`, if it has this stamp, holds `content` in this layout. It is a convenience: where it cannot
/// be written, the next command does without.
pub(super) fn remember(path: &Path, content: &str, stamp: &str, layout: &Layout) {
    drop(replace(&note(path), |file| writeln!(file, "{FORMAT} {content} {stamp} {}", layout.words())));
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
