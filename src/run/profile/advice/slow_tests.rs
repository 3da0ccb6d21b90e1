//! A test that takes longer than anything that is built.

use super::{Advice, Facts, number, seconds};

/// Share of the time of all nodes from which one test is worth a word.
const LEAST_SHARE: f64 = 0.2;

pub(super) fn find(facts: &Facts<'_>) -> Vec<Advice> {
    let slowest = facts.profile.nodes.iter().max_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let test = slowest.filter(|node| facts.is_test(&node.unique_id) && facts.profile.command != "test");
    let Some(test) = test.filter(|test| facts.matters(test.seconds)) else { return Vec::new() };
    if test.seconds < LEAST_SHARE * facts.profile.totals.node_seconds {
        return Vec::new();
    }
    let text = format!(
        "The test `{}` took longer than anything that was built. Let it look at less (`where` in its configuration), or run \
         it apart (`--exclude {}`).",
        test.name, test.name
    );
    let advice = Advice::new("slowest_is_a_test", test, test.seconds, text)
        .with("the test", seconds(test.seconds))
        .with("all nodes", seconds(facts.profile.totals.node_seconds))
        .with("rows that it read", number(test.rows_read));
    vec![advice]
}
