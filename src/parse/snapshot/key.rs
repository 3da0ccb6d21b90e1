//! The key of a snapshot: a digest of all that parsing reads in any case.

use indexmap::IndexMap;
use rayon::prelude::*;

use crate::parse::cache::program;
use crate::parse::cx::Flags;
use crate::parse::files::{PackageFiles, SourceFile};
use crate::parse::snapshot::texts::is_text;
use crate::project::Project;

/// The key of a project with these files; of those that may change by themselves, only where they are counts.
pub fn of(project: &Project, flags: &Flags, files: &IndexMap<String, PackageFiles>) -> String {
    // Variables are noted as they are read; folders and selectors are not what parsing reads.
    let Project {
        root,
        packages,
        target,
        cli_vars: _,
        target_path: _,
        base_target_path: _,
        log_path: _,
        packages_install_path: _,
        flags: project_flags,
        selectors: _,
        env_vars: _,
        reads: _,
    } = project;
    let mut hasher = blake3::Hasher::new();
    let loaded = format!("{} {root:?} {packages:?} {target:?} {project_flags:?} {flags:?}", program());
    hasher.update(loaded.as_bytes());
    for files in files.values() {
        for kind in files.kinds() {
            let digests: Vec<blake3::Hash> = files.of(kind).par_iter().with_min_len(64).map(of_file).collect();
            hasher.update(format!("{kind:?} {}", digests.len()).as_bytes());
            for digest in digests {
                hasher.update(digest.as_bytes());
            }
        }
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

/// A seed has no text here, but its checksum.
fn of_file(file: &SourceFile) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    let (checksum, contents) = match is_text(file) {
        true => ("", ""),
        false => (file.checksum.checksum.as_str(), &*file.contents),
    };
    let parts = [&file.package, &*file.searched_path, &file.relative_path, checksum, contents];
    for part in parts {
        hasher.update(&part.len().to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize()
}
