//! The macros that a file defines, found and named in dbt's manner (`dbt/parser/macros.py`).

use std::sync::Arc;

use super::blocks::{BlockType, extract};
use super::error::JinjaError;

/// Which of dbt's macro-like blocks a macro comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MacroKind {
    /// `{% macro name(...) %}`
    Macro,
    /// `{% test name(...) %}`
    Test,
    /// `{% data_test name(...) %}`
    DataTest,
    /// `{% materialization name, adapter="x" %}`
    Materialization {
        /// The materialization's own name, for example `table`.
        name: String,
        /// The adapter it is for, or `default`.
        adapter: String,
    },
}

/// One parameter of a macro's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MacroParam {
    /// The parameter's name.
    pub name: String,
    /// The default's source text.
    pub default: Option<String>,
    /// The type annotation, as dbt's typed macros write it.
    pub annotation: Option<String>,
}

/// A macro as a file defines it.
#[derive(Debug, Clone)]
pub struct MacroDef {
    /// `macro.package.name`
    pub unique_id: String,
    /// dbt's final name: `foo`, `test_foo`, `materialization_table_default`.
    pub name: String,
    /// The package that defines it.
    pub package: String,
    /// The file that defines it.
    pub path: String,
    /// Which block it comes from.
    pub kind: MacroKind,
    /// The exact text of the block, tags included: dbt's `macro_sql`.
    pub source: Arc<str>,
    /// The line of the block in the file, counted from 1.
    pub line: u32,
    /// The parameters of the header.
    pub params: Vec<MacroParam>,
    /// For materializations: the languages they take.
    pub supported_languages: Option<Vec<String>>,
}

/// Every macro, test and materialization that `source` defines, in order.
///
/// # Errors
/// The file's blocks are not closed, are nested or stand inside control flow, or a block's header cannot be parsed.
pub fn macros_in_file(source: &str, path: &str, package: &str) -> Result<Vec<MacroDef>, JinjaError> {
    let kinds = [BlockType::Macro, BlockType::Materialization, BlockType::Test, BlockType::DataTest];
    let blocks = extract(source, path, &kinds)?;
    Ok(blocks
        .into_iter()
        .map(|block| MacroDef {
            unique_id: format!("macro.{package}.{}", block.name),
            name: block.name.clone(),
            package: package.to_owned(),
            path: path.to_owned(),
            kind: MacroKind::Macro,
            source: block.full.into(),
            line: block.line,
            params: Vec::new(),
            supported_languages: None,
        })
        .collect())
}
