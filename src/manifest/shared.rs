//! A JSON object that many resources share. Most nodes of a project are configured alike; they hold one object together
//! until one of them changes it, which gives that one a copy of its own.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map as JsonMap, Value as Json};

/// The name under which a shared object is serialized, so that a serializer can see that it wrote the object before: by its
/// address. What is serialized must therefore live until the serializer is done; an object made on the way would leave its
/// address to the next one.
pub const SHARED_MAP: &str = "rdbt.SharedMap";

/// A shared JSON object; reads as the object itself, copies on write.
#[derive(Debug, Clone, PartialEq)]
pub struct SharedMap(Arc<JsonMap<String, Json>>);

impl SharedMap {
    /// Whether both are the same object in memory: then they are equal without a look.
    pub fn is(&self, other: &SharedMap) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// What tells this object from all others that are alive.
    pub fn address(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }
}

/// The empty object; all share one.
impl Default for SharedMap {
    fn default() -> Self {
        static EMPTY: OnceLock<SharedMap> = OnceLock::new();
        EMPTY.get_or_init(|| SharedMap(Arc::default())).clone()
    }
}

impl Deref for SharedMap {
    type Target = JsonMap<String, Json>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for SharedMap {
    fn deref_mut(&mut self) -> &mut Self::Target {
        Arc::make_mut(&mut self.0)
    }
}

impl From<JsonMap<String, Json>> for SharedMap {
    fn from(map: JsonMap<String, Json>) -> Self {
        SharedMap(Arc::new(map))
    }
}

impl From<SharedMap> for JsonMap<String, Json> {
    fn from(shared: SharedMap) -> Self {
        Arc::unwrap_or_clone(shared.0)
    }
}

impl Serialize for SharedMap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(SHARED_MAP, &*self.0)
    }
}

impl<'de> Deserialize<'de> for SharedMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        JsonMap::deserialize(deserializer).map(SharedMap::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_leaves_the_others_alone() {
        let one = SharedMap::from(JsonMap::from_iter([("a".to_owned(), Json::from(1))]));
        let mut other = one.clone();
        assert!(one.is(&other));
        other.insert("b".to_owned(), Json::Null);
        assert!(!one.is(&other));
        assert_eq!((one.len(), other.len()), (1, 2));
    }
}
