//! What a run leaves in `target/` for other programs, in dbt's shapes, each file replaced atomically.

pub mod python_json;
