//! dbt's standard macros, embedded in the program: the packages `dbt` (what every project can call) and
//! `dbt_duckdb` (how it is done on DuckDB).
//!
//! Names and signatures are dbt's, because projects call, override and dispatch to them; the text is our own.
//! What the macros render is dbt's byte for byte: white space in these files is part of the SQL that is sent.
//! Beside them lies `rdbt_builtin`, which dbt does not have: generic tests that a project gets only if it names one.
//! A file keeps the path that it has in dbt, which is the `original_file_path` that manifest.json reports.

pub mod index;

/// One file of a package of standard macros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltinFile {
    /// The name of the package: `dbt`, `dbt_duckdb` or [`OWN_PACKAGE`].
    pub package: &'static str,
    /// The path in the package, with forward slashes: `macros/utils/concat.sql`.
    pub path: &'static str,
    /// The text of the file.
    pub source: &'static str,
    /// A hash of the text, by which [`index`] knows the file.
    pub hash: u64,
}

impl BuiltinFile {
    /// Whether the file holds docs blocks; all others hold macros, tests and materializations.
    pub fn is_docs(&self) -> bool {
        self.path.ends_with(".md")
    }
}

/// The version that the `dbt_project.yml` of both packages states.
pub const PACKAGE_VERSION: &str = "1.0";

static FILES: &[BuiltinFile] = include!(concat!(env!("OUT_DIR"), "/builtin_macros.rs"));

/// The package of what dbt does not have. Its macros are there for projects that use one of its [`own_tests`].
pub const OWN_PACKAGE: &str = "rdbt_builtin";

/// The names of the generic tests of [`OWN_PACKAGE`].
pub fn own_tests() -> &'static [&'static str] {
    &["scd2_one_current", "scd2_no_overlap", "scd2_no_gap"]
}

/// The files of all packages, in the order of their names, sorted by path within each.
pub fn files() -> &'static [BuiltinFile] {
    FILES
}

/// The macro and generic test files, in the order of [`files`].
pub fn macro_files() -> impl Iterator<Item = &'static BuiltinFile> {
    FILES.iter().filter(|file| !file.is_docs())
}

/// The docs files, in the order of [`files`]. They define `__overview__`, the front page of the documentation.
pub fn docs_files() -> impl Iterator<Item = &'static BuiltinFile> {
    FILES.iter().filter(|file| file.is_docs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_files_of_both_packages_in_order() {
        let keys: Vec<_> = files().iter().map(|file| (file.package, file.path)).collect();
        assert!(keys.is_sorted());
        assert!(keys.contains(&("dbt", "macros/utils/concat.sql")));
        assert!(keys.contains(&("dbt_duckdb", "macros/materializations/table.sql")));
    }

    #[test]
    fn knows_the_tests_of_its_own_package() {
        let own: String = macro_files().filter(|file| file.package == OWN_PACKAGE).map(|file| file.source).collect();
        let named: Vec<&str> = own.split("{% test ").skip(1).filter_map(|rest| rest.split('(').next()).collect();
        assert_eq!(named, own_tests());
    }

    #[test]
    fn tells_docs_from_macros() {
        let docs: Vec<_> = docs_files().map(|file| file.path).collect();
        assert_eq!(docs, ["docs/overview.md"]);
        assert!(macro_files().all(|file| file.path.ends_with(".sql")));
    }

    #[test]
    fn every_macro_file_says_why_it_exists() {
        for file in macro_files() {
            assert!(file.source.starts_with("{#"), "{} has no comment at its head", file.path);
        }
    }
}
