//! Labels: what people read instead of names must tell things apart, too.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::{Issues, Semantics, list, optional, text};

/// Labels of metrics, of semantic models and of what is in one of them differ; entities of one name have one label.
pub(super) fn unique(semantics: &Semantics<'_>, issues: &mut Issues) {
    different(&semantics.metrics, "metric", issues);
    let mut known: HashMap<&str, &str> = HashMap::new();
    for model in &semantics.models {
        said_twice(model, "semantic model", &mut known, issues);
        for (key, kind, plural) in [
            ("dimensions", "Dimension", "dimensions"),
            ("entities", "Entity", "entities"),
            ("measures", "Measure", "measures"),
        ] {
            within(model, key, kind, plural, issues);
        }
    }
    entities(semantics, issues);
}

fn different(all: &[&Json], kind: &str, issues: &mut Issues) {
    let mut known: HashMap<&str, &str> = HashMap::new();
    for one in all {
        said_twice(one, kind, &mut known, issues);
    }
}

fn said_twice<'j>(one: &'j Json, kind: &str, known: &mut HashMap<&'j str, &'j str>, issues: &mut Issues) {
    let (name, Some(label)) = (text(one, "name"), optional(one, "label")) else { return };
    match known.get(label) {
        Some(other) => issues
            .error(format!("Can't use label `{label}` for  {kind} `{name}` as it's already used for {kind} `{other}`")),
        None => {
            known.insert(label, name);
        }
    }
}

fn within(model: &Json, key: &str, kind: &str, plural: &str, issues: &mut Issues) {
    let mut counts: IndexMap<&str, usize> = IndexMap::new();
    for label in list(model, key).filter_map(|one| optional(one, "label")) {
        *counts.entry(label).or_default() += 1;
    }
    for (label, count) in counts.into_iter().filter(|(_, count)| *count > 1) {
        issues.error(format!(
            "{kind} labels must be unique within a semantic model. The label `{label}` was used for {count} {plural} on \
             semantic model `{}",
            text(model, "name")
        ));
    }
}

fn entities(semantics: &Semantics<'_>, issues: &mut Issues) {
    let mut known: HashMap<&str, (&str, &str)> = HashMap::new();
    for model in &semantics.models {
        let of = text(model, "name");
        for entity in list(model, "entities") {
            let (name, Some(label)) = (text(entity, "name"), optional(entity, "label")) else { continue };
            let (first, in_model) = *known.entry(name).or_insert((label, of));
            if first != label {
                issues.error(format!(
                    "Entities with the same name must have the same label or the label must be `None`. Entity `{name}` on \
                     semantic model `{of}` has label `{label}` but the same entity on semantic model `{in_model}`"
                ));
            }
        }
    }
}
