//! Which macro a name means, by dbt's rules: the package of the node being rendered, then the root project, then the
//! built-in packages; dispatch with its search order; materializations and `generate_*_name` by locality. Mirrors
//! dbt's `MacroNamespace`, `find_materialization_macro_by_name` and `find_generate_macro_by_name`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;

use crate::builtin_macros::OWN_PACKAGE;
use crate::error::{Error, Result, did_you_mean};

/// The built-in packages, the more specific one first.
pub const INTERNAL_PACKAGES: [&str; 3] = ["dbt_duckdb", "dbt", OWN_PACKAGE];
/// Prefixes that dispatch tries, in order.
const ADAPTER_PREFIXES: [&str; 2] = ["duckdb", "default"];

type Names = HashMap<String, Arc<str>>;

/// Names to unique ids. Built once after macros are read; shared by all renders.
#[derive(Debug, Default)]
pub struct MacroResolver {
    root: String,
    /// In the order in which their macros were read: where dbt lets the last one win, it is the last of these.
    packages: IndexMap<String, Names>,
    /// `dispatch:` of the root project.
    search_orders: IndexMap<String, Vec<String>>,
    /// Installed packages, for dispatch without a configured order.
    dependencies: HashSet<String>,
}

/// Where a macro stands, from the least to the most preferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Locality {
    Core,
    Imported,
    Root,
}

impl MacroResolver {
    /// A resolver for `macros` as (package, name, unique id). `search_orders` is `dispatch:` of the root project,
    /// `dependencies` the names of installed packages.
    pub fn new<'a>(
        root: &str,
        search_orders: IndexMap<String, Vec<String>>,
        dependencies: impl IntoIterator<Item = String>,
        macros: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>,
    ) -> Self {
        let mut packages: IndexMap<String, Names> = IndexMap::new();
        for (package, name, unique_id) in macros {
            packages.entry(package.to_owned()).or_default().insert(name.to_owned(), Arc::from(unique_id));
        }
        MacroResolver {
            root: root.to_owned(),
            packages,
            search_orders,
            dependencies: dependencies.into_iter().collect(),
        }
    }

    /// The macro that a bare `name` means in a node of `search_package`.
    pub fn find(&self, search_package: &str, name: &str) -> Option<&Arc<str>> {
        self.find_in_projects(search_package, name).or_else(|| self.built_in(name))
    }

    /// As [`MacroResolver::find`], without the built-in macros: names of packages stand between these and those.
    pub fn find_in_projects(&self, search_package: &str, name: &str) -> Option<&Arc<str>> {
        self.own(search_package, name).or_else(|| self.own(&self.root, name))
    }

    /// Whether the root project or an installed package has a macro of that name.
    pub fn has_in_projects(&self, name: &str) -> bool {
        self.own(&self.root, name).is_some() || self.imported().any(|package| self.own(package, name).is_some())
    }

    /// The built-in macro of that name; the one for DuckDB comes first.
    pub fn built_in(&self, name: &str) -> Option<&Arc<str>> {
        INTERNAL_PACKAGES.into_iter().find_map(|package| self.own(package, name))
    }

    /// The macro that dbt takes a call in a macro's text to mean, which it finds without rendering (`MacroResolver`
    /// in dbt): unlike a render, it reaches into packages that are neither the macro's own nor the root project.
    pub fn find_statically(&self, package: &str, name: &str) -> Option<&Arc<str>> {
        self.own(package, name).or_else(|| self.by_name(name))
    }

    /// The macro of that name that wins over all others: the root project's, a package's (the last one read), or a
    /// built-in one.
    pub fn by_name(&self, name: &str) -> Option<&Arc<str>> {
        let imported = || self.imported().rev().find_map(|package| self.own(package, name));
        self.own(&self.root, name).or_else(imported).or_else(|| self.built_in(name))
    }

    fn own(&self, package: &str, name: &str) -> Option<&Arc<str>> {
        self.packages.get(package)?.get(name)
    }

    /// The packages that are neither built in nor the root project.
    fn imported(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.packages.keys().map(String::as_str).filter(|package| self.locality(package) == Locality::Imported)
    }

    /// The macro called `package.name`. Package `dbt` stands for all built-in packages.
    pub fn in_package(&self, package: &str, name: &str) -> Option<&Arc<str>> {
        if package == "dbt" {
            return self.built_in(name);
        }
        self.own(package, name).filter(|_| self.is_namespace(package))
    }

    /// Whether `name` is a namespace of macros in Jinja.
    pub fn is_namespace(&self, name: &str) -> bool {
        name == "dbt" || (name != "dbt_duckdb" && self.packages.contains_key(name))
    }

    /// Names of the macros in a namespace.
    pub fn names_in(&self, package: &str) -> Vec<&str> {
        let packages: Vec<&str> = if package == "dbt" { INTERNAL_PACKAGES.to_vec() } else { vec![package] };
        packages
            .iter()
            .filter_map(|name| self.packages.get(*name))
            .flat_map(|names| names.keys())
            .map(|s| &**s)
            .collect()
    }

    /// The macro that `adapter.dispatch(name, namespace)` means in a node of `search_package`.
    ///
    /// # Errors
    /// Compilation errors in dbt's words: a dot in the name, no such macro, no such package.
    pub fn dispatch(&self, search_package: &str, name: &str, namespace: Option<&str>) -> Result<&Arc<str>> {
        self.dispatch_with(name, namespace, |candidate| self.find(search_package, candidate))
    }

    /// The macro that a call of `adapter.dispatch` in a macro's text means, found without rendering.
    ///
    /// # Errors
    /// As [`MacroResolver::dispatch`].
    pub fn dispatch_statically(&self, name: &str, namespace: Option<&str>) -> Result<&Arc<str>> {
        self.dispatch_with(name, namespace, |candidate| self.by_name(candidate))
    }

    fn dispatch_with<'a>(
        &'a self,
        name: &str,
        namespace: Option<&str>,
        find_bare: impl Fn(&str) -> Option<&'a Arc<str>>,
    ) -> Result<&'a Arc<str>> {
        if let Some((package, rest)) = name.split_once('.') {
            return Err(Error::compilation(format!(
                "In adapter.dispatch, got a macro name of \"{name}\", but \".\" is not a valid macro name component. \
                 Did you mean `adapter.dispatch(\"{rest}\", macro_namespace=\"{package}\")`?"
            )));
        }
        let mut attempts = Vec::new();
        for package in self.dispatch_packages(namespace) {
            for prefix in ADAPTER_PREFIXES {
                let candidate = format!("{prefix}__{name}");
                let found = match package {
                    None => find_bare(&candidate),
                    Some(package) => self.in_package(package, &candidate),
                };
                if let Some(unique_id) = found {
                    return Ok(unique_id);
                }
                attempts.push(match package {
                    None => format!("'{candidate}'"),
                    Some(package) => format!("'{package}.{candidate}'"),
                });
            }
        }
        Err(Error::compilation(format!(
            "In dispatch: No macro named '{name}' found within namespace: '{}'\n    Searched for: {}",
            namespace.unwrap_or("None"),
            attempts.join(", ")
        )))
    }

    fn dispatch_packages<'a, 'b: 'a>(&'b self, namespace: Option<&'a str>) -> Vec<Option<&'a str>> {
        let Some(namespace) = namespace else { return vec![None] };
        match self.search_orders.get(namespace) {
            Some(order) if !order.is_empty() => order.iter().map(|package| Some(package.as_str())).collect(),
            _ if self.is_project(namespace) => vec![Some(&self.root), Some(namespace)],
            _ => vec![None],
        }
    }

    /// Whether there is a project of that name. To dbt its built-in packages are projects like installed ones.
    fn is_project(&self, name: &str) -> bool {
        name == self.root || INTERNAL_PACKAGES.contains(&name) || self.dependencies.contains(name)
    }

    /// The macro of a materialization for DuckDB: the adapter's own before the default, the root project's before a
    /// package's before the built-in one. A package replaces a built-in one only where
    /// `packages_may_override` (`require_explicit_package_overrides_for_builtin_materializations: false`).
    pub fn materialization(&self, name: &str, packages_may_override: bool) -> Option<&Arc<str>> {
        let ranked = self.ranked_materializations(name);
        let built_in = ranked.iter().any(|(locality, _)| *locality == Locality::Core);
        let (_, unique_id) = ranked
            .into_iter()
            .find(|(locality, _)| packages_may_override || !built_in || *locality != Locality::Imported)?;
        Some(unique_id)
    }

    /// The package whose materialization comes before the built-in one of the same name, if there is one.
    pub fn overriding_package(&self, name: &str) -> Option<&str> {
        let ranked = self.ranked_materializations(name);
        let (locality, unique_id) = ranked.first()?;
        let built_in = ranked.iter().any(|(locality, _)| *locality == Locality::Core);
        let overridden = built_in && *locality == Locality::Imported;
        overridden.then(|| unique_id.split('.').nth(1)).flatten()
    }

    /// All macros of a materialization, the most preferred first.
    fn ranked_materializations(&self, name: &str) -> Vec<(Locality, &Arc<str>)> {
        let mut ranked = Vec::new();
        for adapter in ADAPTER_PREFIXES {
            let mut found = self.candidates(&format!("materialization_{name}_{adapter}"));
            found.sort_by_key(|(locality, _)| *locality);
            ranked.extend(found.into_iter().rev());
        }
        ranked
    }

    /// The macro that the adapter means by a bare name: the root project's, else an installed package's, else built in.
    pub fn anywhere(&self, name: &str) -> Option<&Arc<str>> {
        self.candidates(name).into_iter().max_by_key(|(locality, _)| *locality).map(|(_, unique_id)| unique_id)
    }

    /// `generate_{component}_name` for nodes of `package`: the package's own if it is an installed package with one,
    /// else the root project's, else the built-in one.
    pub fn generate_name(&self, component: &str, package: &str) -> Option<&Arc<str>> {
        let name = format!("generate_{component}_name");
        if package != self.root
            && !INTERNAL_PACKAGES.contains(&package)
            && let Some(own) = self.own(package, &name)
        {
            return Some(own);
        }
        self.candidates(&name)
            .into_iter()
            .filter(|(locality, _)| *locality != Locality::Imported)
            .max_by_key(|(locality, _)| *locality)
            .map(|(_, unique_id)| unique_id)
    }

    /// The macros of that name in all packages, in the order in which these were read.
    fn candidates(&self, name: &str) -> Vec<(Locality, &Arc<str>)> {
        let found = self.packages.iter().filter_map(|(package, names)| Some((package, names.get(name)?)));
        found.map(|(package, unique_id)| (self.locality(package), unique_id)).collect()
    }

    fn locality(&self, package: &str) -> Locality {
        if package == self.root {
            Locality::Root
        } else if INTERNAL_PACKAGES.contains(&package) {
            Locality::Core
        } else {
            Locality::Imported
        }
    }

    /// A known macro or package whose name is near `name`, for error hints.
    pub fn suggestion(&self, search_package: &str, name: &str) -> Option<String> {
        let packages = [search_package, &self.root].into_iter().chain(INTERNAL_PACKAGES);
        let names = packages.filter_map(|package| self.packages.get(package)).flat_map(|names| names.keys());
        let installed = self.packages.keys().filter(|package| !INTERNAL_PACKAGES.contains(&package.as_str()));
        did_you_mean(name, names.chain(installed).map(String::as_str)).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolver() -> MacroResolver {
        let macros = [
            ("dbt", "default__hash", "macro.dbt.default__hash"),
            ("dbt", "generate_schema_name", "macro.dbt.generate_schema_name"),
            ("dbt", "materialization_view_default", "macro.dbt.materialization_view_default"),
            ("utils", "default__hash", "macro.utils.default__hash"),
            ("utils", "star", "macro.utils.star"),
            ("utils", "generate_schema_name", "macro.utils.generate_schema_name"),
            ("utils", "materialization_view_default", "macro.utils.materialization_view_default"),
            ("shop", "duckdb__hash", "macro.shop.duckdb__hash"),
        ];
        MacroResolver::new("shop", IndexMap::new(), ["utils".to_owned()], macros)
    }

    #[test]
    fn bare_names_do_not_reach_into_packages() {
        assert_eq!(resolver().find("shop", "star"), None);
        assert_eq!(resolver().find("utils", "star").map(|id| &**id), Some("macro.utils.star"));
    }

    #[test]
    fn dispatch_prefers_the_root_project_and_the_adapter() {
        let found = resolver().dispatch("utils", "hash", Some("utils")).map(|id| id.to_string());
        assert_eq!(found.ok().as_deref(), Some("macro.shop.duckdb__hash"));
    }

    #[test]
    fn dispatch_says_what_it_searched() {
        let error = resolver().dispatch("shop", "nope", Some("utils")).err().map(|error| error.message);
        assert_eq!(
            error.as_deref(),
            Some(
                "In dispatch: No macro named 'nope' found within namespace: 'utils'\n    Searched for: \
                 'shop.duckdb__nope', 'shop.default__nope', 'utils.duckdb__nope', 'utils.default__nope'"
            )
        );
    }

    #[test]
    fn packages_keep_their_own_names_but_not_built_in_materializations() {
        let resolver = resolver();
        assert_eq!(resolver.generate_name("schema", "utils").map(|id| &**id), Some("macro.utils.generate_schema_name"));
        assert_eq!(resolver.generate_name("schema", "shop").map(|id| &**id), Some("macro.dbt.generate_schema_name"));
        assert_eq!(
            resolver.materialization("view", false).map(|id| &**id),
            Some("macro.dbt.materialization_view_default")
        );
        assert_eq!(
            resolver.materialization("view", true).map(|id| &**id),
            Some("macro.utils.materialization_view_default")
        );
        assert_eq!(resolver.overriding_package("view"), Some("utils"));
    }

    #[test]
    fn calls_in_the_text_of_macros_reach_into_other_packages() {
        let resolver = resolver();
        assert_eq!(resolver.find_statically("shop", "star").map(|id| &**id), Some("macro.utils.star"));
        assert_eq!(resolver.find_statically("dbt", "star").map(|id| &**id), Some("macro.utils.star"));
        let dispatched = resolver.dispatch_statically("hash", None).map(|id| id.to_string());
        assert_eq!(dispatched.ok().as_deref(), Some("macro.shop.duckdb__hash"));
    }
}
