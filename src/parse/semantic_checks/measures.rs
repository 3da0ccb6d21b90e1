//! Measures: how they are aggregated, and over which time.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::{Issues, Semantics, given, has_time_dimension, is_given, is_time, list, optional, quoted, text};

/// Parameters of percentiles are there where they are needed, and nowhere else.
pub(super) fn percentiles(semantics: &Semantics<'_>, issues: &mut Issues) {
    for (_, measure) in semantics.measures() {
        let (name, aggregation) = (text(measure, "name"), text(measure, "agg"));
        let params = &measure["agg_params"];
        let percentile = params.get("percentile").and_then(Json::as_f64);
        match aggregation {
            "percentile" => match percentile {
                None => issues.error(format!(
                    "Measure '{name}' uses a PERCENTILE aggregation, which requires agg_params.percentile to be provided."
                )),
                Some(value) if value <= 0.0 || value >= 1.0 => issues.error(format!(
                    "Percentile aggregation parameter for measure '{name}' is '{value:?}', but must be between 0 and 1 \
                     (non-inclusive). For example, to indicate the 65th percentile value, set 'percentile: 0.65'. For \
                     percentile values of 0, please use MIN, for percentile values of 1, please use MAX."
                )),
                Some(_) => {}
            },
            "median" => {
                if let Some(value) = percentile.filter(|value| *value != 0.5) {
                    issues.error(format!(
                        "Measure '{name}' uses a MEDIAN aggregation, while percentile is set to '{value:?}', a conflicting \
                         value. Please remove the parameter or set to '0.5'."
                    ));
                }
                if is_given(params, "use_discrete_percentile") {
                    issues.error(format!(
                        "Measure '{name}' uses a MEDIAN aggregation, while use_discrete_percentile is set to true. Please \
                         remove the parameter or set to False."
                    ));
                }
            }
            _ => {
                let keys = ["percentile", "use_discrete_percentile", "use_approximate_percentile"];
                let wrong: Vec<&str> = keys.into_iter().filter(|key| is_given(params, key)).collect();
                if !wrong.is_empty() {
                    issues.error(format!(
                        "Measure '{name}' with aggregation '{aggregation}' uses agg_params ({}) only relevant to Percentile \
                         measures.",
                        wrong.join(", ")
                    ));
                }
            }
        }
    }
}

/// What is counted has to be said.
pub(super) fn counts(semantics: &Semantics<'_>, issues: &mut Issues) {
    for (_, measure) in semantics.measures().filter(|(_, measure)| text(measure, "agg") == "count") {
        let name = text(measure, "name");
        match optional(measure, "expr") {
            None => issues.error(format!(
                "Measure '{name}' uses a COUNT aggregation, which requires an expr to be provided. Provide 'expr: 1' if a \
                 count of all rows is desired."
            )),
            Some(expression) if expression.to_lowercase().starts_with("distinct ") => issues.error(format!(
                "Measure '{name}' uses a 'count' aggregation with a DISTINCT expr: '{expression}'. This is not supported as \
                 it effectively converts an additive measure into a non-additive one, and this could cause certain \
                 queries to return incorrect results. Please use the count_distinct aggregation type."
            )),
            Some(_) => {}
        }
    }
}

/// A metric names a measure without its semantic model.
pub(super) fn unique(semantics: &Semantics<'_>, issues: &mut Issues) {
    let mut known: HashMap<&str, Vec<&str>> = HashMap::new();
    for (model, measure) in semantics.measures() {
        let models = known.entry(text(measure, "name")).or_default();
        if !models.is_empty() {
            issues.error(format!(
                "Found measure with name {} in multiple semantic models with names ([{}])",
                text(measure, "name"),
                quoted(models.iter().copied())
            ));
        }
        models.push(text(model, "name"));
    }
}

/// The time over which a measure is aggregated: its own, or that of its semantic model.
fn time_dimension<'j>(model: &'j Json, measure: &'j Json) -> Option<&'j str> {
    let default = model.get("defaults").and_then(|defaults| optional(defaults, "agg_time_dimension"));
    optional(measure, "agg_time_dimension").filter(|name| !name.is_empty()).or(default)
}

/// What MetricFlow's own check dies of where a measure has no time.
fn timeless(measure: &Json, doing: &str) -> String {
    format!(
        "An error occurred while {doing} - AssertionError: Aggregation time dimension for measure {} is not set! This \
         should either be set directly on the measure specification in the model, or else defaulted to the primary time \
         dimension in the data source containing the measure.\n",
        text(measure, "name")
    )
}

/// Measures are aggregated over a time dimension that their semantic model has.
pub(super) fn time_dimensions(semantics: &Semantics<'_>, issues: &mut Issues) {
    for model in &semantics.models {
        let mut found = Vec::new();
        for measure in list(model, "measures") {
            match time_dimension(model, measure) {
                None => {
                    found = vec![timeless(measure, "checking aggregation time dimension for a semantic model")];
                    break;
                }
                Some(name) if !has_time_dimension(model, name) => found.push(format!(
                    "In semantic model '{}', measure '{}' has the aggregation time dimension set to '{name}', which is not \
                     a valid time dimension in the semantic model",
                    text(model, "name"),
                    text(measure, "name")
                )),
                Some(_) => {}
            }
        }
        found.into_iter().for_each(|message| issues.error(message));
    }
}

/// Measures that cannot be added up over a dimension name one that can be asked for its first or last value.
pub(super) fn non_additive(semantics: &Semantics<'_>, issues: &mut Issues) {
    let mut found = Vec::new();
    for (model, measure) in semantics.measures() {
        let Some(params) = given(measure, "non_additive_dimension") else { continue };
        match time_dimension(model, measure) {
            None => {
                found = vec![timeless(measure, "ensuring that a measure's non_additive_dimensions is valid")];
                break;
            }
            Some(time) => found.extend(non_additive_one(model, measure, params, time)),
        }
    }
    found.into_iter().for_each(|message| issues.error(message));
}

fn non_additive_one(model: &Json, measure: &Json, params: &Json, time: &str) -> Vec<String> {
    let (name, of, wanted) = (text(measure, "name"), text(model, "name"), text(params, "name"));
    let dimension = |name: &str| list(model, "dimensions").find(|one| text(one, "name") == name);
    let Some(over) = dimension(time) else {
        return vec![format!(
            "Measure '{name}' has a agg_time_dimension of {time} that is not defined as a dimension in semantic model '{of}'."
        )];
    };
    let mut found = Vec::new();
    match dimension(wanted) {
        None => found.push(format!(
            "Measure '{name}' has a non_additive_dimension with name '{wanted}' that is not defined as a dimension in \
             semantic model '{of}'."
        )),
        Some(other) => {
            if !is_time(other) {
                found.push(format!(
                    "Measure '{name}' has a non_additive_dimension with name'{wanted}' that is defined as a categorical \
                     dimension which is not supported."
                ));
            }
            let grain = |one: &Json| Some(optional(one.get("type_params")?, "time_granularity")?.to_uppercase());
            if let (Some(own), Some(its)) = (grain(other), grain(over))
                && own != its
            {
                found.push(format!(
                    "Measure '{name}' has a non_additive_dimension with name '{wanted}' that has a base time granularity \
                     ({own}) that is not equal to the measure's agg_time_dimension {time} with a base granularity of \
                     ({its})."
                ));
            }
        }
    }
    let choice = optional(params, "window_choice").unwrap_or("min");
    if !matches!(choice, "min" | "max") {
        found.push(format!(
            "Measure '{name}' has a non_additive_dimension with an invalid 'window_choice' of '{choice}'. Only choices \
             supported are 'min' or 'max'."
        ));
    }
    let is_entity = |name: &&str| list(model, "entities").any(|entity| text(entity, "name") == *name);
    let groupings = list(params, "window_groupings").filter_map(Json::as_str);
    let unknown: Vec<&str> = groupings.filter(|name| !is_entity(name)).collect();
    if !unknown.is_empty() {
        found.push(format!(
            "Measure '{name}' has a non_additive_dimension with an invalid 'window_groupings'. These entities {{{}}} do not \
             exist in the semantic model.",
            quoted(unknown)
        ));
    }
    found
}
