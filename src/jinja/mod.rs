//! The dialect of Jinja that dbt projects are written in: Jinja2 with Python's objects behind it.
//!
//! Templates are parsed by a front end of our own ([`syntax`]), which speaks Jinja2's grammar and words its errors the
//! way Jinja2 does, and are then lowered to plain minijinja source. Values are Python-like objects ([`value`]): mutable
//! lists and dicts, tuples, sets, dates. This room knows nothing of dbt's nodes or of databases: what a template sees
//! is decided by the root object that a render is given.

pub mod blocks;
mod checks;
mod engine;
mod error;
mod filters;
pub mod functions;
mod literal;
mod macros;
mod native;
mod ops;
pub mod plain;
mod proxy;
mod root;
pub mod static_calls;
pub mod syntax;
mod undefined;
pub mod value;

pub use engine::{Engine, Rendered, YamlParse, YamlPrint};
pub use error::{JinjaError, JinjaErrorKind, MacroFrame, Place, PyError, PyErrorKind, Way, host_error};
pub use macros::{MacroDef, MacroFile, MacroKind, MacroParam, macros_in_file};
pub use minijinja::value::{DynObject, Enumerator, Kwargs, Object, ObjectRepr, Rest, Value, ValueKind};
pub use minijinja::{Error as MjError, ErrorKind, State};
pub use static_calls::StaticCall;
pub use undefined::{is_undefined, parse_undefined, require_defined};

/// The stack of a thread that renders templates, in bytes: enough for the deepest ones that we read and run.
pub const STACK_SIZE: usize = 32 << 20;

/// A root object answers this name with a true value when unknown names are to be lenient.
///
/// While dbt parses (`execute` is false) a name that does not exist yet can be called, has every attribute and prints
/// nothing. A root object that does not know the name, or answers anything false, gets strict rendering: using an
/// unknown name is an error, printing it prints nothing.
pub const LENIENT_KEY: &str = "__lenient_undefined__";
