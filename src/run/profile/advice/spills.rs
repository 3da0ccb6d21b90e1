//! Memory was so short that DuckDB worked in temporary files.

use super::{Advice, Facts, number, seconds};

pub(super) fn find(facts: &Facts<'_>) -> Vec<Advice> {
    let spilled = facts.profile.nodes.iter().filter(|node| node.spilled_bytes > 0);
    let Some(worst) = spilled.clone().max_by_key(|node| node.spilled_bytes) else { return Vec::new() };
    let stake: f64 = spilled.clone().map(|node| node.database_seconds).sum();
    if !facts.matters(stake) {
        return Vec::new();
    }
    let text = format!(
        "Memory was short: DuckDB went to temporary files while {} ran, `{}` most of all. Give it more \
         (`memory_limit` under `settings` of the profile), or run fewer nodes side by side (`threads`).",
        if spilled.clone().count() == 1 { "a node" } else { "nodes" },
        worst.name
    );
    let advice = Advice::new("spills", worst, stake, text).with("nodes that ran meanwhile", seconds(stake));
    let mut nodes: Vec<_> = spilled.collect();
    nodes.sort_by_key(|node| std::cmp::Reverse(node.spilled_bytes));
    let advice = nodes.iter().take(5).fold(advice, |advice, node| {
        advice.with(format!("bytes that files grew by in `{}`", node.name), number(node.spilled_bytes))
    });
    vec![advice.with("bytes in memory at most", number(facts.profile.totals.memory_peak_bytes))]
}
