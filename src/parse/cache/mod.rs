//! Remembers from one command to the next what files said when they were rendered, and which texts Python can read. A
//! render is asked again only if its text, its place in the database, a variable or an environment variable that it
//! read, or something that all renders see (macros, target, behaviour flags, rdbt itself) has changed. Everything else
//! of parsing (configuration, properties, links, checks, warnings) is done anew each time, so that a parse with the
//! cache cannot come to another result than one without.

mod file;
mod fingerprint;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::revisit::Revisited;
use crate::context::{Captured, Globals, Reads, render_while_parsing};
use crate::error::Result;
use crate::events::{Event, Events, Level};
use crate::manifest::{Node, ResourceType};

pub use file::replace;
pub use fingerprint::{digest, of_project, program};

/// The name of the file in the target folder.
pub const FILE_NAME: &str = "rdbt_renders.cache";

/// Renders of one text that read different values: a project that is parsed with several `--vars` in turn keeps them
/// side by side.
const VARIANTS: usize = 8;

/// What renders recorded, by what went into them.
#[derive(Debug, Default)]
pub struct RenderCache {
    path: PathBuf,
    /// What all renders see.
    fingerprint: String,
    known: HashMap<String, Vec<Render>>,
    /// What this parse asked for, known or new.
    used: Mutex<HashMap<String, Vec<Render>>>,
    /// There is something new to write.
    changed: AtomicBool,
    remembered: AtomicUsize,
    rendered: AtomicUsize,
    /// Variables that other steps of this command change.
    changing: Vec<String>,
    /// Renders that have to be looked at again.
    revisited: Mutex<Vec<Revisited>>,
    /// What all renders together read, but for what makes them be looked at again, and for what is noted file by file.
    read: Mutex<Reads>,
    /// Renders of files that are one node, by file, where they read a variable.
    files: Mutex<HashMap<String, FileRender>>,
    /// Variables of which texts only need to know that they are no templates.
    plain_vars: Mutex<BTreeSet<String>>,
}

/// The renders of a parse, for another one of this process.
#[derive(Debug, Default)]
pub struct Known {
    fingerprint: String,
    renders: HashMap<String, Vec<Render>>,
}

/// The variables that the render of a file read, and a digest of what it recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileRender {
    /// Names given to `var()`.
    pub vars: BTreeSet<String>,
    /// Names given to `env_var()`.
    pub env: BTreeSet<String>,
    /// See [`FileRender::digest_of`].
    pub captured: String,
}

impl FileRender {
    /// A digest of what a render recorded.
    pub fn digest_of(captured: &Captured) -> String {
        digest(&[&serde_json::to_vec(captured).unwrap_or_default()])
    }
}

/// One render: what it read and what it recorded.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Render {
    /// Digests of variables by name; none where there was no such variable.
    vars: BTreeMap<String, Option<String>>,
    /// The same of environment variables.
    env: BTreeMap<String, Option<String>>,
    captured: Captured,
}

impl RenderCache {
    /// The cache in the file `path`. What was made under another `fingerprint` is left aside, as is a file that is not
    /// whole, and everything if not `read`.
    pub fn open(path: PathBuf, fingerprint: String, read: bool) -> Self {
        let known = if read { file::read(&path, &fingerprint).unwrap_or_default() } else { HashMap::new() };
        RenderCache { path, fingerprint, known, ..RenderCache::default() }
    }

    /// The cache of a parse that follows another one in this process, whose renders are `known`.
    pub fn after(known: Known, path: PathBuf, fingerprint: String) -> Self {
        let known = if known.fingerprint == fingerprint { known.renders } else { HashMap::new() };
        RenderCache { path, fingerprint, known, ..RenderCache::default() }
    }

    /// With the variables that other steps of the command change.
    #[must_use]
    pub fn with_changing(self, changing: Vec<String>) -> Self {
        RenderCache { changing, ..self }
    }

    /// What rendering `node` records, from memory if that is as good.
    ///
    /// # Errors
    /// The text cannot be parsed, or something in it fails. Errors are not remembered.
    pub fn captured(&self, globals: &Arc<Globals>, node: &Node) -> Result<Captured> {
        let key = fingerprint::of_node(node);
        let renders = self.known.get(&key).map(Vec::as_slice).unwrap_or_default();
        if let Some(found) = renders.iter().find(|render| render.holds(globals, node)) {
            let captured = found.captured.clone();
            let (vars, env) = (found.vars.keys().cloned().collect(), found.env.keys().cloned().collect());
            let reads = Reads { vars, env, ..Reads::default() };
            self.note_file(node, &reads, &captured);
            self.remembered.fetch_add(1, Ordering::Relaxed);
            self.keep(key, renders.to_vec());
            return Ok(captured);
        }
        self.rendered.fetch_add(1, Ordering::Relaxed);
        let (captured, reads) = render_while_parsing(globals, node, Vec::new(), None)?;
        self.note_file(node, &reads, &captured);
        if !reads.unrepeatable && !captured.config_calls.iter().any(|call| call.values().any(has_float)) {
            let mut renders = renders.to_vec();
            renders.insert(0, Render::new(globals, node, &reads, captured.clone()));
            renders.truncate(VARIANTS);
            self.keep(key, renders);
            self.changed.store(true, Ordering::Relaxed);
        }
        Ok(captured)
    }

    /// Takes note of what a render read, and keeps it to be looked at again if another time it may come to something
    /// else: it read what other steps change, or nobody knows what. From one command to the next only files can be.
    pub fn revisit(&self, reads: &Reads, make: impl FnOnce() -> Revisited) {
        if *reads == Reads::default() {
            return;
        }
        self.join(self.look_again(reads.clone(), make));
    }

    /// As [`RenderCache::revisit`] for a file. What the render of one that is one node read of variables is noted with it.
    fn note_file(&self, node: &Node, reads: &Reads, captured: &Captured) {
        if *reads == Reads::default() {
            return;
        }
        let mut left = self.look_again(reads.clone(), || Revisited::of_file(node, captured));
        let is_one = matches!(node.resource_type, ResourceType::Model | ResourceType::Analysis | ResourceType::Test);
        if is_one && !(left.vars.is_empty() && left.env.is_empty()) {
            let (vars, env) = (std::mem::take(&mut left.vars), std::mem::take(&mut left.env));
            let render = FileRender { vars, env, captured: FileRender::digest_of(captured) };
            self.file_renders().insert(format!("{}://{}", node.package_name, node.original_file_path), render);
        }
        self.join(left);
    }

    /// Keeps a render that has to be looked at again; what of it does not.
    fn look_again(&self, mut reads: Reads, make: impl FnOnce() -> Revisited) -> Reads {
        if reads.unrepeatable || self.changing.iter().any(|name| reads.vars.contains(name)) {
            let render = make();
            reads.unrepeatable &= reads.effects || !render.is_file();
            self.revisited.lock().unwrap_or_else(PoisonError::into_inner).push(render);
        }
        reads
    }

    fn join(&self, reads: Reads) {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).join(reads);
    }

    /// Renders of files that are one node, by [`SourceFile::file_id`], where they read something.
    ///
    /// [`SourceFile::file_id`]: super::files::SourceFile::file_id
    pub fn file_renders(&self) -> MutexGuard<'_, HashMap<String, FileRender>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What all renders together read so far, but for what made [`RenderCache::revisit`] keep them and for
    /// [`RenderCache::file_renders`].
    pub fn all_reads(&self) -> Reads {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes note of a variable that is not rendered, because its value is no template.
    pub fn note_plain_var(&self, name: &str) {
        let mut known = self.plain_vars.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains(name) {
            known.insert(name.to_owned());
        }
    }

    /// The variables of [`RenderCache::note_plain_var`] so far.
    pub fn plain_vars(&self) -> Vec<String> {
        self.plain_vars.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// What is to be looked at again.
    pub fn revisited(&self) -> Vec<Revisited> {
        std::mem::take(&mut self.revisited.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The renders that this parse asked for, for the next one of this process.
    pub fn into_known(self) -> Known {
        let renders = self.used.into_inner().unwrap_or_else(PoisonError::into_inner);
        Known { fingerprint: self.fingerprint, renders }
    }

    /// Whether Python could read this text before.
    pub fn remembers_as_python(&self, text: &str) -> bool {
        let key = python_key(text);
        let known = self.known.contains_key(&key);
        if known {
            self.keep(key, Vec::new());
        }
        known
    }

    /// Notes that Python can read this text.
    pub fn remember_as_python(&self, text: &str) {
        self.keep(python_key(text), Vec::new());
        self.changed.store(true, Ordering::Relaxed);
    }

    fn keep(&self, key: String, renders: Vec<Render>) {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(key, renders);
    }

    /// Writes what this parse asked for, if there is anything new in it. The cache is a convenience: where it cannot be
    /// written, the next command does without.
    pub fn save(&self, events: &Events) {
        let (remembered, rendered) = (self.remembered.load(Ordering::Relaxed), self.rendered.load(Ordering::Relaxed));
        if remembered + rendered > 0 {
            let message = format!("Parse cache: {remembered} files remembered, {rendered} files rendered");
            let event = Event::new("ParseCacheUsed", "I902", Level::Debug, message);
            events.emit(event.with("remembered", remembered).with("rendered", rendered));
        }
        if self.changed.load(Ordering::Relaxed) {
            let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            drop(file::write(&self.path, &self.fingerprint, &used));
        }
    }
}

impl Render {
    fn new(globals: &Globals, node: &Node, reads: &Reads, captured: Captured) -> Self {
        let vars = reads.vars.iter().map(|name| (name.clone(), var_digest(globals, node, name)));
        let env = reads.env.iter().map(|name| (name.clone(), env_digest(name)));
        Render { vars: vars.collect(), env: env.collect(), captured }
    }

    /// Whether everything that the render read is as it was.
    fn holds(&self, globals: &Globals, node: &Node) -> bool {
        self.vars.iter().all(|(name, digest)| var_digest(globals, node, name) == *digest)
            && self.env.iter().all(|(name, digest)| env_digest(name) == *digest)
    }
}

/// The key of a text that is not rendered: it has no variants.
fn python_key(text: &str) -> String {
    format!("python {}", fingerprint::digest(&[text.as_bytes()]))
}

fn var_digest(globals: &Globals, node: &Node, name: &str) -> Option<String> {
    globals.var_shown(&node.package_name, name).map(|shown| fingerprint::digest(&[shown.as_bytes()]))
}

/// The value itself stays out of the file: it may be confidential.
fn env_digest(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| fingerprint::digest(&[value.as_bytes()]))
}

/// JSON does not promise to give back every float bit by bit.
fn has_float(value: &Json) -> bool {
    match value {
        Json::Number(number) => number.is_f64(),
        Json::Array(items) => items.iter().any(has_float),
        Json::Object(entries) => entries.values().any(has_float),
        _ => false,
    }
}
