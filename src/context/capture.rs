//! What a render records while parsing: `config()`, `ref()`, `source()` and their like. dbt builds the graph from it.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map as JsonMap, Value as Json};

use crate::manifest::RefArgs;

/// Calls recorded by one render, in order.
#[derive(Debug, Default)]
pub struct Capture(Mutex<Captured>);

/// The recorded calls.
#[derive(Debug, Default, Clone)]
pub struct Captured {
    /// Each `config()` call's arguments, `pre_hook` spelled `pre-hook`. Merging is `parse`'s business.
    pub config_calls: Vec<JsonMap<String, Json>>,
    /// `ref()` calls.
    pub refs: Vec<RefArgs>,
    /// `source()` calls.
    pub sources: Vec<[String; 2]>,
    /// `metric()` calls.
    pub metrics: Vec<Vec<String>>,
    /// `function()` calls.
    pub functions: Vec<Vec<String>>,
    /// Unique ids of the macros that the template itself called.
    pub macros: Vec<Arc<str>>,
}

impl Capture {
    /// Records something.
    pub fn record(&self, change: impl FnOnce(&mut Captured)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Takes what was recorded.
    pub fn take(&self) -> Captured {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
