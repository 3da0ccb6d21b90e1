//! Reading plans: which tables a statement scans, which operators only write, and which of them a view brought along.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::{NodeProfile, Statement};
use crate::adapter::Operator;
use crate::manifest::Node;

/// What DuckDB calls the files that it has read.
const FILES: &str = "Filename(s)";

/// The operators of a statement, each before those that it takes rows of.
pub(super) fn operators(statement: &Statement) -> Vec<&Operator> {
    let mut found = Vec::new();
    for root in statement.figures.iter().flat_map(|figures| &figures.operators) {
        root.walk(&mut |operator| found.push(operator));
    }
    found
}

/// What a second of work in a statement's operators is of its time: several cores work side by side, and some of the time
/// is none of theirs.
pub(super) fn scale(statement: &Statement) -> f64 {
    let work: f64 = operators(statement).iter().map(|operator| operator.seconds).sum();
    if work > statement.seconds { statement.seconds / work } else { 1.0 }
}

/// What the time went to in which a node's rows were computed and stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Split {
    /// Operators below the one that stores.
    pub computing: f64,
    /// All other time of the statement, for DuckDB counts most waiting for the disk to no operator, and that of committing.
    pub storing: f64,
    /// Bytes of the rows in memory.
    pub bytes: u64,
}

/// Splits the time of the statement that stores a node's rows; nothing if none does.
pub(super) fn split(node: &NodeProfile) -> Option<Split> {
    let stores = |statement: &&Statement| operators(statement).into_iter().any(|one| one.stores);
    let built = node.statements.iter().filter(stores).max_by(|a, b| a.seconds.total_cmp(&b.seconds))?;
    let all = operators(built);
    let work: f64 = all.iter().filter(|one| !one.stores).map(|one| one.seconds).sum();
    let computing = work * scale(built);
    let commits = node.statements.iter().filter(|one| one.sql == "COMMIT").map(|one| one.seconds);
    let bytes = all.iter().filter(|one| one.stores).flat_map(|one| &one.children).map(|child| child.bytes).sum();
    Some(Split { computing, storing: built.seconds - computing + commits.sum::<f64>(), bytes })
}

/// The table that an operator reads, as [`table_name`] writes it.
pub(super) fn scanned_table(operator: &Operator) -> Option<String> {
    operator.detail("Table").map(|name| name.replace('"', "").to_lowercase())
}

/// A relation as scans are compared: `database.schema.name` in lower case without quotes.
pub(super) fn table_name(database: Option<&str>, schema: &str, name: &str) -> String {
    let database = database.map(|database| format!("{database}.")).unwrap_or_default();
    format!("{database}{schema}.{name}").replace('"', "").to_lowercase()
}

/// The relation of a node, as scans are compared.
pub(super) fn table_of(node: &Node) -> String {
    table_name(node.database.as_deref(), &node.schema, &node.alias)
}

/// What an operator does and of what: its name with the tables and files below it, in alphabetical order.
type Shape = String;

/// The operators that a view consists of, by shape.
#[derive(Debug, Default)]
pub(super) struct ViewPlan {
    shapes: HashMap<Shape, usize>,
    /// Tables and files, and how often it reads each.
    leaves: HashMap<String, usize>,
    /// The view's text, to know its files by.
    text: String,
}

/// What a view's operators took in a statement.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct ViewCost {
    /// Seconds of work.
    pub seconds: f64,
    /// Bytes that the last of them handed on.
    pub bytes: u64,
}

impl ViewPlan {
    /// From what `explain (format json)` says of reading the whole view; `text` is the SQL of the view and of the views below.
    pub fn parse(explained: &str, text: &str) -> Option<ViewPlan> {
        let roots: Vec<Json> = serde_json::from_str(explained).ok()?;
        let mut plan = ViewPlan { text: text.to_owned(), ..ViewPlan::default() };
        for root in &roots {
            let root = from_json(root);
            plan.note(&root);
        }
        Some(plan)
    }

    fn note(&mut self, operator: &Operator) -> Vec<String> {
        let mut leaves: Vec<String> = operator.children.iter().flat_map(|child| self.note(child)).collect();
        if let Some(leaf) = leaf(operator, None) {
            *self.leaves.entry(leaf.clone()).or_default() += 1;
            leaves.push(leaf);
        }
        leaves.sort();
        *self.shapes.entry(shape(operator, &leaves)).or_default() += 1;
        leaves
    }

    /// What computing the view took in a statement that reads it. Each operator of the view is found once for each time
    /// that the statement reads the view's tables, the lowest first.
    pub fn cost(&self, statement: &Statement) -> ViewCost {
        let mut read: HashMap<String, usize> = HashMap::new();
        for leaf in operators(statement).into_iter().filter_map(|operator| leaf(operator, Some(&self.text))) {
            *read.entry(leaf).or_default() += 1;
        }
        let times = self.leaves.iter().map(|(leaf, count)| read.get(leaf).copied().unwrap_or_default() / count).min();
        let Some(times) = times.filter(|times| *times > 0) else { return ViewCost::default() };
        let mut left: HashMap<&str, usize> =
            self.shapes.iter().map(|(shape, count)| (shape.as_str(), count * times)).collect();
        let mut cost = ViewCost::default();
        for root in statement.figures.iter().flat_map(|figures| &figures.operators) {
            self.take(root, &mut left, &mut cost);
        }
        cost
    }

    fn take(&self, operator: &Operator, left: &mut HashMap<&str, usize>, cost: &mut ViewCost) -> Vec<String> {
        let mut leaves: Vec<String> = operator.children.iter().flat_map(|child| self.take(child, left, cost)).collect();
        leaves.extend(leaf(operator, Some(&self.text)));
        leaves.sort();
        let shape = shape(operator, &leaves);
        if let Some(count) = left.get_mut(shape.as_str()).filter(|count| **count > 0) {
            *count -= 1;
            cost.seconds += operator.seconds;
            cost.bytes = operator.bytes;
        }
        leaves
    }
}

fn shape(operator: &Operator, leaves: &[String]) -> Shape {
    format!("{} {}", operator.name, leaves.join(" "))
}

/// A table or kind of file that an operator reads; with the text of a view, only files that the text may name.
fn leaf(operator: &Operator, text: Option<&str>) -> Option<String> {
    if let Some(table) = scanned_table(operator) {
        return Some(table);
    }
    if !operator.name.starts_with("READ_") {
        return None;
    }
    let file = operator.detail(FILES).and_then(|files| files.split(", ").next());
    match (text, file) {
        (Some(text), Some(file)) if !names_file(text, file) => Some(format!("{} elsewhere", operator.name)),
        _ => Some(operator.name.clone()),
    }
}

/// Whether a text has a literal that is this file or a pattern for it, as far as the first star.
fn names_file(text: &str, file: &str) -> bool {
    let literals = text.split('\'').skip(1).step_by(2);
    literals.filter_map(|literal| literal.split('*').next()).any(|begin| !begin.is_empty() && file.starts_with(begin))
}

fn from_json(value: &Json) -> Operator {
    let text = |value: &Json| match value {
        Json::Array(items) => items.iter().filter_map(Json::as_str).collect::<Vec<_>>().join("\n"),
        other => other.as_str().unwrap_or_default().to_owned(),
    };
    let details = value.get("extra_info").and_then(Json::as_object);
    Operator {
        name: value.get("name").map(&text).unwrap_or_default().trim().to_owned(),
        details: details.into_iter().flatten().map(|(key, value)| (key.clone(), text(value))).collect(),
        children: value.get("children").and_then(Json::as_array).into_iter().flatten().map(from_json).collect(),
        ..Operator::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::Figures;

    fn operator(name: &str, seconds: f64, children: Vec<Operator>) -> Operator {
        Operator { name: name.to_owned(), seconds, bytes: 8, children, ..Operator::default() }
    }

    fn scan(table: &str, seconds: f64) -> Operator {
        Operator { details: vec![("Table".to_owned(), table.to_owned())], ..operator("SEQ_SCAN", seconds, Vec::new()) }
    }

    fn statement(root: Operator) -> Statement {
        Statement { figures: Some(Figures { operators: vec![root], ..Figures::default() }), ..Statement::default() }
    }

    const VIEW: &str = r#"[{"name": "HASH_GROUP_BY", "extra_info": {}, "children": [
        {"name": "SEQ_SCAN ", "extra_info": {"Table": "db.main.\"T\""}, "children": []}]}]"#;

    #[test]
    fn a_reader_of_its_own_work_is_not_charged_to_the_view() {
        let view = ViewPlan::parse(VIEW, "").unwrap();
        let inner = operator("HASH_GROUP_BY", 2.0, vec![scan("db.main.t", 1.0)]);
        let reader = operator("CREATE_TABLE_AS", 16.0, vec![operator("HASH_GROUP_BY", 8.0, vec![inner])]);
        assert!((view.cost(&statement(reader)).seconds - 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_view_read_twice_counts_twice_and_another_table_not_at_all() {
        let view = ViewPlan::parse(VIEW, "").unwrap();
        let half = |seconds| operator("HASH_GROUP_BY", seconds, vec![scan("db.main.t", 0.0)]);
        let reader = operator("HASH_JOIN", 16.0, vec![half(1.0), half(2.0)]);
        assert!((view.cost(&statement(reader)).seconds - 3.0).abs() < 1e-9);
        assert!(
            view.cost(&statement(operator("HASH_GROUP_BY", 1.0, vec![scan("db.main.u", 1.0)]))).seconds.abs() < 1e-9
        );
    }

    #[test]
    fn files_are_known_by_the_text_of_the_view() {
        assert!(names_file("select * from read_csv('data/a*.csv')", "data/a1.csv"));
        assert!(!names_file("select 'x' from read_csv('data/a*.csv')", "data/b1.csv"));
    }
}
