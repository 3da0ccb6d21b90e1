//! MetricFlow's own preparation of a manifest, as far as it shows: measures become simple metrics, and counts, medians and
//! sums of conditions become sums and percentiles. The order of the steps is MetricFlow's, and matters.

use std::collections::{HashMap, HashSet};

use super::shapes::{
    Agg, AggParams, Aggregation, Filter, Input, InputMeasure, Measure, Metric, MetricKind, Params, SemanticModel,
};
use crate::error::{Error, Result};

/// Measures by name, with the semantic model that has them.
type Measures = HashMap<String, (String, Measure)>;
/// What a metric was made for: a measure, what stands for null, whether it is joined to the time spine.
type Need = (String, Option<i64>, bool);

const MEDIAN: f64 = 0.5;

/// Prepares semantic models and metrics; metrics that cumulative ones and conversions need are added.
///
/// # Errors
/// A count has nothing to count, a median is no median, or a metric has the name of another's measure.
pub(super) fn simplify(models: &mut [SemanticModel], metrics: &mut Vec<Metric>) -> Result<()> {
    models.iter_mut().for_each(lower_names);
    for measure in models.iter_mut().flat_map(|model| &mut model.measures) {
        prepare_measure(measure)?;
    }
    add_proxies(models, metrics)?;
    let measures: Measures = models
        .iter()
        .flat_map(|model| model.measures.iter().map(|each| (each.name.clone(), (model.name.clone(), each.clone()))))
        .collect();
    for metric in metrics.iter_mut().filter(|metric| metric.kind == MetricKind::Simple) {
        let Some(input) = metric.type_params.measure.clone() else { continue };
        if let Some((model, measure)) = measures.get(&input.name) {
            take_over(metric, measure, model, Some(&input));
        }
    }
    Replacing::new(metrics, &measures).all();
    for metric in metrics.iter_mut().filter(|metric| metric.kind == MetricKind::Simple) {
        let measure = metric.type_params.measure.as_ref().and_then(|input| measures.get(&input.name));
        if let Some((_, measure)) = measure {
            metric.type_params.expr = Some(measure.expression().to_owned());
        }
        prepare_metric(metric)?;
    }
    Ok(())
}

fn lower_names(model: &mut SemanticModel) {
    let elements = model.entities.iter_mut().chain(&mut model.dimensions).map(|element| &mut element.name);
    for name in elements.chain(model.measures.iter_mut().map(|measure| &mut measure.name)) {
        *name = name.to_lowercase();
    }
    model.name = model.name.to_lowercase();
}

fn prepare_measure(measure: &mut Measure) -> Result<()> {
    match measure.agg {
        Agg::SumBoolean => {
            measure.expr = Some(one_or_zero(measure.expression()));
            measure.agg = Agg::Sum;
        }
        Agg::Count => {
            // MetricFlow calls it a metric here as well.
            measure.expr = Some(counted(measure.expr.as_deref(), &measure.name)?);
            measure.agg = Agg::Sum;
        }
        Agg::Median => {
            measure.agg_params = Some(median(measure.agg_params.take(), "Measure", &measure.name)?);
            measure.agg = Agg::Percentile;
        }
        _ => {}
    }
    Ok(())
}

/// The same for a simple metric that has its aggregation itself.
fn prepare_metric(metric: &mut Metric) -> Result<()> {
    let Some(aggregation) = &mut metric.type_params.metric_aggregation_params else { return Ok(()) };
    match aggregation.agg {
        Agg::SumBoolean => {
            let expr = metric.type_params.expr.as_deref().filter(|expr| !expr.is_empty());
            metric.type_params.expr = Some(one_or_zero(expr.unwrap_or(&metric.name)));
            aggregation.agg = Agg::Sum;
        }
        Agg::Count => {
            metric.type_params.expr = Some(counted(metric.type_params.expr.as_deref(), &metric.name)?);
            aggregation.agg = Agg::Sum;
        }
        Agg::Median => {
            aggregation.agg_params = Some(median(aggregation.agg_params.take(), "Metric", &metric.name)?);
            aggregation.agg = Agg::Percentile;
        }
        _ => {}
    }
    Ok(())
}

fn one_or_zero(condition: &str) -> String {
    format!("CASE WHEN {condition} THEN 1 ELSE 0 END")
}

fn counted(expr: Option<&str>, name: &str) -> Result<String> {
    match expr {
        Some("1") => Ok("1".to_owned()),
        Some(expr) => Ok(one_or_zero(&format!("{expr} IS NOT NULL"))),
        None => Err(Error::runtime(format!(
            "Metric '{name}' uses a COUNT aggregation, which requires an expr to be provided. Provide 'expr: 1' if a count \
             of all rows is desired."
        ))),
    }
}

fn median(params: Option<AggParams>, kind: &str, name: &str) -> Result<AggParams> {
    let params = params.unwrap_or_default();
    let conflict = match params.percentile.filter(|percentile| (percentile - MEDIAN).abs() > f64::EPSILON) {
        Some(percentile) => format!(
            "percentile is set to '{percentile}', a conflicting value. Please remove the parameter or set to '0.5'."
        ),
        None if params.use_discrete_percentile => {
            "use_discrete_percentile is set to true. Please remove the parameter or set to False.".to_owned()
        }
        None => return Ok(AggParams { percentile: Some(MEDIAN), ..params }),
    };
    Err(Error::runtime(format!("{kind} '{name}' uses a MEDIAN aggregation, while {conflict}")))
}

/// A metric for each measure that asks for one and does not have it yet.
fn add_proxies(models: &[SemanticModel], metrics: &mut Vec<Metric>) -> Result<()> {
    let all = models.iter().flat_map(|model| model.measures.iter().map(move |measure| (model, measure)));
    for (model, measure) in all.filter(|(_, measure)| measure.create_metric == Some(true)) {
        let mut known = metrics.iter().filter(|metric| metric.name == measure.name).peekable();
        let missing = known.peek().is_none();
        if known.any(|metric| metric.kind != MetricKind::Simple) {
            return Err(Error::runtime(format!(
                "Cannot have metric with the same name as a measure ({}) that is not a created mechanically from that \
                 measure using create_metric=True",
                measure.name
            )));
        }
        if missing {
            let mut metric = made_from(measure, &model.name, None);
            metric.type_params.is_private = Some(false);
            metrics.push(metric);
        }
    }
    Ok(())
}

/// A private metric that is a measure, under the measure's name.
fn made_from(measure: &Measure, model: &str, input: Option<&InputMeasure>) -> Metric {
    let mut metric = Metric {
        name: measure.name.clone(),
        description: measure.description.clone(),
        kind: MetricKind::Simple,
        datatype: None,
        type_params: Params { is_private: Some(true), ..Params::default() },
        filter: None,
        time_granularity: Default::default(),
    };
    take_over(&mut metric, measure, model, input);
    metric
}

/// Gives a simple metric the aggregation of its measure, and what `input` says of it.
fn take_over(metric: &mut Metric, measure: &Measure, model: &str, input: Option<&InputMeasure>) {
    let params = &mut metric.type_params;
    if params.metric_aggregation_params.is_some() {
        return;
    }
    if let Some(number) = input.and_then(|input| input.fill_nulls_with) {
        params.fill_nulls_with = Some(number);
    }
    params.join_to_timespine |= input.is_some_and(|input| input.join_to_timespine);
    params.metric_aggregation_params = Some(Aggregation {
        semantic_model: model.to_owned(),
        agg: measure.agg,
        agg_params: measure.agg_params.clone(),
        agg_time_dimension: measure.agg_time_dimension.clone(),
        non_additive_dimension: measure.non_additive_dimension.clone(),
    });
    params.expr.get_or_insert_with(|| measure.expression().to_owned());
    let filter = input.and_then(|input| input.filter.clone());
    let given = [&filter, &metric.filter].into_iter().flatten();
    let conditions: Vec<_> = given.flat_map(|filter| filter.where_filters.clone()).collect();
    if !conditions.is_empty() {
        metric.filter = Some(Filter { where_filters: conditions });
    }
    params.measure = Some(InputMeasure { name: measure.name.clone(), filter, ..InputMeasure::default() });
}

/// Cumulative metrics and conversions that read measures: each gets a simple metric in its place.
struct Replacing<'a> {
    metrics: &'a mut Vec<Metric>,
    measures: &'a Measures,
    names: HashSet<String>,
    made: HashMap<Need, String>,
}

impl<'a> Replacing<'a> {
    fn new(metrics: &'a mut Vec<Metric>, measures: &'a Measures) -> Self {
        let names = metrics.iter().map(|metric| metric.name.clone()).collect();
        Replacing { metrics, measures, names, made: HashMap::new() }
    }

    fn all(&mut self) {
        for at in 0..self.metrics.len() {
            match self.metrics[at].kind {
                MetricKind::Cumulative => self.cumulative(at),
                MetricKind::Conversion => self.conversion(at),
                _ => {}
            }
        }
    }

    fn cumulative(&mut self, at: usize) {
        let params = &self.metrics[at].type_params;
        let taken = params.cumulative_type_params.as_ref().is_some_and(|params| params.metric.is_some());
        let Some(measure) = params.measure.clone().filter(|_| !taken) else { return };
        if let Some(input) = self.input(&measure) {
            self.metrics[at].type_params.cumulative_type_params.get_or_insert_default().metric = Some(input);
        }
    }

    fn conversion(&mut self, at: usize) {
        let Some(mut params) = self.metrics[at].type_params.conversion_type_params.take() else { return };
        for (measure, metric) in [
            (&params.base_measure, &mut params.base_metric),
            (&params.conversion_measure, &mut params.conversion_metric),
        ] {
            if let Some(measure) = measure.as_ref().filter(|_| metric.is_none()) {
                *metric = self.input(measure);
            }
        }
        self.metrics[at].type_params.conversion_type_params = Some(params);
    }

    /// The simple metric that stands for a measure: one that was made before, one that is the same, or a new one.
    fn input(&mut self, input: &InputMeasure) -> Option<Input> {
        let (model, measure) = self.measures.get(&input.name)?;
        let need = (measure.name.clone(), input.fill_nulls_with, input.join_to_timespine);
        let name = match self.made.get(&need) {
            Some(name) => name.clone(),
            None => {
                // The filter stays with the metric that asks, and is not the made one's.
                let wanted = made_from(measure, model, Some(&InputMeasure { filter: None, ..input.clone() }));
                let name = match self.metrics.iter().find(|metric| alike(&wanted, metric)) {
                    Some(known) => known.name.clone(),
                    None => self.add(wanted, input),
                };
                self.made.insert(need, name.clone());
                name
            }
        };
        Some(Input { name, filter: input.filter.clone(), alias: input.alias.clone() })
    }

    fn add(&mut self, mut metric: Metric, input: &InputMeasure) -> String {
        let mut base = metric.name.clone();
        if let Some(number) = input.fill_nulls_with {
            let sign = if number < 0 { "neg_" } else { "" };
            base = format!("{base}_fill_nulls_with_{sign}{}", number.unsigned_abs());
        }
        if input.join_to_timespine {
            base.push_str("_join_to_timespine");
        }
        let numbered = (1..).map(|number: usize| format!("{base}_{number}"));
        let free = std::iter::once(base.clone()).chain(numbered).find(|name| !self.names.contains(name));
        let name = free.unwrap_or(base);
        self.names.insert(name.clone());
        metric.name.clone_from(&name);
        self.metrics.push(metric);
        name
    }
}

/// Whether a metric of the project does what a made one would.
fn alike(made: &Metric, known: &Metric) -> bool {
    let (a, b) = (&made.type_params, &known.type_params);
    made.kind == known.kind
        && a.window == b.window
        && a.grain_to_date == b.grain_to_date
        && a.metric_aggregation_params == b.metric_aggregation_params
        && a.join_to_timespine == b.join_to_timespine
        && a.fill_nulls_with == b.fill_nulls_with
        && a.expr == b.expr
        && made.filter == known.filter
        && made.time_granularity == known.time_granularity
        && (b.measure.is_none() || a.measure == b.measure)
}
