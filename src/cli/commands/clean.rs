//! `clean`: deletes the folders under `clean-targets`, but never sources, and nothing outside the project unless
//! that is asked for.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::say;
use crate::error::{Error, Result};
use crate::events::{Event, Events, Level};
use crate::invocation::Invocation;
use crate::project::values::repr;
use crate::project::{self, Package, file};
use crate::yaml::{Node, Value};

pub fn run(invocation: &Arc<Invocation>, events: &Arc<Events>) -> Result<bool> {
    let root = project::load_without_profile(invocation, events)?.root;
    let folders = targets(&root, invocation)?;
    let old_folder = root.clean_targets.iter().any(|target| target == "dbt_modules");
    if old_folder && !root.clean_targets.iter().any(|target| target == root.packages_install_path()) {
        project::warn_install_path(events)?;
    }
    for folder in folders {
        let shown = folder.display();
        let say_of = |name, code, message| {
            events.emit(Event::new(name, code, Level::Info, message).with("path", shown.to_string()));
        };
        say_of("CheckCleanPath", "Z012", format!("Checking {shown}/*"));
        remove(&folder)?;
        say_of("ConfirmCleanPath", "Z013", format!("Cleaned {shown}/*"));
    }
    say(events, "FinishedCleanPaths", "Z015", "Finished cleaning all paths.");
    Ok(true)
}

/// The folders to delete, each once.
fn targets(root: &Package, invocation: &Invocation) -> Result<Vec<PathBuf>> {
    let place = |path: &String| real(&root.root.join(path));
    let mut folders: Vec<PathBuf> = root.clean_targets.iter().map(place).collect();
    folders.sort();
    folders.dedup();
    let sources: Vec<PathBuf> = root.all_source_paths().iter().map(place).collect();
    let among_sources = list(folders.iter().filter(|folder| sources.contains(folder)));
    if let Some(paths) = among_sources {
        return Err(Error::runtime(format!("dbt will not clean the following source paths: {paths}"))
            .hint(format!("Remove them from `clean-targets` in {}.", file::PROJECT_FILE)));
    }
    let project_dir = real(&root.root);
    let inside = |folder: &PathBuf| folder.starts_with(&project_dir) && *folder != project_dir;
    let project_only = invocation.flags.other.get("clean_project_files_only").and_then(serde_json::Value::as_bool);
    match list(folders.iter().filter(|folder| !inside(folder))) {
        Some(paths) if project_only.unwrap_or(true) => {
            Err(Error::runtime(format!("dbt will not clean the following directories outside the project: {paths}"))
                .hint("Pass --no-clean-project-files-only to delete them too."))
        }
        _ => Ok(folders),
    }
}

/// The path without links, `.` and `..`, as far as it exists.
fn real(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| crate::cli::resolve::absolute(path))
}

/// The paths as Python prints a list of them; None if there are none.
fn list<'a>(paths: impl Iterator<Item = &'a PathBuf>) -> Option<String> {
    let items: Vec<Node> = paths.map(|path| Node::detached(Value::Str(path.display().to_string()))).collect();
    (!items.is_empty()).then(|| repr(&Value::Seq(items)))
}

fn remove(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if !matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            Err(Error::runtime(format!("The folder {} cannot be deleted: {error}.", folder.display())))
        }
        _ => Ok(()),
    }
}
