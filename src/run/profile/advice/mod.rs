//! What the figures of a run suggest. Each rule says what to change, what it rests on and how much time is at stake; none
//! speaks of time that would not be noticed. A rule that needs more than the figures asks the database when the run is over.

mod deletes;
mod lookups;
mod rewrites;
mod slow_tests;
mod spills;
mod tables;
mod views;

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;

use super::plans::table_of;
use super::{NodeProfile, Profile, Statement};
use crate::context::database::NodeConnection;
use crate::events::{Level, lines};
use crate::graph::Graph;
use crate::manifest::{Manifest, Node, ResourceType};
use crate::run::plan::Plan;
use crate::run::session::Session;

/// Time that is worth a change of the project, unless [`LEAST_NAME`] says otherwise: below it, two runs of the same project
/// differ as much.
const LEAST_SECONDS: f64 = 0.1;

/// The variable of the environment that names another least time, in seconds.
const LEAST_NAME: &str = "RDBT_PROFILE_ADVICE_SECONDS";

/// Share of the time of all nodes that is worth a change, for runs that take long.
const LEAST_SHARE: f64 = 0.01;

/// Time that a row costs at most, in seconds, where it is read, deleted or stored. DuckDB takes 0.03 µs to find a row to delete
/// and 1 µs to store a wide one; what takes longer than this waited for the disk or for other programs, and a change of the
/// project would not spare it.
const SLOWEST_ROW: f64 = 5e-6;

/// A suggestion.
#[derive(Debug, Clone, Serialize)]
pub struct Advice {
    /// Which rule it is, for programs: `view_as_table`.
    pub rule: &'static str,
    /// The node that it is about.
    pub unique_id: String,
    /// Its name.
    pub name: String,
    /// Time of this run that it may save at most.
    pub seconds_at_stake: f64,
    /// What to do; a full sentence.
    pub text: String,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
}

/// A figure behind a suggestion.
#[derive(Debug, Clone, Serialize)]
pub struct Evidence {
    /// What was measured.
    pub what: String,
    /// What came out, with its unit.
    pub value: String,
}

/// Everything that rules look at.
struct Facts<'a> {
    session: &'a Session,
    manifest: &'a Manifest,
    graph: &'a Graph,
    profile: &'a Profile,
    /// What ran, by unique id.
    nodes: HashMap<&'a str, &'a NodeProfile>,
    /// Nodes of the project by the table that they make.
    tables: HashMap<String, &'a str>,
    /// Time that is worth a word.
    least: f64,
}

/// All advice that a run gives rise to, what is worth most first.
pub(super) fn find(session: &Session, plan: &Plan<'_>, profile: &Profile) -> Vec<Advice> {
    let manifest = &session.shared.manifest;
    let makes_table = |node: &Node| node.resource_type.is_refable() && !node.is_ephemeral();
    let facts = Facts {
        session,
        manifest,
        graph: plan.graph,
        profile,
        nodes: profile.nodes.iter().map(|node| (node.unique_id.as_str(), node)).collect(),
        tables: (manifest.nodes.values().filter(|node| makes_table(node)))
            .map(|node| (table_of(node), node.unique_id.as_str()))
            .collect(),
        least: least_seconds(session).max(LEAST_SHARE * profile.totals.node_seconds),
    };
    let mut database = Database { session, connection: None };
    let mut found = views::find(&facts, &mut database);
    found.extend(tables::find(&facts));
    found.extend(rewrites::find(&facts, &mut database));
    found.extend(deletes::find(&facts, &mut database));
    found.extend(lookups::find(&facts));
    found.extend(spills::find(&facts));
    found.extend(slow_tests::find(&facts));
    database.close();
    found.sort_by(|a, b| b.seconds_at_stake.total_cmp(&a.seconds_at_stake));
    found
}

fn least_seconds(session: &Session) -> f64 {
    let Ok(text) = std::env::var(LEAST_NAME) else { return LEAST_SECONDS };
    let named = text.trim().parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0);
    named.unwrap_or_else(|| {
        let text =
            format!("`{LEAST_NAME}` is `{text}`, which is no number of seconds; {LEAST_SECONDS} is taken instead.");
        session.globals.events.emit(lines::note(Level::Warn, &text));
        LEAST_SECONDS
    })
}

impl<'a> Facts<'a> {
    fn node(&self, id: &str) -> Option<&'a Node> {
        self.manifest.node(id)
    }

    /// Whether time that a change would save is worth a word.
    fn matters(&self, seconds: f64) -> bool {
        seconds >= self.least
    }

    /// Models and snapshots that were built, with what they are and what they took.
    fn built(&self) -> impl Iterator<Item = (&'a Node, &'a NodeProfile)> {
        let profile = self.profile;
        let built = profile.nodes.iter().filter(|node| node.status == "success" && node.started.is_some());
        built.filter_map(|profile| Some((self.node(&profile.unique_id)?, profile)))
    }

    /// Whether a node is computed wherever it is read.
    fn is_computed_when_read(&self, id: &str) -> bool {
        self.node(id).is_some_and(|node| {
            node.resource_type == ResourceType::Model && matches!(node.config.materialized(), "view" | "ephemeral")
        })
    }

    /// What reads a node in statements of its own: its children, and those of views and ephemeral models among them.
    fn readers(&self, id: &str) -> Vec<&'a str> {
        let mut readers: Vec<&str> = Vec::new();
        let mut open = vec![id.to_owned()];
        while let Some(id) = open.pop() {
            let graph = self.graph;
            for child in graph.children(&id) {
                if self.is_computed_when_read(child) {
                    open.push(child.to_owned());
                } else if !readers.contains(&child) {
                    readers.push(child);
                }
            }
        }
        readers
    }

    fn is_test(&self, id: &str) -> bool {
        id.starts_with("test.") || id.starts_with("unit_test.")
    }
}

impl Advice {
    fn new(rule: &'static str, node: &NodeProfile, seconds_at_stake: f64, text: String) -> Advice {
        Advice {
            rule,
            unique_id: node.unique_id.clone(),
            name: node.name.clone(),
            seconds_at_stake,
            text,
            evidence: Vec::new(),
        }
    }

    fn with(mut self, what: impl Into<String>, value: impl Into<String>) -> Advice {
        self.evidence.push(Evidence { what: what.into(), value: value.into() });
        self
    }
}

/// The database, for what rules ask of it. A question that it does not answer is one without an answer, no error: the run
/// is over, and went as it went.
struct Database<'a> {
    session: &'a Session,
    connection: Option<Arc<NodeConnection>>,
}

impl Database<'_> {
    /// A column of a query's rows as text.
    fn ask(&mut self, sql: &str, column: usize) -> Option<Vec<String>> {
        if self.connection.is_none() {
            self.connection = self.session.database.connect("profile_nodes").ok();
        }
        let table = self.connection.as_ref()?.query_plainly(sql).ok()?;
        Some(table.rows().iter().filter_map(|row| row.get(column).map(ToString::to_string)).collect())
    }

    /// Rows of a node's table.
    fn count(&mut self, node: &Node) -> Option<u64> {
        let relation = node.relation_name.as_deref()?;
        self.ask(&format!("select count(*) from {relation}"), 0)?.first()?.parse().ok()
    }

    fn close(self) {
        if let Some(connection) = self.connection {
            connection.release();
        }
    }
}

/// Time of the statements that a predicate holds for.
fn seconds_of<'a>(node: &'a NodeProfile, wanted: impl Fn(&Statement) -> bool + 'a) -> f64 {
    node.statements.iter().filter(|statement| wanted(statement)).map(|statement| statement.seconds).sum()
}

/// Time that so many rows can have taken; see [`SLOWEST_ROW`].
fn at_most(seconds: f64, rows: u64) -> f64 {
    #[allow(clippy::cast_precision_loss)]
    let rows = rows as f64;
    seconds.min(rows * SLOWEST_ROW)
}

/// `0.42 s`.
fn seconds(seconds: f64) -> String {
    format!("{seconds:.2} s")
}

/// `12,345`.
fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1,000 of 2,000 (50%)`.
fn share(part: u64, whole: u64) -> String {
    format!("{} of {} ({}%)", number(part), number(whole), part.saturating_mul(100) / whole.max(1))
}
