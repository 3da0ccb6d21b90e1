//! `--for`: the values that a command runs for, and the runs, called steps, that follow from them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::{Invocation, RetriedBatches};
use crate::yaml::{self, Map, Node, Value};

/// Longest name of a step's folder; what is longer is cut and told apart by a digest.
const LONGEST_NAME: usize = 120;

/// A variable of `--for` with its values, in the order in which the command runs for them.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The variable.
    pub name: String,
    /// Its values; at least one, none twice.
    pub values: Vec<SeriesValue>,
}

/// A value as it was typed, and as `var()` gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesValue {
    /// As messages and folders show it.
    pub text: String,
    /// With YAML's own type.
    pub node: Node,
}

/// What `retry` knows of a step of the last run.
#[derive(Debug, Clone)]
pub enum Resumed {
    /// It went well: what the summary says of it stays.
    Done(Box<Json>),
    /// These resources of it run again.
    Again {
        /// Unique ids.
        only: Vec<String>,
        /// See [`super::Flags::retried_batches`].
        batches: Option<RetriedBatches>,
        /// See [`super::Flags::retried_overloads`].
        overloads: HashMap<String, Vec<String>>,
    },
}

/// One run of a command under `--for`.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its place, from 1.
    pub number: usize,
    /// Of how many.
    pub total: usize,
    /// Each variable with its value, in the order of the command line.
    pub values: Vec<(String, SeriesValue)>,
}

impl Step {
    /// The steps of some variables: every combination of values, those of the last variable changing fastest.
    pub fn all(series: &[Series]) -> Vec<Step> {
        let mut rows: Vec<Vec<(String, SeriesValue)>> = vec![Vec::new()];
        for one in series {
            let longer = rows.iter().flat_map(|row| {
                one.values.iter().map(|value| {
                    let mut row = row.clone();
                    row.push((one.name.clone(), value.clone()));
                    row
                })
            });
            rows = longer.collect();
        }
        let total = rows.len();
        rows.into_iter().enumerate().map(|(index, values)| Step { number: index + 1, total, values }).collect()
    }

    /// `simulation_year=2025`, `region=eu, year=2025`.
    pub fn label(&self) -> String {
        let parts = self.values.iter().map(|(name, value)| format!("{name}={}", value.text));
        parts.collect::<Vec<_>>().join(", ")
    }

    /// The variables with their values.
    pub fn vars(&self) -> Map {
        let text = |name: &str| Node::detached(Value::Str(name.to_owned()));
        self.values.iter().map(|(name, value)| (text(name), value.node.clone())).collect()
    }

    /// Where the step's artifacts go, below the target folder: `for/simulation_year=2025`.
    pub fn folder(&self) -> PathBuf {
        let parts = self.values.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(&value.text)));
        let name = parts.collect::<Vec<_>>().join(",");
        Path::new("for").join(match name.len() > LONGEST_NAME {
            true => format!("{}-{}", &name[..LONGEST_NAME], &blake3::hash(name.as_bytes()).to_hex()[..16]),
            false => name,
        })
    }
}

impl Invocation {
    /// The command with a step's values for variables: what it would be if that had been typed. `id` names that run.
    #[must_use]
    pub fn at(&self, step: &Step, id: String) -> Invocation {
        let mut own = Invocation { invocation_id: id, started_at: chrono::Utc::now(), ..self.clone() };
        let flags = &mut own.flags;
        for (name, value) in &step.vars() {
            flags.vars.insert(name.clone(), value.clone());
        }
        let vars = yaml::to_json(&Value::Map(flags.vars.clone()));
        for shown in [&mut flags.other, &mut flags.args_for_artifacts] {
            shown.insert("vars".to_owned(), vars.clone());
            shown.retain(|name, _| !matches!(name.as_str(), "for" | "keep_going"));
        }
        match flags.resumed.remove(&step.folder()) {
            Some(Resumed::Again { only, batches, overloads }) => {
                flags.only = Some(only);
                flags.retried_batches = batches;
                flags.retried_overloads = overloads;
            }
            _ => flags.only = None,
        }
        flags.series.clear();
        flags.resumed.clear();
        flags.step = Some(step.clone());
        own
    }
}

/// A text as a part of a file name on every system: letters, digits and a few signs stay, all else is written in
/// percents. ASCII alone.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'+');
    let one = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(name: &str, values: &[&str]) -> Series {
        let value = |text: &&str| SeriesValue {
            text: (*text).to_owned(),
            node: Node::detached(Value::Str((*text).to_owned())),
        };
        Series { name: name.to_owned(), values: values.iter().map(value).collect() }
    }

    #[test]
    fn the_last_variable_changes_fastest() {
        let steps = Step::all(&[series("region", &["eu", "us"]), series("year", &["1", "2"])]);
        let labels: Vec<String> = steps.iter().map(Step::label).collect();
        assert_eq!(labels, ["region=eu, year=1", "region=eu, year=2", "region=us, year=1", "region=us, year=2"]);
        assert_eq!(steps[2].folder(), Path::new("for/region=us,year=1"));
        assert_eq!((steps[2].number, steps[2].total), (3, 4));
    }

    #[test]
    fn every_value_makes_a_folder_of_its_own_and_stays_inside() {
        let folder = |text: &str| Step::all(&[series("v", &[text])])[0].folder();
        assert_eq!(folder("../a b"), Path::new("for/v=..%2Fa%20b"));
        assert_ne!(folder("a,b"), folder("a%2Cb"));
        let long = "x".repeat(300);
        let other = format!("{long}y");
        assert_ne!(folder(&long), folder(&other));
        assert!(folder(&long).as_os_str().len() < 160);
    }
}
