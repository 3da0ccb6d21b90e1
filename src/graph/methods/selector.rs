//! `selector:`: what selectors of `selectors.yml` select.

use crate::error::{Error, Result, did_you_mean};
use crate::graph::dag::NodeSet;
use crate::graph::glob;
use crate::graph::select::Evaluator;

/// What all selectors select whose names match.
pub(super) fn search(evaluator: &Evaluator<'_>, value: &str) -> Result<NodeSet> {
    let mut matching: Vec<_> =
        evaluator.request.selectors.iter().filter(|(name, _)| glob::matches(name, value)).collect();
    if matching.is_empty() {
        let error = Error::runtime(format!("Selector '{value}' did not match any selector in selectors.yml"));
        let names = evaluator.request.selectors.iter().map(|(name, _)| name);
        return Err(match did_you_mean(value, names) {
            Some(near) => error.hint(format!("Did you mean `{near}`?")),
            None => error,
        });
    }
    matching.sort_by_key(|(name, _)| *name);
    let mut found = NodeSet::default();
    for (name, spec) in matching {
        if evaluator.open_selectors.borrow().iter().any(|open| open == name) {
            return Err(Error::runtime(format!(
                "Circular dependency detected in selector: {{'method': 'selector', 'value': '{name}'}}"
            ))
            .hint("A selector cannot be part of its own definition."));
        }
        evaluator.open_selectors.borrow_mut().push(name.to_owned());
        let selected = evaluator.selected(spec);
        evaluator.open_selectors.borrow_mut().pop();
        found.extend(selected?);
    }
    Ok(found)
}
