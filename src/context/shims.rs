//! Stand-ins until the manifest has its JSON.
use crate::manifest::*;
use serde_json::Value as Json;
pub trait NodeJson {
    fn to_json(&self, _compiled: Option<&Compiled>) -> Json { Json::Null }
    fn to_context_json(&self, _compiled: Option<&Compiled>) -> Json { Json::Null }
}
impl NodeJson for Node {}
pub trait ResourceJson {
    fn to_json(&self) -> Json { Json::Null }
}
impl ResourceJson for SourceDefinition {}
impl ResourceJson for Exposure {}
impl ResourceJson for Group {}
