//! What is asked of packages: by the project, and by packages in turn. Requests for the same package become one.

use super::git;
use super::hub::Hub;
use super::private;
use crate::error::{Error, Result};
use crate::project::packages::{GitSource, PackageSource, PackageSpec, RawVersion};
use crate::project::version::VersionSpec;

/// A package with everything that was asked of it so far.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// A folder.
    Local { path: String },
    /// An archive.
    Tarball { url: String, written: String, name: String },
    /// A repository.
    Git { repository: Repository, revisions: Vec<String> },
    /// A package of the hub.
    Hub { package: String, versions: Vec<VersionSpec>, prereleases: bool },
}

/// A repository, without a revision.
#[derive(Debug, Clone)]
pub struct Repository {
    /// Its address.
    pub address: String,
    /// The same before rendering, without secrets; for a private package its name.
    pub written: String,
    /// The project's folder in it.
    pub subdirectory: Option<String>,
    /// Say so if it is not held at one commit.
    pub warn_unpinned: bool,
    /// It was asked for as `private`.
    pub private: bool,
    /// The `provider` of a private package.
    pub provider: Option<String>,
}

/// A package at one version.
#[derive(Debug, Clone)]
pub enum Pinned {
    /// See [`Wanted`].
    Local { path: String },
    /// See [`Wanted`].
    Tarball { url: String, written: String, name: String },
    /// See [`Wanted`].
    Git { repository: Repository, revision: String },
    /// See [`Wanted`]. `latest` is the highest version that could be installed.
    Hub { package: String, version: String, latest: String },
}

impl Repository {
    fn of(source: &GitSource, address: String, written: String) -> Repository {
        Repository {
            address,
            written,
            subdirectory: source.subdirectory.clone().filter(|folder| !folder.is_empty()),
            warn_unpinned: source.warn_unpinned != Some(false),
            private: false,
            provider: None,
        }
    }

    /// The repository at a revision.
    pub fn at(&self, revision: &str) -> git::Wanted {
        git::Wanted {
            repository: self.address.clone(),
            revision: revision.to_owned(),
            subdirectory: self.subdirectory.clone(),
        }
    }

    fn name(&self) -> String {
        self.at("").name()
    }

    /// Its names with and without `.git`.
    fn names(&self) -> [String; 2] {
        let other = match self.address.strip_suffix(".git") {
            Some(short) => short.to_owned(),
            None => format!("{}.git", self.address),
        };
        [self.name(), Repository { address: other, ..self.clone() }.name()]
    }
}

impl Wanted {
    /// What an entry of a list asks for.
    ///
    /// # Errors
    /// A version is no version; a private package has no address.
    pub fn of(spec: &PackageSpec) -> Result<Wanted> {
        let written = |key: &str, otherwise: &str| {
            let text = spec.unrendered.get(key).and_then(crate::yaml::Node::as_str).filter(|text| !text.is_empty());
            text.unwrap_or(otherwise).to_owned()
        };
        let revisions = |source: &GitSource| source.revision.iter().map(RawVersion::to_string).collect();
        Ok(match &spec.source {
            PackageSource::Local { path } => Wanted::Local { path: path.clone() },
            PackageSource::Tarball { url } => Wanted::Tarball {
                written: written("tarball", url),
                name: spec.name.clone().unwrap_or_default(),
                url: url.clone(),
            },
            PackageSource::Git(source) => Wanted::Git {
                repository: Repository::of(source, source.location.clone(), written("git", &source.location)),
                revisions: revisions(source),
            },
            PackageSource::Private { git: source, provider } => {
                let address = private::address(&source.location, provider.as_deref())?;
                let repository = Repository::of(source, address, source.location.clone());
                Wanted::Git {
                    repository: Repository { private: true, provider: provider.clone(), ..repository },
                    revisions: revisions(source),
                }
            }
            PackageSource::Hub { package, version, install_prerelease } => Wanted::Hub {
                package: package.clone(),
                versions: hub_versions(package, &version.texts())?,
                prereleases: install_prerelease.unwrap_or(false),
            },
        })
    }

    fn name(&self) -> String {
        match self {
            Wanted::Local { path } => path.clone(),
            Wanted::Tarball { url, .. } => url.clone(),
            Wanted::Git { repository, .. } => repository.name(),
            Wanted::Hub { package, .. } => package.clone(),
        }
    }

    fn names(&self) -> Vec<String> {
        match self {
            Wanted::Git { repository, .. } => repository.names().to_vec(),
            other => vec![other.name()],
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Wanted::Local { .. } => "local",
            Wanted::Tarball { .. } => "tarball",
            Wanted::Git { repository, .. } if repository.private => "private",
            Wanted::Git { .. } => "git",
            Wanted::Hub { .. } => "package",
        }
    }

    /// Adds what another request asks of the same package.
    fn incorporate(&mut self, other: &Wanted) -> Result<()> {
        match (&mut *self, other) {
            (Wanted::Local { .. }, Wanted::Local { .. }) | (Wanted::Tarball { .. }, Wanted::Tarball { .. }) => Ok(()),
            (Wanted::Git { repository, revisions }, Wanted::Git { repository: new, revisions: more })
                if repository.private || !new.private =>
            {
                repository.warn_unpinned &= new.warn_unpinned;
                revisions.extend_from_slice(more);
                Ok(())
            }
            (Wanted::Hub { versions, .. }, Wanted::Hub { versions: more, .. }) => {
                versions.extend_from_slice(more);
                Ok(())
            }
            _ => Err(Error::runtime(format!(
                "Cannot incorporate {} ({}) in {} ({}): mismatched types",
                other.name(),
                other.kind(),
                self.name(),
                self.kind()
            ))
            .hint("The package is asked for twice, in different ways. Ask for it in one way only.")),
        }
    }

    /// Decides on one version.
    ///
    /// # Errors
    /// There is none that fits every request.
    pub fn pin(&self, hub: &Hub<'_>) -> Result<Pinned> {
        Ok(match self {
            Wanted::Local { path } => Pinned::Local { path: path.clone() },
            Wanted::Tarball { url, written, name } => {
                Pinned::Tarball { url: url.clone(), written: written.clone(), name: name.clone() }
            }
            Wanted::Git { repository, revisions } => {
                Pinned::Git { repository: repository.clone(), revision: one_revision(&self.name(), revisions)? }
            }
            Wanted::Hub { package, versions, prereleases } => {
                let (version, latest) = hub.choose(package, versions, *prereleases)?;
                Pinned::Hub { package: package.clone(), version, latest }
            }
        })
    }
}

fn hub_versions(package: &str, texts: &[String]) -> Result<Vec<VersionSpec>> {
    let read = |text: &String| {
        VersionSpec::parse(text).map_err(|error| {
            let error = error.hint(format!("This is the version of package {package} in packages.yml."));
            error.hint("Write a version as 1.2.3, and a range as a list: [\">=1.0.0\", \"<2.0.0\"].")
        })
    };
    texts.iter().map(read).collect()
}

fn one_revision(name: &str, revisions: &[String]) -> Result<String> {
    let mut distinct = revisions.to_vec();
    distinct.sort();
    distinct.dedup();
    match distinct.as_slice() {
        [] => Ok("HEAD".to_owned()),
        [one] => Ok(one.clone()),
        several => {
            let several: Vec<String> = several.iter().map(|revision| format!("'{revision}'")).collect();
            Err(Error::runtime(format!(
                "git dependencies should contain exactly one version. {name} contains: {{{}}}",
                several.join(", ")
            )))
        }
    }
}

/// Packages by name, in the order in which they were first asked for.
#[derive(Debug, Default)]
pub struct Listing {
    packages: Vec<(String, Wanted)>,
}

impl Listing {
    /// Everything that entries of a list ask for.
    ///
    /// # Errors
    /// See [`Wanted::of`]; two entries ask for the same package in different ways.
    pub fn add(&mut self, specs: &[PackageSpec]) -> Result<()> {
        specs.iter().try_for_each(|spec| self.incorporate(Wanted::of(spec)?).map(|_| ()))
    }

    /// Adds a request, and gives the package with all requests.
    ///
    /// # Errors
    /// See [`Listing::add`].
    pub fn incorporate(&mut self, wanted: Wanted) -> Result<&Wanted> {
        let names = wanted.names();
        let found = names.iter().find_map(|name| self.packages.iter().position(|(known, _)| known == name));
        let place = match found {
            Some(place) => {
                self.packages[place].1.incorporate(&wanted)?;
                place
            }
            None => {
                self.packages.push((wanted.name(), wanted));
                self.packages.len() - 1
            }
        };
        Ok(&self.packages[place].1)
    }

    /// How many packages there are.
    pub fn len(&self) -> usize {
        self.packages.len()
    }

    /// Every package, first asked first.
    pub fn into_packages(self) -> impl Iterator<Item = Wanted> {
        self.packages.into_iter().map(|(_, wanted)| wanted)
    }
}

impl Pinned {
    /// What `deps` calls it.
    pub fn name(&self) -> String {
        match self {
            Pinned::Local { path } => path.clone(),
            Pinned::Tarball { name, .. } => name.clone(),
            Pinned::Git { repository, .. } => repository.name(),
            Pinned::Hub { package, .. } => package.clone(),
        }
    }

    /// Where `deps` says that it comes from.
    pub fn origin(&self) -> String {
        match self {
            Pinned::Local { path } => format!("<local @ {path}>"),
            Pinned::Tarball { url, .. } => format!("tarball (url: {url})"),
            Pinned::Git { revision, .. } if revision == "HEAD" => "HEAD (default revision)".to_owned(),
            Pinned::Git { revision, .. } => format!("revision {revision}"),
            Pinned::Hub { version, .. } => format!("version {version}"),
        }
    }
}
