//! What a render records while parsing: `config()`, `ref()`, `source()` and their like. dbt builds the graph from it.

use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Map as JsonMap, Value as Json};

use super::reads::Reads;
use crate::manifest::RefArgs;

/// Calls recorded by one render, in order.
#[derive(Debug, Default)]
pub struct Capture {
    calls: Mutex<Captured>,
    reads: Mutex<Reads>,
}

/// The recorded calls.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
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
        change(&mut self.calls.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Takes what was recorded.
    pub fn take(&self) -> Captured {
        std::mem::take(&mut self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes that something was read.
    pub fn note(&self, change: impl FnOnce(&mut Reads)) {
        change(&mut self.reads.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Takes the notes of what was read.
    pub fn take_reads(&self) -> Reads {
        std::mem::take(&mut self.reads.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
