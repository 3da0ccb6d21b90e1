//! What a render needs while running, besides the shared parts: the manifest, what is compiled, the database.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use crate::adapter::Relation;
use crate::error::{Error, Result};
use crate::jinja::Value;
use crate::manifest::{CompiledNodes, Manifest, Node, ResourceType, UniqueId};

use super::batch::Batch;
use super::database::{Adapter, NodeConnection};
use super::reads::Reads;
use super::renders::Renders;

/// Shared by all nodes of a run.
#[derive(Debug)]
pub struct RunShared {
    /// The parsed project.
    pub manifest: Arc<Manifest>,
    /// What is compiled so far.
    pub compiled: Arc<CompiledNodes>,
    /// The database.
    pub adapter: Arc<Adapter>,
    /// Unique ids of selected resources, for `selected_resources`.
    pub selected: OnceLock<Vec<UniqueId>>,
    /// Where the state says that nodes are, by unique id; filled when a run defers to it.
    pub deferred: OnceLock<HashMap<UniqueId, Relation>>,
    /// `graph`, made on first use.
    pub graph: OnceLock<Value>,
    /// What nodes rendered to in the steps of `--for` before; none where it does not matter.
    pub renders: Option<Arc<Renders>>,
}

/// One node being compiled or run.
#[derive(Debug)]
pub struct NodeRun {
    /// The shared part.
    pub shared: Arc<RunShared>,
    /// The node's connection, opened on first use.
    pub connection: Arc<NodeConnection>,
    /// The batch that is built, of a microbatch model.
    pub batch: Option<Batch>,
    ctes: Mutex<Vec<UniqueId>>,
    /// What is read, while that is asked for.
    reads: Mutex<Option<Reads>>,
}

impl RunShared {
    /// The same run with nothing compiled, for a batch: several batches of a model may be compiled at a time.
    #[must_use]
    pub fn for_batch(&self) -> RunShared {
        RunShared {
            manifest: self.manifest.clone(),
            compiled: Arc::default(),
            adapter: self.adapter.clone(),
            selected: self.selected.clone(),
            deferred: self.deferred.clone(),
            graph: self.graph.clone(),
            renders: None,
        }
    }

    /// Where the state says that a node is, if this run defers to a state that has it.
    pub fn deferred(&self, unique_id: &str) -> Option<&Relation> {
        self.deferred.get()?.get(unique_id)
    }
}

impl NodeRun {
    /// For one node.
    pub fn new(shared: Arc<RunShared>, connection: Arc<NodeConnection>) -> Arc<NodeRun> {
        Arc::new(NodeRun { shared, connection, batch: None, ctes: Mutex::default(), reads: Mutex::default() })
    }

    /// For one batch of a microbatch model.
    pub fn of_batch(shared: Arc<RunShared>, connection: Arc<NodeConnection>, batch: Batch) -> Arc<NodeRun> {
        Arc::new(NodeRun { shared, connection, batch: Some(batch), ctes: Mutex::default(), reads: Mutex::default() })
    }

    /// Remembers an ephemeral model that the node refers to.
    pub fn add_cte(&self, unique_id: &str) {
        let mut ctes = self.ctes.lock().unwrap_or_else(PoisonError::into_inner);
        if !ctes.iter().any(|known| known == unique_id) {
            ctes.push(unique_id.to_owned());
        }
    }

    /// Ephemeral models that the node refers to, in the order of use.
    pub fn ctes(&self) -> Vec<UniqueId> {
        self.ctes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begins to note what renders of this node read.
    pub fn note_reads(&self) {
        *self.reads.lock().unwrap_or_else(PoisonError::into_inner) = Some(Reads::default());
    }

    /// Notes that something was read, if that is asked for.
    pub(super) fn note_read(&self, change: impl FnOnce(&mut Reads)) {
        if let Some(reads) = &mut *self.reads.lock().unwrap_or_else(PoisonError::into_inner) {
            change(reads);
        }
    }

    /// What was read since [`NodeRun::note_reads`]; nothing more is noted.
    pub fn take_reads(&self) -> Option<Reads> {
        self.reads.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Where below `target/` a node's text goes, relative to the `compiled` or `run` folder: package, then file; a node
/// that shares its file with others (tests in YAML, snapshots) gets a file of its own in a folder of the file's name,
/// and so does each batch of a microbatch model.
pub fn write_path(node: &Node, batch: Option<&Batch>) -> PathBuf {
    let file = Path::new(&node.original_file_path);
    let shared_file = Path::new(&node.path).file_name() != file.file_name();
    let path = if node.resource_type == ResourceType::Snapshot {
        file.join(format!("{}.sql", node.name))
    } else if let (Some(batch), Some(stem)) = (batch, file.file_stem()) {
        let end = file.extension().map(|end| format!(".{}", end.to_string_lossy())).unwrap_or_default();
        file.with_extension("").join(format!("{}_{}{end}", stem.to_string_lossy(), batch.name()))
    } else if shared_file {
        file.join(&node.path)
    } else {
        file.to_owned()
    };
    Path::new(&node.package_name).join(path)
}

/// Writes a node's text to `path`, making folders as needed. A file that has that text already only gets a new date: on most file systems
/// that takes a fraction of the time, for a file that is cut to nothing and written again is sent to the disk at once.
///
/// # Errors
/// The file cannot be written.
pub fn write_text(path: &Path, text: &str) -> Result<()> {
    let written = write_changed(path, text).or_else(|error| match (error.kind(), path.parent()) {
        (io::ErrorKind::NotFound, Some(parent)) => fs::create_dir_all(parent).and_then(|()| write_changed(path, text)),
        _ => Err(error),
    });
    written.map_err(|error| {
        Error::runtime(format!("Could not write `{}`: {error}.", path.display()))
            .hint("Check that the folder exists, is writable and has space left, or choose another with --target-path.")
    })
}

fn write_changed(path: &Path, text: &str) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    let size = file.metadata()?.len();
    if size == text.len() as u64 && size > 0 {
        let mut known = Vec::with_capacity(text.len());
        file.read_to_end(&mut known)?;
        if known == text.as_bytes() {
            return file.set_modified(SystemTime::now());
        }
        file.rewind()?;
    }
    file.write_all(text.as_bytes())?;
    if size > text.len() as u64 {
        file.set_len(text.len() as u64)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::{Duration, SystemTime};

    use super::write_text;

    #[test]
    fn a_text_replaces_what_was_there_and_its_date_is_new_even_if_it_is_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/one.sql");
        for text in ["select 1", "select 2", "select 2", "select 10", "select 3", "", "select 4"] {
            write_text(&path, text).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        let long_ago = SystemTime::now() - Duration::from_secs(3600);
        fs::File::options().write(true).open(&path).unwrap().set_modified(long_ago).unwrap();
        write_text(&path, "select 4").unwrap();
        assert!(fs::metadata(&path).unwrap().modified().unwrap() > long_ago + Duration::from_secs(1800));
        assert!(write_text(folder.path(), "select 5").is_err());
    }
}
