//! The materialization `test` of a data test that stores no failures: its rows are counted by one query.

use std::sync::Arc;

use serde_json::Value as Json;

use super::statements::run_main;
use super::{compiled_code, says_nothing};
use crate::adapter::{AdapterResponse, Table};
use crate::context::Scope;
use crate::context::runtime::NodeRun;
use crate::error::Result;
use crate::manifest::Node;
use crate::run::session::Session;

/// Counts a test's rows: its response and the row of the verdict. None, with nothing done, where that takes the macros.
///
/// The first test of a run takes them in any case: they are noted among the macros that each test depends on, as dbt does.
pub(in crate::run::tasks) fn count(
    session: &Session,
    scope: &Arc<Scope>,
    node: &Node,
    run: &Arc<NodeRun>,
) -> Result<Option<(AdapterResponse, Table)>> {
    let stores = session.globals.invocation.flags.store_failures || !says_nothing(node, "store_failures");
    let plain = !stores && says_nothing(node, "sql_header");
    let Some(called) = session.direct.called_by_test.get().filter(|_| plain) else { return Ok(None) };
    let Some(sql) = query(node, &compiled_code(session, node)) else { return Ok(None) };
    // A test whose query fails has called them as well.
    session.shared.compiled.update(&node.unique_id, |compiled| compiled.macros.extend(called.iter().cloned()));
    let (response, table) = run_main(scope, &run.connection, &sql, true)?;
    Ok(Some((response, table)))
}

/// Keeps what the materialization of the first plain test called, if the project leaves that as it is.
pub(in crate::run::tasks) fn note_called(session: &Session, node: &Node, called: &[Arc<str>]) {
    let plain = !session.globals.invocation.flags.store_failures
        && ["store_failures", "sql_header"].iter().all(|key| says_nothing(node, key));
    if plain && session.direct.is_standard(session, "test") {
        session.direct.called_by_test.get_or_init(|| called.to_vec());
    }
}

/// What `get_test_sql` gives for the test; none if its configuration has other types than dbt's own.
fn query(node: &Node, code: &str) -> Option<String> {
    let text = |key: &str| node.config.str(key);
    let (calculation, warn_if, error_if) = (text("fail_calc")?, text("warn_if")?, text("error_if")?);
    let limit = match node.config.get("limit") {
        None => String::new(),
        Some(Json::Number(rows)) if rows.is_i64() => format!("\n  limit {rows}"),
        Some(_) => return None,
    };
    Some(format!(
        "\n    \n    select\n      {calculation} as failures,\n      {calculation} {warn_if} as should_warn,\n      \
         {calculation} {error_if} as should_error\n    from (\n      \n    \n  {code}\n  {limit}\n  \n      \n    ) \
         dbt_internal_test"
    ))
}
