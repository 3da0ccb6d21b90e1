//! `package-lock.yml`: its text and the hash in it, both as dbt writes them, so that either program accepts the
//! other's file.

use std::io::Write as _;
use std::path::Path;

use serde_json::{Map as JsonMap, Value as Json};

use super::say;
use super::sources::Fetched;
use super::wanted::Pinned;
use crate::artifacts::python_json;
use crate::error::{Error, Result};
use crate::events::{Events, secrets};
use crate::project::packages::{GitSource, HubVersion, PackageSource, PackageSpec, RawVersion};
use crate::project::values::text;
use crate::yaml::{self, DumpOptions, Map, Node, Value};

/// How dbt writes files of packages.
pub const STYLE: DumpOptions = DumpOptions { sort_keys: true, indent_items: true };

/// The hash of a list of packages: SHA-1 over the sorted JSON texts of its entries.
pub fn hash(packages: &[PackageSpec]) -> String {
    let mut texts: Vec<String> =
        packages.iter().map(|package| python_json::to_string(&python_json::sorted(entry_json(package)))).collect();
    texts.sort();
    super::sha1::hex(texts.join("\n").as_bytes())
}

/// An entry as dbt serialises it before hashing: all fields of its kind, and what was written under `unrendered`.
fn entry_json(package: &PackageSpec) -> Json {
    let mut entry = JsonMap::new();
    let mut put = |key: &str, value: Json| entry.insert(key.to_owned(), value);
    match &package.source {
        PackageSource::Local { path } => {
            put("local", path.as_str().into());
        }
        PackageSource::Tarball { url } => {
            put("tarball", url.as_str().into());
        }
        PackageSource::Git(source) => put_git(&mut put, "git", source),
        PackageSource::Private { git, provider } => {
            put_git(&mut put, "private", git);
            put("provider", provider.clone().into());
        }
        PackageSource::Hub { package, version, install_prerelease } => {
            put("package", package.as_str().into());
            put("install_prerelease", (*install_prerelease).into());
            put(
                "version",
                match version {
                    HubVersion::One(version) => version_json(version),
                    HubVersion::Many(versions) => versions.iter().map(version_json).collect(),
                },
            );
        }
    }
    if let Some(name) = &package.name {
        put("name", name.as_str().into());
    }
    put("unrendered", yaml::to_json(&Value::Map(package.unrendered.clone())));
    Json::Object(entry)
}

fn put_git(put: &mut impl FnMut(&str, Json) -> Option<Json>, key: &str, source: &GitSource) {
    put(key, source.location.as_str().into());
    put("revision", source.revision.as_ref().map_or(Json::Null, version_json));
    put("subdirectory", source.subdirectory.clone().into());
    put("warn-unpinned", source.warn_unpinned.into());
}

fn version_json(version: &RawVersion) -> Json {
    match version {
        RawVersion::Text(text) => text.as_str().into(),
        RawVersion::Number(number) => (*number).into(),
    }
}

/// Writes the lock file in one step: a reader sees the old one or the new one.
///
/// # Errors
/// The file cannot be written; a warning about a secret in it is an error in this run.
pub fn write(path: &Path, packages: &[(Pinned, Fetched)], hash: &str, events: &Events) -> Result<()> {
    let mut entries = Vec::with_capacity(packages.len());
    for (pinned, fetched) in packages {
        let mut entry = entry(pinned, fetched, events)?;
        entry.insert(text("name"), text(&fetched.name));
        entries.push(Node::detached(Value::Map(entry)));
    }
    let file: Map = [(text("packages"), Node::detached(Value::Seq(entries))), (text("sha1_hash"), text(hash))]
        .into_iter()
        .collect();
    save(path, &yaml::dump(&Value::Map(file), STYLE))
}

fn entry(pinned: &Pinned, fetched: &Fetched, events: &Events) -> Result<Map> {
    let pairs: Vec<(&str, String)> = match pinned {
        Pinned::Local { path } => vec![("local", path.clone())],
        Pinned::Tarball { written, .. } => vec![("tarball", without_secrets(written, events)?)],
        Pinned::Hub { package, version, .. } => vec![("package", package.clone()), ("version", version.clone())],
        Pinned::Git { repository, revision } => {
            let key = if repository.private { "private" } else { "git" };
            let place = without_secrets(&repository.written, events)?;
            let mut pairs = vec![(key, place), ("revision", fetched.commit.clone().unwrap_or(revision.clone()))];
            pairs.extend(repository.subdirectory.clone().map(|folder| ("subdirectory", folder)));
            let provider = repository.provider.clone().filter(|provider| !provider.is_empty());
            pairs.extend(provider.map(|provider| ("provider", provider)));
            pairs
        }
    };
    Ok(pairs.iter().map(|(key, value)| (text(key), text(value))).collect())
}

/// A secret that is written out in `packages.yml` does not get into the lock file.
fn without_secrets(written: &str, events: &Events) -> Result<String> {
    let scrubbed = secrets().iter().fold(written.to_owned(), |text, secret| text.replace(secret, "*****"));
    if scrubbed != written {
        say::scrubbed(events, &scrubbed)?;
    }
    Ok(scrubbed)
}

/// Writes a file of packages in one step.
///
/// # Errors
/// The file cannot be written.
pub fn save(path: &Path, text: &str) -> Result<()> {
    let write = || -> std::io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.prefix(".packages-");
        allow_reading(&mut builder, path);
        let mut file = builder.tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(|error| Error::runtime(format!("The file {} cannot be written: {error}.", path.display())))
}

/// The permissions of the file that is replaced, else those of any new file; a temporary file would have its own.
#[cfg(unix)]
fn allow_reading(builder: &mut tempfile::Builder<'_, '_>, path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let before = std::fs::metadata(path).map(|found| found.permissions());
    builder.permissions(before.unwrap_or_else(|_| std::fs::Permissions::from_mode(0o666)));
}

#[cfg(not(unix))]
fn allow_reading(_builder: &mut tempfile::Builder<'_, '_>, _path: &Path) {}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A failing look-up is a failing test.
mod tests {
    use super::*;

    /// Entries with the hashes that dbt gives to lists of each alone.
    #[test]
    fn hashes_a_list_as_dbt_does() {
        for (entry, expected) in [
            ("local: x", "000ef978a42b3d45dd13ec5c59ef521d87ba0279"),
            ("{local: x, name: n}", "3ada3954d370bc0e2434d00aa99f1960c8db937e"),
            ("git: u", "1b25698b4d25b874390733a0e7dab55113a5d08d"),
            ("{git: u, revision: 1.0, warn-unpinned: false}", "67e00e0138429de32f2ee65269d4839de381361b"),
            ("{git: u, revision: 1}", "ebe69d9d61dbb1f7468fc2d4eb0981182c7bbe18"),
            (
                "{git: u, revision: v1, subdirectory: s, warn-unpinned: true}",
                "047366ff4123ae82fd22e3f6e04840d8413179ef",
            ),
            ("{package: a/b, version: 1.0.0}", "fbe59819b389dd3c16eebc554e4ec5b3ce2924bc"),
            (
                "{package: a/b, version: [1, '2', 1.5], install_prerelease: true}",
                "2b3407e7e2e2190f144f13675e92ae58539bde67",
            ),
            ("{package: a/b, version: [1.0.0], install_prerelease: null}", "ae21e358aa56320d73db38b79a6dbabe978483cf"),
            ("{package: a/b, version: 1.0e+20}", "861e11b1d52bdc5f0540c23040dde1c6af960581"),
            ("private: a/b", "786a78dd6b5d5b46dd82c95bce3ce2594d241624"),
            ("{private: a/b, provider: github, revision: x}", "fc8e7d142ed395fe072a068a9c10847bf299e0a6"),
            ("{tarball: ü, name: n}", "2d4c922f906f99709d61312db486f63aff11fa2f"),
        ] {
            let node = yaml::parse(entry, "packages.yml").unwrap();
            assert_eq!(hash(&[PackageSpec::read(&node, Some(&node)).unwrap()]), expected, "{entry}");
        }
    }

    #[test]
    fn refuses_entries_as_dbt_does() {
        for entry in [
            "{git: u, warn_unpinned: true}",
            "{package: a/b, version: 1.0.0, install-prerelease: true}",
            "{package: a/b, version: true}",
            "{git: u, revision: true}",
            "{local: 1}",
            "{local: x, subdirectory: y}",
            "{tarball: u}",
            "{git: u, local: x}",
            "{private: a/b, provider: 1}",
            "{git: u, revision: [1]}",
            "{}",
        ] {
            let node = yaml::parse(entry, "packages.yml").unwrap();
            let error = PackageSpec::read(&node, Some(&node)).unwrap_err();
            assert!(error.ends_with("} is not valid under any of the given schemas"), "{entry}: {error}");
        }
    }
}
