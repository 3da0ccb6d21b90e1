//! Checks out packages with the `git` program, as dbt does: a shallow clone, then the one revision that is wanted. So
//! whatever lets `git` in (keys, credential helpers, proxies) lets packages in.

use std::path::{Component, Path, PathBuf};
use std::process::{Command, Output, Stdio};

use md5::{Digest, Md5};

use super::say;
use crate::error::{Error, ErrorKind, Result};
use crate::events::Events;

/// The first version of git that can check out a part of a repository.
const SPARSE_SINCE: [u64; 3] = [2, 25, 0];

/// What is wanted of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The repository.
    pub repository: String,
    /// Branch, tag or commit; `HEAD` is the default branch.
    pub revision: String,
    /// The project's folder in it.
    pub subdirectory: Option<String>,
}

/// A revision that is checked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// The project's folder.
    pub folder: PathBuf,
    /// The commit.
    pub commit: String,
}

impl Wanted {
    /// The repository with the folder in it; packages are told apart by it.
    pub fn name(&self) -> String {
        match &self.subdirectory {
            Some(folder) if !folder.is_empty() => format!("{}/{folder}", self.repository),
            _ => self.repository.clone(),
        }
    }

    fn error(&self, spec: &str, stderr: &str) -> Error {
        let text = format!("Error checking out spec='{spec}' for repo {}\n{}", self.repository, stderr.trim());
        Error::new(ErrorKind::Internal, text)
    }

    fn check(&self) -> Result<()> {
        if self.revision.starts_with('-') || self.revision.is_empty() {
            return Err(Error::runtime(format!(
                "The revision '{}' of the git package \"{}\" is no branch, tag or commit.",
                self.revision, self.repository
            )));
        }
        let folder = Path::new(self.subdirectory.as_deref().unwrap_or_default());
        match folder.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
            true => Ok(()),
            false => Err(Error::runtime(format!(
                "The subdirectory '{}' of the git package \"{}\" lies outside of the repository.",
                folder.display(),
                self.repository
            ))),
        }
    }
}

/// The `git` program at work in a folder of downloads.
pub struct Git<'a> {
    downloads: &'a Path,
    events: &'a Events,
}

impl<'a> Git<'a> {
    /// Clones go to folders in `downloads`.
    pub fn new(downloads: &'a Path, events: &'a Events) -> Git<'a> {
        Git { downloads, events }
    }

    /// Checks a revision out; what was cloned before is used again.
    ///
    /// # Errors
    /// There is no git, no such repository, revision or folder, or no way to it.
    pub fn check_out(&self, wanted: &Wanted) -> Result<Checkout> {
        wanted.check()?;
        let name: String = Md5::digest(wanted.name().as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        let clone = self.downloads.join(&name);
        if clone.exists() {
            self.debug(
                "GitProgressUpdatingExistingDependency",
                "M003",
                format!("Updating existing dependency {name}."),
            );
        } else {
            self.clone_to(&name, &clone, wanted)?;
            self.debug("GitProgressPullingNewDependency", "M004", format!("Pulling new dependency {name}."));
        }
        self.move_to_revision(&clone, wanted)?;
        let commit = self.run(&clone, &["rev-parse", "HEAD"])?;
        let commit = String::from_utf8_lossy(&commit.stdout).trim().to_owned();
        self.debug(
            "GitProgressCheckedOutAt",
            "M007",
            format!("Checked out at {}.", commit.get(..7).unwrap_or(&commit)),
        );
        let folder = clone.join(wanted.subdirectory.as_deref().unwrap_or_default());
        match folder.is_dir() {
            true => Ok(Checkout { folder, commit }),
            false => Err(Error::runtime(format!(
                "The git package \"{}\" has no folder '{}' at revision {}.",
                wanted.repository,
                wanted.subdirectory.as_deref().unwrap_or_default(),
                wanted.revision
            ))
            .hint("Correct `subdirectory` in packages.yml.")),
        }
    }

    fn clone_to(&self, name: &str, clone: &Path, wanted: &Wanted) -> Result<()> {
        let mut words = vec!["clone", "--depth", "1"];
        let folder = wanted.subdirectory.as_deref().filter(|folder| !folder.is_empty());
        if let Some(folder) = folder {
            let text = format!("Subdirectory specified: {folder}, using sparse checkout.");
            self.debug("GitSparseCheckoutSubdirectory", "M001", text);
            self.check_version()?;
            words.extend(["--filter=blob:none", "--sparse"]);
        }
        words.extend(["--", &wanted.repository, name]);
        let succeed = |output: Output| match output.status.success() {
            true => Ok(()),
            false => Err(wanted.error("None", &String::from_utf8_lossy(&output.stderr)).hint(
                "Check the address in packages.yml, and that `git clone` of it works in this shell: dbt uses the same \
                 keys and credentials.",
            )),
        };
        succeed(self.run(self.downloads, &words)?)?;
        match folder {
            Some(folder) => succeed(self.run(clone, &["sparse-checkout", "set", folder])?),
            None => Ok(()),
        }
    }

    /// Sparse check-outs came late to git.
    fn check_version(&self) -> Result<()> {
        let output = self.run(self.downloads, &["--version"])?;
        let text = String::from_utf8_lossy(&output.stdout);
        let version = text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        let numbers: Vec<u64> = version.unwrap_or_default().split('.').map_while(|part| part.parse().ok()).collect();
        match numbers.as_slice() >= SPARSE_SINCE.as_slice() {
            true => Ok(()),
            false => Err(Error::runtime(format!(
                "Please update your git version to pull a dbt package from a subdirectory: your version is {}, >= 2.25.0 \
                 needed",
                version.unwrap_or("unknown")
            ))),
        }
    }

    fn move_to_revision(&self, clone: &Path, wanted: &Wanted) -> Result<()> {
        let revision = wanted.revision.as_str();
        self.debug("GitProgressCheckoutRevision", "M002", format!("Checking out revision {revision}."));
        let fetch = ["fetch", "origin", "--depth", "1"];
        let steps = |words: &[&str]| -> Result<()> {
            let output = self.run(clone, words)?;
            match output.status.success() {
                true => Ok(()),
                false => Err(self.wrong_revision(wanted, &String::from_utf8_lossy(&output.stderr))),
            }
        };
        let spec = if is_commit(revision) {
            steps(&[&fetch[..], &[revision]].concat())?;
            revision.to_owned()
        } else {
            steps(&["remote", "set-branches", "origin", revision])?;
            steps(&[&fetch[..], &["--tags", revision]].concat())?;
            let tags = self.run(clone, &["tag", "--list"])?;
            let is_tag = String::from_utf8_lossy(&tags.stdout).lines().any(|tag| tag == revision);
            format!("{}/{revision}", if is_tag { "tags" } else { "origin" })
        };
        steps(&["reset", "--hard", &spec])
    }

    fn wrong_revision(&self, wanted: &Wanted, stderr: &str) -> Error {
        let error = wanted.error(&wanted.revision, stderr);
        match wanted.revision.len() < 40 && wanted.revision.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            true => error.hint("If the revision is a commit, write all of its 40 letters."),
            false => {
                error.hint("The repository has no such branch, tag or commit. Correct `revision` in packages.yml.")
            }
        }
    }

    /// Runs git and waits for it. Its messages come in English, as the log and errors show them.
    fn run(&self, folder: &Path, words: &[&str]) -> Result<Output> {
        self.debug("SystemExecutingCmd", "Z006", format!("Executing \"git {}\"", words.join(" ")));
        let mut command = Command::new("git");
        command.args(words).current_dir(folder).env("LC_ALL", "C").stdin(Stdio::inherit());
        let output = command.output().map_err(|error| self.not_started(&error))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        self.debug("SystemStdOut", "Z007", format!("STDOUT: \"{}\"", text(&output.stdout)));
        self.debug("SystemStdErr", "Z008", format!("STDERR: \"{}\"", text(&output.stderr)));
        if let Some(code) = output.status.code().filter(|code| *code != 0) {
            self.debug("SystemReportReturnCode", "Z009", format!("command return code={code}"));
        }
        Ok(output)
    }

    fn not_started(&self, error: &std::io::Error) -> Error {
        if error.kind() == std::io::ErrorKind::NotFound {
            say::git_is_missing(self.events);
            return Error::runtime("Could not find command, ensure it is in the user's PATH: \"git\"");
        }
        Error::runtime(format!("The program git cannot be started: {error}."))
    }

    fn debug(&self, name: &'static str, code: &'static str, message: String) {
        say::debug(self.events, name, code, message);
    }
}

/// Whether a revision is a whole commit hash.
fn is_commit(revision: &str) -> bool {
    revision.len() == 40 && revision.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
