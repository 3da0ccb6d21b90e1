//! Which resources a command works on, by its kind and `--resource-type`.

use crate::error::{Error, Result, did_you_mean};
use crate::invocation::Flags;
use crate::manifest::ResourceType;

use super::member::Member;

/// dbt's names of all resource types, for `--resource-type` and `resource_type:`.
const TYPES: [ResourceType; 17] = [
    ResourceType::Model,
    ResourceType::Analysis,
    ResourceType::Test,
    ResourceType::Snapshot,
    ResourceType::Operation,
    ResourceType::Seed,
    ResourceType::SqlOperation,
    ResourceType::Doc,
    ResourceType::Source,
    ResourceType::Macro,
    ResourceType::Exposure,
    ResourceType::Metric,
    ResourceType::Group,
    ResourceType::SavedQuery,
    ResourceType::SemanticModel,
    ResourceType::UnitTest,
    ResourceType::Function,
];

/// What `ls` lists unless told otherwise.
const LISTED: [ResourceType; 11] = [
    ResourceType::Model,
    ResourceType::Snapshot,
    ResourceType::Seed,
    ResourceType::Test,
    ResourceType::Source,
    ResourceType::Exposure,
    ResourceType::Metric,
    ResourceType::SavedQuery,
    ResourceType::SemanticModel,
    ResourceType::UnitTest,
    ResourceType::Function,
];

/// What `build` builds.
const BUILT: [ResourceType; 8] = [
    ResourceType::Model,
    ResourceType::Seed,
    ResourceType::Snapshot,
    ResourceType::Test,
    ResourceType::UnitTest,
    ResourceType::SavedQuery,
    ResourceType::Exposure,
    ResourceType::Function,
];

/// Whose compiled SQL can be approved.
const APPROVED: [ResourceType; 4] =
    [ResourceType::Analysis, ResourceType::Model, ResourceType::Snapshot, ResourceType::Test];

/// What `compile`, `show` and `docs generate` render.
const COMPILED: [ResourceType; 9] = [
    ResourceType::Model,
    ResourceType::Test,
    ResourceType::Snapshot,
    ResourceType::Analysis,
    ResourceType::Operation,
    ResourceType::Seed,
    ResourceType::Doc,
    ResourceType::SqlOperation,
    ResourceType::Function,
];

const TESTS: [ResourceType; 2] = [ResourceType::Test, ResourceType::UnitTest];
const REFABLE: [ResourceType; 3] = [ResourceType::Model, ResourceType::Seed, ResourceType::Snapshot];

/// Which of the selected resources a command keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    types: Vec<ResourceType>,
    keep_empty: bool,
    with_freshness: bool,
}

impl Filter {
    /// Keeps resources of these types.
    pub fn of_types(types: &[ResourceType]) -> Self {
        Filter { types: types.to_vec(), keep_empty: false, with_freshness: false }
    }

    /// What a command works on; `command` is in dbt's words, `source freshness` and `docs generate` with a space.
    ///
    /// # Errors
    /// `--resource-type` or `--exclude-resource-type` names no type.
    pub fn for_command(command: &str, flags: &Flags) -> Result<Self> {
        let chosen = |all: &[ResourceType], default: &[ResourceType]| from_flags(flags, all, default);
        let types = match command {
            "list" | "ls" => {
                let mut all = LISTED.to_vec();
                all.push(ResourceType::Analysis);
                chosen(&all, &LISTED)?
            }
            "build" | "explain" => chosen(&BUILT, &BUILT)?,
            "test" => only(chosen(&TESTS, &TESTS)?, &TESTS),
            "clone" => only(chosen(&REFABLE, &REFABLE)?, &REFABLE),
            "golden" => chosen(&APPROVED, &[ResourceType::Model])?,
            "run" => vec![ResourceType::Model],
            "seed" => vec![ResourceType::Seed],
            "snapshot" => vec![ResourceType::Snapshot],
            "source freshness" | "freshness" => vec![ResourceType::Source],
            _ if flags.inline.is_some() => vec![ResourceType::SqlOperation],
            _ => COMPILED.to_vec(),
        };
        let mut filter = Filter::of_types(&types);
        filter.keep_empty = matches!(command, "list" | "ls");
        filter.with_freshness = matches!(command, "source freshness" | "freshness");
        Ok(filter)
    }

    pub(super) fn keeps(&self, member: Member<'_>) -> bool {
        let has_freshness = || match member {
            Member::Source(source) => source.freshness.as_ref().is_some_and(|freshness| {
                let set = |key: &str| freshness.get(key).is_some_and(|threshold| !threshold["count"].is_null());
                set("warn_after") || set("error_after")
            }),
            _ => false,
        };
        self.types.contains(&member.resource_type())
            && (self.keep_empty || !member.is_empty())
            && (!self.with_freshness || has_freshness())
    }
}

fn only(types: Vec<ResourceType>, allowed: &[ResourceType]) -> Vec<ResourceType> {
    types.into_iter().filter(|kind| allowed.contains(kind)).collect()
}

fn from_flags(flags: &Flags, all: &[ResourceType], default: &[ResourceType]) -> Result<Vec<ResourceType>> {
    let mut types = Vec::new();
    for name in &flags.resource_types {
        match name.as_str() {
            "all" => types.extend(all),
            "default" => types.extend(default),
            other => types.push(parse(other)?),
        }
    }
    if flags.resource_types.is_empty() {
        types.extend(default);
    }
    let excluded: Result<Vec<ResourceType>> = flags.exclude_resource_types.iter().map(|name| parse(name)).collect();
    let excluded = excluded?;
    types.retain(|kind| !excluded.contains(kind));
    Ok(types)
}

fn parse(name: &str) -> Result<ResourceType> {
    named(name).ok_or_else(|| unknown(Error::runtime(format!("'{name}' is not a valid NodeType")), name))
}

/// The resource type of a name.
pub(super) fn named(name: &str) -> Option<ResourceType> {
    TYPES.into_iter().find(|kind| kind.as_str() == name)
}

/// Adds to an error which names there are.
pub(super) fn unknown(error: Error, name: &str) -> Error {
    let names = TYPES.map(ResourceType::as_str);
    match did_you_mean(name, names) {
        Some(near) => error.hint(format!("Did you mean `{near}`?")),
        None => error.hint(format!("Resource types are: {}.", names.join(", "))),
    }
}
