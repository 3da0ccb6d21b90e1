//! What Jinja sees in each phase: `ref`, `source`, `config`, `var`, `target`, `this`, `graph`, `adapter`, `exceptions`
//! and the rest, and the macros of the project. A render is given a [`Scope`], which resolves names lazily.

pub mod batch;
pub mod bridge;
mod builtins;
mod call;
pub mod capture;
mod config_object;
pub mod database;
pub mod errors;
mod event_time;
mod exceptions;
mod external_sources;
mod functions;
mod graph;
pub mod macro_resolver;
mod macros;
mod names;
mod objects;
mod parse;
mod plain;
mod query_comment;
mod reads;
mod references;
mod relations;
mod renders;
pub mod results;
pub mod runtime;
mod runtime_config;
mod scope;
mod seeds;
mod signature;
mod vars;

pub use capture::Captured;
pub use functions::write_payload;
pub use macro_resolver::MacroResolver;
pub use macros::Macros;
pub use names::generate_name;
pub use parse::{render_native_while_parsing, render_while_parsing};
pub use plain::plain_text;
pub use query_comment::{Sender, query_comment};
pub use reads::Reads;
pub use relations::{node_relation, source_relation};
pub use renders::Renders;
pub use scope::{ENV_OVERRIDES, Globals, Phase, Scope, Subject, TestMacros, VAR_OVERRIDES};
pub use seeds::path_of as seed_path;
pub use vars::Vars;
