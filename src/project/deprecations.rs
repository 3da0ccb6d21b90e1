//! dbt's deprecation notices for project files, under dbt's event names and codes.

use std::path::Path;

use crate::error::Result;
use crate::events::{Event, Events, Level};

/// The width to which dbt wraps its notices.
const WIDTH: usize = 80;

/// A key of `dbt_project.yml` that was renamed or dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OldKey {
    /// `source-paths`
    SourcePaths,
    /// `data-paths`
    DataPaths,
    /// `log-path`
    LogPath,
    /// `target-path`
    TargetPath,
}

impl OldKey {
    /// All of them, in the order in which dbt looks for them.
    pub const ALL: [OldKey; 4] = [OldKey::SourcePaths, OldKey::DataPaths, OldKey::LogPath, OldKey::TargetPath];

    /// The old key.
    pub fn name(self) -> &'static str {
        match self {
            OldKey::SourcePaths => "source-paths",
            OldKey::DataPaths => "data-paths",
            OldKey::LogPath => "log-path",
            OldKey::TargetPath => "target-path",
        }
    }

    /// The key that takes its place.
    pub fn successor(self) -> Option<&'static str> {
        match self {
            OldKey::SourcePaths => Some("model-paths"),
            OldKey::DataPaths => Some("seed-paths"),
            OldKey::LogPath | OldKey::TargetPath => None,
        }
    }

    /// The value for which dbt stays silent.
    pub fn harmless(self) -> Option<&'static str> {
        match self {
            OldKey::LogPath => Some("logs"),
            OldKey::TargetPath => Some("target"),
            OldKey::SourcePaths | OldKey::DataPaths => None,
        }
    }

    fn event(self) -> (&'static str, &'static str) {
        match self {
            OldKey::SourcePaths => ("ConfigSourcePathDeprecation", "D003"),
            OldKey::DataPaths => ("ConfigDataPathDeprecation", "D004"),
            OldKey::LogPath => ("ConfigLogPathDeprecation", "D010"),
            OldKey::TargetPath => ("ConfigTargetPathDeprecation", "D011"),
        }
    }
}

/// Says that `dbt_project.yml` uses an old key.
///
/// # Errors
/// Such a notice is an error in this run (`--warn-error`).
pub fn old_key(events: &Events, key: OldKey) -> Result<()> {
    let name = key.name();
    let description = match key.successor() {
        Some(successor) => format!(
            "The `{name}` config has been renamed to `{successor}`. Please update your `dbt_project.yml` \
             configuration to reflect this change."
        ),
        None => {
            let (output, flag, variable) = match key {
                OldKey::LogPath => ("logs", "--log-path", "DBT_LOG_PATH"),
                _ => ("artifacts", "--target-path", "DBT_TARGET_PATH"),
            };
            format!(
                "The `{name}` config in `dbt_project.yml` has been deprecated, and will no longer be supported in a \
                 future version of dbt-core. If you wish to write dbt {output} to a custom directory, please use the \
                 {flag} CLI flag or {variable} env var instead."
            )
        }
    };
    let (event, code) = key.event();
    events.warn(untagged(events, event, code, &description).with("deprecated_path", name))
}

/// Says that a mapping has a key twice; `place` is the YAML reader's description.
///
/// # Errors
/// See [`old_key`].
pub fn duplicate_key(events: &Events, place: &str, file: &Path) -> Result<()> {
    let name = "DuplicateYAMLKeysDeprecation";
    let description = wrap(&format!("{place} in file `{}`", file.display()));
    let message = events.paint().named_warning_tag(name, &format!("Deprecated functionality\n{description}"));
    events.warn(Event::new(name, "D024", Level::Warn, message))
}

/// Says that a setting moved from `profiles.yml` to `dbt_project.yml`.
///
/// # Errors
/// See [`old_key`].
pub fn project_flags_moved(events: &Events) -> Result<()> {
    events.warn(untagged(
        events,
        "ProjectFlagsMovedDeprecation",
        "D013",
        "User config should be moved from the 'config' key in profiles.yml to the 'flags' key in dbt_project.yml.",
    ))
}

/// Says that a folder of packages under its old name is among the `clean-targets`.
///
/// # Errors
/// See [`old_key`].
pub fn install_path(events: &Events) -> Result<()> {
    events.warn(untagged(
        events,
        "PackageInstallPathDeprecation",
        "D002",
        "The default package install path has changed from `dbt_modules` to `dbt_packages`. Please update \
         `clean-targets` in `dbt_project.yml` and check `.gitignore` as well. Or, set `packages-install-path: \
         dbt_modules` if you'd like to keep the current value.",
    ))
}

/// Says that a package of the hub goes on under another name.
///
/// # Errors
/// See [`old_key`].
pub fn package_redirect(events: &Events, old: &str, new: &str) -> Result<()> {
    let description = format!(
        "The `{old}` package is deprecated in favor of `{new}`. Please update your `packages.yml` configuration to use \
         `{new}` instead."
    );
    let event = untagged(events, "PackageRedirectDeprecation", "D001", &description);
    events.warn(event.with("old_name", old).with("new_name", new))
}

/// A notice of the kind that does not repeat its event's name.
fn untagged(events: &Events, name: &'static str, code: &'static str, description: &str) -> Event {
    let message = events.paint().warning_tag(&format!("Deprecated functionality\n{}", wrap(description)));
    Event::new(name, code, Level::Warn, message)
}

/// Breaks a text between words so that no line is longer than dbt's width.
fn wrap(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}
