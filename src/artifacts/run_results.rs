//! `run_results.json`, version 6.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value as Json, json};

use crate::invocation::{BatchSpan, BatchSpans, Invocation};
use crate::manifest::{CompiledNodes, ResourceType};
use crate::run::{NodeResult, Resource, RunResults, Status, Timing};

/// The artifact.
pub fn to_json(invocation: &Invocation, compiled: &CompiledNodes, results: &RunResults) -> Json {
    json!({
        "metadata": super::metadata(invocation, "run-results/v6"),
        "results": results.results.iter().map(|result| result_json(result, compiled)).collect::<Vec<_>>(),
        "elapsed_time": results.elapsed,
        "args": invocation.flags.args_for_artifacts,
    })
}

fn result_json(result: &NodeResult, nodes: &CompiledNodes) -> Json {
    let mut json = json!({
        "status": result.status.as_str(),
        "timing": result.timing.iter().map(Timing::to_json).collect::<Vec<_>>(),
        "thread_id": result.thread_id,
        "execution_time": execution_time(result),
        "adapter_response": result.adapter_response,
        "message": result.message,
        "failures": result.failures,
        "unique_id": result.resource.unique_id(),
        "compiled": null,
        "compiled_code": null,
        "relation_name": null,
        "batch_results": result.batches.as_ref().map_or(Json::Null, batches_json),
        "overload_results": null,
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

/// Batches as pairs of moments with `+00:00`.
fn batches_json(batches: &BatchSpans) -> Json {
    let text = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, false);
    let list =
        |spans: &[BatchSpan]| -> Json { spans.iter().map(|(start, end)| json!([text(*start), text(*end)])).collect() };
    json!({"successful": list(&batches.successful), "failed": list(&batches.failed)})
}

/// A node that never started took a whole 0 seconds, which Python writes without a point.
fn execution_time(result: &NodeResult) -> Json {
    match result.status == Status::Skipped && result.timing.is_empty() && result.thread_id != "main" {
        true => Json::from(0),
        false => Json::from(result.execution_time),
    }
}
