//! Remembers what configurations came to. Nearly all nodes of a project are configured alike: from the same levels of
//! `dbt_project.yml`, with the same few words in the file. They share one result.

use std::sync::{Mutex, PoisonError};

use serde_json::{Map as JsonMap, Value as Json};

use crate::error::Result;
use crate::manifest::{FastMap, ResourceType, SharedMap};

/// Results by what they follow from.
#[derive(Debug, Default)]
pub struct Memo {
    resolved: Mutex<FastMap<Vec<u8>, SharedMap>>,
    overlaid: Mutex<FastMap<(ResourceType, usize, usize), Overlaid>>,
}

/// An overlay keeps its two operands, so that no other object takes their addresses.
#[derive(Debug)]
struct Overlaid {
    _operands: [SharedMap; 2],
    result: SharedMap,
}

impl Memo {
    /// What `key` led to before, or what `make` gives.
    ///
    /// # Errors
    /// As `make`; errors are not remembered.
    pub fn resolved(&self, key: Key, make: impl FnOnce() -> Result<JsonMap<String, Json>>) -> Result<SharedMap> {
        if let Some(known) = lock(&self.resolved).get(&key.0) {
            return Ok(known.clone());
        }
        let made = SharedMap::from(make()?);
        Ok(lock(&self.resolved).entry(key.0).or_insert(made).clone())
    }

    /// What `later` over `earlier` came to before, or what `make` gives.
    ///
    /// # Errors
    /// As `make`; errors are not remembered.
    pub fn overlaid(
        &self,
        resource_type: ResourceType,
        earlier: &SharedMap,
        later: &SharedMap,
        make: impl FnOnce() -> Result<JsonMap<String, Json>>,
    ) -> Result<SharedMap> {
        let key = (resource_type, earlier.address(), later.address());
        if let Some(known) = lock(&self.overlaid).get(&key) {
            return Ok(known.result.clone());
        }
        let result = SharedMap::from(make()?);
        let remembered = Overlaid { _operands: [earlier.clone(), later.clone()], result };
        Ok(lock(&self.overlaid).entry(key).or_insert(remembered).result.clone())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Everything that a configuration follows from, in bytes.
#[derive(Debug)]
pub struct Key(Vec<u8>);

impl Key {
    /// A key for a type of resource; `kind` tells apart what is computed.
    pub fn new(kind: u8, resource_type: ResourceType) -> Self {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend([kind, resource_type as u8]);
        Key(bytes)
    }

    /// Adds levels of trees that live as long as the memo.
    pub fn levels(&mut self, levels: &[&JsonMap<String, Json>]) {
        self.0.push(u8::try_from(levels.len()).unwrap_or(u8::MAX));
        for level in levels {
            self.0.extend((std::ptr::from_ref(*level) as usize).to_le_bytes());
        }
    }

    /// Adds an object by its content, order of keys included.
    pub fn map(&mut self, map: Option<&JsonMap<String, Json>>) {
        match map {
            None => self.0.push(b'-'),
            Some(map) if map.is_empty() => self.0.extend(b"{}"),
            // Writing into memory does not fail.
            Some(map) => drop(serde_json::to_writer(&mut self.0, map)),
        }
    }
}
