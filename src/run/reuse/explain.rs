//! `explain`: for each node why it would be built, or that it would be reused. Nothing is built, and nothing is written.

use std::collections::BTreeSet;

use crate::context::runtime::NodeRun;
use crate::error::Result;
use crate::manifest::{Node, UniqueId};
use crate::run::plan::{Plan, Resource};
use crate::run::session::Session;
use crate::run::unified;

use super::inputs::Change;
use super::{Look, Reason, Reuse, name_of, rules};

impl Reuse {
    /// What would become of each node of a plan, as lines for a reader, in the order in which they would be built.
    ///
    /// # Errors
    /// A node does not compile, its configuration means nothing, or a query fails.
    pub fn explain(session: &Session, plan: &Plan<'_>) -> Result<Vec<String>> {
        let nodes = || plan.resources().filter_map(Resource::node);
        let databases: BTreeSet<&str> = nodes().map(|node| node.database.as_deref().unwrap_or_default()).collect();
        let databases: Vec<&str> = databases.into_iter().collect();
        let mut reuse = Reuse::open(session, &databases, false)?;
        reuse.flag = Some(reuse.flag.unwrap_or(true));
        let mut built = BTreeSet::new();
        let mut lines = Vec::new();
        let mut queue = plan.queue();
        while let Some(id) = queue.take() {
            if let Some(node) = plan.items.get(&id).and_then(Resource::node).filter(|node| rules::has_rules(node)) {
                lines.extend(reuse.explain_one(session, node, &mut built)?);
            }
            queue.done(&id);
        }
        Ok(lines)
    }

    fn explain_one(
        &self,
        session: &Session,
        node: &std::sync::Arc<Node>,
        built: &mut BTreeSet<UniqueId>,
    ) -> Result<Vec<String>> {
        let info = session.narrator.info(&Resource::Node(node.clone()));
        let connection = session.database.connect_node(&node.unique_id, Some(node), &info)?;
        connection.watch_statements();
        let run = NodeRun::new(session.shared.clone(), connection.clone());
        if session.compiles(node) {
            session.compiler.compile(node, &run, &[], false)?;
        }
        let look = self.look(session, node, &run);
        connection.release();
        Ok(match look? {
            Look::Unchanged(record) => {
                let above = node.depends_on.nodes.iter().filter(|id| built.contains(*id));
                let above: Vec<String> = above.map(|id| format!("`{id}`")).collect();
                if !above.is_empty() {
                    built.insert(node.unique_id.clone());
                }
                vec![unchanged(node, &record.built_at, &above)]
            }
            Look::Build(_, reasons) => {
                built.insert(node.unique_id.clone());
                let mut lines = vec![format!("{} would be built:", node.unique_id)];
                match reasons.is_empty() {
                    true => lines.push("  change detection is off for it (`skip_unchanged: false`)".to_owned()),
                    false => lines.extend(reasons.iter().flat_map(|reason| self.say(session, reason))),
                }
                lines
            }
        })
    }

    fn say(&self, session: &Session, reason: &Reason) -> Vec<String> {
        match reason {
            Reason::Doubt(doubt) => vec![format!("  it {doubt}")],
            Reason::NoRecord => vec!["  it was not built with change detection before".to_owned()],
            Reason::Output { exists: true } => {
                vec!["  its table or view is not what was built: something else has changed it since".to_owned()]
            }
            Reason::Output { exists: false } => vec!["  its table or view does not exist".to_owned()],
            Reason::Changed(change) => say_change(session, change),
        }
    }
}

fn unchanged(node: &Node, since: &str, above: &[String]) -> String {
    let id = &node.unique_id;
    match above {
        [] => format!("{id} would be reused: nothing that it depends on has changed since {since} UTC"),
        above => format!("{id} would be reused, unless building {} gives something else than before", above.join(", ")),
    }
}

fn say_change(session: &Session, change: &Change) -> Vec<String> {
    match change {
        Change::Sql { before, now } => {
            let mut lines = vec!["  its compiled SQL has changed:".to_owned()];
            let difference = unified(["as it was built", "now"], before, now).unwrap_or_default();
            lines.extend(difference.lines().map(|line| format!("    {line}")));
            lines
        }
        Change::Keys { part: "relations", keys } => keys.iter().map(|key| say_relation(session, key)).collect(),
        Change::Keys { part, keys } => {
            let what = match *part {
                "engine" => "the program, DuckDB or a setting of it has changed",
                "config" => "its configuration has changed",
                "properties" => "its description in YAML has changed",
                "options" => "other options were given",
                "macros" => "macros that build it have changed",
                _ => "files that it reads have changed",
            };
            vec![format!("  {what}: {}", keys.join(", "))]
        }
        Change::Statements => vec!["  its templates sent other statements to the database while compiling".to_owned()],
        Change::Own => vec![
            "  it builds on its own earlier rows, and its last build changed them: it is built until a build changes nothing"
                .to_owned(),
        ],
    }
}

/// Which table or view, and which node makes it.
fn say_relation(session: &Session, key: &str) -> String {
    let mut nodes = session.shared.manifest.nodes.values();
    match nodes.find(|node| node.relation_name.is_some() && name_of(node).to_string() == key) {
        Some(node) => format!("  what it reads of `{}` ({key}) has changed", node.unique_id),
        None => format!("  what it reads of `{key}` has changed"),
    }
}
