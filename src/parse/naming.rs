//! Database, schema and alias of nodes. Projects override `generate_*_name`; where they do not, what dbt's own macros
//! say is said here without a template, because it is asked several times for every node.

use std::collections::HashMap;

use crate::context::MacroResolver;
use crate::manifest::Node;
use crate::manifest::node::version_text;
use crate::project::Target;

/// One of the three names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Component {
    /// `generate_database_name`
    Database,
    /// `generate_schema_name`
    Schema,
    /// `generate_alias_name`
    Alias,
}

impl Component {
    /// The word in the macro's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Component::Database => "database",
            Component::Schema => "schema",
            Component::Alias => "alias",
        }
    }
}

/// Which packages' nodes are named by dbt's own macros.
#[derive(Debug, Default)]
pub struct Naming(HashMap<String, [bool; 3]>);

impl Naming {
    /// Looks the macros up for every package.
    pub fn new<'a>(macros: &MacroResolver, packages: impl Iterator<Item = &'a str>) -> Self {
        let components = [Component::Database, Component::Schema, Component::Alias];
        let of = |package: &str| {
            components.map(|component| {
                let name = format!("generate_{}_name", component.as_str());
                let own = macros.generate_name(component.as_str(), package);
                let dispatched = macros.dispatch(package, &name, Some("dbt")).ok();
                own.is_some_and(|id| **id == *format!("macro.dbt.{name}"))
                    && dispatched.is_some_and(|id| **id == *format!("macro.dbt.default__{name}"))
            })
        };
        Naming(packages.map(|package| (package.to_owned(), of(package))).collect())
    }

    /// The name that dbt's own macro gives, if no project replaces the macro.
    pub fn built_in(&self, component: Component, node: &Node, target: &Target, custom: Option<&str>) -> Option<String> {
        let index = component as usize;
        let in_catalog = component == Component::Database && node.config.get("catalog_name").is_some();
        if in_catalog || !self.0.get(&node.package_name).is_some_and(|built_in| built_in[index]) {
            return None;
        }
        Some(match (component, custom) {
            (Component::Database, None) => target.database.clone(),
            (Component::Database, Some(custom)) => custom.trim().to_owned(),
            (Component::Schema, None) => target.schema.trim().to_owned(),
            (Component::Schema, Some(custom)) => format!("{}_{}", target.schema, custom.trim()).trim().to_owned(),
            (Component::Alias, Some(custom)) if !custom.is_empty() => custom.trim().to_owned(),
            (Component::Alias, _) => match node.model().and_then(|model| model.version.as_ref()) {
                Some(version) => format!("{}_v{}", node.name, version_text(version).replace('.', "_")),
                None => node.name.clone(),
            },
        })
    }
}
