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
mod texts;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexMap;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::cache::{digest, replace};
use super::cx::{Cx, Flags};
use super::files::{PackageFiles, SourceFile};
use super::revisit::Revisited;
use crate::context::{Captured, Globals, Reads, Vars};
use crate::events::{Event, Events, Held, Level, Recorded, effects, hold, say};
use crate::invocation::Invocation;
use crate::manifest::{Manifest, Node, SharedMap};
use crate::project::Project;

pub use file::Stored;
use texts::{Differences, Text};

/// The name of the file in the target folder.
pub const FILE_NAME: &str = "rdbt_manifest.cache";

/// Beside it: digests of the states in which the project was met, with the texts and without, the latest last.
const STATES_FILE_NAME: &str = "rdbt_manifest.states";

/// How many states are noted: a project may be used with some sets of variables in turn.
const STATES: usize = 16;

/// Digests by name; none where there is no such variable.
type Digests = BTreeMap<String, Option<String>>;

/// Where the snapshot of a project is, and what it must have been made of to hold now.
#[derive(Debug)]
pub struct Snapshot<'a> {
    path: PathBuf,
    key: String,
    /// Files whose change need not change more than themselves.
    texts: Vec<&'a SourceFile>,
    /// Digests of their contents.
    digests: Vec<String>,
}

/// What parsing read and said besides what is in the key.
#[derive(Debug, Serialize, Deserialize)]
pub struct Circumstances {
    /// A name for what was parsed: no other snapshot has it.
    pub name: String,
    /// When the project was parsed, in seconds since the epoch.
    pub created_at: f64,
    /// What parsing said.
    pub said: Vec<Recorded>,
    /// See [`Events::manner`].
    manner: String,
    /// Variables that were read elsewhere than in `texts`.
    vars: Digests,
    /// The same of environment variables.
    env: Digests,
    /// Variables that were read in `texts`.
    file_vars: Digests,
    /// The same of environment variables.
    file_env: Digests,
    /// Files that are one node.
    texts: Vec<Text>,
    /// Variables of which only that they are no templates mattered.
    plain_vars: Vec<String>,
    /// Files to render again.
    again: Vec<Again>,
}

/// A file that read what may be different at any time, such as the date, and what its render recorded.
#[derive(Debug, Clone, Serialize, Deserialize)]
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

impl<'a> Snapshot<'a> {
    /// Where the snapshot of `project` is; nowhere for the steps of `--for`, which hand the manifest on in memory.
    pub fn of(
        invocation: &Invocation,
        project: &Project,
        flags: &Flags,
        files: &'a IndexMap<String, PackageFiles>,
    ) -> Option<Snapshot<'a>> {
        let steps = invocation.flags.step.is_some() || !invocation.flags.series.is_empty();
        (!steps).then(|| {
            let texts = texts::files_of(files);
            let (key, digests) = rayon::join(|| key::of(project, flags, files), || texts::digests(&texts));
            Snapshot { path: path_of(project), key, texts, digests }
        })
    }

    /// What is stored, with its circumstances, if key and circumstances are the present ones but for some differences.
    pub fn find(&self, project: &Arc<Project>, events: &Events) -> Option<(Stored, Circumstances, Differences)> {
        let stored = Stored::read(&self.path, &self.key)?;
        let circumstances = stored.circumstances()?;
        if !circumstances.are_present(project, events) {
            return None;
        }
        let differences = Differences::between(&circumstances, &self.digests, project)?;
        Some((stored, circumstances, differences))
    }

    /// Brings a manifest that was taken over up to date, if only texts differ, and its circumstances with it; what
    /// can be stored then, if it would be the same another time.
    pub fn brought_up_to_date(
        &self,
        cx: &Cx,
        manifest: &mut Manifest,
        stored: &Circumstances,
        differences: &Differences,
    ) -> Option<Option<NewSnapshot>> {
        let texts = differences.apply(cx, manifest, &stored.texts, &self.texts, &self.digests)?;
        let aside = cx.globals.read_aside();
        if !aside.hold_elsewhere() || effects::were_rolled() {
            return Some(None);
        }
        let circumstances = stored.with_texts(cx, texts, aside);
        let (path, key) = (self.path.clone(), self.key.clone());
        Some(Some(NewSnapshot { path, key, circumstances, replaces_alike: true }))
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
        let texts = texts::texts(cx, &self.texts, &self.digests);
        let circumstances = Circumstances::new(cx, reads, texts, again, said?);
        Some(NewSnapshot { path: self.path, key: self.key, circumstances, replaces_alike: false })
    }
}

/// A snapshot that is yet to be written.
#[derive(Debug)]
pub struct NewSnapshot {
    path: PathBuf,
    key: String,
    circumstances: Circumstances,
    /// The snapshot that is there differs in texts only, and serves nearly as well.
    replaces_alike: bool,
}

impl NewSnapshot {
    /// A name for what was parsed.
    pub fn name(&self) -> &str {
        &self.circumstances.name
    }

    /// Replaces the snapshot by one of `manifest`, which is as it was parsed. A command that does little else (not
    /// `at_once`) leaves that to the next one in the same state: where files change between all commands, none would
    /// profit. It is a convenience: where it cannot be written, the next command does without.
    pub fn save(&self, manifest: &Manifest, at_once: bool) {
        if at_once || self.was_met() {
            drop(file::write(&self.path, &self.key, &self.circumstances, manifest));
        }
    }

    /// Whether a command has met the project in this state before, of late; notes that one has. What texts there are counts only
    /// where the snapshot at hand could do for other ones.
    fn was_met(&self) -> bool {
        let path = self.path.with_file_name(STATES_FILE_NAME);
        let Circumstances { vars, env, file_vars, file_env, texts, .. } = &self.circumstances;
        let without = format!("{} {vars:?} {env:?} {file_vars:?} {file_env:?}", self.key);
        let with = digest(&[without.as_bytes(), format!("{texts:?}").as_bytes()]);
        let without = digest(&[without.as_bytes()]);
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let mut states: Vec<&str> = text.lines().collect();
        let met = |state: &String| states.contains(&state.as_str());
        if met(&with) || (!self.replaces_alike && met(&without)) {
            return true;
        }
        states.retain(|state| *state != without);
        states.extend([with.as_str(), without.as_str()]);
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
    fn new(cx: &Cx, reads: Reads, texts: Vec<Text>, again: &[Revisited], said: Vec<Recorded>) -> Circumstances {
        let (vars, env) = digests_of(reads, &cx.globals.project);
        let (file_vars, file_env) = texts::reads(&texts, &cx.globals.project);
        Circumstances {
            name: Uuid::new_v4().to_string(),
            created_at: cx.created_at,
            said,
            manner: cx.globals.events.manner(),
            vars,
            env,
            file_vars,
            file_env,
            texts,
            plain_vars: cx.renders.plain_vars(),
            again: again.iter().map(Again::of).collect(),
        }
    }

    /// The same after some texts have changed, and `aside` was read beside them.
    fn with_texts(&self, cx: &Cx, texts: Vec<Text>, aside: Reads) -> Circumstances {
        let (file_vars, file_env) = texts::reads(&texts, &cx.globals.project);
        let (vars, env) = digests_of(aside, &cx.globals.project);
        let mut plain_vars = cx.renders.plain_vars();
        plain_vars.retain(|name| !self.plain_vars.contains(name));
        plain_vars.extend_from_slice(&self.plain_vars);
        Circumstances {
            name: Uuid::new_v4().to_string(),
            created_at: self.created_at,
            said: self.said.clone(),
            manner: self.manner.clone(),
            vars: self.vars.clone().into_iter().chain(vars).collect(),
            env: self.env.clone().into_iter().chain(env).collect(),
            file_vars,
            file_env,
            texts,
            plain_vars,
            again: self.again.clone(),
        }
    }

    /// Whether the files of which nobody knows what they read come to the same now.
    pub fn repeat(&self, globals: &Arc<Globals>) -> bool {
        self.again.par_iter().all(|file| file.holds(globals))
    }

    /// Says what parsing said, and that it was spared but for `count` texts.
    pub fn say_again(self, events: &Events, count: usize) {
        let message = match count {
            0 => "Parse cache: nothing has changed, and the project is taken over from the last command".to_owned(),
            _ => format!("Parse cache: {count} files looked at again, all else is taken over from the last command"),
        };
        say(events, ((), self.said.into_iter().map(Held::from).collect()));
        events.emit(Event::new("ParsedProjectRestored", "I904", Level::Debug, message));
    }

    fn are_present(&self, project: &Arc<Project>, events: &Events) -> bool {
        let vars = Vars::new(project);
        let is_template = |name: &String| project.all_packages().any(|package| vars.is_template(&package.name, name));
        self.vars.iter().all(|(name, digest)| digest.as_ref() == Some(&digest_of_var(project, &vars, name)))
            && self.env.iter().all(|(name, digest)| digest_of_env(name) == *digest)
            && !self.plain_vars.iter().any(is_template)
            && (self.said.is_empty() || self.manner == events.manner())
    }
}

/// Digests of what was read elsewhere than in texts.
fn digests_of(reads: Reads, project: &Arc<Project>) -> (Digests, Digests) {
    let vars = Vars::new(project);
    let of_vars = reads.vars.into_iter().map(|name| (Some(digest_of_var(project, &vars, &name)), name));
    let of_env = reads.env.into_iter().map(|name| (digest_of_env(&name), name));
    let turned = |(digest, name)| (name, digest);
    (of_vars.map(turned).collect(), of_env.map(turned).collect())
}

/// What a variable is in any package, and whether the command line gave it.
fn digest_of_var(project: &Project, vars: &Vars, name: &str) -> String {
    let typed = project.cli_vars.get(name).is_some();
    let shown: Vec<Option<String>> = project.all_packages().map(|package| vars.shown(&package.name, name)).collect();
    digest(&[format!("{typed} {shown:?}").as_bytes()])
}

/// The value itself stays out of the file: it may be confidential.
fn digest_of_env(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| digest(&[value.as_bytes()]))
}
