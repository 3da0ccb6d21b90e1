//! `--add-package`: writes a package into the project's list, in place of entries for the same one.

use super::{Addition, lock, say};
use crate::error::{Error, Result};
use crate::events::Events;
use crate::project::ProjectWithoutProfile;
use crate::project::file;
use crate::project::packages::{self, PackageSpec};
use crate::project::{Renderer, values::text};
use crate::yaml::{self, Map, Node, Value};

/// Writes the list of packages with `addition` at its end, and gives what it then asks for.
///
/// # Errors
/// The file cannot be read or written, or is no list of packages.
pub fn add(
    project: &ProjectWithoutProfile,
    addition: &Addition,
    renderer: &Renderer,
    events: &Events,
) -> Result<Vec<PackageSpec>> {
    let path = project.root.root.join(project.packages.file);
    if !path.exists() {
        lock::save(&path, "packages: []\n")?;
        say::created_packages_file(events);
    }
    let mut list = file::read_mapping(&path)?;
    let mut entries = match list.get("packages").map(|node| &node.value) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Seq(items)) => items.clone(),
        Some(_) => {
            return Err(Error::runtime(format!("The key `packages` of {} must hold a list.", path.display())));
        }
    };
    let variants = variants(&addition.name);
    for index in (0..entries.len()).rev() {
        if let Some(entry) = entries[index].as_map().filter(|entry| is_for(entry, &variants)) {
            say::duplicate_removed(events, entry);
            entries.remove(index);
        }
    }
    entries.push(Node::detached(Value::Map(entry(addition))));
    list.insert(text("packages"), Node::detached(Value::Seq(entries)));
    let only_packages = list.iter().filter(|(key, _)| key.as_str() == Some("packages")).cloned().collect();
    let specs = packages::from_map(only_packages, renderer)?;
    lock::save(&path, &yaml::dump(&Value::Map(list), lock::STYLE))?;
    say::added(events, &addition.name, addition.version.as_deref().unwrap_or_default(), &path);
    Ok(specs)
}

fn entry(addition: &Addition) -> Map {
    let source = addition.source.as_str();
    let key = if source == "hub" { "package" } else { source };
    let mut entry: Map = [(text(key), text(&addition.name))].into_iter().collect();
    if let Some(version) = addition.version.as_deref().filter(|version| !version.is_empty()) {
        let value = match version.contains(',') {
            true => Node::detached(Value::Seq(version.split(',').map(text).collect())),
            false => text(version),
        };
        entry.insert(text(if source == "git" { "revision" } else { "version" }), value);
    }
    entry
}

/// A package's name as hubs and repositories spell it: whole or without its owner, with `_` or `-`.
fn variants(name: &str) -> Vec<String> {
    let short = name.rsplit_once('/').map(|(_, short)| short);
    let spelled = |name: &str| [name.to_owned(), name.replace('_', "-"), name.replace('-', "_")];
    std::iter::once(name).chain(short).flat_map(spelled).collect()
}

/// Whether an entry is for a package of one of these names, which stands between slashes, dots or ends.
fn is_for(entry: &Map, variants: &[String]) -> bool {
    let place = |key: &&str| entry.get(key).and_then(Node::as_str).filter(|place| !place.is_empty());
    let keys = ["package", "git", "local", "tarball", "private"];
    let Some(place) = keys.iter().find_map(place) else { return false };
    let is_border = |letter: Option<char>| matches!(letter, None | Some('/' | '.'));
    variants.iter().filter(|name| !name.is_empty()).any(|name| {
        place
            .split_once(name.as_str())
            .is_some_and(|(before, after)| is_border(before.chars().next_back()) && is_border(after.chars().next()))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A failing look-up is a failing test.
mod tests {
    use super::*;

    #[test]
    fn tells_entries_for_the_same_package_as_dbt_does() {
        let is_duplicate = |entry: &str, name: &str| {
            let node = yaml::parse(entry, "").unwrap();
            is_for(node.as_map().unwrap(), &variants(name))
        };
        assert!(is_duplicate("git: https://github.com/dbt-labs/dbt-utils.git", "dbt-labs/dbt_utils"));
        assert!(is_duplicate("package: other/dbt_utils", "dbt-labs/dbt_utils"));
        assert!(is_duplicate("local: ../dbt_utils", "dbt_utils"));
        assert!(!is_duplicate("package: dbt-labs/dbt_utils_more", "dbt-labs/dbt_utils"));
        assert!(!is_duplicate("git: https://github.com/x/my-dbt-utils.git", "dbt-labs/dbt_utils"));
        assert!(!is_duplicate("{revision: dbt_utils}", "dbt_utils"));
    }
}
