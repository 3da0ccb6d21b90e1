//! Who plays what in a unit test: the model under test as a node of its own, and an ephemeral model for each input,
//! which carries the input's rows under the name of what it stands for.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map as JsonMap, Value as Json, json};

use crate::error::{Error, Result};
use crate::manifest::lookup::Found;
use crate::manifest::node::version_text;
use crate::manifest::{
    Config, Contract, DependsOn, FileHash, Manifest, ModelFields, Node, NodeKind, ResourceType, SharedMap,
    SourceDefinition, UniqueId, UnitTest, UnitTestFields,
};
use crate::parse::config::fields::fields;
use crate::parse::python;
use crate::parse::static_refs::{Reference, parse_reference};

/// The model under test and the manifest in which it compiles.
#[derive(Debug)]
pub(super) struct Cast {
    pub node: Node,
    pub manifest: Manifest,
    /// Unique ids of fixtures and of the nodes that they stand for.
    pub originals: Vec<(UniqueId, UniqueId)>,
}

/// What an input stands for.
enum Original<'a> {
    Node(&'a Node),
    Source(&'a SourceDefinition),
}

impl Cast {
    /// Casts `test` from the nodes of `manifest`.
    ///
    /// # Errors
    /// An input is no reference, or refers to what does not exist.
    pub fn of(manifest: &Manifest, test: &UnitTest) -> Result<Cast> {
        let tested = test.depends_on.nodes.first().and_then(|id| manifest.node(id)).ok_or_else(|| {
            Error::internal(format!("The unit test `{}` is not linked to its model.", test.unique_id))
        })?;
        let own = Manifest { project_name: manifest.project_name.clone(), ..Manifest::default() };
        let mut cast = Cast { node: under_test(test, tested), manifest: own, originals: Vec::new() };
        for given in &test.given {
            let input = given.get("input").and_then(Json::as_str).unwrap_or_default();
            let original = original(manifest, test, tested, input)?;
            let fixture = fixture(test, given, &original);
            let stands_for_itself = matches!(original, Original::Node(node) if node.unique_id == tested.unique_id);
            if stands_for_itself && let NodeKind::UnitTest(fields) = &mut cast.node.kind {
                fields.this_input = Some(fixture.unique_id.clone());
            }
            cast.node.depends_on.add_node(&fixture.unique_id);
            match original {
                Original::Node(node) => cast.originals.push((fixture.unique_id.clone(), node.unique_id.clone())),
                Original::Source(source) => {
                    let source = SourceDefinition { unique_id: fixture.unique_id.clone(), ..source.clone() };
                    cast.manifest.sources.insert(source.unique_id.clone(), source);
                }
            }
            cast.manifest.nodes.insert(fixture.unique_id.clone(), Box::new(fixture));
        }
        for (id, function) in &manifest.functions {
            if tested.depends_on.nodes.contains(id) {
                cast.node.depends_on.add_node(id);
                cast.manifest.functions.insert(id.clone(), function.clone());
            }
        }
        cast.manifest.index();
        Ok(cast)
    }
}

/// The tested model's text as a node of the test.
fn under_test(test: &UnitTest, tested: &Node) -> Node {
    let version = tested.model().and_then(|model| model.version.as_ref());
    let name = match version {
        Some(version) => format!("{}_v{}", test.name, version_text(version)),
        None => test.name.clone(),
    };
    let expects_sql = test.expect.get("format").and_then(Json::as_str) == Some("sql");
    let rows = test.expect.get("rows").cloned().unwrap_or(Json::Null);
    let (expected_rows, expected_sql) = if expects_sql { (json!([]), rows) } else { (rows, Json::Null) };
    let mut config = defaults(ResourceType::Analysis, "unit");
    config.0.insert("expected_rows".to_owned(), expected_rows);
    config.0.insert("expected_sql".to_owned(), expected_sql);
    let folder = test.original_file_path.rsplit_once('/').map_or("", |(folder, _)| folder);
    Node {
        resource_type: ResourceType::UnitTest,
        unique_id: test.unique_id.clone(),
        package_name: test.package_name.clone(),
        path: if folder.is_empty() { format!("{name}.sql") } else { format!("{folder}/{name}.sql") },
        fqn: test.unique_id.split('.').map(str::to_owned).collect(),
        alias: name.clone(),
        database: tested.database.clone(),
        schema: tested.schema.clone(),
        config,
        raw_code: tested.raw_code.clone(),
        kind: NodeKind::UnitTest(Box::new(UnitTestFields {
            tested_node: tested.unique_id.clone(),
            this_input: None,
            overrides: test.overrides.clone().unwrap_or_default(),
        })),
        ..blank(&name, test)
    }
}

/// The configuration that holds where nothing is said, but for the materialization.
fn defaults(resource_type: ResourceType, materialized: &str) -> Config {
    let mut config: JsonMap<String, Json> =
        fields(resource_type).iter().map(|field| (field.name.to_owned(), field.default_value())).collect();
    config.insert("materialized".to_owned(), Json::from(materialized));
    config.insert("contract".to_owned(), json!({"enforced": false, "alias_types": true}));
    Config(config.into())
}

/// A node of the test's file that says nothing.
fn blank(name: &str, test: &UnitTest) -> Node {
    Node {
        resource_type: ResourceType::Model,
        unique_id: String::new(),
        name: name.to_owned(),
        package_name: String::new(),
        path: String::new(),
        original_file_path: test.original_file_path.clone(),
        fqn: Vec::new(),
        alias: String::new(),
        database: None,
        schema: String::new(),
        checksum: FileHash { name: "none".to_owned(), checksum: String::new() },
        config: Config::default(),
        unrendered_config: SharedMap::default(),
        config_call: SharedMap::default(),
        tags: Vec::new(),
        description: String::new(),
        columns: IndexMap::new(),
        meta: JsonMap::new(),
        group: None,
        docs: JsonMap::from_iter([("show".to_owned(), json!(true)), ("node_color".to_owned(), Json::Null)]).into(),
        patch_path: None,
        created_at: test.created_at,
        relation_name: None,
        raw_code: Arc::from(""),
        doc_blocks: Vec::new(),
        language: "sql".to_owned(),
        refs: Vec::new(),
        sources: Vec::new(),
        metrics: Vec::new(),
        functions: Vec::new(),
        depends_on: DependsOn::default(),
        contract: Contract::default(),
        kind: NodeKind::Model(Box::default()),
    }
}

/// What an input (`ref(..)`, `source(..)` or `this`) stands for.
fn original<'a>(manifest: &'a Manifest, test: &UnitTest, tested: &'a Node, input: &str) -> Result<Original<'a>> {
    if input.trim() == "this" {
        return Ok(Original::Node(tested));
    }
    let package = &test.package_name;
    let found = match parse_reference(input) {
        Some(Reference::Ref(to)) => {
            match manifest.resolve_ref(package, &to.name, to.package.as_deref(), to.version.as_ref()) {
                Found::One(node) => Some(Original::Node(node)),
                _ => None,
            }
        }
        Some(Reference::Source(source, table)) => match manifest.resolve_source(package, &source, &table) {
            Found::One(source) => Some(Original::Source(source)),
            _ => None,
        },
        Some(Reference::Metric(_)) | None => {
            return Err(Error::parsing(format!(
                "Unit test given inputs must be either a 'ref', 'source' or 'this' call. Got: '{input}'."
            )));
        }
    };
    found.ok_or_else(|| {
        Error::parsing(format!("Unit test '{}' had an input ({input}) which was not found in the manifest.", test.name))
    })
}

/// The ephemeral model that holds an input's rows.
fn fixture(test: &UnitTest, given: &JsonMap<String, Json>, original: &Original<'_>) -> Node {
    let raw_code = Arc::from(fixture_code(given));
    let config = defaults(ResourceType::Model, "ephemeral");
    match original {
        Original::Node(node) => Node {
            unique_id: format!("model.{}.{}", node.package_name, node.name),
            package_name: node.package_name.clone(),
            path: format!("{}.sql", node.name),
            fqn: node.fqn.clone(),
            alias: node.alias.clone(),
            database: node.database.clone(),
            schema: node.schema.clone(),
            config,
            raw_code,
            kind: NodeKind::Model(Box::new(ModelFields {
                access: "protected".to_owned(),
                version: node.model().and_then(|model| model.version.clone()),
                latest_version: node.model().and_then(|model| model.latest_version.clone()),
                ..ModelFields::default()
            })),
            ..blank(&node.name, test)
        },
        Original::Source(source) => Node {
            unique_id: format!("model.{}.{}__{}", source.package_name, source.source_name, source.name),
            package_name: source.package_name.clone(),
            path: format!("{}.sql", source.name),
            fqn: source.fqn.clone(),
            alias: source.identifier.clone(),
            database: source.database.clone(),
            schema: source.schema.clone(),
            config,
            raw_code,
            kind: NodeKind::SourceFixture { source_name: source.source_name.clone() },
            ..blank(&source.name, test)
        },
    }
}

/// SQL is taken as it is; rows are printed as Python prints them into a call of the macro that writes them as SQL.
fn fixture_code(given: &JsonMap<String, Json>) -> String {
    let rows = given.get("rows").unwrap_or(&Json::Null);
    match (given.get("format").and_then(Json::as_str), rows) {
        (Some("sql"), Json::String(sql)) => sql.clone(),
        _ => format!("{{{{ get_fixture_sql({}, None) }}}}", python::repr(rows)),
    }
}
