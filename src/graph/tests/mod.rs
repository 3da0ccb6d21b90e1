//! The room against the reference's results on a project with every kind of resource.

mod cases;
pub(super) mod load;
mod order;
mod pieces;
