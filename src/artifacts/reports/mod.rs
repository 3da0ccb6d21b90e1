//! What a run came to, for the places where a team looks: JUnit XML for the CI server, Markdown for the pull request.

mod junit;
mod markdown;

use std::io::Write;
use std::path::Path;

use chrono::{DateTime, Utc};

use super::file;
use crate::error::{Error, Result};
use crate::events::secrets;
use crate::manifest::CompiledNodes;
use crate::run::{NodeResult, RunResults, Status};

/// One run: the command, or a step of it under `--for`.
#[derive(Debug, Clone)]
pub struct Suite {
    /// `build`, `build simulation_year=2025`.
    pub name: String,
    /// When it began.
    pub at: DateTime<Utc>,
    /// Seconds that it took.
    pub seconds: f64,
    /// Its nodes and tests, in the order in which they ended.
    pub cases: Vec<Case>,
}

/// A node or a test.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// Type and package: `model.shop`.
    pub class: String,
    /// What became of it.
    pub verdict: Verdict,
    /// dbt's word for that.
    pub status: String,
    /// Seconds.
    pub seconds: f64,
    /// Why, where it did not simply pass.
    pub message: Option<String>,
    /// The file of its compiled SQL, relative to the project.
    pub path: Option<String>,
    /// A difference of approved SQL, as a unified diff.
    pub diff: Option<String>,
}

/// What a case came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It went well.
    Passed,
    /// A test that found something and only warns.
    Warned,
    /// A test that found something, or SQL that is not as approved.
    Failed,
    /// It could not be run.
    Broken,
    /// Something that it needs failed.
    Skipped,
}

impl Suite {
    /// What a run came to; `compiled` knows where the SQL is.
    pub fn of_results(name: String, at: DateTime<Utc>, results: &RunResults, compiled: &CompiledNodes) -> Suite {
        let mut cases: Vec<Case> = results.results.iter().map(|result| Case::of_result(result, compiled)).collect();
        cases.extend(results.fatal.as_ref().map(Case::of_error));
        Suite { name, at, seconds: results.elapsed, cases }
    }

    /// A run that could not begin.
    pub fn of_error(name: String, at: DateTime<Utc>, error: &Error) -> Suite {
        let seconds = (Utc::now() - at).as_seconds_f64();
        Suite { name, at, seconds, cases: vec![Case::of_error(error)] }
    }

    /// How many cases came to that.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.cases.iter().filter(|case| case.verdict == verdict).count()
    }
}

impl Case {
    fn of_result(result: &NodeResult, compiled: &CompiledNodes) -> Case {
        let id = result.resource.unique_id();
        let verdict = match result.status {
            Status::Fail => Verdict::Failed,
            Status::Error | Status::RuntimeError | Status::PartialSuccess => Verdict::Broken,
            Status::Skipped => Verdict::Skipped,
            Status::Warn => Verdict::Warned,
            _ => Verdict::Passed,
        };
        Case {
            name: result.resource.name().to_owned(),
            class: id.splitn(3, '.').take(2).collect::<Vec<_>>().join("."),
            verdict,
            status: result.status.as_str().to_owned(),
            seconds: result.execution_time,
            message: result.shown_message().filter(|_| verdict != Verdict::Passed),
            path: compiled.get(id).and_then(|compiled| compiled.path.clone()),
            diff: None,
        }
    }

    fn of_error(error: &Error) -> Case {
        Case {
            name: "the command".to_owned(),
            class: "rdbt".to_owned(),
            verdict: Verdict::Broken,
            status: "error".to_owned(),
            seconds: 0.0,
            message: Some(error.to_string()),
            path: None,
            diff: None,
        }
    }
}

/// Writes JUnit XML.
///
/// # Errors
/// The file cannot be written.
pub fn write_junit(path: &Path, suites: &[Suite]) -> Result<()> {
    write(path, &junit::document(&masked(suites, &secrets())))
}

/// Writes a summary in Markdown under a title.
///
/// # Errors
/// The file cannot be written.
pub fn write_markdown(path: &Path, title: &str, suites: &[Suite]) -> Result<()> {
    write(path, &markdown::document(title, &masked(suites, &secrets())))
}

fn write(path: &Path, text: &str) -> Result<()> {
    file::replace(path, |writer| writer.write_all(text.as_bytes()))
}

/// The same with secrets blotted out of everything that a project or an engine may have said.
fn masked(suites: &[Suite], secrets: &[String]) -> Vec<Suite> {
    let mask = |text: String| secrets.iter().fold(text, |text, secret| text.replace(secret.as_str(), "*****"));
    let mut suites = suites.to_vec();
    for case in suites.iter_mut().flat_map(|suite| &mut suite.cases) {
        case.message = case.message.take().map(mask);
        case.diff = case.diff.take().map(mask);
    }
    suites
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_in_messages_and_nowhere_else() {
        let error = Error::runtime("the password case is <wrong>");
        let suite = Suite::of_error("build".to_owned(), Utc::now(), &error);
        let xml = junit::document(&masked(&[suite], &["case".to_owned(), "<wrong>".to_owned()]));
        assert!(xml.contains("the password ***** is *****"), "{xml}");
        assert!(xml.contains("<testcase name=\"the command\""), "{xml}");
    }
}
