//! What MetricFlow demands of semantic models and metrics, checked when the project is parsed as dbt does with the rules
//! of `metricflow_semantic_interfaces`, in their order and words. Filters, validity windows and saved queries are not
//! looked into: MetricFlow itself says what is wrong with them when it is asked a question.

mod labels;
mod measures;
mod metrics;
mod models;
mod names;

use serde_json::Value as Json;

use super::cx::Cx;
use crate::error::{Error, Result};
use crate::events::{Event, Level, deprecations};
use crate::manifest::time_spines::GRANULARITIES;
use crate::manifest::{Manifest, Node, TimeSpines};

/// What the rules look at.
struct Semantics<'m> {
    models: Vec<&'m Json>,
    metrics: Vec<&'m Json>,
    saved_queries: Vec<&'m Json>,
    /// Relations of the project's time spines, with their granularities in capitals.
    spines: Vec<(String, String)>,
    /// Names of granularities that the project's time spines define.
    custom_granularities: Vec<&'m str>,
}

/// What the rules found.
#[derive(Default)]
struct Issues {
    warnings: Vec<String>,
    /// What will be an error one day.
    later: Vec<String>,
    errors: Vec<String>,
}

type Rule = fn(&Semantics<'_>, &mut Issues);

/// MetricFlow's order, which is that of the messages.
const RULES: [Rule; 21] = [
    measures::percentiles,
    metrics::derived,
    measures::counts,
    measures::unique,
    models::consistent_dimensions,
    models::consistent_elements,
    metrics::measure_aliases,
    metrics::measures_exist,
    metrics::cumulative,
    names::unique_and_valid,
    measures::time_dimensions,
    names::reserved,
    measures::non_additive,
    models::defaults,
    models::primary_entities,
    models::pairings,
    labels::unique,
    metrics::conversion,
    models::time_spines,
    models::granularities,
    metrics::proxies,
];

/// Checks metrics and semantic models, if the project has both.
///
/// # Errors
/// There is no time spine, or a rule is broken: what it says has been written, as the error does not repeat it.
pub(super) fn check(cx: &Cx, manifest: &Manifest) -> Result<()> {
    if manifest.metrics.is_empty() || manifest.semantic_models.is_empty() {
        return Ok(());
    }
    let spines = TimeSpines::of(manifest)?;
    let semantics = Semantics::of(manifest, &spines);
    let mut issues = Issues::default();
    for rule in RULES {
        rule(&semantics, &mut issues);
    }
    old_parameters(cx, &semantics, &mut issues)?;
    warn_of_legacy_spine(cx, &spines)?;
    issues.say(cx)
}

impl<'m> Semantics<'m> {
    fn of(manifest: &'m Manifest, spines: &TimeSpines<'m>) -> Self {
        let named = |node: &&'m Node| {
            (node.relation_name.clone().unwrap_or_default(), TimeSpines::granularity(node).to_uppercase())
        };
        let written = spines.configured.iter().filter_map(|node| node.model()?.time_spine.as_ref());
        Semantics {
            spines: spines.configured.iter().map(named).collect(),
            models: manifest.semantic_models.values().collect(),
            metrics: manifest.metrics.values().collect(),
            saved_queries: manifest.saved_queries.values().collect(),
            custom_granularities: written
                .flat_map(|spine| list(spine, "custom_granularities"))
                .map(|granularity| text(granularity, "name"))
                .collect(),
        }
    }

    /// The metrics of a type.
    fn metrics_of<'s>(&'s self, kind: &'s str) -> impl Iterator<Item = &'m Json> + 's {
        self.metrics.iter().copied().filter(move |metric| text(metric, "type") == kind)
    }

    /// All measures with their semantic models.
    fn measures(&self) -> impl Iterator<Item = (&'m Json, &'m Json)> + '_ {
        self.models.iter().flat_map(|model| list(model, "measures").map(move |measure| (*model, measure)))
    }
}

impl Issues {
    fn warning(&mut self, message: String) {
        self.warnings.push(message);
    }

    fn error(&mut self, message: String) {
        self.errors.push(message);
    }

    fn say(self, cx: &Cx) -> Result<()> {
        for message in self.warnings {
            cx.warnings.warn("SemanticValidationFailure", "I070", &message)?;
        }
        for message in self.later {
            cx.warnings.deprecation("TimeDimensionsRequireGranularityDeprecation", "D041", &message)?;
        }
        for message in &self.errors {
            let text = cx.warnings.paint().warning_tag(message);
            let event = Event::new("SemanticValidationFailure", "I070", Level::Error, text);
            cx.globals.events.emit(event.with("msg", message.as_str()));
        }
        match self.errors.is_empty() {
            true => Ok(()),
            false => Err(Error::parsing("Semantic Manifest validation failed.")),
        }
    }
}

/// Cumulative metrics whose window stands where it stood before there was a place of its own.
fn old_parameters(cx: &Cx, semantics: &Semantics<'_>, issues: &mut Issues) -> Result<()> {
    let is_old = |metric: &&&Json| {
        let params = &metric["type_params"];
        is_given(params, "window") || is_given(params, "grain_to_date")
    };
    let names: Vec<&str> = semantics.metrics.iter().filter(is_old).map(|metric| text(metric, "name")).collect();
    if names.is_empty() {
        return Ok(());
    }
    if cx.flags.nested_cumulative_params {
        issues.error(format!(
            "Cumulative fields `type_params.window` and `type_params.grain_to_date` should be nested under \
             `type_params.cumulative_type_params.window` and `type_params.cumulative_type_params.grain_to_date`. Invalid \
             metrics: {}. See documentation on behavior changes: \
             https://docs.getdbt.com/reference/global-configs/behavior-changes.",
            names.join(", ")
        ));
        return Ok(());
    }
    let text = "Cumulative fields `type_params.window` and `type_params.grain_to_date` have been moved and will soon be \
                deprecated. Please nest those values under `type_params.cumulative_type_params.window` and \
                `type_params.cumulative_type_params.grain_to_date`. See documentation on behavior changes: \
                https://docs.getdbt.com/reference/global-configs/behavior-changes.";
    let paint = cx.warnings.paint();
    cx.warnings.deprecated(deprecations::plain(paint, "MFCumulativeTypeParamsDeprecation", "D019", text))
}

/// A time spine that is one by its name alone, where the project asks to be told.
fn warn_of_legacy_spine(cx: &Cx, spines: &TimeSpines<'_>) -> Result<()> {
    let has_days = spines.configured.iter().any(|node| TimeSpines::granularity(node).eq_ignore_ascii_case("day"));
    if cx.flags.yaml_time_spines || spines.legacy.is_none() || has_days {
        return Ok(());
    }
    let text = "Time spines without YAML configuration are in the process of deprecation. Please add YAML configuration \
                for your 'metricflow_time_spine' model. See documentation on MetricFlow time spines: \
                https://docs.getdbt.com/docs/build/metricflow-time-spine and behavior change documentation: \
                https://docs.getdbt.com/reference/global-configs/behavior-changes.";
    let paint = cx.warnings.paint();
    cx.warnings.deprecated(deprecations::plain(paint, "MFTimespineWithoutYamlConfigurationDeprecation", "D018", text))
}

fn text<'j>(json: &'j Json, key: &str) -> &'j str {
    optional(json, key).unwrap_or_default()
}

fn optional<'j>(json: &'j Json, key: &str) -> Option<&'j str> {
    json.get(key).and_then(Json::as_str)
}

fn list<'j>(json: &'j Json, key: &str) -> impl Iterator<Item = &'j Json> {
    json.get(key).and_then(Json::as_array).into_iter().flatten()
}

/// A value that is there and says something.
fn given<'j>(json: &'j Json, key: &str) -> Option<&'j Json> {
    json.get(key).filter(|value| super::python::truthy(value))
}

fn is_given(json: &Json, key: &str) -> bool {
    given(json, key).is_some()
}

fn is_time(dimension: &Json) -> bool {
    text(dimension, "type") == "time"
}

fn has_time_dimension(model: &Json, name: &str) -> bool {
    list(model, "dimensions").any(|dimension| is_time(dimension) && text(dimension, "name") == name)
}

/// `['a', 'b']`
fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("'{name}'")).collect();
    names.join(", ")
}
