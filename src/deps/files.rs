//! Folders of packages on disk: moved, linked, copied, and put in the place of the ones before in one step.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use tempfile::TempDir;

use super::say;
use crate::error::{Error, Result};
use crate::events::Events;

/// A folder that is filled beside the folder of packages and takes its place when it is complete. Until then, and if
/// anything fails, the packages of before stay as they are.
pub struct Stage {
    target: PathBuf,
    beside: TempDir,
}

impl Stage {
    /// Begins a folder that is to become `target`.
    ///
    /// # Errors
    /// The folder around it cannot be written.
    pub fn begin(target: &Path) -> Result<Stage> {
        // Behind a link the folder itself is replaced, not the link.
        let target = fs::canonicalize(target).unwrap_or_else(|_| target.to_owned());
        let around = target.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(around).map_err(|cause| error("made", around, &cause))?;
        let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let beside = tempfile::Builder::new()
            .prefix(&format!(".{name}-"))
            .tempdir_in(around)
            .map_err(|cause| error("written", around, &cause))?;
        let stage = Stage { target, beside };
        make_empty(&stage.folder())?;
        Ok(stage)
    }

    /// The folder to fill.
    pub fn folder(&self) -> PathBuf {
        self.beside.path().join("new")
    }

    /// Puts the folder in the place of the one before.
    ///
    /// # Errors
    /// The disk refuses; then the one before is there again.
    pub fn commit(self) -> Result<()> {
        let before = self.beside.path().join("old");
        let was_there = match fs::rename(&self.target, &before) {
            Ok(()) => true,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => false,
            Err(cause) => return Err(error("replaced", &self.target, &cause)),
        };
        fs::rename(self.folder(), &self.target).map_err(|cause| {
            if was_there {
                // Nothing more can be done if this fails too; the first failure is what the reader needs.
                let _ = fs::rename(&before, &self.target);
            }
            error("replaced", &self.target, &cause)
        })
    }
}

/// A sentence about a folder that could not be `done`.
pub fn error(done: &str, path: &Path, cause: &io::Error) -> Error {
    Error::runtime(format!("The folder {} cannot be {done}: {cause}.", path.display()))
}

/// Makes a folder with nothing in it.
///
/// # Errors
/// The disk refuses.
pub fn make_empty(folder: &Path) -> Result<()> {
    let outcome = match fs::remove_dir_all(folder) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
        _ => fs::create_dir_all(folder),
    };
    outcome.map_err(|cause| error("made anew", folder, &cause))
}

/// Moves a folder, also to another disk.
///
/// # Errors
/// The disk refuses.
pub fn move_folder(source: &Path, target: &Path) -> Result<()> {
    if fs::rename(source, target).is_ok() {
        return Ok(());
    }
    copy(source, target, Links::Keep).map_err(|cause| error("copied", source, &cause))?;
    // What is left behind lies among the downloads, which go when the program ends.
    let _ = fs::remove_dir_all(source);
    Ok(())
}

/// Links a local package into the folder of packages; copies it where links are not to be had.
///
/// # Errors
/// The disk refuses.
pub fn link_or_copy(source: &Path, target: &Path, events: &Events) -> Result<()> {
    say::debug(events, "DepsCreatingLocalSymlink", "Z037", "Creating symlink to local dependency.");
    if link(source, target).is_ok() {
        return Ok(());
    }
    let message = "Symlinks are not available on this OS, copying dependency.";
    say::debug(events, "DepsSymlinkNotAvailable", "Z038", message);
    copy(source, target, Links::Follow).map_err(|cause| error("copied", source, &cause))
}

#[cfg(unix)]
fn link(source: &Path, target: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(source, target)
}

#[cfg(not(unix))]
fn link(_source: &Path, _target: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// What becomes of links in a folder that is copied.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Links {
    Keep,
    Follow,
}

fn copy(source: &Path, target: &Path, links: Links) -> io::Result<()> {
    fs::create_dir_all(target)?;
    for entry in fs::read_dir(source)? {
        let path = entry?.path();
        let place = target.join(path.file_name().unwrap_or_default());
        let found = fs::symlink_metadata(&path)?;
        if found.is_symlink() && links == Links::Keep {
            link(&fs::read_link(&path)?, &place)?;
        } else if fs::metadata(&path)?.is_dir() {
            copy(&path, &place, links)?;
        } else {
            fs::copy(&path, &place)?;
        }
    }
    Ok(())
}

/// The path made absolute, without `.` and `..`.
pub fn absolute(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).components() {
        match part {
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

/// A path whose first part may be `~`, the user's home.
pub fn from_home(path: &str) -> PathBuf {
    let rest = path.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/'));
    match (rest, std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest.trim_start_matches('/')),
        _ => PathBuf::from(path),
    }
}
