//! The front end: Jinja2's grammar as dbt extends it, read into a tree and lowered to plain minijinja.
//!
//! Messages of syntax errors are Jinja2's, because scripts and people search for them.

pub mod ast;
mod expressions;
mod lexer;
mod lower;
mod lower_statements;
mod names;
mod numbers;
mod parser;
mod reconstruct;
mod signature;
mod statements;
mod strings;
mod tree;

use super::error::{JinjaError, JinjaErrorKind};

pub(crate) use lexer::{normalize, string_len};
pub(crate) use lower::{MACRO_NAME, Mode, ROOT_NAME, invoking_template, lower_macro, lower_template, unmangle};
pub(crate) use numbers::{float_len, integer};
pub(crate) use parser::Parser;
pub(crate) use reconstruct::source_of;
pub(crate) use signature::{Default, Signature, is_missing};
pub(crate) use strings::unescape;

/// What the lexer or the parser has against a template.
#[derive(Debug, Clone)]
pub(crate) struct SyntaxError {
    pub message: String,
    pub line: u32,
}

impl SyntaxError {
    pub fn new(message: impl Into<String>, line: u32) -> SyntaxError {
        SyntaxError { message: message.into(), line }
    }

    /// The message as Jinja2 prints it: what, then the line's number, then the line itself.
    pub fn describe(&self, source: &str) -> String {
        let mut text = format!("{}\n  line {}", self.message, self.line);
        if let Some(line) = source.lines().nth(self.line.saturating_sub(1) as usize) {
            text.push_str("\n    ");
            text.push_str(line.trim());
        }
        text
    }

    /// The error as it leaves the room.
    pub fn into_error(self, source: &str, path: &str) -> JinjaError {
        let mut error = JinjaError::new(JinjaErrorKind::Syntax, self.describe(source));
        error.path = Some(path.to_owned());
        error.line = Some(self.line);
        error
    }
}
