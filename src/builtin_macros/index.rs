//! What the standard macros' files define, known beforehand: every command needs the names, parameters and calls of all of
//! them and the text of few, and reading 500 macros costs more than all else that a small project's `parse` does.
//!
//! `index.json` is made from the files by a test of this module (`RDBT_WRITE_INDEX=1 cargo test builtin_macros`). It holds
//! a hash of each file: a file that has changed since is read as any other.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::BuiltinFile;
use crate::jinja::{MacroDef, MacroKind, MacroParam, StaticCall};

static INDEX: &str = include_str!("index.json");

/// The macros of one file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Entry<'a> {
    package: &'a str,
    path: &'a str,
    /// Of the file's whole text, as `build.rs` computes it.
    hash: u64,
    macros: Vec<Definition>,
}

/// A macro without its text, which lies between two places of the file without the white space around it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Definition {
    name: String,
    kind: MacroKind,
    line: u32,
    start: usize,
    end: usize,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    params: Vec<MacroParam>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    languages: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    calls: Vec<StaticCall>,
}

impl Definition {
    fn into_macro(self, file: &BuiltinFile) -> Option<MacroDef> {
        Some(MacroDef {
            unique_id: format!("macro.{}.{}", file.package, self.name),
            name: self.name,
            package: file.package.to_owned(),
            path: file.path.to_owned(),
            kind: self.kind,
            source: Arc::from(file.source.trim().get(self.start..self.end)?),
            line: self.line,
            params: self.params,
            supported_languages: self.languages,
            calls: self.calls,
        })
    }
}

/// The lines of the index, each an [`Entry`], by what comes before the hash in them. They are read where they are asked for,
/// which is on all cores.
fn lines() -> &'static HashMap<&'static str, &'static str> {
    static LINES: OnceLock<HashMap<&str, &str>> = OnceLock::new();
    LINES.get_or_init(|| {
        let entries = INDEX.lines().filter_map(|line| Some((line.split_once(",\"hash\":")?.0, line)));
        entries.map(|(key, line)| (key, line.trim_end_matches(','))).collect()
    })
}

/// The macros that a file defines, in its order; nothing if the file is not the one that the index was made of.
pub fn macros_of(file: &BuiltinFile) -> Option<Vec<MacroDef>> {
    let key = format!("{{\"package\":\"{}\",\"path\":\"{}\"", file.package, file.path);
    let entry: Entry<'_> = serde_json::from_str(lines().get(&*key)?).ok()?;
    let known = (entry.hash == file.hash).then_some(entry.macros)?;
    known.into_iter().map(|definition| definition.into_macro(file)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::builtin_macros::macro_files;
    use crate::jinja::macros_in_file;

    fn read(file: &'static BuiltinFile) -> Vec<MacroDef> {
        let found = macros_in_file(file.source.trim(), file.path, file.package).unwrap();
        assert!(found.unexpected.is_empty(), "{}", file.path);
        found.macros
    }

    fn entry(file: &'static BuiltinFile) -> Entry<'static> {
        let mut from = 0;
        let definition = |found: MacroDef| {
            let start = from + file.source.trim()[from..].find(&*found.source).unwrap();
            from = start + found.source.len();
            Definition {
                name: found.name,
                kind: found.kind,
                line: found.line,
                start,
                end: from,
                params: found.params,
                languages: found.supported_languages,
                calls: found.calls,
            }
        };
        let macros = read(file).into_iter().map(definition).collect();
        Entry { package: file.package, path: file.path, hash: file.hash, macros }
    }

    #[test]
    fn the_index_is_what_the_files_define() {
        let made: Vec<Entry<'_>> = macro_files().map(entry).collect();
        if std::env::var_os("RDBT_WRITE_INDEX").is_some() {
            let lines: Vec<String> = made.iter().map(|entry| serde_json::to_string(entry).unwrap()).collect();
            let path = format!("{}/src/builtin_macros/index.json", env!("CARGO_MANIFEST_DIR"));
            std::fs::write(path, format!("[\n{}\n]\n", lines.join(",\n"))).unwrap();
            return;
        }
        for file in macro_files() {
            let known = macros_of(file).unwrap_or_else(|| {
                panic!("{} has changed: run `RDBT_WRITE_INDEX=1 cargo test builtin_macros` and build again", file.path)
            });
            assert_eq!(known, read(file), "{}", file.path);
        }
    }

    #[test]
    fn a_file_that_has_changed_is_not_known() {
        let file = macro_files().next().unwrap();
        assert!(macros_of(file).is_some());
        assert!(macros_of(&BuiltinFile { hash: file.hash ^ 1, ..*file }).is_none());
    }
}
