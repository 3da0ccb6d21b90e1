//! rdbt compiles and runs dbt projects on DuckDB.
