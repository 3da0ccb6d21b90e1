//! `run_results.json`, version 6.

use serde_json::{Value as Json, json};

use crate::invocation::Invocation;
use crate::manifest::{CompiledNodes, ResourceType};
use crate::run::{NodeResult, Resource, RunResults, Status, Timing, batches_json};

/// The artifact.
pub fn to_json(invocation: &Invocation, compiled: &CompiledNodes, results: &RunResults) -> Json {
    json!({
        "metadata": super::metadata(invocation, "run-results/v6"),
        "results": results.results.iter().map(|result| result_json(result, compiled)).collect::<Vec<_>>(),
        "elapsed_time": results.elapsed,
        "args": invocation.flags.args_for_artifacts,
    })
}

/// What became of the overloads of a function that was made, and not only compiled; rdbt knows of none.
fn overloads(result: &NodeResult) -> Json {
    let is_function = result.resource.resource_type() == ResourceType::Function;
    let made = is_function && result.status == Status::Success && result.message.is_some();
    if made { json!({"successful": [], "failed": []}) } else { Json::Null }
}

fn result_json(result: &NodeResult, nodes: &CompiledNodes) -> Json {
    let mut json = json!({
        "status": result.status.as_str(),
        "timing": result.timing.iter().map(Timing::to_json).collect::<Vec<_>>(),
        "thread_id": result.thread_id,
        "execution_time": result.execution_time_json(),
        "adapter_response": result.adapter_response,
        "message": result.message,
        "failures": result.failures,
        "unique_id": result.resource.unique_id(),
        "compiled": null,
        "compiled_code": null,
        "relation_name": null,
        "batch_results": result.batches.as_ref().map_or(Json::Null, batches_json),
        "overload_results": overloads(result),
    });
    let has_sql = match &result.resource {
        Resource::Node(node) => node.resource_type != ResourceType::Seed,
        Resource::UnitTest(_) => nodes.get(result.resource.unique_id()).is_some(),
        _ => false,
    };
    if has_sql {
        let compiled = nodes.get(result.resource.unique_id()).unwrap_or_default();
        let parsed = result.resource.node().and_then(|node| node.relation_name.clone());
        json["compiled"] = Json::from(compiled.code.is_some());
        json["compiled_code"] = compiled.code.as_deref().map_or(Json::Null, Json::from);
        json["relation_name"] = compiled.relation_name.clone().or(parsed).map_or(Json::Null, Json::from);
    }
    json
}
