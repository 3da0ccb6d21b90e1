//! From one step of `--for` to the next: whether parsing the project with other values of some variables would come to
//! the same manifest. Only files and tests whose renders read one of the variables are rendered again, and what they record is
//! compared.

use std::sync::Arc;

use rayon::prelude::*;

use super::cache::Known;
use crate::context::{Captured, Globals, Reads, TestMacros, render_while_parsing};
use crate::events::{Event, Level};
use crate::invocation::Step;
use crate::jinja::Value;
use crate::manifest::Node;

/// What a parse remembers for other steps of the same command.
#[derive(Debug, Default)]
pub struct Memory {
    /// What to look at again.
    pub(super) renders_again: Vec<Revisited>,
    /// What was read elsewhere: for names of relations, in properties, in arguments of tests, in hooks.
    pub(super) aside: Reads,
    /// All renders, for a parse that has to be done.
    pub(super) renders: Known,
}

/// A file or a generic test whose render may come to something else in another step, with what it recorded.
#[derive(Debug)]
pub struct Revisited {
    /// As it was before it was rendered.
    pub node: Node,
    /// See [`render_while_parsing`].
    pub extra: Vec<(String, Value)>,
    /// See [`render_while_parsing`].
    pub macros: Option<Arc<TestMacros>>,
    /// What the render recorded.
    pub captured: Captured,
}

impl Revisited {
    /// A file.
    pub fn of_file(node: &Node, captured: &Captured) -> Revisited {
        Revisited { node: node.clone(), extra: Vec::new(), macros: None, captured: captured.clone() }
    }

    /// Whether it is the render of a file, which its node alone says all of.
    pub fn is_file(&self) -> bool {
        self.extra.is_empty() && self.macros.is_none()
    }

    /// Whether rendering comes to the same now.
    pub fn holds(&self, globals: &Arc<Globals>) -> bool {
        match render_while_parsing(globals, &self.node, self.extra.clone(), self.macros.clone()) {
            Ok((captured, _)) => captured == self.captured,
            Err(_) => false,
        }
    }
}

impl Memory {
    /// Whether everything that was parsed holds at `step`, whose `globals` have its variables. A file that fails now
    /// says no: parsing anew names the error that comes first.
    pub fn holds(&self, step: &Step, globals: &Arc<Globals>) -> bool {
        let is_template = |text: &str| text.contains("{{") || text.contains("{%");
        let aside = step.values.iter().all(|(name, value)| {
            // A text that is a template itself is rendered where it is read, with all that this may bring.
            !self.aside.vars.contains(name) && !is_template(&format!("{:?}", value.node.value))
        });
        let holds =
            aside && !self.aside.unrepeatable && self.renders_again.par_iter().all(|render| render.holds(globals));
        if holds {
            let repeated = self.renders_again.len();
            let message = format!("Parsed project taken over from the step before: {repeated} files rendered again");
            globals
                .events
                .emit(Event::new("ParsedProjectTakenOver", "I903", Level::Debug, message).with("rendered", repeated));
        }
        holds
    }
}
