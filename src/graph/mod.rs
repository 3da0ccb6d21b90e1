//! The order of work and what of it was asked for: the dependency graph, dbt's selection language with its YAML
//! selectors and comparison with an earlier state, and the listing of what is selected.

mod dag;
mod filter;
mod glob;
mod list;
mod member;
mod methods;
mod queue;
mod select;
pub mod selectors;
pub mod spec;
pub mod state;
mod summary;
mod test_edges;

#[cfg(test)]
mod tests;

pub use dag::Graph;
pub use filter::Filter;
pub use list::{ListFormat, list_lines};
pub use queue::Queue;
pub use select::{Request, Selection, select};
pub use selectors::{Selectors, manifest_json as selectors_json};
pub use state::PreviousState;
pub use summary::Summary;
