//! What rdbt knows to exist in the database, so that materializations need not ask for every node. Filled schema by
//! schema, kept true by the drops and renames that rdbt itself makes; names are compared without case.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;

use super::relation::Relation;

/// Where a relation or a schema is, in lower case.
type SchemaKey = (Option<String>, Option<String>);
type RelationKey = (Option<String>, Option<String>, Option<String>);

#[derive(Debug, Default)]
struct Known {
    relations: IndexMap<RelationKey, Relation>,
    schemas: HashSet<SchemaKey>,
}

/// The cache. Shared by all workers; every method locks it for itself.
#[derive(Debug, Default)]
pub struct RelationCache(Mutex<Known>);

/// What a change did, for the log line that dbt writes about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheChange {
    /// The relation was known, and the change is made.
    Made,
    /// The relation was not known before.
    Unknown,
}

fn lower(part: Option<&str>) -> Option<String> {
    part.map(str::to_lowercase)
}

fn schema_key(database: Option<&str>, schema: Option<&str>) -> SchemaKey {
    (lower(database), lower(schema))
}

fn key(relation: &Relation) -> RelationKey {
    (lower(relation.database()), lower(relation.schema()), lower(relation.identifier()))
}

impl RelationCache {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a schema's relations are known.
    pub fn contains_schema(&self, database: Option<&str>, schema: &str) -> bool {
        self.known().schemas.contains(&schema_key(database, Some(schema)))
    }

    /// Says that a schema's relations are known, even if there are none.
    pub fn add_schema(&self, database: Option<&str>, schema: &str) {
        self.known().schemas.insert(schema_key(database, Some(schema)));
    }

    /// Adds a relation and its schema; one that is known already stays as it is.
    pub fn add(&self, relation: Relation) {
        let mut known = self.known();
        known.schemas.insert(schema_key(relation.database(), relation.schema()));
        known.relations.entry(key(&relation)).or_insert(relation);
    }

    /// Forgets a relation.
    pub fn drop_relation(&self, relation: &Relation) -> CacheChange {
        match self.known().relations.shift_remove(&key(relation)) {
            Some(_) => CacheChange::Made,
            None => CacheChange::Unknown,
        }
    }

    /// Forgets a schema and everything in it.
    pub fn drop_schema(&self, database: Option<&str>, schema: Option<&str>) {
        let gone = schema_key(database, schema);
        let mut known = self.known();
        known.relations.retain(|key, _| (&key.0, &key.1) != (&gone.0, &gone.1));
        known.schemas.remove(&gone);
    }

    /// Gives a relation another name; one that was never known, as temporary tables are, is known from then on.
    ///
    /// # Errors
    /// The new name is taken. The text is dbt's message.
    pub fn rename(&self, old: &Relation, new: &Relation) -> Result<CacheChange, String> {
        let mut known = self.known();
        let new_key = key(new);
        if known.relations.contains_key(&new_key) {
            return Err(format!(
                "Cache inconsistency detected: in rename, new key {} already in cache: [{}]",
                show(&new_key),
                known.relations.keys().map(show).collect::<Vec<_>>().join(", ")
            ));
        }
        let renamed = known.relations.shift_remove(&key(old));
        let change = if renamed.is_some() { CacheChange::Made } else { CacheChange::Unknown };
        let relation = renamed.map_or_else(|| new.clone(), |relation| Relation { path: new.path.clone(), ..relation });
        known.schemas.insert((new_key.0.clone(), new_key.1.clone()));
        known.relations.insert(new_key, relation);
        Ok(change)
    }

    /// The relations of a schema, in the order in which they became known.
    pub fn relations(&self, database: Option<&str>, schema: &str) -> Vec<Relation> {
        let wanted = schema_key(database, Some(schema));
        let known = self.known();
        let inside = known.relations.iter().filter(|(key, _)| (&key.0, &key.1) == (&wanted.0, &wanted.1));
        inside.map(|(_, relation)| relation.clone()).collect()
    }

    /// Forgets everything.
    pub fn clear(&self) {
        *self.known() = Known::default();
    }
}

/// A key as Python prints dbt's named tuple.
fn show(key: &RelationKey) -> String {
    let part = |value: &Option<String>| value.as_ref().map_or("None".to_owned(), |text| format!("'{text}'"));
    format!("_ReferenceKey(database={}, schema={}, identifier={})", part(&key.0), part(&key.1), part(&key.2))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn relation(identifier: &str) -> Relation {
        Relation::new(Some("Dev"), Some("main"), Some(identifier))
    }

    #[test]
    fn finds_relations_whatever_their_case() {
        let cache = RelationCache::default();
        assert!(!cache.contains_schema(Some("dev"), "MAIN"));
        cache.add(relation("a"));
        assert!(cache.contains_schema(Some("dev"), "MAIN"));
        assert_eq!(cache.relations(Some("DEV"), "main"), [relation("a")]);
        assert_eq!(cache.drop_relation(&relation("A")), CacheChange::Made);
        assert_eq!(cache.drop_relation(&relation("A")), CacheChange::Unknown);
    }

    #[test]
    fn renames_what_it_knows_and_refuses_taken_names() {
        let cache = RelationCache::default();
        cache.add(relation("a__dbt_tmp"));
        assert_eq!(cache.rename(&relation("a__dbt_tmp"), &relation("a")), Ok(CacheChange::Made));
        assert_eq!(cache.relations(Some("dev"), "main"), [relation("a")]);
        assert_eq!(cache.rename(&relation("x"), &relation("y")), Ok(CacheChange::Unknown));
        assert_eq!(cache.relations(Some("dev"), "main"), [relation("a"), relation("y")]);
        assert!(cache.rename(&relation("b"), &relation("a")).unwrap_err().contains("already in cache"));
        cache.drop_schema(Some("dev"), Some("main"));
        assert!(cache.relations(Some("dev"), "main").is_empty());
    }
}
