//! Makes the nodes that files and tests become, and configures them: first from the project, then from what their
//! text says, then from their properties. Mirrors dbt's `ConfiguredParser`.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map as JsonMap, Value as Json};

use super::config::{Said, join_call};
use super::cx::Cx;
use super::macros::{shared_docs, shown_docs};
use super::naming::Component;
use super::{static_config, unrendered};
use crate::adapter::relation::{Policy, Relation};
use crate::context::{Captured, generate_name, render_native_while_parsing};
use crate::error::{Error, ErrorKind, Result};
use crate::jinja::plain::{PlainCall, plain_calls};
use crate::manifest::{Contract, DependsOn, FileHash, ModelFields, Node, NodeKind, RefArgs, ResourceType, SharedMap};

/// What is known of a node before its text is rendered.
pub struct Draft {
    /// Type.
    pub resource_type: ResourceType,
    /// Name.
    pub name: String,
    /// Package.
    pub package: String,
    /// Path below the resource folder.
    pub path: String,
    /// Path below the package.
    pub original_file_path: String,
    /// Package, folders, name.
    pub fqn: Vec<String>,
    /// Text.
    pub raw_code: Arc<str>,
    /// `sql` or `python`.
    pub language: &'static str,
    /// Checksum of the file.
    pub checksum: FileHash,
    /// Tags that do not come from configuration.
    pub tags: Vec<String>,
    /// What only its type has.
    pub kind: NodeKind,
    /// A hash that makes the unique id unique, for generic tests.
    pub id_suffix: Option<String>,
}

/// The folders of `path` as an fqn prefix: package, then folders.
pub fn fqn_prefix(package: &str, path: &str) -> Vec<String> {
    let mut parts: Vec<String> = vec![package.to_owned()];
    if let Some((folders, _)) = path.rsplit_once('/') {
        parts.extend(folders.split('/').filter(|folder| !folder.is_empty()).map(str::to_owned));
    }
    parts
}

/// The default fields of a kind of model.
pub fn model_kind() -> NodeKind {
    NodeKind::Model(Box::new(ModelFields { access: "protected".to_owned(), ..ModelFields::default() }))
}

/// A node with the project's configuration and nothing else.
///
/// # Errors
/// A value in `dbt_project.yml` is not allowed for its key.
pub fn draft_node(cx: &Cx, draft: Draft) -> Result<Node> {
    let target = &cx.project().target;
    let empty = JsonMap::new();
    let config = cx.trees.resolve(Said {
        resource_type: draft.resource_type,
        package: &draft.package,
        fqn: &draft.fqn,
        patch: None,
        call: &empty,
    });
    let label = |error: Error| error.in_node(draft.resource_type.as_str(), &draft.name, &draft.original_file_path);
    let mut unique_id = format!("{}.{}.{}", draft.resource_type.as_str(), draft.package, draft.name);
    if let Some(suffix) = &draft.id_suffix {
        unique_id.push('.');
        unique_id.push_str(suffix);
    }
    Ok(Node {
        config: config.map_err(label)?,
        resource_type: draft.resource_type,
        unique_id,
        alias: draft.name.clone(),
        name: draft.name,
        package_name: draft.package,
        path: draft.path,
        original_file_path: draft.original_file_path,
        fqn: draft.fqn,
        database: Some(target.database.clone()),
        schema: target.schema.clone(),
        checksum: draft.checksum,
        unrendered_config: SharedMap::default(),
        config_call: SharedMap::default(),
        tags: draft.tags,
        description: String::new(),
        columns: IndexMap::new(),
        meta: JsonMap::new(),
        group: None,
        docs: shared_docs(),
        patch_path: None,
        created_at: cx.created_at,
        relation_name: None,
        raw_code: draft.raw_code,
        doc_blocks: Vec::new(),
        language: draft.language.to_owned(),
        refs: Vec::new(),
        sources: Vec::new(),
        metrics: Vec::new(),
        functions: Vec::new(),
        depends_on: DependsOn::default(),
        contract: Contract::default(),
        kind: draft.kind,
    })
}

/// Renders the node's text, takes over what it calls, and configures the node.
///
/// # Errors
/// The text cannot be rendered, or a value that it configures is not allowed.
pub fn render_and_configure(cx: &Cx, node: &mut Node) -> Result<()> {
    let plain = plain_calls(&node.raw_code).filter(|calls| is_standard(cx, node, calls));
    let captured = match plain {
        Some(calls) => captured(calls),
        None => cx.renders.captured(&cx.globals, node)?,
    };
    take_calls(node, captured).map_err(|error| in_node(error, node))?;
    configure(cx, node, None, None)
}

/// Whether calls mean what dbt means by them: no macro or package of the name stands before, and a variable's value
/// is no template itself.
fn is_standard(cx: &Cx, node: &Node, calls: &[PlainCall]) -> bool {
    calls.iter().all(|call| {
        cx.globals.is_dbts_own(&node.package_name, call.function())
            && match call {
                PlainCall::Var(variable, _) => {
                    let plain = !cx.globals.is_template_var(&node.package_name, variable);
                    if plain {
                        cx.renders.note_plain_var(variable);
                    }
                    plain
                }
                _ => true,
            }
    })
}

/// What a render of these calls would record.
fn captured(calls: Vec<PlainCall>) -> Captured {
    let mut captured = Captured::default();
    for call in calls {
        match call {
            PlainCall::Config(options) => captured.config_calls.push(options),
            PlainCall::Source(source) => captured.sources.push(source),
            PlainCall::Ref(mut names) => {
                let name = names.pop().unwrap_or_default();
                captured.refs.push(RefArgs { name, package: names.pop(), version: None });
            }
            PlainCall::Var(..) => {}
        }
    }
    captured
}

/// Takes over what a render recorded.
///
/// # Errors
/// Two `config()` calls cannot be merged.
pub fn take_calls(node: &mut Node, captured: Captured) -> Result<()> {
    for call in captured.config_calls {
        join_call(&mut node.config_call, call)?;
    }
    node.refs.extend(captured.refs);
    // dbt's fast reader keeps sources in a set, rendering keeps every call.
    let is_set = captured.sources.len() > 1
        && node.resource_type == ResourceType::Model
        && static_config::is_plain(&node.raw_code);
    for source in captured.sources {
        if !is_set || !node.sources.contains(&source) {
            node.sources.push(source);
        }
    }
    node.metrics.extend(captured.metrics);
    node.functions.extend(captured.functions);
    for unique_id in &captured.macros {
        node.depends_on.add_macro(unique_id);
    }
    Ok(())
}

/// Names the node in an error that names none.
pub fn in_node(error: Error, node: &Node) -> Error {
    error.in_node(node.resource_type.as_str(), &node.name, &node.original_file_path)
}

/// Computes the node's configuration and everything that follows from it: tags, meta, group, access, docs, contract,
/// names in the database, and what its hooks call. `patch` is `config` of its properties, `unrendered_patch` the same
/// before rendering.
///
/// # Errors
/// A value is not allowed for its key, or a macro that names relations fails.
pub fn configure(
    cx: &Cx,
    node: &mut Node,
    patch: Option<&JsonMap<String, Json>>,
    unrendered_patch: Option<&JsonMap<String, Json>>,
) -> Result<()> {
    configure_inner(cx, node, patch, unrendered_patch, false).map_err(|error| in_node(error, node))
}

/// As [`configure`], for a test whose configuration comes from YAML and never passes through a template: what it says
/// keeps its types in `unrendered_config`.
///
/// # Errors
/// As [`configure`], without a word of the node: dbt names none here.
pub fn configure_unrendered(cx: &Cx, node: &mut Node) -> Result<()> {
    configure_inner(cx, node, None, None, true)
}

fn configure_inner(
    cx: &Cx,
    node: &mut Node,
    patch: Option<&JsonMap<String, Json>>,
    unrendered_patch: Option<&JsonMap<String, Json>>,
    keeps_types: bool,
) -> Result<()> {
    let python_patch;
    let mut patch = patch;
    if node.resource_type == ResourceType::Model && node.language == "python" {
        let mut own = patch.cloned().unwrap_or_default();
        own.entry("materialized").or_insert_with(|| Json::from("table"));
        python_patch = own;
        patch = Some(&python_patch);
    }
    let call = std::mem::take(&mut node.config_call);
    let unrendered_call = match keeps_types || node.language == "python" {
        true => (*call).clone(),
        false => static_config::unrendered_call(&node.raw_code, &call, node.resource_type == ResourceType::Model),
    };
    let said =
        Said { resource_type: node.resource_type, package: &node.package_name, fqn: &node.fqn, patch, call: &call };
    let resolved = cx.trees.resolve(said)?;
    let written = unrendered_patch.filter(|_| node.resource_type != ResourceType::Test);
    let merged_patch = unrendered::merged_patch(cx, patch, written);
    let unrendered = cx.trees.resolve_unrendered(Said { patch: merged_patch.as_ref(), call: &unrendered_call, ..said });
    copy_to_node(node, &resolved.0);
    node.unrendered_config = unrendered;
    node.config = cx.trees.overlay(node.resource_type, &node.config, &resolved)?;
    node.config_call = call;
    name_relation(cx, node)?;
    if node.resource_type == ResourceType::Test {
        return Ok(());
    }
    let hooks: Vec<String> =
        ["pre-hook", "post-hook"].iter().flat_map(|key| node.config.hooks(key)).map(|(sql, _)| sql).collect();
    for sql in hooks.iter().filter(|sql| sql.contains('{')) {
        let (_, captured) = render_native_while_parsing(&cx.globals, node, sql, None)?;
        let depends = !captured.refs.is_empty() || !captured.sources.is_empty() || !captured.metrics.is_empty();
        if depends && node.resource_type == ResourceType::Seed {
            return Err(seed_depends(node));
        }
        take_calls(node, Captured { config_calls: Vec::new(), ..captured })?;
    }
    Ok(())
}

/// Seeds are where the graph begins; a hook of a seed that refers to something would give it a parent.
fn seed_depends(node: &Node) -> Error {
    let hooks = [("pre-hook", "pre_hook"), ("post-hook", "post_hook")].into_iter().flat_map(|(key, shown)| {
        node.config.hooks(key).into_iter().map(move |(sql, _)| format!("- {shown}: \"{sql}\""))
    });
    Error::new(
        ErrorKind::Parsing,
        format!(
            "\nSeeds cannot depend on other nodes. dbt detected a seed with a pre- or post-hook\nthat calls 'ref', \
             'source', or 'metric', either directly or indirectly via other macros.\n\nError raised for '{}', which has \
             these hooks defined: \n{}\n",
            node.unique_id,
            hooks.collect::<Vec<_>>().join("\n")
        ),
    )
}

/// Older versions of dbt kept these on the node itself; consumers still read them there.
fn copy_to_node(node: &mut Node, config: &JsonMap<String, Json>) {
    let tags = match config.get("tags") {
        Some(Json::String(tag)) => vec![tag.clone()],
        Some(Json::Array(tags)) => tags.iter().filter_map(|tag| tag.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    };
    for tag in tags {
        if !node.tags.contains(&tag) {
            node.tags.push(tag);
        }
    }
    if let Some(Json::Object(meta)) = config.get("meta")
        && !meta.is_empty()
    {
        node.meta = meta.clone();
    }
    if let Some(group) = config.get("group").and_then(Json::as_str).filter(|group| !group.is_empty()) {
        node.group = Some(group.to_owned());
    }
    if let NodeKind::Model(model) = &mut node.kind
        && let Some(access) = config.get("access").and_then(Json::as_str)
    {
        model.access = access.to_owned();
    }
    if let Some(Json::Object(docs)) = config.get("docs") {
        let mut whole = shown_docs();
        whole.extend(docs.clone());
        if *node.docs != whole {
            node.docs = whole.into();
        }
    }
    if let Some(contract) = config.get("contract")
        && !matches!(node.kind, NodeKind::Seed { .. })
    {
        let flag = |key: &str| contract.get(key).and_then(Json::as_bool);
        node.contract = Contract {
            enforced: flag("enforced").unwrap_or(false),
            alias_types: flag("alias_types").unwrap_or(true),
            checksum: None,
        };
    }
}

/// Calls `generate_database_name`, `generate_schema_name` and `generate_alias_name`, and puts the parts together.
fn name_relation(cx: &Cx, node: &mut Node) -> Result<()> {
    let custom = |node: &Node, key: &str| node.config.str(key).map(str::to_owned);
    let database = custom(node, "database");
    node.database = generated(cx, Component::Database, node, database.as_deref())?;
    let schema = custom(node, "schema");
    node.schema = match generated(cx, Component::Schema, node, schema.as_deref())? {
        Some(schema) => schema,
        None => null_schema(cx, node)?,
    };
    let alias = custom(node, "alias");
    node.alias = generated(cx, Component::Alias, node, alias.as_deref())?.unwrap_or_default();
    if node.resource_type == ResourceType::Snapshot {
        if let Some(database) = custom(node, "target_database").filter(|text| !text.is_empty()) {
            node.database = Some(database);
        }
        if let Some(schema) = custom(node, "target_schema").filter(|text| !text.is_empty()) {
            node.schema = schema;
        }
    }
    node.relation_name = is_relational(cx, node).then(|| relation_name(cx, node));
    Ok(())
}

fn generated(cx: &Cx, component: Component, node: &Node, custom: Option<&str>) -> Result<Option<String>> {
    match cx.naming.built_in(component, node, &cx.project().target, custom) {
        Some(name) => Ok(Some(name)),
        None => generate_name(&cx.globals, component.as_str(), node, custom),
    }
}

fn null_schema(cx: &Cx, node: &Node) -> Result<String> {
    let id = &node.unique_id;
    if cx.flags.valid_schema {
        return Err(Error::parsing(format!(
            "Node '{id}' has a schema set to None as a result of a generate_schema_name call.\nPlease set a valid \
             schema name, or preserve the legacy behavior by setting the behavior flag \
             'require_valid_schema_from_generate_schema_name' to True."
        )));
    }
    cx.warnings.deprecation(
        "GenerateSchemaNameNullValueDeprecation",
        "D044",
        &format!(
            "Node '{id}' has a schema set to None as a result of a generate_schema_name call. Please set a valid schema \
             name."
        ),
    )?;
    Ok(String::new())
}

/// Whether the node is something in the database: not ephemeral, and of tests only those that store failures.
pub fn is_relational(cx: &Cx, node: &Node) -> bool {
    match node.resource_type {
        ResourceType::Model => !node.is_ephemeral(),
        ResourceType::Seed | ResourceType::Snapshot | ResourceType::Function => true,
        ResourceType::Test => node.config.bool("store_failures").unwrap_or(cx.flags.store_failures),
        _ => false,
    }
}

/// `"database"."schema"."alias"`, quoted as the project says.
pub fn relation_name(cx: &Cx, node: &Node) -> String {
    let quoting = cx.project().root.quoting;
    let policy = Policy {
        database: quoting.database.unwrap_or(true),
        schema: quoting.schema.unwrap_or(true),
        identifier: quoting.identifier.unwrap_or(true),
    };
    Relation::new(node.database.as_deref(), Some(&node.schema), Some(&node.alias)).with_quote_policy(policy).render()
}

/// dbt's complaint about an access that is none of the three.
pub fn invalid_access(unique_id: &str, value: &str, materialization: Option<&str>) -> Error {
    let with = materialization.map(|name| format!("with '{name}' materialization ")).unwrap_or_default();
    Error::new(
        ErrorKind::Parsing,
        format!("Node {unique_id} {with}has an invalid value ({value}) for the access field"),
    )
}
