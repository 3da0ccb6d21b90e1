//! `version:`: models by where their version stands to the latest.

use std::cmp::Ordering;

use serde_json::Value as Json;

use super::matching;
use crate::error::{Error, Result};
use crate::graph::dag::NodeSet;
use crate::graph::select::Evaluator;
use crate::manifest::node::version_text;
use crate::manifest::{ModelFields, Node};

/// Models whose version is `latest`, `prerelease`, `old` or `none`.
pub(super) fn search(evaluator: &Evaluator<'_>, value: &str) -> Result<NodeSet> {
    let accepts: fn(&Node, &ModelFields) -> bool = match value {
        "latest" => |node, _| node.is_latest_version(),
        "prerelease" => |_, model| compare(model) == Some(Ordering::Greater),
        "old" => |_, model| compare(model) == Some(Ordering::Less),
        "none" => |_, model| model.version.is_none(),
        _ => {
            return Err(Error::runtime(format!(
                "Invalid version type selector {value}: expected one of: \"latest\", \"prerelease\", \"old\", or \
                 \"none\""
            )));
        }
    };
    Ok(matching(evaluator, |member| {
        member.node().is_some_and(|node| node.model().is_some_and(|model| accepts(node, model)))
    }))
}

/// Versions as numbers if both are, else as text.
fn compare(model: &ModelFields) -> Option<Ordering> {
    let is_set = |version: &&Json| !matches!(version, Json::Null) && version.as_f64() != Some(0.0);
    let own = version_text(model.version.as_ref().filter(is_set)?);
    let latest = version_text(model.latest_version.as_ref().filter(is_set)?);
    match (own.parse::<f64>(), latest.parse::<f64>()) {
        (Ok(own), Ok(latest)) => own.partial_cmp(&latest),
        _ => Some(own.cmp(&latest)),
    }
}
