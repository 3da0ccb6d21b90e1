//! Views, tables and data tests without templates. A project that leaves dbt's macros alone gets from the materializations `view`, `table`
//! and `test` always the same statements around its SQL; evaluating some fifty macros for them costs more than DuckDB
//! needs for a small model. So the statements are sent directly, byte for byte those of the macros, where nothing that the macros
//! look at is out of the ordinary: no macro of theirs is replaced, and the node has no hooks, grants, indexes, contract and so
//! on. Everything else goes through the macros.

mod model;
mod statements;
mod test;

use std::sync::{Arc, OnceLock};

pub(super) use model::{Built, build};
pub(super) use test::{count, note_called};

use crate::context::leaves_alone;
use crate::manifest::Node;
use crate::run::session::Session;

/// What the adapter calls by name for a model.
const ADAPTER_MACROS: [&str; 2] = ["drop_relation", "rename_relation"];

/// Which materializations a project leaves as they are; found out once in a run.
#[derive(Debug, Default)]
pub(in crate::run) struct Direct {
    table: OnceLock<bool>,
    view: OnceLock<bool>,
    test: OnceLock<bool>,
    /// The macros that the first data test's materialization called: those of all others.
    pub(super) called_by_test: OnceLock<Vec<Arc<str>>>,
}

impl Direct {
    pub(in crate::run) fn is_standard(&self, session: &Session, materialized: &str) -> bool {
        let (known, unique_id) = match materialized {
            "table" => (&self.table, "macro.dbt_duckdb.materialization_table_duckdb"),
            "view" => (&self.view, "macro.dbt.materialization_view_default"),
            "test" => (&self.test, "macro.dbt.materialization_test_default"),
            _ => return false,
        };
        *known.get_or_init(|| leaves_materialization_alone(session, materialized, unique_id))
    }
}

/// Whether `unique_id` is the materialization that the project uses, and no other package has a macro that could stand for one that
/// it calls, directly or through others.
fn leaves_materialization_alone(session: &Session, materialized: &str, unique_id: &str) -> bool {
    let macros = &session.globals.macros;
    if macros.materialization(materialized, true).is_none_or(|found| &**found != unique_id) {
        return false;
    }
    let adapter_macros = ADAPTER_MACROS.into_iter().filter_map(|name| macros.by_name(name));
    leaves_alone(macros, &session.shared.manifest, adapter_macros.map(|found| &**found).chain([unique_id]))
}

/// Whether a configuration says nothing under `key`: it is absent, null, false or empty.
fn says_nothing(node: &Node, key: &str) -> bool {
    node.config.get(key).is_none_or(|value| match value {
        serde_json::Value::Array(items) => items.is_empty(),
        serde_json::Value::Object(map) => map.is_empty(),
        serde_json::Value::String(text) => text.is_empty(),
        serde_json::Value::Bool(flag) => !flag,
        _ => false,
    })
}

/// The node's SQL as the macros see it.
fn compiled_code(session: &Session, node: &Node) -> Arc<str> {
    session.shared.compiled.get(&node.unique_id).and_then(|compiled| compiled.code.clone()).unwrap_or_default()
}
