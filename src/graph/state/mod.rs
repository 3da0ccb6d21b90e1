//! An earlier state of the project, from the artifacts in the folder of `--state`, and `state:`.

mod compare;
mod contract;
mod macros;

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value as Json;

use super::dag::NodeSet;
use super::member::Member;
use super::select::Evaluator;
use crate::error::{Error, Result, did_you_mean};
use crate::events::{Event, Events, Level};
use crate::invocation::Flags;
use crate::manifest::{Disabled, UniqueId};

use compare::Aspect;
use macros::ChangedMacros;

/// Where a manifest keeps its resources.
const COLLECTIONS: [&str; 8] =
    ["nodes", "sources", "exposures", "metrics", "semantic_models", "unit_tests", "saved_queries", "functions"];

/// When each source was last loaded; None where the check failed.
pub type LoadTimes = HashMap<UniqueId, Option<String>>;

/// What earlier artifacts say; None where there is no such file.
#[derive(Debug, Clone, Default)]
pub struct PreviousState {
    /// `manifest.json` of the state.
    pub manifest: Option<Json>,
    /// Unique ids and statuses of `run_results.json` of the state.
    pub results: Option<Vec<(UniqueId, String)>>,
    /// When each source was last loaded, by `sources.json` of the state; None where that check failed.
    pub sources: Option<LoadTimes>,
    /// The same by `sources.json` in the target folder.
    pub current_sources: Option<LoadTimes>,
}

impl PreviousState {
    /// The state that `--state` names, if it names one; `target` is the folder of this run's artifacts.
    ///
    /// # Errors
    /// See [`PreviousState::load`]; or the state is the target folder and that warning counts as an error.
    pub fn from_flags(flags: &Flags, target: &Path, events: &Events) -> Result<Option<Self>> {
        let Some(state) = &flags.state else { return Ok(None) };
        let folder = flags.project_dir.join(state);
        if folder == target {
            let message = events.paint().warning_tag(&format!(
                "The state and target directories are the same: '{}'. This could lead to missing changes \
                 due to overwritten state including non-idempotent retries.",
                state.display()
            ));
            let event = Event::new("WarnStateTargetEqual", "I072", Level::Warn, message);
            events.warn(event.with("state_path", state.display().to_string()))?;
        }
        Self::load(&folder, target).map(Some)
    }

    /// Reads the artifacts of a folder.
    ///
    /// # Errors
    /// A file is there but cannot be read, or is of a version that rdbt does not know.
    pub fn load(folder: &Path, target: &Path) -> Result<Self> {
        Ok(PreviousState {
            manifest: read(&folder.join("manifest.json"), "manifest", 4, 12)?,
            results: read(&folder.join("run_results.json"), "run-results", 4, 6)?.as_ref().map(statuses),
            sources: read(&folder.join("sources.json"), "sources", 3, 3)?.as_ref().map(load_times),
            current_sources: read(&target.join("sources.json"), "sources", 3, 3)?.as_ref().map(load_times),
        })
    }

    /// A resource of the earlier manifest.
    pub fn resource(&self, unique_id: &str) -> Option<&Json> {
        let manifest = self.manifest.as_ref()?;
        COLLECTIONS.iter().find_map(|collection| manifest.get(collection)?.get(unique_id))
    }
}

/// Reads an artifact of a kind whose version lies between two.
fn read(path: &Path, kind: &str, oldest: u32, newest: u32) -> Result<Option<Json>> {
    if !path.is_file() {
        return Ok(None);
    }
    let unreadable = |why: String| {
        Error::runtime(format!("The artifact `{}` cannot be read: {why}.", path.display()))
            .hint("Write it anew with the command that made it, or give another folder to `--state`.")
    };
    let text = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    let artifact: Json = serde_json::from_slice(&text).map_err(|error| unreadable(error.to_string()))?;
    let found = artifact.pointer("/metadata/dbt_schema_version").and_then(Json::as_str);
    let prefix = format!("https://schemas.getdbt.com/dbt/{kind}/v");
    let version = found.and_then(|version| version.strip_prefix(&prefix)?.strip_suffix(".json")?.parse().ok());
    if version.is_some_and(|version: u32| (oldest..=newest).contains(&version)) {
        return Ok(Some(artifact));
    }
    let found = found.map_or_else(|| "nothing".to_owned(), |version| format!("\"{version}\""));
    Err(Error::runtime(format!(
        "Expected a schema version of \"{prefix}{newest}.json\" in {}, but found {found}. Are you running with a \
         different version of dbt?",
        path.display()
    )))
}

fn results(artifact: &Json) -> impl Iterator<Item = (&str, &Json)> {
    let results = artifact.get("results").and_then(Json::as_array);
    results.into_iter().flatten().filter_map(|result| Some((result.get("unique_id")?.as_str()?, result)))
}

fn statuses(artifact: &Json) -> Vec<(UniqueId, String)> {
    let status = |result: &Json| result.get("status").and_then(Json::as_str).unwrap_or_default().to_owned();
    results(artifact).map(|(id, result)| (id.to_owned(), status(result))).collect()
}

fn load_times(artifact: &Json) -> LoadTimes {
    let loaded = |result: &Json| result.get("max_loaded_at").and_then(Json::as_str).map(str::to_owned);
    results(artifact).map(|(id, result)| (id.to_owned(), loaded(result))).collect()
}

/// How a resource may stand to the earlier state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    New,
    Old,
    Modified,
    Unmodified,
    Macros,
    Contract,
    Aspect(Aspect),
}

/// Names of the checks, in dbt's order.
const CHECKS: [(&str, Check); 10] = [
    ("new", Check::New),
    ("old", Check::Old),
    ("modified", Check::Modified),
    ("unmodified", Check::Unmodified),
    ("modified.body", Check::Aspect(Aspect::Body)),
    ("modified.configs", Check::Aspect(Aspect::Configs)),
    ("modified.persisted_descriptions", Check::Aspect(Aspect::PersistedDescriptions)),
    ("modified.relation", Check::Aspect(Aspect::Relation)),
    ("modified.macros", Check::Macros),
    ("modified.contract", Check::Contract),
];

/// Resources by how they compare with the earlier manifest.
pub(super) fn search(evaluator: &Evaluator<'_>, value: &str) -> Result<NodeSet> {
    let state = evaluator.request.state.filter(|state| state.manifest.is_some()).ok_or_else(|| {
        Error::runtime("Got a state selector method, but no comparison manifest")
            .hint("`state:` needs `--state` with a folder that holds the `manifest.json` of an earlier run.")
    })?;
    let check = CHECKS.iter().find(|(name, _)| *name == value).ok_or_else(|| unknown(value))?.1;
    let comparison = Comparison {
        state,
        events: evaluator.request.events,
        macros: ChangedMacros::find(evaluator.request.manifest, state),
        unrendered_sources: evaluator
            .request
            .flags
            .other
            .get("state_modified_compare_more_unrendered_values")
            .is_none_or(|flag| flag != false),
    };
    let mut found = NodeSet::default();
    for (position, member) in evaluator.members() {
        if comparison.holds(check, evaluator.request.graph.id(position), member)? {
            found.insert(position);
        }
    }
    if matches!(check, Check::Modified | Check::Unmodified | Check::Contract) {
        comparison.check_removed(evaluator)?;
    }
    Ok(found)
}

fn unknown(value: &str) -> Error {
    let names: Vec<Json> = CHECKS.iter().map(|(name, _)| Json::from(*name)).collect();
    let error = Error::runtime(format!(
        "Got an invalid selector \"{value}\", expected one of \"{}\"",
        crate::parse::python::repr(&Json::Array(names))
    ));
    match did_you_mean(value, CHECKS.iter().map(|(name, _)| *name)) {
        Some(near) => error.hint(format!("Did you mean `{near}`?")),
        None => error,
    }
}

/// This project beside the earlier one.
struct Comparison<'a> {
    state: &'a PreviousState,
    events: &'a Events,
    macros: ChangedMacros<'a>,
    /// Whether sources compare as written, not as rendered.
    unrendered_sources: bool,
}

impl Comparison<'_> {
    fn holds(&self, check: Check, id: &str, member: Member<'_>) -> Result<bool> {
        let old = self.state.resource(id);
        Ok(match check {
            Check::New => old.is_none(),
            Check::Old => old.is_some(),
            Check::Modified => self.is_modified(old, member)?,
            Check::Unmodified => !self.is_modified(old, member)?,
            Check::Macros => self.macros.reach(member),
            Check::Contract => match old {
                _ if !matches!(member, Member::Node(_)) => false,
                Some(old) => !self.same_contract(old, member)?,
                None => true,
            },
            Check::Aspect(aspect) => match old {
                _ if !aspect.applies(member) => false,
                Some(old) => !aspect.is_same(old, member, self.unrendered_sources),
                None => true,
            },
        })
    }

    fn is_modified(&self, old: Option<&Json>, member: Member<'_>) -> Result<bool> {
        let Some(old) = old else {
            // dbt calls new nodes and unit tests modified, but no other new resource.
            let counts = matches!(member, Member::Node(_) | Member::UnitTest(_));
            return Ok(counts || self.macros.reach(member));
        };
        // Contracts come first, because a breaking change is reported even where something else has changed.
        let same_contract = self.same_contract(old, member)?;
        if let Member::Node(node) = member {
            compare::warn_of_large_seed(node, old, self.events)?;
        }
        Ok(!same_contract || !compare::same_contents(old, member, self.unrendered_sources) || self.macros.reach(member))
    }

    fn same_contract(&self, old: &Json, member: Member<'_>) -> Result<bool> {
        match member {
            Member::Node(node) if node.model().is_some() => contract::is_same(old, node, self.events),
            _ => Ok(true),
        }
    }

    /// Warns of models with a contract that are gone. They are never selected.
    fn check_removed(&self, evaluator: &Evaluator<'_>) -> Result<()> {
        let manifest = evaluator.request.manifest;
        let old = self.state.manifest.as_ref().and_then(|manifest| manifest.get("nodes")?.as_object());
        for (id, old) in old.into_iter().flatten() {
            match manifest.disabled.get(id).and_then(|disabled| disabled.first()) {
                Some(Disabled::Node(node)) => contract::check_removed(&node.to_json(None), self.events)?,
                Some(_) => {}
                None if manifest.nodes.contains_key(id) => {}
                None => contract::check_removed(old, self.events)?,
            }
        }
        Ok(())
    }
}
