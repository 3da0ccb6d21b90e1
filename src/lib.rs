//! rdbt compiles and runs dbt projects on DuckDB.

pub mod builtin_macros;
