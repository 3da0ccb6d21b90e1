//! Nodes as JSON: as the artifact shows them, and as Jinja's `model` does.

use std::borrow::Cow;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map as JsonMap, Value as Json};

use super::{Columns, Constraints, MacrosOnly, drop_nulls, entries, tree};
use crate::manifest::{Compiled, DependsOn, ModelFields, Node, NodeKind};

impl Node {
    /// The node as `manifest.json` shows it.
    pub fn to_json(&self, compiled: Option<&Compiled>) -> Json {
        tree(NodeJson { node: self, compiled })
    }

    /// The node as Jinja's `model` shows it: without the keys that are null, as dbt's `to_dict(omit_none=True)`.
    pub fn to_context_json(&self, compiled: Option<&Compiled>) -> Json {
        let mut fields = self.fields(compiled);
        drop_nulls(&mut fields);
        for key in ["config", "docs", "contract", "test_metadata"] {
            if let Some(Json::Object(inner)) = fields.get_mut(key) {
                drop_nulls(inner);
            }
        }
        if let Some(Json::Object(config)) = fields.get_mut("config") {
            drop_nulls_in_config(config);
        }
        for column in fields.get_mut("columns").and_then(Json::as_object_mut).into_iter().flat_map(JsonMap::values_mut)
        {
            if let Json::Object(column) = column {
                drop_nulls(column);
                drop_nulls_in_list(column.get_mut("constraints"));
            }
        }
        drop_nulls_in_list(fields.get_mut("constraints"));
        drop_nulls_in_list(fields.get_mut("refs"));
        Json::Object(fields)
    }

    fn fields(&self, compiled: Option<&Compiled>) -> JsonMap<String, Json> {
        match self.to_json(compiled) {
            Json::Object(fields) => fields,
            _ => JsonMap::new(),
        }
    }
}

/// A node as `manifest.json` shows it, with what compiling added.
pub(super) struct NodeJson<'a> {
    pub node: &'a Node,
    pub compiled: Option<&'a Compiled>,
}

impl Serialize for NodeJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let NodeJson { node, compiled } = *self;
        let mut map = serializer.serialize_map(None)?;
        self.common(&mut map)?;
        if let NodeKind::Seed { root_path } = &node.kind {
            entries!(map, "root_path": root_path, "depends_on": MacrosOnly(&node.depends_on.macros));
            return map.end();
        }
        entries!(map,
            "language": node.language,
            "refs": node.refs,
            "sources": node.sources,
            "metrics": node.metrics,
            "functions": node.functions,
            "depends_on": self.depends_on(),
            "compiled_path": compiled.and_then(|compiled| compiled.path.as_ref()),
        );
        if let Some((compiled, code)) = compiled.and_then(|compiled| Some((compiled, compiled.code.as_ref()?))) {
            entries!(map,
                "compiled": true,
                "compiled_code": code,
                "extra_ctes_injected": compiled.extra_ctes_injected,
                "extra_ctes": compiled.extra_ctes,
            );
        }
        entries!(map, "contract": node.contract);
        self.particular(&mut map)?;
        map.end()
    }
}

/// The overloads of a function with their compiled bodies.
fn with_bodies(overloads: &Json, compiled: &Compiled) -> Json {
    let mut overloads = overloads.clone();
    for (overload, body) in overloads.as_array_mut().into_iter().flatten().zip(&compiled.overloads) {
        overload["compiled_body"] = Json::from(&**body);
    }
    overloads
}

impl NodeJson<'_> {
    /// What the node depends on; compiling it may have called macros that parsing did not.
    fn depends_on(&self) -> Cow<'_, DependsOn> {
        let known = &self.node.depends_on;
        let called = self.compiled.map_or(&[][..], |compiled| &compiled.macros);
        if called.iter().all(|unique_id| known.macros.iter().any(|macro_id| **macro_id == **unique_id)) {
            return Cow::Borrowed(known);
        }
        let mut depends_on = known.clone();
        for unique_id in called {
            depends_on.add_macro(unique_id);
        }
        Cow::Owned(depends_on)
    }

    fn common<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let NodeJson { node, compiled } = *self;
        let relation_name =
            compiled.and_then(|compiled| compiled.relation_name.as_ref()).or(node.relation_name.as_ref());
        entries!(map,
            "database": node.database,
            "schema": node.schema,
            "name": node.name,
            "resource_type": node.resource_type.as_str(),
            "package_name": node.package_name,
            "path": node.path,
            "original_file_path": node.original_file_path,
            "unique_id": node.unique_id,
            "fqn": node.fqn,
            "alias": node.alias,
            "checksum": node.checksum,
            "config": node.config.0,
            "tags": node.tags,
            "description": node.description,
            "columns": Columns { columns: &node.columns, compiled },
            "meta": node.meta,
            "group": node.group,
            "docs": node.docs,
            "patch_path": node.patch_path,
            "build_path": compiled.and_then(|compiled| compiled.build_path.as_ref()),
            "unrendered_config": node.unrendered_config,
            "created_at": node.created_at,
            "relation_name": relation_name,
            "raw_code": node.raw_code,
            "doc_blocks": node.doc_blocks,
        );
        Ok(())
    }

    /// What only one type of node has.
    fn particular<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        match &self.node.kind {
            NodeKind::Model(model) => self.model(map, model)?,
            NodeKind::GenericTest(test) => entries!(map,
                "column_name": test.column_name,
                "file_key_name": test.file_key_name,
                "attached_node": test.attached_node,
                "test_metadata": test.metadata,
            ),
            NodeKind::Operation { index } => {
                let ran = self.compiled.and_then(|compiled| compiled.hook_index);
                entries!(map, "index": ran.unwrap_or(*index));
            }
            NodeKind::Function(own) => {
                for (key, value) in own {
                    match (key.as_str(), self.compiled) {
                        ("overloads", Some(compiled)) => map.serialize_entry(key, &with_bodies(value, compiled))?,
                        _ => map.serialize_entry(key, value)?,
                    }
                }
            }
            NodeKind::UnitTest(test) => entries!(map,
                "tested_node_unique_id": test.tested_node,
                "this_input_node_unique_id": test.this_input,
                "overrides": test.overrides,
            ),
            NodeKind::SourceFixture { source_name } => {
                self.model(map, &ModelFields::default())?;
                entries!(map, "source_name": source_name);
            }
            NodeKind::Seed { .. }
            | NodeKind::Snapshot
            | NodeKind::SingularTest
            | NodeKind::Analysis
            | NodeKind::SqlOperation => {}
        }
        Ok(())
    }

    fn model<M: SerializeMap>(&self, map: &mut M, model: &ModelFields) -> Result<(), M::Error> {
        entries!(map,
            "access": model.access,
            "constraints": Constraints { constraints: &model.constraints, compiled: self.compiled },
            "version": model.version,
            "latest_version": model.latest_version,
            "deprecation_date": model.deprecation_date,
            "primary_key": model.primary_key,
            "time_spine": model.time_spine,
        );
        Ok(())
    }
}

fn drop_nulls_in_list(list: Option<&mut Json>) {
    for item in list.and_then(Json::as_array_mut).into_iter().flatten() {
        if let Json::Object(fields) = item {
            drop_nulls(fields);
        }
    }
}

/// Mappings in a configuration that dbt holds as objects of its own drop their nulls, the user's mappings do not.
fn drop_nulls_in_config(config: &mut JsonMap<String, Json>) {
    for key in ["docs", "contract", "snapshot_meta_column_names", "latest_version_pointer"] {
        if let Some(Json::Object(inner)) = config.get_mut(key) {
            drop_nulls(inner);
        }
    }
    for key in ["pre-hook", "post-hook"] {
        drop_nulls_in_list(config.get_mut(key));
    }
}
