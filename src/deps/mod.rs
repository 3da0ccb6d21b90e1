//! Packages: from the list that a project asks for to the folder in which they are installed. [`resolve`] decides on
//! versions, [`sources`] brings packages from the hub, from git, from archives and folders, [`lock`] writes down what was
//! decided, [`files`] puts the finished folder in the place of the one before.

mod add;
mod archive;
mod files;
mod git;
mod http;
mod hub;
mod lock;
mod private;
mod resolve;
mod say;
mod sha1;
mod sources;
mod wanted;

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::events::Events;
use crate::project::file::LOCK_FILE;
use crate::project::packages::{self, PackageSpec};
use crate::project::{ProjectWithoutProfile, Renderer};
use sources::Sources;
use wanted::Pinned;

/// What `deps` is to do.
#[derive(Debug)]
pub struct Request<'a> {
    /// The project.
    pub project: &'a ProjectWithoutProfile,
    /// For templates in lists of packages.
    pub renderer: &'a Renderer,
    /// Leave out versions that are not made for this dbt.
    pub version_check: bool,
    /// Resolve anew even if the lock file fits.
    pub upgrade: bool,
    /// Write the lock file and install nothing.
    pub lock_only: bool,
    /// A package to write into the list first.
    pub add: Option<Addition>,
}

/// A package for `--add-package`.
#[derive(Debug, Clone)]
pub struct Addition {
    /// Its name, address or folder.
    pub name: String,
    /// Its version or revision.
    pub version: Option<String>,
    /// `hub`, `git` or `local`.
    pub source: String,
}

/// Adds, resolves, locks and installs packages, each as far as it was asked for and is needed.
///
/// # Errors
/// Whatever is wrong with the list or on the way to a package. The packages that were installed before are there still.
pub fn run(request: &Request<'_>, events: &Events) -> Result<()> {
    let project = request.project;
    let renderer = request.renderer;
    let downloads = Downloads::make()?;
    say::debug(
        events,
        "DepsSetDownloadDirectory",
        "M028",
        format!("Set downloads directory='{}'", downloads.path().display()),
    );
    let root = project.root.root.as_path();
    let sources = Sources::new(root, renderer, downloads.path(), request.version_check, events);
    let added = match &request.add {
        Some(addition) => Some(add::add(project, addition, renderer, events)?),
        None => None,
    };
    let wanted = added.as_deref().unwrap_or(&project.packages.packages);
    if request.upgrade || packages::lock_hash(root)? != Some(lock::hash(wanted)) {
        write_lock(project, wanted, &sources, events)?;
    }
    match request.lock_only {
        true => Ok(()),
        false => install(project, renderer, &sources, events),
    }
}

/// The folder of downloads: the one that the environment names, or one that goes with the program.
enum Downloads {
    Named(PathBuf),
    Temporary(tempfile::TempDir),
}

impl Downloads {
    fn make() -> Result<Downloads> {
        if let Some(named) = std::env::var_os("DBT_DOWNLOADS_DIR").map(PathBuf::from) {
            let named = files::absolute(&named);
            std::fs::create_dir_all(&named).map_err(|cause| files::error("made", &named, &cause))?;
            return Ok(Downloads::Named(named));
        }
        tempfile::Builder::new().prefix("dbt-downloads-").tempdir().map(Downloads::Temporary).map_err(|cause| {
            Error::runtime(format!("No temporary folder for downloads can be made: {cause}."))
                .hint("Name a folder in DBT_DOWNLOADS_DIR.")
        })
    }

    fn path(&self) -> &Path {
        match self {
            Downloads::Named(path) => path,
            Downloads::Temporary(folder) => folder.path(),
        }
    }
}

fn write_lock(
    project: &ProjectWithoutProfile,
    wanted: &[PackageSpec],
    sources: &Sources<'_>,
    events: &Events,
) -> Result<()> {
    if wanted.is_empty() {
        say::no_packages(events);
        return Ok(());
    }
    let resolved = resolve::resolve(wanted, sources, &project.root.name)?;
    let path = project.root.root.join(LOCK_FILE);
    lock::write(&path, &resolved, &lock::hash(wanted), events)?;
    say::lock_written(events, &path);
    Ok(())
}

/// Installs what the lock file lists.
fn install(project: &ProjectWithoutProfile, renderer: &Renderer, sources: &Sources<'_>, events: &Events) -> Result<()> {
    let root = project.root.root.as_path();
    let locked = packages::load_lock(root, renderer)?.unwrap_or_default();
    let install_path = project.root.packages_install_path();
    let stage = files::Stage::begin(&files::absolute(&root.join(install_path)))?;
    if locked.is_empty() {
        say::no_packages(events);
    }
    let mut outdated = Vec::new();
    for package in resolve::resolve_locked(&locked, sources)? {
        say::installing(events, &package.name());
        let fetched = sources.fetch(&package)?;
        sources.install(&fetched, &stage.folder(), install_path)?;
        say::installed(events, &package.origin());
        match &package {
            Pinned::Hub { package, version, latest } => {
                say::latest(events, version, latest);
                outdated.extend(Some(package.clone()).filter(|_| version != latest));
            }
            Pinned::Git { repository, .. } => {
                if let Some(folder) = &repository.subdirectory {
                    say::subdirectory(events, folder);
                }
            }
            _ => {}
        }
    }
    stage.commit()?;
    say::updates_available(events, &outdated);
    Ok(())
}
