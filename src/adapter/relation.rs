//! A thing in a database that has a name: table, view, or the CTE of an ephemeral model. Mirrors dbt's `BaseRelation`
//! with dbt-duckdb's additions; immutable, every change makes a new one.

use std::fmt;
use std::hash::{Hash, Hasher};

/// The parts of a relation's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Component {
    /// Catalog.
    Database,
    /// Schema.
    Schema,
    /// Table name.
    Identifier,
}

impl Component {
    /// In the order in which they are rendered.
    pub const ALL: [Component; 3] = [Component::Database, Component::Schema, Component::Identifier];

    /// dbt's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Component::Database => "database",
            Component::Schema => "schema",
            Component::Identifier => "identifier",
        }
    }

    /// The component of that name.
    pub fn parse(name: &str) -> Option<Component> {
        Component::ALL.into_iter().find(|component| component.as_str() == name)
    }
}

/// dbt's relation types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelationType {
    /// `table`
    Table,
    /// `view`
    View,
    /// `cte`
    Cte,
    /// `materialized_view`
    MaterializedView,
    /// `ephemeral`
    Ephemeral,
    /// `external`: something that dbt did not make
    External,
    /// `pointer_table`
    PointerTable,
    /// `function`
    Function,
}

impl RelationType {
    /// Every type.
    pub const ALL: [RelationType; 8] = [
        RelationType::Table,
        RelationType::View,
        RelationType::Cte,
        RelationType::MaterializedView,
        RelationType::Ephemeral,
        RelationType::External,
        RelationType::PointerTable,
        RelationType::Function,
    ];

    /// dbt's name.
    pub fn as_str(self) -> &'static str {
        match self {
            RelationType::Table => "table",
            RelationType::View => "view",
            RelationType::Cte => "cte",
            RelationType::MaterializedView => "materialized_view",
            RelationType::Ephemeral => "ephemeral",
            RelationType::External => "external",
            RelationType::PointerTable => "pointer_table",
            RelationType::Function => "function",
        }
    }

    /// The type of that name.
    pub fn parse(name: &str) -> Option<RelationType> {
        RelationType::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// The three parts of a name; any may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Path {
    /// Catalog.
    pub database: Option<String>,
    /// Schema.
    pub schema: Option<String>,
    /// Table name.
    pub identifier: Option<String>,
}

impl Path {
    /// One part.
    pub fn get(&self, component: Component) -> Option<&str> {
        match component {
            Component::Database => self.database.as_deref(),
            Component::Schema => self.schema.as_deref(),
            Component::Identifier => self.identifier.as_deref(),
        }
    }

    /// Changes one part.
    pub fn set(&mut self, component: Component, value: Option<String>) {
        match component {
            Component::Database => self.database = value,
            Component::Schema => self.schema = value,
            Component::Identifier => self.identifier = value,
        }
    }
}

/// A yes or no for each part: whether it is quoted, or included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Catalog.
    pub database: bool,
    /// Schema.
    pub schema: bool,
    /// Table name.
    pub identifier: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Policy { database: true, schema: true, identifier: true }
    }
}

impl Policy {
    /// One part.
    pub fn get(self, component: Component) -> bool {
        match component {
            Component::Database => self.database,
            Component::Schema => self.schema,
            Component::Identifier => self.identifier,
        }
    }

    /// Changes one part.
    pub fn set(&mut self, component: Component, value: bool) {
        match component {
            Component::Database => self.database = value,
            Component::Schema => self.schema = value,
            Component::Identifier => self.identifier = value,
        }
    }
}

/// The time range that `--sample` or a microbatch cuts a relation to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventTimeFilter {
    /// Column, quoted if it has to be.
    pub field_name: String,
    /// First moment, as SQL text without quotes.
    pub start: Option<String>,
    /// First moment after the range.
    pub end: Option<String>,
}

impl EventTimeFilter {
    /// The condition; empty when neither end is set.
    fn condition(&self) -> String {
        let field = &self.field_name;
        match (&self.start, &self.end) {
            (Some(start), Some(end)) => format!("{field} >= '{start}' and {field} < '{end}'"),
            (Some(start), None) => format!("{field} >= '{start}'"),
            (None, Some(end)) => format!("{field} < '{end}'"),
            (None, None) => String::new(),
        }
    }
}

/// A relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// Name.
    pub path: Path,
    /// Type, if known.
    pub kind: Option<RelationType>,
    /// What identifiers are quoted with.
    pub quote_character: String,
    /// Which parts are rendered.
    pub include_policy: Policy,
    /// Which parts are quoted.
    pub quote_policy: Policy,
    /// Whether rdbt itself made up the name, so that its case does not count where it is not quoted.
    pub dbt_created: bool,
    /// Rows that `--empty` (0) or a limit leaves.
    pub limit: Option<u64>,
    /// Time range.
    pub event_time_filter: Option<EventTimeFilter>,
    /// Whether a limited relation is rendered with an alias; DuckDB needs none.
    pub require_alias: bool,
    /// What is rendered in place of the name: the file or function of an external source.
    pub external: Option<String>,
    /// Set on `information_schema()` only: the view of the information schema, if one is named.
    pub information_schema: Option<Option<String>>,
}

impl Default for Relation {
    fn default() -> Self {
        Relation {
            path: Path::default(),
            kind: None,
            quote_character: "\"".to_owned(),
            include_policy: Policy::default(),
            quote_policy: Policy::default(),
            dbt_created: false,
            limit: None,
            event_time_filter: None,
            require_alias: false,
            external: None,
            information_schema: None,
        }
    }
}

impl Relation {
    /// A relation with a name and a type; every part quoted.
    pub fn new(database: Option<&str>, schema: Option<&str>, identifier: Option<&str>) -> Self {
        let path = Path {
            database: database.map(str::to_owned),
            schema: schema.map(str::to_owned),
            identifier: identifier.map(str::to_owned),
        };
        Relation { path, ..Relation::default() }
    }

    /// The CTE of an ephemeral model.
    pub fn ephemeral(identifier: &str) -> Self {
        let quote_policy = Policy { identifier: false, ..Policy::default() };
        let mut relation = Relation { kind: Some(RelationType::Cte), quote_policy, ..Relation::default() };
        relation.path.identifier = Some(Relation::add_ephemeral_prefix(identifier));
        relation
    }

    /// The name of the CTE that stands for an ephemeral model.
    pub fn add_ephemeral_prefix(name: &str) -> String {
        format!("__dbt__cte__{name}")
    }

    /// The same with a type.
    #[must_use]
    pub fn with_kind(mut self, kind: Option<RelationType>) -> Self {
        self.kind = kind;
        self
    }

    /// The same with a quote policy.
    #[must_use]
    pub fn with_quote_policy(mut self, policy: Policy) -> Self {
        self.quote_policy = policy;
        self
    }

    /// Catalog.
    pub fn database(&self) -> Option<&str> {
        self.path.database.as_deref()
    }

    /// Schema.
    pub fn schema(&self) -> Option<&str> {
        self.path.schema.as_deref()
    }

    /// Table name.
    pub fn identifier(&self) -> Option<&str> {
        self.path.identifier.as_deref()
    }

    /// Whether it is of that type.
    pub fn is(&self, kind: RelationType) -> bool {
        self.kind == Some(kind)
    }

    /// A name in quotes.
    pub fn quoted(&self, identifier: &str) -> String {
        let quote = &self.quote_character;
        format!("{quote}{identifier}{quote}")
    }

    /// The name alone, without limit or time range; of an external source, where it is read from.
    pub fn render(&self) -> String {
        if let Some(external) = self.external.as_deref().filter(|external| !external.is_empty()) {
            return external.to_owned();
        }
        let mut parts: Vec<String> = Component::ALL
            .into_iter()
            .filter(|component| self.include_policy.get(*component))
            .filter_map(|component| {
                let part = self.path.get(component)?;
                Some(if self.quote_policy.get(component) { self.quoted(part) } else { part.to_owned() })
            })
            .collect();
        parts.extend(self.information_schema.clone().flatten());
        parts.join(".")
    }

    /// The name, or a subquery that cuts it to the limit.
    pub fn render_limited(&self) -> String {
        let rendered = self.render();
        match self.limit {
            None => rendered,
            Some(0) => format!("(select * from {rendered} where false limit 0){}", self.subquery_alias("limit")),
            Some(limit) => format!("(select * from {rendered} limit {limit}){}", self.subquery_alias("limit")),
        }
    }

    /// `rendered` (by default the name) cut to the time range, if there is one.
    pub fn render_event_time_filtered(&self, rendered: Option<String>) -> String {
        let rendered = rendered.unwrap_or_else(|| self.render());
        let condition = self.event_time_filter.as_ref().map(EventTimeFilter::condition).unwrap_or_default();
        if condition.is_empty() {
            return rendered;
        }
        format!("(select * from {rendered} where {condition}){}", self.subquery_alias("et_filter"))
    }

    fn subquery_alias(&self, namespace: &str) -> String {
        if !self.require_alias {
            return String::new();
        }
        format!(" _dbt_{namespace}_subq_{}", self.identifier().unwrap_or("None"))
    }

    /// The same without its identifier: the schema it is in.
    #[must_use]
    pub fn without_identifier(&self) -> Self {
        let mut schema = self.clone();
        schema.include_policy.identifier = false;
        schema.path.identifier = None;
        schema
    }

    /// The information schema of its database, or one view of it.
    #[must_use]
    pub fn information_schema(&self, view: Option<&str>) -> Self {
        Relation {
            path: Path {
                database: self.path.database.clone(),
                schema: None,
                identifier: Some("INFORMATION_SCHEMA".to_owned()),
            },
            kind: Some(RelationType::View),
            include_policy: Policy { database: self.path.database.is_some(), schema: false, identifier: true },
            quote_policy: Policy { identifier: false, ..self.quote_policy },
            require_alias: true,
            information_schema: Some(view.map(str::to_owned)),
            ..Relation::default()
        }
    }

    /// Whether it has this name, as far as parts are given.
    ///
    /// # Errors
    /// It has the name except for upper and lower case or quotes; or no part was given. The text is dbt's message.
    pub fn matches(&self, search: &Path) -> Result<bool, String> {
        let given: Vec<(Component, &str)> =
            Component::ALL.into_iter().filter_map(|part| Some((part, search.get(part)?))).collect();
        if given.is_empty() {
            return Err("Tried to match relation, but no search path was passed!".to_owned());
        }
        let exact = given.iter().all(|(part, value)| self.matches_exactly(*part, value));
        if !exact && given.iter().all(|(part, value)| self.matches_roughly(*part, value)) {
            let target = Relation { path: search.clone(), ..Relation::default() };
            return Err(format!(
                "When searching for a relation, dbt found an approximate match. Instead of guessing \n\
                 which relation to use, dbt will move on. Please delete {self}, or rename it to be less ambiguous.\n\
                 Searched for: {target}\nFound: {self}"
            ));
        }
        Ok(exact)
    }

    fn matches_exactly(&self, part: Component, value: &str) -> bool {
        if self.dbt_created && !self.quote_policy.get(part) {
            return self.path.get(part).is_some_and(|own| own.to_lowercase() == value.to_lowercase());
        }
        self.path.get(part) == Some(value)
    }

    fn matches_roughly(&self, part: Component, value: &str) -> bool {
        let bare = |text: &str| text.to_lowercase().trim_matches(|c| self.quote_character.contains(c)).to_owned();
        bare(self.path.get(part).unwrap_or("none")) == bare(value)
    }
}

impl fmt::Display for Relation {
    /// What stands in SQL where a template names the relation.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is(RelationType::Function) {
            return f.write_str(&self.render());
        }
        f.write_str(&self.render_event_time_filtered(Some(self.render_limited())))
    }
}

impl Hash for Relation {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.render().hash(state);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn sample() -> Relation {
        Relation::new(Some("dev"), Some("main"), Some("Orders"))
    }

    #[test]
    fn renders_what_is_included_and_quotes_it() {
        let mut relation = sample();
        assert_eq!(relation.to_string(), r#""dev"."main"."Orders""#);
        relation.quote_policy.schema = false;
        relation.include_policy.database = false;
        assert_eq!(relation.to_string(), r#"main."Orders""#);
        assert_eq!(relation.without_identifier().to_string(), "main");
        assert_eq!(Relation::ephemeral("a").to_string(), "__dbt__cte__a");
    }

    #[test]
    fn renders_limits_and_time_ranges_as_subqueries() {
        let mut relation = sample();
        relation.limit = Some(0);
        assert_eq!(relation.to_string(), r#"(select * from "dev"."main"."Orders" where false limit 0)"#);
        relation.limit = Some(5);
        relation.event_time_filter =
            Some(EventTimeFilter { field_name: "at".into(), start: Some("2024-01-01".into()), end: None });
        assert_eq!(
            relation.to_string(),
            r#"(select * from (select * from "dev"."main"."Orders" limit 5) where at >= '2024-01-01')"#
        );
    }

    #[test]
    fn renders_information_schemas_and_external_sources() {
        let schema = sample().information_schema(Some("tables"));
        assert_eq!(schema.to_string(), r#""dev".INFORMATION_SCHEMA.tables"#);
        assert_eq!(sample().information_schema(None).render(), r#""dev".INFORMATION_SCHEMA"#);
        let external = Relation { external: Some("'a.parquet'".into()), ..sample() };
        assert_eq!(external.to_string(), "'a.parquet'");
    }

    #[test]
    fn refuses_to_guess_between_upper_and_lower_case() {
        let search = |identifier: &str| Path { identifier: Some(identifier.to_owned()), ..Path::default() };
        assert_eq!(sample().matches(&search("Orders")), Ok(true));
        assert_eq!(sample().matches(&search("other")), Ok(false));
        assert!(sample().matches(&search("orders")).unwrap_err().contains("approximate match"));
        let mut created = Relation { dbt_created: true, ..sample() };
        created.quote_policy.identifier = false;
        assert_eq!(created.matches(&search("orders")), Ok(true));
    }
}
