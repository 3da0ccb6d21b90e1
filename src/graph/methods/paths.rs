//! Selection by file: `path:` with `pathlib`'s patterns, `file:` by name.

use std::path::{Component, Path};

use super::matching;
use crate::error::{Error, Result};
use crate::graph::dag::NodeSet;
use crate::graph::glob;
use crate::graph::member::Member;
use crate::graph::select::Evaluator;

/// Resources whose file, the YAML file that describes them, or a folder above their file matches the pattern and
/// exists in the root project.
pub(super) fn search(evaluator: &Evaluator<'_>, value: &str) -> Result<NodeSet> {
    let pattern = pattern(value)?;
    let root = evaluator.project_dir();
    let found = |path: &Path| {
        let parts: Option<Vec<&str>> = path.iter().map(|part| part.to_str()).collect();
        parts.is_some_and(|parts| glob::path_matches(&parts, &pattern)) && root.join(path).exists()
    };
    let ends_in_folders = pattern.last() == Some(&"**");
    Ok(matching(evaluator, |member| {
        let file = Path::new(member.original_file_path());
        let files = [Some(file), member.patch_path().map(Path::new)];
        files.into_iter().flatten().any(|file| found(file) && !ends_in_folders) || file.ancestors().skip(1).any(found)
    }))
}

/// The parts of a pattern, empty and `.` parts left out.
fn pattern(value: &str) -> Result<Vec<&str>> {
    let mut parts = Vec::new();
    for component in Path::new(value).components() {
        match component {
            Component::CurDir => {}
            Component::Normal(part) => parts.extend(part.to_str()),
            Component::ParentDir => parts.push(".."),
            Component::RootDir | Component::Prefix(_) => {
                return Err(invalid(value, "is not relative to the project"));
            }
        }
    }
    if parts.is_empty() {
        return Err(invalid(value, "is empty"));
    }
    if parts.iter().any(|part| part.contains("**") && *part != "**") {
        return Err(invalid(value, "has `**` beside other letters in one part of it"));
    }
    Ok(parts)
}

fn invalid(value: &str, why: &str) -> Error {
    Error::runtime(format!("The path \"{value}\" in a selector {why}."))
        .hint("Write it as it stands below the project's folder, such as `path:models/staging`.")
}

/// `file:`: the name of the file, with or without its ending.
pub(super) fn file_matches(member: Member<'_>, value: &str) -> bool {
    let path = Path::new(member.original_file_path());
    [path.file_name(), path.file_stem()]
        .into_iter()
        .flatten()
        .any(|name| name.to_str().is_some_and(|name| glob::matches(name, value)))
}
