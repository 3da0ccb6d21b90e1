//! The DuckDB engine: one instance in the process, one connection for each worker, everything that a dbt-duckdb
//! profile can ask for on connecting.

mod attach;
mod connection;
mod credentials;
mod engine;
mod errors;
mod motherduck;
mod plugins;
mod secrets;

pub use attach::Attachment;
pub use credentials::{DuckDbCredentials, Extension, Retries, database_name};
pub use engine::{DuckDbEngine, preload};
pub use motherduck::MotherDuck;
pub use plugins::{Plugin, PluginRead};
pub use secrets::Secret;
