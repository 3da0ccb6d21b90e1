//! rdbt compiles and runs dbt projects on DuckDB.

pub mod jinja;
