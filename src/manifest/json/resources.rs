//! Sources, exposures, groups, macros, docs blocks and unit tests as JSON.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

use super::node::NodeJson;
use super::{Columns, MacrosOnly, entries, tree};
use crate::manifest::{Disabled, Documentation, Exposure, Group, IdMap, Macro, SourceDefinition, UnitTest};

/// A resource, or several, as `manifest.json` shows them.
pub(super) struct Shown<'a, T>(pub &'a T);

/// Gives a resource its JSON: as a stream, and as a tree for those who look into it.
macro_rules! resource {
    ($type:ty, $what:literal, |$self:ident| { $($key:literal: $value:expr),* $(,)? }) => {
        impl Serialize for Shown<'_, $type> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let $self = self.0;
                let mut map = serializer.serialize_map(None)?;
                entries!(map, $($key: $value),*);
                map.end()
            }
        }

        impl $type {
            #[doc = concat!($what, " as `manifest.json` shows it.")]
            pub fn to_json(&self) -> Json {
                tree(Shown(self))
            }
        }
    };
}

resource!(SourceDefinition, "The source", |source| {
    "database": source.database,
    "schema": source.schema,
    "name": source.name,
    "resource_type": "source",
    "package_name": source.package_name,
    "path": source.path,
    "original_file_path": source.original_file_path,
    "unique_id": source.unique_id,
    "fqn": source.fqn,
    "source_name": source.source_name,
    "source_description": source.source_description,
    "loader": source.loader,
    "identifier": source.identifier,
    "quoting": source.quoting,
    "loaded_at_field": source.loaded_at_field,
    "loaded_at_query": source.loaded_at_query,
    "freshness": source.freshness,
    "external": source.external,
    "description": source.description,
    "columns": Columns { columns: &source.columns, compiled: None },
    "meta": source.meta,
    "source_meta": source.source_meta,
    "tags": source.tags,
    "config": source.config.0,
    "patch_path": source.patch_path,
    "unrendered_config": source.unrendered_config,
    "relation_name": source.relation_name,
    "created_at": source.created_at,
    "unrendered_database": source.unrendered_database,
    "unrendered_schema": source.unrendered_schema,
    "doc_blocks": source.doc_blocks,
});

resource!(Exposure, "The exposure", |exposure| {
    "name": exposure.name,
    "resource_type": "exposure",
    "package_name": exposure.package_name,
    "path": exposure.path,
    "original_file_path": exposure.original_file_path,
    "unique_id": exposure.unique_id,
    "fqn": exposure.fqn,
    "type": exposure.exposure_type,
    "owner": exposure.owner,
    "description": exposure.description,
    "label": exposure.label,
    "maturity": exposure.maturity,
    "meta": exposure.meta,
    "tags": exposure.tags,
    "config": exposure.config.0,
    "unrendered_config": exposure.unrendered_config,
    "url": exposure.url,
    "depends_on": exposure.depends_on,
    "refs": exposure.refs,
    "sources": exposure.sources,
    "metrics": exposure.metrics,
    "created_at": exposure.created_at,
});

resource!(Group, "The group", |group| {
    "name": group.name,
    "resource_type": "group",
    "package_name": group.package_name,
    "path": group.path,
    "original_file_path": group.original_file_path,
    "unique_id": group.unique_id,
    "owner": group.owner,
    "description": group.description,
    "config": group.config.0,
});

resource!(Macro, "The macro", |found| {
    "name": found.name,
    "resource_type": "macro",
    "package_name": found.package_name,
    "path": found.path,
    "original_file_path": found.original_file_path,
    "unique_id": found.unique_id,
    "macro_sql": found.definition.source,
    "depends_on": MacrosOnly(&found.depends_on),
    "description": found.description,
    "meta": found.meta,
    "docs": found.docs,
    "config": found.config,
    "patch_path": found.patch_path,
    "arguments": found.arguments,
    "created_at": found.created_at,
    "supported_languages": found.supported_languages,
});

resource!(Documentation, "The docs block", |doc| {
    "name": doc.name,
    "resource_type": "doc",
    "package_name": doc.package_name,
    "path": doc.path,
    "original_file_path": doc.original_file_path,
    "unique_id": doc.unique_id,
    "block_contents": doc.block_contents,
});

resource!(UnitTest, "The unit test", |test| {
    "model": test.model,
    "given": test.given,
    "expect": test.expect,
    "name": test.name,
    "resource_type": "unit_test",
    "package_name": test.package_name,
    "path": test.path,
    "original_file_path": test.original_file_path,
    "unique_id": test.unique_id,
    "fqn": test.fqn,
    "description": test.description,
    "overrides": test.overrides,
    "depends_on": test.depends_on,
    "config": test.config.0,
    "checksum": test.checksum,
    "schema": test.schema,
    "created_at": test.created_at,
    "versions": test.versions,
    "version": test.version,
});

/// A disabled resource has the shape of its type.
impl Serialize for Shown<'_, Disabled> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Disabled::Node(node) => NodeJson { node, compiled: None }.serialize(serializer),
            Disabled::Source(source) => Shown(&**source).serialize(serializer),
            Disabled::Exposure(exposure) => Shown(&**exposure).serialize(serializer),
            Disabled::UnitTest(test) => Shown(&**test).serialize(serializer),
            Disabled::Other(json) => json.serialize(serializer),
        }
    }
}

impl<T> Serialize for Shown<'_, Vec<T>>
where
    for<'a> Shown<'a, T>: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Shown))
    }
}

impl<T> Serialize for Shown<'_, IdMap<T>>
where
    for<'a> Shown<'a, T>: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(id, resource)| (id, Shown(resource))))
    }
}
