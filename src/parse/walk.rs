//! Lists the files below a folder in the order of Python's `os.walk` (what the file system gives, a folder's files
//! before its subfolders, no symlinked subfolders), and knows what `.dbtignore` leaves out.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::error::{Error, Result};

/// Paths of all files below `root`, relative to it. A missing folder has none.
pub fn walk(root: &Path) -> Vec<String> {
    let mut files = Vec::new();
    walk_into(root, "", &mut files);
    files
}

fn walk_into(folder: &Path, prefix: &str, files: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut folders = Vec::new();
    for entry in entries.flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        let Ok(name) = entry.file_name().into_string() else { continue };
        if kind.is_dir() {
            folders.push(name);
        } else if !(kind.is_symlink() && entry.path().is_dir()) {
            files.push(format!("{prefix}{name}"));
        }
    }
    for name in folders {
        walk_into(&folder.join(&name), &format!("{prefix}{name}/"), files);
    }
}

/// The patterns of a package's `.dbtignore`, in git's notation.
#[derive(Debug)]
pub struct Ignore(Option<Gitignore>);

impl Ignore {
    /// Reads `.dbtignore` of the package at `root`, if there is one.
    ///
    /// # Errors
    /// A pattern cannot be understood.
    pub fn load(root: &Path) -> Result<Self> {
        let path = root.join(".dbtignore");
        if !path.is_file() {
            return Ok(Ignore(None));
        }
        let mut builder = GitignoreBuilder::new("");
        if let Some(error) = builder.add(&path) {
            return Err(Error::runtime(format!("The file `{}` cannot be used: {error}.", path.display())));
        }
        builder
            .build()
            .map(|patterns| Ignore(Some(patterns)))
            .map_err(|error| Error::runtime(format!("The file `{}` cannot be used: {error}.", path.display())))
    }

    /// Whether the file at `path`, relative to the package, is left out.
    pub fn matches(&self, path: &str) -> bool {
        self.0.as_ref().is_some_and(|patterns| {
            patterns.matched_path_or_any_parents(path.trim_start_matches("./"), false).is_ignore()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_folders_and_negations() {
        let mut builder = GitignoreBuilder::new("");
        for line in ["models/old/", "*.tmp.sql", "!keep.tmp.sql"] {
            assert!(builder.add_line(None, line).is_ok());
        }
        let ignore = Ignore(builder.build().ok());
        assert!(ignore.matches("models/old/a/b.sql"));
        assert!(ignore.matches("models/x.tmp.sql"));
        assert!(!ignore.matches("models/keep.tmp.sql"));
        assert!(!ignore.matches("models/a.sql"));
    }
}
