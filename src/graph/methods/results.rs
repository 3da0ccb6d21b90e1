//! Selection by how an earlier run ended: `result:` and `source_status:`.

use std::collections::HashSet;

use super::matching_ids;
use crate::error::{Error, Result};
use crate::graph::dag::NodeSet;
use crate::graph::select::Evaluator;

/// Resources that ended with a status in the `run_results.json` of `--state`.
pub(super) fn by_status(evaluator: &Evaluator<'_>, value: &str) -> Result<NodeSet> {
    let results = evaluator.request.state.and_then(|state| state.results.as_ref());
    let results = results.ok_or_else(|| {
        Error::internal("No comparison run_results")
            .hint("`result:` needs `--state` with a folder that holds the `run_results.json` of an earlier run.")
    })?;
    let wanted: HashSet<&str> =
        results.iter().filter(|(_, status)| status == value).map(|(id, _)| id.as_str()).collect();
    Ok(matching_ids(evaluator, &wanted))
}

/// Sources that have newer rows than in the `sources.json` of `--state`.
pub(super) fn by_source_status(evaluator: &Evaluator<'_>, value: &str) -> Result<NodeSet> {
    let state = evaluator.request.state;
    let previous = state.and_then(|state| state.sources.as_ref());
    let previous = previous.ok_or_else(|| {
        Error::internal("No previous state comparison freshness results in sources.json")
            .hint("`source_status:` needs `--state` with a folder that holds an earlier `sources.json`.")
    })?;
    let current = state.and_then(|state| state.current_sources.as_ref());
    let current = current.ok_or_else(|| {
        Error::internal("No current state comparison freshness results in sources.json")
            .hint("Run `rdbt source freshness` first; it writes `sources.json` to the target folder.")
    })?;
    let mut fresher = HashSet::new();
    if value == "fresher" {
        for (id, loaded) in current {
            // A source whose check failed has no time.
            let Some(loaded) = loaded else { continue };
            if previous.get(id).and_then(Option::as_ref).is_none_or(|before| loaded > before) {
                fresher.insert(id.as_str());
            }
        }
    }
    Ok(matching_ids(evaluator, &fresher))
}
