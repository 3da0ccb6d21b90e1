//! From what a project asks for to a version of every package: round by round, each round being what the packages of
//! the one before ask for. As in dbt, a version that a later request rules out is replaced, but what it asked for stays.

use std::collections::HashSet;

use super::sources::{Fetched, Sources};
use super::wanted::{Listing, Pinned};
use crate::error::{Error, Result};
use crate::project::packages::PackageSpec;

/// All packages that `specs` ask for, directly and indirectly. `root` is the root project's name.
///
/// # Errors
/// Requests exclude each other; two projects have the same name; a package cannot be fetched.
pub fn resolve(specs: &[PackageSpec], sources: &Sources<'_>, root: &str) -> Result<Vec<(Pinned, Fetched)>> {
    let mut all = Listing::default();
    let mut pending = Listing::default();
    pending.add(specs)?;
    let mut rounds = 0;
    // No chain of packages is longer than there are packages: what is still pending then goes round in a circle.
    while pending.len() > 0 && rounds <= all.len() {
        let mut next = Listing::default();
        for wanted in pending.into_packages() {
            let pinned = all.incorporate(wanted)?.pin(&sources.hub)?;
            next.add(&sources.fetch(&pinned)?.packages)?;
        }
        pending = next;
        rounds += 1;
    }
    let pinned = all.into_packages().map(|wanted| wanted.pin(&sources.hub)).collect::<Result<Vec<_>>>()?;
    let mut seen = HashSet::new();
    let mut resolved = Vec::with_capacity(pinned.len());
    for package in pinned {
        let fetched = sources.fetch(&package)?;
        check_name(&fetched.name, root, &mut seen)?;
        resolved.push((package, fetched));
    }
    Ok(resolved)
}

/// What a lock file lists; its packages are at one version each already.
///
/// # Errors
/// The file contradicts itself.
pub fn resolve_locked(specs: &[PackageSpec], sources: &Sources<'_>) -> Result<Vec<Pinned>> {
    let mut listing = Listing::default();
    listing.add(specs)?;
    listing.into_packages().map(|wanted| wanted.pin(&sources.hub)).collect()
}

fn check_name(name: &str, root: &str, seen: &mut HashSet<String>) -> Result<()> {
    if !seen.insert(name.to_owned()) {
        return Err(Error::runtime(format!(
            "Found duplicate project \"{name}\". This occurs when a dependency has the same project name as some other \
             dependency."
        )));
    }
    match name == root {
        false => Ok(()),
        true => Err(Error::runtime(format!(
            "Found a dependency with the same name as the root project \"{name}\". Package names must be unique in a \
             project. Please rename one of these packages."
        ))),
    }
}
