//! Two resources may not have one name: dbt's errors about it, and the manifest's additions that check for it.

use crate::error::{Error, Result};
use crate::manifest::{Disabled, Documentation, Exposure, Manifest, Node, NodeKind, ResourceType};

/// What the error needs to know of a resource.
pub struct Named<'a> {
    resource_type: ResourceType,
    name: String,
    unique_id: &'a str,
    path: &'a str,
    test: Option<(Option<&'a str>, &'a str)>,
}

impl<'a> From<&'a Node> for Named<'a> {
    fn from(node: &'a Node) -> Self {
        let test = match &node.kind {
            NodeKind::GenericTest(test) => {
                Some((test.column_name.as_deref(), test.file_key_name.as_deref().unwrap_or_default()))
            }
            _ => None,
        };
        Named {
            resource_type: node.resource_type,
            name: node.name.clone(),
            unique_id: &node.unique_id,
            path: &node.original_file_path,
            test,
        }
    }
}

impl<'a> From<&'a Documentation> for Named<'a> {
    fn from(doc: &'a Documentation) -> Self {
        Named::new(ResourceType::Doc, &doc.name, &doc.unique_id, &doc.original_file_path)
    }
}

impl<'a> From<&'a Exposure> for Named<'a> {
    fn from(exposure: &'a Exposure) -> Self {
        Named::new(ResourceType::Exposure, &exposure.name, &exposure.unique_id, &exposure.original_file_path)
    }
}

impl<'a> Named<'a> {
    /// A resource that is no generic test.
    pub fn new(resource_type: ResourceType, name: &str, unique_id: &'a str, path: &'a str) -> Self {
        Named { resource_type, name: name.to_owned(), unique_id, path, test: None }
    }
}

/// dbt's error about two resources of one name.
pub fn duplicate<'a>(first: impl Into<Named<'a>>, second: impl Into<Named<'a>>) -> Error {
    let (first, second): (Named<'a>, Named<'a>) = (first.into(), second.into());
    let plural = if first.resource_type == second.resource_type {
        first.resource_type.pluralize()
    } else {
        "resources".to_owned()
    };
    let mut name = first.name.clone();
    let mut action = "looking for";
    let wanted = match (first.resource_type, first.test) {
        (ResourceType::Model | ResourceType::Seed | ResourceType::Snapshot, _) => format!("ref(\"{name}\")"),
        (ResourceType::Source, _) => match name.split_once('.') {
            Some((source, table)) => format!("source(\"{source}\", \"{table}\")"),
            None => name.clone(),
        },
        (ResourceType::Doc, _) => format!("doc(\"{name}\")"),
        (_, Some((column, declared_on))) => {
            let column = column.map(|column| format!("column \"{column}\" in ")).unwrap_or_default();
            name = format!("{}\" defined on {column}\"{declared_on}", first.name);
            action = "running";
            "tests".to_owned()
        }
        _ => name.clone(),
    };
    if first.resource_type == ResourceType::Source {
        name = name.replacen('.', "_", 1);
    }
    Error::compilation(format!(
        "dbt found two {plural} with the name \"{name}\".\n\nSince these resources have the same name, dbt will be unable \
         to find the correct resource\nwhen {action} {wanted}.\n\nTo fix this, change the name of one of these \
         resources:\n- {} ({})\n- {} ({})",
        first.unique_id, first.path, second.unique_id, second.path
    ))
}

/// Adds a node where it belongs: among the enabled ones or the disabled ones.
///
/// # Errors
/// An enabled node has its unique id.
pub fn add_node(manifest: &mut Manifest, node: Box<Node>) -> Result<()> {
    if !node.config.enabled() {
        add_disabled(manifest, Disabled::Node(node));
        return Ok(());
    }
    let nodes =
        if node.resource_type == ResourceType::Function { &mut manifest.functions } else { &mut manifest.nodes };
    if let Some(known) = nodes.get(&node.unique_id) {
        return Err(duplicate(&*node, &**known));
    }
    nodes.insert(node.unique_id.clone(), node);
    Ok(())
}

/// Adds a disabled resource; several may share one unique id.
pub fn add_disabled(manifest: &mut Manifest, disabled: Disabled) {
    let unique_id = match &disabled {
        Disabled::Node(node) => node.unique_id.clone(),
        Disabled::Source(source) => source.unique_id.clone(),
        Disabled::Exposure(exposure) => exposure.unique_id.clone(),
        Disabled::UnitTest(test) => test.unique_id.clone(),
        Disabled::Other(json) => json.get("unique_id").and_then(|id| id.as_str()).unwrap_or_default().to_owned(),
    };
    manifest.disabled.entry(unique_id).or_default().push(disabled);
}
