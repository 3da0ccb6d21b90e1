//! Which Python: the profile's, else that of RDBT_PYTHON, else the first that has the package `duckdb` of a virtual
//! environment, those on the PATH, and the Python program that started rdbt, such as an orchestrator's.

use std::fmt;
use std::path::{Path, PathBuf};

use super::in_environment;
use crate::error::{Error, Result};

/// A Python and where its name came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interpreter {
    /// The program.
    pub path: PathBuf,
    origin: &'static str,
}

impl Interpreter {
    /// The interpreters to try in this environment, the first first, for a project in `project`.
    ///
    /// # Errors
    /// The profile or the environment names one that does not exist, or there is none at all.
    pub(super) fn candidates(profile: Option<&str>, project: &Path) -> Result<Vec<Interpreter>> {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let named = profile
            .map(|name| (PathBuf::from(name), "`python_interpreter` in the profile"))
            .or_else(|| variable("RDBT_PYTHON").map(|name| (name, "the environment variable RDBT_PYTHON")));
        let folders: Vec<PathBuf> =
            variable("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
        if let Some((name, origin)) = named {
            return Ok(vec![Self::named(&name, origin, &folders)?]);
        }
        let active = variable("VIRTUAL_ENV").map(|folder| (folder, "the active virtual environment"));
        let beside = [".venv", "venv"].map(|folder| (project.join(folder), "the project's virtual environment"));
        let environments = active.into_iter().chain(beside);
        let mut found: Vec<Interpreter> = environments
            .filter_map(|(folder, origin)| in_environment(&folder).map(|path| Interpreter { path, origin }))
            .collect();
        found.extend(["python3", "python"].iter().filter_map(|name| on_path(Path::new(name), &folders)));
        found.extend(of_parent());
        if found.is_empty() { Err(none_found()) } else { Ok(found) }
    }

    /// How to get a package that it lacks.
    pub fn way_to_install(&self, package: &str) -> String {
        format!(
            "Install it with `{} -m pip install {package}`, or name another interpreter in the environment variable \
             RDBT_PYTHON or under `python_interpreter` in the profile.",
            self.path.display()
        )
    }

    fn named(name: &Path, origin: &'static str, folders: &[PathBuf]) -> Result<Interpreter> {
        let found = match name.components().count() {
            1 => on_path(name, folders).map(|found| found.path),
            _ => Some(name.to_owned()).filter(|path| path.is_file()),
        };
        found.map(|path| Interpreter { path, origin }).ok_or_else(|| {
            Error::runtime(format!("The Python interpreter `{}` of {origin} does not exist.", name.display()))
                .hint("Give the path of a Python that has the package `duckdb`.")
        })
    }
}

impl fmt::Display for Interpreter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`, the interpreter of {}", self.path.display(), self.origin)
    }
}

fn on_path(name: &Path, folders: &[PathBuf]) -> Option<Interpreter> {
    let path = folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file())?;
    Some(Interpreter { path, origin: "the PATH" })
}

/// What to say where there is no Python.
pub(super) fn none_found() -> Error {
    Error::runtime("There is work for Python here, and there is no Python interpreter on the PATH.").hint(
        "Install Python with the package `duckdb`, or name an interpreter in the environment variable RDBT_PYTHON or under \
         `python_interpreter` in the profile.",
    )
}

/// The interpreter of the process that started rdbt, where the system tells.
#[cfg(unix)]
fn of_parent() -> Option<Interpreter> {
    let command = std::fs::read(format!("/proc/{}/cmdline", std::os::unix::process::parent_id())).ok()?;
    let program = String::from_utf8(command.split(|byte| *byte == 0).next()?.to_vec()).ok()?;
    of_program(Path::new(&program))
}

#[cfg(not(unix))]
fn of_parent() -> Option<Interpreter> {
    None
}

fn of_program(program: &Path) -> Option<Interpreter> {
    let is_python = program.file_name()?.to_str()?.starts_with("python");
    let usable = is_python && program.is_absolute() && program.is_file();
    usable.then(|| Interpreter { path: program.to_owned(), origin: "the Python program that started rdbt" })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_comes_first_and_must_exist() {
        let folder = tempfile::tempdir().unwrap();
        let python = folder.path().join("my_python");
        std::fs::write(&python, "").unwrap();
        let found = Interpreter::candidates(python.to_str(), folder.path()).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].path, python);
        assert!(found[0].to_string().ends_with("the interpreter of `python_interpreter` in the profile"));
        let missing = Interpreter::candidates(Some("/no/such/python"), folder.path()).unwrap_err();
        assert_eq!(
            missing.message,
            "The Python interpreter `/no/such/python` of `python_interpreter` in the profile does not exist."
        );
    }

    #[test]
    fn a_bare_name_is_looked_for_on_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let python = folder.path().join("python9");
        std::fs::write(&python, "").unwrap();
        let folders = vec![folder.path().join("none"), folder.path().to_owned()];
        assert_eq!(Interpreter::named(Path::new("python9"), "a test", &folders).unwrap().path, python);
        assert!(Interpreter::named(Path::new("python8"), "a test", &folders).is_err());
    }

    #[test]
    fn only_a_python_counts_as_the_program_that_started_rdbt() {
        let folder = tempfile::tempdir().unwrap();
        let python = folder.path().join("python3.13");
        assert_eq!(of_program(&python), None);
        std::fs::write(&python, "").unwrap();
        assert_eq!(of_program(&python).unwrap().path, python);
        assert_eq!(of_program(Path::new("python3.13")), None);
        assert_eq!(of_program(Path::new("/bin/sh")), None);
    }
}
