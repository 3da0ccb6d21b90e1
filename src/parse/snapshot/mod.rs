//! The parsed project as the last command left it. Where neither a file nor anything else that parsing read has changed, the
//! manifest is taken from there, and what parsing said is said again; else the project is parsed and the snapshot replaced.
//! As with dbt's partial parsing, resources keep the time at which they were parsed (`created_at`).
//!
//! What parsing reads is either in the key (files, `dbt_project.yml` and profile as loaded, behaviour flags, this build
//! of rdbt) or noted while it is read ([`Reads`]): variables of the command line and of the environment. A file that
//! read something else whose next value nobody knows, such as the date, is rendered again and compared; where such a
//! thing was read by anything but a file, no snapshot is kept.

mod content;
mod file;
mod key;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexMap;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::cache::{digest, replace};
use super::cx::{Cx, Flags};
use super::files::PackageFiles;
use super::revisit::Revisited;
use crate::context::{Captured, Globals, Reads, Vars};
use crate::events::{Event, Events, Held, Level, Recorded, effects, hold, say};
use crate::invocation::Invocation;
use crate::manifest::{Manifest, Node, SharedMap};
use crate::project::Project;

pub use file::Stored;

/// The name of the file in the target folder.
pub const FILE_NAME: &str = "rdbt_manifest.cache";

/// Beside it: digests of the states in which the project was met, the latest last.
const STATES_FILE_NAME: &str = "rdbt_manifest.states";

/// How many states are noted: a project may be used with some sets of variables in turn.
const STATES: usize = 8;

/// Where the snapshot of a project is, and what it must have been made of to hold now.
#[derive(Debug)]
pub struct Snapshot {
    path: PathBuf,
    key: String,
}

/// What parsing read and said besides what is in the key.
#[derive(Debug, Serialize, Deserialize)]
pub struct Circumstances {
    /// When the project was parsed, in seconds since the epoch.
    pub created_at: f64,
    /// What parsing said.
    pub said: Vec<Recorded>,
    /// See [`Events::manner`].
    manner: String,
    /// Digests of variables by name.
    vars: BTreeMap<String, String>,
    /// The same of environment variables; none where there was no such variable.
    env: BTreeMap<String, Option<String>>,
    /// Variables of which only that they are no templates mattered.
    plain_vars: Vec<String>,
    /// Files to render again.
    again: Vec<Again>,
}

/// A file that read what may be different at any time, such as the date, and what its render recorded.
#[derive(Debug, Serialize, Deserialize)]
struct Again {
    /// As it was before it was rendered.
    node: Node,
    /// What serde leaves out of it.
    maps: [SharedMap; 4],
    captured: Captured,
}

impl Again {
    fn of(render: &Revisited) -> Again {
        let (node, captured) = (render.node.clone(), render.captured.clone());
        Again { maps: content::maps_of(&node).map(Clone::clone), node, captured }
    }

    /// Whether the file comes to the same now, without a word.
    fn holds(&self, globals: &Arc<Globals>) -> bool {
        let mut node = self.node.clone();
        content::set_maps(&mut node, self.maps.clone());
        let (holds, said) = hold(|| Revisited::of_file(&node, &self.captured).holds(globals));
        holds && said.is_empty()
    }
}

impl Snapshot {
    /// Where the snapshot of `project` is; nowhere for the steps of `--for`, which hand the manifest on in memory.
    pub fn of(
        invocation: &Invocation,
        project: &Project,
        flags: &Flags,
        files: &IndexMap<String, PackageFiles>,
    ) -> Option<Snapshot> {
        let steps = invocation.flags.step.is_some() || !invocation.flags.series.is_empty();
        (!steps).then(|| Snapshot { path: path_of(project), key: key::of(project, flags, files) })
    }

    /// What is stored, with its circumstances, if key and circumstances are the present ones.
    pub fn find(&self, project: &Arc<Project>, events: &Events) -> Option<(Stored, Circumstances)> {
        let stored = Stored::read(&self.path, &self.key)?;
        let circumstances = stored.circumstances()?;
        circumstances.are_present(project, events).then_some((stored, circumstances))
    }

    /// A new snapshot, if what was parsed would be the same another time.
    pub fn renewed(
        self,
        cx: &Cx,
        manifest: &Manifest,
        again: &[Revisited],
        said: Option<Vec<Recorded>>,
    ) -> Option<NewSnapshot> {
        let mut reads = cx.renders.all_reads();
        reads.join(cx.globals.read_aside());
        if !reads.hold_elsewhere() || effects::were_rolled() || ages(manifest) {
            return None;
        }
        Some(NewSnapshot { circumstances: Circumstances::new(cx, reads, again, said?), place: self })
    }
}

/// A snapshot that is yet to be written.
#[derive(Debug)]
pub struct NewSnapshot {
    place: Snapshot,
    circumstances: Circumstances,
}

impl NewSnapshot {
    /// Replaces the snapshot by one of `manifest`, which is as it was parsed. A command that does little else (not
    /// `at_once`) leaves that to the next one in the same state: where files change between all commands, none would
    /// profit. It is a convenience: where it cannot be written, the next command does without.
    pub fn save(&self, manifest: &Manifest, at_once: bool) {
        if at_once || self.was_met() {
            drop(file::write(&self.place.path, &self.place.key, &self.circumstances, manifest));
        }
    }

    /// Whether a command has met the project in this state before, of late; notes that one has.
    fn was_met(&self) -> bool {
        let path = self.place.path.with_file_name(STATES_FILE_NAME);
        let Circumstances { vars, env, .. } = &self.circumstances;
        let state = digest(&[format!("{} {vars:?} {env:?}", self.place.key).as_bytes()]);
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let mut states: Vec<&str> = text.lines().collect();
        if states.contains(&state.as_str()) {
            return true;
        }
        states.push(&state);
        let latest = states[states.len().saturating_sub(STATES)..].join("\n");
        drop(replace(&path, |file| writeln!(file, "{latest}")));
        false
    }
}

/// The file of the snapshot.
pub fn path_of(project: &Project) -> PathBuf {
    project.base_target_path.join(FILE_NAME)
}

/// Whether parsing says something else of the same project as time goes by.
fn ages(manifest: &Manifest) -> bool {
    manifest.nodes.values().any(|node| node.model().is_some_and(|model| model.deprecation_date.is_some()))
}

impl Circumstances {
    fn new(cx: &Cx, reads: Reads, again: &[Revisited], said: Vec<Recorded>) -> Circumstances {
        let project = cx.globals.project.clone();
        let vars = Vars::new(&project);
        let digests = reads.vars.into_iter().map(|name| (var_digest(&project, &vars, &name), name));
        let env = reads.env.into_iter().map(|name| (env_digest(&name), name)).map(|(digest, name)| (name, digest));
        Circumstances {
            created_at: cx.created_at,
            said,
            manner: cx.globals.events.manner(),
            vars: digests.map(|(digest, name)| (name, digest)).collect(),
            env: env.collect(),
            plain_vars: cx.renders.plain_vars(),
            again: again.iter().map(Again::of).collect(),
        }
    }

    /// Whether the files of which nobody knows what they read come to the same now.
    pub fn repeat(&self, globals: &Arc<Globals>) -> bool {
        self.again.par_iter().all(|file| file.holds(globals))
    }

    /// Says what parsing said, and that it was spared.
    pub fn say_again(self, events: &Events) {
        let message = "Parse cache: nothing has changed, and the project is taken over from the last command";
        say(events, ((), self.said.into_iter().map(Held::from).collect()));
        events.emit(Event::new("ParsedProjectRestored", "I904", Level::Debug, message));
    }

    fn are_present(&self, project: &Arc<Project>, events: &Events) -> bool {
        let vars = Vars::new(project);
        let is_template = |name: &String| project.all_packages().any(|package| vars.is_template(&package.name, name));
        self.vars.iter().all(|(name, digest)| var_digest(project, &vars, name) == *digest)
            && self.env.iter().all(|(name, digest)| env_digest(name) == *digest)
            && !self.plain_vars.iter().any(is_template)
            && (self.said.is_empty() || self.manner == events.manner())
    }
}

/// What a variable is in any package, and whether the command line gave it.
fn var_digest(project: &Project, vars: &Vars, name: &str) -> String {
    let typed = project.cli_vars.get(name).is_some();
    let shown: Vec<Option<String>> = project.all_packages().map(|package| vars.shown(&package.name, name)).collect();
    digest(&[format!("{typed} {shown:?}").as_bytes()])
}

/// The value itself stays out of the file: it may be confidential.
fn env_digest(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| digest(&[value.as_bytes()]))
}
