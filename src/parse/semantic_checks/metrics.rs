//! Metrics: what they are made of exists, and their windows make sense.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::names::check_name;
use super::{GRANULARITIES, Issues, Semantics, given, is_given, list, optional, text};

const NO_CUSTOM: &str = "Custom granularities are not supported for this field yet.";

/// Derived metrics: their inputs are there, and the expression uses them.
pub(super) fn derived(semantics: &Semantics<'_>, issues: &mut Issues) {
    let known: HashSet<&str> = semantics.metrics.iter().map(|metric| text(metric, "name")).collect();
    for metric in semantics.metrics_of("derived") {
        let name = text(metric, "name");
        if list(&metric["type_params"], "metrics").next().is_none() {
            issues.error(format!(
                "No input metrics found for derived metric '{name}'. Please add metrics to type_params.metrics."
            ));
        }
        for input in list(&metric["type_params"], "metrics").map(|input| text(input, "name")) {
            if !known.contains(input) {
                issues.error(format!(
                    "For metric: {name}, input metric: '{input}' does not exist as a configured metric in the model."
                ));
            }
        }
    }
    for metric in &semantics.metrics {
        let is_derived = text(metric, "type") == "derived";
        if is_derived {
            input_aliases(metric, issues);
        }
        offsets(semantics, metric, issues);
        if is_derived {
            expression(metric, issues);
        }
    }
}

fn input_aliases(metric: &Json, issues: &mut Issues) {
    let names: HashSet<&str> = list(&metric["type_params"], "metrics").map(|input| text(input, "name")).collect();
    let mut used = names;
    for input in list(&metric["type_params"], "metrics") {
        let Some(alias) = optional(input, "alias").filter(|alias| !alias.is_empty()) else { continue };
        check_name(alias, issues);
        if used.contains(alias) {
            issues.error(format!(
                "Alias '{alias}' for input metric: '{}' is already being used. Please choose another alias.",
                text(input, "name")
            ));
            used.insert(alias);
        }
    }
}

fn offsets(semantics: &Semantics<'_>, metric: &Json, issues: &mut Issues) {
    for input in list(&metric["type_params"], "metrics") {
        if let Some(window) = given(input, "offset_window") {
            check_window(semantics, window, true, issues);
        }
        let grain = optional(input, "offset_to_grain").filter(|grain| !grain.is_empty());
        if let Some(grain) = grain.filter(|grain| !GRANULARITIES.contains(grain)) {
            issues.error(format!("Invalid time granularity found in `offset_to_grain`: '{grain}'. {NO_CUSTOM}"));
        }
        if is_given(input, "offset_window") && grain.is_some() {
            issues.error(format!(
                "Both offset_window and offset_to_grain set for derived metric '{}' on input metric '{}'. Please set one or \
                 the other.",
                text(metric, "name"),
                text(input, "name")
            ));
        }
    }
}

fn expression(metric: &Json, issues: &mut Issues) {
    let name = text(metric, "name");
    let Some(expression) = optional(&metric["type_params"], "expr").filter(|expression| !expression.is_empty()) else {
        issues.warning(format!(
            "No `expr` set for derived metric {name}. Please add an `expr` that references all input metrics."
        ));
        return;
    };
    for input in list(&metric["type_params"], "metrics") {
        let shown = optional(input, "alias").filter(|alias| !alias.is_empty()).unwrap_or_else(|| text(input, "name"));
        if !expression.contains(shown) {
            issues.warning(format!(
                "Input metric '{shown}' is not used in `expr`: '{expression}' for derived metric '{name}'. Please update the \
                 `expr` or remove the input metric."
            ));
        }
    }
}

/// A window counts in units that there are. `custom` ones are good where the project defines them.
fn check_window(semantics: &Semantics<'_>, window: &Json, custom: bool, issues: &mut Issues) {
    let written = text(window, "granularity");
    let is_custom = |name: &str| semantics.custom_granularities.contains(&name);
    let is_known = |name: &str| GRANULARITIES.contains(&name) || is_custom(name);
    let granularity = written.strip_suffix('s').filter(|single| is_known(single)).unwrap_or(written);
    let count = window.get("count").map(Json::to_string).unwrap_or_default();
    let message = format!("Invalid time granularity '{granularity}' in window: '{count} {written}'");
    if !is_known(granularity) {
        issues.error(message);
    } else if !custom && is_custom(granularity) && !GRANULARITIES.contains(&granularity) {
        issues.error(format!("{message} {NO_CUSTOM}"));
    }
}

/// Cumulative metrics: one input, and one way to say over how long.
pub(super) fn cumulative(semantics: &Semantics<'_>, issues: &mut Issues) {
    for metric in semantics.metrics_of("cumulative") {
        let (name, params) = (text(metric, "name"), &metric["type_params"]);
        let nested = &params["cumulative_type_params"];
        match (is_given(params, "measure"), is_given(nested, "metric")) {
            (true, true) => issues.warning(format!(
                "Cumulative metric '{name}' should not have both a measure and a metric as inputs. The measure will be \
                 ignored; please remove it to avoid confusion."
            )),
            (false, false) => issues.warning(format!(
                "Cumulative metric '{name}' must have either a measure or a metric as inputs. Please add one of them."
            )),
            _ => {}
        }
        let shown = |window: &Json| {
            let part = |key: &str| window.get(key).map(super::super::python::repr).unwrap_or_default();
            format!("count={} granularity={}", part("count"), part("granularity"))
        };
        if let (Some(old), Some(new)) = (given(params, "window"), given(nested, "window"))
            && old != new
        {
            issues.error(format!(
                "Got differing values for `window` on cumulative metric '{name}'. In `type_params.window`, got '{}'. In \
                 `type_params.cumulative_type_params.window`, got '{}'. Please remove the value from `type_params.window`.",
                shown(old),
                shown(new)
            ));
        }
        let window = given(nested, "window").or_else(|| given(params, "window"));
        let grain = given(nested, "grain_to_date").or_else(|| given(params, "grain_to_date")).and_then(Json::as_str);
        if let Some(grain) = grain.filter(|grain| !GRANULARITIES.contains(grain)) {
            issues.error(format!("Invalid time granularity found in `grain_to_date`: '{grain}'. {NO_CUSTOM}"));
        }
        if window.is_some() && grain.is_some() {
            let text = "Both window and grain_to_date set for cumulative metric. Please set one or the other.";
            issues.error(text.to_owned());
        }
        if let Some(window) = window {
            check_window(semantics, window, false, issues);
        }
    }
}

/// Names that metrics give to their measures are nobody else's.
pub(super) fn measure_aliases(semantics: &Semantics<'_>, issues: &mut Issues) {
    let names: HashSet<&str> = semantics.measures().map(|(_, measure)| text(measure, "name")).collect();
    for metric in &semantics.metrics {
        for measure in list(&metric["type_params"], "input_measures") {
            let Some(alias) = optional(measure, "alias") else { continue };
            check_name(alias, issues);
            if names.contains(alias) {
                issues.error(format!(
                    "Alias `{alias}` for measure `{}` conflicts with measure names defined elsewhere in the model! This can \
                     cause ambiguity for certain types of query. Please choose another alias.",
                    text(measure, "name")
                ));
            }
        }
    }
}

/// The measures that metrics come down to exist.
pub(super) fn measures_exist(semantics: &Semantics<'_>, issues: &mut Issues) {
    let names: HashSet<&str> = semantics.measures().map(|(_, measure)| text(measure, "name")).collect();
    for metric in &semantics.metrics {
        for measure in list(&metric["type_params"], "input_measures").map(|measure| text(measure, "name")) {
            if !names.contains(measure) {
                issues.error(format!(
                    "Measure {measure} referenced in metric {} is not defined in the model!",
                    text(metric, "name")
                ));
            }
        }
    }
}

/// A simple metric leaves the expression to its measure, which is there.
pub(super) fn proxies(semantics: &Semantics<'_>, issues: &mut Issues) {
    for metric in semantics.metrics_of("simple") {
        let params = &metric["type_params"];
        let Some(wanted) = given(params, "measure").map(|measure| text(measure, "name")) else { continue };
        let found = semantics.measures().map(|(_, measure)| measure).filter(|one| text(one, "name") == wanted).last();
        let Some(measure) = found else {
            issues.error(format!("Measure '{wanted}'not found in semantic manifest"));
            continue;
        };
        if let Some(expression) = optional(params, "expr")
            && optional(measure, "expr") != Some(expression)
            && expression != wanted
        {
            issues.warning(format!(
                "Metric '{}' should not have an expr set if it's proxy from measures",
                text(metric, "name")
            ));
        }
    }
}

/// Conversion metrics that count two measures: of which they are made, and the entity that they share.
pub(super) fn conversion(semantics: &Semantics<'_>, issues: &mut Issues) {
    for metric in semantics.metrics_of("conversion") {
        let params = &metric["type_params"]["conversion_type_params"];
        let sides = ["base", "conversion"].map(|side| {
            let measure = params.get(format!("{side}_measure")).filter(|measure| !measure.is_null());
            let name = text(measure?, "name");
            semantics.measures().find(|(_, known)| text(known, "name") == name)
        });
        let [Some((base, counted)), Some((converted, conversions))] = sides else { continue };
        let entity = text(params, "entity");
        for (side, model) in [("base", base), ("conversion", converted)] {
            if !list(model, "entities").any(|known| text(known, "name") == entity) {
                issues.error(format!("Entity: {entity} not found in {side} semantic model: {}.", text(model, "name")));
            }
        }
        for measure in [counted, conversions] {
            let aggregation = text(measure, "agg");
            let counts = matches!(aggregation, "count" | "count_distinct")
                || (aggregation == "sum" && optional(measure, "expr") == Some("1"));
            if !counts {
                issues.error(format!(
                    "For conversion metrics, the input measure must be COUNT/SUM(1)/COUNT_DISTINCT. Measure '{}' is agg \
                     type: AggregationType.{}",
                    text(measure, "name"),
                    aggregation.to_uppercase()
                ));
            }
        }
        if let Some(window) = given(params, "window") {
            check_window(semantics, window, false, issues);
        }
    }
}
