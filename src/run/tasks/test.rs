//! Data tests: the `test` materialization counts the rows that the test found; severity and thresholds say what that
//! means.

use std::sync::Arc;

use crate::adapter::Table;
use crate::context::database::table_of;
use crate::context::results;
use crate::context::runtime::NodeRun;
use crate::context::{Phase, Scope, Subject};
use crate::error::{Error, Result};
use crate::events::paint::count;
use crate::manifest::Node;
use crate::run::plan::Resource;
use crate::run::results::{NodeResult, Status};
use crate::run::session::{Session, response_json};

use super::direct;
use super::materialize::{adapter_response, call_materialization};

/// What the database says of a test.
struct Verdict {
    failures: i64,
    should_warn: bool,
    should_error: bool,
}

/// Runs one test.
pub fn execute(session: &Session, node: &Arc<Node>, run: &Arc<NodeRun>) -> Result<NodeResult> {
    let subject = Subject::Node(node.clone());
    let scope = Arc::new(Scope::new(session.globals.clone(), subject, Phase::Run(run.clone())));
    if let Some((response, table)) = direct::count(session, &scope, node, run)? {
        let mut result = judge(session, node, &verdict(node, Some(&table))?);
        result.adapter_response = response_json(&response.message, response.code.as_deref(), response.rows_affected);
        return Ok(result);
    }
    call_materialization(session, node, &scope)?;
    let main =
        results::peek(&scope, "main").ok_or_else(|| Error::runtime("main is not being called during running model"))?;
    let verdict = verdict(node, table_of(&main.get_attr("table").unwrap_or_default()).map(|table| &**table))?;
    let mut result = judge(session, node, &verdict);
    result.adapter_response = adapter_response(&main.get_attr("response").unwrap_or_default());
    Ok(result)
}

fn verdict(node: &Node, table: Option<&Table>) -> Result<Verdict> {
    let wrong = |what: &str, number: usize, expected: &str| {
        Error::internal(format!(
            "dbt internally failed to execute {}: Returned {number} {what}, but expected {expected}",
            node.unique_id
        ))
    };
    let Some(table) = table else { return Err(wrong("rows", 0, "1 row")) };
    if table.len() != 1 {
        return Err(wrong("rows", table.len(), "1 row"));
    }
    if table.columns().len() != 3 {
        return Err(wrong("columns", table.columns().len(), "3 columns"));
    }
    let mut verdict = Verdict { failures: 0, should_warn: false, should_error: false };
    for (position, column) in table.columns().iter().enumerate() {
        let text = table.cell(0, position).to_string();
        match column.name.to_lowercase().as_str() {
            "failures" if table.cell(0, position).is_null() => return Err(no_count(node)),
            "failures" => verdict.failures = whole_number(&text),
            "should_warn" => verdict.should_warn = boolean(&text)?,
            "should_error" => verdict.should_error = boolean(&text)?,
            _ => {}
        }
    }
    Ok(verdict)
}

/// dbt's words for a `fail_calc` without a number: those of the check of its results.
fn no_count(node: &Node) -> Error {
    let message = "None is not of type 'integer'\n\nFailed validating 'type' in schema['properties']['failures']:\n    \
                   {'type': 'integer'}\n\nOn instance['failures']:\n    None";
    let calculation = node.config.str("fail_calc").unwrap_or("count(*)");
    Error::internal(message)
        .hint(format!("The `fail_calc` of the test, `{calculation}`, gives null; it has to give a number."))
}

/// A `fail_calc` may give a decimal; only its whole part counts. Nothing found counts as zero.
#[allow(clippy::cast_possible_truncation)]
fn whole_number(text: &str) -> i64 {
    text.parse::<i64>().or_else(|_| text.parse::<f64>().map(|number| number as i64)).unwrap_or_default()
}

/// Python's reading of a truth value that an engine may give as text or number.
fn boolean(text: &str) -> Result<bool> {
    match text.to_lowercase().as_str() {
        "y" | "yes" | "t" | "true" | "on" | "1" => Ok(true),
        "n" | "no" | "f" | "false" | "off" | "0" | "none" | "" => Ok(false),
        _ => Err(Error::runtime(format!(
            "Macro 'get_test_sql' returns '{text}'.  It is not type 'bool' and cannot not be converted reliably to a bool."
        ))),
    }
}

fn judge(session: &Session, node: &Arc<Node>, verdict: &Verdict) -> NodeResult {
    let threshold = |key: &str| node.config.str(key).unwrap_or("!= 0").to_owned();
    let found = count(usize::try_from(verdict.failures).unwrap_or_default(), "result");
    let is_error = node.config.str("severity").is_none_or(|severity| severity.eq_ignore_ascii_case("error"));
    let (status, message) = if is_error && verdict.should_error {
        (Status::Fail, Some(format!("Got {found}, configured to fail if {}", threshold("error_if"))))
    } else if verdict.should_warn && session.globals.events.is_error("LogTestResult") {
        (Status::Fail, Some(format!("Got {found}, configured to fail if {}", threshold("warn_if"))))
    } else if verdict.should_warn {
        (Status::Warn, Some(format!("Got {found}, configured to warn if {}", threshold("warn_if"))))
    } else {
        (Status::Pass, None)
    };
    let mut result = NodeResult::new(Resource::Node(node.clone()), status);
    result.failures = Some(if status == Status::Pass { 0 } else { verdict.failures });
    result.message = message;
    result
}
