//! `deps`: resolves the packages that the project asks for, writes the lock file, and installs. Everything is
//! resolved before anything on disk changes.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::say;
use crate::cli::resolve::absolute;
use crate::error::{Error, Result};
use crate::events::{Event, Events, Level};
use crate::invocation::Invocation;
use crate::project::file::LOCK_FILE;
use crate::project::packages::{self, PackageKind, PackageSpec};
use crate::project::{self, ProjectWithoutProfile, Renderer};

mod lock;

/// A package that is resolved: where it is, and the name of the project in it.
struct Resolved {
    spec: PackageSpec,
    name: String,
}

pub fn run(invocation: &Invocation, events: &Events) -> Result<bool> {
    let flag = |name: &str| invocation.flags.other.get(name).and_then(serde_json::Value::as_bool).unwrap_or(false);
    refuse_add_package(invocation)?;
    let project = project::load_without_profile(invocation, events)?;
    let renderer = Renderer::for_secrets(&invocation.flags.vars);
    if flag("upgrade") || !is_locked(&project, &renderer)? {
        write_lock(&project, &renderer, events)?;
    }
    if flag("lock") {
        return Ok(true);
    }
    install(&project, &renderer, events)?;
    Ok(true)
}

fn refuse_add_package(invocation: &Invocation) -> Result<()> {
    match invocation.flags.other.get("add_package") {
        None | Some(serde_json::Value::Null) => Ok(()),
        Some(_) => Err(Error::runtime("This version of rdbt cannot change packages.yml by --add-package.")
            .hint("Write the package into packages.yml by hand and run `deps` again.")),
    }
}

/// Whether the lock file was made of the packages that the project asks for now.
fn is_locked(project: &ProjectWithoutProfile, renderer: &Renderer) -> Result<bool> {
    let lock = packages::load_lock(&project.root.root, renderer)?;
    Ok(lock.is_some_and(|(_, hash)| hash == Some(lock::hash(&project.packages.packages))))
}

fn write_lock(project: &ProjectWithoutProfile, renderer: &Renderer, events: &Events) -> Result<()> {
    if project.packages.packages.is_empty() {
        say_no_packages(events);
        return Ok(());
    }
    let resolved = resolve(project, renderer)?;
    let path = project.root.root.join(LOCK_FILE);
    let entries: Vec<(&PackageSpec, &str)> = resolved.iter().map(|one| (&one.spec, one.name.as_str())).collect();
    lock::write(&path, &entries, &lock::hash(&project.packages.packages))?;
    let message = format!("Updating lock file in file path: {}", path.display());
    say(events, "DepsLockUpdating", "M031", message);
    Ok(())
}

fn say_no_packages(events: &Events) {
    say(events, "DepsNoPackagesFound", "M013", "Warning: No packages were found in packages.yml");
}

/// The packages asked for, and those that they ask for in turn, each once.
fn resolve(project: &ProjectWithoutProfile, renderer: &Renderer) -> Result<Vec<Resolved>> {
    let mut resolved: Vec<Resolved> = Vec::new();
    let mut pending = project.packages.packages.clone();
    while !pending.is_empty() {
        let mut next = Vec::new();
        for spec in pending {
            if resolved.iter().any(|one| one.spec.location == spec.location) {
                continue;
            }
            let folder = folder_of(&spec, &project.root.root)?;
            let name = project::project_name(&folder)?;
            next.extend(packages::load(&folder, renderer)?.packages);
            resolved.push(Resolved { spec, name });
        }
        pending = next;
    }
    check_names(&resolved, &project.root.name)?;
    Ok(resolved)
}

fn check_names(resolved: &[Resolved], root: &str) -> Result<()> {
    let mut seen = HashSet::new();
    for Resolved { name, .. } in resolved {
        if !seen.insert(name) {
            return Err(Error::runtime(format!(
                "Found duplicate project \"{name}\". This occurs when a dependency has the same project name as some \
                 other dependency."
            )));
        }
        if name == root {
            return Err(Error::runtime(format!(
                "Found a dependency with the same name as the root project \"{name}\". Package names must be unique \
                 in a project. Please rename one of these packages."
            )));
        }
    }
    Ok(())
}

/// The folder of a local package; its path counts from the root project, also where another package asks for it.
fn folder_of(spec: &PackageSpec, root: &Path) -> Result<PathBuf> {
    match spec.kind {
        PackageKind::Local => Ok(absolute(&root.join(&spec.location))),
        other => Err(Error::runtime(format!(
            "The package `{}` comes as `{}`, which this version of rdbt cannot install: it installs `local` packages \
             only.",
            spec.location,
            other.key()
        ))
        .hint("Install it with dbt, or fetch its folder and name that folder under `local:` in packages.yml.")),
    }
}

fn install(project: &ProjectWithoutProfile, renderer: &Renderer, events: &Events) -> Result<()> {
    let root = &project.root.root;
    let locked = packages::load_lock(root, renderer)?.map(|(specs, _)| specs).unwrap_or_default();
    let mut planned = Vec::new();
    for spec in locked {
        let folder = folder_of(&spec, root)?;
        let name = project::project_name(&folder)?;
        planned.push((spec, folder, name));
    }
    let install_path = root.join(project.root.packages_install_path());
    make_empty(&install_path)?;
    if planned.is_empty() {
        say_no_packages(events);
    }
    for (spec, folder, name) in planned {
        say(events, "DepsStartPackageInstall", "M014", format!("Installing {}", spec.location));
        place(&folder, &install_path, &name, events)?;
        say(events, "DepsInstallInfo", "M015", format!("Installed from <local @ {}>", spec.location));
    }
    Ok(())
}

fn make_empty(folder: &Path) -> Result<()> {
    let outcome = match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => std::fs::create_dir_all(folder),
    };
    outcome.map_err(|error| {
        Error::runtime(format!("The folder of packages {} cannot be made anew: {error}.", folder.display()))
    })
}

/// Links a package into the folder of packages; copies it where links are not to be had.
fn place(source: &Path, install_path: &Path, name: &str, events: &Events) -> Result<()> {
    let destination = install_path.join(name);
    if destination.parent() != Some(install_path) {
        return Err(Error::runtime(format!(
            "Invalid package name '{name}': resolves outside of the packages-install-path ('{}')",
            install_path.display()
        )));
    }
    debug(events, "DepsCreatingLocalSymlink", "Z037", "Creating symlink to local dependency.");
    if link(source, &destination).is_ok() {
        return Ok(());
    }
    debug(events, "DepsSymlinkNotAvailable", "Z038", "Symlinks are not available on this OS, copying dependency.");
    copy(source, &destination).map_err(|error| {
        Error::runtime(format!(
            "The package in {} cannot be copied to {}: {error}.",
            source.display(),
            destination.display()
        ))
    })
}

fn debug(events: &Events, name: &'static str, code: &'static str, message: &str) {
    events.emit(Event::new(name, code, Level::Debug, message));
}

#[cfg(unix)]
fn link(source: &Path, destination: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(source, destination)
}

#[cfg(not(unix))]
fn link(_source: &Path, _destination: &Path) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

fn copy(source: &Path, destination: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(destination)?;
    for entry in std::fs::read_dir(source)? {
        let entry = entry?;
        let target = destination.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy(&entry.path(), &target)?,
            false => {
                std::fs::copy(entry.path(), &target)?;
            }
        }
    }
    Ok(())
}
