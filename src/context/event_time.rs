//! Which rows of what a model refers to are read: those of its batch, those of the sample, or all. Mirrors dbt's
//! `resolve_event_time_filter`.

use chrono::{DateTime, Utc};
use indexmap::IndexMap;

use crate::adapter::EventTimeFilter;
use crate::manifest::{ColumnInfo, Config, ResourceType};

use super::batch::sql_moment;
use super::scope::Scope;

/// The filter for a relation whose node or source has this configuration; nothing where all rows are read.
pub fn filter(
    scope: &Scope,
    config: &Config,
    columns: &IndexMap<String, ColumnInfo>,
    quotes_columns: Option<bool>,
) -> Option<EventTimeFilter> {
    let column = config.str("event_time").filter(|column| !column.is_empty())?;
    let reader = scope.subject.node()?;
    if !matches!(reader.resource_type, ResourceType::Model | ResourceType::Snapshot) {
        return None;
    }
    let (start, end) = range(scope)?;
    let own = columns.values().find(|known| known.name == column).and_then(|known| known.quote);
    let quoted = own.or(quotes_columns).unwrap_or(false);
    Some(EventTimeFilter {
        field_name: if quoted { format!("\"{column}\"") } else { column.to_owned() },
        start: Some(sql_moment(start)),
        end: Some(sql_moment(end)),
    })
}

/// The batch cut to the sample, or whichever of the two there is.
fn range(scope: &Scope) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let sample = scope.globals.invocation.flags.sample.as_ref().map(|window| (window.start, window.end));
    let batch = scope.run().and_then(|run| run.batch.as_ref()).map(|batch| (batch.start, batch.end));
    match (batch, sample) {
        (Some(batch), Some(sample)) => Some((batch.0.max(sample.0), batch.1.min(sample.1))),
        (batch, sample) => batch.or(sample),
    }
}
