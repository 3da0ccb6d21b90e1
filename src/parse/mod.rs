//! Files to manifest.
pub mod config;
pub mod files;
pub mod python;
mod walk;
