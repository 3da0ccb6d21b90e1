//! rdbt compiles and runs dbt projects on DuckDB. One folder for each phase; see `ARCHITECTURE.md`.

pub mod adapter;
pub mod artifacts;
pub mod builtin_macros;
pub mod cli;
pub mod compile;
pub mod context;
pub mod deps;
pub mod error;
pub mod events;
pub mod graph;
pub mod invocation;
pub mod jinja;
pub mod manifest;
pub mod parse;
pub mod project;
pub mod run;
pub mod yaml;
