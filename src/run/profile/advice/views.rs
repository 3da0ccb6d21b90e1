//! A view that several nodes compute anew, each for itself, would be computed once as a table.

use super::super::plans::{ViewCost, ViewPlan, scale, split};
use super::{Advice, Database, Facts, number, seconds};
use crate::manifest::{Node, ResourceType};

/// Seconds of work for each byte that is stored, where the run itself stored too little to tell: three million rows of 32 bytes
/// with a text among them took 2.5 s.
const STORING: f64 = 25e-9;

/// Bytes from which a table of the run tells how fast it stores.
const ENOUGH_BYTES: u64 = 1 << 20;

/// Seconds of work for each byte that is read of a table: a tenth of what DuckDB took for columns of numbers, doubled for texts.
const READING: f64 = 1e-9;

/// A view with what computing it took.
struct Candidate<'a> {
    node: &'a Node,
    stake: f64,
    advice: Advice,
}

pub(super) fn find(facts: &Facts<'_>, database: &mut Database<'_>) -> Vec<Advice> {
    let is_view = |node: &Node| node.resource_type == ResourceType::Model && node.config.materialized() == "view";
    let rate = storing(facts);
    let views = facts.manifest.nodes.values().filter(|node| is_view(node));
    let mut candidates: Vec<Candidate<'_>> = views.filter_map(|node| weigh(facts, database, node, rate)).collect();
    candidates.sort_by(|a, b| b.stake.total_cmp(&a.stake));
    // Views on views are computed together: the one that saves most stands for those above and below it.
    let mut kept: Vec<Candidate<'_>> = Vec::new();
    for one in candidates {
        let above = facts.graph.ancestors(&one.node.unique_id, None);
        let below = facts.graph.descendants(&one.node.unique_id, None);
        let related = |other: &Candidate<'_>| {
            let id = other.node.unique_id.as_str();
            above.contains(id) || below.contains(id)
        };
        if !kept.iter().any(related) {
            kept.push(one);
        }
    }
    kept.into_iter().map(|one| one.advice).collect()
}

fn weigh<'a>(facts: &Facts<'_>, database: &mut Database<'_>, node: &'a Node, rate: f64) -> Option<Candidate<'a>> {
    let readers = facts.readers(&node.unique_id);
    let readers: Vec<_> =
        readers.iter().filter_map(|id| facts.nodes.get(id)).filter(|node| node.cpu_seconds > 0.0).collect();
    // Less than all that the readers did is not worth a question.
    if readers.len() < 2 || !facts.matters(readers.iter().map(|reader| reader.database_seconds).sum()) {
        return None;
    }
    let explained =
        database.ask(&format!("explain (format json) select * from {}", node.relation_name.as_deref()?), 1)?;
    let view = ViewPlan::parse(explained.first()?, &text(facts, &node.unique_id))?;
    let mut costs: Vec<(&str, f64)> = Vec::new();
    let mut bytes = 0;
    for reader in readers {
        let mut took = 0.0;
        for statement in &reader.statements {
            let ViewCost { seconds, bytes: handed_on } = view.cost(statement);
            took += seconds * scale(statement);
            bytes = bytes.max(handed_on);
        }
        if took > 0.0 {
            costs.push((&reader.name, took));
        }
    }
    costs.sort_by(|a, b| b.1.total_cmp(&a.1));
    let total: f64 = costs.iter().map(|(_, took)| took).sum();
    let once = costs.first().filter(|_| costs.len() > 1)?.1;
    #[allow(clippy::cast_precision_loss)]
    let (storing, reading) = (bytes as f64 * rate, bytes as f64 * READING * costs.len() as f64);
    let stake = total - once - storing - reading;
    if !facts.matters(stake) {
        return None;
    }
    let name = &node.name;
    let text = format!("The view `{name}` is computed by {} nodes. As a table it would be computed once.", costs.len());
    let mut advice = Advice {
        rule: "view_as_table",
        unique_id: node.unique_id.clone(),
        name: name.clone(),
        seconds_at_stake: stake,
        text,
        evidence: Vec::new(),
    };
    advice = advice.with("computing it, in all nodes together", seconds(total));
    advice = advice.with("computing it once", seconds(once));
    advice = advice.with("storing it once and reading it (estimated)", seconds(storing + reading));
    for (reader, took) in costs.iter().take(5) {
        advice = advice.with(format!("in `{reader}`"), seconds(*took));
    }
    advice = advice.with("bytes of its rows", number(bytes));
    Some(Candidate { node, stake, advice })
}

/// The SQL of a view and of all that it is computed from, for the files that they name.
fn text(facts: &Facts<'_>, id: &str) -> String {
    let own = facts.session.shared.compiled.get(id).and_then(|compiled| compiled.code.clone());
    let mut text = own.map(|code| code.to_string()).unwrap_or_default();
    for parent in facts.graph.parents(id).into_iter().filter(|parent| facts.is_computed_when_read(parent)) {
        text.push_str(&self::text(facts, parent));
    }
    text
}

/// Seconds for each byte that this run stored.
fn storing(facts: &Facts<'_>) -> f64 {
    let (mut took, mut stored) = (0.0, 0);
    for split in facts.profile.nodes.iter().filter_map(split).filter(|split| split.bytes >= ENOUGH_BYTES) {
        took += split.storing;
        stored += split.bytes;
    }
    #[allow(clippy::cast_precision_loss)]
    let stored = stored as f64;
    if stored > 0.0 { took / stored } else { STORING }
}
