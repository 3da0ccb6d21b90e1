//! A table that is read once, and costs more to store than to compute, could be a view.

use super::super::plans::{Split, operators, scanned_table, split, table_of};
use super::{Advice, Facts, at_most, number, seconds};
use crate::manifest::Node;
use crate::run::profile::{NodeProfile, Statement};

pub(super) fn find(facts: &Facts<'_>) -> Vec<Advice> {
    facts.built().filter_map(|(node, profile)| weigh(facts, node, profile)).collect()
}

fn weigh(facts: &Facts<'_>, node: &Node, profile: &NodeProfile) -> Option<Advice> {
    if node.config.materialized() != "table" || is_wanted_as_table(node) {
        return None;
    }
    let (tests, others): (Vec<&str>, Vec<&str>) =
        facts.readers(&node.unique_id).into_iter().partition(|id| facts.is_test(id));
    let [reader] = others[..] else { return None };
    let reader = facts.nodes.get(reader).filter(|reader| reader.cpu_seconds > 0.0)?;
    let table = table_of(node);
    let scans = |node: &NodeProfile| node.statements.iter().map(|statement| scans(statement, &table)).sum::<usize>();
    if scans(reader) != 1 {
        return None;
    }
    let Split { computing, storing, .. } = split(profile)?;
    // What is cheap enough to be computed again whenever somebody looks at it.
    if computing > storing {
        return None;
    }
    // Of a table, DuckDB knows without looking that a column has no nulls; of a view it would have to compute it.
    let tests = tests.iter().filter(|test| facts.nodes.contains_key(*test)).count();
    #[allow(clippy::cast_precision_loss)]
    let stake = at_most(storing, profile.rows_written) - computing * tests as f64;
    if !facts.matters(stake) {
        return None;
    }
    let text = format!(
        "The table `{}` is read once, by `{}`, and cheap to compute. As a view it would not be stored.",
        node.name, reader.name
    );
    let advice = Advice::new("table_as_view", profile, stake, text)
        .with("storing it", seconds(storing))
        .with("computing it", seconds(computing))
        .with("rows", number(profile.rows_written));
    Some(if tests > 0 { advice.with("tests that would compute it too", tests.to_string()) } else { advice })
}

/// Whether something is said of the table that a view cannot do, or others than this project may read it.
fn is_wanted_as_table(node: &Node) -> bool {
    let hooks = ["pre-hook", "post-hook"].iter().any(|key| !node.config.hooks(key).is_empty());
    let public = node.model().is_some_and(|model| model.access == "public");
    hooks || public || node.contract.enforced || node.config.get("indexes").is_some_and(|indexes| !indexes.is_null())
}

fn scans(statement: &Statement, table: &str) -> usize {
    operators(statement).into_iter().filter(|operator| scanned_table(operator).as_deref() == Some(table)).count()
}
