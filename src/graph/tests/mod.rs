//! The room against the reference's results on a project with every kind of resource.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod cases;
pub(super) mod load;
mod order;
mod pieces;
mod test_edges;
