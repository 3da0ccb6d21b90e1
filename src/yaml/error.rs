//! What is said when a YAML file cannot be read, in the wording dbt users know: the place,
//! the lines around it, and the complaint itself.

use std::fmt;

/// A position while reading: both numbers count from 0, as the parser counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Mark {
    /// Line, from 0.
    pub line: u32,
    /// Column in characters, from 0.
    pub column: u32,
}

impl Mark {
    /// The mark as PyYAML prints it for text that is not read from a file by itself.
    pub(super) fn describe(self) -> String {
        format!("in \"<unicode string>\", line {}, column {}", self.line + 1, self.column + 1)
    }
}

/// Why a document could not be read. `Display` gives the text dbt shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YamlError {
    /// PyYAML's own words, the "Raw Error" in dbt's message.
    pub message: String,
    /// The path the caller gave to [`super::parse`].
    pub path: String,
    /// Line of the problem, from 1; 0 when the problem has no place.
    pub line: u32,
    /// Column of the problem, from 1; 0 when the problem has no place.
    pub column: u32,
    excerpt: String,
}

impl std::error::Error for YamlError {}

impl fmt::Display for YamlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return f.write_str(&self.message);
        }
        let rule = "------------------------------";
        write!(
            f,
            "Syntax error near line {}\n{rule}\n{}\n\nRaw Error:\n{rule}\n{}",
            self.line, self.excerpt, self.message
        )
    }
}

/// A complaint before it is joined with the text and path it is about.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    context: Option<(&'static str, Option<Mark>)>,
    message: String,
    mark: Option<Mark>,
}

pub(super) type Outcome<T> = Result<T, Box<Problem>>;

impl Problem {
    /// A complaint about one place.
    pub(super) fn at(mark: Mark, message: impl Into<String>) -> Box<Problem> {
        Box::new(Problem { context: None, message: message.into(), mark: Some(mark) })
    }

    /// A complaint about one place that arose while dealing with something that began earlier.
    pub(super) fn within(context: &'static str, start: Mark, mark: Mark, message: impl Into<String>) -> Box<Problem> {
        Box::new(Problem { context: Some((context, Some(start))), message: message.into(), mark: Some(mark) })
    }

    /// A complaint Python raises outside the YAML library, hence without a place.
    pub(super) fn placeless(message: impl Into<String>) -> Box<Problem> {
        Box::new(Problem { context: None, message: message.into(), mark: None })
    }

    /// Joins the complaint with its source, in PyYAML's and dbt's words.
    pub(super) fn into_error(self, text: &str, path: &str) -> YamlError {
        let mut lines = Vec::new();
        if let Some((context, start)) = self.context {
            lines.push(context.to_owned());
            if let Some(start) = start
                && self.mark != Some(start)
            {
                lines.push(format!("  {}", start.describe()));
            }
        }
        lines.push(self.message);
        if let Some(mark) = self.mark {
            lines.push(format!("  {}", mark.describe()));
        }
        YamlError {
            message: lines.join("\n"),
            path: path.to_owned(),
            line: self.mark.map_or(0, |mark| mark.line + 1),
            column: self.mark.map_or(0, |mark| mark.column + 1),
            excerpt: self.mark.map_or(String::new(), |mark| excerpt(text, mark)),
        }
    }
}

/// Up to seven numbered lines around a mark: three before, three after.
fn excerpt(text: &str, mark: Mark) -> String {
    let first = mark.line.saturating_sub(3) as usize;
    let end = mark.line as usize + 4;
    text.split('\n')
        .enumerate()
        .take(end)
        .skip(first)
        .map(|(number, line)| format!("{:<3}| {line}", number + 1))
        .collect::<Vec<_>>()
        .join("\n")
}
