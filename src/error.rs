//! The error that commands end with: a kind (dbt's error families), a message of full sentences, where it
//! happened, and hints. Rooms with errors of their own (`yaml`, `jinja`) convert into it at their border.

use std::fmt;

/// dbt's error families. The header that dbt prints, and that scripts look for, comes from the family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// `Compilation Error`: a template or a reference in it cannot be rendered.
    Compilation,
    /// `Parsing Error`: a file of the project does not say what dbt expects.
    Parsing,
    /// `Runtime Error`: everything that goes wrong outside a file's text.
    Runtime,
    /// `Database Error`: the engine refused a statement.
    Database,
    /// `Dependency Error`: a package cannot be resolved or installed.
    Dependency,
    /// `Env var required but not provided` and other missing variables, raised as dbt's `Parsing Error` family.
    EnvVarMissing,
    /// `Validation Error`: a configuration value is of the wrong type.
    Validation,
    /// `Usage`: the command line does not parse. Printed by clap's rules, exit code 2.
    Usage,
    /// A message of dbt's that names no family.
    Plain,
    /// `Internal Error`: an invariant of rdbt does not hold. Never expected.
    Internal,
}

impl ErrorKind {
    /// The first words that dbt prints for the family.
    pub fn header(self) -> &'static str {
        match self {
            ErrorKind::Compilation => "Compilation Error",
            ErrorKind::Parsing | ErrorKind::EnvVarMissing => "Parsing Error",
            ErrorKind::Runtime => "Runtime Error",
            ErrorKind::Database => "Database Error",
            ErrorKind::Dependency => "Dependency Error",
            ErrorKind::Validation => "Validation Error",
            ErrorKind::Usage => "Usage Error",
            ErrorKind::Plain => "",
            ErrorKind::Internal => "Internal Error",
        }
    }
}

/// The node in which an error happened, as dbt names it: `model my_model (models/my_model.sql)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeLabel {
    /// Resource type in dbt's words: `model`, `test`, `macro`, `operation`.
    pub resource_type: String,
    /// The node's name.
    pub name: String,
    /// Path of the file relative to its package.
    pub path: String,
}

/// An error that ends a command or a node.
#[derive(Debug, Clone)]
pub struct Error {
    /// dbt's family.
    pub kind: ErrorKind,
    /// What went wrong, in full sentences; may have several lines.
    pub message: String,
    /// The node in whose context it happened, if any.
    pub node: Option<Box<NodeLabel>>,
    /// Lines that follow the message, such as the macro stack (`> in macro x (macros/x.sql)`).
    pub details: Vec<String>,
    /// What the reader can do about it; printed after everything else.
    pub hints: Vec<String>,
    /// The file that is wrong, for dbt's last line `Error encountered in <file>`.
    pub file: Option<String>,
}

/// Result with [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of `kind` with `message` and nothing else.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into(), node: None, details: Vec::new(), hints: Vec::new(), file: None }
    }

    /// A compilation error.
    pub fn compilation(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Compilation, message)
    }

    /// A parsing error.
    pub fn parsing(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Parsing, message)
    }

    /// A runtime error.
    pub fn runtime(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Runtime, message)
    }

    /// A database error.
    pub fn database(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Database, message)
    }

    /// An internal error: an invariant of rdbt is broken.
    pub fn internal(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Internal, message)
    }

    /// Names the node in which it happened, unless one is named already.
    #[must_use]
    pub fn in_node(mut self, resource_type: &str, name: &str, path: &str) -> Self {
        if self.node.is_none() {
            self.node = Some(Box::new(NodeLabel {
                resource_type: resource_type.to_owned(),
                name: name.to_owned(),
                path: path.to_owned(),
            }));
        }
        self
    }

    /// Names the file that is wrong, unless one is named already.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        if self.file.is_none() {
            self.file = Some(file.into());
        }
        self
    }

    /// Says in which line of the file the faulty value stands, unless a line is named already; zero is no line.
    #[must_use]
    pub fn hint_line(self, line: u32) -> Self {
        const START: &str = "The value stands in line ";
        let is_named = line == 0 || self.hints.iter().any(|hint| hint.starts_with(START));
        if is_named { self } else { self.hint(format!("{START}{line}.")) }
    }

    /// Adds a way to mend it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The text without the hints: what dbt says, for the artifacts and the fields of events that tools read.
    pub fn without_hints(&self) -> String {
        Error { hints: Vec::new(), ..self.clone() }.to_string()
    }
}

impl fmt::Display for Error {
    /// dbt's layout: a header line that names the family and the node, then the message indented by two.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind == ErrorKind::Plain {
            return f.write_str(&self.message);
        }
        f.write_str(self.kind.header())?;
        if let Some(node) = &self.node {
            write!(f, " in {} {} ({})", node.resource_type, node.name, node.path)?;
        }
        let body = std::iter::once(&self.message).chain(&self.details).chain(&self.hints);
        for line in body.flat_map(|part| part.split('\n')) {
            write!(f, "\n  {line}")?;
        }
        match &self.file {
            Some(file) => write!(f, "\n\nError encountered in {file}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

/// The closest of `candidates` to `typed`, for "did you mean"; none when nothing is near.
pub fn did_you_mean<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(typed, candidate), candidate))
        .filter(|(score, _)| *score > 0.85)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
