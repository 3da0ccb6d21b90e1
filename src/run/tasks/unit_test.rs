//! Unit tests: the `unit` materialization gives actual and expected rows; a difference fails the test and is shown.

use std::sync::Arc;

use crate::adapter::{Cell, Table};
use crate::compile::unit_test::{UnitTestRun, compile};
use crate::context::database::table_of;
use crate::context::errors::from_jinja;
use crate::context::results;
use crate::context::runtime::NodeRun;
use crate::context::{Phase, Scope, Subject};
use crate::error::{Error, Result};
use crate::jinja::Value;
use crate::manifest::UnitTest;
use crate::run::plan::Resource;
use crate::run::results::{NodeResult, Status};
use crate::run::session::Session;

use super::diff::{Grid, difference};
use super::materialize::adapter_response;

/// The column that tells the two sides apart.
const SIDE: &str = "actual_or_expected";

/// Runs one unit test.
pub fn execute(session: &Session, test: &Arc<UnitTest>, run: &Arc<NodeRun>) -> Result<NodeResult> {
    let unit = compile(&session.globals, &session.shared, &run.connection, test)?;
    let main = materialize(session, test, &unit)?;
    session.shared.compiled.update(&test.unique_id, |known| *known = unit.compiled());
    let table = main.get_attr("table").unwrap_or_default();
    let table = table_of(&table)
        .ok_or_else(|| Error::internal(format!("The unit test `{}` gave no rows to compare.", test.name)))?;
    let (actual, expected) = (side(table, "actual"), side(table, "expected"));
    let mut result = NodeResult::new(Resource::UnitTest(test.clone()), Status::Pass);
    result.failures = Some(0);
    if let Some(shown) = difference(&expected, &actual) {
        let paint = session.globals.events.paint();
        result.status = Status::Fail;
        result.failures = Some(1);
        result.message =
            Some(format!("\n\n{} differs from {}:\n\n{shown}\n", paint.green("actual"), paint.red("expected")));
    }
    result.adapter_response = adapter_response(&main.get_attr("response").unwrap_or_default());
    Ok(result)
}

/// Runs the materialization; gives what its `main` statement left behind.
fn materialize(session: &Session, test: &UnitTest, unit: &UnitTestRun) -> Result<Value> {
    let globals = &session.globals;
    let unique_id = globals.macros.materialization("unit").ok_or_else(|| {
        Error::compilation(
            "No materialization 'unit' was found for adapter duckdb! (searched types 'default' and 'duckdb')",
        )
    })?;
    let subject = Subject::Node(unit.node.clone());
    let scope = Arc::new(Scope::new(globals.clone(), subject, Phase::Run(unit.run.clone())));
    globals.engine.call_macro(unique_id, Vec::new(), Vec::new(), scope.clone().into_value()).map_err(|error| {
        Error::runtime(format!(
            "An error occurred during execution of unit test '{}'. There may be an error in the unit test definition: \
             check the data types.\n {}",
            test.name,
            from_jinja(&error, None)
        ))
    })?;
    results::peek(&scope, "main").ok_or_else(|| Error::runtime("main is not being called during running model"))
}

/// The rows of one side, sorted, names in lower case.
fn side(table: &Table, wanted: &str) -> Grid {
    let names: Vec<String> = table.columns().iter().map(|column| column.name.to_lowercase()).collect();
    let marker = names.iter().position(|name| name == SIDE);
    let kept: Vec<usize> = (0..names.len()).filter(|position| Some(*position) != marker).collect();
    let rows = table
        .rows()
        .iter()
        .filter(|row| marker.and_then(|position| row.get(position)).is_some_and(|cell| cell.to_string() == wanted));
    let rows = table.with_rows(rows.cloned().collect()).sorted(&kept, false);
    let text = |cell: &Cell| if cell.is_null() { "NULL".to_owned() } else { cell.to_string() };
    Grid {
        columns: kept.iter().map(|position| names[*position].clone()).collect(),
        rows: rows.rows().iter().map(|row| kept.iter().map(|position| text(&row[*position])).collect()).collect(),
    }
}
