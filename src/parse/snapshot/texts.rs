//! Files that are one node and nothing else: models, analyses and singular tests in SQL. A change in one, or in a variable
//! that one reads, need not change anything about its node but its text: then the rest of the project is taken over.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Circumstances, Digests, digest_of_env, digest_of_var};
use crate::context::Vars;
use crate::events::hold;
use crate::manifest::{Manifest, Node};
use crate::parse::cache::{FileRender, digest};
use crate::parse::cx::Cx;
use crate::parse::files::{FileKind, PackageFiles, SourceFile};
use crate::parse::sql_files::{draft_file, parse_file};
use crate::project::Project;

/// More changed files than this are not looked at one by one.
const MOST_CHANGED: usize = 64;

/// What is known of such a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Text {
    /// Digest of what the file holds.
    digest: String,
    /// What its render read and recorded, if it read a variable.
    render: Option<FileRender>,
}

/// The files of a project that are such texts, in its order.
pub fn files_of(files: &IndexMap<String, PackageFiles>) -> Vec<&SourceFile> {
    files
        .values()
        .flat_map(|files| files.kinds().flat_map(|kind| files.of(kind)))
        .filter(|file| is_text(file))
        .collect()
}

/// Whether a file is one node, made from its text and its place alone.
pub fn is_text(file: &SourceFile) -> bool {
    matches!(file.kind, FileKind::Model | FileKind::Analysis | FileKind::SingularTest)
        && !file.relative_path.ends_with(".py")
}

/// A digest of each file's text.
pub fn digests(files: &[&SourceFile]) -> Vec<String> {
    files.par_iter().with_min_len(64).map(|file| digest(&[file.contents.as_bytes()])).collect()
}

/// The texts of a project that was parsed with `cx`.
pub fn texts(cx: &Cx, files: &[&SourceFile], digests: &[String]) -> Vec<Text> {
    let mut renders = cx.renders.file_renders();
    let texts = files.iter().zip(digests);
    texts.map(|(file, digest)| Text { digest: digest.clone(), render: renders.remove(&file.file_id()) }).collect()
}

/// Digests of what the renders of texts read.
pub fn reads(texts: &[Text], project: &Arc<Project>) -> (Digests, Digests) {
    let names = |of: fn(&FileRender) -> &BTreeSet<String>| -> BTreeSet<&String> {
        texts.iter().filter_map(|text| text.render.as_ref()).flat_map(of).collect()
    };
    let vars = Vars::new(project);
    let known = names(|render| &render.vars).into_iter();
    let vars = known.map(|name| (name.clone(), Some(digest_of_var(project, &vars, name)))).collect();
    let env = names(|render| &render.env).into_iter().map(|name| (name.clone(), digest_of_env(name))).collect();
    (vars, env)
}

/// What differs between a snapshot and the project as it is now.
#[derive(Debug, Default)]
pub struct Differences {
    /// Texts that have changed, as numbers.
    changed: Vec<usize>,
    /// Texts whose render read something that has changed.
    touched: Vec<usize>,
}

impl Differences {
    /// Between texts as they were stored and the digests of texts now; none if there are too many.
    pub fn between(stored: &Circumstances, digests: &[String], project: &Arc<Project>) -> Option<Differences> {
        if stored.texts.len() != digests.len() {
            return None;
        }
        let (vars, env) = reads(&stored.texts, project);
        let same = |known: &Digests, now: &Digests, name: &String| known.get(name) == now.get(name);
        let touches = |render: &FileRender| {
            !render.vars.iter().all(|name| same(&stored.file_vars, &vars, name))
                || !render.env.iter().all(|name| same(&stored.file_env, &env, name))
        };
        let mut differences = Differences::default();
        for (index, (text, digest)) in stored.texts.iter().zip(digests).enumerate() {
            if text.digest != *digest {
                differences.changed.push(index);
            } else if text.render.as_ref().is_some_and(touches) {
                differences.touched.push(index);
            }
        }
        (differences.changed.len() <= MOST_CHANGED).then_some(differences)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.touched.is_empty()
    }

    /// How many texts have to be looked at.
    pub fn count(&self) -> usize {
        self.changed.len() + self.touched.len()
    }

    /// Brings a manifest up to date, and gives the texts as they are now; none if more than texts would change.
    pub fn apply(
        &self,
        cx: &Cx,
        manifest: &mut Manifest,
        stored: &[Text],
        files: &[&SourceFile],
        digests: &[String],
    ) -> Option<Vec<Text>> {
        let holds = |index: &usize| still_records(cx, files[*index], &stored[*index]);
        if !self.touched.par_iter().all(holds) {
            return None;
        }
        let mut texts = stored.to_vec();
        for &index in &self.changed {
            let (text, file) = (&mut texts[index], files[index]);
            let node = changed(cx, manifest, file, text.render.as_ref())?;
            text.digest.clone_from(&digests[index]);
            text.render = cx.renders.file_renders().remove(&file.file_id());
            let known = manifest.nodes.get_mut(&node.unique_id)?;
            (known.raw_code, known.checksum, known.created_at) = (node.raw_code, node.checksum, node.created_at);
        }
        // What nobody knows the next value of is looked at where everything is parsed.
        let repeatable = cx.renders.revisited().is_empty() && cx.renders.all_reads().hold_elsewhere();
        repeatable.then_some(texts)
    }
}

/// Whether a file that has not changed records what it recorded, without a word.
fn still_records(cx: &Cx, file: &SourceFile, stored: &Text) -> bool {
    let (recorded, said) = hold(|| {
        let node = draft_file(cx, file).ok()?;
        cx.renders.captured(&cx.globals, &node).ok()
    });
    let known = stored.render.as_ref().map(|render| render.captured.as_str());
    said.is_empty() && recorded.is_some_and(|captured| Some(FileRender::digest_of(&captured).as_str()) == known)
}

/// The node of a file that has changed, if nothing about it but its text differs from what the manifest was made of.
fn changed(cx: &Cx, manifest: &Manifest, file: &SourceFile, render: Option<&FileRender>) -> Option<Node> {
    let (node, said) = hold(|| {
        let id = draft_file(cx, file).ok()?.unique_id;
        let known = manifest.nodes.get(&id).filter(|known| known.original_file_path == file.original_file_path())?;
        let old = SourceFile { contents: known.raw_code.clone(), checksum: known.checksum.clone(), ..file.clone() };
        let before = parse_file(cx, &old).ok()?;
        // With the variables of now, the old text need not record what it recorded then.
        let rendered = cx.renders.file_renders().remove(&file.file_id());
        if rendered.as_ref().map(|render| &render.captured) != render.map(|render| &render.captured) {
            return None;
        }
        let now = parse_file(cx, file).ok()?;
        let as_before = Node { raw_code: before.raw_code.clone(), checksum: before.checksum.clone(), ..now.clone() };
        (as_before == before).then_some(now)
    });
    node.filter(|_| said.is_empty())
}
