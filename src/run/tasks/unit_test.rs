//! Unit tests: the `unit` materialization gives the rows that the model makes of its fixtures and the rows that the
//! test expects, in one table; they are set side by side here.

use std::sync::Arc;

use crate::adapter::{Cell, Table};
use crate::compile::UnitTestRun;
use crate::context::database::table_of;
use crate::context::results;
use crate::context::runtime::NodeRun;
use crate::context::{Phase, Scope, Subject};
use crate::error::{Error, ErrorKind, Result};
use crate::manifest::UnitTest;
use crate::run::plan::Resource;
use crate::run::results::{NodeResult, Status};
use crate::run::session::Session;

use super::materialize::{adapter_response, call_materialization};
use super::unit_diff;

/// The column that tells the sides apart.
const SIDE: &str = "actual_or_expected";

/// Runs one unit test.
pub fn execute(session: &Session, test: &Arc<UnitTest>, run: &Arc<NodeRun>) -> Result<NodeResult> {
    let unit = session.compiler.compile_unit_test(test, run)?;
    let subject = Subject::Node(unit.node.clone());
    let scope = Arc::new(Scope::new(session.globals.clone(), subject, Phase::Run(unit.run.clone())));
    call_materialization(session, &unit.node, &scope).map_err(|error| failed(test, error))?;
    let main =
        results::peek(&scope, "main").ok_or_else(|| Error::runtime("main is not being called during running model"))?;
    let stored = main.get_attr("table").unwrap_or_default();
    let table = table_of(&stored).ok_or_else(|| {
        Error::internal(format!("The materialization of the unit test `{}` left no table behind.", test.name))
    })?;
    let compiled = unit.run.shared.compiled.get(&test.unique_id).unwrap_or_default();
    session.shared.compiled.insert(&test.unique_id, (*compiled).clone());
    let mut result = judge(session, test, &unit, table);
    result.adapter_response = adapter_response(&main.get_attr("response").unwrap_or_default());
    Ok(result)
}

/// dbt wraps what goes wrong in the materialization: often it is a value that its column's type does not take. What the
/// engine says has no node of its own in it.
fn failed(test: &UnitTest, mut error: Error) -> Error {
    if error.kind != ErrorKind::Compilation {
        error.node = None;
        error.details.clear();
    }
    Error::runtime(format!(
        "An error occurred during execution of unit test '{}'. There may be an error in the unit test definition: check \
         the data types.\n {error}",
        test.name
    ))
}

fn judge(session: &Session, test: &UnitTest, unit: &UnitTestRun, table: &Table) -> NodeResult {
    let table = table.renamed(str::to_lowercase);
    let (actual, expected) = (side(&table, "actual"), side(&table, "expected"));
    let paint = session.globals.events.paint();
    let difference = unit_diff::render(&expected, &actual, paint.colors);
    // From here on the test goes by the name of what ran, which has the model's version in it.
    let resource =
        Resource::UnitTest(Arc::new(UnitTest { name: unit.node.name.clone(), version: None, ..test.clone() }));
    let status = if difference.is_some() { Status::Fail } else { Status::Pass };
    let mut result = NodeResult::new(resource, status);
    result.failures = Some(i64::from(difference.is_some()));
    result.message = difference.map(|difference| {
        let (actual, expected) = (paint.green("actual"), paint.red("expected"));
        format!("\n\n{actual} differs from {expected}:\n\n{difference}\n")
    });
    result
}

/// The rows of one side without the column that tells it, sorted: their order means nothing.
fn side(table: &Table, name: &str) -> Table {
    let columns: Vec<usize> = (0..table.columns().len()).filter(|at| table.columns()[*at].name != SIDE).collect();
    let rows = match table.column_index(SIDE) {
        Some(mark) => {
            let belongs = |cell: &Cell| matches!(cell, Cell::Text(side) if **side == *name);
            table.rows().iter().filter(|row| belongs(&row[mark])).cloned().collect()
        }
        None => Vec::new(),
    };
    let side = table.with_rows(rows).project(&columns);
    let all: Vec<usize> = (0..columns.len()).collect();
    side.sorted(&all, false)
}
