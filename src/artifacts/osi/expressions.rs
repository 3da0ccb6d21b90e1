//! Metrics as one SQL expression each: whatever a metric is made of is put in its place.

use std::collections::HashMap;
use std::sync::LazyLock;

use fancy_regex::{NoExpand, Regex};

use super::filters::{both, sql};
use super::shapes::{Agg, AggParams, Input, Metric, MetricKind};
use crate::error::{Error, Result};
use crate::jinja::Engine;
use crate::jinja::value::float_repr;

/// A column without a table, and the column of a count that became a sum.
static COLUMN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[A-Za-z_][A-Za-z0-9_]*$").ok());
static COUNTED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^CASE WHEN ([A-Za-z_][A-Za-z0-9_]*) IS NOT NULL THEN 1 ELSE 0 END$").ok());

/// Turns metrics into SQL, each with each filter once.
pub(super) struct Expressions<'a> {
    metrics: HashMap<&'a str, &'a Metric>,
    engine: &'a Engine,
    known: HashMap<(String, Option<String>), String>,
    /// The metrics that are being put together, outermost first.
    open: Vec<String>,
}

impl<'a> Expressions<'a> {
    pub fn new(metrics: &'a [Metric], engine: &'a Engine) -> Self {
        let metrics = metrics.iter().map(|metric| (metric.name.as_str(), metric)).collect();
        Expressions { metrics, engine, known: HashMap::new(), open: Vec::new() }
    }

    /// The SQL of a metric.
    ///
    /// # Errors
    /// It needs what does not exist, or itself, or a filter cannot be rendered.
    pub fn of(&mut self, metric: &Metric) -> Result<String> {
        self.filtered(metric, None)
    }

    fn filtered(&mut self, metric: &Metric, outer: Option<&str>) -> Result<String> {
        let own = sql(self.engine, metric.filter.as_ref())?;
        let filter = both([outer, own.as_deref()]);
        let key = (metric.name.clone(), filter);
        if let Some(known) = self.known.get(&key) {
            return Ok(known.clone());
        }
        if self.open.contains(&metric.name) {
            let circle = self.open.join(", which needs ");
            return Err(Error::runtime(format!(
                "Metrics need each other in a circle: {circle}, which needs {}.",
                metric.name
            )));
        }
        self.open.push(metric.name.clone());
        let made = match metric.kind {
            MetricKind::Simple => simple(metric, key.1.as_deref()),
            MetricKind::Cumulative => self.cumulative(metric, key.1.as_deref()),
            MetricKind::Ratio => self.ratio(metric, key.1.as_deref()),
            MetricKind::Derived => self.derived(metric, key.1.as_deref()),
            MetricKind::Conversion => Err(incomplete(metric, "cannot be a part of another metric")),
        }?;
        self.open.pop();
        self.known.insert(key, made.clone());
        Ok(made)
    }

    /// The SQL of a metric that another reads, and the metric itself.
    fn input(&mut self, of: &Metric, input: &Input, outer: Option<&str>) -> Result<(String, &'a Metric)> {
        let Some(metric) = self.metrics.get(input.name.as_str()).copied() else {
            return Err(incomplete(of, &format!("reads the metric '{}', which does not exist", input.name)));
        };
        let own = sql(self.engine, input.filter.as_ref())?;
        let filter = both([outer, own.as_deref()]);
        Ok((self.filtered(metric, filter.as_deref())?, metric))
    }

    /// Windows cannot be said in an expression.
    fn cumulative(&mut self, metric: &Metric, filter: Option<&str>) -> Result<String> {
        let params = metric.type_params.cumulative_type_params.as_ref();
        match params.and_then(|params| params.metric.as_ref()) {
            Some(input) => Ok(self.input(metric, input, filter)?.0),
            None => Err(incomplete(metric, "has no metric to add up")),
        }
    }

    fn ratio(&mut self, metric: &Metric, filter: Option<&str>) -> Result<String> {
        match (&metric.type_params.numerator, &metric.type_params.denominator) {
            (Some(above), Some(below)) => {
                let above = self.input(metric, above, filter)?.0;
                let below = self.input(metric, below, filter)?.0;
                Ok(format!("({above}) / ({below})"))
            }
            _ => Err(incomplete(metric, "has no numerator or no denominator")),
        }
    }

    /// The formula with each metric's name replaced, one after the other, as dbt does: also in what was put in before.
    fn derived(&mut self, metric: &Metric, filter: Option<&str>) -> Result<String> {
        let mut formula = metric.type_params.expr.clone().unwrap_or_default();
        for input in &metric.type_params.metrics {
            let name = input.alias.as_deref().filter(|alias| !alias.is_empty()).unwrap_or(&input.name);
            let (mut made, read) = self.input(metric, input, filter)?;
            if matches!(read.kind, MetricKind::Derived | MetricKind::Ratio) {
                made = format!("({made})");
            }
            if let Ok(word) = Regex::new(&format!(r"\b{}\b", fancy_regex::escape(name))) {
                formula = word.replace_all(&formula, NoExpand(&made)).into_owned();
            }
        }
        Ok(formula)
    }
}

fn incomplete(metric: &Metric, what: &str) -> Error {
    Error::runtime(format!("The metric '{}' {what}, so that osi_document.json cannot tell it.", metric.name))
}

fn simple(metric: &Metric, filter: Option<&str>) -> Result<String> {
    let Some(aggregation) = &metric.type_params.metric_aggregation_params else {
        return Err(incomplete(metric, "has no aggregation"));
    };
    let column = metric.type_params.expr.as_deref().unwrap_or(&metric.name);
    let column = qualified(column, &aggregation.semantic_model);
    Ok(aggregated(aggregation.agg, &column, aggregation.agg_params.as_ref(), filter))
}

/// A column with the name of its semantic model; other SQL stays as it is.
fn qualified(column: &str, model: &str) -> String {
    let counted = COUNTED.as_ref().and_then(|regex| regex.captures(column).ok().flatten());
    if let Some(column) = counted.as_ref().and_then(|captures| captures.get(1)) {
        return format!("CASE WHEN {model}.{} IS NOT NULL THEN 1 ELSE 0 END", column.as_str());
    }
    match COLUMN.as_ref().is_some_and(|regex| regex.is_match(column).unwrap_or(false)) {
        true => format!("{model}.{column}"),
        false => column.to_owned(),
    }
}

/// Rows that the filter leaves out are null, which aggregations pass over.
fn aggregated(agg: Agg, column: &str, params: Option<&AggParams>, filter: Option<&str>) -> String {
    let value = match filter {
        Some(filter) => format!("CASE WHEN {filter} THEN {column} END"),
        None => column.to_owned(),
    };
    match agg {
        Agg::Sum => format!("SUM({value})"),
        Agg::Min => format!("MIN({value})"),
        Agg::Max => format!("MAX({value})"),
        Agg::Count => format!("COUNT({value})"),
        Agg::CountDistinct => format!("COUNT(DISTINCT {value})"),
        Agg::Average => format!("AVG({value})"),
        Agg::SumBoolean => match filter {
            Some(filter) => format!("SUM(CASE WHEN ({filter}) AND ({column}) THEN 1 ELSE 0 END)"),
            None => format!("SUM(CASE WHEN {column} THEN 1 ELSE 0 END)"),
        },
        Agg::Median | Agg::Percentile => {
            let percentile = params.and_then(|params| params.percentile).filter(|_| agg == Agg::Percentile);
            let discrete = agg == Agg::Percentile && params.is_some_and(|params| params.use_discrete_percentile);
            let function = if discrete { "PERCENTILE_DISC" } else { "PERCENTILE_CONT" };
            format!("{function}({}) WITHIN GROUP (ORDER BY {value})", float_repr(percentile.unwrap_or(0.5)))
        }
    }
}
