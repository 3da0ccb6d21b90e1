//! The models that list points in time for MetricFlow: those with a `time_spine`, and the one that projects had before.

use serde_json::Value as Json;

use super::{Manifest, Node};
use crate::error::{Error, Result};

/// The model that is a time spine by its name alone.
const LEGACY_NAME: &str = "metricflow_time_spine";
/// MetricFlow's granularities, the finest first.
pub const GRANULARITIES: [&str; 11] =
    ["nanosecond", "microsecond", "millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year"];

/// The time spines of a project.
#[derive(Debug, Default)]
pub struct TimeSpines<'a> {
    /// Models with a `time_spine`, in the manifest's order.
    pub configured: Vec<&'a Node>,
    /// `metricflow_time_spine`, if it has no `time_spine` and there are semantic models.
    pub legacy: Option<&'a Node>,
}

impl<'a> TimeSpines<'a> {
    /// The time spines of a manifest.
    ///
    /// # Errors
    /// There are semantic models, but no time spine of days or finer.
    pub fn of(manifest: &'a Manifest) -> Result<TimeSpines<'a>> {
        let nodes = manifest.nodes.values().map(|node| &**node);
        let configured: Vec<&Node> = nodes.filter(|node| has_spine(node)).collect();
        if manifest.semantic_models.is_empty() {
            return Ok(TimeSpines { configured, legacy: None });
        }
        let legacy = manifest.ref_index.get(LEGACY_NAME).and_then(|ids| manifest.node(ids.first()?));
        let day = GRANULARITIES.iter().position(|known| *known == "day");
        let fine = |node: &&Node| {
            let granularity = Self::granularity(node).to_lowercase();
            GRANULARITIES.iter().position(|known| *known == granularity) <= day
        };
        if legacy.is_none() && !configured.iter().any(fine) {
            return Err(Error::parsing(
                "The semantic layer requires a time spine model with granularity DAY or smaller in the project, but none \
                 was found. Guidance on creating this model can be found on our docs site \
                 (https://docs.getdbt.com/docs/build/metricflow-time-spine).",
            ));
        }
        Ok(TimeSpines { configured, legacy: legacy.filter(|node| !has_spine(node)) })
    }

    /// The granularity of a time spine's standard column; empty if it has none.
    pub fn granularity(node: &Node) -> &str {
        let spine = node.model().and_then(|model| model.time_spine.as_ref());
        let name = spine.and_then(|spine| spine.get("standard_granularity_column")).and_then(Json::as_str);
        let column = name.and_then(|name| node.columns.values().find(|column| column.name == name));
        column.and_then(|column| column.granularity.as_ref()).and_then(Json::as_str).unwrap_or_default()
    }
}

fn has_spine(node: &Node) -> bool {
    node.model().is_some_and(|model| model.time_spine.is_some())
}
