//! `run_results.json`, version 6.

use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::{Map as JsonMap, Value as Json};

use crate::invocation::Invocation;
use crate::manifest::{CompiledNodes, ResourceType};
use crate::run::{NodeResult, Resource, RunResults, Timing, batches_json, overloads_json};

/// The artifact. Its results are made one by one while they are written: a large project has tens of thousands.
#[derive(Serialize)]
pub struct Artifact<'a> {
    metadata: Json,
    results: Results<'a>,
    elapsed_time: f64,
    args: &'a JsonMap<String, Json>,
}

impl<'a> Artifact<'a> {
    /// What a command leaves about its `results`; `compiled` has the SQL that they ran.
    pub fn new(invocation: &'a Invocation, compiled: &'a CompiledNodes, results: &'a RunResults) -> Artifact<'a> {
        Artifact {
            metadata: super::metadata(invocation, "run-results/v6"),
            results: Results { results: &results.results, compiled },
            elapsed_time: results.elapsed,
            args: &invocation.flags.args_for_artifacts,
        }
    }
}

struct Results<'a> {
    results: &'a [Arc<NodeResult>],
    compiled: &'a CompiledNodes,
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.results.iter().map(|result| Written { result, compiled: self.compiled }))
    }
}

/// One result, on its way into the file.
struct Written<'a> {
    result: &'a NodeResult,
    compiled: &'a CompiledNodes,
}

#[derive(Serialize)]
struct ResultJson<'a> {
    status: &'a str,
    timing: Vec<Json>,
    thread_id: &'a str,
    execution_time: Json,
    adapter_response: &'a JsonMap<String, Json>,
    message: Option<&'a str>,
    failures: Option<i64>,
    unique_id: &'a str,
    compiled: Option<bool>,
    compiled_code: Option<&'a str>,
    relation_name: Option<&'a str>,
    batch_results: Option<Json>,
    overload_results: Option<Json>,
}

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let result = self.result;
        let unique_id = result.resource.unique_id();
        let compiled = self.compiled.get(unique_id);
        let has_sql = match &result.resource {
            Resource::Node(node) => node.resource_type != ResourceType::Seed,
            Resource::UnitTest(_) => compiled.is_some(),
            _ => false,
        };
        let compiled = compiled.unwrap_or_default();
        let parsed = result.resource.node().and_then(|node| node.relation_name.as_deref());
        ResultJson {
            status: result.status.as_str(),
            timing: result.timing.iter().map(Timing::to_json).collect(),
            thread_id: &result.thread_id,
            execution_time: result.execution_time_json(),
            adapter_response: &result.adapter_response,
            message: result.message.as_deref(),
            failures: result.failures,
            unique_id,
            compiled: has_sql.then_some(compiled.code.is_some()),
            compiled_code: compiled.code.as_deref().filter(|_| has_sql),
            relation_name: compiled.relation_name.as_deref().or(parsed).filter(|_| has_sql),
            batch_results: result.batches.as_ref().map(batches_json),
            overload_results: result.overloads.as_ref().map(overloads_json),
        }
        .serialize(serializer)
    }
}
