//! What `deps` says while it works, under dbt's event names and codes and in dbt's words.

use std::path::Path;

use crate::error::Result;
use crate::events::{Event, Events, Level};
use crate::project::values::{repr, repr_texts};
use crate::yaml::{Map, Value};

/// Where dbt explains how a package is pinned.
const PIN_PACKAGE_URL: &str = "https://docs.getdbt.com/docs/package-management#section-specifying-package-versions";

/// Name, code and first words of an event for the log file.
pub type Name = (&'static str, &'static str, &'static str);

/// Before and after the hub is asked for its index.
pub const INDEX_REQUEST: (Name, Name) = (
    ("RegistryIndexProgressGETRequest", "M022", "Making package index registry request"),
    ("RegistryIndexProgressGETResponse", "M023", "Response from registry index"),
);

/// Before and after the hub is asked for a package.
pub const PACKAGE_REQUEST: (Name, Name) = (
    ("RegistryProgressGETRequest", "M008", "Making package registry request"),
    ("RegistryProgressGETResponse", "M009", "Response from registry"),
);

fn info(events: &Events, name: &'static str, code: &'static str, message: impl Into<String>, data: &[(&str, &str)]) {
    let event = Event::new(name, code, Level::Info, message);
    events.emit(data.iter().fold(event, |event, (key, value)| event.with(key, *value)));
}

/// Something for the log file.
pub fn debug(events: &Events, name: &'static str, code: &'static str, message: impl Into<String>) {
    events.emit(Event::new(name, code, Level::Debug, message));
}

pub fn no_packages(events: &Events) {
    info(events, "DepsNoPackagesFound", "M013", "Warning: No packages were found in packages.yml", &[]);
}

pub fn installing(events: &Events, package: &str) {
    info(events, "DepsStartPackageInstall", "M014", format!("Installing {package}"), &[("package_name", package)]);
}

pub fn installed(events: &Events, version: &str) {
    info(events, "DepsInstallInfo", "M015", format!("Installed from {version}"), &[("version_name", version)]);
}

/// How the version of a hub package stands to the latest one.
pub fn latest(events: &Events, version: &str, latest: &str) {
    if version == latest {
        info(events, "DepsUpToDate", "M017", "Up to date!", &[]);
    } else {
        let message = format!("Updated version available: {latest}");
        info(events, "DepsUpdateAvailable", "M016", message, &[("version_latest", latest)]);
    }
}

pub fn subdirectory(events: &Events, folder: &str) {
    info(events, "DepsListSubdirectory", "M018", format!("and subdirectory {folder}"), &[("subdirectory", folder)]);
}

pub fn updates_available(events: &Events, packages: &[String]) {
    if packages.is_empty() {
        return;
    }
    events.emit(Event::new("Formatting", "Z017", Level::Info, ""));
    // The blanks before the line break are in dbt's message.
    let message = format!(
        "Updates available for packages: {}                 \nUpdate your versions in packages.yml, then run dbt deps",
        repr_texts(packages)
    );
    events.emit(Event::new("DepsNotifyUpdatesAvailable", "M019", Level::Info, message).with("packages", packages));
}

pub fn lock_written(events: &Events, path: &Path) {
    let path = path.display().to_string();
    let message = format!("Updating lock file in file path: {path}");
    info(events, "DepsLockUpdating", "M031", message, &[("lock_filepath", &path)]);
}

pub fn created_packages_file(events: &Events) {
    events.emit(Event::new("Formatting", "Z017", Level::Info, "Created packages.yml"));
}

pub fn added(events: &Events, package: &str, version: &str, file: &Path) {
    let file = file.display().to_string();
    let message = format!("Added new package {package}@{version} to {file}");
    let data = [("package_name", package), ("version", version), ("packages_filepath", &file)];
    info(events, "DepsAddPackage", "M032", message, &data);
}

/// Says that an entry gives way to one that is added; shows its texts and numbers.
pub fn duplicate_removed(events: &Events, entry: &Map) {
    let is_shown = |value: &Value| matches!(value, Value::Str(_) | Value::Int(_) | Value::Float(_));
    let shown: Map = entry.iter().filter(|(_, value)| is_shown(&value.value)).cloned().collect();
    let message = format!("Found duplicate package in packages.yml, removing: {}", repr(&Value::Map(shown)));
    info(events, "DepsFoundDuplicatePackage", "M033", message, &[]);
}

/// Warns that a repository is not held at one commit.
///
/// # Errors
/// Such a warning is an error in this run.
pub fn unpinned(events: &Events, repository: &str, revision: &str) -> Result<()> {
    let state = match revision {
        "HEAD" => "not pinned, using HEAD (default branch)".to_owned(),
        branch => format!("pinned to the \"{branch}\" branch"),
    };
    let text = format!(
        "The git package \"{repository}\" \n\tis {state}.\n\tThis can introduce breaking changes into your project \
         without warning!\n\nSee {PIN_PACKAGE_URL}"
    );
    let message = events.paint().warning_tag(&text);
    let event = Event::new("DepsUnpinned", "M029", Level::Warn, message);
    events.warn(event.with("revision", revision).with("git", repository))
}

/// Warns that the lock file cannot name a place because the name is a secret.
///
/// # Errors
/// See [`unpinned`].
pub fn scrubbed(events: &Events, package: &str) -> Result<()> {
    let message = events.paint().warning_tag(&format!(
        "Detected secret env var in {package}. dbt will write a scrubbed representation to the lock file. This will cause \
         issues with subsequent 'dbt deps' using the lock file, requiring 'dbt deps --upgrade'"
    ));
    events.warn(Event::new("DepsScrubbedPackageName", "M035", Level::Warn, message).with("package_name", package))
}

pub fn git_is_missing(events: &Events) {
    let message = events.paint().error_tag(
        "Make sure git is installed on your machine. More information: \
         https://docs.getdbt.com/docs/package-management",
    );
    events.emit(Event::new("EnsureGitInstalled", "Z036", Level::Error, message));
}
