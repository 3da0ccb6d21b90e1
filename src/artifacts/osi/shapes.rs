//! What the translation reads of semantic models and metrics, in the shapes of MetricFlow's manifest.

use serde::Deserialize;
use serde_json::Value as Json;

/// A semantic model.
#[derive(Clone, Deserialize)]
pub(super) struct SemanticModel {
    pub name: String,
    pub description: Option<String>,
    pub node_relation: NodeRelation,
    pub entities: Vec<Element>,
    pub dimensions: Vec<Element>,
    pub measures: Vec<Measure>,
}

/// The relation of a semantic model.
#[derive(Clone, Deserialize)]
pub(super) struct NodeRelation {
    pub relation_name: String,
}

/// An entity or a dimension.
#[derive(Clone, Deserialize)]
pub(super) struct Element {
    pub name: String,
    /// `primary`, `foreign`, ... of entities; `categorical` or `time` of dimensions.
    #[serde(rename = "type")]
    pub kind: String,
    pub expr: Option<String>,
    pub label: Option<String>,
    pub description: Option<String>,
    pub datatype: Option<String>,
}

impl Element {
    /// The SQL of the column.
    pub fn column(&self) -> &str {
        self.expr.as_deref().unwrap_or(&self.name)
    }
}

/// A measure.
#[derive(Clone, Deserialize)]
pub(super) struct Measure {
    pub name: String,
    pub agg: Agg,
    pub expr: Option<String>,
    pub agg_params: Option<AggParams>,
    pub agg_time_dimension: Json,
    pub non_additive_dimension: Json,
    pub create_metric: Option<bool>,
    pub label: Option<String>,
    pub description: Option<String>,
}

impl Measure {
    /// The SQL that is aggregated; an empty one counts as none.
    pub fn expression(&self) -> &str {
        self.expr.as_deref().filter(|expr| !expr.is_empty()).unwrap_or(&self.name)
    }
}

/// How values become one.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Agg {
    Sum,
    Min,
    Max,
    CountDistinct,
    SumBoolean,
    Average,
    Percentile,
    Median,
    Count,
}

/// Which percentile.
#[derive(Clone, Default, PartialEq, Deserialize)]
pub(super) struct AggParams {
    pub percentile: Option<f64>,
    pub use_discrete_percentile: bool,
    pub use_approximate_percentile: bool,
}

/// A metric.
#[derive(Clone, Deserialize)]
pub(super) struct Metric {
    pub name: String,
    pub description: Option<String>,
    #[serde(rename = "type")]
    pub kind: MetricKind,
    pub datatype: Option<String>,
    pub type_params: Params,
    pub filter: Option<Filter>,
    pub time_granularity: Json,
}

/// The kinds of metrics.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum MetricKind {
    Simple,
    Ratio,
    Cumulative,
    Derived,
    Conversion,
}

/// What a metric is made of, by its kind.
#[derive(Clone, Default, Deserialize)]
pub(super) struct Params {
    pub measure: Option<InputMeasure>,
    pub numerator: Option<Input>,
    pub denominator: Option<Input>,
    pub expr: Option<String>,
    pub window: Json,
    pub grain_to_date: Json,
    pub metrics: Vec<Input>,
    pub conversion_type_params: Option<Conversion>,
    pub cumulative_type_params: Option<Cumulative>,
    pub metric_aggregation_params: Option<Aggregation>,
    pub join_to_timespine: bool,
    pub fill_nulls_with: Option<i64>,
    pub is_private: Option<bool>,
}

/// The measure that a metric reads.
#[derive(Clone, Default, PartialEq, Deserialize)]
pub(super) struct InputMeasure {
    pub name: String,
    pub filter: Option<Filter>,
    pub alias: Option<String>,
    pub join_to_timespine: bool,
    pub fill_nulls_with: Option<i64>,
}

/// The metric that a metric reads.
#[derive(Clone, Deserialize)]
pub(super) struct Input {
    pub name: String,
    pub filter: Option<Filter>,
    pub alias: Option<String>,
}

/// What a conversion metric compares.
#[derive(Clone, Deserialize)]
pub(super) struct Conversion {
    pub base_measure: Option<InputMeasure>,
    pub base_metric: Option<Input>,
    pub conversion_measure: Option<InputMeasure>,
    pub conversion_metric: Option<Input>,
}

/// What a cumulative metric sums up.
#[derive(Clone, Default, Deserialize)]
pub(super) struct Cumulative {
    pub metric: Option<Input>,
}

/// The aggregation of a simple metric.
#[derive(Clone, PartialEq, Deserialize)]
pub(super) struct Aggregation {
    pub semantic_model: String,
    pub agg: Agg,
    pub agg_params: Option<AggParams>,
    pub agg_time_dimension: Json,
    pub non_additive_dimension: Json,
}

/// Conditions that must all hold.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Filter {
    pub where_filters: Vec<Condition>,
}

/// One condition: SQL with references in Jinja.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Condition {
    pub where_sql_template: String,
}
