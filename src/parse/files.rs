//! Finds and reads the files of every package, once and in parallel, in the order in which dbt finds them: people
//! rely on that order where one thread runs nodes that do not depend on each other. Mirrors dbt's `read_files.py`.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::walk::{Ignore, walk};
use crate::error::{Error, Result};
use crate::manifest::FileHash;
use crate::project::Package;

/// What `allow_jinja_file_extensions` lets follow `.sql` and `.md`, in the order in which dbt looks for them.
const JINJA_SUFFIXES: [&str; 3] = [".j2", ".jinja2", ".jinja"];

/// What a file is read as. One file may be read as several kinds, where configured folders overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    /// `.sql` below `macro-paths`.
    Macro,
    /// `.py` and `.sql` below `model-paths`.
    Model,
    /// `.sql` below `snapshot-paths`.
    Snapshot,
    /// `.sql` below `analysis-paths`.
    Analysis,
    /// `.sql` below `test-paths`, but for `generic` and `fixtures`.
    SingularTest,
    /// `.sql` below `test-paths`/generic.
    GenericTest,
    /// `.csv` below `seed-paths`.
    Seed,
    /// `.md` below `docs-paths`.
    Docs,
    /// `.yml` and `.yaml` below all resource folders.
    Schema,
    /// `.csv` and `.sql` below `test-paths`/fixtures.
    Fixture,
    /// `.py`, `.js` and `.sql` below `function-paths`.
    Function,
}

/// A file with its text.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Package that it belongs to.
    pub package: Arc<str>,
    /// What it is read as.
    pub kind: FileKind,
    /// Configured folder: `models`.
    pub searched_path: String,
    /// Path below that folder: `staging/stg_a.sql`.
    pub relative_path: String,
    /// Text without surrounding white space; empty for seeds, which are only hashed.
    pub contents: Arc<str>,
    /// Checksum as dbt computes it for the kind.
    pub checksum: FileHash,
}

impl SourceFile {
    /// Path below the package: `models/staging/stg_a.sql`.
    pub fn original_file_path(&self) -> String {
        join(&self.searched_path, &self.relative_path)
    }

    /// `package://models/schema.yml`, as `patch_path` says it.
    pub fn file_id(&self) -> String {
        format!("{}://{}", self.package, self.original_file_path())
    }

    /// File name without its last extension: the name of a model. `.jinja` and its like do not count as one: files that
    /// end so are read only where the project allows it.
    pub fn name(&self) -> &str {
        let base = self.relative_path.rsplit('/').next().unwrap_or(&self.relative_path);
        let suffix = JINJA_SUFFIXES.into_iter().find(|suffix| base.ends_with(suffix)).unwrap_or_default();
        strip_extension(&base[..base.len() - suffix.len()])
    }
}

/// A file name without its last extension; a leading dot does not begin an extension.
pub fn strip_extension(name: &str) -> &str {
    match name.rfind('.') {
        Some(at) if at > 0 => &name[..at],
        _ => name,
    }
}

/// `a/b`, without doubling a slash.
pub fn join(folder: &str, rest: &str) -> String {
    if folder.is_empty() || folder.ends_with('/') { format!("{folder}{rest}") } else { format!("{folder}/{rest}") }
}

/// The files of one package by kind.
#[derive(Debug, Default)]
pub struct PackageFiles(BTreeMap<FileKind, Vec<SourceFile>>);

impl PackageFiles {
    /// The files of `kind`, in dbt's order.
    pub fn of(&self, kind: FileKind) -> &[SourceFile] {
        self.0.get(&kind).map_or(&[], Vec::as_slice)
    }

    /// The kinds of which there are files, always in the same order.
    pub fn kinds(&self) -> impl Iterator<Item = FileKind> {
        self.0.keys().copied()
    }
}

/// A file that was found and is to be read.
struct Found<'a> {
    package: &'a Package,
    name: Arc<str>,
    kind: FileKind,
    searched_path: String,
    relative_path: String,
}

/// What `flags:` of the project say about reading files.
#[derive(Debug, Clone, Copy)]
pub struct ReadOptions {
    /// Seeds that are larger are hashed by their path only; 0 is no limit.
    pub maximum_seed_bytes: u64,
    /// `.sql.jinja`, `.md.j2` and their like are read, too.
    pub jinja_extensions: bool,
}

/// Reads all files of `packages`, by package name.
///
/// # Errors
/// A file cannot be read or is not UTF-8; a `.dbtignore` cannot be read.
pub fn read_packages<'a>(
    packages: impl Iterator<Item = &'a Package>,
    options: ReadOptions,
) -> Result<IndexMap<String, PackageFiles>> {
    let mut all = IndexMap::new();
    let mut found = Vec::new();
    for package in packages {
        all.insert(package.name.clone(), PackageFiles::default());
        find_files(package, options.jinja_extensions, &mut found)?;
    }
    let read: Vec<Result<SourceFile>> =
        found.into_par_iter().map(|file| read(file, options.maximum_seed_bytes)).collect();
    for file in read {
        let file = file?;
        if let Some(files) = all.get_mut(&*file.package) {
            files.0.entry(file.kind).or_default().push(file);
        }
    }
    Ok(all)
}

/// The folders and extensions of each kind, in the order in which dbt reads them.
fn file_types(package: &Package) -> Vec<(FileKind, Vec<String>, &'static [&'static str])> {
    let below = |folder: &str| package.test_paths.iter().map(|path| join(path, folder)).collect::<Vec<_>>();
    vec![
        (FileKind::Macro, package.macro_paths.clone(), &[".sql"]),
        (FileKind::Model, package.model_paths.clone(), &[".py", ".sql"]),
        (FileKind::Snapshot, package.snapshot_paths.clone(), &[".sql"]),
        (FileKind::Analysis, package.analysis_paths.clone(), &[".sql"]),
        (FileKind::SingularTest, package.test_paths.clone(), &[".sql"]),
        (FileKind::GenericTest, below("generic"), &[".sql"]),
        (FileKind::Seed, package.seed_paths.clone(), &[".csv"]),
        (FileKind::Docs, package.docs_paths.clone(), &[".md"]),
        (FileKind::Schema, all_source_paths(package), &[".yml", ".yaml"]),
        (FileKind::Fixture, below("fixtures"), &[".csv", ".sql"]),
        (FileKind::Function, package.function_paths.clone(), &[".py", ".js", ".sql"]),
    ]
}

fn all_source_paths(package: &Package) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    let groups = [
        &package.model_paths,
        &package.seed_paths,
        &package.snapshot_paths,
        &package.analysis_paths,
        &package.macro_paths,
        &package.test_paths,
        &package.function_paths,
    ];
    for path in groups.into_iter().flatten() {
        let path = path.trim_end_matches('/');
        if !paths.iter().any(|known| known == path) {
            paths.push(path.to_owned());
        }
    }
    paths
}

/// The endings of file names under which dbt looks for `extension`.
fn endings(extension: &str, jinja_extensions: bool) -> Vec<String> {
    let suffixes: &[&str] = if jinja_extensions && matches!(extension, ".sql" | ".md") { &JINJA_SUFFIXES } else { &[] };
    std::iter::once("").chain(suffixes.iter().copied()).map(|suffix| format!("{extension}{suffix}")).collect()
}

fn find_files<'a>(package: &'a Package, jinja_extensions: bool, found: &mut Vec<Found<'a>>) -> Result<()> {
    let ignore = Ignore::load(&package.root)?;
    let name: Arc<str> = Arc::from(package.name.as_str());
    let mut walked: HashMap<String, Arc<Vec<String>>> = HashMap::new();
    for (kind, folders, extensions) in file_types(package) {
        for extension in extensions.iter().flat_map(|extension| endings(extension, jinja_extensions)) {
            for folder in &folders {
                let listed = walked
                    .entry(folder.trim_end_matches('/').to_owned())
                    .or_insert_with(|| Arc::new(walk(&package.root.join(folder))))
                    .clone();
                for relative in listed.iter().filter(|path| wanted(path, &extension)) {
                    let in_test_folder = relative.starts_with("generic/") || relative.starts_with("fixtures/");
                    if (kind == FileKind::SingularTest && in_test_folder) || ignore.matches(&join(folder, relative)) {
                        continue;
                    }
                    found.push(Found {
                        package,
                        name: name.clone(),
                        kind,
                        searched_path: folder.clone(),
                        relative_path: relative.clone(),
                    });
                }
            }
        }
    }
    Ok(())
}

/// Whether dbt's pattern `[!.#~]*.sql` matches the file name; letter case of the extension does not count.
fn wanted(path: &str, extension: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let Some(stem_length) = name.len().checked_sub(extension.len()) else { return false };
    stem_length > 0
        && !name.starts_with(['.', '#', '~'])
        && name.is_char_boundary(stem_length)
        && name[stem_length..].eq_ignore_ascii_case(extension)
}

fn read(found: Found<'_>, maximum_seed_bytes: u64) -> Result<SourceFile> {
    let below_package = join(&found.searched_path, &found.relative_path);
    let path = found.package.root.join(&below_package);
    let mut file = SourceFile {
        package: found.name,
        kind: found.kind,
        searched_path: found.searched_path,
        relative_path: found.relative_path,
        contents: Arc::from(""),
        checksum: FileHash::default(),
    };
    if found.kind == FileKind::Seed {
        file.checksum = seed_checksum(&path, &below_package, maximum_seed_bytes)?;
        return Ok(file);
    }
    let text = read_text(&path)?;
    let text = text.trim();
    file.checksum = contents_checksum(text);
    file.contents = Arc::from(text);
    Ok(file)
}

/// The text of a UTF-8 file.
///
/// # Errors
/// The file cannot be read or is not UTF-8.
pub fn read_text(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path)
        .map_err(|error| Error::runtime(format!("The file `{}` cannot be read: {error}.", path.display())))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Error::runtime(format!("The file `{}` is not UTF-8: byte {at} does not belong to a character.", path.display()))
            .hint("Save the file in UTF-8.")
    })
}

/// dbt's checksum of a text: runs of white space count as one space.
pub fn contents_checksum(text: &str) -> FileHash {
    let mut hasher = Sha256::new();
    for (index, word) in text.split_whitespace().enumerate() {
        if index > 0 {
            hasher.update(b" ");
        }
        hasher.update(word.as_bytes());
    }
    sha256(hasher)
}

/// sha256 of `text` as it is.
pub fn text_checksum(text: &str) -> FileHash {
    let mut hasher = Sha256::new();
    hasher.update(text.as_bytes());
    sha256(hasher)
}

fn sha256(hasher: Sha256) -> FileHash {
    let checksum = super::python::hex(&hasher.finalize());
    FileHash { name: "sha256".to_owned(), checksum }
}

/// dbt hashes a seed's text with line ends as `\n` and trimmed, and does not read one that is very large.
fn seed_checksum(path: &Path, below_package: &str, maximum_bytes: u64) -> Result<FileHash> {
    let size = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    if maximum_bytes != 0 && size > maximum_bytes {
        return Ok(FileHash { name: "path".to_owned(), checksum: below_package.to_owned() });
    }
    let text = read_text(path)?;
    if text.contains('\r') {
        return Ok(text_checksum(text.replace("\r\n", "\n").replace('\r', "\n").trim()));
    }
    Ok(text_checksum(text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_editors_leave_behind_are_not_read() {
        assert!(wanted("a/b.sql", ".sql"));
        assert!(wanted("B.SQL", ".sql"));
        assert!(!wanted(".sql", ".sql"));
        assert!(!wanted("a/.#b.sql", ".sql"));
        assert!(!wanted("~b.sql", ".sql"));
        assert!(!wanted("b.sql.bak", ".sql"));
    }

    #[test]
    fn white_space_does_not_change_a_checksum() {
        assert_eq!(contents_checksum("select  1\n"), contents_checksum("select 1"));
        assert_eq!(
            contents_checksum("select 1").checksum,
            "822ae07d4783158bc1912bb623e5107cc9002d519e1143a9c200ed6ee18b6d0f"
        );
    }

    #[test]
    fn jinja_follows_the_extension_where_it_may() {
        assert_eq!(endings(".sql", true), [".sql", ".sql.j2", ".sql.jinja2", ".sql.jinja"]);
        assert_eq!(endings(".sql", false), [".sql"]);
        assert_eq!(endings(".csv", true), [".csv"]);
    }

    #[test]
    fn extensions_are_the_last_part() {
        assert_eq!(strip_extension("a.b.sql"), "a.b");
        assert_eq!(strip_extension(".hidden"), ".hidden");
    }
}
