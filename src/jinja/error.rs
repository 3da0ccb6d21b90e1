//! Errors of templates: what went wrong, in the words that dbt uses, and where.
//!
//! Inside the engine every failure travels as a `minijinja::Error`; what we know about it (the Python exception that it
//! mirrors, an error of the host, the macros it passed through) hangs on that error's chain of sources. At the border
//! of the room the chain is folded into one [`JinjaError`].

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::{Error as MjError, ErrorKind, Value};

use super::proxy::Called;
use super::syntax::SyntaxError;

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

/// A line that an error passed through on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The macro that the line is in; none in the template itself.
    pub name: Option<String>,
    /// The package of the macro.
    pub package: Option<String>,
    /// The file.
    pub path: String,
    /// The line in the file for macros, in the template's text for templates; counted from 1.
    pub line: u32,
}

/// The macros and lines that an error passed through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Way {
    /// The macros in the order in which dbt prints them below the message, the calling node not included.
    pub stack: Vec<MacroFrame>,
    /// The lines, the innermost first. Unlike `stack`, which is what dbt prints, this is complete.
    pub places: Vec<Place>,
    /// The unique ids of the macros that the render itself called before it failed, in order, each once.
    pub called: Vec<Arc<str>>,
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
    /// The way that it took. Boxed, since every result carries the size of its error.
    pub way: Box<Way>,
    /// The name that was undefined, when that is what failed.
    pub undefined_name: Option<Box<str>>,
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
            way: Box::default(),
            undefined_name: None,
            source: None,
        }
    }

    /// The same error with the macros that its render called.
    pub(super) fn after(mut self, called: &Called) -> JinjaError {
        self.way.called = called.take();
        self
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
        if !self.way.stack.is_empty() {
            text.push('\n');
            let frames = self.way.stack.iter().map(|frame| format!("macro {} ({})", frame.name, frame.path));
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

/// The value that a macro passes to `return`, on its way to the call.
#[derive(Debug)]
pub(crate) struct ReturnSignal(Value);

impl ReturnSignal {
    /// The error that carries `value` out of a macro.
    pub fn raise(value: Value) -> MjError {
        MjError::new(ErrorKind::InvalidOperation, "return() was called outside of a macro")
            .with_source(ReturnSignal(value))
    }

    /// The value that an error carries.
    pub fn find(error: &MjError) -> Option<Value> {
        sources(error).find_map(|source| source.downcast_ref::<ReturnSignal>()).map(|signal| signal.0.clone())
    }
}

impl fmt::Display for ReturnSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("return() was called outside of a macro")
    }
}

impl Error for ReturnSignal {}

/// Notes that an error passed through a macro.
#[derive(Debug)]
pub(crate) struct FrameError {
    frame: MacroFrame,
    inner: MjError,
}

impl FrameError {
    /// The error with a note of the macro it passed through.
    pub fn wrap(frame: MacroFrame, inner: MjError) -> MjError {
        MjError::new(inner.kind(), "a macro failed").with_source(FrameError { frame, inner })
    }
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "in macro {}", self.frame.name)
    }
}

impl Error for FrameError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.inner)
    }
}

/// A template that could not be parsed when it was first used.
pub(crate) struct SyntaxFailure;

impl SyntaxFailure {
    /// The error as the engine's loader returns it.
    pub fn wrap(error: &SyntaxError, source: &str) -> MjError {
        let message = error.describe(source);
        PyError { kind: PyErrorKind::Syntax, message, name: None, line: Some(error.line) }.into()
    }
}

fn sources(error: &MjError) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let first: &(dyn Error + 'static) = error;
    std::iter::successors(Some(first), |&error| error.source())
}

/// Folds an error of the engine into one of ours; `place_of` knows where the first line of a template is.
pub(crate) fn fold(error: &MjError, path: &str, place_of: impl Fn(&str) -> Option<Place>) -> JinjaError {
    let mut found = JinjaError::new(JinjaErrorKind::Runtime, String::new());
    found.path = Some(path.to_owned());
    let mut frames = Vec::new();
    let mut python = None;
    let mut innermost = error;
    for source in sources(error) {
        if let Some(frame) = source.downcast_ref::<FrameError>() {
            frames.push(frame.frame.clone());
            found.path = Some(frame.frame.path.clone());
        } else if let Some(host) = source.downcast_ref::<HostError>() {
            found.kind = JinjaErrorKind::Host;
            found.message = host.message.clone();
            found.source = host.inner.lock().unwrap_or_else(PoisonError::into_inner).take();
        } else if let Some(raised) = source.downcast_ref::<PyError>() {
            python = Some(raised.clone());
        } else if let Some(engine) = source.downcast_ref::<MjError>() {
            innermost = engine;
        }
    }
    for at in sources(error).filter_map(|source| source.downcast_ref::<MjError>()) {
        let Some(line) = at.line().and_then(|line| u32::try_from(line).ok()) else { continue };
        found.line = Some(line);
        if let Some(mut place) = at.name().and_then(&place_of) {
            found.path = Some(place.path.clone());
            place.line = (place.line + line).saturating_sub(1);
            found.way.places.insert(0, place);
        }
    }
    if found.kind == JinjaErrorKind::Host {
        frames.reverse();
        found.way.stack = frames;
        return found;
    }
    let python = python.unwrap_or_else(|| translate(innermost));
    found.kind = match python.kind {
        PyErrorKind::Syntax => JinjaErrorKind::Syntax,
        PyErrorKind::Undefined if frames.is_empty() => JinjaErrorKind::UndefinedMacro,
        PyErrorKind::Undefined => JinjaErrorKind::Undefined,
        _ => JinjaErrorKind::Runtime,
    };
    found.line = python.line.or(found.line);
    found.way.stack = stack_in_order(python.kind, frames);
    found.message = python.message;
    found.undefined_name = python.name.map(String::into_boxed_str);
    found
}

/// dbt's order of the macros below a message. `frames` has the outermost macro first.
///
/// An error that dbt catches as it leaves a macro forgets that macro and notes only those further out; one in the
/// source of a macro names that macro last; dbt's own errors name it first; others (`ValueError` and its kin) carry no
/// macros at all.
fn stack_in_order(kind: PyErrorKind, mut frames: Vec<MacroFrame>) -> Vec<MacroFrame> {
    frames.reverse();
    match kind {
        PyErrorKind::Value => Vec::new(),
        PyErrorKind::Compilation => frames,
        PyErrorKind::Syntax if !frames.is_empty() => {
            frames.rotate_left(1);
            frames
        }
        _ => frames.split_off(frames.len().min(1)),
    }
}

/// An error that the engine raised by itself, in Python's words.
fn translate(error: &MjError) -> PyError {
    let detail = error.detail().unwrap_or_default();
    let numbers: Vec<u32> = detail.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect();
    let (kind, message) = match (error.kind(), &numbers[..]) {
        (ErrorKind::CannotUnpack, [wanted, got]) if got < wanted => {
            (PyErrorKind::Value, format!("not enough values to unpack (expected {wanted}, got {got})"))
        }
        (ErrorKind::CannotUnpack, [wanted, _]) => {
            (PyErrorKind::Value, format!("too many values to unpack (expected {wanted})"))
        }
        (ErrorKind::InvalidOperation, _) if detail.starts_with("recursion limit") => {
            (PyErrorKind::Value, "maximum recursion depth exceeded".to_owned())
        }
        (ErrorKind::UndefinedError, _) => (PyErrorKind::Undefined, "this value is undefined".to_owned()),
        (ErrorKind::TemplateNotFound, _) => (PyErrorKind::Type, "no loader for this environment specified".to_owned()),
        _ if detail == "value of type undefined is not callable" => {
            (PyErrorKind::Undefined, "No caller defined".to_owned())
        }
        _ if detail.ends_with("is not callable") => (PyErrorKind::Type, not_callable(detail)),
        _ if !detail.is_empty() => (PyErrorKind::Template, detail.to_owned()),
        _ => (PyErrorKind::Template, error.to_string()),
    };
    PyError { kind, message, name: None, line: None }
}

fn not_callable(detail: &str) -> String {
    let kind = detail.trim_start_matches("value of type ").trim_end_matches(" is not callable");
    let python = match kind {
        "string" => "str",
        "number" => "int",
        "none" => "NoneType",
        other => other,
    };
    format!("'{python}' object is not callable")
}
