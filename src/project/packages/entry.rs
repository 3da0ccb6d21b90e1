//! One entry of a list of packages: which kind it is, and what it says. An entry is of a kind if it has that kind's
//! keys, of the right types, and no others.

use std::fmt;

use crate::jinja::value::float_repr;
use crate::project::values::{repr, text};
use crate::yaml::{Map, Node, Value};

/// One entry of a list of packages.
#[derive(Debug, Clone, PartialEq)]
pub struct PackageSpec {
    /// Where it comes from.
    pub source: PackageSource,
    /// The project's name, where the list gives one (the lock file does).
    pub name: Option<String>,
    /// The entry as written; its hash tells `deps` whether the list has changed.
    pub unrendered: Map,
}

/// Where a package comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum PackageSource {
    /// `local`: a folder on this machine.
    Local {
        /// The folder; counts from the root project.
        path: String,
    },
    /// `tarball`: an archive behind a URL.
    Tarball {
        /// The URL.
        url: String,
    },
    /// `git`: a repository.
    Git(GitSource),
    /// `package`: a package of the hub.
    Hub {
        /// Namespace and name: `dbt-labs/dbt_utils`.
        package: String,
        /// What is asked of the version.
        version: HubVersion,
        /// Pre-releases will do.
        install_prerelease: Option<bool>,
    },
    /// `private`: a repository whose address comes from the provider.
    Private {
        /// What a repository has; its location is `organisation/repository`.
        git: GitSource,
        /// `github`, `gitlab`, `ado`, ...
        provider: Option<String>,
    },
}

/// What an entry says about a repository.
#[derive(Debug, Clone, PartialEq)]
pub struct GitSource {
    /// The repository.
    pub location: String,
    /// Branch, tag or commit.
    pub revision: Option<RawVersion>,
    /// `warn-unpinned`.
    pub warn_unpinned: Option<bool>,
    /// The project's folder in the repository.
    pub subdirectory: Option<String>,
}

/// A version as YAML reads it: `1.0` is a number.
#[derive(Debug, Clone, PartialEq)]
pub enum RawVersion {
    /// Text, or a whole number, which dbt takes for text.
    Text(String),
    /// A number with a point.
    Number(f64),
}

impl fmt::Display for RawVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RawVersion::Text(text) => f.write_str(text),
            RawVersion::Number(number) => f.write_str(&float_repr(*number)),
        }
    }
}

/// One requirement on a version, or several.
#[derive(Debug, Clone, PartialEq)]
pub enum HubVersion {
    /// `version: 1.0.0`
    One(RawVersion),
    /// `version: [">=1.0.0", "<2.0.0"]`
    Many(Vec<RawVersion>),
}

impl HubVersion {
    /// Every requirement as text.
    pub fn texts(&self) -> Vec<String> {
        match self {
            HubVersion::One(version) => vec![version.to_string()],
            HubVersion::Many(versions) => versions.iter().map(RawVersion::to_string).collect(),
        }
    }
}

impl PackageSpec {
    /// Reads an entry; `raw` is the same entry before rendering.
    ///
    /// # Errors
    /// It is no package; the text says why, in dbt's words.
    pub fn read(item: &Node, raw: Option<&Node>) -> Result<PackageSpec, String> {
        let Some(map) = item.as_map() else { return Err(not_valid(&item.value)) };
        check_values(map)?;
        let unrendered = raw.and_then(Node::as_map).cloned().unwrap_or_default();
        match PackageSpec::of_kind(map) {
            Some((source, name)) => Ok(PackageSpec { source, name, unrendered }),
            None => {
                let mut shown = map.clone();
                shown.insert(text("unrendered"), Node::detached(Value::Map(unrendered)));
                Err(not_valid(&Value::Map(shown)))
            }
        }
    }

    /// Reads an entry of the hub's, which may have more keys than dbt knows; None if it is no package.
    pub fn of_hub(item: &Node) -> Option<PackageSpec> {
        let known: Map = item.as_map()?.iter().filter(|(key, _)| key.as_str().is_some_and(is_known)).cloned().collect();
        let (source, name) = PackageSpec::of_kind(&known)?;
        Some(PackageSpec { source, name, unrendered: Map::new() })
    }

    fn of_kind(map: &Map) -> Option<(PackageSource, Option<String>)> {
        let name = optional_text(map, "name")?;
        let source = if map.contains_key("local") {
            only(map, &["local", "name"])?;
            PackageSource::Local { path: required_text(map, "local")? }
        } else if map.contains_key("tarball") {
            only(map, &["tarball", "name"])?;
            name.as_ref()?;
            PackageSource::Tarball { url: required_text(map, "tarball")? }
        } else if map.contains_key("git") {
            only(map, &["git", "revision", "warn-unpinned", "subdirectory", "name"])?;
            PackageSource::Git(git_source(map, "git")?)
        } else if map.contains_key("package") {
            only(map, &["package", "version", "install_prerelease", "name"])?;
            hub_source(map)?
        } else {
            only(map, &["private", "provider", "revision", "warn-unpinned", "subdirectory", "name"])?;
            PackageSource::Private { git: git_source(map, "private")?, provider: optional_text(map, "provider")? }
        };
        Some((source, name))
    }
}

fn not_valid(value: &Value) -> String {
    format!("{} is not valid under any of the given schemas", repr(value))
}

/// What dbt looks at before the keys' types.
fn check_values(map: &Map) -> Result<(), String> {
    let given = |key: &str| map.get(key).map(|node| &node.value);
    for (key, word) in [("package", "hub"), ("local", "local"), ("git", "git")] {
        if matches!(given(key), Some(Value::Str(text)) if text.is_empty()) {
            return Err(format!("A {word} package is missing the value. It is a required property."));
        }
    }
    let Some(Value::Str(package)) = given("package") else { return Ok(()) };
    if !given("version").is_some_and(Value::is_truthy) {
        return Err(format!(
            "{package} is missing the version. When installing from the Hub package index, version is a required \
             property"
        ));
    }
    match package.contains('/') {
        true => Ok(()),
        false => Err(format!(
            "{package} was not found in the package index. Packages on the index require a namespace, e.g \
             dbt-labs/dbt_utils"
        )),
    }
}

/// Whether an entry of any kind may have the key.
fn is_known(key: &str) -> bool {
    const KEYS: [&str; 11] = [
        "local",
        "tarball",
        "git",
        "package",
        "private",
        "name",
        "version",
        "install_prerelease",
        "revision",
        "warn-unpinned",
        "subdirectory",
    ];
    KEYS.contains(&key)
}

fn only(map: &Map, keys: &[&str]) -> Option<()> {
    map.iter().all(|(key, _)| key.as_str().is_some_and(|key| keys.contains(&key))).then_some(())
}

fn required_text(map: &Map, key: &str) -> Option<String> {
    map.get(key).and_then(Node::as_str).map(str::to_owned)
}

/// The inner None is a value that is not given; the outer one a value of another type.
fn optional_text(map: &Map, key: &str) -> Option<Option<String>> {
    match map.get(key).map(|node| &node.value) {
        None | Some(Value::Null) => Some(None),
        Some(Value::Str(text)) => Some(Some(text.clone())),
        Some(_) => None,
    }
}

/// See [`optional_text`].
fn optional_bool(map: &Map, key: &str) -> Option<Option<bool>> {
    match map.get(key).map(|node| &node.value) {
        None | Some(Value::Null) => Some(None),
        Some(Value::Bool(flag)) => Some(Some(*flag)),
        Some(_) => None,
    }
}

fn hub_source(map: &Map) -> Option<PackageSource> {
    let given = map.contains_key("install_prerelease");
    Some(PackageSource::Hub {
        package: required_text(map, "package")?,
        version: hub_version(&map.get("version")?.value)?,
        install_prerelease: if given { optional_bool(map, "install_prerelease")? } else { Some(false) },
    })
}

fn git_source(map: &Map, key: &str) -> Option<GitSource> {
    let revision = match map.get("revision").map(|node| &node.value) {
        None | Some(Value::Null) => None,
        Some(value) => Some(raw_version(value)?),
    };
    Some(GitSource {
        location: required_text(map, key)?,
        revision,
        warn_unpinned: optional_bool(map, "warn-unpinned")?,
        subdirectory: optional_text(map, "subdirectory")?,
    })
}

fn hub_version(value: &Value) -> Option<HubVersion> {
    match value {
        Value::Seq(items) => {
            items.iter().map(|item| raw_version(&item.value)).collect::<Option<_>>().map(HubVersion::Many)
        }
        one => raw_version(one).map(HubVersion::One),
    }
}

fn raw_version(value: &Value) -> Option<RawVersion> {
    match value {
        Value::Str(text) => Some(RawVersion::Text(text.clone())),
        Value::Int(number) => Some(RawVersion::Text(number.to_string())),
        Value::BigInt(digits) => Some(RawVersion::Text(digits.clone())),
        Value::Float(number) => Some(RawVersion::Number(*number)),
        _ => None,
    }
}
