//! The macros that a file defines, found and named in dbt's manner (`dbt/parser/macros.py`).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::blocks::{Block, BlockType, Extracted, scan};
use super::error::{JinjaError, JinjaErrorKind};
use super::static_calls::{StaticCall, calls_in};
use super::syntax::ast::{ExprKind, Macro, MacroTag, Param};
use super::syntax::{Parser, normalize};

/// Which of dbt's macro-like blocks a macro comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MacroParam {
    /// The parameter's name.
    pub name: String,
    /// The default's source text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// The type annotation, as dbt's typed macros write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotation: Option<String>,
}

/// A macro as a file defines it.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// What its text calls.
    pub calls: Vec<StaticCall>,
}

/// What a file of macros holds.
#[derive(Debug, Clone, Default)]
pub struct MacroFile {
    /// Every macro, test and materialization that it defines, in order.
    pub macros: Vec<MacroDef>,
    /// The words of other tags at its top level; dbt warns of each.
    pub unexpected: Vec<String>,
}

/// Reads the text of a file of macros.
///
/// # Errors
/// The file's blocks are not closed, are nested or stand inside control flow, or a block breaks Jinja2's grammar.
pub fn macros_in_file(source: &str, path: &str, package: &str) -> Result<MacroFile, JinjaError> {
    let kinds = [BlockType::Macro, BlockType::Materialization, BlockType::Test, BlockType::DataTest];
    let Extracted { blocks, unexpected } = scan(source, path, &kinds)?;
    let macros = blocks.into_iter().map(|block| define(block, path, package)).collect::<Result<_, _>>()?;
    Ok(MacroFile { macros, unexpected })
}

fn define(block: Block, path: &str, package: &str) -> Result<MacroDef, JinjaError> {
    let source = normalize(&block.full);
    let parsed = Parser::new(&source).and_then(Parser::template);
    let body = parsed.map_err(|error| {
        let mut error = error.into_error(&block.full, path);
        let leading = block.full.len() - block.full.trim_start().len();
        let before = block.full[..leading].matches('\n').count() as u32;
        error.line = error.line.map(|line| (line + block.line).saturating_sub(1 + before));
        error
    })?;
    let mut macros = body.iter().filter_map(|stmt| stmt.as_macro());
    let (Some(node), None) = (macros.next(), macros.next()) else {
        let message = format!("Found multiple macros in {}, expected 1", block.full);
        let mut error = JinjaError::new(JinjaErrorKind::Syntax, message);
        error.path = Some(path.to_owned());
        error.line = Some(block.line);
        return Err(error);
    };
    let (name, kind) = final_name(node);
    Ok(MacroDef {
        unique_id: format!("macro.{package}.{name}"),
        name,
        package: package.to_owned(),
        path: path.to_owned(),
        params: node.params.iter().map(parameter).collect(),
        supported_languages: languages(node),
        calls: calls_in(&body),
        kind,
        line: block.line,
        source: block.full.into(),
    })
}

/// The name under which dbt keeps a block.
fn final_name(node: &Macro<'_>) -> (String, MacroKind) {
    match &node.tag {
        MacroTag::Test => (format!("test_{}", node.name), MacroKind::Test),
        MacroTag::DataTest => (format!("test_{}", node.name), MacroKind::DataTest),
        MacroTag::Materialization { adapter } => (
            format!("materialization_{}_{adapter}", node.name),
            MacroKind::Materialization { name: node.name.to_owned(), adapter: adapter.clone() },
        ),
        MacroTag::Macro | MacroTag::Docs => (node.name.to_owned(), MacroKind::Macro),
    }
}

fn parameter(param: &Param<'_>) -> MacroParam {
    MacroParam {
        name: param.name.to_owned(),
        default: param.default_source.clone(),
        annotation: param.annotation.clone(),
    }
}

fn languages(node: &Macro<'_>) -> Option<Vec<String>> {
    if !matches!(node.tag, MacroTag::Materialization { .. }) {
        return None;
    }
    let param = node.params.iter().find(|param| param.name == "supported_languages")?;
    let items = match &param.default.as_ref()?.kind {
        ExprKind::List(items) | ExprKind::Tuple(items) => items,
        _ => return None,
    };
    let text = |kind: &ExprKind<'_>| match kind {
        ExprKind::Str(text) => Some(text.to_string()),
        _ => None,
    };
    Some(items.iter().filter_map(|item| text(&item.kind)).collect())
}
