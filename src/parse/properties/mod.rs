//! Properties: what schema YAML files say of resources, and the resources that exist only there. Files are read in
//! parallel; their entries change the manifest one after the other, in dbt's order, because later entries depend on
//! earlier ones. Generic tests are collected and made afterwards.

mod ahead;
mod columns;
pub use columns::column_tags;
pub mod constraints;
pub mod entries;
mod exposures;
mod freshness;
mod functions;
mod groups;
mod macros;
mod models;
mod patch;
pub mod scope;
mod semantic;
mod semantic_shape;
mod shape;
mod singular_tests;
mod snapshots;
pub mod sources;
mod unit_tests;
mod versions;
pub mod yaml_file;

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::Result;
use crate::manifest::{Manifest, Node, ResourceType, UniqueId};
use crate::parse::cx::Cx;
use crate::parse::fixtures::Fixtures;
use crate::parse::lookups::NodeLookup;
use crate::parse::tests::{TestSpec, TestTarget};
use ahead::Models;
use entries::Entry;
use scope::YamlScope;
use yaml_file::SchemaFile;

/// Walks through schema files and changes the manifest.
pub struct Loader<'a> {
    cx: &'a Cx,
    manifest: &'a mut Manifest,
    fixtures: &'a Fixtures,
    /// Models, seeds and snapshots by name.
    refs: NodeLookup,
    /// Analyses by name.
    analyses: NodeLookup,
    /// Singular tests by name.
    singular: NodeLookup,
    /// Tests to make once all properties are known.
    tests: Vec<TestSpec>,
    /// What was added to the nodes, in order.
    added: Vec<Added>,
    /// Source tables, waiting for overrides from other packages.
    tables: Vec<sources::UnparsedTable>,
    /// `overrides:` entries by (package, source).
    overrides: HashMap<(String, String), sources::Override>,
    /// Files of functions that are overloads, with the ids of the functions that they belong to.
    overloads: HashMap<String, UniqueId>,
}

/// Something that properties add to the nodes. The order counts: it is that of the manifest.
pub enum Added {
    /// A node that is there already and belongs at the end: a YAML snapshot, a version of a model.
    Node(UniqueId),
    /// The next tests, this many.
    Tests(usize),
}

/// What reading properties leaves to be done.
pub struct Collected {
    /// What was added to the nodes, in order.
    pub added: Vec<Added>,
    /// Generic tests of nodes.
    pub tests: Vec<TestSpec>,
    /// Source tables.
    pub tables: Vec<sources::UnparsedTable>,
    /// Overrides of sources.
    pub overrides: HashMap<(String, String), sources::Override>,
}

/// A file with what its entries are rendered with.
struct File<'f> {
    schema: &'f SchemaFile<'f>,
    scope: Arc<YamlScope>,
    path: String,
    package: String,
}

impl<'f> File<'f> {
    fn new(cx: &Cx, schema: &'f SchemaFile<'f>) -> Self {
        let package = schema.file.package.to_string();
        let scope = YamlScope::new(&cx.globals, &package);
        File { schema, scope, path: schema.file.original_file_path(), package }
    }

    fn entries(&self, key: &str) -> Result<Vec<Entry>> {
        entries::entries(self.schema, key, &self.scope)
    }

    fn relative_path(&self) -> &str {
        &self.schema.file.relative_path
    }

    fn id(&self) -> String {
        self.schema.file.file_id()
    }
}

impl<'a> Loader<'a> {
    /// A loader for a manifest that holds everything that has a text.
    pub fn new(cx: &'a Cx, manifest: &'a mut Manifest, fixtures: &'a Fixtures) -> Self {
        let refs = NodeLookup::of(manifest, |node| node.resource_type.is_refable());
        let analyses = NodeLookup::of(manifest, |node| node.resource_type == ResourceType::Analysis);
        let singular = NodeLookup::of(manifest, |node| matches!(node.kind, crate::manifest::NodeKind::SingularTest));
        Loader {
            cx,
            manifest,
            fixtures,
            refs,
            analyses,
            singular,
            tests: Vec::new(),
            added: Vec::new(),
            tables: Vec::new(),
            overrides: HashMap::new(),
            overloads: HashMap::new(),
        }
    }

    /// Takes over the properties of one file, whose models may have been read ahead.
    fn load(&mut self, file: &File<'_>, models: Option<Models>) -> Result<()> {
        self.load_file(file, models).map_err(|error| match error.to_string().contains(&file.path) {
            true => error,
            false => error.hint(format!("See {}.", file.path)),
        })
    }

    fn load_file(&mut self, file: &File<'_>, models: Option<Models>) -> Result<()> {
        self.load_models(file, models)?;
        self.load_described(file, "seeds")?;
        self.load_yaml_snapshots(file)?;
        self.load_described(file, "snapshots")?;
        self.load_sources(file)?;
        self.load_macros(file)?;
        self.load_singular_tests(file)?;
        self.load_described(file, "analyses")?;
        self.load_exposures(file)?;
        self.load_described(file, "functions")?;
        self.load_carried(file, ResourceType::Metric)?;
        self.load_groups(file)?;
        self.load_carried(file, ResourceType::SemanticModel)?;
        self.load_unit_tests(file)?;
        self.load_carried(file, ResourceType::SavedQuery)
    }

    /// What is left to be done.
    pub fn finish(self) -> Collected {
        Collected { added: self.added, tests: self.tests, tables: self.tables, overrides: self.overrides }
    }

    fn node_mut(&mut self, unique_id: &UniqueId) -> Option<&mut Node> {
        let Manifest { nodes, functions, .. } = &mut *self.manifest;
        nodes.get_mut(unique_id).or_else(|| functions.get_mut(unique_id)).map(|node| &mut **node)
    }

    /// Lets entries that follow find a node that was added, unless it is disabled.
    fn learn(&mut self, unique_id: &str) {
        if let Some(node) = self.manifest.nodes.get(unique_id) {
            self.refs.learn(node);
        }
    }

    /// Collects the tests of an entry and of its columns.
    fn collect_tests(
        &mut self,
        target: TestTarget,
        columns: &[serde_json::Value],
        tests: Option<&serde_json::Value>,
        scope: &Arc<YamlScope>,
    ) -> Result<()> {
        let specs = crate::parse::tests::specs(self.cx, scope, &Arc::new(target), columns, tests)?;
        self.keep_tests(specs);
        Ok(())
    }

    fn keep_tests(&mut self, specs: Vec<TestSpec>) {
        self.added.push(Added::Tests(specs.len()));
        self.tests.extend(specs);
    }
}
