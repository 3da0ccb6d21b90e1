//! The folder of approved SQL: `golden/<package>/<file of the node>`. Its own file `.rdbt-golden` says that what is in it may be
//! replaced and deleted.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::CompiledNode;
use crate::artifacts;
use crate::error::{Error, Result};
use crate::project::Project;
use crate::run::unified;

/// The folder, where nobody names another.
const FOLDER: &str = "golden";

/// The file that tells a folder of approved SQL from others, and what stands in it.
const MARK: &str = ".rdbt-golden";
const MARK_TEXT: &str = "Approved SQL. `rdbt golden --update` writes and deletes the files in this folder.\n";

/// The folder.
pub struct Approved {
    folder: PathBuf,
    /// As messages show it.
    shown: String,
}

/// A way in which approved and compiled SQL differ. Paths are below the folder.
pub enum Change {
    /// The SQL is another one.
    Changed {
        /// The file.
        path: String,
        /// What is compiled now.
        sql: String,
        /// The difference.
        diff: String,
    },
    /// There is no approved file.
    New {
        /// The file.
        path: String,
        /// What is compiled now.
        sql: String,
    },
    /// There is no such node any more.
    Removed {
        /// The file.
        path: String,
    },
}

impl Change {
    /// The file, below the folder.
    pub fn path(&self) -> &str {
        match self {
            Change::Changed { path, .. } | Change::New { path, .. } | Change::Removed { path } => path,
        }
    }

    /// `changed`, `new`, `removed`.
    pub fn word(&self) -> &'static str {
        match self {
            Change::Changed { .. } => "changed",
            Change::New { .. } => "new",
            Change::Removed { .. } => "removed",
        }
    }
}

impl Approved {
    /// The folder of a project.
    ///
    /// # Errors
    /// It is the project itself or holds it, lies where the project's own SQL is, or holds what was never approved.
    pub fn open(project: &Project, named: Option<&str>) -> Result<Approved> {
        let shown = named.unwrap_or(FOLDER).to_owned();
        let root = &project.root.root;
        let folder = crate::cli::absolute(&root.join(&shown));
        let paths = [&project.root.model_paths, &project.root.test_paths, &project.root.macro_paths];
        let own = paths.into_iter().flatten().find(|path| folder.starts_with(root.join(path)));
        if root.starts_with(&folder) {
            return Err(Error::runtime(format!(
                "Approved SQL cannot lie in `{shown}`, which holds the whole project."
            ))
            .hint("Name a folder of its own with --golden-path, such as `golden`."));
        }
        if let Some(own) = own {
            return Err(Error::runtime(format!(
                "Approved SQL cannot lie in `{shown}`: the project reads everything in `{own}` as its own files."
            ))
            .hint("Name a folder of its own with --golden-path, such as `golden`."));
        }
        let approved = Approved { folder, shown };
        approved.refuse_foreign(project)?;
        Ok(approved)
    }

    /// A folder that holds other things is no place for files that come and go: what belongs to no node is deleted.
    fn refuse_foreign(&self, project: &Project) -> Result<()> {
        if self.folder.join(MARK).exists() {
            return Ok(());
        }
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(|error| self.unreadable("", &error))?,
        };
        let names = entries.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()));
        let is_package = |name: &String| project.package(name).is_some() && self.folder.join(name).is_dir();
        let mut foreign: Vec<String> = names.filter(|name| !is_package(name)).collect();
        foreign.sort();
        match foreign.first() {
            None => Ok(()),
            Some(name) => Err(Error::runtime(format!(
                "Approved SQL cannot lie in `{}`, which holds other files, such as `{name}`: \
                 `rdbt golden --update` deletes the SQL and Python files that belong to no node.",
                self.shown
            ))
            .hint("Name a folder of its own with --golden-path, such as `golden`.")),
        }
    }

    /// What differs between the files and the nodes; files without a node only where there was no selection, which is when
    /// `others` names the files of all nodes of the project.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn compare(&self, compiled: &[CompiledNode], others: Option<HashSet<String>>) -> Result<Vec<Change>> {
        let mut changes = Vec::new();
        for node in compiled {
            let (path, sql) = (node.path(), with_end(&node.sql));
            match fs::read_to_string(self.folder.join(&path)) {
                Ok(old) => {
                    let names = ["approved", "compiled"].map(|which| format!("{}/{path} ({which})", self.shown));
                    let diff = unified([&names[0], &names[1]], &old, &sql);
                    changes.extend(diff.map(|diff| Change::Changed { path: path.clone(), sql, diff }));
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    changes.push(Change::New { path: path.clone(), sql });
                }
                Err(error) => return Err(self.unreadable(&path, &error)),
            }
        }
        if let Some(known) = others {
            let mut files = Vec::new();
            files_below(&self.folder, &self.folder, &mut files).map_err(|error| self.unreadable("", &error))?;
            files.sort();
            let removed = files.into_iter().filter(|path| !known.contains(path));
            changes.extend(removed.map(|path| Change::Removed { path }));
        }
        Ok(changes)
    }

    /// Approves: writes what is new or changed, each file at once or not at all, and deletes what is removed.
    ///
    /// # Errors
    /// A file cannot be written or deleted.
    pub fn update(&self, changes: &[Change]) -> Result<()> {
        use std::io::Write;
        if !self.folder.join(MARK).exists() {
            artifacts::replace(&self.folder.join(MARK), |file| file.write_all(MARK_TEXT.as_bytes()))?;
        }
        for change in changes {
            let path = self.folder.join(change.path());
            match change {
                Change::Changed { sql, .. } | Change::New { sql, .. } => {
                    artifacts::replace(&path, |file| file.write_all(sql.as_bytes()))?;
                }
                Change::Removed { path: shown } => fs::remove_file(&path).map_err(|error| {
                    Error::runtime(format!("The file `{}/{shown}` cannot be deleted: {error}.", self.shown))
                })?,
            }
        }
        Ok(())
    }

    fn unreadable(&self, path: &str, error: &io::Error) -> Error {
        Error::runtime(format!("The approved SQL in `{}/{path}` cannot be read: {error}.", self.shown))
            .hint("Mend the file, or approve it anew with `rdbt golden --update` after deleting it.")
    }
}

/// Files end with a newline, whatever the SQL ends with.
fn with_end(sql: &str) -> String {
    if sql.ends_with('\n') { sql.to_owned() } else { format!("{sql}\n") }
}

/// The SQL and Python files below a folder, relative to `root`; those of other folders of approved SQL in it are theirs.
fn files_below(root: &Path, folder: &Path, files: &mut Vec<String>) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        let is_sql = path.extension().is_some_and(|end| end == "sql" || end == "py");
        if path.is_dir() {
            if !path.join(MARK).exists() {
                files_below(root, &path, files)?;
            }
        } else if let Some(below) = path.strip_prefix(root).ok().filter(|_| is_sql) {
            files.push(below.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(())
}
