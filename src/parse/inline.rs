//! The node that `--inline` of `compile` and `show` stands for: a query that is parsed like a model and belongs to no
//! file. Mirrors dbt's `SqlBlockParser`.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map as JsonMap, json};

use super::files::contents_checksum;
use super::macros::shared_docs;
use crate::context::{Globals, render_while_parsing};
use crate::error::{Error, Result};
use crate::manifest::lookup::Found;
use crate::manifest::{Config, Contract, DependsOn, Manifest, Node, NodeKind, ResourceType, SharedMap};

/// Name of the node.
pub const INLINE_NAME: &str = "inline_query";

/// The node of an inline query, its references resolved.
///
/// # Errors
/// The query does not parse, or refers to what does not exist.
pub fn inline_node(globals: &Arc<Globals>, manifest: &Manifest, sql: &str, created_at: f64) -> Result<Node> {
    let target = &globals.project.target;
    let package = &globals.project.root.name;
    let mut node = Node {
        resource_type: ResourceType::SqlOperation,
        unique_id: format!("sql_operation.{package}.{INLINE_NAME}"),
        name: INLINE_NAME.to_owned(),
        package_name: package.clone(),
        path: format!("sql/{INLINE_NAME}"),
        original_file_path: "from remote system.sql".to_owned(),
        fqn: vec![package.clone(), "sql".to_owned(), INLINE_NAME.to_owned()],
        alias: INLINE_NAME.to_owned(),
        database: Some(target.database.clone()),
        schema: target.schema.clone(),
        checksum: contents_checksum(sql),
        config: Config(
            JsonMap::from_iter([("enabled".to_owned(), json!(true)), ("materialized".to_owned(), json!("view"))])
                .into(),
        ),
        unrendered_config: SharedMap::default(),
        config_call: SharedMap::default(),
        tags: Vec::new(),
        description: String::new(),
        columns: IndexMap::new(),
        meta: JsonMap::new(),
        group: None,
        docs: shared_docs(),
        patch_path: None,
        created_at,
        relation_name: None,
        raw_code: Arc::from(sql),
        doc_blocks: Vec::new(),
        language: "sql".to_owned(),
        refs: Vec::new(),
        sources: Vec::new(),
        metrics: Vec::new(),
        functions: Vec::new(),
        depends_on: DependsOn::default(),
        contract: Contract::default(),
        kind: NodeKind::SqlOperation,
    };
    let (captured, _) = render_while_parsing(globals, &node, Vec::new(), None)?;
    node.refs = captured.refs;
    node.sources = captured.sources;
    for call in captured.config_calls {
        node.config.0.extend(call);
    }
    resolve(manifest, &mut node)?;
    Ok(node)
}

fn resolve(manifest: &Manifest, node: &mut Node) -> Result<()> {
    let missing = |kind: &str, name: &str| {
        Error::compilation(format!(
            "Sql_Operation '{}' ({}) depends on a {kind} named '{name}' which was not found",
            node.unique_id, node.original_file_path
        ))
    };
    let mut parents = Vec::new();
    for reference in &node.refs {
        let package = reference.package.as_deref();
        match manifest.resolve_ref(&node.package_name, &reference.name, package, reference.version.as_ref()) {
            Found::One(found) => parents.push(found.unique_id.clone()),
            _ => return Err(missing("node", &reference.name)),
        }
    }
    for [source, table] in &node.sources {
        match manifest.resolve_source(&node.package_name, source, table) {
            Found::One(found) => parents.push(found.unique_id.clone()),
            _ => return Err(missing("source", &format!("{source}.{table}"))),
        }
    }
    for parent in parents {
        node.depends_on.add_node(&parent);
    }
    Ok(())
}
