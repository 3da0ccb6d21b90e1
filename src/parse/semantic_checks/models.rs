//! Semantic models: their dimensions and entities, alone and beside those of other models.

use std::collections::{BTreeMap, HashMap};

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::{GRANULARITIES, Issues, Semantics, has_time_dimension, is_time, list, optional, quoted, text};

/// Dimensions of one name are alike in all semantic models.
pub(super) fn consistent_dimensions(semantics: &Semantics<'_>, issues: &mut Issues) {
    let is_partition = |dimension: &Json| dimension.get("is_partition").and_then(Json::as_bool).unwrap_or(false);
    let enumeration = |dimension: &Json| format!("DimensionType.{}", text(dimension, "type").to_uppercase());
    let python = |flag: bool| if flag { "True" } else { "False" };
    let mut known: HashMap<&str, &Json> = HashMap::new();
    for model in &semantics.models {
        for dimension in list(model, "dimensions") {
            let (of, name) = (text(model, "name"), text(dimension, "name"));
            let first = *known.entry(name).or_insert(dimension);
            if text(first, "type") != text(dimension, "type") {
                issues.error(format!(
                    "In semantic model `{of}`, type conflict for dimension `{name}` - already in model as type `{}` but got \
                     `{}`",
                    enumeration(first),
                    enumeration(dimension)
                ));
            }
            if is_partition(first) != is_partition(dimension) {
                issues.error(format!(
                    "In semantic model `{of}, conflicting is_partition attribute for dimension \
                     `DimensionReference(element_name='{name}')` - already in model with is_partition as `{}` but got `{}``",
                    python(is_partition(first)),
                    python(is_partition(dimension))
                ));
            }
        }
    }
}

/// A name means a measure, a dimension or an entity, and the same everywhere.
pub(super) fn consistent_elements(semantics: &Semantics<'_>, issues: &mut Issues) {
    let mut kinds: IndexMap<&str, BTreeMap<&str, Vec<&str>>> = IndexMap::new();
    for model in &semantics.models {
        for (key, kind) in [("measures", "MEASURE"), ("dimensions", "DIMENSION"), ("entities", "ENTITY")] {
            for element in list(model, key) {
                kinds.entry(text(element, "name")).or_default().entry(kind).or_default().push(text(model, "name"));
            }
        }
    }
    for (name, uses) in kinds.into_iter().filter(|(_, uses)| uses.len() > 1) {
        let shown = |kind: &str| format!("<SemanticModelElementType.{kind}: '{}'>", kind.to_lowercase());
        let all: Vec<String> = uses.keys().map(|kind| shown(kind)).collect();
        for (kind, mut models) in uses.clone() {
            models.sort_unstable();
            models.dedup();
            issues.error(format!(
                "In semantic models {{{}}}, element `{name}` is of type SemanticModelElementType.{kind}, but it is used as \
                 types [{}] across the model.",
                quoted(models),
                all.join(", ")
            ));
        }
    }
}

/// The time that measures are aggregated over unless they say otherwise is there.
pub(super) fn defaults(semantics: &Semantics<'_>, issues: &mut Issues) {
    for model in &semantics.models {
        let default = model.get("defaults").and_then(|defaults| optional(defaults, "agg_time_dimension"));
        if let Some(name) = default.filter(|name| !has_time_dimension(model, name)) {
            issues.error(format!(
                "Default aggregation time dimension was specified as '{name}' which doesn't exist as a time dimension in \
                 semantic model named '{}'.",
                text(model, "name")
            ));
        }
    }
}

fn primary_entities_of(model: &Json) -> Vec<&str> {
    let primary = list(model, "entities").filter(|entity| text(entity, "type") == "primary");
    primary.map(|entity| text(entity, "name")).collect()
}

/// A semantic model with dimensions has one primary entity.
pub(super) fn primary_entities(semantics: &Semantics<'_>, issues: &mut Issues) {
    for model in &semantics.models {
        let name = text(model, "name");
        match (primary_entities_of(model).as_slice(), optional(model, "primary_entity")) {
            ([entity], Some(said)) => issues.error(format!(
                "The semantic model `{name}` has an entity named `{entity}` with type primary but it also has the \
                 `primary_entity` field set to `{said}`. Both should not be present in the model."
            )),
            ([], None) if list(model, "dimensions").next().is_some() => issues.error(format!(
                "The semantic model {name} contains dimensions, but it does not define a primary entity. Either add an \
                 entity with type PRIMARY or set a value for the primary_entity key."
            )),
            ([] | [_], _) => {}
            (several, _) => issues.error(format!(
                "Semantic models can have only one primary entity. The semantic model `{name}` has {}: {}",
                several.len(),
                several.join(", ")
            )),
        }
    }
}

/// A dimension is found by its primary entity and its name.
pub(super) fn pairings(semantics: &Semantics<'_>, issues: &mut Issues) {
    let mut known: HashMap<(&str, &str), &str> = HashMap::new();
    let mut seen: Vec<&str> = Vec::new();
    for model in &semantics.models {
        let said = optional(model, "primary_entity");
        let Some(entity) = said.or_else(|| primary_entities_of(model).first().copied()) else { continue };
        let is_first = !seen.contains(&entity);
        seen.push(entity);
        for dimension in list(model, "dimensions").map(|dimension| text(dimension, "name")) {
            match known.get(&(entity, dimension)).filter(|_| !is_first) {
                Some(other) => issues.error(format!(
                    "Duplicate dimension + primary entity pairing detected, dimension + primary entity pairings must be \
                     unique. Semantic model `{}` has a primary entity of `{entity}` and dimension `{dimension}`, but this \
                     pairing is already in use on semantic model `{other}`.",
                    text(model, "name")
                )),
                None => {
                    known.insert((entity, dimension), text(model, "name"));
                }
            }
        }
    }
}

/// Time spines: one for each granularity, and one that is as fine as the finest time dimension.
pub(super) fn time_spines(semantics: &Semantics<'_>, issues: &mut Issues) {
    let mut relations: IndexMap<&str, Vec<&str>> = IndexMap::new();
    for (relation, granularity) in &semantics.spines {
        relations.entry(granularity).or_default().push(relation);
    }
    let twice = relations.iter().filter(|(_, relations)| relations.len() > 1);
    let twice: Vec<String> =
        twice.map(|(granularity, relations)| format!("'{granularity}': [{}]", quoted(relations.clone()))).collect();
    if !twice.is_empty() {
        issues.warning(format!(
            "Only one time spine is supported per granularity. Got duplicates: {{{}}}",
            twice.join(", ")
        ));
    }
    let rank = |granularity: &str| GRANULARITIES.iter().position(|known| granularity.eq_ignore_ascii_case(known));
    let Some(finest) = relations.keys().filter_map(|granularity| rank(granularity)).min() else { return };
    let dimensions = semantics.models.iter().flat_map(|model| list(model, "dimensions"));
    let granularities = dimensions.filter_map(|dimension| optional(dimension.get("type_params")?, "time_granularity"));
    match granularities.filter_map(rank).min() {
        None => issues.warning(
            "No time dimensions configured. To avoid unexpected query errors, configuring a time spine at or below the \
             smallest time dimension granularity is recommended."
                .to_owned(),
        ),
        Some(dimension) if dimension < finest => issues.warning(format!(
            "To avoid unexpected query errors, configuring a time spine at or below the smallest time dimension granularity \
             is recommended. Smallest time dimension granularity: {}; Smallest time spine granularity: \
             TimeGranularity.{}",
            GRANULARITIES[dimension].to_uppercase(),
            GRANULARITIES[finest].to_uppercase()
        )),
        Some(_) => {}
    }
}

/// Time dimensions say how fine they are; from 2027 on MetricFlow will insist.
pub(super) fn granularities(semantics: &Semantics<'_>, issues: &mut Issues) {
    for model in &semantics.models {
        for dimension in list(model, "dimensions").filter(|dimension| is_time(dimension)) {
            let granularity = dimension.get("type_params").and_then(|params| optional(params, "time_granularity"));
            if granularity.is_none() {
                issues.later.push(format!(
                    "In semantic model `{}`, time dimension `{}` must have a time granularity set.",
                    text(model, "name"),
                    text(dimension, "name")
                ));
            }
        }
    }
}
