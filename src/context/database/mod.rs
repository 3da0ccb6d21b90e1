//! The database as templates and tasks see it: the `adapter` and `api` objects, relations, columns and result tables,
//! and the connection that a node's statements run on.

mod adapter;
mod adapter_object;
mod api;
mod column;
mod comment;
mod connection;
mod constraints;
mod external;
mod foreign_keys;
mod index;
mod operations;
pub mod plugin_sources;
mod profiles;
mod python;
mod record;
mod relation;
mod response;
mod signatures;
mod snapshots;
mod table;
#[cfg(test)]
mod tests;
mod values;

pub use adapter::Adapter;
pub use adapter_object::AdapterObject;
pub use api::{ColumnClass, RelationClass, api};
pub use column::ColumnObject;
pub use comment::{QueryComment, default_query_comment};
pub use connection::{BeforeCommit, NodeConnection, Statements};
pub use foreign_keys::ForeignKeyGuard;
pub use operations::{Dispatcher, MacroCaller, Operations};
pub use profiles::{Profiles, SentStatement};
pub use python::{PythonJob, run as run_python_model};
pub use relation::RelationObject;
pub use response::ResponseObject;
pub use table::{TableObject, table_of};
