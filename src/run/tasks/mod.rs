//! One file for each kind of work: materializing, testing, showing, hooks, operations.

pub(super) mod direct;
mod freshness;
pub(super) mod materialize;
pub(super) mod pointer;
mod show;
mod test;
mod unit_diff;
mod unit_test;

use std::sync::Arc;

use crate::context::runtime::NodeRun;
use crate::error::Result;
use crate::manifest::ResourceType;

use super::Task;
use super::plan::Resource;
use super::results::{NodeResult, Status};
use super::session::Session;

/// Does what the command does with a compiled resource.
pub(super) fn execute(session: &Session, resource: &Resource, run: &Arc<NodeRun>) -> Result<NodeResult> {
    let node = match resource {
        Resource::Node(node) => node,
        Resource::UnitTest(_) if session.ends_at_first_error() => {
            return Ok(NodeResult::new(resource.clone(), Status::Success));
        }
        Resource::UnitTest(test) => return unit_test::execute(session, test, run),
        Resource::Source(source) => return freshness::execute(session, source, run),
        Resource::Exposure { .. } | Resource::SavedQuery { .. } => {
            let mut result = NodeResult::new(resource.clone(), Status::NoOp).with_message("NO-OP");
            result.failures = Some(0);
            return Ok(result);
        }
    };
    match (session.task, node.resource_type) {
        (Task::Compile, _) => Ok(NodeResult::new(resource.clone(), Status::Success)),
        (Task::Clone, _) => materialize::clone(session, node, run),
        (Task::Show, ResourceType::Seed) => materialize::execute(session, node, run),
        (Task::Show, _) => show::execute(session, node, run),
        (_, ResourceType::Test) => test::execute(session, node, run),
        _ => materialize::execute(session, node, run),
    }
}
