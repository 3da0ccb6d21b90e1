//! What rdbt knows to exist in the database, so that materializations need not ask for every node. Filled schema by
//! schema, kept true by the drops and renames that rdbt itself makes; names are compared without case.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::relation::Relation;

/// Where a schema is, in lower case.
type SchemaKey = (Option<String>, Option<String>);
/// The name of a relation in its schema, in lower case.
type Name = Option<String>;

/// A known schema: relations by the moment at which they became known, and where to find them by name.
#[derive(Debug, Default)]
struct Schema {
    relations: BTreeMap<u64, Relation>,
    places: HashMap<Name, u64>,
    /// How many relations have a quote at an end of their names: a search that ignores quotes must look at all then.
    quoted: usize,
}

impl Schema {
    fn insert(&mut self, name: Name, moment: u64, relation: Relation) {
        self.quoted += usize::from(has_quotes(&relation));
        self.places.insert(name, moment);
        self.relations.insert(moment, relation);
    }

    fn remove(&mut self, name: &Name) -> Option<Relation> {
        let relation = self.relations.remove(&self.places.remove(name)?)?;
        self.quoted -= usize::from(has_quotes(&relation));
        Some(relation)
    }
}

#[derive(Debug, Default)]
struct Known {
    schemas: HashMap<SchemaKey, Schema>,
    /// Counts the relations that became known.
    moment: u64,
}

impl Known {
    fn insert(&mut self, relation: Relation) {
        self.moment += 1;
        let moment = self.moment;
        self.schemas.entry(schema_of(&relation)).or_default().insert(name_of(&relation), moment, relation);
    }

    fn remove(&mut self, relation: &Relation) -> Option<Relation> {
        self.schemas.get_mut(&schema_of(relation))?.remove(&name_of(relation))
    }

    fn contains(&self, relation: &Relation) -> bool {
        self.schemas.get(&schema_of(relation)).is_some_and(|schema| schema.places.contains_key(&name_of(relation)))
    }
}

/// The cache. Shared by all workers; every method locks it for itself. Looking up, adding, dropping and renaming a relation
/// cost the same however many there are.
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

fn schema_of(relation: &Relation) -> SchemaKey {
    schema_key(relation.database(), relation.schema())
}

fn name_of(relation: &Relation) -> Name {
    lower(relation.identifier())
}

fn has_quotes(relation: &Relation) -> bool {
    relation.identifier().is_some_and(|name| quoted(name, &relation.quote_character))
}

fn quoted(name: &str, quotes: &str) -> bool {
    name.starts_with(|c| quotes.contains(c)) || name.ends_with(|c| quotes.contains(c))
}

impl RelationCache {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a schema's relations are known.
    pub fn contains_schema(&self, database: Option<&str>, schema: &str) -> bool {
        self.known().schemas.contains_key(&schema_key(database, Some(schema)))
    }

    /// Says that a schema's relations are known, even if there are none.
    pub fn add_schema(&self, database: Option<&str>, schema: &str) {
        self.known().schemas.entry(schema_key(database, Some(schema))).or_default();
    }

    /// Adds a relation and its schema; one that is known already stays as it is.
    pub fn add(&self, relation: Relation) {
        let mut known = self.known();
        if !known.contains(&relation) {
            known.insert(relation);
        }
    }

    /// Forgets a relation.
    pub fn drop_relation(&self, relation: &Relation) -> CacheChange {
        match self.known().remove(relation) {
            Some(_) => CacheChange::Made,
            None => CacheChange::Unknown,
        }
    }

    /// Forgets a schema and everything in it.
    pub fn drop_schema(&self, database: Option<&str>, schema: Option<&str>) {
        self.known().schemas.remove(&schema_key(database, schema));
    }

    /// Gives a relation another name; one that was never known, as temporary tables are, is known from then on.
    ///
    /// # Errors
    /// The new name is taken. The text is dbt's message.
    pub fn rename(&self, old: &Relation, new: &Relation) -> Result<CacheChange, String> {
        let mut known = self.known();
        if known.contains(new) {
            let mut all: Vec<_> = known.schemas.values().flat_map(|schema| &schema.relations).collect();
            all.sort_unstable_by_key(|(moment, _)| **moment);
            return Err(format!(
                "Cache inconsistency detected: in rename, new key {} already in cache: [{}]",
                show(new),
                all.into_iter().map(|(_, relation)| show(relation)).collect::<Vec<_>>().join(", ")
            ));
        }
        let renamed = known.remove(old);
        let change = if renamed.is_some() { CacheChange::Made } else { CacheChange::Unknown };
        known.insert(renamed.map_or_else(|| new.clone(), |relation| Relation { path: new.path.clone(), ..relation }));
        Ok(change)
    }

    /// The relations of a schema, in the order in which they became known.
    pub fn relations(&self, database: Option<&str>, schema: &str) -> Vec<Relation> {
        let known = self.known();
        let found = known.schemas.get(&schema_key(database, Some(schema)));
        found.map(|schema| schema.relations.values().cloned().collect()).unwrap_or_default()
    }

    /// Those relations of a schema that may have a name, be it in another case or quoted.
    pub fn alike(&self, database: Option<&str>, schema: &str, identifier: &str) -> Vec<Relation> {
        let known = self.known();
        let Some(schema) = known.schemas.get(&schema_key(database, Some(schema))) else { return Vec::new() };
        if schema.quoted > 0 || quoted(identifier, &Relation::default().quote_character) {
            return schema.relations.values().cloned().collect();
        }
        let place = schema.places.get(&lower(Some(identifier)));
        place.and_then(|moment| schema.relations.get(moment)).cloned().into_iter().collect()
    }

    /// Forgets everything.
    pub fn clear(&self) {
        *self.known() = Known::default();
    }
}

/// Where a relation is, as Python prints dbt's named tuple.
fn show(relation: &Relation) -> String {
    let part = |value: Option<&str>| lower(value).map_or("None".to_owned(), |text| format!("'{text}'"));
    format!(
        "_ReferenceKey(database={}, schema={}, identifier={})",
        part(relation.database()),
        part(relation.schema()),
        part(relation.identifier())
    )
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
    fn finds_what_may_have_a_name() {
        let cache = RelationCache::default();
        cache.add(relation("a"));
        cache.add(relation("B"));
        assert_eq!(cache.alike(Some("dev"), "Main", "b"), [relation("B")]);
        assert!(cache.alike(Some("dev"), "main", "c").is_empty());
        assert!(cache.alike(Some("dev"), "other", "a").is_empty());
        assert_eq!(cache.alike(Some("dev"), "main", "\"c\""), [relation("a"), relation("B")]);
        cache.add(relation("\"c\""));
        assert_eq!(cache.alike(Some("dev"), "main", "c").len(), 3);
        cache.drop_relation(&relation("\"c\""));
        assert!(cache.alike(Some("dev"), "main", "c").is_empty());
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
