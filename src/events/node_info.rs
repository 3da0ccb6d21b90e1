//! `node_info`: what every event of a node says about it, in dbt's shape.

use chrono::{DateTime, Utc};
use serde_json::{Value as Json, json};

use crate::manifest::{Node, SourceDefinition, UnitTest};

/// The state of a node in its run.
#[derive(Debug, Clone, Default)]
pub struct NodeInfo {
    node: Json,
    status: String,
    started_at: Option<DateTime<Utc>>,
    finished_at: Option<DateTime<Utc>>,
}

impl NodeInfo {
    /// For a node.
    pub fn of_node(node: &Node) -> NodeInfo {
        NodeInfo::new(json!({
            "materialized": node.config.materialized(),
            "meta": node.meta,
            "node_checksum": node.checksum.checksum,
            "node_name": node.name,
            "node_path": node.path,
            "node_relation": {
                "alias": node.alias,
                "database": node.database.as_deref().unwrap_or_default(),
                "relation_name": node.relation_name.as_deref().unwrap_or_default(),
                "schema": node.schema,
            },
            "resource_type": node.resource_type.as_str(),
            "unique_id": node.unique_id,
        }))
    }

    /// For a unit test before it is compiled.
    pub fn of_unit_test(test: &UnitTest) -> NodeInfo {
        let schema = test.schema.as_deref().unwrap_or_default();
        NodeInfo::of_other("unit_test", &test.unique_id, &test.name, &test.path).at(json!({"schema": schema}))
    }

    /// For a unit test in its result: there dbt speaks of the node that it made of it, in place of the `tested` one.
    pub fn of_unit_test_node(test: &UnitTest, tested: &Node) -> NodeInfo {
        let folder = test.original_file_path.rsplit_once('/').map(|(folder, _)| format!("{folder}/"));
        let path = format!("{}{}.sql", folder.unwrap_or_default(), test.name);
        let mut info = NodeInfo::of_other("unit_test", &test.unique_id, &test.name, &path);
        info.node["materialized"] = json!("unit");
        let database = tested.database.as_deref().unwrap_or_default();
        info.at(json!({"alias": test.name, "database": database, "schema": tested.schema}))
    }

    /// For a source.
    pub fn of_source(source: &SourceDefinition) -> NodeInfo {
        NodeInfo::of_other("source", &source.unique_id, &source.name, &source.path).at(json!({
            "database": source.database.as_deref().unwrap_or_default(),
            "relation_name": source.relation_name.as_deref().unwrap_or_default(),
            "schema": source.schema,
        }))
    }

    /// With this of its relation.
    fn at(mut self, relation: Json) -> NodeInfo {
        if let (Json::Object(known), Json::Object(new)) = (&mut self.node["node_relation"], relation) {
            known.extend(new);
        }
        self
    }

    /// For what dbt only passes through: exposures, saved queries.
    pub fn of_other(resource_type: &str, unique_id: &str, name: &str, path: &str) -> NodeInfo {
        NodeInfo::new(json!({
            "materialized": "",
            "meta": {},
            "node_checksum": "",
            "node_name": name,
            "node_path": path,
            "node_relation": {"alias": "", "database": "", "relation_name": "", "schema": ""},
            "resource_type": resource_type,
            "unique_id": unique_id,
        }))
    }

    fn new(node: Json) -> NodeInfo {
        NodeInfo { node, status: "None".to_owned(), ..NodeInfo::default() }
    }

    /// The node begins now.
    pub fn start(&mut self) {
        self.started_at = Some(Utc::now());
        self.status = "started".to_owned();
    }

    /// What it does now: `compiling`, `executing`.
    pub fn set_status(&mut self, status: &str) {
        self.status = status.to_owned();
    }

    /// The node ends now.
    pub fn finish(&mut self, status: &str) {
        self.finished_at = Some(Utc::now());
        self.status = status.to_owned();
    }

    /// As events carry it.
    pub fn to_json(&self) -> Json {
        let mut json = self.node.clone();
        if let Json::Object(map) = &mut json {
            map.insert("node_status".to_owned(), Json::from(self.status.clone()));
            map.insert("node_started_at".to_owned(), Json::from(iso(self.started_at)));
            map.insert("node_finished_at".to_owned(), Json::from(iso(self.finished_at)));
        }
        json
    }
}

/// Python's `isoformat()` of a naive UTC time; an empty text for none.
fn iso(at: Option<DateTime<Utc>>) -> String {
    at.map(|at| at.format("%Y-%m-%dT%H:%M:%S%.6f").to_string()).unwrap_or_default()
}
