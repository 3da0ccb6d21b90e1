//! What the entry of a model says that does not depend on the rest of the project. It is read on all cores, some files
//! ahead of where the manifest is changed; what is wrong with it, or said about it, waits for its turn.

use std::sync::Arc;

use rayon::prelude::*;
use serde_json::Value as Json;

use super::entries::Entry;
use super::patch::{Patch, list, prepare};
use super::yaml_file::SchemaFile;
use super::{File, Loader};
use crate::error::Result;
use crate::events::{Held, hold, in_order, say};
use crate::parse::cx::Cx;
use crate::parse::tests::{TargetKind, TestSpec, TestTarget, specs};

/// Files that are read ahead together.
const FILES: usize = 32;

/// Something that was done ahead, and what was said meanwhile.
type Ahead<T> = (T, Vec<Held>);

/// The entries of one file.
pub type Models = Ahead<Result<Vec<Ahead<Result<Model>>>>>;

/// One entry.
pub enum Model {
    /// A model with what is said of it.
    Plain(Box<(Patch, Tests)>),
    /// A model in several versions: which of them there are, the manifest knows.
    Versioned(Box<Entry>),
}

/// A target of tests with its columns and what stands below `data_tests`.
pub type Tested = (TestTarget, Vec<Json>, Option<Json>);

/// The tests of a model.
pub enum Tests {
    /// Read already.
    Read(Ahead<Result<Vec<TestSpec>>>),
    /// Not read yet.
    Unread(Box<Tested>),
}

impl Loader<'_> {
    /// Takes over the properties of all files, in their order.
    ///
    /// # Errors
    /// An entry is not what dbt expects.
    pub fn load_all(&mut self, schemas: &[SchemaFile<'_>]) -> Result<()> {
        let cx = self.cx;
        if cx.warnings.are_kept() {
            // What is kept back is said in the order in which it was found.
            return schemas.iter().try_for_each(|schema| self.load(&File::new(cx, schema), None));
        }
        for batch in schemas.chunks(FILES) {
            let read = |schema| {
                let file = File::new(cx, schema);
                let models = hold(|| models_of(cx, &file));
                (file, models)
            };
            let files: Vec<(File<'_>, Models)> = batch.par_iter().map(read).collect();
            for (file, models) in files {
                self.load(&file, Some(models))?;
            }
        }
        Ok(())
    }

    /// Models, versioned or not, and their tests.
    pub(super) fn load_models(&mut self, file: &File<'_>, ahead: Option<Models>) -> Result<()> {
        let cx = self.cx;
        let events = &cx.globals.events;
        let models: Box<dyn Iterator<Item = Result<Model>>> = match ahead {
            Some(models) => Box::new(in_order(events, say(events, models)?)),
            None => Box::new(file.entries("models")?.into_iter().map(|entry| model_of(cx, file, entry))),
        };
        let mut all_tests = Vec::new();
        for model in models {
            match model? {
                Model::Plain(model) => {
                    let (patch, tests) = *model;
                    self.apply(&patch, &file.package)?;
                    all_tests.push(tests);
                }
                Model::Versioned(entry) => {
                    let versions = list(&entry.data, "versions").to_vec();
                    let tested = self.load_versions(file, &entry, &versions)?;
                    all_tests.extend(tested.into_iter().map(|tested| Tests::Unread(Box::new(tested))));
                }
            }
        }
        for tests in all_tests {
            match tests {
                Tests::Read(specs) => self.keep_tests(say(events, specs)?),
                Tests::Unread(tested) => {
                    let (target, columns, tests) = *tested;
                    self.collect_tests(target, &columns, tests.as_ref(), &file.scope)?;
                }
            }
        }
        Ok(())
    }
}

fn models_of(cx: &Cx, file: &File<'_>) -> Result<Vec<Ahead<Result<Model>>>> {
    let entries = file.entries("models")?;
    Ok(entries.into_iter().map(|entry| hold(|| model_of(cx, file, entry))).collect())
}

fn model_of(cx: &Cx, file: &File<'_>, mut entry: Entry) -> Result<Model> {
    prepare(&mut entry, &file.path, "models", &file.package)?;
    if !list(&entry.data, "versions").is_empty() {
        return Ok(Model::Versioned(Box::new(entry)));
    }
    let patch = Patch::new(&entry, &file.path, &file.id(), "models")?;
    let target = TestTarget::of_node(TargetKind::Model, &entry.data, file.package.clone(), None);
    let columns = match entry.data.get_mut("columns") {
        Some(Json::Array(columns)) => std::mem::take(columns),
        _ => Vec::new(),
    };
    let tests = entry.data.get_mut("data_tests").map(Json::take);
    let tests = match cx.warnings.are_kept() {
        true => Tests::Unread(Box::new((target, columns, tests))),
        false => Tests::Read(hold(|| specs(cx, &file.scope, &Arc::new(target), &columns, tests.as_ref()))),
    };
    Ok(Model::Plain(Box::new((patch, tests))))
}
