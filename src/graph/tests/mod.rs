//! The room against the reference's results on a project with every kind of resource.

mod cases;
mod load;
mod order;
mod pieces;
