//! dbt's deprecation notices for project files, under dbt's event names and codes.

use std::path::Path;

use crate::error::Result;
use crate::events::deprecations::{named, plain, unnamed};
use crate::events::{Event, Events, Level};

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
    events.deprecation(unnamed(events.paint(), event, code, &description).with("deprecated_path", name))
}

/// Says that a mapping has a key twice; `place` is the YAML reader's description.
///
/// # Errors
/// See [`old_key`].
pub fn duplicate_key(events: &Events, place: &str, file: &Path) -> Result<()> {
    let description = format!("{place} in file `{}`", file.display());
    events.deprecation(named(events.paint(), "DuplicateYAMLKeysDeprecation", "D024", &description))
}

/// Says that a setting moved from `profiles.yml` to `dbt_project.yml`.
///
/// # Errors
/// See [`old_key`].
pub fn project_flags_moved(events: &Events) -> Result<()> {
    let text = events.paint().warning_tag(
        "Deprecated functionality\n\nUser config should be moved from the 'config' key in profiles.yml to the 'flags' key \
         in dbt_project.yml.",
    );
    events.deprecation(Event::new("ProjectFlagsMovedDeprecation", "D013", Level::Warn, text))
}

/// Says that a folder of packages under its old name is among the `clean-targets`.
///
/// # Errors
/// See [`old_key`].
pub fn install_path(events: &Events) -> Result<()> {
    // The indentation is dbt's.
    let description = "        The default package install path has changed from `dbt_modules` to `dbt_packages`.
        Please update `clean-targets` in `dbt_project.yml` and check `.gitignore` as well.
        Or, set `packages-install-path: dbt_modules` if you'd like to keep the current value.
        ";
    events.deprecation(unnamed(events.paint(), "PackageInstallPathDeprecation", "D002", description))
}

/// Says that an installed package takes the place of a materialization of dbt's own.
///
/// # Errors
/// See [`old_key`].
pub fn overridden_materialization(events: &Events, package: &str, name: &str) -> Result<()> {
    let description = format!(
        "Installed package '{package}' is overriding the built-in materialization '{name}'. Overrides of built-in \
         materializations from installed packages will be deprecated in future versions of dbt. For more information: \
         https://docs.getdbt.com/reference/global-configs/legacy-behaviors"
    );
    let event = plain(events.paint(), "PackageMaterializationOverrideDeprecation", "D016", &description);
    events.deprecation(event)
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
    let event = unnamed(events.paint(), "PackageRedirectDeprecation", "D001", &description);
    events.deprecation(event.with("old_name", old).with("new_name", new))
}
