//! Errors of templates: what went wrong, in the words that dbt uses, and where.
//!
//! Inside the engine every failure travels as a `minijinja::Error`; what we know about it (the Python exception that it
//! mirrors, an error of the host, the macros it passed through) hangs on that error's chain of sources. At the border
//! of the room the chain is folded into one [`JinjaError`].

use std::error::Error;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use minijinja::{Error as MjError, ErrorKind};

/// What a template's failure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JinjaErrorKind {
    /// The source could not be parsed.
    Syntax,
    /// Something undefined was used inside a macro.
    Undefined,
    /// Something undefined was used in the template itself; dbt adds a hint about missing macros to the message.
    UndefinedMacro,
    /// Any other failure while rendering.
    Runtime,
    /// A function of the host failed; its error is in [`JinjaError::source`].
    Host,
}

/// One macro that an error passed through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MacroFrame {
    /// The macro's name without its package, as dbt prints it.
    pub name: String,
    /// The file that defines it, as it was registered.
    pub path: String,
}

/// A template failed to parse or to render.
#[derive(Debug)]
pub struct JinjaError {
    /// What the failure is about.
    pub kind: JinjaErrorKind,
    /// What went wrong, in dbt's words, without the heading `Compilation Error` and without the macro stack.
    pub message: String,
    /// The file of the template or macro that failed.
    pub path: Option<String>,
    /// The line in that template, counted from 1; in a macro it counts from the macro's own first line.
    pub line: Option<u32>,
    /// The macros in the order in which dbt prints them below the message, the calling node not included.
    pub stack: Vec<MacroFrame>,
    /// The name that was undefined, when that is what failed.
    pub undefined_name: Option<String>,
    /// The host's own error, when `kind` is [`JinjaErrorKind::Host`].
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl JinjaError {
    /// An error with a kind and a message and nothing else known yet.
    pub fn new(kind: JinjaErrorKind, message: impl Into<String>) -> JinjaError {
        JinjaError {
            kind,
            message: message.into(),
            path: None,
            line: None,
            stack: Vec::new(),
            undefined_name: None,
            source: None,
        }
    }

    /// The host's error as its own type, when it is one.
    pub fn host<T: Error + 'static>(&self) -> Option<&T> {
        self.source.as_ref().and_then(|source| source.downcast_ref::<T>())
    }

    /// The message with dbt's hint for undefined names, and the macro stack below it.
    ///
    /// `caller` is the last line of the stack, for example `model orders (models/orders.sql)`.
    pub fn full_message(&self, caller: Option<&str>) -> String {
        let mut text = self.message.clone();
        if !self.stack.is_empty() {
            text.push('\n');
            let frames = self.stack.iter().map(|frame| format!("macro {} ({})", frame.name, frame.path));
            for (index, frame) in frames.chain(caller.map(str::to_owned)).enumerate() {
                text.push_str(if index == 0 { "\n> in " } else { "\n> called by " });
                text.push_str(&frame);
            }
        }
        if self.kind == JinjaErrorKind::UndefinedMacro {
            text.push_str(UNDEFINED_HINT);
        }
        text
    }
}

const UNDEFINED_HINT: &str = ". This can happen when calling a macro that does not exist. \
     Check for typos and/or install package dependencies with \"dbt deps\".";

impl fmt::Display for JinjaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.full_message(None))
    }
}

impl Error for JinjaError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as &(dyn Error + 'static))
    }
}

/// The Python exception that a failure stands for: dbt treats them differently when they leave a macro.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PyErrorKind {
    /// `TypeError`
    Type,
    /// `ValueError`, `KeyError`, `IndexError` and the rest.
    Value,
    /// `jinja2.UndefinedError`
    Undefined,
    /// `jinja2.TemplateRuntimeError` and what derives from it.
    Template,
    /// `jinja2.TemplateSyntaxError`
    Syntax,
    /// dbt's own `CompilationError`.
    Compilation,
}

/// A failure with its Python kind and message.
#[derive(Debug, Clone)]
pub struct PyError {
    /// Which exception Python would have raised.
    pub kind: PyErrorKind,
    /// Its message.
    pub message: String,
    /// The undefined name, for [`PyErrorKind::Undefined`].
    pub name: Option<String>,
    /// The line of the template, where the front end knows it better than the engine.
    pub line: Option<u32>,
}

impl PyError {
    /// A failure as an error that a function of the engine can return.
    pub fn raise(kind: PyErrorKind, message: impl Into<String>) -> MjError {
        PyError { kind, message: message.into(), name: None, line: None }.into()
    }

    /// Python's `TypeError`.
    pub fn type_error(message: impl Into<String>) -> MjError {
        PyError::raise(PyErrorKind::Type, message)
    }

    /// Python's `ValueError` and its kin.
    pub fn value_error(message: impl Into<String>) -> MjError {
        PyError::raise(PyErrorKind::Value, message)
    }
}

impl fmt::Display for PyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for PyError {}

impl From<PyError> for MjError {
    fn from(error: PyError) -> MjError {
        MjError::new(ErrorKind::InvalidOperation, error.message.clone()).with_source(error)
    }
}

/// Carries an error of the host through the engine; it can be taken out once, at the border.
#[derive(Debug)]
struct HostError {
    message: String,
    inner: Mutex<Option<Box<dyn Error + Send + Sync>>>,
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for HostError {}

/// Wraps an error of a host function so that it can be returned to the engine; [`JinjaError::host`] gives it back.
pub fn host_error(error: Box<dyn Error + Send + Sync>) -> MjError {
    let message = error.to_string();
    let inner = Mutex::new(Some(error));
    MjError::new(ErrorKind::InvalidOperation, message.clone()).with_source(HostError { message, inner })
}

/// Folds an error of the engine into one of ours.
pub(crate) fn from_engine(error: &MjError) -> JinjaError {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    let mut found = JinjaError::new(JinjaErrorKind::Runtime, error.to_string());
    found.line = error.line().and_then(|line| u32::try_from(line).ok());
    while let Some(current) = next {
        if let Some(host) = current.downcast_ref::<HostError>() {
            found.kind = JinjaErrorKind::Host;
            found.message = host.message.clone();
            found.source = host.inner.lock().unwrap_or_else(PoisonError::into_inner).take();
        } else if let Some(python) = current.downcast_ref::<PyError>() {
            found.message = python.message.clone();
            found.undefined_name = python.name.clone();
        }
        next = current.source();
    }
    found
}
