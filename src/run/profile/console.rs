//! The profile in a few lines, below the summary of the run.

use std::path::Path;

use super::plans::operators;
use super::{NodeProfile, Profile, Worker};
use crate::events::paint::count;
use crate::events::{Events, lines};

/// Nodes of each list that are shown; the page has all.
const SHOWN: usize = 5;

/// Workers that are shown.
const WORKERS: usize = 8;

/// Letters of a name that are shown.
const NAME: usize = 48;

/// Says what a run took; `page` is where the whole report is.
pub fn report(events: &Events, profile: &Profile, page: &Path) {
    let say = |text: &str| events.emit(lines::formatting(text));
    say("");
    for line in text(profile) {
        say(&line);
    }
    say(&format!("The whole profile: {}", page.display()));
}

fn text(profile: &Profile) -> Vec<String> {
    let totals = &profile.totals;
    let mut lines = vec![format!(
        "Profile: {:.2}s, of which {:.2}s in {} statements; {} rows read, {} written, {} deleted; memory at most {}, {}.",
        profile.seconds,
        totals.database_seconds,
        totals.statements,
        rounded(totals.rows_read),
        rounded(totals.rows_written),
        rounded(totals.rows_deleted),
        bytes(totals.memory_peak_bytes),
        match totals.spilled_bytes {
            0 => "nothing spilled".to_owned(),
            spilled => format!("{} spilled", bytes(spilled)),
        }
    )];
    lines.extend(profile.workers.iter().take(WORKERS).map(|worker| busy(worker, profile.seconds)));
    if let Some(more) = profile.workers.len().checked_sub(WORKERS).filter(|more| *more > 0) {
        lines.push(format!("  ... and {more} more"));
    }
    let find = |id: &String| profile.nodes.iter().find(|node| node.unique_id == *id);
    let path: Vec<&NodeProfile> = profile.critical_path.nodes.iter().filter_map(find).collect();
    lines.push(format!("Critical path: {:.2}s in {}", profile.critical_path.seconds, count(path.len(), "node")));
    let (shown, rest) = longest(&path);
    lines.extend(
        shown.into_iter().map(|node| format!("  {:<width$} {:>7.2}s", cut(&node.name), node.seconds, width = NAME)),
    );
    if rest > 0 {
        lines.push(format!("  ... and {rest} shorter ones"));
    }
    lines.push("Slowest nodes".to_owned());
    let mut slowest: Vec<&NodeProfile> = profile.nodes.iter().filter(|node| node.started.is_some()).collect();
    slowest.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    lines.extend(slowest.into_iter().take(SHOWN).map(slow_node));
    if !profile.advice.is_empty() {
        lines.push("Advice".to_owned());
    }
    lines.extend(
        profile
            .advice
            .iter()
            .take(SHOWN)
            .map(|advice| format!("  up to {:.2}s  {}", advice.seconds_at_stake, advice.text)),
    );
    lines
}

fn busy(worker: &Worker, run: f64) -> String {
    let share = 100.0 * worker.busy_seconds / run.max(f64::MIN_POSITIVE);
    let nodes = count(worker.nodes, "node");
    format!("  {:<width$} {:>7.2}s busy ({share:.0}%), {nodes}", worker.name, worker.busy_seconds, width = NAME)
}

/// The nodes of a path that took longest, in the order of the path, and how many are left out.
fn longest<'a>(path: &[&'a NodeProfile]) -> (Vec<&'a NodeProfile>, usize) {
    let mut by_time: Vec<usize> = (0..path.len()).collect();
    by_time.sort_by(|a, b| path[*b].seconds.total_cmp(&path[*a].seconds));
    by_time.truncate(SHOWN);
    by_time.sort_unstable();
    (by_time.iter().map(|place| path[*place]).collect(), path.len() - by_time.len())
}

/// A node with the operator of its statements that worked longest.
fn slow_node(node: &NodeProfile) -> String {
    let all = node.statements.iter().flat_map(operators);
    let slowest = all.max_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let operator = slowest.map_or(String::new(), |one| {
        let of = one.detail("Table").map(|table| format!(" of {table}")).unwrap_or_default();
        // The rows of an operator that stores are those that it was given.
        let rows = if one.stores { one.children.first().map_or(0, |child| child.rows) } else { one.rows };
        format!("  {}{of} {:.2}s, {} rows", one.name, one.seconds, rounded(rows))
    });
    format!("  {:<width$} {:>7.2}s{operator}", cut(&node.name), node.seconds, width = NAME)
}

fn cut(name: &str) -> String {
    match name.char_indices().nth(NAME) {
        Some(_) => name.chars().take(NAME - 1).chain(['…']).collect(),
        None => name.to_owned(),
    }
}

/// `1.2 M`.
fn rounded(number: u64) -> String {
    scaled(number, 1000.0, &["", " k", " M", " G", " T"])
}

/// `1.2 MiB`.
fn bytes(number: u64) -> String {
    scaled(number, 1024.0, &[" B", " KiB", " MiB", " GiB", " TiB"])
}

fn scaled(number: u64, step: f64, units: &[&str]) -> String {
    #[allow(clippy::cast_precision_loss)]
    let (mut value, mut unit) = (number as f64, 0);
    while value >= step && unit + 1 < units.len() {
        value /= step;
        unit += 1;
    }
    if unit == 0 { format!("{number}{}", units[0]) } else { format!("{value:.1}{}", units[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_to_a_unit() {
        assert_eq!([0, 999, 1000, 1_250_000].map(rounded), ["0", "999", "1.0 k", "1.2 M"].map(str::to_owned));
        assert_eq!([17, 1 << 20].map(bytes), ["17 B", "1.0 MiB"].map(str::to_owned));
    }

    #[test]
    fn a_long_path_keeps_its_order() {
        let node = |seconds| NodeProfile { seconds, ..NodeProfile::default() };
        let nodes: Vec<NodeProfile> = [1.0, 0.1, 3.0, 2.0, 5.0, 4.0, 0.2].map(node).into();
        let (shown, rest) = longest(&nodes.iter().collect::<Vec<_>>());
        assert_eq!(shown.iter().map(|node| node.seconds).collect::<Vec<_>>(), [1.0, 3.0, 2.0, 5.0, 4.0]);
        assert_eq!(rest, 2);
    }
}
