//! Selection of tests by name and by type.

use super::matching;
use crate::error::{Error, Result};
use crate::graph::dag::NodeSet;
use crate::graph::glob;
use crate::graph::member::Member;
use crate::graph::select::Evaluator;
use crate::manifest::{Node, NodeKind};

/// `test_name:`: the name of the generic test, `unique` of `unique_orders_id`, or of the unit test.
pub(super) fn name_matches(member: Member<'_>, value: &str) -> bool {
    match member {
        Member::UnitTest(test) => glob::matches(&test.name, value),
        _ => member.node().and_then(Node::generic_test).is_some_and(|test| glob::matches(&test.metadata.name, value)),
    }
}

/// `test_type:`. dbt accepts any part of the words `data`, `singular` and `unit`, and so do we.
pub(super) fn by_type(evaluator: &Evaluator<'_>, value: &str) -> Result<NodeSet> {
    let (generic, singular, unit) = match value {
        "generic" | "schema" => (true, false, false),
        _ if "data".contains(value) => (true, true, false),
        _ if "singular".contains(value) => (false, true, false),
        _ if "unit".contains(value) => (false, false, true),
        _ => {
            return Err(Error::runtime(format!(
                "Invalid test type selector {value}: expected \"generic\", \"singular\", \"unit\", or \"data\""
            )));
        }
    };
    Ok(matching(evaluator, |member| match member {
        Member::UnitTest(_) => unit,
        Member::Node(node) => match node.kind {
            NodeKind::GenericTest(_) => generic,
            NodeKind::SingularTest => singular,
            _ => false,
        },
        _ => false,
    }))
}
