//! One constructor for each of dbt's events that rdbt fires: dbt's name, code, level, text and JSON fields. Scripts read
//! these words, so they stay dbt's.

mod batch;
mod docs;
mod end;
mod freshness;
mod node;
mod run;

pub use batch::*;
pub use docs::*;
pub use end::*;
pub use freshness::*;
pub use node::*;
pub use run::*;

use serde_json::Value as Json;

/// Seconds as dbt's JSON lines carry them: with the precision of a 32-bit float.
#[allow(clippy::cast_possible_truncation)]
fn seconds_json(seconds: f64) -> Json {
    let short = (seconds as f32).to_string();
    short.parse::<f64>().map_or(Json::Null, Json::from)
}
