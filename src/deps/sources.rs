//! Brings a pinned package to this machine: what its project is called, what it asks for in turn, and its files.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use super::git::{Checkout, Git};
use super::http::{self, Failure};
use super::hub::Hub;
use super::wanted::Pinned;
use super::{archive, files, say};
use crate::error::{Error, Result};
use crate::events::Events;
use crate::project::file::PROJECT_FILE;
use crate::project::packages::{self, PackageSpec, Rendered};
use crate::project::{self, Renderer};

/// How long dbt waits for an archive's server by default.
const DOWNLOAD_TIMEOUT: Duration = Duration::from_secs(10);

/// A package that is known, though perhaps not on this machine yet.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The project's name; the package's folder will be called so.
    pub name: String,
    /// The packages that it asks for.
    pub packages: Vec<PackageSpec>,
    place: Place,
    /// The commit of a repository.
    pub commit: Option<String>,
}

#[derive(Debug, Clone)]
enum Place {
    /// The project's folder, to be linked to.
    Linked(PathBuf),
    /// A folder among the downloads, to be moved.
    Downloaded(PathBuf),
    /// An archive that is fetched when it is installed.
    Remote(String),
}

/// Where packages come from. What was fetched once is used again.
pub struct Sources<'a> {
    /// The hub.
    pub hub: Hub<'a>,
    git: Git<'a>,
    root: &'a Path,
    renderer: &'a Renderer,
    downloads: &'a Path,
    events: &'a Events,
    checkouts: RefCell<HashMap<String, (String, Checkout)>>,
    unpacked: RefCell<HashMap<String, PathBuf>>,
}

impl<'a> Sources<'a> {
    /// `root` is the project's folder, from which local packages count.
    pub fn new(
        root: &'a Path,
        renderer: &'a Renderer,
        downloads: &'a Path,
        version_check: bool,
        events: &'a Events,
    ) -> Sources<'a> {
        Sources {
            hub: Hub::new(events, version_check),
            git: Git::new(downloads, events),
            root,
            renderer,
            downloads,
            events,
            checkouts: RefCell::default(),
            unpacked: RefCell::default(),
        }
    }

    /// Finds out what a package is.
    ///
    /// # Errors
    /// It cannot be reached, or it is no project.
    pub fn fetch(&self, package: &Pinned) -> Result<Fetched> {
        match package {
            Pinned::Local { path } => {
                self.project(path, Place::Linked(files::absolute(&self.root.join(files::from_home(path)))), None)
            }
            Pinned::Tarball { url, name, .. } => {
                let fetched = self.project(name, Place::Downloaded(self.unpacked(url, name)?), None)?;
                Ok(Fetched { name: name.clone(), ..fetched })
            }
            Pinned::Git { repository, revision } => {
                let checkout = self.checkout(package, revision)?;
                if repository.warn_unpinned && matches!(revision.as_str(), "HEAD" | "main" | "master") {
                    say::unpinned(self.events, &repository.address, revision)?;
                }
                self.project(&package.name(), Place::Downloaded(checkout.folder), Some(checkout.commit))
            }
            Pinned::Hub { package, version, .. } => {
                let release = self.hub.release(package, version)?;
                let place = Place::Remote(release.tarball);
                Ok(Fetched { name: release.name, packages: release.packages, place, commit: None })
            }
        }
    }

    fn project(&self, package: &str, place: Place, commit: Option<String>) -> Result<Fetched> {
        let (Place::Linked(folder) | Place::Downloaded(folder)) = &place else {
            return Err(Error::internal("A package that is not here was read."));
        };
        let name = project::project_name(folder).map_err(|error| of_package(error, package))?;
        let packages = packages::load(folder, self.renderer, Rendered::Both)?.packages;
        Ok(Fetched { name, packages, place, commit })
    }

    fn checkout(&self, package: &Pinned, revision: &str) -> Result<Checkout> {
        let Pinned::Git { repository, .. } = package else {
            return Err(Error::internal("A package that is no repository was checked out."));
        };
        let wanted = repository.at(revision);
        if let Some((known, checkout)) = self.checkouts.borrow().get(&wanted.name())
            && (known == revision || checkout.commit == revision)
        {
            return Ok(checkout.clone());
        }
        let checkout = self.git.check_out(&wanted)?;
        self.checkouts.borrow_mut().insert(wanted.name(), (revision.to_owned(), checkout.clone()));
        Ok(checkout)
    }

    /// The project's folder in an archive that is fetched and unpacked.
    fn unpacked(&self, url: &str, name: &str) -> Result<PathBuf> {
        if !is_folder_name(name) {
            return Err(Error::runtime(format!(
                "Invalid package name '{name}': resolves outside of the temporary downloads directory"
            ))
            .hint("The `name` of a tarball in packages.yml must be the name of a single folder."));
        }
        let key = format!("{url} {name}");
        if let Some(known) = self.unpacked.borrow().get(&key) {
            return Ok(known.clone());
        }
        let folder = self.downloads.join(format!("{name}_untarred"));
        let found = self.download(url, &folder)?.ok_or_else(|| {
            Error::runtime(format!(
                "Incorrect structure for package extracted from {url}.The extracted package needs to follow the structure \
                 {name}/<package_contents>."
            ))
        })?;
        self.unpacked.borrow_mut().insert(key, found.clone());
        Ok(found)
    }

    /// Fetches an archive and unpacks it; the folder that it consists of.
    fn download(&self, url: &str, folder: &Path) -> Result<Option<PathBuf>> {
        let timeout = std::env::var("DBT_HTTP_TIMEOUT").ok().and_then(|text| text.parse().ok());
        let timeout = timeout.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or(DOWNLOAD_TIMEOUT);
        http::with_retries(self.events, "the package's archive", || {
            let bytes = http::get(url, timeout)?;
            files::make_empty(folder)?;
            archive::unpack(&bytes, folder).map_err(|error| cannot_unpack(url, &error))?;
            archive::only_folder(folder).map_err(|error| Failure::Lasting(files::error("read", folder, &error)))
        })
    }

    /// Puts a package into the folder of packages that is being made.
    ///
    /// # Errors
    /// Its name is no folder's name; it cannot be fetched; the disk refuses.
    pub fn install(&self, package: &Fetched, folder: &Path, install_path: &str) -> Result<()> {
        if !is_folder_name(&package.name) {
            return Err(Error::runtime(format!(
                "Invalid package name '{}': resolves outside of the packages-install-path ('{install_path}')",
                package.name
            )));
        }
        let target = folder.join(&package.name);
        if target.exists() {
            return Err(Error::runtime(format!(
                "Found duplicate project \"{}\". This occurs when a dependency has the same project name as some other \
                 dependency.",
                package.name
            ))
            .hint("Run `deps --upgrade` to resolve the packages anew."));
        }
        match &package.place {
            Place::Linked(source) => files::link_or_copy(source, &target, self.events),
            Place::Downloaded(source) => files::move_folder(source, &target),
            Place::Remote(url) => {
                let unpacked = folder.with_file_name("unpacked");
                let found = self.download(url, &unpacked)?.ok_or_else(|| {
                    Error::runtime(format!("The archive {url} of package {} does not hold one folder.", package.name))
                })?;
                if !found.join(PROJECT_FILE).exists() {
                    return Err(Error::runtime(format!(
                        "The archive {url} of package {} is no dbt project: it has no {PROJECT_FILE}.",
                        package.name
                    )));
                }
                files::move_folder(&found, &target)
            }
        }
    }
}

/// An archive that came damaged may come whole the next time; one with something wrong in it will not.
fn cannot_unpack(url: &str, error: &std::io::Error) -> Failure {
    use std::io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
    match error.kind() {
        InvalidData | InvalidInput | Other | UnexpectedEof => Failure::Passing(format!("{error} ({url})")),
        _ => Failure::Lasting(Error::runtime(format!("The archive {url} cannot be unpacked: {error}."))),
    }
}

/// What the reader of another's project can do differs from what its author can: no file to mend, no folder to enter.
fn of_package(error: Error, package: &str) -> Error {
    let error = Error { file: None, hints: Vec::new(), ..error };
    error.hint(format!("This is about the package {package}."))
}

/// Whether a name is that of one folder, so that nothing is written beside it.
fn is_folder_name(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None)) && !name.contains('\\')
}
