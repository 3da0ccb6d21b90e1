//! The DuckDB engine: one instance in the process, one connection for each worker, everything that a dbt-duckdb
//! profile can ask for on connecting.

mod attach;
mod connection;
mod credentials;
mod engine;
mod errors;
mod secrets;

pub use attach::Attachment;
pub use credentials::{DuckDbCredentials, Extension, Retries, database_name};
pub use engine::{DuckDbEngine, preload};
pub use secrets::Secret;
