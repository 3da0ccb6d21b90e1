//! `sources.json`, version 3: how fresh the sources are.

use serde_json::{Value as Json, json};

use crate::invocation::Invocation;
use crate::run::{Freshness, NodeResult, Resource, RunResults, Timing, isoformat};

/// The artifact. Sources that could not be asked are left out, as dbt does.
pub fn to_json(invocation: &Invocation, results: &RunResults) -> Json {
    let checked = results.results.iter().filter_map(|result| Some(result_json(result, result.freshness.as_ref()?)));
    json!({
        "metadata": super::metadata(invocation, "sources/v3"),
        "results": checked.collect::<Vec<_>>(),
        "elapsed_time": results.elapsed,
    })
}

fn result_json(result: &NodeResult, freshness: &Freshness) -> Json {
    let criteria = match &result.resource {
        Resource::Source(source) => source.freshness.clone().unwrap_or_default(),
        _ => Json::Null,
    };
    json!({
        "unique_id": result.resource.unique_id(),
        "max_loaded_at": isoformat(freshness.max_loaded_at),
        "snapshotted_at": isoformat(freshness.snapshotted_at),
        "max_loaded_at_time_ago_in_s": freshness.age,
        "status": result.status.as_str(),
        "criteria": criteria,
        "adapter_response": result.adapter_response,
        "timing": result.timing.iter().map(Timing::to_json).collect::<Vec<_>>(),
        "thread_id": result.thread_id,
        "execution_time": result.execution_time,
    })
}
