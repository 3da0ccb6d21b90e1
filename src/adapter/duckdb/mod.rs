//! The DuckDB engine: one instance in the process, one connection for each worker, everything that a dbt-duckdb
//! profile can ask for on connecting.

mod attach;
mod connection;
mod credentials;
mod engine;
mod errors;
mod motherduck;
mod native;
mod plugin_host;
mod plugins;
mod profiler;
mod secrets;
mod statements;
mod vacuum;

pub use attach::Attachment;
pub use credentials::{DuckDbCredentials, Extension, Retries, database_name};
pub use engine::{DuckDbEngine, preload};
pub use motherduck::MotherDuck;
pub use plugin_host::{Loaded, PluginHost};
pub use plugins::{Plugin, PluginRead, no_glue};
pub use secrets::Secret;
